"""Foresight on record: hindcast, register, resolve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only
from kautilya.cli.options import File, Futures, Json, Known, Scenario, Seed
from kautilya.cli.records import rows, table, value
from kautilya.wording import many, percent

Outside = Annotated[
    Path | None,
    typer.Option(help="folder of files with the columns of the outside data, perhaps longer"),
]


def hindcast(
    scenario: Scenario,
    origins: Annotated[
        str, typer.Option(help="months at whose ends forecasts begin: FIRST..LAST/STEP")
    ] = "2022-12..2024-05/1",
    horizons: Annotated[str, typer.Option(help="months ahead that are scored")] = "1,3,6,12",
    futures: Futures = 512,
    seed: Seed = 0,
    data: Outside = None,
    accept: Annotated[
        str, typer.Option(help="which published figures must hold, as for `kautilya run`")
    ] = "run",
    posterior: Annotated[
        str, typer.Option(help="none: the declared ranges, without what was learned of the day")
    ] = "",
    out: File = None,
    json: Json = False,
) -> None:
    """The engine itself as of each day of the past, against what came, beside simple forecasts.

    Parquet with --out: one row a forecast, origin, horizon and series. docs/protocol.md says what is
    scored and how. Example: kautilya hindcast russia_dprk_2024 --out cases.parquet
    """
    with Door(json) as door:
        from kautilya.validation import backtests
        from kautilya.validation import hindcast as study

        ask = study.Ask(
            study.origins_of(origins), study.horizons_of(horizons), futures, seed, data, accept,
            posterior,
        )  # fmt: skip
        with door.progress("origins") as tell:
            found = study.hindcast(scenario, ask, tell)
        if out is not None:
            backtests.write(out, found.cases)
        door.tell(hindcast_shown(found, out))


def hindcast_shown(found: Any, out: Path | None) -> Shown:
    """Skill first, then coverage."""
    data = {
        "scenario": found.scenario,
        "tables": {name: rows(one) for name, one in found.tables.items()},
        "notes": found.notes,
        "file": None if out is None else str(out),
    }
    long = ("by series", "all forecasts")
    shown = {name: one for name, one in found.tables.items() if len(one) and name not in long}
    blocks = list(_skills(shown.pop("skill"))) if "skill" in shown else []
    if "coverage" in shown and shown["coverage"].equals(shown.get("reported origins alone")):
        del shown["reported origins alone"]
    blocks += [_scores(name, one) for name, one in shown.items()]
    more = [f"Cases: {out}"] if out else []
    return Shown(data, [found.says, *blocks, *found.notes, *more])


TITLES = {
    "coverage": "How often bands held (in brackets: ties with an end broken at random), and scores",
    "reported origins alone": "The same, of origins that are reported",
    "sums": "The same, of sums over classes",
    "by group": "The same, by group of series",
    "outside of the central 90 %": "Outside of the central 90 %",
}
WORDS = {
    "horizon": "months ahead", "crps": "CRPS", "log_crps": "log CRPS", "log_score": "log score",
    "in50": "in 50 %", "in80": "in 80 %", "in90": "in 90 %",
}  # fmt: skip
SHARES = ("in50", "in80", "in90")


def _skills(frame: Any) -> Iterator[Block]:
    """The engine against the best baseline, a table for each set of origins that has cases and
    differs from the one before."""
    before = None
    for stage, part in frame[frame["cases"] > 0].groupby("origins", sort=False):
        now = part.drop(columns="origins").reset_index(drop=True)
        if before is None or not now.equals(before):
            of = "all origins" if stage == "all" else f"{stage} origins"
            yield _scores(f"Skill: 1 - CRPS / that of the best baseline; {of}", now)
        before = now


def _scores(name: str, frame: Any) -> Table:
    """A table of scores in words, with numbers to the right."""
    out = table(TITLES.get(name, name), _told(frame))
    right = {WORDS[one] for one in SHARES} | {"skill", "said"}
    return out._replace(columns=[Column(c.title, c.right or c.title in right) for c in out.columns])


def _told(frame: Any) -> Any:
    """Shares in percent, an interval beside its number; what is the same in all rows is left out."""
    out = frame.copy()
    for name in (one for one in SHARES if one in out):
        out[name] = _shares(out, name)
    for name in ("skill", "said"):
        if {name, "low", "high"} <= set(out):
            ends = zip(out[name], out.pop("low"), out.pop("high"), strict=True)
            out[name] = [_between(*one) for one in ends]
    if "best baseline" in out:
        both = zip(out["best baseline"], out.pop("its crps"), strict=True)
        out["best baseline"] = [f"{name}, {value(its)}" for name, its in both]
        out = out.drop(columns=["cases", "blocks"])
    same = [one for one in ("forecaster", "origins") if one in out and out[one].nunique() == 1]
    return out.drop(columns=same).rename(columns=WORDS)


def _shares(out: Any, name: str) -> list[str]:
    """A share in percent: in brackets that with ties broken, or of how many where some have none.

    The columns of both are taken out of the table.
    """
    strict, of = (name.replace("in", one) for one in ("strict", "cases"))
    told = [percent(share) for share in out[name]]
    if strict in out:
        both = zip(told, out.pop(strict), strict=True)
        told = [f"{said} ({100 * inside:.0f})" for said, inside in both]
    if of in out:
        told = [
            f"{said} of {count:.0f}" if count else "-"
            for said, count in zip(told, out.pop(of), strict=True)
        ]
    return told


def _between(middle: float, low: float, high: float) -> str:
    """A number with its interval, where it has one."""
    ends = f" ({value(low)} to {value(high)})" if low == low and high == high else ""
    return f"{value(middle)}{ends}"


def register(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="SCENARIO|RUN", help="a scenario, or a stored run")
    ],
    out: File = None,
    hub: Annotated[
        Path | None, typer.Option(help="the same as rows of a forecast hub, .csv or .parquet")
    ] = None,
    begin: Annotated[
        str,
        typer.Option(
            help="first month of the windows, several joined by commas; by default that after the "
            "as-of day"
        ),
    ] = "",
    published: Annotated[
        str, typer.Option(help="day of publication, YYYY-MM-DD; by default today")
    ] = "",
    as_of: Known = "",
    futures: Futures = 2000,
    seed: Seed = 0,
    data: Outside = None,
    json: Json = False,
) -> None:
    """Write down dated questions with quantiles or a probability, for the record to resolve.

    Example: kautilya register runs/demo --out predictions.json
    """
    with Door(json) as door:
        from datetime import date

        from kautilya.runs.ensemble import Case, load_run
        from kautilya.runs.ensemble import run as ran
        from kautilya.scenario.check import day_of
        from kautilya.validation import predictions

        today = day_of(published, "--published") or date.today()
        if (Path(what) / "plan.json").exists() or (Path(what) / "manifest.json").exists():
            only(context, ("as_of", "futures", "seed"), "on a stored run")
            run = load_run(what)
        else:
            if data is None:
                door.learned(what, as_of)
            case = Case(as_of=as_of, posterior=_learned_from(what, as_of, data))
            with door.progress("futures") as tell:
                run = ran(what, futures, seed, case=case, progress=tell)
        made = predictions.register(run, begin, data, today)
        ahead = sum(predictions.foretold(one, today.isoformat()) for one in made.questions)
        place = out or Path("predictions.json")
        predictions.write(place, made)
        if hub is not None:
            predictions.write(hub, made)
        said = predictions.as_document(made)
        door.tell(
            Shown(
                {
                    "file": str(place),
                    "questions": len(made.questions),
                    "predictions": ahead,
                    "published": today.isoformat(),
                    "digest": said["digest"],
                },
                [
                    f"{many(len(made.questions), 'question')} as of {made.about['as_of']}, "
                    f"{many(made.about['futures'], 'future')}, seed {made.about['seed']}: {place}",
                    f"published {today}: {ahead} end {predictions.AHEAD} days later or after that and "
                    "are predictions; the others are tests on months that nobody here has seen",
                    f"sha256 {said['digest']}",
                ],
            )
        )


def _learned_from(scenario: str, as_of: str, data: Path | None) -> str:
    """The posterior of the day that rests on a folder of files; "" where none is given."""
    if data is None:
        return ""
    from kautilya import scenario as scenarios
    from kautilya.estimation import motion

    return str(motion.posterior(scenarios.load(scenario, as_of), data=data))


def resolve(
    file: Annotated[Path, typer.Argument(help="predictions: JSON, or .csv or .parquet of a hub")],
    given: Annotated[
        list[Path] | None,
        typer.Option("--with", help="folder of files of the record; may be given several times"),
    ] = None,
    since: Annotated[
        str, typer.Option(help="count only windows that begin in this month or later")
    ] = "",
    beside: Annotated[
        list[Path] | None, typer.Option(help="another file of predictions, scored beside it")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="draw the reliability: a file .svg")] = None,
    json: Json = False,
) -> None:
    """Score predictions with what came: Brier, quantile and log scores, coverage, reliability.

    Example: kautilya resolve docs/predictions/0.1.0.json --with ../shared/data --since 2024-10
    """
    with Door(json) as door:
        from kautilya import disk
        from kautilya.estimation import outside
        from kautilya.scenario import library
        from kautilya.validation import predictions, resolution

        made = predictions.joined([predictions.read(one) for one in (file, *(beside or ()))])
        seen = resolution.record_of(given or [outside.root() / "data"])
        found = resolution.resolve(made, seen, since)
        if picture is not None:
            disk.write(library.result(picture), resolution.drawn(found.reliability).encode())
        door.tell(_resolved(found))


def _worded(found: Any) -> Any:
    """A table with its series in words."""
    from kautilya.estimation import watched

    return found.assign(series=found["series"].map(watched.says)) if "series" in found else found


def _resolved(found: Any) -> Shown:
    data = {
        "cases": rows(found.cases),
        "tables": {name: rows(one) for name, one in found.tables.items()},
        "reliability": rows(found.reliability),
        "open": found.open,
        "notes": found.notes,
    }
    blocks: list[Block] = [found.says]
    blocks += [_scores(name, _worded(one)) for name, one in found.tables.items()]
    if len(found.reliability):
        blocks.append(_scores("Reliability: said, and the share that came", found.reliability))
    return Shown(data, [*blocks, *found.notes])


COMMANDS = (hindcast, register, resolve)
