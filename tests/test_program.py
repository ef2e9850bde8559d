"""What is kept is keyed by all that made it; workers import nothing from where they are started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.conventions import ROOT, truth

from kautilya import program

LOADED = """
import sys
import kautilya.accounts, kautilya.runs.ensemble, kautilya.runs.worker, kautilya.runs.chunk
import kautilya.runs.designs, kautilya.runs.numbers, kautilya.runs.store
print("\\n".join(m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "kautilya"
                and getattr(m, "__file__", None)))
"""


@truth("invariant", source="program.py", kills="a run kept by code that was changed since")
def test_one_line_in_any_file_that_takes_part_changes_the_key(tmp_path: Path):
    """Every file that a worker has loaded, and the data beside them, on a copy of the package."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=True,
    )
    loaded = {Path(one).relative_to(program.PACKAGE) for one in done.stdout.split("\n") if one}
    loaded.discard(Path("api.py"))  # a door: it hands on, and makes no number
    copy = tmp_path / "kautilya"
    shutil.copytree(program.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = program._code.__wrapped__("runs", copy)
    same = []
    for file in loaded | {path.relative_to(program.PACKAGE) for path in program.sources("runs")}:
        text = (copy / file).read_bytes()
        (copy / file).write_bytes(text + b"\n# another line\n")
        if program._code.__wrapped__("runs", copy) == before:
            same.append(str(file))
        (copy / file).write_bytes(text)
    assert len(loaded) > 60 and same == []
    assert program._code.__wrapped__("runs", copy) == before


@truth("invariant", source="program.py", kills="a kernel that gives other digits under one key")
def test_kernel_and_libraries_are_part_of_the_key(monkeypatch: pytest.MonkeyPatch):
    now = program.key()
    for name, other in (
        ("kernel", "another"),
        ("processor", "another"),
        ("libraries", {"numpy": "0"}),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(program, name, lambda other=other: other)
            assert program.key() != now
    assert "openblas" in program.kernel() or "mkl" in program.kernel()


HIJACK = "from pathlib import Path; Path({mark!r}).touch()\n"


@pytest.mark.parametrize("where", ["beside", "inside"])
@truth("invariant", source="runs/pool.py", kills="a worker that imports from a stranger's folder")
def test_nothing_is_imported_from_the_working_folder(starter: Path, tmp_path: Path, where: str):
    """Modules of the standard library, of libraries and of our own lie in wait."""
    scenario, mark = tmp_path / "war" / "case", tmp_path / "mark"
    shutil.copytree(starter, scenario)
    here = scenario if where == "inside" else scenario.parent
    for name in ("platform", "numpy", "json", "jax", "sitecustomize"):
        (here / f"{name}.py").write_text(HIJACK.format(mark=str(mark)))
    if where == "beside":
        (here / "kautilya").mkdir()
        (here / "kautilya" / "__init__.py").write_text(HIJACK.format(mark=str(mark)))
    start = "import sys; from kautilya.cli.main import main; main(sys.argv[1:])"
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            start,
            "run",
            str(scenario),
            "--futures",
            "64",
            "--out",
            str(tmp_path / "run"),
        ],
        cwd=here,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert (done.returncode in (0, 2)) and "Traceback" not in done.stderr
    assert not mark.exists()
