"""Python for a notebook: the three notebooks run, time is real dates, short forms are short."""

from __future__ import annotations

import json
import re
import sys
import warnings
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.conventions import ROOT, truth

import kautilya as kt
from kautilya.errors import KautilyaError
from kautilya.mechanisms import registry
from kautilya.runs.dates import dated, labelled

pytestmark = pytest.mark.xdist_group("notebooks")  # one worker compiles the battle
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the notebooks are typed in, one after another."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored run of the battle, whichever other test has run before."""
    folder = tmp_path_factory.mktemp("fought") / "iwo"
    kt.run("iwo_jima_1945", futures=64, out=str(folder))
    return folder


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@truth(
    "required", source="docs/notebooks", kills="a cell that no longer runs; outputs that are kept"
)
def test_notebooks_run(path: Path, desk: Path, monkeypatch: pytest.MonkeyPatch):
    """Every cell in order, in one namespace; the file keeps no outputs."""
    import matplotlib

    matplotlib.use("Agg")
    monkeypatch.chdir(desk)
    monkeypatch.setattr(sys, "path", list(sys.path))
    registry.cache_clear()
    space: dict[str, Any] = {"__name__": "__main__"}
    made = json.loads(path.read_text(encoding="utf-8"))
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
            exec(compile("".join(cell["source"]), f"{path.name}:{cell['id']}", "exec"), space)
    if path.stem == "own_law":
        last = space["ens"]["strength"].isel(month=-1).values
        assert np.ptp(last[:, 0]) > 1  # without the law there is no spread at all
        for name in ("desertion", "desertion.desertion"):
            sys.modules.pop(name, None)
    if path.stem == "own_claim":
        assert {one["verdict"] for one in space["told"]["claims"]} <= {"holds", "fails"}
    registry.cache_clear()


@truth("invariant", source="runs/dates.py", kills="a label that comes back as another; a lost unit")
def test_time_is_real_dates(fought: Path):
    """Days, months and years there and back; what xarray draws and cuts."""
    labels = {"month": ["2024-11", "2024-12", "2025-01"], "year": ["2024", "2025"]}
    data = xr.Dataset(
        {"x": (("future", "month"), np.ones((2, 3))), "y": (("future", "year"), np.ones((2, 2)))},
        labels,
    )
    found = dated(data)
    assert found["x"].sel(month="2024").sizes["month"] == 2
    assert found["x"].resample(month="YS").sum().sizes["month"] == 2
    back = labelled(found.isel(year=[1]))
    assert list(back["month"].values) == labels["month"] and list(back["year"].values) == ["2025"]
    days = kt.opened(fought)
    assert days["month"].dtype.kind == "M" and days["strength"].attrs["units"] == "person"
    assert labelled(days)["month"].values[0] == "1945-02-19"
    with pytest.raises(KautilyaError, match="not those of a run"):
        labelled(xr.Dataset(coords={"month": np.array(["2024-01-05"], dtype="datetime64[ns]")}))


@truth(
    "required", source="docs/python.md", kills="a chart without its numbers; a label that is not"
)
def test_charts_are_the_report_s(fought: Path):
    """Title, caption and rows inline; what is not there is named with what would be right."""
    from matplotlib import pyplot

    ens = kt.opened(fought)
    pyplot.close("all")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ens["strength"].median("future").plot()
        made = kt.plot.fan(ens, "strength", belligerent="JPN").to_dict()
    rows = made["datasets"][made["data"]["name"]]
    assert {row["panel"] for row in rows} == {"Japan"} and len(rows) == ens.sizes["month"]
    middle = np.median(ens["strength"].sel(belligerent="JPN").values[:, 0])
    assert rows[0]["q50"] == pytest.approx(middle, rel=1e-3)
    assert made["title"]["text"] and made["title"]["subtitle"]
    for call, said in (
        (lambda: kt.plot.fan(ens, "strenght"), "strength"),
        (lambda: kt.plot.fan(ens, "strength", belligerent="JAP"), "JPN"),
        (lambda: kt.plot.fan(ens, "strength", side="JPN"), "belligerent"),
        (lambda: kt.plot.fan(ens.drop_attrs(), "strength"), "kt.run"),
        (lambda: kt.plot.supply(ens), "nobody"),
        (lambda: kt.plot.why(ens), "kt.why"),
    ):
        with pytest.raises(KautilyaError, match=said):
            call()
    why = xr.Dataset(
        {
            "probability": ("supplier", [0.8, 0.1]),
            "terms": (("supplier", "term"), [[1.0, -2.0], [0.5, 0.1]]),
        },
        {"supplier": ["AAA", "AAB"], "term": ["need", "own_ban"]},
        attrs={"names": json.dumps({"AAA": "Anwar", "own_ban": "its ban"}), "good": "shells"},
    )
    drawn = next(iter(kt.plot.why(why).to_dict()["datasets"].values()))
    assert drawn[0]["panel"] == "Anwar, 80 %" and drawn[1]["term"] == "its ban"


@truth("required", source="docs/python.md", kills="a page of tables where a name was typed")
def test_short_forms_are_short():
    """repr and HTML of the largest and the smallest scenario within 2,000 and 4,000 letters, with its counts."""
    assert {"russia_dprk_2024", "iwo_jima_1945"} <= set(kt.scenarios()["id"])
    for name in ("russia_dprk_2024", "iwo_jima_1945"):
        one = kt.load(name)
        assert len(repr(one)) <= 2000 and len(one._repr_html_()) <= 4000
        assert one.id in repr(one) and str(len(one.quantities)) in repr(one)


@truth(
    "required",
    source="IPython.display.ProgressBar",
    kills="a bar outside of a notebook; no bar in it",
)
def test_a_bar_shows_in_a_notebook(monkeypatch: pytest.MonkeyPatch):
    import IPython

    from kautilya.api import bar

    assert bar() is None
    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr("IPython.display.ProgressBar.display", lambda one: shown.append(one))
    monkeypatch.setattr("IPython.display.ProgressBar.update", lambda one: None)
    tell = bar()
    assert tell is not None
    tell(1, 4), tell(3, 4)
    assert len(shown) == 1 and (shown[0].progress, shown[0].total) == (3, 4)


@truth(
    "required", source="docs/python.md", kills="a command that Python lacks; a function that moved"
)
def test_every_command_has_a_function():
    from kautilya.cli.main import ALL

    said = (
        (ROOT / "docs" / "python.md").read_text(encoding="utf-8").partition("## Every command")[2]
    )
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", said, re.MULTILINE))
    assert {name.rstrip("_") for name in ALL} == set(rows)
    for name in re.findall(r"`(kautilya[\w.]*)`", " ".join(rows.values())):
        module, _, last = name.rpartition(".")
        assert getattr(import_module(module), last) is not None, name
