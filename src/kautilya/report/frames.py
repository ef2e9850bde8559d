"""Tidy pandas frames of a run: quantiles over futures, and what was observed beside them.

Every number is rounded to four digits that count: a picture shows no more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kautilya.report.subject import Subject, central, full
from kautilya.runs.summary import LEVELS, quantiles

COLUMNS = [f"q{round(100 * level):02d}" for level in LEVELS]
TOP = 6  # suppliers with a colour of their own; a seventh colour is harder to tell apart


def rounded(values: Any) -> np.ndarray:
    """Values with four digits that count."""
    x = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        digits = 10.0 ** (3 - np.floor(np.log10(np.abs(x))))
        out = np.round(x * digits) / digits
    return np.where((x == 0) | ~np.isfinite(digits), np.where(np.isfinite(x), 0.0, np.nan), out)


def marks(subject: Subject, array: Any) -> pd.DataFrame:
    """One row a time and label: q05 q25 q50 q75 q95; labels in words, ids beside as `id_DIM`."""
    found = quantiles(array.transpose("future", ...))
    frame = found.to_dataframe(name="value").reset_index()
    labels = [str(d) for d in found.dims if d != "quantile"]
    wide = frame.pivot(index=labels, columns="quantile", values="value").reset_index()
    wide.columns = pd.Index(
        [c if isinstance(c, str) else COLUMNS[LEVELS.index(c)] for c in wide.columns]
    )
    wide[COLUMNS] = rounded(wide[COLUMNS])
    for dim in labels:
        if dim == "month":
            wide["date"] = wide["month"] + "-01"
        elif dim != "year":
            wide[f"id_{dim}"] = wide[dim]
            wide[dim] = [subject.name(str(v)) for v in wide[dim]]
    return wide


def observed(subject: Subject, series: str, source: str, sides: str, goods: str) -> pd.DataFrame:
    """Rows of an observed series with the columns of `marks`: date, label, seen, source."""
    rows = [
        {
            "month": row.month,
            "date": f"{row.month}-01",
            f"id_{sides}": row.actor,
            sides: subject.name(row.actor),
            f"id_{goods}": row.good,
            goods: subject.name(row.good),
            "seen": float(rounded(row.value)),
            "source": source,
        }
        for row in subject.scenario.series
        if row.series == f"observed.{series}"
    ]
    return pd.DataFrame(rows)


def with_observed(frame: pd.DataFrame, seen: list[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """A frame of `marks` with the observed rows that belong to one of its panels."""
    frame = frame.assign(seen=np.nan, source=None)
    panels = set(map(tuple, frame[keys].astype(str).values))

    def within(one: pd.DataFrame) -> pd.DataFrame:
        return one[[tuple(v) in panels for v in one[keys].astype(str).values]]

    kept = [within(one) for one in seen if len(one)]
    kept = [one.reindex(columns=frame.columns) for one in kept if len(one)]
    if not kept:
        return frame
    whole = [*frame.to_dict("records"), *(row for one in kept for row in one.to_dict("records"))]
    return pd.DataFrame(whole, columns=frame.columns)


def losses(subject: Subject) -> pd.DataFrame | None:
    """Cumulative permanent losses by side and class, with visual counts and claims."""
    data, dims = subject.data, ("month", "belligerent", "equipment")
    parts = [data[name] for name in ("destroyed", "captured") if subject.has(name, *dims)]
    if not parts:
        return None
    total = sum(parts[1:], parts[0]).cumsum("month")
    seen = [
        observed(subject, "oryx_lost", "counted from pictures", "belligerent", "equipment"),
        observed(subject, "claimed_lost", "claimed by the other side", "belligerent", "equipment"),
    ]
    return with_observed(marks(subject, total), seen, ["id_belligerent", "id_equipment"])


def fired(subject: Subject) -> pd.DataFrame | None:
    """Rounds, missiles and drones used a month, with launches as the defender counts them."""
    if not subject.has("fired", "month", "belligerent", "munition"):
        return None
    seen = [
        observed(subject, name, "launches counted by the defender", "belligerent", "munition")
        for name in ("missiles", "drones")
    ]
    frame = marks(subject, subject.data["fired"])
    frame = frame[frame.groupby(["belligerent", "munition"])["q95"].transform("max") > 0]
    return with_observed(frame, seen, ["id_belligerent", "id_munition"])


def deaths(subject: Subject) -> pd.DataFrame | None:
    """Soldiers killed a month, with the deaths known by name."""
    if not subject.has("dead", "month", "belligerent"):
        return None
    seen = observed(subject, "deaths_named", "deaths known by name", "belligerent", "good")
    return with_observed(marks(subject, subject.data["dead"]), [seen], ["id_belligerent"])


def casualties(subject: Subject) -> pd.DataFrame | None:
    """Soldiers killed and wounded since the start, with the claims on the same."""
    if not all(subject.has(name, "month", "belligerent") for name in ("dead", "wounded")):
        return None
    total = (subject.data["dead"] + subject.data["wounded"]).cumsum("month")
    seen = observed(subject, "claimed_lost", "claimed by the other side", "belligerent", "good")
    seen = seen[seen["id_good"] == "person"] if len(seen) else seen
    return with_observed(marks(subject, total), [seen], ["id_belligerent"])


def leading(subject: Subject) -> list[str]:
    """Suppliers by the value of what they hand over, all years, most first."""
    worth = _worth(subject).sum("offer").sum("year").mean("future")
    order = np.argsort(-worth.values, kind="stable")
    return [str(worth["supplier"].values[i]) for i in order if worth.values[i] > 0]


def _worth(subject: Subject) -> Any:
    """Value of deliveries at the mean price of the year [future, year, supplier, offer]."""
    shipped = subject.data["shipped"]
    if "price" in subject.data and "offer" in subject.data["price"].dims:
        price = subject.data["price"]
        return shipped * (price.isel(buyer=0, drop=True) if "buyer" in price.dims else price)
    return shipped


def supplies(subject: Subject) -> pd.DataFrame | None:
    """Mean deliveries a year by class and supplier, and quantiles of the class's total.

    Classes that fewer than one future in twenty sees delivered are left out.
    """
    if not subject.has("shipped", "year", "supplier", "offer"):
        return None
    shipped = subject.data["shipped"]
    first = leading(subject)[:TOP]
    mean = shipped.mean("future").to_dataframe("mean").reset_index()
    mean["supplier"] = [subject.name(s) if s in first else "all others" for s in mean["supplier"]]
    mean = mean.groupby(["year", "offer", "supplier"], as_index=False)["mean"].sum()
    total = marks(subject, shipped.sum("supplier")).drop(columns="offer")
    total = total.rename(columns={"id_offer": "offer"})
    rows = [*mean.to_dict("records"), *total.to_dict("records")]
    out = pd.DataFrame(rows)
    out["mean"] = rounded(out["mean"])
    out = out[out.groupby("offer")["q95"].transform("max") > 0]
    out["class"] = [heading(subject, str(g)) for g in out["offer"]]
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
    if not subject.has("supply_chance", "year", "supplier", "offer"):
        return None
    chance = subject.data["supply_chance"]
    frame = marks(subject, chance.sel(year=years))
    mean = chance.sel(year=years).mean("future").to_dataframe("mean").reset_index()
    mean = mean.rename(columns={"supplier": "id_supplier", "offer": "id_offer"})
    frame = frame.merge(mean, on=["year", "id_supplier", "id_offer"])
    known = {(y, a, g) for y in years for a, g in on_record(subject, y)}
    frame["record"] = [
        "on record" if key in known else "not on record"
        for key in zip(frame["year"], frame["id_supplier"], frame["id_offer"], strict=True)
    ]
    frame["mean"] = rounded(frame["mean"])
    frame = frame.sort_values(["year", "offer", "mean"], ascending=[True, True, False])
    keep = frame.groupby(["year", "offer"]).cumcount() < top
    frame = frame[keep | (frame["record"] == "on record")]
    return frame[frame.groupby(["year", "offer"])["mean"].transform("max") >= 0.01]


def payment_prices(subject: Subject, kinds: list[str]) -> np.ndarray:
    """Central value of one unit of each kind of payment, US$ m."""
    units = subject.scenario.units
    return np.array(
        [
            central(subject, "unit_price", f"USD_m/{units[k]}", good=k)[0] if k in units else np.nan
            for k in kinds
        ]
    )


def terms(subject: Subject, top: int = 5) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Payments by supplier, year and kind (mean), with the value supplied; and the balance.

    The value supplied stands at the mean price of the year, payments at the central price of
    each kind; the balance (supplied minus paid) has quantiles over futures. US$ m a year.
    """
    if not (
        subject.has("payments", "year", "payment", "supplier")
        and "price" in subject.data
        and subject.has("shipped", "year", "supplier", "offer")
    ):
        return None
    payments = subject.data["payments"].transpose("future", "year", "payment", "supplier")
    price = payment_prices(subject, [str(k) for k in payments["payment"].values])
    if not np.isfinite(price).all():
        return None
    paid = payments * price[:, None]
    first = leading(subject)[:top]
    worth = _worth(subject).sum("offer").sel(supplier=first)
    paid = paid.sel(supplier=first)
    rows = paid.mean("future").to_dataframe("mean").reset_index()
    supplied = worth.mean("future").to_dataframe("supplied").reset_index()
    both = pd.DataFrame([*rows.to_dict("records"), *supplied.to_dict("records")])
    both["supplier"] = [subject.name(s) for s in both["supplier"]]
    both[["mean", "supplied"]] = rounded(both[["mean", "supplied"]])
    balance = marks(subject, worth - paid.sum("payment"))
    rank = balance["id_supplier"].map(first.index)
    order = both["supplier"].map([subject.name(s) for s in first].index)
    both = both.assign(_o=order).sort_values("_o", kind="stable").drop(columns="_o")
    return both, balance.assign(_o=rank).sort_values("_o", kind="stable").drop(columns="_o")


def fleet(subject: Subject) -> pd.DataFrame | None:
    """Mean share of each vintage in the equipment with the forces at the end of the year."""
    parts = {
        one.id.removeprefix("fleet_"): subject.data[one.id]
        for one in subject.scenario.outcomes
        if one.id.startswith("fleet_") and subject.has(one.id, "year", "equipment")
    }
    if not parts:
        return None
    total = sum(list(parts.values())[1:], next(iter(parts.values())))
    rows = []
    for vintage, array in parts.items():
        share = (array / total.where(total > 0)).mean("future")
        frame = share.to_dataframe("share").reset_index()
        rows += frame.assign(vintage=vintage).to_dict("records")
    out = pd.DataFrame(rows)
    out["share"] = rounded(out["share"])
    out["equipment"] = [subject.name(g) for g in out["equipment"]]
    return out
