"""Kautilya from Python: one function a question. Results are xarray and pandas.

Below them stand the whole answers that the command line gives: a run with all its files, a report,
verdicts kept beside their run, a brief.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict, Unpack

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from kautilya.accounts import Audit
    from kautilya.claims.boxes import Found
    from kautilya.claims.judge import Asked
    from kautilya.report.brief import Page
    from kautilya.report.reply import Reply
    from kautilya.runs.cluster import Workers
    from kautilya.runs.ensemble import Plan, Progress, Run
    from kautilya.scenario import Scenario

MOST_ROWS = 10_000_000  # of a query
RIVALS = ("no_secondary_sanctions", "stock_and_calibre_only", "no_politics")  # levers of a brief
Setting = str | int | float
Sets = Mapping[str, Setting] | Sequence[str] | None


class Pool(TypedDict, total=False):
    """Who computes: processes here (0: one a core), or the address of a Dask scheduler."""

    workers: int
    cluster: str


class Kept(Pool, total=False):
    """And what is stored: always, summary, why, all, or names of outcomes joined by commas.

    replace   put the run in the place of another one that is in `out`
    """

    keep: str
    replace: bool


class Case(TypedDict, total=False):
    """Which published figures must hold, and what is stored."""

    accept: str
    keep: str


class Figures(TypedDict, total=False):
    """Which figures an audit looks at: see `kautilya.accounts.audit`."""

    good: str
    actor: str
    accept: str
    as_of: str
    conflicts: bool
    figure: str


class Indices(TypedDict, total=False):
    """How a sensitivity is measured: see `study.sensitivity.Ask`."""

    method: str
    by: str
    base: int
    tolerance: float
    singles: int
    trajectories: int


class Boxes(TypedDict, total=False):
    """How a box is sought: see `study.discovery.Search`; accept: a profile of the accounts."""

    dims: int
    peel: float
    shuffles: int
    accept: str


def load(name: str | Path, as_of: str = "") -> Scenario:
    """A scenario, validated: `kautilya.scenario.Scenario` with its tables.

    name   a shipped scenario ("russia_dprk_2024") or the path of a folder
    as_of  a day on which it is known in place of its own; NAME@DAY says the same, here and
           wherever a scenario is named
    Raises KautilyaError listing every mistake with file, line, finding and remedy.
    """
    from kautilya.scenario import load as loaded

    return loaded(name, as_of)


def _sets(values: Sets) -> tuple[str, ...]:
    if values is None:
        return ()
    if isinstance(values, Mapping):
        return tuple(f"{key}={value}" for key, value in values.items())
    return tuple(values)


def run(
    name: str | Path,
    futures: int = 2000,
    seed: int = 0,
    *,
    levers: Sequence[str] | str = (),
    sets: Sets = None,
    accept: str = "run",
    out: str | Path | None = None,
    **how: Unpack[Kept],
) -> xr.Dataset:
    """Run a scenario; returns an xarray.Dataset (dims future, month or year, and labels).

    Time is datetime64, the first day of a month or year; units stand in `.attrs` of each outcome.

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

    case = Case(names(levers), _sets(sets), how.get("keep", "always"), accept)
    if "@" in str(name):
        from kautilya.estimation.motion import prepared

        prepared(str(name))
    return _told(
        ran(
            str(name),
            futures,
            seed,
            case=case,
            out=out,
            pool=_workers(how),
            progress=bar(),
            replaces=how.get("replace", False),
        )
    )


def resume(folder: str | Path, **how: Unpack[Pool]) -> xr.Dataset:
    """Go on with a run that was stopped, or mend one with damaged chunks; returns as `run`.

    how   workers, cluster, as for `run`
    The same bits as a run that was never stopped. Raises KautilyaError where the folder holds no
    run, or where scenario or program have changed since.
    """
    from kautilya.runs.ensemble import resume as resumed

    return _told(resumed(folder, pool=_workers(how), progress=bar()))


def opened(folder: str | Path) -> xr.Dataset:
    """A stored run, as `run` returned it; nothing is computed, and arrays are read when asked for.

    Raises KautilyaError where the folder holds no run, or one that is not finished.
    """
    from kautilya.runs.ensemble import load_run

    return _told(load_run(folder))


def query(folder: str | Path, sql: str) -> pd.DataFrame:
    """One SELECT over a stored run, read only (DuckDB): a pandas frame of ten million rows at most.

    Tables: each outcome, with columns future, month or year, its labels, value; and `summary`.
    Raises KautilyaError for anything else than one SELECT, or for a folder without a run.
    """
    import pandas as pd

    from kautilya.runs.query import query as asked

    found = asked(folder, sql, rows=MOST_ROWS)
    return pd.DataFrame(found.rows, columns=found.columns)


def _workers(how: Kept | Pool) -> Workers:
    from kautilya.runs.cluster import Workers

    strange = set(how) - {"workers", "cluster", "keep", "replace"}
    if strange:
        raise TypeError(f"unexpected keyword argument {min(strange)!r}")
    return Workers(how.get("workers", 0), how.get("cluster", ""))


def _told(done: Run) -> xr.Dataset:
    from kautilya.runs.dates import dated

    said = {"manifest": json.dumps(done.manifest), "folder": str(done.folder)}
    return dated(done.data).assign_attrs(said)


def bar() -> Progress | None:
    """A bar of progress under the cell of a notebook; None elsewhere, where nobody looks."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not hasattr(shell, "kernel"):
        return None
    from IPython.display import ProgressBar

    shown: list[ProgressBar] = []

    def tell(done: int, whole: int) -> None:
        if not shown:
            shown.append(ProgressBar(whole))
            shown[0].display()
        shown[0].total, shown[0].progress = whole, done  # it draws itself anew

    return tell


def compare(
    name: str | Path,
    levers: Sequence[str] | str,
    futures: int = 1024,
    seed: int = 0,
    *,
    sets: Sets = None,
    **how: Unpack[Case],
) -> xr.Dataset:
    """Lever minus baseline, future by future, on the same luck: xarray.Dataset, first dim lever.

    how   accept: a profile of the accounts, or "raw"; keep: "always", "summary" or names of
          outcomes joined by commas
    The whole answer is in memory, 4 GB at most. Raises KautilyaError for an unknown lever or
    setting, and, before anything runs, for an answer that would be larger.
    """
    from kautilya.runs.dates import dated
    from kautilya.runs.ensemble import Case, Plan, names
    from kautilya.study.compare import differences

    strange = set(how) - {"keep", "accept"}
    if strange:
        raise TypeError(f"compare() got an unexpected keyword argument {min(strange)!r}")
    case = Case((), _sets(sets), how.get("keep", "always"), how.get("accept", "run"))
    return dated(differences(str(name), names(levers), Plan(futures, seed, case), bar()))


def why(
    name: str | Path,
    recipient: str,
    good: str,
    during: str = "",
    futures: int = 1024,
    seed: int = 0,
) -> xr.Dataset:
    """Every candidate supplier of a class: xarray.Dataset over supplier, with terms [term].

    during   a year; by default that of the scenario's as-of day

    Variables probability, quantity, utility, leads, top_five, refuses, terms. The notes and the
    rival answers stand in `.attrs`. Raises KautilyaError for an unknown recipient, good or year.
    """
    import xarray as xr

    from kautilya.runs.ensemble import Case, Plan
    from kautilya.scenario.lexicon import Names
    from kautilya.study.why import Question
    from kautilya.study.why import why as asked

    found = asked(str(name), Question(recipient, good, during), Plan(futures, seed, Case()))
    rows = found.candidates
    coords = {"supplier": [r["supplier"] for r in rows], "term": list(rows[0]["terms"])}
    words = Names(load(name))
    terms = {str(one): words.of(str(one), "term") for one in coords["term"]}
    plain = ("probability", "quantity", "utility", "leads", "top_five", "refuses", "supplies")
    variables: dict[str, object] = {}
    for column in plain:
        variables[column] = ("supplier", [dict(row)[column] for row in rows])
    variables["terms"] = (("supplier", "term"), [list(r["terms"].values()) for r in rows])
    return xr.Dataset(
        variables,
        coords,
        attrs={
            "notes": found.notes,
            "rivals": json.dumps(found.rivals),
            "answer": found.answer,
            "names": json.dumps({**found.names, **terms}),
            "recipient": recipient,
            "good": found.good,
            "during": during,
        },
    )


def audit(scenario: str | Path, **asked: Unpack[Figures]) -> Audit:
    """The published figures as constraints: see `kautilya.accounts.audit`; frames of pandas."""
    from kautilya.accounts import audit as audited

    return audited(scenario, **asked)


def sensitivity(
    name: str | Path,
    outcomes: Sequence[str] | str,
    seed: int = 0,
    *,
    sets: Sets = None,
    accept: str = "run",
    **asked: Unpack[Indices],
) -> xr.Dataset:
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
    return as_dataset(
        studied(
            str(name), Ask(texts, **asked), seed=seed, case=Case((), _sets(sets), "always", accept)
        )
    )


def discover(
    name: str | Path,
    where: str = "",
    futures: int = 2000,
    seed: int = 0,
    *,
    claim: str = "",
    **asked: Unpack[Boxes],
) -> Found:
    """The box of figures in which a condition holds: `claims.boxes.Found`.

    where  a condition in the language of claims, or claim: the id of a claim of the scenario
    asked  dims, peel, shuffles: see `study.discovery.Search`; accept: a profile of the accounts
    """
    from kautilya.claims.boxes import Where, discover_where
    from kautilya.runs.ensemble import Case, Plan
    from kautilya.study.discovery import Search

    plan = Plan(futures, seed, Case((), (), "always", asked.get("accept", "run")))
    usual = Search()
    search = Search(
        asked.get("dims", usual.dims),
        asked.get("peel", usual.peel),
        asked.get("shuffles", usual.shuffles),
        seed,
    )
    return discover_where(str(name), Where(where, claim), plan, search)


def judge(
    name: str | Path,
    id: str = "",
    *,
    file: str | Path = "",
    as_of: str = "",
    under: Sequence[str] | str = (),
    run: str | Path = "",
) -> dict[str, object]:
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


def robust(
    name: str | Path,
    levers: Sequence[str] | str,
    outcome: str,
    better: str = "max",
    threshold: float | None = None,
    *,
    plan: Plan | None = None,
) -> xr.Dataset:
    """Regret and satisficing of each lever on paired futures: xarray.Dataset [option, future].

    plan   `runs.ensemble.Plan`: futures, seed, case; by default 1,024 futures of seed 0
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
    return xr.Dataset(
        {key: (("option", "future"), value) for key, value in cells.items() if value is not None},
        {"option": list(found.options), "future": np.arange(found.values.shape[1])},
    )


class Whole(NamedTuple):
    """A run, its answer as data, and the names of its files."""

    run: Run
    files: dict[str, str]
    answer: dict[str, object]


def run_whole(
    name: str,
    plan: Plan,
    *,
    out: Path,
    workers: Workers | None = None,
    progress: Sequence[Progress | None] = (None, None),
    replaces: bool = False,
) -> Whole:
    """Run a scenario and write everything a reader needs into `out`.

    progress   of futures, and of outcomes that are summed up
    """
    from kautilya.runs.ensemble import run as ran

    return _whole(
        ran(
            name,
            plan.futures,
            plan.seed,
            case=plan.case,
            out=out,
            pool=workers,
            progress=_drawing_beside(progress[0]),
            replaces=replaces,
        ),
        progress[1],
    )


def resume_whole(
    folder: Path,
    *,
    workers: Workers | None = None,
    progress: Sequence[Progress | None] = (None, None),
) -> Whole:
    """Go on with a run that was stopped, and write everything a reader needs into its folder."""
    from kautilya.runs.ensemble import resume as resumed

    return _whole(resumed(folder, pool=workers, progress=_drawing_beside(progress[0])), progress[1])


def _drawing_beside(progress: Progress | None) -> Progress:
    """The same progress; at its first word, as the workers begin and this process only waits for
    them, what the report needs is loaded."""
    from threading import Thread

    waiting = [Thread(target=_drawing)]

    def tell(done: int, whole: int) -> None:
        if waiting:
            waiting.pop().start()
        if progress:
            progress(done, whole)

    return tell


def _drawing() -> None:
    """The code that draws, and the scripts of its charts; what fails here fails again, and is
    told, when the report is written."""
    with suppress(Exception):
        from kautilya.report.page import bundle

        bundle()


def _whole(done: Run, progress: Progress | None) -> Whole:
    from kautilya import disk
    from kautilya.report.answer import answer
    from kautilya.report.reply import of_run
    from kautilya.report.subject import subject
    from kautilya.runs.ensemble import begin_audit, scenario_of

    scenario = scenario_of(done.manifest)
    begin_audit(scenario)
    try:
        files = summarise(done, progress)
        given = {**answer(done, scenario), "parts": of_run(subject(done, scenario))}
        report(done)
        disk.write_json(done.folder / "answer.json", given)
    except OSError as error:
        raise disk.refused(done.folder, error) from None
    return Whole(done, {**files, "report": "report.html", "answer": "answer.json"}, given)


def summarise(done: Run, progress: Progress | None = None) -> dict[str, str]:
    """Write the summary of a run, as Parquet where the extra `export` is there, else as CSV; returns
    file names."""
    from importlib.util import find_spec

    from kautilya import disk
    from kautilya.runs.summary import table

    frame = table(done.data, progress)
    if find_spec("pyarrow"):
        name, data = "summary.parquet", disk.parquet(frame)
    else:
        name, data = "summary.csv", frame.to_csv(index=False).encode()
    disk.write(done.folder / name, data)
    return {"manifest": "manifest.json", "trajectories": "outcomes.zarr", "summary": name}


def report(done: Run, out: Path | None = None) -> Path:
    """Write the report of a run, with the audit of its accounts and the verdicts beside it."""
    from kautilya.accounts import declares, full_audit
    from kautilya.report.page import Beside, write
    from kautilya.runs.ensemble import scenario_of

    scenario = scenario_of(done.manifest)
    audited = full_audit(scenario) if declares(scenario) else None
    return write(done, out or done.folder / "report.html", scenario, Beside(audited))


def answer(name: str | Path, plan: Plan | None = None, progress: Progress | None = None) -> Reply:
    """Answer the question of a scenario: one run as it stands, one under each lever of [answer].

    name   a shipped scenario or the path of a folder
    plan   `runs.ensemble.Plan`: futures, seed, case; by default 2,000 futures of seed 0
    Returns {"scenario", "question", "parts": [{"says", "trust", "numbers", ...}], ...}, the shape
    of `kautilya answer --json` (docs/json.md). Raises KautilyaError for what the user can mend.

        import kautilya as kt
        for part in kt.answer("russia_dprk_2024")["parts"]:
            print(part["says"])
    """
    from dataclasses import replace

    from kautilya.claims.assumptions import assumptions
    from kautilya.report.reply import Given, needed, reply_of
    from kautilya.report.subject import subject
    from kautilya.runs.ensemble import Case
    from kautilya.runs.ensemble import Plan as Asked
    from kautilya.runs.ensemble import run as ran

    scenario = load(name)
    asked = plan or Asked(2000, 0, Case())
    levers = tuple(scenario.head.answer.levers) or tuple(x.id for x in scenario.levers[:1])
    total, done = asked.futures * (1 + len(levers)), 0
    runs: dict[str, Run] = {}
    for lever in ("", *levers):
        pulled = (*asked.case.levers, lever) if lever else asked.case.levers
        case = replace(asked.case, levers=pulled, keep=needed(scenario, bool(lever)))
        begun = done
        tell: Progress | None = (lambda a, _, n=begun: progress(n + a, total)) if progress else None  # type: ignore[misc]
        runs[lever] = ran(str(name), asked.futures, asked.seed, case=case, progress=tell)
        done += asked.futures
    base = runs.pop("")
    given = Given(
        subject(base, scenario),
        {lever: one.data for lever, one in runs.items()},
        assumptions(scenario, base),
    )
    return reply_of(given, Path(scenario.folder))


def brief(
    name: str,
    asked: Asked,
    to: str = "markdown",
    out: Path | None = None,
    progress: Progress | None = None,
) -> Page:
    """Judge the claims of a scenario, and write one page of what its run and its claims say."""
    from kautilya.claims.judge import judge as judged
    from kautilya.report import brief as page

    page.check(to, out)
    return page.write(page.Judged(judged(name, asked, progress=progress)), to, out)
