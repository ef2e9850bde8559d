"""What stands in on earlier days for figures of the flagship that were published later.

    python tools/build_earlier.py      writes earlier/quantities.csv, covariates.csv and trade.csv

As of an earlier day the rows that were not known are set aside. Where nothing else fills their
elements, these rows do: wide ranges (a third to three times the later one, with one digit) and round
numbers (one digit), all assumed and graded F6. They were written with the later figures in sight,
so they are no forecast; what they keep out of a run is everything finer than that.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from flagship_io import SCENARIO, write

from kautilya.scenario import load
from kautilya.scenario.scenario import Scenario, elements, publications, published
from kautilya.scenario.schema import Covariate, Quantity, Trade

BEGIN = date(2022, 2, 24)
SAID = ["assumed", "2022-02-24", "F6", "assumed"]
WIDE = 3.0
WILD = ("supply_record.delivered", "supply_record.factor")  # a row for all fills them with nothing
ROUND = "a round number in place of what was published later; written with that in sight"
RANGE = "in place of a figure published later: a third of it to three times it; written with it in sight"
NEVER = "a measure that was not announced yet: a month after the horizon"
NEVER_YET = tuple(f"trade_state.{one}" for one in ("start", "sunset", "joined", "left"))
QUANTITIES = (
    "id parameter actor partner good stage label month low central high unit distribution source "
    "date grade status note"
).split()
COVARIATES = "name actor partner value low high unit source date grade status note".split()
TRADE = "exporter importer value unit year source date grade status note".split()


def digit(x: float) -> float:
    """A number with one digit that counts."""
    return float(f"{x:.0e}")


def rounded(row: Covariate) -> float:
    """A round number for a fact; shares of one flow that add up are rounded down."""
    near = digit(row.value)
    if row.name.startswith("removed_") and near > row.value:
        near -= 10.0 ** np.floor(np.log10(near))
    return near


def plain(x: float) -> str:
    """A number without an exponent."""
    return f"{x:.10f}".rstrip("0").rstrip(".")


def spread(row: Quantity) -> tuple[float, float]:
    """From a third of the range to three times it; shares stay shares."""
    given = [x for x in (row.low, row.central, row.high) if x is not None]
    low, high = min(given), max(given)
    if low < 0:
        far = digit(2.0 * max(-low, abs(high)))
        return -far, far
    top = high * WIDE
    if row.unit == "1" and high <= 1:
        top = min(top, 1.0)
    return digit(low / WIDE), digit(top)


def quantity(row: Quantity) -> list[str]:
    """One range."""
    low, high = spread(row)
    kind, note = ("loguniform" if low > 0 else "uniform"), RANGE
    if row.parameter in NEVER_YET:
        low = high = 120.0
        note = NEVER
    if row.distribution == "choice":
        low, high, kind = row.low or 0.0, row.high or 0.0, "choice"
    if low == high:
        numbers, kind = ["", plain(low), ""], "fixed"
    else:
        numbers = [plain(low), "", plain(high)]
    labels = [row.actor, row.partner, row.good, row.stage, row.label, row.month]
    return [row.id, row.parameter, *labels, *numbers, row.unit, kind, *SAID, note]


def later(scn: Scenario, kind: type) -> dict[tuple[str, ...], list]:
    """Rows by what they fill, where none of them was known when the war began."""
    printed = publications(scn.printed)
    groups: dict[tuple[str, ...], list] = {}
    known = set()
    for row in scn.rows(kind):
        text = published(row, printed)[1]
        groups.setdefault(elements(row), []).append(row)
        if not text or text <= BEGIN.isoformat():
            known.add(elements(row))
    return {key: rows for key, rows in groups.items() if key not in known and key[0] not in WILD}


def main() -> None:
    """Write the three tables."""
    scn = load(SCENARIO)
    (SCENARIO / "earlier").mkdir(exist_ok=True)
    head = "Stands in on days on which nothing of the table of this name was known (tools/build_earlier.py)."
    firsts = [min(rows, key=lambda row: row.month) for rows in later(scn, Quantity).values()]
    write("earlier/quantities.csv", head, QUANTITIES, [quantity(row) for row in firsts])
    facts = [rows[0] for rows in later(scn, Covariate).values()]
    write(
        "earlier/covariates.csv",
        head,
        COVARIATES,
        [
            [r.name, r.actor, r.partner, plain(rounded(r)), "", "", r.unit, *SAID, ROUND]
            for r in facts
        ],
    )
    flows = [rows[0] for rows in later(scn, Trade).values()]
    write(
        "earlier/trade.csv",
        head,
        TRADE,
        [
            [r.exporter, r.importer, plain(digit(r.value)), r.unit, r.year, *SAID, ROUND]
            for r in flows
        ],
    )


if __name__ == "__main__":
    main()
