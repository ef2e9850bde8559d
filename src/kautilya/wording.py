"""Words and numbers as a reader wants them: roundings, shares, intervals, lists, labels."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "chance",
    "interval",
    "interval_of",
    "label",
    "listed",
    "mixed",
    "number",
    "percent",
    "sentence",
    "shares",
    "span",
    "unit",
]
ALIASES = {
    "shells": "tube_round",
    "rockets": "rocket_round",
    "dual-use": "component",
    "dual_use": "component",
    "tanks": "tank",
    "guns": "gun",
    "missiles": "missile",
    "drones": "drone",
    "troops": "person",
}  # what people call goods, where a scenario has them

OPEN = 1e300  # beyond it a bound is none
DUST = 1e-9  # what a linear programme leaves of a zero
UNITS = {"USD_m": "US$ m", "USD_bn": "US$ bn", "kt": "kt", "Mt": "Mt", "fraction": "share"}


def number(value: float, digits: int = 3) -> str:
    """A number with three digits that count: 0.0123, 1,230, 1.23 million; dust counts as 0."""
    x = float(value)
    if not math.isfinite(x):
        return "–"
    if abs(x) < DUST:
        return "0"
    x = float(f"{x:.{digits}g}")
    if abs(x) >= 1e6:
        return f"{x / 1e6:,.{digits}g} million" if abs(x) < 1e9 else _large(x, digits)
    if abs(x) >= 1000:
        return f"{x:,.0f}" if x == int(x) else f"{x:,.1f}"
    return f"{x:.10g}" if abs(x) >= 1e-3 else f"{x:.{max(digits - 2, 1)}e}"


def _large(x: float, digits: int) -> str:
    """Milliards and more; beyond any count of things, with a power of ten."""
    return f"{x / 1e9:,.{digits}g} billion" if abs(x) < 1e12 else f"{x:.{digits - 1}e}"


def percent(share: float) -> str:
    """A share as a whole percent; under 1 and over 99 percent it is not rounded to 0 or 100."""
    x = 100 * float(share)
    if not math.isfinite(x):
        return "–"
    if 0 < x < 1:
        return "under 1 %"
    if 99 < x < 100:
        return "over 99 %"
    return f"{x:.0f} %"


def chance(share: float, error: float) -> str:
    """A probability with its Monte-Carlo standard error, both in percent."""
    if not math.isfinite(share):
        return "–"
    digits = 1 if 100 * error < 0.95 else 0
    shown = f"{100 * error:.{digits}f}" if 100 * error >= 0.05 else "under 0.1"
    return f"{percent(share)} ± {shown}"


def interval(low: float, median: float, high: float) -> str:
    """Median with the 5th and 95th percentile; in millions where one of them is."""
    if 1e6 <= max(abs(low), abs(median), abs(high)) < 1e9 and math.isfinite(low + median + high):
        low, median, high = (0.0 if abs(x) < DUST else x / 1e6 for x in (low, median, high))
        return f"{median:.3g} ({low:.3g} to {high:.3g}) million"
    return f"{number(median)} ({number(low)} to {number(high)})"


def span(low: float, high: float) -> str:
    """An interval of bounds; an open end is a dash, dust beside the other end counts as 0."""
    ends = [x if math.isfinite(x) and abs(x) < OPEN else math.nan for x in map(float, (low, high))]
    large = max((abs(x) for x in ends if math.isfinite(x)), default=0.0)
    ends = [0.0 if abs(x) <= max(1e-6 * min(large, 1.0), 1e-12 * large) else x for x in ends]
    said = [number(x) for x in ends]
    return said[0] if said[0] == said[1] else f"{said[0]} to {said[1]}"


def interval_of(one: Mapping[str, float]) -> str:
    """The same of a mapping with low, median and high."""
    return interval(one["low"], one["median"], one["high"])


def shares(low: float, median: float, high: float) -> str:
    """The same for shares, in whole percent: 83 % (74 to 89)."""
    if not math.isfinite(low + median + high):
        return "–"
    return f"{percent(median)} ({100 * low:.0f} to {100 * high:.0f})"


def mixed(
    over: float,
    none: float,
    low: float,
    median: float,
    high: float,
    form: Callable[[float, float, float], str] = interval,
) -> str:
    """A quantity in parts: the war over, of the rest none, of the rest so much (report.frames)."""
    ended = f"the war is over in {percent(over)}" if over >= 0.005 else ""
    rest = " of the rest" if ended else ""
    if over >= 0.995:
        return "the war is over"
    if none >= 0.995 or not math.isfinite(median):
        return f"{ended}; none in the rest" if ended else "none"
    much = form(low, median, high)
    if none < 0.005:
        return f"{ended}; in the rest {much}" if ended else much
    lead = f"{ended}; none in {percent(none)}{rest}" if ended else f"none in {percent(none)}"
    return f"{lead}; else {much}"


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def label(good: str, description: str) -> str:
    """A short name of a good: its description up to the first stop, or its id."""
    text = re.sub(r"\s*\([^)]*\)", "", description.split(":")[0]).split(",")[0].strip()
    if len(text) > 28:
        text = text.split(" and ")[0].split(" in ")[0]
    return text if 0 < len(text) <= 60 else good.replace("_", " ")


def unit(name: str) -> str:
    """A unit in words; empty for goods that are counted in pieces of their own kind."""
    return UNITS.get(name, "")


def sentence(text: str) -> str:
    """First letter large, one full stop at the end."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
