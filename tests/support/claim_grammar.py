"""Claims made at random: well-typed ones by construction, and ill-typed ones by one slip."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from hypothesis import strategies as st
from support.claim_case import words

YEARS = ("2022", "2023", "2024", "2025", "2026", "2027")
OPS = ("<", "<=", ">", ">=", "==", "!=")


class Quantity(NamedTuple):
    """A quantity without its time, and what may stand with it."""

    text: str
    nature: str
    axis: str
    unit: str


def unit_of(text: str, labels: tuple[str, ...]) -> str:
    """A unit for a literal: that of the good, if the cell has one."""
    good = next((label for label in labels if label in words().units), "")
    return text.replace("{good}", words().units.get(good, "{good}"))


@cache
def outcomes() -> tuple[Any, ...]:
    """Outcomes that a run keeps."""
    return tuple(one for one in words().outcomes.values() if one.kept)


@st.composite
def quantities(draw: Any) -> Quantity:
    """Any declared outcome, or one of the quantities with a name of their own."""
    kind = draw(st.sampled_from(("level", "level", "flow", "share", "rank", "tie", "stock")))
    state = draw(st.sampled_from(words().outcomes["shipped"].dims["supplier"]))
    good = draw(st.sampled_from(words().outcomes["shipped"].dims["offer"]))
    if kind == "flow":
        return Quantity(f"flow({state}, RUS, {good})", "amount", "year", words().units[good])
    if kind in ("share", "rank"):
        return Quantity(f"{kind}({state}, RUS, {good})", kind, "year", "")
    if kind == "tie":
        return Quantity(f"tie({state}, RUS)", "level", "year", "")
    if kind == "stock":
        one = draw(st.sampled_from(("tube_round", "rocket_round", "mortar_round")))
        return Quantity(f"stock(UKR, {one})", "level", "month", one)
    one = draw(st.sampled_from(outcomes()))
    labels = tuple(draw(st.sampled_from(members)) for members in one.dims.values())
    return Quantity(
        f"level({', '.join((one.id, *labels))})", one.nature, one.axis, unit_of(one.unit, labels)
    )


@st.composite
def times(draw: Any, one: Quantity) -> str:
    """A time that fits a quantity outside of a reducer."""
    year = draw(st.sampled_from(YEARS))
    if one.nature == "level":
        month = f"-{draw(st.integers(2, 12)):02d}" if one.axis == "month" else ""
        return f"at {year}{month}"
    later = draw(st.sampled_from([y for y in YEARS if y >= year]))
    return draw(st.sampled_from((f"during {year}", f"from {year} to {later}")))


@st.composite
def cases(draw: Any, single: bool) -> tuple[str, bool]:
    """A lever or none, and whether the result is a share of the baseline."""
    lever = draw(st.sampled_from(("", "", *words().levers)))
    if not lever or not single:
        return (f"under {lever}" if lever else ""), False
    how = draw(st.sampled_from(("", "compared with baseline", "relative to baseline")))
    return f"under {lever} {how}".strip(), how.startswith("relative")


@st.composite
def numbers(draw: Any) -> tuple[str, str]:
    """A number with its time, and its unit."""
    one = draw(quantities())
    if one.nature != "rank" and draw(st.booleans()):
        how = draw(st.sampled_from(("min", "max", "mean", "median")))
        year = draw(st.sampled_from(YEARS))
        unit = f"{one.unit or '1'}/{one.axis}" if one.nature == "amount" else one.unit
        case, _ = draw(cases(False))
        return f"{how}({one.text}) from {year} to 2027 {case}", unit.removeprefix("1/x")
    case, share = draw(cases(True))
    return f"{one.text} {draw(times(one))} {case}", "" if share else one.unit


def literal(value: float, unit: str) -> str:
    """A number in a unit; a unit below a line alone is written as a quotient."""
    if unit.startswith("1/"):
        return f"0 * {value:g}"
    return f"{value:g} {unit}".strip().removesuffix(" 1")


@st.composite
def comparisons(draw: Any) -> str:
    """A number beside a literal of its unit."""
    text, unit = draw(numbers())
    value = draw(st.sampled_from((0.0, 0.5, 1.0, 3.0, 1e6)))
    if unit.startswith("1/"):
        value = 0.0
        return f"{text} {draw(st.sampled_from(OPS))} 0"
    return f"{text} {draw(st.sampled_from(OPS))} {literal(value, unit)}"


@st.composite
def periodic(draw: Any) -> str:
    """ever, always or first time over a condition without a time."""
    one = draw(quantities().filter(lambda q: q.nature != "rank"))
    how = draw(st.sampled_from(("ever", "always", "first time")))
    end = f" < {draw(st.sampled_from(YEARS))}-06" if how == "first time" else ""
    return f"{how}({one.text} > 0) from 2023 to 2026{end}"


@st.composite
def others(draw: Any) -> str:
    """Sets, events, votes and published numbers."""
    year = draw(st.sampled_from(YEARS))
    state = draw(st.sampled_from(words().outcomes["shipped"].dims["supplier"]))
    good = draw(st.sampled_from(("arms", "munition", "component", "tank")))
    kind = draw(st.sampled_from(words().types))
    return draw(
        st.sampled_from(
            (
                f"suppliers(RUS, {good}) == [{state}] during {year}",
                f"{state} in suppliers(RUS, {good}, above=1 %) during {year}",
                f"count(suppliers(RUS, {good})) during {year} >= 2",
                f"event({kind}, PRK) during {year}",
                f"count(event({kind})) > 1 as of {year}-06-01",
                "vote(CHN, S2397) != no",
                "figure(A102) > 1 %",
                f"fact(sanctioned, {state}) > 0.5",
            )
        )
    )


def claims() -> st.SearchStrategy[str]:
    """Well-typed claims."""
    simple = st.one_of(comparisons(), periodic(), others())
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: f"({two[0]}) and ({two[1]})"),
            st.tuples(inner, inner).map(lambda two: f"({two[0]}) or not ({two[1]})"),
            inner.map(lambda one: f"not ({one})"),
        ),
        max_leaves=4,
    )


@st.composite
def slips(draw: Any) -> str:
    """Ill-typed claims: a well-typed one beside a condition with one slip."""
    one = draw(quantities().filter(lambda q: q.nature not in ("rank", "share")))
    time = draw(times(one))
    wrong = "person" if "person" not in one.unit else "tank"
    bad = draw(
        st.sampled_from(
            (
                f"{one.text} {time}",
                f"{one.text} > 0",
                f"{one.text} {time} > 3 {wrong}",
                f"{one.text} {time} > 3 xyz",
                f"{one.text} at 2019-12 > 0",
                f"{one.text} {time} > [PRK]",
                f"{one.text[:-1]}, PRK, PRK, PRK, PRK) {time} > 0",
                f"{one.text} {time} under nobody > 0",
                f"{one.text} {time} > 2024-06",
                f"ever({one.text}) {time}",
                f"count({one.text} {time}) > 1",
                f"{one.text} {time} > 0 > 0",
                f"{one.text} {time} = 0",
                f"un{one.text} {time} > 0",
                f"{one.text.replace('(', '((')} {time} > 0",
                f"({one.text} {time} > 0) + 1 > 0",
                f"{one.text} {time} compared with baseline > 0",
                f"PRK {time} > 0",
            )
        )
    )
    rest = draw(st.sampled_from(("", "event(F019) and ", "not event(F019) or ")))
    return rest + bad
