"""Tidy pandas frames of a run: quantiles over futures, and what was observed beside them.

Every number is rounded to four digits that count: a picture shows no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kautilya.core.world import LINE
from kautilya.report.holdings import Holding, flow, going_on, variable
from kautilya.report.subject import Subject, central, full
from kautilya.runs.summary import LEVELS, quantiles

COLUMNS = [f"q{round(100 * level):02d}" for level in LEVELS]
DUST = 1e-4  # of the largest: less of a quantity is none of it
FEW = 20  # futures that a band needs
SEEN = {
    "floor": "counted from pictures",
    "claim": "claimed by the other side",
    "value": "observed",
}  # an observed series, by what the scenario says it is
ORIGINS = {
    "prewar": "from before the war",
    "new": "newly built",
    "restored": "restored from store",
    "foreign": "foreign or captured",
}  # the stages of the line
TOP = 6  # suppliers with a colour of their own; a seventh colour is harder to tell apart


def rounded(values: Any) -> np.ndarray:
    """Values with four digits that count."""
    x = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = 10.0 ** (3 - np.floor(np.log10(np.abs(x))))
        out = np.round(x * digits) / digits
    return np.where((x == 0) | ~np.isfinite(digits), np.where(np.isfinite(x), 0.0, np.nan), out)


class Parts(NamedTuple):
    """A quantity over futures, told in parts: a median over futures of different kinds says little.

    over    share of futures in which the war is over before, and nothing is left of the quantity
    none    of the rest, the share without any of it
    low, median, high   90 % interval where there is any; NaN where there is none
    """

    over: float
    none: float
    low: float
    median: float
    high: float


def parts(values: Any, live: Any = None) -> Parts:
    """A quantity [future] in parts; live: futures in which the war goes on, where one ends."""
    x = np.asarray(values, dtype=float)
    x = np.where(np.abs(x) <= DUST * np.max(np.abs(x), initial=0.0), 0.0, x)
    ended = np.zeros(len(x), dtype=bool) if live is None else ~np.asarray(live, dtype=bool)
    if np.any(x[ended] != 0):
        ended[:] = False  # it goes on without the war
    rest = x[~ended]
    some = rest[rest != 0]
    low, median, high = np.quantile(some, (0.05, 0.5, 0.95)) if some.size else (np.nan,) * 3
    none = float(np.mean(rest == 0)) if rest.size else 0.0
    return Parts(float(ended.mean()), none, float(low), float(median), float(high))


def marks(subject: Subject, array: Any, live: np.ndarray | None = None) -> pd.DataFrame:
    """One row a time and label: q05 q25 q50 q75 q95; labels in words, ids beside as `id_DIM`.

    live    [future, time]: the futures that count at each time; without it all do
    """
    array = array.transpose("future", *[d for d in ("month", "year") if d in array.dims], ...)
    found = quantiles(array) if live is None else _quantiles_of(array, live)
    frame = found.to_dataframe(name="value").reset_index()
    labels = [str(d) for d in found.dims if d != "quantile"]
    wide = frame.pivot(index=labels, columns="quantile", values="value").reset_index()
    wide.columns = pd.Index(
        [c if isinstance(c, str) else COLUMNS[LEVELS.index(c)] for c in wide.columns]
    )
    wide[COLUMNS] = rounded(wide[COLUMNS])
    for dim in labels:
        if dim == "month":
            wide["date"] = (wide["month"] + "-01").str[:10]
        elif dim != "year":
            wide[f"id_{dim}"] = wide[dim]
            wide[dim] = [subject.name(str(v)) for v in wide[dim]]
    return wide


def _quantiles_of(array: Any, live: np.ndarray) -> Any:
    """Quantiles over the futures that count at each time; none where fewer than FEW do."""
    import xarray as xr

    values = array.values
    out = np.full((len(LEVELS), *values.shape[1:]), np.nan)
    for t in range(values.shape[1]):
        counts = live[:, t]
        if counts.sum() >= min(FEW, len(live)):
            out[:, t] = np.quantile(values[counts, t].astype(float), LEVELS, axis=0)
    dims = array.dims[1:]
    coords = {"quantile": list(LEVELS), **{d: array[d] for d in dims}}
    return xr.DataArray(out, dims=("quantile", *dims), coords=coords)


def held(subject: Subject, holdings: Sequence[Holding]) -> pd.DataFrame:
    """The same of holdings by month: columns side and good."""
    import xarray as xr

    rows = []
    for one in holdings:
        array = xr.DataArray(one.values, dims=("future", "month"), coords={"month": subject.months})
        ids = {"id_side": one.code, "id_good": one.good}
        names = {"side": subject.name(one.code), "good": subject.name(one.good)}
        rows += marks(subject, array).assign(**ids, **names).to_dict("records")
    return pd.DataFrame(rows)


def compared(
    subject: Subject, frame: pd.DataFrame, good: str, side: str, word: str = "{good}, {side}"
) -> pd.DataFrame:
    """Panels of one good beside each other, a side each, on one scale; goods that one side alone
    has come last."""
    sides = frame.groupby(f"id_{good}")[f"id_{side}"].transform("nunique")
    place = {g: i for i, g in enumerate(dict.fromkeys(frame[f"id_{good}"]))}
    first = {c: i for i, c in enumerate(subject.members("belligerent"))}
    keys = {
        "_alone": (sides < sides.max()).astype(int),
        "_good": frame[f"id_{good}"].map(place),
        "_side": frame[f"id_{side}"].map(lambda code: first.get(code, len(first))),
    }
    out = frame.assign(**keys).sort_values(list(keys), kind="stable").drop(columns=list(keys))
    out["panel"] = [word.format(good=g, side=s) for g, s in zip(out[good], out[side], strict=True)]
    return level(out, f"id_{good}")


def level(frame: pd.DataFrame, by: str = "") -> pd.DataFrame:
    """`_top` and `_low` in the first row of each panel: the ends of all panels of its kind (of
    all panels, without `by`), which the scales of these panels have in common."""
    out = frame.assign(_kind=frame[by] if by else 0)
    tops = [c for c in ("q95", "observed") if c in out]
    lows = [c for c in ("q05", "observed") if c in out]
    first = ~out["panel"].duplicated()
    ends = {
        "_top": out[tops].max(axis=1).groupby(out["_kind"]).transform("max").where(first),
        "_low": out[lows].min(axis=1).groupby(out["_kind"]).transform("min").where(first),
    }
    return out.assign(**ends).drop(columns="_kind")


def in_order(frame: pd.DataFrame, dim: str, members: Sequence[str]) -> pd.DataFrame:
    """Rows in the order of the scenario's set, and within a label in time."""
    place = {m: i for i, m in enumerate(members)}
    rank = frame[f"id_{dim}"].map(lambda m: place.get(m, len(place)))
    return frame.assign(_rank=rank).sort_values("_rank", kind="stable").drop(columns="_rank")


def observed(subject: Subject, series: str, source: str, sides: str, goods: str) -> pd.DataFrame:
    """Rows of an observed series with the columns of `marks`: date, label, observed, source."""
    rows = [
        {
            "month": row.month,
            "date": f"{row.month}-01"[:10],
            f"id_{sides}": row.actor,
            sides: subject.name(row.actor),
            f"id_{goods}": row.good,
            goods: subject.name(row.good),
            "observed": float(rounded(row.value)),
            "source": source,
        }
        for row in subject.scenario.series
        if row.series == f"observed.{series}"
    ]
    return pd.DataFrame(rows)


def declared_series(
    subject: Subject, outcomes: Sequence[str], sides: str, goods: str
) -> list[pd.DataFrame]:
    """The series that the scenario says are totals of these outcomes."""
    found = []
    for name, one in subject.scenario.head.observed.items():
        about = [one.outcome] if isinstance(one.outcome, str) else one.outcome
        if one.counts == "total" and set(about) <= set(outcomes):
            found.append(observed(subject, name, SEEN[one.kind], sides, goods))
    return found


def with_observed(frame: pd.DataFrame, seen: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """A frame of `marks` with the observed rows that belong to one of its panels."""
    frame = frame.assign(observed=np.nan, source=None)
    panels = set(map(tuple, frame[keys].astype(str).values))

    def within(one: pd.DataFrame) -> pd.DataFrame:
        return one[[tuple(v) in panels for v in one[keys].astype(str).values]]

    kept = [within(one) for one in seen if len(one)]
    kept = [one.reindex(columns=frame.columns) for one in kept if len(one)]
    if not kept:
        return frame
    whole = [*frame.to_dict("records"), *(row for one in kept for row in one.to_dict("records"))]
    return pd.DataFrame(whole, columns=frame.columns)


def lost(subject: Subject) -> tuple[Any, tuple[str, ...]] | None:
    """Losses for good and captures since the start [future, time, belligerent, equipment], and
    the outcomes that they are; monthly where the run has them so."""
    for every in ("month", "year"):
        parts = [
            *flow(subject, "attrition", every, from_="belligerent", to="battlefield"),
            *flow(subject, "attrition", every, from_="belligerent", to_stage="foreign"),
        ]
        parts = [one for one in parts if {"belligerent", "equipment"} <= set(one.dims)]
        if parts:
            total = sum(parts[1:], parts[0]).cumsum(every)
            return total, tuple(str(one.name) for one in parts)
    return None


def losses(subject: Subject) -> pd.DataFrame | None:
    """Cumulative permanent losses by side and class, with visual counts and claims."""
    found = lost(subject)
    if found is None:
        return None
    total, outcomes = found
    frame = marks(subject, total)
    if "month" not in frame:
        return frame
    seen = declared_series(subject, outcomes, "belligerent", "equipment")
    return with_observed(frame, seen, ["id_belligerent", "id_equipment"])


def fired(subject: Subject) -> pd.DataFrame | None:
    """Rounds, missiles and drones used a month while the war goes on, with launches as the
    defender counts them."""
    array = variable(subject, "fired")
    if array is None or not {"belligerent", "munition"} <= set(array.dims):
        return None
    seen = [
        observed(subject, name, "launches counted by the defender", "belligerent", "munition")
        for name in ("missiles", "drones")
    ]
    frame = marks(subject, array, going_on(subject, "month"))
    frame = frame[frame.groupby(["belligerent", "munition"])["q95"].transform("max") > 0]
    return with_observed(frame, seen, ["id_belligerent", "id_munition"])


def soldiers(subject: Subject, to: str = "", to_stage: str = "") -> Any:
    """Soldiers killed or wounded a month [future, month, belligerent]; None without them."""
    ends = {"to": to} if to else {"to_stage": to_stage}
    found = flow(subject, "manpower", from_="belligerent", **ends)
    return found[0] if found else None


def deaths(subject: Subject) -> pd.DataFrame | None:
    """Soldiers killed a month while the war goes on, with the deaths known by name."""
    dead = soldiers(subject, to="battlefield")
    if dead is None:
        return None
    seen = observed(subject, "deaths_named", "deaths known by name", "belligerent", "good")
    frame = marks(subject, dead, going_on(subject, "month"))
    return with_observed(frame, [seen], ["id_belligerent"])


def casualties(subject: Subject) -> pd.DataFrame | None:
    """Soldiers killed and wounded since the start, with the claims on the same."""
    dead, wounded = soldiers(subject, to="battlefield"), soldiers(subject, to_stage="wounded")
    if dead is None or wounded is None:
        return None
    seen = observed(subject, "claimed_lost", SEEN["claim"], "belligerent", "good")
    seen = seen[seen["id_good"] == "person"] if len(seen) else seen
    return with_observed(
        marks(subject, (dead + wounded).cumsum("month")), [seen], ["id_belligerent"]
    )


def leading(subject: Subject) -> list[str]:
    """Suppliers by the value of what they hand over, all years, most first."""
    worth = _worth(subject).sum("offer").sum("year").mean("future")
    order = np.argsort(-worth.values, kind="stable")
    return [str(worth["supplier"].values[i]) for i in order if worth.values[i] > 0]


def _worth(subject: Subject) -> Any:
    """Value of deliveries at the mean price of the year [future, year, supplier, offer]."""
    shipped, price = deliveries(subject), one_buyer(variable(subject, "price", "year"))
    return shipped * price if price is not None and "offer" in price.dims else shipped


def one_buyer(array: Any) -> Any:
    """Without the dim of the buyers where there is one of them; None where there are several."""
    if array is None or "buyer" not in array.dims:
        return array
    return array.isel(buyer=0, drop=True) if array.sizes["buyer"] == 1 else None


def deliveries(subject: Subject) -> Any:
    """Deliveries [future, year, supplier, offer], to all buyers together; None without them."""
    shipped = variable(subject, "shipped", "year")
    if shipped is None or not {"supplier", "offer"} <= set(shipped.dims):
        return None
    return shipped.sum("buyer") if "buyer" in shipped.dims else shipped


def supplies(subject: Subject) -> pd.DataFrame | None:
    """Mean deliveries a year by class and supplier, and quantiles of the class's total.

    Classes that fewer than one future in twenty sees delivered are left out.
    """
    shipped = deliveries(subject)
    if shipped is None:
        return None
    first = leading(subject)[:TOP]
    mean = shipped.mean("future").to_dataframe("mean").reset_index()
    mean["supplier"] = [subject.name(s) if s in first else "all others" for s in mean["supplier"]]
    mean = mean.groupby(["year", "offer", "supplier"], as_index=False)["mean"].sum()
    total = marks(subject, shipped.sum("supplier")).drop(columns="offer")
    total = total.rename(columns={"id_offer": "offer"})
    rows = [*mean.to_dict("records"), *total.to_dict("records")]
    out = pd.DataFrame(rows)
    out["mean"] = rounded(out["mean"])
    out = out[out.groupby("offer")["q95"].transform("max") > 0].copy()
    out["panel"] = [heading(subject, str(g)) for g in out["offer"]]
    out["id_offer"] = out.pop("offer")
    return out[(out["mean"] > 0) | out["q50"].notna()]


def heading(subject: Subject, good: str) -> str:
    """Name of a good, with its unit where it is not counted in pieces."""
    from kautilya.wording import unit

    shown = unit(subject.scenario.units.get(good, ""))
    return f"{subject.name(good)} ({shown})" if shown else subject.name(good)


def on_record(subject: Subject, year: str) -> set[tuple[str, str]]:
    """(supplier, class) with deliveries on record in a year, up to the as-of month."""
    at = [i for i, m in enumerate(subject.months) if m[:4] == year and m <= subject.as_of]
    named = {
        (row.actor, row.good)
        for row in subject.scenario.quantities
        if row.parameter == full(subject, "delivered")
    }
    units = subject.scenario.units
    return {
        (a, g)
        for a, g in named
        if g in units
        and at
        and a in subject.names
        and central(subject, "delivered", f"{units[g]}/month", actor=a, good=g)[at].max() > 0
    }


def chances(subject: Subject, years: list[str], top: int = 8) -> pd.DataFrame | None:
    """Probability of supply by class and state: mean, q05, q95, and whether it is on record."""
    chance = one_buyer(variable(subject, "supply_chance", "year"))
    if chance is None:
        return None
    frame = marks(subject, chance.sel(year=years))
    mean = chance.sel(year=years).mean("future").to_dataframe("middle").reset_index()
    mean = mean.rename(columns={"supplier": "id_supplier", "offer": "id_offer"})
    frame = frame.merge(mean, on=["year", "id_supplier", "id_offer"])
    known = {(y, a, g) for y in years for a, g in on_record(subject, y)}
    frame["record"] = [
        "on record" if key in known else "not on record"
        for key in zip(frame["year"], frame["id_supplier"], frame["id_offer"], strict=True)
    ]
    frame["middle"] = rounded(frame["middle"])
    frame = frame.sort_values(["year", "offer", "middle"], ascending=[True, True, False])
    keep = frame.groupby(["year", "offer"]).cumcount() < top
    frame = frame[keep | (frame["record"] == "on record")]
    return frame[frame.groupby(["year", "offer"])["middle"].transform("max") >= 0.01]


def payment_prices(subject: Subject, kinds: list[str]) -> np.ndarray:
    """Central value of one unit of each kind of payment, US$ m."""
    units = subject.scenario.units
    return np.array(
        [
            central(subject, "unit_price", f"USD_m/{units[k]}", good=k)[0] if k in units else np.nan
            for k in kinds
        ]
    )


def terms(subject: Subject, top: int = 5) -> tuple[pd.DataFrame, pd.DataFrame | None] | None:
    """Payments by supplier, year and kind (mean), with the value supplied; and the balance.

    The value supplied stands at the mean price of the year, payments at the central price of
    each kind; the balance is what nothing was seen to be given for (outcome `unpaid`), where a
    run has it, at its worth to the supplier, with quantiles over futures. US$ m a year.
    """
    payments = one_buyer(variable(subject, "payments", "year"))
    price = one_buyer(variable(subject, "price", "year"))
    if payments is None or price is None or deliveries(subject) is None:
        return None
    payments = payments.transpose("future", "year", "payment", "supplier")
    each = payment_prices(subject, [str(k) for k in payments["payment"].values])
    if not np.isfinite(each).all():
        return None
    paid = payments * each[:, None]
    first = leading(subject)[:top]
    worth = _worth(subject).sum("offer").sel(supplier=first)
    rows = paid.sel(supplier=first).mean("future").to_dataframe("mean").reset_index()
    supplied = worth.mean("future").to_dataframe("supplied").reset_index()
    both = pd.DataFrame([*rows.to_dict("records"), *supplied.to_dict("records")])
    both["panel"] = [subject.name(s) for s in both.pop("supplier")]
    both["payment"] = [subject.name(p) if isinstance(p, str) else p for p in both["payment"]]
    both[["mean", "supplied"]] = rounded(both[["mean", "supplied"]])
    order = both["panel"].map([subject.name(s) for s in first].index)
    both = both.assign(_o=order).sort_values("_o", kind="stable").drop(columns="_o")
    unpaid = one_buyer(variable(subject, "unpaid", "year"))
    if unpaid is None:
        return both, None
    balance = marks(subject, unpaid.sel(supplier=first))
    rank = balance["id_supplier"].map(first.index)
    return both, balance.assign(_o=rank).sort_values("_o", kind="stable").drop(columns="_o")


def fleet(subject: Subject) -> tuple[pd.DataFrame, tuple[str, ...]] | None:
    """Mean share of each origin in the equipment with the forces at the end of the year, of the
    holder whose stages of the line have an outcome each; and the outcomes."""
    parts = {
        one.stages[0]: subject.data[one.id]
        for one in subject.scenario.outcomes
        if one.kind == "stock" and len(one.stages) == 1 and one.stages[0] in LINE
        if subject.has(one.id, "year", "equipment")
    }
    if len(parts) < 2:
        return None
    total = sum(list(parts.values())[1:], next(iter(parts.values())))
    rows = []
    for origin, array in parts.items():
        share = (array / total.where(total > 0)).mean("future")
        frame = share.to_dataframe("share").reset_index()
        rows += frame.assign(origin=ORIGINS[origin]).to_dict("records")
    out = pd.DataFrame(rows)
    out["share"] = rounded(out["share"])
    out["panel"] = [subject.name(g) for g in out.pop("equipment")]
    return out, tuple(str(array.name) for array in parts.values())
