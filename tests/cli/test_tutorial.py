"""The tutorial, every keystroke of it: what is typed in it works, without a look at any code."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from support.conventions import ROOT, truth

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
PARTS = {
    part.splitlines()[0].split(",")[0]: "".join(re.findall(r"```sh\n(.*?)```", part, re.DOTALL))
    for part in PAGE.split("\n## ")[1:]
}
WORK = re.compile(r"^kautilya (run|claims|compare) .*\n", re.MULTILINE)
SAYS = {  # what each part promises of its claims
    "A duel": ("numbers-are-all", "fails"),
    "Sanctions": ("they-do-not-work", "fails"),
    "A war with two suppliers and a claim": ("corland-alone", ""),
}


def typed(script: str, folder) -> str:
    """What a shell prints for a script, in an empty folder."""
    start = f'kautilya() {{ "{sys.executable}" -m kautilya "$@" < /dev/null; }}\nset -e\n'
    env = {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(
        ["bash", "-c", start + script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("part", PARTS)
@truth("required", source="docs/tutorial.md", kills="a flag or a row that is not")
def test_what_is_written_is_sound(part, tmp_path):
    """All but the runs: each folder is written, changed and checked without a mistake."""
    out = typed(WORK.sub("", PARTS[part]), tmp_path)
    assert len(re.findall("no mistakes", out)) == PARTS[part].count("kautilya check")


@truth("required", source="docs/tutorial.md", kills="a case of one's own that takes a day to type")
def test_it_is_typed_in_the_time_that_it_names():
    """At 40 words of five letters a minute, and the waits: a duel 5, sanctions 15, a war 45 minutes."""
    minutes = {"A duel": 5, "Sanctions": 15, "A war with two suppliers and a claim": 45}
    assert set(PARTS) == set(minutes)
    for part, most in minutes.items():
        typing = len(PARTS[part]) / (40 * 5)
        waits = 0.5 * PARTS[part].count("kautilya ")  # half a minute a command on a busy machine
        assert typing + waits <= most, (part, typing, waits)


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
@truth("required", source="docs/tutorial.md", kills="a run without an answer; a claim not judged")
def test_every_keystroke(part, tmp_path):
    """Runs too: three sentences with numbers at least, and the claims judged."""
    out = typed(PARTS[part], tmp_path)
    numbers = [line for line in out.splitlines() if len(re.findall(r"\d[\d,.]*", line)) >= 2]
    assert len(numbers) >= 3
    claim, verdict = SAYS[part]
    assert re.search(rf"{claim}.*{verdict}", out), out
