r"""Predictions beside what came: scores, coverage, reliability; everybody on the common cases.

    quantile score   mean over the levels q of 2 (1{y < x_q} - q) (x_q - y), over the mean month of
                     the series: about the CRPS, and for one level the pinball loss
    Brier            (p - y)^2; log score: -log of the chance that was given to what came
    coverage         share of outcomes inside the central 50, 80 and 90 %, ends included
    reliability      of those events that were given a chance near p, the share that came

A question counts once the record reaches the last month of its window, "ever" questions too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError
from kautilya.estimation import watched
from kautilya.scenario.calendar import month_number
from kautilya.validation.predictions import ENGINE, Predictions, Question
from kautilya.wording import many

CENTRAL = ((50, "0.25", "0.75"), (80, "0.1", "0.9"), (90, "0.05", "0.95"))
BINS = 5
MEANS = ("score", "in50", "in80", "in90", "brier", "log")
TINY = 1e-9


class Resolved(NamedTuple):
    """What came of predictions.

    cases        one row a question and forecaster; tables by title; open: questions that wait
    reliability  by forecaster and kind: said, came, cases
    """

    cases: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    reliability: pd.DataFrame
    open: int
    notes: list[str]

    @property
    def says(self) -> str:
        """How the first forecaster's bands held, and what was farthest off."""
        if self.cases.empty:
            return (
                f"Nothing is resolved yet: {many(self.open, 'question waits', 'questions wait')}."
            )
        name = self.cases["forecaster"].iloc[0]
        mine = self.cases[self.cases["forecaster"] == name]
        amounts = mine[mine["kind"] == "quantity"]
        if amounts.empty:
            return f"{name}: {many(len(mine), 'answer')} resolved, no amounts."
        far = amounts.loc[(_log(amounts["came"]) - _log(amounts["said"])).abs().idxmax()]
        return (
            f"{name}: {_held(amounts)}; farthest off: {watched.says(str(far['series']))} in "
            f"{many(int(far['months']), 'month')} from {far['first']}, "
            f"{far['said']:,.0f} said, {far['came']:,.0f} came."
        )


def _held(amounts: pd.DataFrame) -> str:
    """How many of the 90 % bands held, and how many answers gave none."""
    within = amounts["in90"].dropna() if "in90" in amounts else amounts.iloc[:0, 0]
    bare = len(amounts) - len(within)
    if not len(within):
        return f"{many(len(amounts), 'amount')} resolved, none with a 90 % band"
    also = f" ({bare} more without such a band)" if bare else ""
    return f"90 % bands held {int(within.sum())} of {many(len(within), 'amount')}{also}"


def _log(values: pd.Series) -> pd.Series:
    """Logs of sizes, with their signs: a stock or a change may lie below nothing."""
    return np.sign(values) * np.log1p(values.abs())


def record_of(places: Iterable[Path]) -> pd.DataFrame:
    """The record of observers in one or several folders, whose files go on one after another."""
    found = list(places)
    if not found:
        raise KautilyaError("--with", "no folder", "Give folders that hold files of the record")
    return watched.read(found).seen


def resolve(made: Predictions, seen: pd.DataFrame, since: str = "") -> Resolved:
    """Score predictions with a record [months, series].

    since   count only windows that begin in this month or later; KautilyaError for what is no month
    """
    if since:
        try:
            month_number(since)
        except ValueError as error:
            raise KautilyaError("--since", repr(since), str(error)) from None
    counted = [one for one in made.questions if one.first >= since]
    rows = [row for one in counted for row in _cases(one, seen)]
    cases = pd.DataFrame(rows)
    done = len({row["id"] for row in rows})
    asked = many(len(made.questions), "question is", "questions are")
    rest = "; the others wait or have no record" if done < len(made.questions) else ""
    notes = [f"{done} of {asked} resolved{rest}."]
    if since:
        notes.append(f"Only windows that begin in {since} or later count.")
    if cases.empty:
        return Resolved(cases, {}, pd.DataFrame(), len(counted) - done, notes)
    return Resolved(cases, _tables(cases), _reliability(cases), len(counted) - done, notes)


def _cases(one: Question, seen: pd.DataFrame) -> Iterable[dict[str, object]]:
    window = pd.period_range(one.first, one.last, freq="M")
    if not set(one.series) <= set(seen.columns) or not set(window) <= set(seen.index):
        return
    months = seen.loc[window, list(one.series)].sum(axis=1, skipna=False)
    if months.isna().any():
        return
    came = float((months > one.threshold).any()) if one.kind == "ever" else float(months.sum())
    unit = float(seen[list(one.series)].sum(axis=1, skipna=False).mean()) * len(window)
    for name, said in one.forecasts.items():
        base = {
            "id": one.id, "forecaster": name, "kind": one.kind, "series": "+".join(one.series),
            "first": one.first, "months": len(window), "came": came,
        }  # fmt: skip
        if one.kind == "ever":
            yield base | _chance(said["probability"], came)
        else:
            yield base | _quantile(said, came, max(unit, TINY))


def _chance(p: float, came: float) -> dict[str, float]:
    given = p if came else 1.0 - p
    return {"said": p, "brier": (p - came) ** 2, "log": -float(np.log(max(given, 1e-4)))}


def _quantile(said: Mapping[str, float], came: float, unit: float) -> dict[str, float | str]:
    levels = {float(k): v for k, v in said.items() if k not in ("mean", "probability")}
    q, x = (np.array(one) for one in (list(levels), list(levels.values())))
    loss = 2.0 * ((came < x) - q) * (x - came)
    out: dict[str, float | str] = {
        "said": float(levels.get(0.5, np.median(x))),
        "score": float(loss.mean()) / unit,
        "place": float(np.interp(came, x, q, 0.0, 1.0)),
    }
    for level, low, high in CENTRAL:
        ends = [levels.get(float(one)) for one in (low, high)]
        if None not in ends:
            out[f"in{level}"] = float(ends[0] <= came <= ends[1])  # type: ignore[operator]
    if 0.05 in levels and 0.95 in levels:
        out["low"], out["high"] = levels[0.05], levels[0.95]
    return out


def _common(cases: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """Cases that all forecasters answered; of three or more also those that two of them did: the
    first, which is the engine where it is among them, and each of the others."""
    names = sorted(cases["forecaster"].unique(), key=lambda name: name != ENGINE)
    sets = [("common cases", names)] if len(names) > 1 else []
    if len(names) > 2:
        sets += [(f"common cases of {names[0]} and {one}", [names[0], one]) for one in names[1:]]
    for title, several in sets:
        part = cases[cases["forecaster"].isin(several)]
        yield title, part[part.groupby("id")["forecaster"].transform("nunique") == len(several)]


def _tables(cases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    out = {}
    for title, part in (("all cases", cases), *_common(cases)):
        for kind, one in part.groupby("kind"):
            columns = [c for c in MEANS if c in one and one[c].notna().any()]
            by = ["forecaster", "months"] if kind == "quantity" else ["forecaster"]
            grouped = one.groupby(by, sort=False)
            table = grouped[columns].mean().assign(cases=grouped.size(), **_fewer(grouped))
            what = "quantities" if kind == "quantity" else "ever by a day"
            out[f"{title}: {what}"] = table.reset_index()
    inside = cases["in90"] if "in90" in cases else pd.Series(1.0, cases.index)
    misses = cases[(cases["kind"] == "quantity") & (inside == 0.0)]
    if len(misses):
        out["outside of the central 90 %"] = misses[
            ["forecaster", "series", "first", "months", "low", "said", "high", "came"]
        ]
    return out


def _fewer(grouped: Any) -> dict[str, pd.Series]:
    """The cases of each band, where some answers give none: `cases90` beside `in90`."""
    size = grouped.size()
    given = {
        level: grouped[f"in{level}"].count()
        for level, _, _ in CENTRAL
        if f"in{level}" in grouped.obj
    }
    return {f"cases{level}": one for level, one in given.items() if 0 < one.sum() < size.sum()}


def _reliability(cases: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (name, kind), part in cases.groupby(["forecaster", "kind"], sort=False):
        if kind == "ever":
            at = np.minimum((part["said"] * BINS).astype(int), BINS - 1)
            for _, one in part.groupby(at):
                rows.append((name, kind, one["said"].mean(), one["came"].mean(), len(one)))
        else:
            for q in np.arange(1, 10) / 10.0:
                rows.append((name, kind, q, float((part["place"] <= q).mean()), len(part)))
    return pd.DataFrame(rows, columns=["forecaster", "kind", "said", "came", "cases"])


def drawn(reliability: pd.DataFrame, side: int = 320) -> str:
    """The reliability as an SVG: what was said along, what came up; the diagonal is right."""
    room = 40
    inner = side - 2 * room

    def at(x: float, y: float) -> str:
        return f"{room + inner * x:.1f},{side - room - inner * y:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" role="img">',
        "<title>Reliability: what was said beside what came</title>",
        f'<polyline points="{at(0, 0)} {at(1, 1)}" stroke="#999" fill="none"/>',
        f'<polyline points="{at(0, 1)} {at(0, 0)} {at(1, 0)}" stroke="#333" fill="none"/>',
    ]
    colours = ("#0b6", "#c50", "#15c", "#808", "#660")
    groups = reliability.groupby(["forecaster", "kind"], sort=False)
    for k, ((name, kind), part) in enumerate(groups):
        points = [at(x, y) for x, y in zip(part["said"], part["came"], strict=True)]
        colour = colours[k % len(colours)]
        dash = ' stroke-dasharray="4 3"' if kind == "ever" else ""
        parts.append(f'<polyline points="{" ".join(points)}" stroke="{colour}" fill="none"{dash}/>')
        label = f"{name}, {kind}".replace("&", "&amp;").replace("<", "&lt;")
        parts.append(
            f'<text x="{room + 4}" y="{room + 14 * k}" font-size="11" fill="{colour}">{label}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
