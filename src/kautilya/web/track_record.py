"""Record: how right the engine has been, as the package's own record has it; nothing is scored here
but a reader's guess on something that was registered and has come to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from kautilya.errors import KautilyaError
from kautilya.web.guesses import interval_score
from kautilya.web.site import Cells
from kautilya.wording import many

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.9  # of the registered ranges that are shown
TESTED = ("in50", "in80", "in90")


def record() -> Cells:
    """Tables of the record, each with a sentence, and questions that a reader may guess on."""
    from kautilya.validation.labels import FOLDER, read

    tables = [_resolved(), _validated(read("validation")), *_skill(read("skill"))]
    if (FOLDER / "hindcast.csv").is_file():
        tables.insert(0, _hindcast(read("hindcast")))
    return {"tables": tables, "questions": _questions()}


@cache
def _cases() -> pd.DataFrame:
    """Registered quantities that have come to pass, by forecaster."""
    from kautilya.validation.labels import read

    found = read("predictions")
    return found[(found["kind"] == "quantity") & (found["table"] != "On the common cases")]


def _resolved() -> Cells:
    from kautilya.estimation.watched import says

    cases = _cases()
    held = [f"{one[2:]} % ranges held {cases[one].mean():.0%}" for one in TESTED]
    rows = [
        [
            says(row.series),
            f"{many(row.months, 'month')} from {row.first}",
            row.forecaster,
            _near(row.low),
            _near(row.said),
            _near(row.high),
            _near(row.came),
            "yes" if row.in90 else "no",
        ]
        for row in cases.itertuples()
    ]
    head = ["series", "window", "forecaster", "low", "middle", "high", "came", "in the 90 % range"]
    said = (
        f"{len(cases)} registered quantities have come to pass: of their {', '.join(held)}. They "
        "were committed before anybody here looked at the months."
    )
    return _table("resolved", "Predictions, and what came of them", said, head, rows)


def _hindcast(found: pd.DataFrame) -> Cells:
    part = found[found["table"] == "coverage"]
    part = part if len(part) else found
    names = [one for one in ("series", "group", "months", "horizon", "in80", "in50", "cases", "origins")
             if one in part and part[one].notna().any()]  # fmt: skip
    rows = [list(map(_plain, row)) for row in part[names].head(80).itertuples(index=False)]
    words = {"in80": "in 80 %", "in50": "in 50 %", "horizon": "months"}
    said = f"What the engine said on earlier days, of the months that followed: {many(len(part), 'row')}."
    return _table("hindcast", "Hindcasts", said, [words.get(one, one) for one in names], rows)


def _validated(found: pd.DataFrame) -> Cells:
    off = int((~found["ok"].astype(bool)).sum())
    groups = found.groupby("mechanism", sort=False)
    rows = [
        [
            str(name),
            len(part),
            int(part["ok"].astype(bool).sum()),
            ", ".join(dict.fromkeys(part["source"])),
        ]
        for name, part in groups
    ]
    said = (
        f"{many(len(found), 'number')} of others are worked out with the laws' own code: "
        f"{len(found) - off} within tolerance, {off} off. A check of the code, no forecast."
    )
    return _table(
        "validation",
        "Published numbers",
        said,
        ["law or method", "numbers", "within tolerance", "sources"],
        rows,
    )


def _skill(found: pd.DataFrame) -> Iterable[Cells]:
    counts = ", ".join(f"{n} {word}" for word, n in found["verdict"].value_counts().items())
    rows = [
        [row.backtest, row.what, _plain(row.skill), _plain(row.low), _plain(row.high), row.verdict]
        for row in found.itertuples()
    ]
    said = f"{len(rows)} comparisons with simple baselines, with what was known then: {counts}."
    yield _table(
        "skill",
        "Skill beside simple baselines",
        said,
        ["backtest", "what", "skill", "low", "high", "verdict"],
        rows,
    )


def _table(
    name: str, title: str, says: str, head: list[str], rows: Sequence[list[object]]
) -> Cells:
    return {"id": name, "title": title, "says": says, "columns": head, "rows": list(rows)}


def _near(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 1000 else float(round(value))


def _plain(value: object) -> object:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return None if number != number else float(f"{number:.3g}")


def _questions() -> list[Cells]:
    """Questions that a guess may be about; what came is not told."""
    from kautilya.estimation.watched import says

    cases = _cases().drop_duplicates("id")
    return [
        {"id": row.id, "says": f"{says(row.series)}, {many(row.months, 'month')} from {row.first}"}
        for row in cases.itertuples()
    ]


def scored(question: str, given: tuple[float, float]) -> Cells:
    """A 90 % range of a reader's beside the registered ones and what came, by the interval score.

    Raises KautilyaError for a question that is not on record.
    """
    cases = _cases()
    found = cases[cases["id"] == question]
    if not len(found):
        raise KautilyaError("question", "it is not on record", "Give one that the record lists")
    came = float(found["came"].iloc[0])
    rows: list[tuple[str, float, float, float]] = [
        ("you", *given, interval_score(*given, came, LEVEL))
    ]
    rows += [
        (row.forecaster, row.low, row.high, interval_score(row.low, row.high, came, LEVEL))
        for row in found.itertuples()
    ]
    order = sorted(rows, key=lambda row: row[3])
    inside = "lies" if given[0] <= came <= given[1] else "does not lie"
    says = (
        f"{came:,.4g} came, which {inside} in your range. Interval score of a 90 % range, the "
        f"smaller the better: {', '.join(f'{row[0]} {row[3]:,.3g}' for row in order)}."
    )
    return {"says": says, "came": came, "rows": rows}
