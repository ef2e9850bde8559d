"""What the other commands do, from Python: cases, stored runs, what was observed, the draws.

Each has the name of its command (docs/python.md). Reading costs nothing until it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import arviz as az
    import pandas as pd
    import xarray as xr

    from kautilya.report.storylines import Storylines
    from kautilya.scenario.mistakes import Mistake
    from kautilya.study.history import History


def scenarios() -> pd.DataFrame:
    """The shipped scenarios: id, title, question, start, horizon, as_of; a row each.

    >>> import kautilya as kt
    >>> "iwo_jima_1945" in set(kt.scenarios()["id"])
    True
    """
    import pandas as pd

    from kautilya import scenario as rooms

    rows = []
    for name in rooms.names():
        head = rooms.load(name).head
        keys = ("title", "question", "start", "horizon", "as_of")
        rows.append({"id": name, **{key: getattr(head, key) for key in keys}})
    return pd.DataFrame(rows)


def runs(folder: str | Path = "runs") -> pd.DataFrame:
    """The runs in a folder: finished, stopped or damaged, scenario, futures, seed; a row each."""
    import pandas as pd

    from kautilya.runs.manifest import runs as listed

    return pd.DataFrame([dict(one) for one in listed(Path(folder))])


def new(name: str, folder: str | Path = ".", like: str = "") -> Path:
    """Write a small scenario that runs, for you to change; returns its folder.

    like   duel, battle, war, alliance, sanctions, or a scenario to copy
    Raises KautilyaError for a name that is taken.
    """
    from kautilya import scenario as rooms

    return rooms.new(name, Path(folder), like)


def check(path: str | Path, as_of: str = "") -> list[Mistake]:
    """Every mistake of a scenario and of its claims: file, line, column, finding, remedy.

    An empty list: it can run. as_of: a day, to see what a run as of that day would miss
    """
    from kautilya import scenario as rooms
    from kautilya.accounts.feeds import mistakes as clashes
    from kautilya.claims.file import mistakes as misread

    found = rooms.check(path, as_of=as_of)
    if found:
        return [*found, *misread(path, None)]
    loaded = rooms.load(path, as_of)
    held = [] if as_of else clashes(path)
    return [*held, *misread(loaded.folder, loaded)]


def history(folder: str | Path) -> History:
    """Does a stored run fit what was observed: `study.history.History`, lists of rows.

    Raises KautilyaError where the folder holds no finished run.
    """
    from kautilya.runs.ensemble import load_run
    from kautilya.study.history import history as held

    return held(load_run(folder))


def storylines(data: xr.Dataset | str | Path) -> Storylines:
    """The futures of a run in five to seven groups: `report.storylines.Storylines`.

    data   what kt.run returned, or the folder of a stored run
    `.lines`, the largest first: title, share, typical (number of its typical future), traits, story
    (dated events, each with the outcome, labels and value it was read from) and `.says`, the story
    in sentences; `.of` [future] is the group of each future. The same run, the same groups.
    Raises KautilyaError for data that say of no run.

        import kautilya as kt
        print(kt.storylines("runs/demo").lines[0].says)
    """
    from kautilya.api import opened
    from kautilya.plot import about
    from kautilya.report.storylines import storylines as told

    return told(about(opened(data) if isinstance(data, str | Path) else data))


def export(folder: str | Path, to: str = "", out: str | Path | None = None) -> Path:
    """Write a stored run as tables that other tools open as they are; returns folder or file.

    to    package (CSV and Parquet with datapackage.json), csv, parquet or netcdf (all futures)
    out   folder or file; by default in the run's folder
    Raises KautilyaError for an unknown format, or a place that holds something else.
    """
    from kautilya.runs.export import export as exported

    return exported(folder, to, out)


def calibrate(
    name: str,
    until: str = "",
    *,
    warmup: int = 500,
    draws: int = 500,
    chains: int = 2,
    seed: int = 0,
) -> az.InferenceData:
    """Learn the figures of losses and stocks from two biased observers (extra `bayes`).

    until   last month that is used, YYYY-MM; "" that of the as-of day
    Groups posterior and prior: `figure` [chain, draw, figure_id] and `observer`, in the units in
    which they are declared; `sample_stats`: divergences and steps. What was learned and what was
    not stands in `.attrs`. Raises KautilyaError where the extra is absent or no one counted.

        import arviz as az, kautilya as kt
        draws = kt.calibrate("russia_dprk_2024")
        az.summary(draws, var_names=["figure"])
    """
    import json

    from kautilya.api import bar
    from kautilya.estimation.calibration import inference
    from kautilya.estimation.calibration.nuts import quiet

    how = inference.whole(warmup, draws, chains, seed)
    found = inference.calibrate(name, until, how, progress=bar() or quiet)
    found.draws.attrs |= {"summary": json.dumps(found.said), "notes": found.notes}
    return found.draws


def answer(
    name: str | Path, fresh: bool = False, futures: int = 2000, seed: int = 0
) -> Mapping[str, Any]:
    """Who supplies, who runs short of what and when, and what changes without the supplier.

    fresh   work it out again; else the answer that is stored with the scenario, where there is one
            of as many futures and this seed
    {"question", "parts": [{"says", "trust", "numbers", ...}], "stored", "stale", ...}: the shape of
    `kautilya answer --json` (docs/json.md). stale: "" or why a stored answer is out of date.

    >>> import kautilya as kt
    >>> len(kt.answer("russia_dprk_2024")["parts"]) >= 3
    True
    """
    from kautilya import api
    from kautilya.runs.ensemble import Case, Plan
    from kautilya.scenario.library import stored

    kept = None if fresh or (futures, seed) != (2000, 0) else stored(name)
    if kept is not None:
        return {**kept.document, "stored": True, "stale": kept.stale}
    found = api.answer(name, Plan(futures, seed, Case()), api.bar())
    return {**found, "stored": False, "stale": ""}
