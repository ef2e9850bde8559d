"""The answer in a few sentences: its numbers by hand, what is stored, and that it is current."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr
from support.conventions import ROOT, truth
from support.report_case import labels, numbers, run_of

from kautilya import scenario
from kautilya.report import snapshot
from kautilya.report.reply import Given, _reasoned, reply, reply_of
from kautilya.report.subject import subject
from kautilya.scenario.library import STORED, print_of, stored
from kautilya.wording import supposed

FLAGSHIP = "russia_dprk_2024"
TEMPLATE = ROOT / "src/kautilya/scenario/template"
MOST_WORDS = {FLAGSHIP: 120}  # of the articles' own questions; of another scenario MORE_WORDS
MORE_WORDS = 130


@pytest.fixture(scope="module")
def given():
    """The hand-made run: 4 of 16 futures see Russia short of tube rounds; nothing is fired under
    the lever in half of what is fired without it."""
    made = scenario.load(FLAGSHIP)
    data = numbers(made)
    less = xr.Dataset({"fired": data["fired"] * 0.75})
    return Given(subject(run_of(made, data), made), {"no_dprk_shells": less}, None)


@truth(
    "closed-form", source="counted by hand", kills="futures up to the as-of month counted; 1 - p"
)
def test_the_statements_say_what_was_counted(given, tmp_path):
    found = reply_of(given, ROOT / "src/kautilya/scenarios" / FLAGSHIP)
    said = {}
    for one in found["parts"]:
        said.setdefault(one["kind"], one)
    assert said["short"]["numbers"]["RUS tube_round"]["value"] == 4 / 16
    assert "Russia 25 % (unlikely, 2025-01)" in said["short"]["says"]
    assert said["without"]["numbers"]["percent"]["median"] == pytest.approx(-25, abs=1e-4)
    assert "fires 25 % (25 to 25) fewer shells in 2025" in said["without"]["says"]
    assert said["without"]["says"].startswith(
        "If North Korea ships no shells and rockets throughout, "
    )


@truth("required", source="README.md", kills="a number without what it rests on")
def test_each_statement_has_a_trust_line(given):
    found = reply_of(given, ROOT / "src/kautilya/scenarios" / FLAGSHIP)
    assert [one for one in found["parts"] if not one["badge"] or not one["trust"]] == []
    emergent = [one for one in found["parts"] if one["badge"] == "emergent"]
    assert emergent and all(one["record"] for one in emergent)


@truth(
    "invariant", source="docs/json.md", kills="an old answer printed as if it were of these files"
)
def test_a_stored_answer_of_other_files_says_so(tmp_path):
    folder = tmp_path / "case"
    shutil.copytree(TEMPLATE, folder)
    assert stored(folder) is None
    from importlib.metadata import version

    document = {"digest": print_of(folder), "version": version("kautilya")}
    (folder / STORED).write_text(json.dumps(document))
    assert stored(folder).stale == ""
    (folder / STORED).write_text(json.dumps(document | {"version": "0.0"}))
    assert "version 0.0" in stored(folder).stale
    (folder / STORED).write_text(json.dumps(document))
    toml = folder / "scenario.toml"
    toml.write_text(toml.read_text().replace("2023-12", "2023-11"))
    assert "files" in stored(folder).stale
    for broken in ("", "[]", "{", '{"digest": 1}'):
        (folder / STORED).write_text(broken)
        assert stored(folder) is None


@pytest.mark.parametrize("name", scenario.names())
@truth("required", source="README.md", kills="a stored answer that nobody renewed; 121 words")
def test_shipped_scenarios_have_an_answer_of_today(name: str):
    """Renew it by `python tools/build_screens.py answers picture`."""
    kept = stored(name)
    assert kept is not None and kept.stale == ""
    assert snapshot.words(kept.document["parts"]) <= MOST_WORDS.get(name, MORE_WORDS)
    assert kept.document["parts"]
    if name == FLAGSHIP:
        assert {one["kind"] for one in kept.document["parts"]} >= {"who", "without", "short"}


@truth(
    "required", source="README.md", kills="a picture or a page of another answer than the stored"
)
def test_picture_and_readme_show_the_stored_answer():
    document = stored(FLAGSHIP).document
    picture = (ROOT / "docs/answer.svg").read_text(encoding="utf-8")
    assert snapshot.current(picture, document) and len(picture) < 200_000
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert snapshot.inserted(page, document) == page
    assert snapshot.lines_of(document) in page
    assert len(page.split()) <= 900


@truth("required", source="README.md", kills="JAX read to print four sentences that are stored")
def test_a_stored_answer_needs_no_jax():
    code = (
        "import sys; from kautilya.cli.main import app; app(['answer'], standalone_mode=False); "
        "print({'jax', 'pandas', 'xarray'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().splitlines()[-1] == "set()", done.stderr
    assert "Stored: " in done.stdout


@pytest.mark.slow
@truth("invariant", source="house rules", kills="a stored answer that a run does not give")
def test_a_run_gives_the_stored_answer():
    from kautilya import api

    for name in scenario.names():
        assert json.loads(json.dumps(api.answer(name))) == stored(name).document


@truth(
    "closed-form",
    source="added up by hand",
    kills="the last day's amount told as that of the battle; no answer of a run that kept its summary",
)
def test_an_amount_of_each_step_is_added_up():
    """A level is told at the end, an amount over the whole run, with its first and last day."""
    made = scenario.load("iwo_jima_1945")
    data = xr.Dataset()
    for k, one in enumerate(made.outcomes, 1):
        coords = {"future": np.arange(4)}
        coords |= {d: np.array(m, dtype=object) for d, m in labels(made, one).items()}
        shape = tuple(len(values) for values in coords.values())
        data[one.id] = xr.DataArray(np.full(shape, float(k)), coords, list(coords))
    level, amount = (
        part.says for part in reply(Given(subject(run_of(made, data), made), {}, None))[:2]
    )
    days = len(made.months)
    assert level.startswith("Men in the fight at the end: United States 1")
    assert amount.startswith(f"Casualties, {made.months[0]} to {made.months[-1]}, added up: ")
    assert f" {2 * days} and " in amount and amount.endswith(f" {2 * days}")
    short = data.isel(day=[0], month=[0], missing_dims="ignore")
    short = short.rename({dim: "span" for dim in ("day", "month") if dim in short.dims})
    said = [one.says for one in reply(Given(subject(run_of(made, short), made), {}, None))[:2]]
    assert said[0].startswith("Men in the fight at the end: United States 1")
    assert said[1].endswith(" 2") and ", added up: " in said[1]


@truth("invariant", source="report/reply.py", kills="a reason of other odds under those of a run")
def test_a_stored_reason_is_given_to_the_same_order_only():
    def odds(says: str, **chances: float) -> dict:
        given = {name: {"value": value} for name, value in chances.items()}
        return {"says": says, "trust": "emergent", "numbers": {"probability": given}}

    kept = odds("A 3 % and B 2 %; against B: need.", A=0.03, B=0.02)
    near, far = odds("A 4 % and B 1 %.", A=0.04, B=0.01), odds("B 4 % and A 1 %.", A=0.01, B=0.04)
    for one in (near, far):
        _reasoned(one, kept)
    assert near["says"] == "A 4 % and B 1 %; against B: need." and far["says"] == "B 4 % and A 1 %."
    assert near["trust"].endswith("stored") and far["trust"] == "emergent"


@pytest.mark.parametrize(
    "says, begins",
    [
        ("Nobody sells to either side", "If nobody sells to either side"),
        ("the Council repeals, from 2024", "If the Council repeals"),
        ("North Korea ships no shells", "If North Korea ships no shells"),
        ("A truce", "If a truce"),
        ("no treaty, from the first month", "If no treaty throughout"),
        ("Chinese firms comply", "If Chinese firms comply"),
    ],
)
@truth("required", kills="a capital within a sentence; the small letter of a name")
def test_a_lever_begins_a_sentence(says: str, begins: str):
    assert supposed(says) == begins
