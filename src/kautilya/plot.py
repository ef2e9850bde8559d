"""Charts of a run for a notebook: `kautilya.plot`. Each is an Altair chart, as the report draws it.

import kautilya as kt
ens = kt.run("russia_dprk_2024", futures=256)
kt.plot.fan(ens, "line", belligerent="RUS", equipment="tank")

What is not drawn here has its numbers in the dataset: `ens["line"].median("future").plot()`.
"""

from __future__ import annotations

import json
import textwrap
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from kautilya.errors import KautilyaError

if TYPE_CHECKING:
    import altair as alt
    import xarray as xr

    from kautilya.report.plain import Figure
    from kautilya.report.storylines import Storylines
    from kautilya.report.subject import Subject

__all__ = ["fan", "storylines", "supply", "why"]
WIDE = 110  # letters of a line under a title
CANDIDATES = 6
NO_RUN = "it does not say which run it is of"
GIVE = "Give what kt.run or kt.opened returned, or a part of it"


def fan(data: xr.Dataset, outcome: str, **labels: str) -> alt.TopLevelMixin:
    """An outcome over time: bands of 90 and 50 % of futures, the median, the as-of month.

    data     of kt.run; outcome: one of its variables
    labels   what is shown of each dim, such as belligerent="RUS"; all of a dim that is left out
    An outcome that is 0 or 1 is drawn as a share of futures. Raises KautilyaError for an unknown
    outcome or label, and where nothing is there to be drawn.

    >>> import kautilya as kt
    >>> ens = kt.run("iwo_jima_1945", futures=64)
    >>> type(kt.plot.fan(ens, "strength", belligerent="JPN")).__name__
    'FacetChart'
    """
    from kautilya.report.plain import drawn
    from kautilya.scenario.mistakes import near

    if outcome not in data:
        raise KautilyaError(
            outcome, "no outcome of this run", near(outcome, [str(n) for n in data.data_vars])
        )
    array = data[outcome]
    for dim, label in labels.items():
        known = [str(one) for one in array[dim].values] if dim in array.dims else []
        if not known:
            raise KautilyaError(
                f"{dim}={label}", f"{outcome} has no such dim", near(dim, dims(array))
            )
        if label not in known:
            raise KautilyaError(f"{dim}={label}", f"no label of {dim}", near(label, known))
    chosen = {dim: [label] for dim, label in labels.items()}
    figure = drawn(about(data[[outcome]].sel(chosen)), outcome)
    if figure is None:
        raise KautilyaError(outcome, "it is zero everywhere, or has no course in time", GIVE)
    return _shown(figure)


def dims(array: xr.DataArray) -> list[str]:
    """Dims beside futures and time."""
    return [str(one) for one in array.dims if one not in ("future", "month", "year")]


def supply(data: xr.Dataset) -> alt.TopLevelMixin:
    """Who supplies what, a year and class: means by supplier, the 90 % range of the sum.

    data   of kt.run. Raises KautilyaError where the scenario has no suppliers.
    """
    from kautilya.report.pictures import supplies

    figure = supplies(about(data))
    if figure is None:
        raise KautilyaError("supply", "nobody supplies anything in this run", GIVE)
    return _shown(figure)


def why(found: xr.Dataset) -> alt.TopLevelMixin:
    """Why them and not others: the terms that move each of the likeliest candidates.

    found   what kt.why returned
    """
    import pandas as pd

    from kautilya.report import charts
    from kautilya.wording import percent

    if "terms" not in found or "probability" not in found:
        raise KautilyaError("why", "no answer to a question why", "Give what kt.why returned")
    names = json.loads(found.attrs.get("names", "{}"))
    rows = []
    for one in found["supplier"].values[:CANDIDATES]:
        cell = found.sel(supplier=one)
        panel = f"{names.get(str(one), one)}, {percent(float(cell['probability']))}"
        rows += [
            {"panel": panel, "term": names.get(term, term.replace("_", " ")), "value": float(value)}
            for term, value in cell["terms"].to_series().items()
        ]
    good, year = (str(found.attrs.get(key, "")) for key in ("good", "during"))
    chart = charts.terms(pd.DataFrame(rows))
    caption = "Mean contribution to asking and agreeing, logits; after a name: how likely it is."
    return _titled(chart, f"Who supplies {names.get(good, good)}, {year}, and why", caption)


def storylines(found: Storylines) -> alt.TopLevelMixin:
    """When what happens in the typical future of each storyline.

    found   what kt.storylines returned
    """
    from kautilya.report.storylines import figure

    return _shown(figure(found))


def about(data: xr.Dataset) -> Subject:
    """What the report draws of: the run's numbers by the labels of the program."""
    from kautilya.report.subject import subject
    from kautilya.runs.dates import labelled
    from kautilya.runs.ensemble import scenario_of

    if "manifest" not in data.attrs:
        raise KautilyaError("data", NO_RUN, GIVE)
    manifest = json.loads(data.attrs["manifest"])
    run = SimpleNamespace(data=labelled(data), manifest=manifest)
    return subject(run, scenario_of(manifest))


def _shown(figure: Figure) -> alt.TopLevelMixin:
    return _titled(figure.chart, figure.title, figure.caption)


def _titled(chart: Any, title: str, caption: str) -> alt.TopLevelMixin:
    """With what the report writes above and below; rows of data inline, however many."""
    import altair as alt

    if hasattr(chart.data, "to_dict"):
        rows = json.loads(chart.data.to_json(orient="records"))
        chart.data = alt.InlineData(values=rows)
    chart.title = alt.TitleParams(
        title, subtitle=textwrap.wrap(caption, WIDE), anchor="start", subtitleColor="#444444"
    )
    return cast("alt.TopLevelMixin", chart)
