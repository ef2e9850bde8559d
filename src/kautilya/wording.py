"""Words and numbers as a reader wants them: roundings, shares, intervals, lists, labels; the
glossary."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "GLOSSARY",
    "chance",
    "dated",
    "interval",
    "interval_of",
    "label",
    "listed",
    "many",
    "mixed",
    "name",
    "number",
    "percent",
    "sentence",
    "shares",
    "signed",
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


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign: +1,230, -0.5.

    >>> signed(12345), signed(-0.5), signed(0.0)
    ('+12,300', '-0.5', '+0')
    """
    return f"{'-' if value < 0 else '+'}{number(abs(value), digits)}"


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


def chance(share: float, error: float, futures: float = 0.0) -> str:
    """A probability with its Monte-Carlo standard error, both in percent.

    futures   of how many; where it is left out, what holds in all of them or in none has an error
              of half a future (runs.summary.share)

    Nothing is said of the error of a share that is 0 or 1: it would be none, or as large below 0.
    The count tells how much it is worth.

    >>> chance(0.25, 0.02), chance(0.0, 0.5 / 16), chance(1.0, 0.001, futures=2000)
    ('25 % ± 2', '0 % (0 of 16)', '100 % (2,000 of 2,000)')
    """
    if not math.isfinite(share):
        return "–"
    if share in (0.0, 1.0):
        count = futures or (0.5 / error if error else 0.0)
        count = round(count) if math.isfinite(count) else 0
        of = f" ({round(share * count):,} of {count:,})" if count else ""
        return f"{percent(share)}{of}"
    digits = 1 if 100 * error < 0.95 else 0
    shown = f"{100 * error:.{digits}f}" if 100 * error >= 0.05 else "under 0.1"
    return f"{percent(share)} ± {shown}"


def interval(low: float, median: float, high: float, digits: int = 3) -> str:
    """Median with the 5th and 95th percentile; in millions where one of them is. What is the same in
    nearly all futures stands alone."""
    if 1e6 <= max(abs(low), abs(median), abs(high)) < 1e9 and math.isfinite(low + median + high):
        low, median, high = (0.0 if abs(x) < DUST else x / 1e6 for x in (low, median, high))
        said = [f"{x:.{digits}g}" for x in (median, low, high)]
        return f"{_around(said)} million"
    return _around([number(x, digits) for x in (median, low, high)])


def _around(said: Sequence[str]) -> str:
    """A middle with its ends; alone where both ends are said as it is."""
    return said[0] if len(set(said)) == 1 else f"{said[0]} ({said[1]} to {said[2]})"


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
    ends = [f"{100 * one:.0f}" for one in (low, high)]
    if ends[0] == ends[1] == f"{100 * median:.0f}":
        return percent(median)
    return f"{percent(median)} ({ends[0]} to {ends[1]})"


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


COMMON = "A All An Both Each Every Fewer Less More No Nobody None Some Stricter The".split()


def supposed(says: str) -> str:
    """A lever as the beginning of a sentence; a first word that is no name becomes small. That it
    holds from the first month on is told, not when else it begins.

    >>> supposed("nobody vetoes, from 2024"), supposed("No state buys, from the first month")
    ('If nobody vetoes', 'If no state buys throughout')
    """
    said, _, rest = says.partition(",")
    said += " throughout" if rest.startswith(" from the first month") else ""
    small = said.partition(" ")[0] in COMMON
    return f"If {said[:1].lower()}{said[1:]}" if small else f"If {said}"


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def many(count: float, one: str, several: str = "") -> str:
    """A count with its noun, and verb: "1 row", "2,000 rows".

    several   where it is not `one` with an s: "rows stand" of "row stands"

    >>> many(1, "row"), many(2000, "row"), many(1, "row stands", "rows stand"), many(3, "country")
    ('1 row', '2,000 rows', '1 row stands', '3 countries')
    """
    if count == 1:
        return f"1 {one}"
    ending = f"{one[:-1]}ies" if one[-1:] == "y" and one[-2:-1] not in "aeo" else f"{one}s"
    return f"{count:,} {several or ending}"


def whose(name: str) -> str:
    """A name that something belongs to.

    >>> whose("Oryx"), whose("US officials")
    ("Oryx's", "US officials'")
    """
    return f"{name}'" if name[-1:] == "s" else f"{name}'s"


def dated(time: str) -> str:
    """A time as a sentence begins with it: a day is "on", a month or a year is "in".

    >>> dated("1945-03-26"), dated("2024-08"), dated("2026")
    ('On 1945-03-26', 'In 2024-08', 'In 2026')
    """
    return f"{'On' if len(time) == len('YYYY-MM-DD') else 'In'} {time}"


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


def name(doc: str) -> str:
    """The name in what is said of a thing: "name; explanation"."""
    return doc.partition(";")[0].strip()


# word of the trade -> what it means, in one or two plain sentences
GLOSSARY = {
    "assumption that decides": "The uncertain figure that moves an answer most: where it lies in its "
    "range changes the answer more than any other figure does.",
    "assumed": "A figure that nobody has published: somebody chose a range and said why.",
    "arithmetic": "Badge: follows from the published figures by adding and subtracting alone.",
    "as-of date": "The day up to which the scenario knows the world. Later facts are not used.",
    "audit": "Holding published figures against each other: what came in, went out and was lost must "
    "add up.",
    "badge": "What a statement rests on: record, arithmetic, emergent, imposed.",
    "baseline": "The scenario as it stands, with no lever pulled.",
    "bound": "The least or the most that the published figures allow together.",
    "box": "A corner of the uncertainties: ranges of a few figures within which something mostly "
    "happens.",
    "claim": "A sentence of a commentator, turned into a test on the futures or on the record.",
    "class": "A kind of goods that is supplied as one: shells, rockets, tanks, dual-use goods.",
    "confidence": "How good the evidence under a statement is: high, moderate or low. It is no "
    "probability.",
    "digest": "A fingerprint of a scenario's files: another one means that a file has changed.",
    "drive": "Whether the record or the model decides deliveries up to the as-of date "
    "(`--set drive=model` takes the record away).",
    "dual-use goods": "Civilian goods that arms are made of, such as microchips and machine tools.",
    "emergent": "Badge: comes out of the model; no law was told to make it so. It is as good as the "
    "assumptions behind it.",
    "establishment": "Full strength on paper.",
    "flip": "The smallest change of assumptions that turns a verdict.",
    "future": "One way that the war could go: every uncertain figure and all luck drawn once.",
    "grade": "NATO Admiralty grade of a figure: a letter for the source (A good, F cannot be judged) "
    "and a digit for the figure (1 confirmed, 6 cannot be judged).",
    "history": "A stored run beside what was observed.",
    "imposed": "Badge: a law takes the direction of the effect for granted, so it is no finding.",
    "law": "A rule by which something happens in each month, such as losses in battle.",
    "lever": "Something that somebody could decide, switched on to see what changes.",
    "luck": "What no figure fixes: the roll of the dice in each month.",
    "Monte Carlo error": "How far a share may be off because only so many futures were played (the "
    "figure after ±).",
    "not identified": "Verdict: the data in hand cannot tell, whichever way the answer comes out.",
    "outcome": "A result that a scenario declares and a run stores.",
    "range": "Of 100 futures 90 lie in it: the numbers in brackets.",
    "record": "Badge: it is on record, with a source; the model has no say. With a month behind it "
    "(record C3 to 2024-08), until then; what comes after it is emergent.",
    "regret": "What is lost by a choice against the best choice in the same future.",
    "rival answer": "Another explanation of the same facts, run beside the scenario's own.",
    "scenario": "A folder of tables: states, goods, figures with sources, and the laws that are on.",
    "skill": "How much better a forecast was than a simple rule; 0 is no better, 1 is perfect.",
    "stored": "Worked out before and kept with the scenario, not run now.",
    "top ten": "How the decision to supply has done on past years that it had not seen: of so many new "
    "suppliers of a state, how many stood among the ten that it gave the best odds.",
    "validated": "Label of a law: it met a published number, or data that it had not seen. "
    "*Reproduced*: it met the numbers that it was fitted on. *Analytic*: right limits and "
    "identities, no more.",
    "weighed": "The share of futures when doubtful evidence counts less: its range over several "
    "degrees of trust.",
}
