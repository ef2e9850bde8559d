"""The pictures of a report: which there are, with a caption that says what is seen, with numbers.

Each is chosen by what outcomes declare: the law and the ends of a flow, the stages of a stock, the
variable of a law; what a scenario calls its outcomes does not matter. A picture whose outcomes are
not there is left out; what no picture shows is drawn plainly (see plain.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kautilya.report import charts, frames, outlook, plain
from kautilya.report.answer import Short, classes, short_futures
from kautilya.report.holdings import (
    flow,
    going_on,
    line_equipment,
    usable_rounds,
    variable,
    years_of,
)
from kautilya.report.plain import Figure, ends
from kautilya.report.subject import Subject
from kautilya.wording import dated, interval, listed, mixed, percent


class Group(NamedTuple):
    """Pictures that answer one question; parts: of the system, which plain pictures belong here."""

    id: str
    title: str
    name: str
    parts: tuple[str, ...]


GROUPS = (
    Group("short", "Who runs short of what?", "Who runs short", ()),
    Group("supply", "Who supplies what, and for what?", "Who supplies", ("S02", "S08", "S17")),
    Group("war", "What does the fighting use up?", "The fighting", ("S03", "S05", "S07")),
    Group("industry", "What is made, and of what is the fleet?", "Industry", ("S09", "S14")),
    Group("end", "Does the war end?", "The end", ("S04", "S22")),
    Group(
        "ties",
        "Who is close to whom, and who believes what?",
        "Ties",
        ("S01", "S11", "S12", "S13", "S15", "S16"),
    ),
    Group(
        "sanctions", "Do sanctions hold, and what do they cost?", "Sanctions", ("S06", "S18", "S21")
    ),
    Group("states", "What happens inside the states?", "Inside the states", ("S10", "S19", "S20")),
    Group("other", "What else happens?", "Other outcomes", ()),
)
# what stands open in its group beside the pictures made by hand: variables and laws of flows
CENTRAL = ("at_war", "tie", "belief", "food_gap", "patron_leverage", "production", "welfare_change")


def first(subject: Subject) -> Figure | None:
    """The picture beside the answer: who is short of what, as a share of futures over time."""
    found = _leading_shorts(subject)
    rows = [row for one in found for row in _short_rows(subject, one)]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    said = []
    for panel in charts.ordered(frame, "panel"):
        last = frame[frame["panel"] == panel].groupby("line", sort=False).tail(1)
        each = [f"{row.line} {percent(row.share)}" for row in last.itertuples()]
        said.append(f"{panel}: {listed(each)}")
    return Figure(
        "first",
        "Share of futures in which a side is short",
        f"{dated(subject.months[-1])}, {'; '.join(said)}. Dashed: the as-of month.",
        charts.share_lines(frame, as_of=subject.as_of, columns=1),
        tuple(dict.fromkeys(one.outcome for one in found if one.outcome)),
    )


def _leading_shorts(subject: Subject) -> list[Short]:
    """Of rounds the scenario's first class, of equipment the one most likely to fall short."""
    every = short_futures(subject)
    known = sum(m <= subject.as_of for m in subject.months)

    def later(one: Short) -> float:
        return float(one.short[:, known:].any(axis=1).mean()) if one.short.size else 0.0

    out = []
    for kind in ("rounds", "equipment"):
        mine = [one for one in every if one.kind == kind]
        if mine:
            good = mine[0].good if kind == "rounds" else max(mine, key=later).good
            out += [one for one in mine if one.good == good]
    return out


def _short_rows(subject: Subject, one: Short) -> list[dict[str, Any]]:
    share = one.short.mean(axis=0)
    error = 2 * np.sqrt(share * (1 - share) / max(len(one.short), 1))
    return [
        {
            "panel": f"{subject.name(one.good)}, {one.what}",
            "line": subject.name(one.code),
            "month": month,
            "date": f"{month}-01",
            "share": float(frames.rounded(p)),
            "low": float(frames.rounded(max(p - e, 0.0))),
            "high": float(frames.rounded(min(p + e, 1.0))),
        }
        for month, p, e in zip(subject.months, share, error, strict=True)
    ]


def grouped(subject: Subject) -> list[tuple[Group, list[Figure], list[Figure]]]:
    """Every picture by question: those that stand open, and the others."""
    made: dict[str, tuple[list[Figure], list[Figure]]] = {g.id: ([], []) for g in GROUPS}
    shown: set[str] = set()
    for group, draw in DRAWN:
        one = draw(subject)
        if one is not None:
            made[group][0].append(one)
            shown |= set(one.shows)
    central = {
        one.id for one in subject.scenario.outcomes if one.name in CENTRAL or one.law in CENTRAL
    }
    for one in plain.figures(subject, shown):
        made[_group_of(one)][0 if central & set(one.shows) else 1].append(one)
    return [(g, *made[g.id]) for g in GROUPS if any(made[g.id])]


def _group_of(one: Figure) -> str:
    """The question that an outcome's first part belongs to."""
    for part in one.parts:
        for group in GROUPS:
            if part in group.parts:
                return group.id
    return "other"


def figures(subject: Subject) -> list[Figure]:
    """All pictures, in the order of the page."""
    lead = first(subject)
    return [
        *([lead] if lead else []),
        *(one for _, open_, folded in grouped(subject) for one in (*open_, *folded)),
    ]


def _at_end(subject: Subject, frame: pd.DataFrame, good: str, side: str) -> str:
    """Median and interval at the end of the run of the first class, for each side."""
    name = frame[good].iloc[0]
    return f"{name}: {ends(frame[frame[good] == name], 'month', side)}"


def _while_it_lasts(subject: Subject) -> str:
    """Over which futures bands of use are."""
    on = going_on(subject, "month")
    if on is None or on.all():
        return ""
    return (
        f" Bands are over the futures in which the war goes on: {percent(on[:, -1].mean())} of all "
        "in the last month."
    )


def stocks(subject: Subject) -> Figure | None:
    """Usable rounds."""
    held = usable_rounds(subject)
    if not held:
        return None
    frame = frames.compared(subject, frames.held(subject, held), "good", "side")
    return Figure(
        "rounds",
        "Rounds in stock",
        f"{dated(subject.months[-1])}, {_at_end(subject, frame, 'good', 'side')} (median and 90 %).",
        charts.fans(frame, title="usable rounds", as_of=subject.as_of),
        tuple(dict.fromkeys(one.outcome for one in held)),
    )


def equipment(subject: Subject) -> Figure | None:
    """Equipment over establishment, or over that of the first month."""
    ratio = variable(subject, "equipped")
    if ratio is not None:
        live = going_on(subject, "month")
        shows: tuple[str, ...] = (str(ratio.name),)
        frame = frames.marks(subject, ratio, live)
        good, side, of = "equipment", "belligerent", "establishment"
        frame = frames.in_order(frame, good, subject.members(good))
    else:
        held = line_equipment(subject)
        if not held:
            return None
        rests = [one._replace(values=one.values / one.values[:, :1]) for one in held]
        frame, shows = frames.held(subject, rests), tuple({one.outcome: 0 for one in held})
        good, side, of = "good", "side", "the first month's"
    frame = frames.compared(subject, frame, good, side)
    told = _while_it_lasts(subject) if ratio is not None else ""
    return Figure(
        "equipped",
        f"Equipment against {'establishment' if ratio is not None else 'the first month'}",
        f"Share of {of} in the last month, {_at_end(subject, frame, good, side)} (median and "
        f"90 %). Dotted: the whole, and half of it.{told}",
        charts.fans(frame, title=f"of {of}", as_of=subject.as_of, levels=(0.5, 1.0)),
        shows,
    )


def losses(subject: Subject) -> Figure | None:
    """Cumulative losses against counts and claims."""
    frame, found = frames.losses(subject), frames.lost(subject)
    if frame is None or found is None:
        return None
    frame = frames.in_order(frame, "equipment", subject.members("equipment"))
    frame = frames.compared(subject, frame, "equipment", "belligerent")
    time = "month" if "month" in frame else "year"
    said = f"By the end, {frame['equipment'].iloc[0]}: " + ends(
        frame[frame["equipment"] == frame["equipment"].iloc[0]], time, "belligerent"
    )
    title = "lost since the start"
    chart = (
        charts.fans(frame, title=title, as_of=subject.as_of)
        if time == "month"
        else charts.years(frame, title=title, columns=2)
    )
    return Figure(
        "losses",
        "Equipment lost since the start" + (", beside counts" if _any_seen(frame) else ""),
        f"{said}.{_beside_counts(frame)}",
        chart,
        found[1],
    )


def _any_seen(frame: pd.DataFrame) -> bool:
    return "observed" in frame and bool(frame["observed"].notna().any())


def _beside_counts(frame: pd.DataFrame) -> str:
    """How often the median lies above what is counted; empty where nothing is."""
    if not _any_seen(frame):
        return ""
    counted = frame[frame["source"] == frames.SEEN["floor"]]
    keys = ["month", "id_belligerent", "id_equipment"]
    both = frame[frame["q50"].notna()].merge(
        counted[[*keys, "observed"]], suffixes=("", "_at"), on=keys
    )
    if not len(both):
        return ""
    above = float(np.mean(both["q50"] >= both["observed_at"]))
    return (
        f" The median lies above what is counted from pictures in {percent(above)} of the months "
        "and classes on record; pictures include what is damaged and repaired, a claim is no count."
    )


def casualties(subject: Subject) -> Figure | None:
    """Killed and wounded against claims."""
    frame = frames.casualties(subject)
    if frame is None:
        return None
    return Figure(
        "casualties",
        "Soldiers killed and wounded since the start",
        f"By the end: {ends(frame, 'month', 'belligerent')}. Most of the wounded return; a claim "
        "is no count.",
        charts.fans(_by_side(frame), title="killed and wounded", as_of=subject.as_of),
        _ids(frames.soldiers(subject, to_stage="wounded")),
    )


def _by_side(frame: pd.DataFrame) -> pd.DataFrame:
    """A panel a side, on one scale."""
    return frames.level(frame.assign(panel=frame["belligerent"]))


def _ids(*arrays: Any) -> tuple[str, ...]:
    return tuple(str(one.name) for one in arrays if one is not None)


def deaths(subject: Subject) -> Figure | None:
    """Killed a month beside deaths known by name."""
    frame = frames.deaths(subject)
    if frame is None:
        return None
    known = (
        " Deaths known by name are a lower bound; they are recorded late."
        if _any_seen(frame)
        else ""
    )
    return Figure(
        "dead",
        "Soldiers killed a month",
        f"{dated(subject.months[-1])}: {ends(frame, 'month', 'belligerent')}.{known}"
        f"{_while_it_lasts(subject)}",
        charts.fans(_by_side(frame), title="killed a month", as_of=subject.as_of),
        _ids(frames.soldiers(subject, to="battlefield")),
    )


def fired(subject: Subject) -> Figure | None:
    """Use of munitions a month."""
    frame = frames.fired(subject)
    if frame is None or frame.empty:
        return None
    frame = frames.in_order(frame, "munition", subject.members("munition"))
    frame = frames.compared(subject, frame, "munition", "belligerent")
    last = _at_end(subject, frame, "munition", "belligerent")
    return Figure(
        "fired",
        "Rounds fired, missiles and drones launched a month",
        f"{dated(subject.months[-1])}, {last}. Kinds of rounds are never added up."
        f"{_while_it_lasts(subject)}",
        charts.fans(frame, title="used a month", as_of=subject.as_of),
        _ids(variable(subject, "fired")),
    )


def supplies(subject: Subject) -> Figure | None:
    """Who supplies what."""
    frame = frames.supplies(subject)
    if frame is None or not len(frame):
        return None
    frame = frames.in_order(frame, "offer", subject.members("offer"))
    lead = [subject.name(s) for s in frames.leading(subject)]
    frame = _coloured(frame, "supplier", [*lead[: frames.TOP], charts.OTHERS])
    return Figure(
        "shipped",
        "Who supplies what",
        f"By value, {listed(lead[:3])} hand over most. {_next_year(subject, frame)}Bars are means "
        f"over futures, the line is the 90 % range of the total. {_record_words(subject)}",
        charts.stacks(frame, "supplier", title="handed over a year"),
        _ids(variable(subject, "shipped", "year")),
    )


def _next_year(subject: Subject, frame: pd.DataFrame) -> str:
    """The first class in the year after the as-of year, told in parts."""
    year, shipped = str(int(subject.as_of[:4]) + 1), frames.deliveries(subject)
    if year not in years_of(subject):
        return ""
    good = _spoken(subject, frame)
    panel = frames.heading(subject, good)
    total = shipped.sel(year=year, offer=good).sum("supplier").transpose("future")
    on = going_on(subject, "year")
    live = None if on is None else on[:, years_of(subject).index(year)]
    return f"In {year}, {panel} from all: {mixed(*frames.parts(total.values, live))}. "


def _spoken(subject: Subject, frame: pd.DataFrame) -> str:
    """The class that a sentence is about: the scenario's first rounds, else the first drawn."""
    drawn = list(frame["id_offer"])
    return next((g for g in classes(subject)[0] if g in drawn), str(drawn[0]))


def received(subject: Subject) -> Figure | None:
    """Deliveries a month."""
    found = [one for one in flow(subject, "ship", to=_buyer(subject)) if "offer" in one.dims]
    found = [one for one in found if set(one.dims) == {"future", "month", "offer"}]
    if not found:
        return None
    frame = frames.in_order(frames.marks(subject, found[0]), "offer", subject.members("offer"))
    frame = frame[frame.groupby("offer")["q95"].transform("max") > 0]
    if not len(frame):
        return None
    frame = frame.assign(panel=[frames.heading(subject, str(g)) for g in frame["id_offer"]])
    return Figure(
        "received",
        "Handed over a month, all suppliers",
        f"{dated(subject.months[-1])}: {ends(frame.head(len(subject.months)), 'month', 'panel')}. "
        f"{_record_words(subject)}",
        charts.fans(frame, title="handed over a month", as_of=subject.as_of, columns=3),
        _ids(found[0]),
    )


def _buyer(subject: Subject) -> str:
    buyers = subject.members("buyer")
    return buyers[0] if len(buyers) == 1 else ""


def _coloured(frame: pd.DataFrame, column: str, order: list[str]) -> pd.DataFrame:
    """Rows sorted so that colours follow `order`, panels staying in theirs."""
    panel = frame["panel"].map(charts.ordered(frame, "panel").index)
    rank = frame[column].map(lambda s: order.index(s) if s in order else len(order))
    out = frame.assign(_p=panel, _c=rank).sort_values(["_p", "_c"], kind="stable")
    return out.drop(columns=["_p", "_c"])


def _record_words(subject: Subject) -> str:
    if subject.recorded:
        return f"Up to {subject.as_of} deliveries follow the record, afterwards the model."
    return "The model drives from the first month; nothing here follows the record."


def chances(subject: Subject) -> Figure | None:
    """Probability of supply beside the record."""
    year = subject.as_of[:4]
    frame = frames.chances(subject, [year]) if year in years_of(subject) else None
    if frame is None or not len(frame):
        return None
    frame = frames.in_order(frame, "offer", subject.members("offer"))
    best = frame[frame["id_offer"] == _spoken(subject, frame)].head(3)
    likely = listed([f"{r.supplier} {percent(r.middle)}" for r in best.itertuples()])
    low = frame[(frame["record"] == "on record") & (frame["middle"] < 0.5)]
    named = [f"{r.supplier} ({r.offer}, {percent(r.middle)})" for r in low.itertuples()]
    return Figure(
        "supply_chance",
        f"Who would supply in {year}, by the decision model alone",
        f"Likeliest for {best['offer'].iloc[0]}: {likely}. The line spans 90 % of the declared "
        "parameter range. "
        + (
            f"On record although the model gives less than even odds: {listed(named)}."
            if named
            else "All deliveries on record have more than even odds."
        ),
        charts.dots(frame.assign(panel=frame["offer"]), "supplier", title="probability"),
        _ids(variable(subject, "supply_chance", "year")),
    )


def payments(subject: Subject) -> Figure | None:
    """Terms of trade: what is paid, and in what."""
    found = frames.terms(subject)
    if found is None or not len(found[0]):
        return None
    both, _ = found
    total = both.groupby("payment")["mean"].sum().sort_values(ascending=False)
    if not total.sum():
        return None
    return Figure(
        "payments",
        "What is paid for it, by kind of payment",
        f"{percent(total.iloc[0] / total.sum())} of all payments to the largest suppliers are "
        f"{total.index[0]}; the short line is the value of the goods supplied. What is paid in "
        "kind stands at its central declared price.",
        charts.stacks(both, "payment", title="US$ m a year", extra="supplied"),
        _ids(variable(subject, "payments", "year"), variable(subject, "price", "year")),
    )


def balance(subject: Subject) -> Figure | None:
    """The balance that the payments leave."""
    found = frames.terms(subject)
    left = None if found is None else found[1]
    if left is None or not len(left):
        return None
    year = left[left["year"] == subject.as_of[:4]]
    parts = [f"{interval(r.q05, r.q50, r.q95)} for {r.supplier}" for r in year.head(2).itertuples()]
    return Figure(
        "balance",
        "What the payments leave unexplained",
        f"Worth of what was delivered and nothing was seen to be given for in {subject.as_of[:4]}, "
        f"US$ m: {listed(parts)}. Promises are counted as payment, up to a declared limit; what is "
        "left may be a gift, a debt, a payment that nobody saw, or a wrong price.",
        charts.years(left.assign(panel=left["supplier"]), title="US$ m a year", zero_line=True),
        _ids(variable(subject, "unpaid", "year")),
    )


def fleet(subject: Subject) -> Figure | None:
    """Composition of the fleet by origin."""
    found = frames.fleet(subject)
    if found is None:
        return None
    frame, shows = found
    last = frame[frame["year"] == frame["year"].max()]
    kind = last["panel"].iloc[0]
    mine = last[last["panel"] == kind].itertuples()
    said = listed([f"{percent(r.share)} {r.origin}" for r in mine])
    return Figure(
        "fleet",
        "Where the equipment with the forces comes from",
        f"Of the {kind} with the forces at the end of {frame['year'].max()}: {said} (means over "
        "futures).",
        charts.stacked_shares(frame, "origin", title="share at year's end"),
        shows,
    )


def need(subject: Subject) -> Figure | None:
    """What the buyer lacks."""
    array = frames.one_buyer(variable(subject, "need", "year"))
    if array is None:
        return None
    frame = frames.in_order(frames.marks(subject, array), "offer", subject.members("offer"))
    year = subject.as_of[:4]
    now = frame[frame["year"] == year].sort_values("q50", ascending=False)
    buyer = subject.name(_buyer(subject)) if _buyer(subject) else "the buyer"
    said = [f"{r.offer} ({percent(r.q50)})" for r in now.head(3).itertuples()]
    return Figure(
        "need",
        f"What {buyer} lacks",
        f"{buyer} lacks most in {year}: {listed(said)} of what is wanted (median of the mean over "
        "the year)."
        if said
        else "Share of what is wanted that is lacking.",
        charts.years(frame.assign(panel=frame["offer"]), title="share lacking", bounded=True),
        _ids(variable(subject, "need", "year")),
    )


def effectiveness(subject: Subject) -> Figure | None:
    """Index of combat effectiveness."""
    array = variable(subject, "effectiveness")
    if array is None:
        return None
    frame = frames.marks(subject, array, going_on(subject, "month"))
    return Figure(
        "effectiveness",
        "Combat effectiveness",
        f"{dated(subject.months[-1])}: {ends(frame, 'month', 'belligerent')}. The index compares "
        f"months of one side, not the sides.{_while_it_lasts(subject)}",
        charts.fans(frame.assign(panel=frame["belligerent"]), title="index", as_of=subject.as_of),
        _ids(array),
    )


DRAWN: Sequence[tuple[str, Callable[[Subject], Figure | None]]] = (
    ("short", stocks),
    ("short", equipment),
    ("short", outlook.runs_out),
    ("supply", supplies),
    ("supply", chances),
    ("supply", outlook.terms),
    ("supply", need),
    ("supply", received),
    ("supply", payments),
    ("supply", balance),
    ("war", fired),
    ("war", losses),
    ("war", casualties),
    ("war", deaths),
    ("war", effectiveness),
    ("industry", fleet),
    ("end", outlook.ended),
)
