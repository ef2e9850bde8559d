"""Any outcome as a picture: how it is drawn follows from its numbers and from what it declares.

Outcomes that are 0 or 1 are shares of futures over time; those of many states are ranked at three
dates; the others are bands over months or intervals over years.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kautilya import wording
from kautilya.report import charts, frames
from kautilya.report.holdings import BELLIGERENT, going_on
from kautilya.report.subject import Subject
from kautilya.wording import dated, interval, listed, mixed, percent, sentence, unit

PANELS = 24  # most panels of a picture; of more the largest are shown
WHOLE = 0.75  # share of values that are 0 or 1 from which on a share of the year is drawn as such
MANY = 7  # labels from which on states are ranked instead
RANKED = 15  # most lines of a ranking
SAID = 3  # most panels that a sentence tells
LINES = 6  # most colours


class Figure(NamedTuple):
    """A picture: chart is an Altair chart, caption says what is seen, with its numbers.

    shows  ids of the outcomes that it draws; parts: what of the system they are about
    """

    id: str
    title: str
    caption: str
    chart: Any
    shows: tuple[str, ...]
    parts: tuple[str, ...] = ()


def figures(subject: Subject, shown: Iterable[str] = ()) -> list[Figure]:
    """Pictures of the outcomes that are not yet shown; those that are 0 or 1 together, by law."""
    seen = set(shown)
    left = [one for one in subject.scenario.outcomes if one.id in subject.data]
    left = [one for one in left if one.id not in seen and time_of(subject.data[one.id])]
    known = {one.id for one in subject.scenario.outcomes}
    made: list[Figure | None] = []
    for group in _together(subject, left):
        made.append(shares(subject, group) if len(group) > 1 else drawn(subject, group[0].id))
    more = [str(n) for n in subject.data.data_vars if str(n) not in {*known, *seen}]
    made += [plain(subject, name) for name in sorted(more)]
    return [one for one in made if one is not None]


def drawn(subject: Subject, name: str) -> Figure | None:
    """One outcome as a picture; None where it is zero everywhere, or has no course in time."""
    one = next((o for o in subject.scenario.outcomes if o.id == name), None)
    if one is not None and time_of(subject.data[name]) and _is_share(subject, one):
        return shares(subject, [one])
    return plain(subject, name)


def _is_share(subject: Subject, one: Any) -> bool:
    """Whether an outcome is 0 or 1 in every future, so that its mean is a share of futures; or
    the part of a year in which something is so, which it mostly is all year or never."""
    values = subject.data[one.id].values
    if one.kind != "variable" or not values.size or values.min() < 0 or values.max() > 1:
        return False
    return bool(np.isin(values, (0, 1)).mean() >= (WHOLE if one.reduce == "mean" else 1.0))


def _together(subject: Subject, outcomes: Sequence[Any]) -> list[list[Any]]:
    """Outcomes one by one, but those that are shares of futures by the law that writes them and
    by their time."""
    law = {var.name: law.name for law in subject.laws for var in law.writes}
    groups: dict[Any, list[Any]] = {}
    for one in outcomes:
        key = (
            (law.get(one.name), one.every, one.reduce == "mean")
            if _is_share(subject, one)
            else one.id
        )
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def time_of(array: Any) -> str:
    """month, year, or nothing for a number of the whole run."""
    return next((d for d in ("month", "year") if d in array.dims), "")


def labels_of(array: Any) -> list[str]:
    """Dims beside futures and time."""
    return [str(d) for d in array.dims if d not in ("future", "month", "year")]


def shares(subject: Subject, outcomes: Sequence[Any]) -> Figure | None:
    """The share of futures in which something holds, over time; a line an outcome and label."""
    rows = [row for one in outcomes for row in _share_rows(subject, one)]
    frame = pd.DataFrame(rows)
    if frame.empty:
        return None
    moves = frame.groupby("line")["share"].transform("max") > 0
    frame = frame[moves]
    names = charts.ordered(frame, "line")
    if not names:
        return None
    last = frame.groupby("line", sort=False).tail(1)
    time = str(last.iloc[0].get("year", last.iloc[0].get("month")))
    said = "; ".join(f"{row.line}: {percent(row.share)}" for row in last.itertuples())
    panel = "" if len(names) <= LINES else None
    frame = frame.assign(panel=panel if panel is not None else frame["line"])
    one = outcomes[0]
    of = "mean over futures" if one.reduce == "mean" else "share of futures"
    title = one.says.split(";")[0] if len(outcomes) == 1 else _common(subject, outcomes)
    return Figure(
        one.id,
        f"{sentence(title)[:-1]}: {of}",
        f"{sentence(of)[:-1]} in {time}: {said}. The band is two Monte Carlo errors wide on each "
        "side.",
        charts.share_lines(frame, title=of, as_of=subject.as_of, columns=1 if panel == "" else 3),
        tuple(o.id for o in outcomes),
        tuple(one.parts),
    )


def _common(subject: Subject, outcomes: Sequence[Any]) -> str:
    """What several outcomes of one law are about."""
    writers = {var.name: law for law in subject.laws for var in law.writes}
    law = writers.get(outcomes[0].name)
    plain_name = getattr(law, "plain", "")
    return plain_name or listed([_short(o.says) for o in outcomes])


def _short(says: str) -> str:
    """What an outcome says, up to what explains it."""
    return says.split(";")[0].split(" (")[0].split(",")[0]


def _share_rows(subject: Subject, one: Any) -> list[dict[str, Any]]:
    array = subject.data[one.id]
    time, labels = time_of(array), labels_of(array)
    mean = array.transpose("future", time, ...).mean("future")
    futures = max(array.sizes["future"], 1)
    rows = []
    for row in mean.to_dataframe("share").reset_index().to_dict("records"):
        name = ", ".join(subject.name(str(row[d])) for d in labels)
        share = float(row["share"])
        error = 2 * float(np.sqrt(max(share * (1 - share), 0.0) / futures))
        when = {time: row[time], **({"date": f"{row[time]}-01"} if time == "month" else {})}
        rows.append(
            {
                "line": f"{_short(one.says)}: {name}" if name else _short(one.says),
                **when,
                "share": float(frames.rounded(share)),
                "low": float(frames.rounded(max(share - error, 0.0))),
                "high": float(frames.rounded(min(share + error, 1.0))),
            }
        )
    return rows


def plain(subject: Subject, name: str) -> Figure | None:
    """An outcome drawn plainly; None where it is zero everywhere, or has no course in time."""
    array = subject.data[name]
    time, labels = time_of(array), labels_of(array)
    if not time or not np.any(array.values):
        return None
    array = array.transpose("future", time, ...)
    live = _live(subject, array, time)
    frame = frames.marks(subject, array, live)
    for dim in reversed(labels):
        frame = frames.in_order(frame, dim, [str(v) for v in array[dim].values])
        frame[dim] = [frames.heading(subject, str(v)) for v in frame[f"id_{dim}"]]
    frame["panel"] = frame[labels].agg(", ".join, axis=1) if labels else ""
    frame = _moving(frame)
    if frame.empty:
        return None  # something happened in a future, but not in one of twenty
    made = _Made(subject, name, array, labels, time, live)
    states = [d for d in labels if axis_of(subject, d) == "actor"]
    if time == "year" and labels == states[:1] and frame["panel"].nunique() > MANY:
        return _ranking(made, frame)
    return _courses(made, frame)


def axis_of(subject: Subject, dim: str) -> str:
    """What the labels of a dim are: actor, good or label."""
    if dim in ("actor", "good"):
        return dim
    found = subject.scenario.sets.get(dim.removesuffix("_2"))
    return found.axis if found else "label"


class _Made(NamedTuple):
    """An outcome that is being drawn."""

    subject: Subject
    name: str
    array: Any
    labels: list[str]
    time: str
    live: Any

    @property
    def outcome(self) -> Any:
        return next((o for o in self.subject.scenario.outcomes if o.id == self.name), None)

    @property
    def title(self) -> str:
        says = self.outcome.says if self.outcome else self.array.attrs.get("long_name", self.name)
        return sentence(str(says).split(";")[0].replace("_", " "))[:-1]

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.outcome.parts) if self.outcome else ()


def _live(subject: Subject, array: Any, time: str) -> Any:
    """Futures that count at each time: of what the fighting uses or makes, those at war."""
    if BELLIGERENT not in array.dims or time != "month":
        return None
    one = next((o for o in subject.scenario.outcomes if o.id == array.name), None)
    return None if one is None or one.kind == "stock" else going_on(subject, time)


def _moving(frame: pd.DataFrame) -> pd.DataFrame:
    """Panels in which one future in twenty has anything at all."""
    keep = frame.groupby("panel")["q95"].transform("max") > 0
    return frame[keep | (frame.groupby("panel")["q05"].transform("min") < 0)]


def _courses(made: _Made, frame: pd.DataFrame) -> Figure:
    """Bands over months or intervals over years, a panel a label."""
    subject = made.subject
    whole = frame["panel"].nunique()
    goods = [d for d in made.labels if axis_of(subject, d) == "good"]
    two = BELLIGERENT in made.labels and made.array.sizes[BELLIGERENT] > 1 and len(goods) < 2
    states = all(axis_of(subject, d) == "actor" for d in made.labels)
    if whole > PANELS:
        frame = _largest(frame, PANELS) if states else _first(frame, PANELS)
    if two and goods and len(made.labels) == 2:
        frame = frames.compared(subject, frame, goods[0], BELLIGERENT)
    elif states:
        frame = frames.level(frame)
    title, columns = measured(subject, made.name), 2 if two else 3
    part = title == "share"
    if made.time == "month":
        chart = charts.fans(frame, title=title, as_of=subject.as_of, columns=columns, percent=part)
    else:
        below = bool(frame["q05"].min() < 0)
        chart = charts.years(frame, title=title, columns=columns, zero_line=below, percent=part)
    return Figure(made.name, made.title, _said(made, frame, whole), chart, (made.name,), made.parts)


def _largest(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The panels with the largest medians, in the order in which they stood."""
    size = frame.groupby("panel")[["q50", "q95"]].max().sort_values(["q50", "q95"])
    keep = set(size.index[-most:])
    return frame[frame["panel"].isin(keep)]


def _first(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The first panels, where what they show is of different kinds and has no order of size."""
    return frame[frame["panel"].isin(charts.ordered(frame, "panel")[:most])]


def _ranking(made: _Made, frame: pd.DataFrame) -> Figure:
    """Many states at three dates: the first year, the as-of year and the last."""
    years = charts.ordered(frame.sort_values("year"), "year")
    as_of = made.subject.as_of[:4]
    dates = list(dict.fromkeys([years[0], as_of if as_of in years else years[0], years[-1]]))
    whole = frame["panel"].nunique()
    frame = _largest(frame, RANKED)
    now = frame[frame["year"] == dates[-1]].sort_values("q50", ascending=False)
    order = list(now["panel"])
    out = frame[frame["year"].isin(dates)].rename(columns={"panel": "state", "q50": "middle"})
    out = out.assign(panel=out["year"], _rank=out["state"].map(order.index))
    keep = ["panel", "state", "middle", "q05", "q95", "_rank"]
    title = measured(made.subject, made.name)
    caption = _said(made, now, whole, order[:SAID])
    out = out.sort_values(["panel", "_rank"])[keep]
    chart = charts.dots(out, "state", title=title, share=title == "share", columns=3)
    return Figure(made.name, made.title, caption, chart, (made.name,), made.parts)


def _said(made: _Made, frame: pd.DataFrame, whole: int, order: Sequence[str] | None = None) -> str:
    """What the picture shows at its end, in parts where futures differ in kind."""
    subject, array, time = made.subject, made.array, made.time
    ids = [f"id_{d}" for d in made.labels]
    first = frame.drop_duplicates("panel")
    panels = order or list(first["panel"])
    rows = {row["panel"]: row for row in first.to_dict("records")}
    on, part = going_on(subject, time), measured(subject, made.name) == "share"
    said = []
    for panel in panels[:SAID]:
        cell = {d: rows[panel][i] for d, i in zip(made.labels, ids, strict=True)}
        values = array.isel({time: -1}).sel(cell).values
        found = frames.parts(values, None if on is None else on[:, -1])
        told = mixed(*found, form=wording.shares if part else interval)
        said.append(f"{panel}: {told}" if panel else told)
    when = str(array[time].values[-1])
    shown = frame["panel"].nunique()
    rest = f" {shown} of {whole} are drawn." if whole > shown else ""
    alive = " Bands are over the futures in which the war goes on." if made.live is not None else ""
    return f"{dated(when)}, median and 90 % range. {'; '.join(said)}.{rest}{alive}"


def measured(subject: Subject, name: str) -> str:
    """Title of an axis: the unit of an outcome where all its goods share one, and the time."""
    one = next((o for o in subject.scenario.outcomes if o.id == name), None)
    if one is None:
        return "value"
    if one.kind == "variable":
        return _unit_of_variable(subject, one)
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


def _unit_of_variable(subject: Subject, one: Any) -> str:
    units = [v.unit for law in subject.laws for v in law.writes if v.name == one.name]
    if not units or "{" in units[0]:
        return "amount"
    if units[0] != "1":
        return unit(units[0]) or units[0].replace("_", " ")
    values = subject.data[one.id].values
    return "share" if values.size and values.min() >= 0 and values.max() <= 1 else "index"


def ends(frame: pd.DataFrame, time: str, label: str) -> str:
    """Median and interval at the end, for each label."""
    drawn = frame[frame["q50"].notna()]
    end = drawn[drawn[time] == drawn[time].max()]
    return listed(
        [f"{interval(r.q05, r.q50, r.q95)} for {getattr(r, label)}" for r in end.itertuples()]
    )
