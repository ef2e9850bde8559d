"""What `validate`, `backtest` and `scoreboard` have to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kautilya.cli.door import Column, Shown, Table

if TYPE_CHECKING:
    import pandas as pd


def value(x: Any) -> str:
    """A cell: numbers with four digits that count, nothing for what is missing."""
    if isinstance(x, bool) or isinstance(x, str):
        return str(x)
    if x is None or x != x:
        return "-"
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table for JSON: plain numbers, null for what is missing."""
    kept = frame.astype(object).where(frame.notna(), None)
    return [{key: getattr(x, "item", lambda x=x: x)() for key, x in row.items()}
            for row in kept.to_dict("records")]


def table(title: str, frame: pd.DataFrame) -> Table:
    """A table for the terminal."""
    import pandas as pd

    numbers = [pd.api.types.is_numeric_dtype(frame[name]) for name in frame]
    return Table(title, [Column(str(name).replace("_", " "), right)
                         for name, right in zip(frame, numbers, strict=True)],
                 [[value(x) for x in row] for row in frame.itertuples(index=False)])


def skills(frame: pd.DataFrame) -> Table:
    """The skill table in one screen's width."""
    import pandas as pd

    short = pd.DataFrame({
        "what": frame["what"], "score": frame["score"], "forecast": frame["forecast"],
        "value": frame["value"], "against": frame["baseline"],
        "its value": frame["baseline_value"], "skill": frame["skill"],
        "90 %": [f"{value(a)} to {value(b)}"
                 for a, b in zip(frame["low"], frame["high"], strict=True)],
        "verdict": frame["verdict"]})
    return table("skill: 1 - score / baseline's score; for average precision and recall the "
                 "difference", short)


def backtest(found: Any, quick: bool) -> Shown:
    """Skill, further tables, notes."""
    from kautilya.validation.backtests import finer

    skill = finer(found.skill)
    data = {"backtest": found.name, "until": found.until, "quick": quick, "skill": rows(skill),
            "tables": {name: rows(one) for name, one in found.tables.items()},
            "notes": found.notes, "file": None if found.out is None else str(found.out)}
    blocks: list[str | Table] = [skills(skill)] if len(skill) else []
    blocks += [table(name, one) for name, one in found.tables.items() if len(one)]
    blocks += found.notes
    blocks += [f"Forecasts: {found.out}"] if found.out else []
    return Shown(data, blocks)


def validation(checks: list[Any]) -> Shown:
    """Published numbers, expected beside obtained."""
    from kautilya.validation import sources

    off = [c for c in checks if c.ok is False]
    absent = [c for c in checks if c.ok is None]
    said = sources(checks)
    data = {"checks": [c._asdict() for c in checks], "numbers": len(checks), "off": len(off),
            "unchecked": len(absent), "sources": said}
    digits = {True: "yes", False: "OFF", None: "absent"}
    listed = Table("Published numbers", [
        Column("number"), Column("mechanism"), Column("source"), Column("kind"),
        Column("standing"), Column("expected", True), Column("obtained", True),
        Column("tolerance", True), Column("within")],
        [[c.name, c.mechanism, c.source, c.kind, c.standing, f"{c.expected:.8g}",
          "-" if c.obtained is None else f"{c.obtained:.8g}", f"{c.tolerance:.2g}", digits[c.ok]]
         for c in checks])
    blocks: list[str | Table] = [listed, f"{len(checks) - len(off) - len(absent)} of {len(checks)} "
                                 f"within tolerance, {len(off)} off, {len(absent)} unchecked; "
                                 f"{sum(said.values())} are no exact formulas and come from "
                                 f"{len(said)} outside sources."]
    blocks += [f"Absent: {file}" for file in dict.fromkeys(c.absent for c in absent)]
    return Shown(data, blocks)


def scoreboard() -> Shown:
    """The record: skill by backtest, labels by mechanism."""
    from kautilya.mechanisms import registry
    from kautilya.validation.labels import label, read
    from kautilya.validation.scoreboard import scoreboard as recorded

    skill, numbers = recorded(), read("validation")
    named = [*registry(), *dict.fromkeys(m for m in numbers["mechanism"] if "." in m)]
    labels = {name: label(name) for name in named}
    data = {"skill": rows(skill), "labels": {
        name: {"label": one.word, "because": one.because} for name, one in labels.items()}}
    blocks: list[str | Table] = []
    for name, part in skill.groupby("backtest", sort=False):
        blocks += [f"{name}, known to {part['until'].iloc[0]}", skills(part)]
    told = [[name, one.word, one.because] for name, one in labels.items()
            if one.word != "analytic" or not one.because.startswith("limits")]
    blocks.append(Table("Labels that rest on the record", [
        Column("mechanism"), Column("label"), Column("because")], told))
    rest = len(labels) - len(told)
    blocks.append(f"{rest} more are analytic: limits, identities and signs only.")
    return Shown(data, blocks)
