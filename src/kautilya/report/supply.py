"""Who supplies a class in a year: candidates, who leads, with which share; numbers only."""

from __future__ import annotations

from typing import Any

import numpy as np

from kautilya.report import frames
from kautilya.report.subject import Subject
from kautilya.report.words import likelihood
from kautilya.runs.summary import share, spread


def classes(subject: Subject) -> tuple[list[str], list[str]]:
    """Classes of rounds, and of inputs to industry (sold abroad, not made by belligerents)."""
    offers = subject.members("offer")
    rounds = [g for g in offers if g in subject.members("round")]
    made = subject.members("made")
    return rounds, [g for g in subject.members("exported") if g in offers and g not in made]


def spoken(subject: Subject) -> list[str]:
    """As-of year and the year after, as far as the run has them."""
    if "year" not in subject.data.coords:
        return []
    held = [str(y) for y in subject.data["year"].values]
    now = int(subject.as_of[:4])
    return [str(y) for y in (now, now + 1) if str(y) in held]


def badge(subject: Subject, year: str) -> str:
    """What deliveries of a year rest on: record, emergent, or one after the other."""
    if not subject.recorded or year > subject.as_of[:4]:
        return "emergent"
    if year < subject.as_of[:4] or subject.as_of.endswith("-12"):
        return "record"
    return f"record to {subject.as_of}, then emergent"


def probable(hits: Any) -> dict[str, Any]:
    """A probability from futures in which something holds: value, error, word."""
    value, error = share(hits)
    return {"value": value, "error": error, "word": likelihood(value)}


def median_error(values: Any) -> float:
    """Standard error of a median, from the order statistics one standard error around it."""
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if not x.size:
        return float("nan")
    step = 0.5 / np.sqrt(x.size)
    low, high = np.quantile(x, (max(0.5 - step, 0.0), min(0.5 + step, 1.0)))
    return float(high - low) / 2


def around(values: Any) -> dict[str, float]:
    """Low, median and high of a number over futures, with the error of the median."""
    return {**spread(values).as_dict(), "error": median_error(values)}


def candidates(subject: Subject, good: str, year: str, top: int = 6) -> list[dict[str, Any]]:
    """Candidate suppliers of a class by mean quantity: the first by it, and by probability.

    Each has probability (mean over futures and declared ranges, with error and range),
    quantity, leads, share of the total (over futures with any delivery), on_record, badge.
    """
    if not subject.has("shipped", "year", "supplier", "offer"):
        return []
    cell = {"year": year, "offer": good}
    sent = subject.data["shipped"].sel(cell).transpose("future", "supplier").values.astype(float)
    total = sent.sum(axis=1)
    some = total > 0
    part = sent[some] / total[some][:, None]
    chance = None
    if subject.has("supply_chance", "year", "supplier", "offer"):
        chance = subject.data["supply_chance"].sel(cell).transpose("future", "supplier").values
    known = frames.on_record(subject, year)
    out = []
    for k, code in enumerate(str(s) for s in subject.data["supplier"].values):
        first = some & (sent.argmax(axis=1) == k)
        one = {"supplier": code, "name": subject.name(code), "class": good, "year": year,
               "mean_quantity": float(sent[:, k].mean()), "quantity": around(sent[:, k]),
               "unit": subject.scenario.units.get(good, ""), "leads": probable(first),
               "share": around(part[:, k]), "on_record": (code, good) in known,
               "badge": badge(subject, year)}
        if chance is not None:
            one["probability"] = _mean(chance[:, k])
        out.append(one)
    out.sort(key=lambda c: (-c["mean_quantity"], -_odds(c)))
    likely = sorted(out, key=lambda c: -_odds(c))[:top]
    return [c for i, c in enumerate(out) if (i < top and c["mean_quantity"] > 0) or (
        c in likely and _odds(c) >= 0.005) or c["on_record"]]


def _odds(one: dict[str, Any]) -> float:
    return float(one.get("probability", {}).get("value", 0.0))


def _mean(values: Any) -> dict[str, Any]:
    x = np.asarray(values, dtype=float)
    value = float(x.mean()) if x.size else float("nan")
    return {"value": value, "error": float(x.std() / np.sqrt(max(x.size, 1))),
            "word": likelihood(value), **{k: v for k, v in spread(x).as_dict().items()
                                          if k != "median"}}


def leaders(subject: Subject) -> list[dict[str, Any]]:
    """The state that leads most often, for each class of rounds and inputs and each spoken year."""
    rounds, inputs = classes(subject)
    out = []
    for good in (*rounds, *inputs):
        for year in spoken(subject):
            found = candidates(subject, good, year, top=1000)
            if found and max(c["leads"]["value"] for c in found) > 0:
                out.append(max(found, key=lambda c: c["leads"]["value"]))
    return out
