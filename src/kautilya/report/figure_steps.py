"""The chart of one figure: its bounds as the other figures are added one after another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kautilya.errors import KautilyaError


def chart(audit: Any) -> Any:
    """An Altair chart from the `steps` of an audit that was asked for one figure."""
    import altair as alt

    steps = audit.steps
    if not len(steps):
        raise KautilyaError("--chart", "there is nothing to draw", "Give --figure as well")
    frame = steps.assign(order=range(len(steps)),
                         label=steps["added"].where(steps["added"] != "", "ranges alone"),
                         state=steps["set_aside"].map({True: "set aside: it clashes",
                                                       False: "held"}))
    unit = str(frame["unit"].iloc[0])
    base = alt.Chart(frame).encode(
        y=alt.Y("label:N", sort=alt.EncodingSortField("order"), title=None,
                axis=alt.Axis(labelLimit=400)))
    bar = base.mark_bar(height=8).encode(
        x=alt.X("low:Q", title=f"implied low to high [{unit}]"), x2="high:Q",
        color=alt.Color("state:N", title=None, scale=alt.Scale(
            domain=["held", "set aside: it clashes"], range=["#4477aa", "#cc6677"])),
        tooltip=["label", "said", "low", "high"])
    said = alt.Chart(frame.head(1)).mark_rule(strokeDash=[4, 3]).encode(
        x="published_low:Q", size=alt.value(2))
    return (bar + said).properties(
        width=640, title={"text": f"{steps['figure'].iloc[0]}: what the other figures leave",
                          "subtitle": "added one after another, from top to bottom; dashed: the "
                          "published value"})


def write(audit: Any, path: Path) -> Path:
    """Write the chart as one HTML file that needs no network."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart(audit).save(str(path), format="html", inline=True)
    return path
