"""Libraries of extras that are not installed: one line, the exit code 2, and what installs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from itertools import chain

import pytest
from packaging.requirements import Requirement
from support.conventions import ROOT, truth

from kautilya.errors import KautilyaError, extra

CASES = [
    ("numpyro", "bayes", ["calibrate", "russia_dprk_2024"]),
    ("arviz", "bayes", ["calibrate", "russia_dprk_2024"]),
    ("statsforecast", "forecast", ["backtest", "losses", "--data", "DATA"]),
]
HIDE = """import sys
sys.modules[{library!r}] = None
from kautilya.cli.main import main
main({args!r})
"""


@truth(
    "invariant", source="the contract of the command", kills="a traceback where an extra is absent"
)
@pytest.mark.parametrize(("library", "name", "args"), CASES)
def test_a_library_that_is_absent_is_named(library, name, args, tmp_path):
    days = [f"2022-{m:02d}-{d:02d}" for m in range(1, 13) for d in (1, 28)] + ["2022-12-31"]
    rows = [f"{day},{i},{i}" for i, day in enumerate(days)]
    (tmp_path / "claims.csv").write_text("date,tank,apc\n" + "\n".join(rows))
    args = [str(tmp_path / "claims.csv") if one == "DATA" else one for one in args]
    done = subprocess.run(
        [sys.executable, "-c", HIDE.format(library=library, args=args)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=240,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2 and "Traceback" not in said
    assert f"pip install 'kautilya[{name}]'" in said and library in said


@truth("invariant", source="docs/versions.md", kills="a broken library told as an absent one")
def test_a_library_that_does_not_load_is_not_called_absent(tmp_path, monkeypatch):
    (tmp_path / "fallen.py").write_text("raise ImportError('cannot import name x\\nfrom y')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KautilyaError) as told:
        extra("fallen", "bayes")
    assert str(told.value) == (
        "fallen: it is there, but cannot be loaded: cannot import name x."
        " pip install --upgrade 'kautilya[bayes]'."
    )


@truth("invariant", source="pyproject.toml", kills="an extra that does not hold what it promises")
def test_extras_hold_the_libraries_that_they_promise():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    same = {"sklearn": "scikit-learn"}
    asked = set()
    for path in (ROOT / "src").rglob("*.py"):
        asked |= set(re.findall(r'extra\("([\w.]+)", "(\w+)"\)', path.read_text()))
    assert len(asked) >= 5
    for module, name in asked:
        library = module.partition(".")[0]
        assert any(one.startswith(same.get(library, library)) for one in extras[name]), module


BAD = {  # floors that a resolver would take and nothing runs with, as they were met
    "pandas": ("2.2.0", "2.2.2"),  # with numpy 2.0 cannot be installed; does not start
    "lark": ("1.2.0", "1.2.1"),  # never published; does not start
    "zarr": ("3.0.0",),  # withdrawn: it deletes data
    "numcodecs": ("0.16.1",),  # unpickles what a stranger's array names
    "pint": ("0.24",),  # with today's flexparser
    "pybtex": ("0.24.0",),  # imports pkg_resources, which setuptools no longer has
    "numpyro": ("0.18.0",),  # imports what jax 0.8 no longer has
    "pyfixest": ("0.40.0",),  # names none of the libraries that it needs
    "SALib": ("1.5.0",),  # asks arrays of what numpy 2 took from them
    "duckdb": ("1.1.3",),  # does not read the tables that a query makes
    "rich": ("13.9.4", "14.2.0"),  # other widths of columns than the screens that are looked at
}


@truth("order", source="docs/versions.md", kills="a range whose lower end was never tried")
def test_ranges_have_floors_that_can_be_installed():
    """Every dependency has a floor; no version that is known to be bad is in a range; the pins are."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    named = [Requirement(one) for one in chain(project["dependencies"], *extras)]
    named = [one for one in named if one.name != "kautilya"]
    assert [
        str(one) for one in named if not any(s.operator in (">=", "==") for s in one.specifier)
    ] == []
    ranges = {one.name: one.specifier for one in named}
    assert [n for n, bad in BAD.items() if any(v in ranges[n] for v in bad)] == []
    pins = dict(
        line.split("#")[0].strip().split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line.split("#")[0]
    )
    assert [
        str(one) for one in named if one.name in pins and pins[one.name] not in one.specifier
    ] == []
