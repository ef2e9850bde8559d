"""Kautilya from Python: one function a question. Results are xarray and pandas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MOST_ROWS = 10_000_000  # of a query


def load(name: str | Path) -> Any:
    """A scenario, validated: `kautilya.scenario.Scenario` with its tables.

    name   a shipped scenario ("russia_dprk_2024") or the path of a folder
    Raises KautilyaError listing every mistake with file, line, finding and remedy.
    """
    from kautilya.scenario import load as loaded

    return loaded(name)


def _sets(values: Mapping[str, Any] | Sequence[str] | None) -> tuple[str, ...]:
    if values is None:
        return ()
    if isinstance(values, Mapping):
        return tuple(f"{key}={value}" for key, value in values.items())
    return tuple(values)


def run(name: str | Path, futures: int = 2000, seed: int = 0, *,
        levers: Sequence[str] | str = (), sets: Mapping[str, Any] | Sequence[str] | None = None,
        accept: str = "run", out: str | Path | None = None, **how: Any) -> Any:
    """Run a scenario; returns an xarray.Dataset (dims future, month or year, and labels).

    levers  ids of levers; sets: {"drive": "model", "stock-policy": 0} or ["drive=model"]
    accept  which published figures must hold: a profile of the accounts, or "raw"
    out     folder for the results, which stays; by default a temporary one, that goes with the
            last array of the answer, or with the process
    how     keep: "always", "summary", "why", "all" or names of outcomes joined by commas;
            replace: put it in the place of another run that is in `out`;
            workers: processes (0: one a core); cluster: address of a Dask scheduler
    The manifest stands in `.attrs["manifest"]` as JSON, the folder in `.attrs["folder"]`.
    Raises KautilyaError for what the user can mend.
    """
    from kautilya.runs.ensemble import Case, names
    from kautilya.runs.ensemble import run as ran

    case = Case(names(levers), _sets(sets), how.pop("keep", "always"), accept)
    replaces = bool(how.pop("replace", False))
    return _told(ran(str(name), futures, seed, case=case, out=out, pool=_workers(**how),
                     replaces=replaces))


def resume(folder: str | Path, **how: Any) -> Any:
    """Go on with a run that was stopped, or mend one with damaged chunks; returns as `run`.

    how   workers, cluster, as for `run`
    The same bits as a run that was never stopped. Raises KautilyaError where the folder holds no
    run, or where scenario or program have changed since.
    """
    from kautilya.runs.ensemble import resume as resumed

    return _told(resumed(folder, pool=_workers(**how)))


def query(folder: str | Path, sql: str) -> Any:
    """One SELECT over a stored run, read only (DuckDB): a pandas frame of ten million rows at most.

    Tables: each outcome, with columns future, month or year, its labels, value; and `summary`.
    Raises KautilyaError for anything else than one SELECT, or for a folder without a run.
    """
    import pandas as pd

    from kautilya.runs.query import query as asked

    found = asked(folder, sql, rows=MOST_ROWS)
    return pd.DataFrame(found.rows, columns=found.columns)


def _workers(workers: int = 0, cluster: str = "") -> Any:
    from kautilya.runs.cluster import Workers

    return Workers(workers, cluster)


def _told(done: Any) -> Any:
    return done.data.assign_attrs(manifest=json.dumps(done.manifest), folder=str(done.folder))


def compare(name: str | Path, levers: Sequence[str] | str, futures: int = 1024, seed: int = 0, *,
            sets: Mapping[str, Any] | Sequence[str] | None = None, **how: str) -> Any:
    """Lever minus baseline, future by future, on the same luck: xarray.Dataset, first dim lever.

    how   accept: a profile of the accounts, or "raw"; keep: "always", "summary" or names of
          outcomes joined by commas
    The whole answer is in memory, 4 GB at most. Raises KautilyaError for an unknown lever or
    setting, and, before anything runs, for an answer that would be larger.
    """
    from kautilya.runs.ensemble import Case, Plan, names
    from kautilya.study.compare import differences

    case = Case((), _sets(sets), how.pop("keep", "always"), how.pop("accept", "run"))
    if how:
        raise TypeError(f"compare() got an unexpected keyword argument {next(iter(how))!r}")
    return differences(str(name), names(levers), Plan(futures, seed, case))


def why(name: str | Path, recipient: str, good: str, during: str = "2024", futures: int = 1024,
        seed: int = 0) -> Any:
    """Every candidate supplier of a class: xarray.Dataset over supplier, with terms [term].

    Variables probability, quantity, utility, leads, top_five, refuses, terms. The notes and the
    rival answers stand in `.attrs`. Raises KautilyaError for an unknown recipient, good or year.
    """
    import xarray as xr

    from kautilya.runs.ensemble import Case, Plan
    from kautilya.study.why import Question
    from kautilya.study.why import why as asked

    found = asked(str(name), Question(recipient, good, during), Plan(futures, seed, Case()))
    rows = found.candidates
    coords = {"supplier": [r["supplier"] for r in rows], "term": list(rows[0]["terms"])}
    plain = ("probability", "quantity", "utility", "leads", "top_five", "refuses", "supplies")
    variables: dict[str, Any] = {k: ("supplier", [r[k] for r in rows]) for k in plain}
    variables["terms"] = (("supplier", "term"), [list(r["terms"].values()) for r in rows])
    return xr.Dataset(variables, coords, attrs={"notes": found.notes, "rivals": json.dumps(
        found.rivals), "recipient": recipient, "good": found.good, "during": during})


def audit(scenario: str | Path, **asked: Any) -> Any:
    """The published figures as constraints: see `kautilya.accounts.audit`; frames of pandas."""
    from kautilya.accounts import audit as audited

    return audited(scenario, **asked)


def sensitivity(name: str | Path, outcomes: Sequence[str] | str, seed: int = 0, *,
                sets: Mapping[str, Any] | Sequence[str] | None = None, accept: str = "run",
                **asked: Any) -> Any:
    """How much of the spread of each outcome every factor carries: xarray.Dataset.

    outcomes  NAME[LABEL,...]@TIME, such as "rounds[RUS,tube_round]@2025-12"
    asked     method, by, base, tolerance, singles, trajectories: see `study.sensitivity.Ask`
    Variables first, total, first_error, total_error [factor, outcome] (half-widths of 95 %
    intervals), runs and widest error of each round; for Morris effect, deviation, total.
    """
    from kautilya.runs.ensemble import Case
    from kautilya.study.sensitivity import Ask, as_dataset
    from kautilya.study.sensitivity import sensitivity as studied

    texts = (outcomes,) if isinstance(outcomes, str) else tuple(outcomes)
    return as_dataset(studied(str(name), Ask(texts, **asked), seed=seed,
                              case=Case((), _sets(sets), "always", accept)))


def discover(name: str | Path, where: str = "", futures: int = 2000, seed: int = 0, *,
             claim: str = "", **asked: Any) -> Any:
    """The box of figures in which a condition holds: `claims.discovering.Found`.

    where  a condition in the language of claims, or claim: the id of a claim of the scenario
    asked  dims, peel, shuffles: see `study.discovery.Search`; accept: a profile of the accounts
    """
    from kautilya.claims.boxes import Where, discover_where
    from kautilya.runs.ensemble import Case, Plan
    from kautilya.study.discovery import Search

    plan = Plan(futures, seed, Case((), (), "always", asked.pop("accept", "run")))
    return discover_where(str(name), Where(where, claim), plan, Search(seed=seed, **asked))


def judge(name: str | Path, id: str = "", *, file: str | Path = "", as_of: str = "",
          under: Sequence[str] | str = (), run: str | Path = "") -> dict[str, object]:
    """Verdicts on what commentators assert: {"claims": [{"id", "verdict", "probability", ...}]}.

    id     one claim, in full: with the smallest change that flips it and the box where it turns
    file   claims of one's own; as_of: a day, to hide what was not known then
    under  levers that are pulled throughout
    run    folder of a stored run; "" the newest in ./runs that fits, else one that is made.
           "run" and "run_chosen" of the answer say which it was and why
    The shape is that of `kautilya claims --json` (docs/json.md).
    Raises KautilyaError for mistakes in the claims, and for an unknown claim, lever, day or run.
    """
    from kautilya.claims.judge import Asked
    from kautilya.claims.judge import judge as judged
    from kautilya.runs.ensemble import names

    return judged(str(name), Asked(str(file), as_of, names(under), id, str(run))).as_json()


def robust(name: str | Path, levers: Sequence[str] | str, outcome: str, better: str = "max",
           threshold: float | None = None, *, plan: Any = None) -> Any:
    """Regret and satisficing of each lever on paired futures: xarray.Dataset [option, future].

    plan   `study.ensemble.Plan`: futures, seed, case; by default 1,024 futures of seed 0
    Variables value, regret and, with a threshold, meets; the first option is the scenario as it
    stands.
    """
    import numpy as np
    import xarray as xr

    from kautilya.runs.ensemble import names
    from kautilya.study.compare import PLAN
    from kautilya.study.robust import Goal
    from kautilya.study.robust import robust as studied

    found = studied(str(name), names(levers), Goal(outcome, better, threshold), plan or PLAN)
    cells = {"value": found.values, "regret": found.regret, "meets": found.meets}
    return xr.Dataset({key: (("option", "future"), value) for key, value in cells.items()
                       if value is not None}, {"option": list(found.options),
                                               "future": np.arange(found.values.shape[1])})
