"""What must hold between the cells of one row. Each rule gives (column, found, remedy)."""

from __future__ import annotations

from typing import Any

from kautilya.scenario.mistakes import shown
from kautilya.scenario.schema import Figure, Quantity

Said = list[tuple[str, str, str]]
NEEDS = {"fixed": ("central",), "uniform": ("low", "high"), "loguniform": ("low", "high"),
         "triangular": ("low", "central", "high"), "pert": ("low", "central", "high"),
         "choice": ("low", "high")}


def order(row: Any) -> Said:
    """low <= central <= high, as far as they are given."""
    out: Said = []
    for a, b in (("low", "central"), ("central", "high"), ("low", "high")):
        x, y = getattr(row, a, None), getattr(row, b, None)
        skip = (a, b) == ("low", "high") and getattr(row, "central", None) is not None
        skip |= getattr(row, "distribution", "") == "choice" and "central" in (a, b)
        if x is not None and y is not None and x > y and not skip:
            out.append((a, f"{a} {x:g} is above {b} {y:g}", f"Order them low <= central <= high; "
                        f"{a} may be at most {b}"))
    return out


def evidence(row: Any) -> Said:
    """'assumed' as a source goes with status assumed or imposed, and with a reason."""
    if row.source != "assumed":
        return []
    out: Said = []
    if row.status not in ("assumed", "imposed"):
        out.append(("status", f"source 'assumed' with status {shown(row.status)}",
                    "Give status assumed or imposed, or name a source of sources.csv"))
    if hasattr(row, "note") and not row.note:
        out.append(("note", "an assumed figure without a note", "Say in note why this range"))
    return out


def quantity(row: Quantity) -> Said:
    """The figures that the distribution needs, and no negative opening stock."""
    out: Said = [(name, f"'{name}' is empty", f"A {row.distribution} quantity needs "
                  f"{' and '.join(NEEDS[row.distribution])}")
                 for name in NEEDS[row.distribution] if getattr(row, name) is None]
    low = row.central if row.distribution == "fixed" else row.low
    if row.distribution == "loguniform" and low is not None and low <= 0:
        out.append(("low", f"low {low:g} in a loguniform quantity", "Give a low above 0"))
    if row.parameter == "opening.stock":
        for name in ("low", "central", "high"):
            value = getattr(row, name)
            if value is not None and value < 0:
                out.append((name, f"a negative stock, {value:g}", "Give 0 or more"))
                break
        for name in ("partner", "label"):
            if getattr(row, name):
                out.append((name, f"'{name}' is given for an opening stock",
                            "An account is named by actor, good and stage; leave it empty"))
    elif row.stage:
        out.append(("stage", f"'stage' is given for {row.parameter}",
                    "Only opening.stock has stages; leave it empty"))
    return out


def figure(row: Figure) -> Said:
    """At least one value, months in order, nothing negative that is counted."""
    out: Said = []
    if row.low is None and row.central is None and row.high is None:
        out.append(("central", "no value is given", "Give low, central or high"))
    if row.from_ > row.to:
        out.append(("from", f"from {row.from_} is after to {row.to}", "Let from be the earlier"))
    if row.measure == "stock" and row.from_ != row.to:
        out.append(("to", "a stock over several months", "Let from and to be the same month"))
    for name in ("low", "central", "high"):
        value = getattr(row, name)
        if value is not None and value < 0:
            out.append((name, f"a negative {row.measure}, {value:g}", "Give 0 or more"))
            break
    return out


def row_rules(name: str, row: Any) -> Said:
    """All rules of one row of the table `name`."""
    out: Said = []
    if name in ("quantities.csv", "figures.csv", "covariates.csv"):
        out += order(row)
    if hasattr(row, "source") and hasattr(row, "status"):
        out += evidence(row)
    if name == "quantities.csv":
        out += quantity(row)
    if name == "figures.csv":
        out += figure(row)
    if name == "trade.csv" and row.value < 0:
        out.append(("value", f"negative trade, {row.value:g}", "Give 0 or more"))
    if name == "sources.csv" and row.key == "assumed":
        out.append(("key", "a source may not be called 'assumed'",
                    "Leave it out; 'assumed' is known"))
    return out
