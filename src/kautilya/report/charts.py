"""Altair charts, each a function of one tidy frame (see frames.py); used wherever they are shown.

Panels are wrapped: `usermeta.panel` says how many stand in a row and how much room each needs,
so that a page may set fewer of them, or wider ones (see charts.js). Columns of a frame that begin
with "_" or "id_" are for the drawing alone; the others are what a reader saves as CSV.

Colours: Okabe and Ito's palette, told apart by readers who do not see all hues alike. Each stands
in style.css beside the one that takes its place on a dark ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from kautilya.errors import KautilyaError

BLUE, ORANGE, INK, GREY = "#0072B2", "#D55E00", "#222222", "#8a8a8a"
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]
ROWS = alt.NamedData(name="rows")  # stands for the frame while a chart is being made
OTHERS = "all others"
WIDTH = 880  # of all panels of a row together, where nobody says otherwise
AXIS = 40  # room for the labels of an amount
# each label with its own k or M, and none with the m of milli
SHORT = "format(datum.value, abs(datum.value) < 1000 ? ',.3~r' : '.3~s')"


def finish(
    chart: Any, columns: int = 1, *, pad: int = 66, least: int = 250, labels: int = 0
) -> Any:
    """One look for all charts: quiet grid, no frames, fonts of the page.

    columns  panels in a row where there is room; pad: pixels beside each panel; least: fewer
             panels stand in a row where one would be narrower; labels: most pixels of the names
             at the left of a panel
    """
    font = "system-ui, sans-serif"
    # set at once: each of Altair's configure_ methods copies the chart with all its data
    chart.config = alt.Config(
        font=font,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            gridColor="#e6e6e6",
            domainColor="#bbbbbb",
            tickColor="#bbbbbb",
            labelColor="#444444",
            titleColor="#444444",
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=12,
        ),
        axisYDiscrete=alt.AxisConfig(labelLimit=labels) if labels else alt.Undefined,
        header=alt.HeaderConfig(
            labelFontSize=13, labelColor="#222222", labelFontWeight=600, labelLimit=400
        ),
        title=alt.TitleConfig(fontSize=13, color="#222222", fontWeight=600, limit=400),
        legend=alt.LegendConfig(
            orient="top",
            labelFontSize=12,
            labelColor="#222222",
            title=None,
            labelLimit=320,
            symbolLimit=30,
            symbolOpacity=1,
            columns=4,
        ),
    )
    room = {"columns": columns, "pad": pad + labels, "least": least, "labels": labels}
    chart.usermeta = {"panel": room}
    return chart


def ordered(frame: pd.DataFrame, column: str) -> list[str]:
    """Labels of a column in the order in which they come."""
    return list(dict.fromkeys(frame[column].dropna()))


def _amounts(title: str, field: str = "q05", percent: bool = False) -> Any:
    """The axis of an amount; its width is fixed, so that panels stand under each other."""
    form: Any = {"format": ".3~%"} if percent else {"labelExpr": SHORT}
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(zero=True),
        axis=alt.Axis(tickCount=4, minExtent=AXIS, maxExtent=AXIS, **form),
    )


def _parts_of_one(title: str, field: str) -> Any:
    """The axis of a share."""
    return alt.Y(
        f"{field}:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], minExtent=AXIS, maxExtent=AXIS),
    )


def _months(frame: pd.DataFrame) -> Any:
    years = sorted({m[:4] for m in frame["month"]})
    few = len(years) < 4
    marks = [f"{y}-{m}-01" for y in years for m in (("01", "07") if few else ("01",))]
    return alt.X(
        "date:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%Y-%m" if few else "%Y", values=marks, labelOverlap=True, grid=True),
    )


def _years(frame: pd.DataFrame) -> Any:
    domain = alt.Scale(domain=sorted(set(frame["year"])))
    return alt.X("year:O", title=None, scale=domain, axis=alt.Axis(labelAngle=0, labelOverlap=True))


def _tips(keys: Sequence[str], time: str) -> list[Any]:
    marks = (
        ("q05", "5 %"),
        ("q25", "25 %"),
        ("q50", "median"),
        ("q75", "75 %"),
        ("q95", "95 %"),
    )
    return [
        alt.Tooltip(f"{time}:N"),
        *(alt.Tooltip(f"{k}:N") for k in keys),
        *(alt.Tooltip(f"{q}:Q", format=",.4~r", title=t) for q, t in marks),
    ]


def _rule(as_of: str) -> Any:
    """The as-of month."""
    return (
        alt.Chart()
        .transform_filter(f"datum.month == '{as_of}'")
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="date:T")
    )


def _headroom(frame: pd.DataFrame) -> list[Any]:
    """Unseen marks that give panels which are compared the same scale (see frames.level)."""
    if "_top" not in frame:
        return []
    base = alt.Chart().transform_filter("isValid(datum._top)")
    unseen = base.mark_point(opacity=0, size=0, tooltip=None)
    return [unseen.encode(y=f"{end}:Q") for end in ("_top", "_low")]


def _bands(frame: pd.DataFrame, y: Any) -> list[Any]:
    model = alt.Chart().transform_filter("isValid(datum.q50)")
    x = _months(frame)
    top = alt.Y2
    return [
        model.mark_area(opacity=0.2, color=BLUE).encode(x=x, y=y, y2=top("q95:Q")),
        model.mark_area(opacity=0.35, color=BLUE).encode(x=x, y="q25:Q", y2=top("q75:Q")),
        model.mark_line(color=BLUE, strokeWidth=1.8).encode(
            x=x, y="q50:Q", tooltip=_tips(["panel"], "month")
        ),
    ]


def _seen(frame: pd.DataFrame) -> list[Any]:
    """What was observed, a line with a point a month."""
    if "observed" not in frame or not frame["observed"].notna().any():
        return []
    colour = alt.Color(
        "source:N",
        scale=alt.Scale(domain=ordered(frame, "source"), range=[ORANGE, INK, "#009E73"]),
        legend=alt.Legend(orient="top", symbolType="circle"),
    )
    seen = alt.Chart().transform_filter("isValid(datum.observed)")
    tips = ["month:N", "source:N", alt.Tooltip("observed:Q", format=",.4~r")]
    return [
        seen.mark_line(strokeWidth=1).encode(x="date:T", y="observed:Q", color=colour),
        seen.mark_point(size=12, filled=True, opacity=1).encode(
            x="date:T", y="observed:Q", color=colour, tooltip=tips
        ),
    ]


def fans(
    frame: pd.DataFrame,
    *,
    title: str,
    as_of: str,
    columns: int = 2,
    levels: tuple[float, ...] = (),
    percent: bool = False,
) -> Any:
    """Fans over months: bands 5-95 % and 25-75 %, median, what was observed, the as-of month.

    frame   columns panel, month, date, q05 ... q95; observed and source where something was;
            _top where panels are compared
    title   of the y axes, with the unit; levels: horizontal lines; percent: of a share
    """
    layers = [
        alt.Chart().mark_rule(color=GREY, strokeDash=[1, 2]).encode(y=alt.datum(level))
        for level in levels
    ]
    layers += _bands(frame, _amounts(title, percent=percent))
    layers += _seen(frame)
    layers += _headroom(frame)
    layers.append(_rule(as_of))
    return _wrapped(alt.layer(*layers), frame, columns, 130)


def _wrapped(
    layer: Any, frame: pd.DataFrame, columns: int, height: int = 150, lines: bool = False
) -> Any:
    """The same picture once a panel, each with its own axes; lines: its name on two lines."""
    order = ordered(frame, "panel")
    columns = min(columns, len(order))
    made = layer.properties(width=(WIDTH - 66 * columns) // columns, height=height).facet(
        data=ROWS,
        facet=alt.Facet(
            "panel:N",
            sort=order,
            title=None,
            header=alt.Header(
                labelAnchor="start",
                labels=order != [""],
                labelExpr="split(datum.label, ', ')" if lines else alt.Undefined,
            ),
        ),
        columns=columns,
    )
    made = made.resolve_scale(y="independent").resolve_axis(x="independent", y="independent")
    made.data = frame  # last: each step before it would copy every row
    return finish(made, columns, least=250 if columns < 3 else 190)


def stacks(frame: pd.DataFrame, colour: str, *, title: str, extra: str = "") -> Any:
    """Stacked bars of means a year, with the 5-95 % interval of their sum, or another mark.

    frame   year, panel, `colour`, mean; rows with q05, q50, q95 of the sum, or none; `extra`: a
            column of numbers drawn as a short line beside the bars
    """
    parts = [p for p in ordered(frame, colour) if p != OTHERS]
    domain = [*parts, *([OTHERS] if OTHERS in set(frame[colour]) else [])]
    scale = alt.Scale(domain=domain, range=[*PALETTE[: len(parts)], GREY][: len(domain)])
    rank = frame.assign(_rank=[domain.index(c) if c in domain else -1 for c in frame[colour]])
    x = _years(frame)
    bars = (
        alt.Chart()
        .transform_filter("isValid(datum.mean)")
        .mark_bar(size=18)
        .encode(
            x=x,
            y=alt.Y(
                "sum(mean):Q",
                title=title,
                axis=alt.Axis(labelExpr=SHORT, tickCount=4, minExtent=AXIS, maxExtent=AXIS),
            ),
            color=alt.Color(f"{colour}:N", scale=scale),
            order="_rank:Q",
            tooltip=["year:O", "panel:N", f"{colour}:N", alt.Tooltip("mean:Q", format=",.3~r")],
        )
    )
    layers = [bars]
    if "q50" in frame:
        layers.append(
            alt.Chart()
            .transform_filter("isValid(datum.q50)")
            .mark_rule(color=INK, strokeWidth=1.5)
            .encode(x=x, y="q05:Q", y2="q95:Q", tooltip=_tips(["panel"], "year"))
        )
    if extra:
        layers.append(
            alt.Chart()
            .transform_filter(f"isValid(datum.{extra})")
            .mark_tick(color=INK, thickness=2.5, size=26)
            .encode(
                x=x,
                y=f"{extra}:Q",
                tooltip=["year:O", "panel:N", alt.Tooltip(f"{extra}:Q", format=",.3~r")],
            )
        )
    return _wrapped(alt.layer(*layers), rank, 3)


def _range(frame: pd.DataFrame) -> list[float]:
    """One scale for all panels, with zero in it."""
    return [min(float(frame["q05"].min()), 0.0), max(float(frame["q95"].max()), 0.0)]


def dots(
    frame: pd.DataFrame, label: str, *, title: str, share: bool = True, columns: int = 2
) -> Any:
    """Dots with a 5-95 % interval, one line a label, highest first; hollow where not on record.

    frame   panel, `label`, middle, q05, q95; record: "on record" or not, where that is known;
            share: the axis is 0 to 100 %
    """
    y = alt.Y(
        f"{label}:N",
        title=None,
        sort=alt.EncodingSortField("_rank", order="ascending")
        if "_rank" in frame
        else alt.EncodingSortField("middle", order="descending"),
        axis=alt.Axis(grid=False),
    )
    x = alt.X(
        "q05:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1]) if share else alt.Scale(domain=_range(frame)),
        axis=alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1])
        if share
        else alt.Axis(labelExpr=SHORT, tickCount=4),
    )
    mark = alt.Chart().mark_circle(size=62, stroke=BLUE, strokeWidth=1.5, opacity=1)
    form = ".0%" if share else ",.3~r"
    tips = [
        "panel:N",
        f"{label}:N",
        *(
            alt.Tooltip(f"{q}:Q", format=form, title=t)
            for q, t in (("middle", "middle"), ("q05", "5 %"), ("q95", "95 %"))
        ),
    ]
    if "record" in frame:
        scale = alt.Scale(domain=["on record", "not on record"], range=[BLUE, "#ffffff"])
        mark = mark.encode(fill=alt.Fill("record:N", scale=scale))
        tips.append("record:N")
    layers = [
        alt.Chart().mark_rule(color=BLUE, opacity=0.45, strokeWidth=2).encode(y=y, x=x, x2="q95:Q"),
        mark.encode(y=y, x="middle:Q", tooltip=tips),
    ]
    if "record" not in frame:
        layers[1] = mark.encode(y=y, x="middle:Q", tooltip=tips, fill=alt.value(BLUE))
    return _labelled(layers, frame, columns)


def _labelled(layers: list[Any], frame: pd.DataFrame, columns: int, names: int = 132) -> Any:
    """The same picture once a panel, with names at the left of each, at most so wide."""
    order = ordered(frame, "panel")
    columns = min(columns, len(order))
    made = (
        alt.layer(*layers)
        .properties(width=(WIDTH - (names + 18) * columns) // columns, height=alt.Step(18))
        .facet(
            data=ROWS,
            facet=alt.Facet(
                "panel:N",
                sort=order,
                title=None,
                header=alt.Header(labelAnchor="start"),
            ),
            columns=columns,
        )
    )
    made = made.resolve_scale(y="independent").resolve_axis(x="independent", y="independent")
    made.data = frame  # last: each step before it would copy every row
    return finish(made, columns, pad=28, least=250, labels=names)


def diverging(frame: pd.DataFrame, label: str, *, title: str) -> Any:
    """Bars to both sides of nought, one a label, a panel each of what is compared.

    frame   panel, `label`, value, side ("for", "against")
    """
    y = alt.Y(f"{label}:N", title=None, sort=ordered(frame, label), axis=alt.Axis(grid=False))
    reach = float(frame["value"].abs().max()) or 1.0
    x = alt.X(
        "value:Q",
        title=title,
        scale=alt.Scale(domain=[-reach, reach], nice=True),
        axis=alt.Axis(labelExpr=SHORT, tickCount=4),
    )
    sides = alt.Scale(domain=["for", "against"], range=[BLUE, ORANGE])
    tips = ["panel:N", f"{label}:N", alt.Tooltip("value:Q", format="+.2f")]
    layers = [
        alt.Chart()
        .mark_bar(size=11)
        .encode(y=y, x=x, color=alt.Color("side:N", scale=sides), tooltip=tips),
        alt.Chart().mark_rule(color=INK).encode(x=alt.datum(0)),
    ]
    return _labelled(layers, frame, 2, 220)


def stacked_shares(frame: pd.DataFrame, part: str, *, title: str) -> Any:
    """Stacked shares a year, adding up to one. frame: year, panel, `part`, share."""
    parts = ordered(frame, part)
    rank = frame.assign(_rank=[parts.index(p) for p in frame[part]])
    scale = alt.Scale(domain=parts, range=PALETTE[: len(parts)])
    bars = (
        alt.Chart()
        .mark_bar(size=22)
        .encode(
            x=_years(frame),
            y=_parts_of_one(title, "sum(share)"),
            color=alt.Color(f"{part}:N", sort=parts, scale=scale),
            order="_rank:Q",
            tooltip=["year:O", "panel:N", f"{part}:N", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return _wrapped(bars, rank, 2)


def share_lines(
    frame: pd.DataFrame, *, title: str = "share of futures", as_of: str = "", columns: int = 2
) -> Any:
    """Shares of futures over time, a coloured line each with its band of Monte-Carlo error.

    frame   panel, line, month and date or year, share, low and high (share -/+ two errors)
    """
    monthly = "month" in frame
    x = _months(frame) if monthly else _years(frame)
    lines = ordered(frame, "line")
    colours = [BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9"][: len(lines)]
    colour = alt.Color("line:N", sort=lines, scale=alt.Scale(domain=lines, range=colours))
    tips = [
        "month:N" if monthly else "year:O",
        "line:N",
        alt.Tooltip("share:Q", format=".0%"),
    ]
    base = alt.Chart().transform_filter("isValid(datum.share)")
    layers = [
        base.mark_area(opacity=0.18).encode(
            x=x, y=_parts_of_one(title, "low"), y2="high:Q", color=colour
        ),
        base.mark_line(strokeWidth=2.2, point=not monthly).encode(
            x=x, y="share:Q", color=colour, tooltip=tips
        ),
    ]
    if monthly and as_of:
        layers.append(_rule(as_of))
    return _wrapped(alt.layer(*layers), frame, columns, 150, lines=monthly)


def years(
    frame: pd.DataFrame,
    *,
    title: str,
    columns: int = 3,
    bounded: bool = False,
    percent: bool = False,
    zero_line: bool = False,
) -> Any:
    """Intervals a year: thin 5-95 %, thick 25-75 %, a dot for the median.

    frame   panel, year, q05 ... q95, _top where panels are compared; bounded: the axis is 0 to 1
            in percent, percent: as far as need be
    """
    x = _years(frame)
    y = _parts_of_one(title, "q05") if bounded else _amounts(title, percent=percent)
    base = alt.Chart().transform_filter("isValid(datum.q50)")
    layers = [alt.Chart().mark_rule(color=INK).encode(y=alt.datum(0))] if zero_line else []
    layers += [
        base.mark_rule(color=BLUE, opacity=0.5, strokeWidth=2).encode(x=x, y=y, y2="q95:Q"),
        base.mark_rule(color=BLUE, opacity=0.6, strokeWidth=7).encode(x=x, y="q25:Q", y2="q75:Q"),
        base.mark_circle(color=INK, size=32, opacity=1).encode(
            x=x, y="q50:Q", tooltip=_tips(["panel"], "year")
        ),
    ]
    layers += [] if bounded else _headroom(frame)
    return _wrapped(alt.layer(*layers), frame, columns, 120)


def changes(frame: pd.DataFrame) -> Any:
    """Change by outcome in percent with a 5-95 % interval, a panel a lever.

    frame   lever, outcome, low, median, high in percent
    """
    y = alt.Y("outcome:N", title=None, sort=None, axis=alt.Axis(grid=False))
    panels = []
    for lever in ordered(
        frame, "lever"
    ):  # no facet: it warns of steps of a scale that layers share
        mine = alt.FieldEqualPredicate(field="lever", equal=lever)
        base = alt.Chart().transform_filter(mine)
        layers = [
            base.mark_rule(color=INK, strokeWidth=1).encode(x=alt.datum(0)),
            base.mark_rule(color=BLUE, opacity=0.5, strokeWidth=3).encode(
                y=y, x=alt.X("low:Q", title="change in percent of the same future"), x2="high:Q"
            ),
            base.mark_circle(color=BLUE, size=55, opacity=1).encode(
                y=y, x="median:Q", tooltip=["outcome:N", "low:Q", "median:Q", "high:Q"]
            ),
        ]
        title = alt.TitleParams(lever, anchor="start", frame="group")
        panels.append(alt.layer(*layers).properties(width=420, height=alt.Step(20), title=title))
    made = alt.vconcat(*panels)
    made.data = frame  # last: each step before it would copy every row
    return finish(made, pad=30, labels=330)


def terms(frame: pd.DataFrame) -> Any:
    """What speaks for and against each candidate, a panel each. frame: panel, term, value."""
    bars = (
        alt.Chart()
        .mark_bar(size=10)
        .encode(
            y=alt.Y("term:N", title=None, sort=ordered(frame, "term"), axis=alt.Axis(grid=False)),
            x=alt.X("value:Q", title="for it (right) and against it, logits"),
            color=alt.condition("datum.value < 0", alt.value(ORANGE), alt.value(BLUE)),
            tooltip=["panel:N", "term:N", alt.Tooltip("value:Q", format="+.2f")],
        )
    )
    made = bars.properties(width=300, height=alt.Step(14)).facet(
        data=ROWS,
        facet=alt.Facet(
            "panel:N",
            sort=ordered(frame, "panel"),
            title=None,
            header=alt.Header(labelAnchor="start"),
        ),
        columns=2,
    )
    made.data = frame  # last: each step before it would copy every row
    return finish(made, 2, pad=28, labels=180)


def timeline(frame: pd.DataFrame) -> Any:
    """Dated events, a line a storyline. frame: line, date, when, kind, says."""
    kinds = ordered(frame, "kind")
    colour = alt.Scale(domain=kinds, range=PALETTE[: len(kinds)])
    made = (
        alt.Chart(frame)
        .mark_circle(size=90, opacity=0.9)
        .encode(
            x=alt.X(
                "date:T",
                title=None,
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(format="%Y-%m", labelOverlap=True),
            ),
            y=alt.Y("line:N", title=None, sort=ordered(frame, "line"), axis=alt.Axis(grid=True)),
            color=alt.Color("kind:N", scale=colour),
            tooltip=["when:N", "line:N", "says:N"],
        )
        .properties(width=WIDTH - 150, height=alt.Step(30))
    )
    return finish(made, pad=28, labels=132)


def steps(audit: Any) -> Any:
    """An Altair chart from the `steps` of an audit that was asked for one figure."""
    steps = audit.steps
    if not len(steps):
        raise KautilyaError("--chart", "there is nothing to draw", "Give --figure as well")
    frame = steps.assign(
        order=range(len(steps)),
        label=steps["added"].where(steps["added"] != "", "ranges alone"),
        state=steps["set_aside"].map({True: "set aside: it clashes", False: "held"}),
    )
    unit = str(frame["unit"].iloc[0])
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "label:N",
            sort=alt.EncodingSortField("order"),
            title=None,
        )
    )
    bar = base.mark_bar(height=8).encode(
        x=alt.X("low:Q", title=f"implied low to high [{unit}]"),
        x2="high:Q",
        color=alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=["held", "set aside: it clashes"], range=[BLUE, ORANGE]),
        ),
        tooltip=["label", "said", "low", "high"],
    )
    said = (
        alt.Chart(frame.head(1))
        .mark_rule(strokeDash=[4, 3])
        .encode(x="published_low:Q", size=alt.value(2))
    )
    made = (bar + said).properties(
        width=640,
        title={
            "text": f"{steps['figure'].iloc[0]}: what the other figures leave",
            "subtitle": "added one after another, from top to bottom; dashed: the published value",
        },
    )
    return finish(made, pad=30, labels=400)
