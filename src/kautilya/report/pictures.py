"""The pictures of a report: which there are, with a caption that says what is seen.

A picture whose outcomes the scenario does not declare is left out. Outcomes that no other picture shows are
drawn plainly at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.report import charts, frames
from kautilya.report.subject import Subject
from kautilya.wording import interval, listed, percent, unit


class Figure(NamedTuple):
    """A picture: chart is an Altair chart, shows are the outcomes that it draws."""

    id: str
    title: str
    caption: str
    chart: Any
    shows: tuple[str, ...]


def figures(subject: Subject) -> list[Figure]:
    """All pictures that the run's outcomes allow, the answer's first."""
    made = [
        draw(subject)
        for draw in (
            stocks,
            equipment,
            supplies,
            received,
            chances,
            losses,
            casualties,
            deaths,
            fired,
            need,
            payments,
            balance,
            fleet,
            effectiveness,
        )
    ]
    return [one for one in made if one is not None]


def _last(frame: Any, time: str, side: str) -> str:
    """Median and interval at the end of the run, for each side, of a frame with one good."""
    end = frame[frame[time] == frame[time].max()]
    end = end[end["q50"].notna()]
    return listed(
        [f"{interval(r.q05, r.q50, r.q95)} for {getattr(r, side)}" for r in end.itertuples()]
    )


def stocks(subject: Subject) -> Figure | None:
    """Usable rounds."""
    if not subject.has("rounds", "month", "belligerent", "round"):
        return None
    frame = frames.marks(subject, subject.data["rounds"])
    frame = in_order(frame, "round", subject.members("round"))
    first = frame["round"].iloc[0]
    caption = (
        f"At the end, {first} in stock: "
        f"{_last(frame[frame['round'] == first], 'month', 'belligerent')}."
    )
    return Figure(
        "rounds",
        "Rounds in stock",
        caption,
        charts.fans(frame, "round", "belligerent", title="usable rounds", as_of=subject.as_of),
        ("rounds",),
    )


def in_order(frame: Any, dim: str, members: Sequence[str]) -> Any:
    """Rows in the order of the scenario's set, and within a label in time."""
    place = {m: i for i, m in enumerate(members)}
    rank = frame[f"id_{dim}"].map(lambda m: place.get(m, len(place)))
    return frame.assign(_rank=rank).sort_values("_rank", kind="stable").drop(columns="_rank")


def equipment(subject: Subject) -> Figure | None:
    """Equipment over establishment."""
    if not subject.has("equipped", "month", "belligerent", "equipment"):
        return None
    frame = in_order(
        frames.marks(subject, subject.data["equipped"]), "equipment", subject.members("equipment")
    )
    first = frame["equipment"].iloc[0]
    last = _last(frame[frame["equipment"] == first], "month", "belligerent")
    caption = (
        f"At the end the forces hold, of their full strength in {first}: {last}. "
        "Dotted: full strength, and half of it."
    )
    return Figure(
        "equipped",
        "Equipment against establishment",
        caption,
        charts.fans(
            frame,
            "equipment",
            "belligerent",
            title="share of establishment",
            as_of=subject.as_of,
            levels=(0.5, 1.0),
        ),
        ("equipped",),
    )


def losses(subject: Subject) -> Figure | None:
    """Cumulative losses against counts and claims."""
    frame = frames.losses(subject)
    if frame is None:
        return None
    frame = in_order(frame, "equipment", subject.members("equipment"))
    counted = frame[frame["source"] == "counted from pictures"]
    model = frame[frame["q50"].notna()].merge(
        counted[["month", "id_belligerent", "id_equipment", "seen"]],
        suffixes=("", "_at"),
        on=["month", "id_belligerent", "id_equipment"],
    )
    above = float(np.mean(model["q50"] >= model["seen_at"])) if len(model) else float("nan")
    caption = (
        f"The median lies above what is counted from pictures in {percent(above)} of the "
        "months and classes on record; a count from pictures includes damaged and "
        "repairable items, a claim is no count."
        if len(model)
        else "Losses for good and captures, added up from the first month."
    )
    return Figure(
        "losses",
        "Cumulative losses, beside counts and claims",
        caption,
        charts.fans(
            frame, "equipment", "belligerent", title="lost since the start", as_of=subject.as_of
        ),
        ("destroyed", "captured"),
    )


def casualties(subject: Subject) -> Figure | None:
    """Killed and wounded against claims."""
    frame = frames.casualties(subject)
    if frame is None:
        return None
    caption = (
        f"At the end: {_last(frame, 'month', 'belligerent')}. Most of the wounded "
        "return; a claim is no count."
    )
    return Figure(
        "casualties",
        "Soldiers killed and wounded",
        caption,
        charts.one_fan(
            frame, "belligerent", title="killed and wounded since the start", as_of=subject.as_of
        ),
        ("wounded",),
    )


def deaths(subject: Subject) -> Figure | None:
    """Killed a month beside deaths known by name."""
    frame = frames.deaths(subject)
    if frame is None:
        return None
    caption = "Deaths known by name are a lower bound; they are recorded late."
    return Figure(
        "dead",
        "Soldiers killed a month",
        caption,
        charts.one_fan(frame, "belligerent", title="killed a month", as_of=subject.as_of),
        ("dead",),
    )


def fired(subject: Subject) -> Figure | None:
    """Use of munitions a month."""
    frame = frames.fired(subject)
    if frame is None:
        return None
    frame = in_order(frame, "munition", subject.members("munition"))
    first = frame["munition"].iloc[0]
    last = _last(frame[frame["munition"] == first], "month", "belligerent")
    caption = f"In the last month {first} fired: {last}. Kinds of rounds are never added up."
    return Figure(
        "fired",
        "Rounds fired, missiles and drones launched",
        caption,
        charts.fans(frame, "munition", "belligerent", title="used a month", as_of=subject.as_of),
        ("fired",),
    )


def supplies(subject: Subject) -> Figure | None:
    """Who supplies what."""
    frame = frames.supplies(subject)
    if frame is None or not len(frame):
        return None
    frame = frame.assign(_rank=frame["offer"].map(list(subject.members("offer")).index))
    frame = frame.sort_values("_rank", kind="stable").drop(columns="_rank")
    first = [subject.name(s) for s in frames.leading(subject)]
    frame = _coloured(frame, "supplier", [*first[: frames.TOP], charts.OTHERS])
    caption = (
        f"By value, {listed(first[:3])} hand over most; bars are means over futures, the "
        f"line is the 90 % interval of the total. {_record_words(subject)} "
        "Classes that fewer than one future in twenty sees delivered are left out."
    )
    return Figure(
        "shipped",
        "Who supplies what",
        caption,
        charts.stacks(frame, "class", "supplier", title="handed over a year"),
        ("shipped",),
    )


def received(subject: Subject) -> Figure | None:
    """Deliveries a month."""
    if not subject.has("received", "month", "offer"):
        return None
    frame = in_order(
        frames.marks(subject, subject.data["received"]), "offer", subject.members("offer")
    )
    frame = frame[frame.groupby("offer")["q95"].transform("max") > 0]
    if not len(frame):
        return None
    frame["offer"] = [frames.heading(subject, str(g)) for g in frame["id_offer"]]
    return Figure(
        "received",
        "Handed over a month, all suppliers",
        _record_words(subject),
        charts.wrapped_fans(frame, "offer", title="handed over a month", as_of=subject.as_of),
        ("received",),
    )


def _coloured(frame: Any, column: str, order: list[str]) -> Any:
    """Rows sorted so that colours follow `order`, panels staying in theirs."""
    panel = frame["class"].map(charts.ordered(frame, "class").index)
    rank = frame[column].map(lambda s: order.index(s) if s in order else len(order))
    return (
        frame.assign(_p=panel, _c=rank)
        .sort_values(["_p", "_c"], kind="stable")
        .drop(columns=["_p", "_c"])
    )


def _record_words(subject: Subject) -> str:
    if subject.recorded:
        return f"Up to {subject.as_of} deliveries follow the record, afterwards the model."
    return "The model drives from the first month; nothing here follows the record."


def chances(subject: Subject) -> Figure | None:
    """Probability of supply beside the record."""
    year = subject.as_of[:4]
    frame = frames.chances(subject, [year]) if year in _years(subject) else None
    if frame is None or not len(frame):
        return None
    frame = in_order(frame, "offer", subject.members("offer"))
    low = frame[(frame["record"] == "on record") & (frame["mean"] < 0.5)]
    named = [f"{r.supplier} ({r.offer}, {percent(r.mean)})" for r in low.itertuples()]
    caption = (
        f"Mean over {year} of the probability that a state supplies a class, in the "
        "decision model; the line spans 90 % of the declared parameter range. "
        + (
            f"On record although the model gives less than even odds: {listed(named)}."
            if named
            else "All deliveries on record have more than even odds."
        )
    )
    return Figure(
        "supply_chance",
        f"Who would supply, {year}: model beside record",
        caption,
        charts.dots(frame, "offer", "supplier", title="probability", columns=2),
        ("supply_chance",),
    )


def _years(subject: Subject) -> list[str]:
    return [str(y) for y in subject.data["year"].values] if "year" in subject.data.coords else []


def payments(subject: Subject) -> Figure | None:
    """Terms of trade: what is paid, and in what."""
    found = frames.terms(subject)
    if found is None:
        return None
    both, _ = found
    total = both.groupby("payment")["mean"].sum().sort_values(ascending=False)
    kind = str(total.index[0]).replace("_", " ")
    caption = (
        f"{percent(total.iloc[0] / total.sum())} of all payments to the largest suppliers "
        f"are {kind}; the short line is the value of the goods supplied. What is paid in "
        "kind stands at its central declared price."
    )
    return Figure(
        "payments",
        "Terms of trade: payments by kind",
        caption,
        charts.stacks(
            both, "supplier", "payment", title="US$ m a year", total=False, extra="supplied"
        ),
        ("payments", "price"),
    )


def balance(subject: Subject) -> Figure | None:
    """The balance that the payments leave."""
    found = frames.terms(subject)
    if found is None:
        return None
    _, left = found
    year = left[left["year"] == subject.as_of[:4]]
    parts = [f"{interval(r.q05, r.q50, r.q95)} for {r.supplier}" for r in year.head(2).itertuples()]
    caption = (
        f"Value supplied less value paid in {subject.as_of[:4]}, US$ m: {listed(parts)}. "
        "It holds gains from payment in kind, discounts, caps and the rounding by yearly "
        "mean prices; it is reported, not explained."
    )
    return Figure(
        "balance",
        "Terms of trade: the unexplained balance",
        caption,
        charts.years(left, "supplier", title="US$ m a year", zero_line=True),
        ("payments",),
    )


def fleet(subject: Subject) -> Figure | None:
    """Composition of the fleet by vintage."""
    frame = frames.fleet(subject)
    if frame is None:
        return None
    last = frame[frame["year"] == frame["year"].max()]
    first = last["equipment"].iloc[0]
    parts = [
        f"{percent(r.share)} {r.vintage}" for r in last[last["equipment"] == first].itertuples()
    ]
    shown = tuple(str(n) for n in subject.data.data_vars if str(n).startswith("fleet_"))
    return Figure(
        "fleet",
        "Composition of the fleet",
        f"Of the {first} with the forces at the "
        f"end of {frame['year'].max()}: {listed(parts)} (means over futures).",
        charts.shares(frame, "equipment", "vintage", title="share at year's end"),
        (*shown, "line"),
    )


def need(subject: Subject) -> Figure | None:
    """What the buyer lacks."""
    if not subject.has("need", "year", "buyer", "offer"):
        return None
    array = subject.data["need"]
    frame = in_order(
        frames.marks(subject, array.isel(buyer=0, drop=True)), "offer", subject.members("offer")
    )
    year = subject.as_of[:4]
    now = frame[frame["year"] == year].sort_values("q50", ascending=False)
    buyer = subject.name(str(array["buyer"].values[0]))
    parts = [f"{r.offer} ({percent(r.q50)})" for r in now.head(3).itertuples()]
    caption = (
        f"{buyer} lacks most in {year}: {listed(parts)} (median of the mean over the year)."
        if parts
        else "Share of what is wanted that is lacking."
    )
    return Figure(
        "need",
        f"What {buyer} lacks",
        caption,
        charts.years(frame, "offer", title="share of what is wanted", bounded=True),
        ("need",),
    )


def effectiveness(subject: Subject) -> Figure | None:
    """Index of combat effectiveness."""
    if not subject.has("effectiveness", "month", "belligerent"):
        return None
    frame = frames.marks(subject, subject.data["effectiveness"])
    caption = (
        f"At the end: {_last(frame, 'month', 'belligerent')}. The index compares "
        "months of one side; it does not compare the sides."
    )
    return Figure(
        "effectiveness",
        "Combat effectiveness",
        caption,
        charts.one_fan(frame, "belligerent", title="index", as_of=subject.as_of),
        ("effectiveness",),
    )


PANELS = 12  # most panels of a plain picture


def plain_figures(subject: Subject, shown: set[str]) -> list[Figure]:
    """Pictures of the outcomes that are not yet shown, by name."""
    made = [
        plain(subject, str(name))
        for name in sorted(subject.data.data_vars)
        if str(name) not in shown
    ]
    return [one for one in made if one is not None]


def plain(subject: Subject, name: str) -> Figure | None:
    """An outcome drawn plainly; None where it has too many panels, or none that is not zero."""
    array = subject.data[name]
    if not {"month", "year"} & set(array.dims):
        return None  # a summary of the whole run has no course in time
    labels = [str(d) for d in array.dims if d not in ("future", "month", "year")]
    panels = int(np.prod([array.sizes[d] for d in labels], dtype=int))
    if panels > PANELS or not np.any(array.values):
        return None
    frame = frames.marks(subject, array)
    for dim in reversed(labels):
        frame = in_order(frame, dim, [str(v) for v in array[dim].values])
        frame[dim] = [frames.heading(subject, str(v)) for v in frame[f"id_{dim}"]]
    if labels:
        frame["panel"] = frame[labels].agg(", ".join, axis=1)
        keep = frame.groupby("panel")["q95"].transform("max") > 0
        frame = frame[keep | (frame.groupby("panel")["q05"].transform("min") < 0)]
    else:
        frame["panel"] = ""
    if frame.empty:
        return None  # something happened in a future, but not in one of twenty
    says = str(array.attrs.get("long_name", name))
    monthly = "month" in array.dims
    title = measured(subject, name)
    chart = (
        charts.wrapped_fans(frame, "panel", title=title, as_of=subject.as_of)
        if monthly
        else charts.years(frame, "panel", title=title)
    )
    return Figure(name, says[:1].upper() + says[1:], "", chart, (name,))


def measured(subject: Subject, name: str) -> str:
    """Title of an axis: the unit of an outcome where all its goods share one, and the time."""
    one = next((o for o in subject.scenario.outcomes if o.id == name), None)
    if one is None:
        return "value"
    if one.kind == "variable":
        units = [v.unit for law in subject.laws for v in law.writes if v.name == one.name]
        return "index or share" if units == ["1"] else (units or ["value"])[0]
    sets = subject.scenario.sets
    goods = [
        g
        for d in (*one.dims, one.good)
        for g in (sets[d].members if d in sets and sets[d].axis == "good" else (d,))
        if g in subject.scenario.units
    ]
    found = {unit(subject.scenario.units[g]) or "number" for g in goods}
    every = {"month": " a month", "year": " a year"}[one.every] if one.kind == "flow" else ""
    return (found.pop() if len(found) == 1 else "amount") + every
