"""What is learned from data and how right it has been: calibrate, backtest, validate, the record."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only
from kautilya.cli.options import All, File, Json, Out, Quick, Scenario, Seed
from kautilya.wording import number

if TYPE_CHECKING:
    import pandas as pd


def calibrate(
    context: typer.Context,
    scenario: Scenario,
    until: Annotated[
        str, typer.Option(help="last month that is used; by default that of the as-of date")
    ] = "",
    warmup: Annotated[int, typer.Option(help="iterations before any is kept", min=1)] = 500,
    draws: Annotated[int, typer.Option(help="draws that each chain keeps", min=1)] = 500,
    chains: Annotated[int, typer.Option(help="chains, one after another", min=1)] = 2,
    seed: Seed = 0,
    out: Out = None,
    recover: Annotated[
        int,
        typer.Option(
            help="instead: so many synthetic wars, and whether their parameters come back", min=0
        ),
    ] = 0,
    json: Json = False,
) -> None:
    """Learn the figures of losses and stocks from two biased observers; runs draw from it.

    Example: kautilya calibrate russia_dprk_2024 --until 2024-08
    """
    with Door(json) as door:
        from kautilya.runs.pool import ENVIRONMENT

        if recover:
            only(context, ("until", "warmup", "draws", "chains", "out"), "with --recover")
        if "jax" not in sys.modules:
            os.environ.update(ENVIRONMENT)  # one thread: the same bits on any number of cores
        from kautilya.estimation.calibration import inference as study

        with door.progress("truths" if recover else "blocks of 25 draws") as tell:
            if recover:
                shown = _recovery(study.recovery(scenario, recover, seed, tell))
            else:
                how = study.whole(warmup, draws, chains, seed)
                folder = out or Path("runs") / f"posterior-{Path(scenario).name}"
                shown = _calibration(study.calibrate(scenario, until, how, folder, tell))
        door.tell(shown)


def posterior(
    scenario: Scenario,
    data: Annotated[
        Path | None,
        typer.Option(help="folder of files of the record, cut at the day; else the scenario's own"),
    ] = None,
    draws: Annotated[int, typer.Option(help="draws that runs take from", min=4)] = 512,
    seed: Seed = 0,
    out: Out = None,
    json: Json = False,
) -> None:
    """Learn how the record moves, as known on the as-of day; runs draw what comes after from it.

    By default it is kept in the scenario's own folder, that of another day (NAME@DAY) in the cache,
    where a run finds it.

    Example: kautilya posterior my_war --data files
    """
    with Door(json) as door:
        from kautilya import scenario as scenarios
        from kautilya.estimation import motion
        from kautilya.runs.chunk import use_cache
        from kautilya.runs.posterior import KEPT, of_day, summary

        given = scenarios.load(scenario)
        use_cache()
        usual = of_day(given) if given.asked else Path(given.folder) / KEPT
        folder = out or usual
        known = motion.known(given, data)
        found = motion.write(folder, given, known, (draws, seed), data=data)
        mixed = ", ".join(
            f"{name}: R-hat {rhat:.3f}, {effective:.0f} effective draws"
            for name, (rhat, effective) in found.diagnostics.items()
        )
        door.tell(
            Shown(
                {**summary(folder), "folder": str(folder)},
                [
                    f"The record of {known.shape[1]} series to {known.index[-1]}.",
                    f"{mixed}.",
                    f"posterior: {folder}; `kautilya run {scenario}` draws from it"
                    + ("" if out is None else f" with --posterior {folder}"),
                ],
            )
        )


def _calibration(found: Any) -> Shown:
    tables = found.tables
    data = {
        **found.said,
        "notes": found.notes,
        "folder": str(found.folder),
        "tables": {name: rows(one) for name, one in tables.items()},
    }
    learned = tables["prior and posterior"]
    shown = {
        "learned (posterior sd / prior sd at most .9)": learned[learned["learned"]],
        **{name: one for name, one in tables.items() if name != "prior and posterior"},
    }
    worst = ", ".join(
        f"{key.replace('_', ' ')} {value(one)}" for key, one in found.said["diagnostics"].items()
    )
    blocks = [
        table(name, one.drop(columns=["learned"], errors="ignore"))
        for name, one in shown.items()
        if len(one)
    ]
    return Shown(
        data,
        [
            *found.notes,
            *blocks,
            "Not learned: " + (", ".join(found.said["not_learned"]) or "none"),
            f"Diagnostics: {worst}.",
            f"posterior: {found.folder}; use it with `kautilya run "
            f"{found.said['scenario']} --posterior {found.folder}`",
        ],
    )


def _recovery(found: Any) -> Shown:
    data = {
        "truths": found.truths,
        "diverging": found.diverging,
        "notes": found.notes,
        "pooled": rows(found.pooled),
        "table": rows(found.table),
    }
    return Shown(
        data,
        [
            table(f"{found.truths} synthetic wars: coverage of central intervals", found.pooled),
            *found.notes,
        ],
    )


def backtest(
    what: Annotated[str, typer.Argument(help="losses, suppliers, trade or votes")],
    until: Annotated[
        str, typer.Option(help="last period that the forecaster may know, such as 2023-06 or 2005")
    ] = "",
    horizon: Annotated[int, typer.Option(help="periods ahead to score; 0 for all", min=0)] = 0,
    data: Annotated[
        Path | None, typer.Option(help="file with the columns of the outside data, perhaps longer")
    ] = None,
    out: File = None,
    quick: Quick = False,
    json: Json = False,
) -> None:
    """Forecast with what was known then, score it beside simple baselines.

    Example: kautilya backtest suppliers --until 2005 --out suppliers.parquet
    """
    with Door(json) as door:
        from kautilya.validation.backtests import Ask
        from kautilya.validation.backtests import backtest as scored

        with door.progress("steps") as tell:
            found = scored(what, Ask(until, horizon, data, out, quick, tell))
        door.tell(scored_shown(found, quick))


def scored_shown(found: Any, quick: bool) -> Shown:
    """Skill, further tables, notes."""
    from kautilya.validation.backtests import finer

    skill = finer(found.skill)
    data = {
        "backtest": found.name,
        "until": found.until,
        "quick": quick,
        "skill": rows(skill),
        "tables": {name: rows(one) for name, one in found.tables.items()},
        "notes": found.notes,
        "file": None if found.out is None else str(found.out),
    }
    blocks: list[Block] = [skills(skill)] if len(skill) else []
    blocks += [table(name, one) for name, one in found.tables.items() if len(one)]
    blocks += found.notes
    blocks += [f"Forecasts: {found.out}"] if found.out else []
    return Shown(data, blocks)


def validate(everything: All = False, json: Json = False) -> None:
    """Do the laws meet the published numbers that they must reproduce?

    Exit code 1 where one is off. Numbers whose outside file is absent are left unchecked.
    """
    with Door(json) as door:
        from kautilya.validation import validate as checked

        with door.progress("numbers") as tell:
            checks = checked(tell)
        door.tell(checked_shown(checks, everything))
        if any(check.ok is False for check in checks):
            raise typer.Exit(1)


def checked_shown(checks: list[Any], everything: bool = False) -> Shown:
    """How many published numbers are met; by source, or each expected beside obtained."""
    from kautilya.validation import sources

    off = [c for c in checks if c.ok is False]
    absent = [c for c in checks if c.ok is None]
    said = sources(checks)
    data = {
        "checks": [c._asdict() for c in checks],
        "numbers": len(checks),
        "off": len(off),
        "unchecked": len(absent),
        "sources": said,
    }
    blocks: list[Block] = [
        f"{len(checks) - len(off) - len(absent)} of {len(checks)} published numbers are met, "
        f"{len(off)} off, {len(absent)} unchecked for want of an outside file. {sum(said.values())} "
        f"are no exact formulas and come from {len(said)} outside sources."
    ]
    if everything or off:
        blocks.append(_numbers(checks if everything else off))
    if not everything:
        blocks += [_by_source(checks), "Each number, expected and obtained: --all."]
    files = dict.fromkeys(c.absent for c in absent)
    return Shown(data, [*blocks, *(f"Absent: {file}" for file in files)])


def _by_source(checks: list[Any]) -> Table:
    """How many numbers of each source are met."""
    found: dict[str, list[Any]] = {}
    for one in checks:
        found.setdefault(one.source, []).append(one)
    return Table(
        "By source",
        [Column("source"), Column("numbers", True), Column("met", True), Column("kind")],
        [_met(*item) for item in sorted(found.items(), key=lambda item: -len(item[1]))],
    )


def _met(source: str, checks: list[Any]) -> list[str]:
    """A source, how many of its numbers are met, and what kinds of test they are."""
    met = sum(one.ok is True for one in checks)
    return [source, str(len(checks)), str(met), ", ".join({one.kind: 0 for one in checks})]


def _numbers(checks: list[Any]) -> Table:
    words = {True: "yes", False: "OFF", None: "absent"}
    titles = ("expected", "obtained", "tolerance")
    return Table(
        "Published numbers",
        [
            *(Column(t) for t in ("number", "mechanism", "source", "kind", "standing")),
            *(Column(t, True) for t in titles),
            Column("within"),
        ],
        [
            [
                c.name,
                c.mechanism,
                c.source,
                c.kind,
                c.standing,
                f"{c.expected:.8g}",
                "–" if c.obtained is None else f"{c.obtained:.8g}",
                f"{c.tolerance:.2g}",
                words[c.ok],
            ]
            for c in checks
        ],
    )


def scoreboard(everything: All = False, json: Json = False) -> None:
    """Should I believe it: every forecast beside its baselines, also where there is no skill.

    It prints the record that comes with the package; `make backtest` makes it anew.
    """
    with Door(json) as door:
        door.tell(board(everything))


def board(everything: bool = False) -> Shown:
    """The record: how often a baseline was beaten; skill by backtest, labels by mechanism."""
    from kautilya.mechanisms import registry
    from kautilya.validation.labels import label, read
    from kautilya.validation.scoreboard import scoreboard as recorded

    skill, numbers = recorded(), read("validation")
    named = [*registry(), *dict.fromkeys(m for m in numbers["mechanism"] if "." in m)]
    labels = {name: label(name) for name in named}
    data = {
        "skill": rows(skill),
        "labels": {
            name: {"label": one.word, "because": one.because} for name, one in labels.items()
        },
    }
    blocks: list[Block] = [_verdict(skill)]
    if everything:
        for name, part in skill.groupby("backtest", sort=False):
            blocks += [f"{name}, known to {part['until'].iloc[0]}", skills(part)]
    else:
        blocks.append(_backtests(skill))
    told = [
        [_called(name), one.word, one.because]
        for name, one in labels.items()
        if one.word != "analytic" or (everything and not one.because.startswith("limits"))
    ]
    blocks.append(
        Table(
            "Laws that met someone else's number",
            [Column("law or formula"), Column("label"), Column("because")],
            told,
        )
    )
    rest = len(labels) - len(told)
    blocks.append(f"{rest} more are analytic: right limits, identities and signs, no more.")
    blocks += [] if everything else ["Every score with its interval: --all."]
    return Shown(data, blocks)


def _called(name: str) -> str:
    """A law by its plain name, a formula by its own."""
    from kautilya.mechanisms import registry

    own = name.rpartition(".")[2].replace("_", " ")
    return registry()[name].plain if name in registry() else f"{own} (formula)"


def _verdict(skill: pd.DataFrame) -> str:
    """The first line: how often a baseline was beaten, in all."""
    counts = skill["verdict"].map(_kind).value_counts()
    told = [f"{counts[word]} {word}" for word in KINDS if word in counts]
    return f"{len(skill)} scores beside a baseline: {', '.join(told)}."


FEW = "no verdict: too few blocks"
KINDS = (
    "better",
    "no difference shown",
    "worse",
    "better on months looked at",
    FEW,
    "not scored",
)


def _kind(verdict: str) -> str:
    """A verdict without its figures."""
    return FEW if verdict.startswith("no verdict") else verdict


def _backtests(skill: pd.DataFrame) -> Table:
    """One row a backtest: how its scores came out."""
    words = [word for word in KINDS if word in set(skill["verdict"].map(_kind))]
    out = []
    for name, part in skill.groupby("backtest", sort=False):
        counts = part["verdict"].map(_kind).value_counts()
        out.append([str(name), str(part["until"].iloc[0]), *(str(counts.get(w, 0)) for w in words)])
    columns = [Column("backtest"), Column("known to"), *(Column(str(w), True) for w in words)]
    return Table("How the scores came out", columns, out)


def skills(frame: pd.DataFrame) -> Table:
    """The skill table in one screen's width."""
    import pandas as pd

    short = pd.DataFrame(
        {
            "what": frame["what"],
            "score": frame["score"],
            "forecast": frame["forecast"],
            "value": frame["value"],
            "against": frame["baseline"],
            "its value": frame["baseline_value"],
            "skill": frame["skill"],
            "90 %": [
                f"{value(a)} to {value(b)}"
                for a, b in zip(frame["low"], frame["high"], strict=True)
            ],
            "verdict": frame["verdict"],
        }
    )
    return table(
        "skill: 1 - score / baseline's score; for average precision and recall the difference",
        short,
    )


def table(title: str, frame: pd.DataFrame) -> Table:
    """A table for the terminal."""
    import pandas as pd

    numbers = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    return Table(
        title,
        [
            Column(str(name).replace("_", " "), right)
            for name, right in zip(frame, numbers, strict=True)
        ],
        [list(map(value, row)) for row in frame.itertuples(index=False)],
    )


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table for JSON: plain numbers, null for what is missing."""
    kept = frame.astype(object).where(frame.notna(), None)
    return [_record(row) for row in kept.to_dict("records")]


def _record(row: dict[Any, Any]) -> dict[str, Any]:
    return {key: getattr(x, "item", lambda x=x: x)() for key, x in row.items()}


def value(x: Any) -> str:
    """A cell: numbers with four digits that count, nothing for what is missing."""
    if isinstance(x, bool) or isinstance(x, str):
        return str(x)
    if x is None or x != x:
        return "-"
    return number(x, 4) if isinstance(x, float) else str(x)


COMMANDS = (calibrate, posterior, backtest, validate, scoreboard)
