"""Altair charts, each a function of one tidy frame (see frames.py); used wherever they are shown.

Colours: Okabe and Ito's palette, told apart by readers who do not see all hues alike.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from kautilya.errors import KautilyaError

BLUE, ORANGE, INK, GREY = "#0072B2", "#D55E00", "#222222", "#9a9a9a"
PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"]
OTHERS = "all others"
WIDTH = 880  # of all panels of a row together; the page is 900 wide
# each label with its own k or M, and none with the m of milli
SHORT = "format(datum.value, abs(datum.value) < 1000 ? ',.3~r' : '~s')"


def finish(chart: Any) -> Any:
    """One look for all charts: quiet grid, no frames, fonts of the page."""
    font = "system-ui, sans-serif"
    # set at once: each of Altair's configure_ methods copies the chart with all its data
    chart.config = alt.Config(
        font=font,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            gridColor="#e6e6e6",
            domainColor="#bbb",
            tickColor="#bbb",
            labelColor="#444",
            titleColor="#444",
            titleFontWeight="normal",
            labelFontSize=11,
            titleFontSize=11,
        ),
        header=alt.HeaderConfig(labelFontSize=12, labelColor="#222", labelFontWeight=600),
        legend=alt.LegendConfig(
            orient="top",
            labelFontSize=12,
            titleFontSize=12,
            title=None,
            labelLimit=320,
            symbolLimit=30,
        ),
    )
    return chart


def ordered(frame: pd.DataFrame, column: str) -> list[str]:
    """Labels of a column in the order in which they come."""
    return list(dict.fromkeys(frame[column].dropna()))


def _amounts(title: str, scale: Any = alt.Undefined) -> Any:
    """The axis of q05 ... q95; its width is fixed, so that panels stand under each other."""
    return alt.Y(
        "q05:Q",
        title=title,
        scale=scale,
        axis=alt.Axis(labelExpr=SHORT, tickCount=4, minExtent=38, maxExtent=38),
    )


def _months(frame: pd.DataFrame) -> Any:
    years = sorted({m[:4] for m in frame["month"]})
    return alt.X(
        "date:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            format="%Y-%m", values=[f"{y}-01-01" for y in years], labelOverlap=True, grid=True
        ),
    )


def _tips(keys: list[str], time: str) -> list[Any]:
    return [
        alt.Tooltip(f"{time}:N"),
        *(alt.Tooltip(f"{k}:N") for k in keys),
        *(
            alt.Tooltip(f"{q}:Q", format=",.4~r", title=t)
            for q, t in (
                ("q05", "5 %"),
                ("q25", "25 %"),
                ("q50", "median"),
                ("q75", "75 %"),
                ("q95", "95 %"),
            )
        ),
    ]


def _bands(frame: pd.DataFrame, y: Any, keys: list[str]) -> list[Any]:
    model = alt.Chart().transform_filter("isValid(datum.q50)")
    x = _months(frame)
    top = alt.Y2
    return [
        model.mark_area(opacity=0.2, color=BLUE).encode(x=x, y=y, y2=top("q95:Q")),
        model.mark_area(opacity=0.35, color=BLUE).encode(x=x, y="q25:Q", y2=top("q75:Q")),
        model.mark_line(color=BLUE, strokeWidth=1.8).encode(
            x=x, y="q50:Q", tooltip=_tips(keys, "month")
        ),
    ]


def fans(
    frame: pd.DataFrame,
    row: str,
    column: str,
    *,
    title: str,
    as_of: str,
    levels: tuple[float, ...] = (),
) -> Any:
    """Fans over months: bands 5-95 % and 25-75 %, median, what was observed, the as-of month.

    frame   columns month, date, row, column, q05 ... q95, and seen, source where observed
    title   of the y axes, with the unit; levels: horizontal lines
    """
    columns, rows = ordered(frame, column), ordered(frame, row)
    y = _amounts(title, alt.Scale(zero=True))
    layers = [
        alt.Chart().mark_rule(color=GREY, strokeDash=[1, 2]).encode(y=alt.datum(level))
        for level in levels
    ]
    layers += _bands(frame, y, [row, column])
    if "source" in frame and frame["source"].notna().any():
        sources = ordered(frame, "source")
        colour = alt.Color(
            "source:N",
            scale=alt.Scale(domain=sources, range=[ORANGE, INK]),
            legend=alt.Legend(orient="top", symbolType="circle"),
        )
        seen = alt.Chart().transform_filter("isValid(datum.seen)")
        layers += [
            seen.mark_line(strokeWidth=1).encode(x="date:T", y="seen:Q", color=colour),
            seen.mark_point(size=12, filled=True, opacity=1).encode(
                x="date:T",
                y="seen:Q",
                color=colour,
                tooltip=["month:N", "source:N", alt.Tooltip("seen:Q", format=",.4~r")],
            ),
        ]
    layers.append(
        alt.Chart()
        .transform_filter(f"datum.month == '{as_of}' && isValid(datum.q50)")
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="date:T")
    )
    panel = alt.layer(*layers, data=frame).properties(
        width=(WIDTH - 70 * len(columns)) // len(columns), height=120 if len(rows) > 1 else 190
    )
    shown = panel.facet(
        row=alt.Row(
            f"{row}:N",
            sort=rows,
            title=None,
            header=alt.Header(
                orient="top", labelAnchor="start", labelPadding=4, labels=rows != [""]
            ),
        ),
        column=alt.Column(
            f"{column}:N",
            sort=columns,
            title=None,
            header=alt.Header(labelAnchor="start", labelFontSize=14),
        ),
    )
    return finish(shown.resolve_scale(y="independent").resolve_axis(x="independent"))


def one_fan(
    frame: pd.DataFrame, column: str, *, title: str, as_of: str, levels: tuple[float, ...] = ()
) -> Any:
    """Fans side by side, one a label of `column` (which may be absent: then a single fan)."""
    if column not in frame:
        frame = frame.assign(**{column: ""})
    return fans(frame.assign(_row=""), "_row", column, title=title, as_of=as_of, levels=levels)


def wrapped_fans(frame: pd.DataFrame, panel: str, *, title: str, as_of: str) -> Any:
    """Fans over months, panels wrapped at three a row; frame as for `fans`."""
    y = _amounts(title)
    layers = [
        *_bands(frame, y, [panel]),
        alt.Chart()
        .transform_filter(f"datum.month == '{as_of}'")
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x="date:T"),
    ]
    return _wrapped(alt.layer(*layers, data=frame), panel, ordered(frame, panel), 3, 120)


def stacks(
    frame: pd.DataFrame, panel: str, colour: str, *, title: str, total: bool = True, extra: str = ""
) -> Any:
    """Stacked bars of means a year, with the 5-95 % interval of their sum, or another mark.

    frame   year, panel, colour, mean; rows with q05, q50, q95 where total; `extra`: a column
            of numbers drawn as a short line beside the bars
    """
    parts = [p for p in ordered(frame, colour) if p != OTHERS]
    domain = [*parts, *([OTHERS] if OTHERS in set(frame[colour]) else [])]
    scale = alt.Scale(domain=domain, range=[*PALETTE[: len(parts)], GREY][: len(domain)])
    rank = frame.assign(rank=[domain.index(c) if c in domain else -1 for c in frame[colour]])
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    bars = (
        alt.Chart()
        .transform_filter("isValid(datum.mean)")
        .mark_bar(size=18)
        .encode(
            x=x,
            y=alt.Y(
                "sum(mean):Q",
                title=title,
                axis=alt.Axis(labelExpr=SHORT, tickCount=4, minExtent=38, maxExtent=38),
            ),
            color=alt.Color(f"{colour}:N", scale=scale),
            order="rank:Q",
            tooltip=["year:O", f"{panel}:N", f"{colour}:N", alt.Tooltip("mean:Q", format=",.3~r")],
        )
    )
    layers = [bars]
    if total:
        layers.append(
            alt.Chart()
            .transform_filter("isValid(datum.q50)")
            .mark_rule(color=INK, strokeWidth=1.5)
            .encode(x=x, y="q05:Q", y2="q95:Q", tooltip=_tips([panel], "year"))
        )
    if extra:
        layers.append(
            alt.Chart()
            .transform_filter(f"isValid(datum.{extra})")
            .mark_tick(color=INK, thickness=2.5, size=26)
            .encode(
                x=x,
                y=f"{extra}:Q",
                tooltip=["year:O", f"{panel}:N", alt.Tooltip(f"{extra}:Q", format=",.3~r")],
            )
        )
    return _wrapped(alt.layer(*layers, data=rank), panel, ordered(frame, panel), 3)


def _wrapped(layer: Any, panel: str, order: list[str], columns: int, height: int = 150) -> Any:
    columns = min(columns, len(order))
    made = layer.properties(width=(WIDTH - 65 * columns) // columns, height=height).facet(
        facet=alt.Facet(
            f"{panel}:N",
            sort=order,
            title=None,
            header=alt.Header(labelAnchor="start", labelLimit=260),
        ),
        columns=columns,
    )
    return finish(
        made.resolve_scale(y="independent").resolve_axis(x="independent", y="independent")
    )


def dots(frame: pd.DataFrame, panel: str, label: str, *, title: str, columns: int = 3) -> Any:
    """Dots with a 5-95 % interval, one line a label, best first; filled where on record.

    frame   panel, label, mean in [0, 1], q05, q95, record
    """
    y = alt.Y(
        f"{label}:N",
        title=None,
        sort=alt.EncodingSortField("mean", order="descending"),
        axis=alt.Axis(grid=False, labelLimit=122, minExtent=128, maxExtent=128),
    )
    x = alt.X(
        "q05:Q",
        title=title,
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=[0, 0.25, 0.5, 0.75, 1]),
    )
    record = alt.Scale(domain=["on record", "not on record"], range=[BLUE, "white"])
    layers = [
        alt.Chart().mark_rule(color=BLUE, opacity=0.45, strokeWidth=2).encode(y=y, x=x, x2="q95:Q"),
        alt.Chart()
        .mark_circle(size=62, stroke=BLUE, strokeWidth=1.5, opacity=1)
        .encode(
            y=y,
            x="mean:Q",
            fill=alt.Fill("record:N", scale=record),
            tooltip=[
                f"{panel}:N",
                f"{label}:N",
                "record:N",
                alt.Tooltip("mean:Q", format=".0%"),
                alt.Tooltip("q05:Q", format=".0%"),
                alt.Tooltip("q95:Q", format=".0%"),
            ],
        ),
    ]
    order = ordered(frame, panel)
    columns = min(columns, len(order))
    made = (
        alt.layer(*layers, data=frame)
        .properties(width=(WIDTH - 150 * columns) // columns, height=alt.Step(17))
        .facet(
            facet=alt.Facet(
                f"{panel}:N",
                sort=order,
                title=None,
                header=alt.Header(labelAnchor="start", labelLimit=260),
            ),
            columns=columns,
        )
    )
    return finish(
        made.resolve_scale(y="independent").resolve_axis(x="independent", y="independent")
    )


def shares(frame: pd.DataFrame, panel: str, part: str, *, title: str) -> Any:
    """Stacked shares a year, adding up to one. frame: year, panel, part, share."""
    parts = ordered(frame, part)
    rank = frame.assign(rank=[parts.index(p) for p in frame[part]])
    bars = (
        alt.Chart(rank)
        .mark_bar(size=22)
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(
                "sum(share):Q",
                title=title,
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=4),
            ),
            color=alt.Color(
                f"{part}:N", sort=parts, scale=alt.Scale(domain=parts, range=PALETTE[: len(parts)])
            ),
            order="rank:Q",
            tooltip=["year:O", f"{panel}:N", f"{part}:N", alt.Tooltip("share:Q", format=".1%")],
        )
    )
    return _wrapped(bars, panel, ordered(frame, panel), 2)


def years(
    frame: pd.DataFrame,
    panel: str,
    *,
    title: str,
    columns: int = 3,
    bounded: bool = False,
    zero_line: bool = False,
) -> Any:
    """Intervals a year: thin 5-95 %, thick 25-75 %, a dot for the median.

    frame   year, panel, q05 ... q95; bounded: the axis is 0 to 1 in percent
    """
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    y = _amounts(title, alt.Scale(zero=True))
    if bounded:
        y = alt.Y(
            "q05:Q",
            title=title,
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", tickCount=4, minExtent=38, maxExtent=38),
        )
    base = alt.Chart()
    layers = [base.mark_rule(color=INK).encode(y=alt.datum(0))] if zero_line else []
    layers += [
        base.mark_rule(color=BLUE, opacity=0.5, strokeWidth=2).encode(x=x, y=y, y2="q95:Q"),
        base.mark_rule(color=BLUE, opacity=0.6, strokeWidth=7).encode(x=x, y="q25:Q", y2="q75:Q"),
        base.mark_circle(color=INK, size=32, opacity=1).encode(
            x=x, y="q50:Q", tooltip=_tips([panel], "year")
        ),
    ]
    return _wrapped(alt.layer(*layers, data=frame), panel, ordered(frame, panel), columns, 120)


def changes(frame: pd.DataFrame) -> Any:
    """Change by outcome in percent with a 5-95 % interval, a panel a lever.

    frame   lever, outcome, low, median, high in percent
    """
    y = alt.Y("outcome:N", title=None, sort=None, axis=alt.Axis(grid=False, labelLimit=330))
    base = alt.Chart()
    layers = [
        base.mark_rule(color=INK, strokeWidth=1).encode(x=alt.datum(0)),
        base.mark_rule(color=BLUE, opacity=0.5, strokeWidth=3).encode(
            y=y, x=alt.X("low:Q", title="change in percent of the same future"), x2="high:Q"
        ),
        base.mark_circle(color=BLUE, size=55, opacity=1).encode(
            y=y, x="median:Q", tooltip=["outcome:N", "low:Q", "median:Q", "high:Q"]
        ),
    ]
    made = (
        alt.layer(*layers, data=frame)
        .properties(width=420, height=alt.Step(18))
        .facet(
            row=alt.Row(
                "lever:N",
                sort=ordered(frame, "lever"),
                title=None,
                header=alt.Header(orient="top", labelAnchor="start", labelLimit=700),
            )
        )
    )
    return finish(made.resolve_scale(y="independent").resolve_axis(x="independent"))


def steps(audit: Any) -> Any:
    """An Altair chart from the `steps` of an audit that was asked for one figure."""
    import altair as alt

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
            axis=alt.Axis(labelLimit=400),
        )
    )
    bar = base.mark_bar(height=8).encode(
        x=alt.X("low:Q", title=f"implied low to high [{unit}]"),
        x2="high:Q",
        color=alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=["held", "set aside: it clashes"], range=["#4477aa", "#cc6677"]),
        ),
        tooltip=["label", "said", "low", "high"],
    )
    said = (
        alt.Chart(frame.head(1))
        .mark_rule(strokeDash=[4, 3])
        .encode(x="published_low:Q", size=alt.value(2))
    )
    return (bar + said).properties(
        width=640,
        title={
            "text": f"{steps['figure'].iloc[0]}: what the other figures leave",
            "subtitle": "added one after another, from top to bottom; dashed: the published value",
        },
    )
