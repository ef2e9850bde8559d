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
    from kautilya.study.backtests import finer

    skill = finer(found.skill)
    data = {"backtest": found.name, "until": found.until, "quick": quick, "skill": rows(skill),
            "tables": {name: rows(one) for name, one in found.tables.items()},
            "notes": found.notes, "file": None if found.out is None else str(found.out)}
    blocks: list[str | Table] = [skills(skill)] if len(skill) else []
    blocks += [table(name, one) for name, one in found.tables.items() if len(one)]
    blocks += found.notes
    blocks += [f"Forecasts: {found.out}"] if found.out else []
    return Shown(data, blocks)
