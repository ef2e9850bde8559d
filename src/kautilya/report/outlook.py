"""When something runs out, when the war ends, and why them: pictures of what lies ahead.

What runs out is told as a distribution over futures: by when a side has been short, and in how many
futures it is not by the end. The end of the war is a line of its own. Terms of the
decision to supply stand side by side for the candidates that are expected to supply most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kautilya.report import charts, frames
from kautilya.report.answer import Short, classes, short_futures, spoken
from kautilya.report.holdings import going_on, variable
from kautilya.report.plain import Figure
from kautilya.report.subject import Subject
from kautilya.study.why import ASKING, NEEDS, TERMS, Candidate, candidates, cell
from kautilya.wording import listed, percent

if TYPE_CHECKING:
    import xarray as xr

LEADS = 6  # candidates side by side
SMALL = 0.1  # log odds: a term that moves no candidate more is left out


def runs_out(subject: Subject) -> Figure | None:
    """When each side is first short of each class, after the as-of month."""
    found = [one for one in short_futures(subject) if one.short.size]
    known = sum(month <= subject.as_of for month in subject.months)
    if not found or not 0 < known < len(subject.months):
        return None
    rows = [row for one in found for row in _so_far(subject, one, known)]
    likely = sorted(found, key=lambda one: -float(one.short[:, known:].any(axis=1).mean()))
    said = [_when(subject, one, known) for one in likely[:3]]
    return Figure(
        "runs_out",
        "When each side is first short, as a distribution",
        f"Share of futures in which a side has been short in some month after {subject.as_of}. "
        f"{'; '.join(said)}. What is left to 100 % is not short by {subject.months[-1]}.",
        charts.share_lines(pd.DataFrame(rows), as_of=subject.as_of, columns=3),
        tuple(dict.fromkeys(one.outcome for one in found if one.outcome)),
    )


def _so_far(subject: Subject, one: Short, known: int) -> list[dict[str, object]]:
    """A row a month: the share of futures in which the side has been short since the as-of month."""
    later = np.logical_or.accumulate(one.short[:, known:], axis=1)
    share = np.concatenate([[0.0], later.mean(axis=0)])
    error = 2 * np.sqrt(share * (1 - share) / max(len(later), 1))
    return [
        {
            "panel": f"{subject.name(one.good)}, {one.what}",
            "line": subject.name(one.code),
            "month": month,
            "date": f"{month}-01"[:10],
            "share": float(frames.rounded(at)),
            "low": float(frames.rounded(max(at - wide, 0.0))),
            "high": float(frames.rounded(min(at + wide, 1.0))),
        }
        for month, at, wide in zip(subject.months[known - 1 :], share, error, strict=True)
    ]


def _when(subject: Subject, one: Short, known: int) -> str:
    """How likely it is, and the middle month of those in which it happens."""
    later = one.short[:, known:]
    ever = later.any(axis=1)
    said = f"{subject.name(one.code)}, {subject.name(one.good)} {percent(float(ever.mean()))}"
    if not ever.any():
        return said
    first = np.quantile(later[ever].argmax(axis=1), (0.05, 0.5, 0.95), method="nearest")
    low, middle, high = (subject.months[known + int(place)] for place in first)
    return f"{said} (median {middle}, 90 % {low} to {high})"


def ended(subject: Subject) -> Figure | None:
    """The share of futures in which the war has ended, month by month."""
    on, left = going_on(subject, "month"), variable(subject, "at_war", "year")
    if on is None or on.all() or left is None:
        return None
    share = 1.0 - on.mean(axis=0)
    error = 2 * np.sqrt(share * (1 - share) / max(len(on), 1))
    months = subject.months
    frame = pd.DataFrame(
        {
            "panel": "",
            "line": "the war has ended",
            "month": months,
            "date": [f"{month}-01"[:10] for month in months],
            "share": frames.rounded(share),
            "low": frames.rounded(np.maximum(share - error, 0.0)),
            "high": frames.rounded(np.minimum(share + error, 1.0)),
        }
    )
    ends = [i for i, month in enumerate(months) if month[5:7] == "12" and month > subject.as_of]
    said = listed([f"{percent(share[i])} by {months[i]}" for i in ends[-3:] or [len(months) - 1]])
    return Figure(
        "ended",
        "Share of futures in which the war has ended",
        f"It has ended in {said}. The band is two Monte Carlo errors wide on each side.",
        charts.share_lines(frame, as_of=subject.as_of, columns=1),
        (str(left.name),),
    )


def terms(subject: Subject) -> Figure | None:
    """Terms of the decision to supply, of the scenario's first class in the as-of year."""
    rounds, _ = classes(subject)
    years = spoken(subject)
    if not rounds or not years or any(name not in subject.data for name in NEEDS):
        return None
    read = of_buyer(subject, subject.data, rounds[0], years[0])
    return apart(subject, candidates(read, rounds[0], years[0], {}), rounds[0], years[0])


def of_buyer(subject: Subject, data: xr.Dataset, good: str, year: str) -> xr.Dataset:
    """What is read of one class and year; where several buy, of the first buyer."""
    read = cell(data, good, year)
    if "buyer" in read.dims:
        read = read.sel(buyer=subject.members("buyer")[0], drop=True)
    return read


def apart(
    subject: Subject, found: Sequence[Candidate], good: str, year: str, dropped: Iterable[str] = ()
) -> Figure | None:
    """What sets each of the first candidates apart from the mean of those that could supply.

    found    candidates, best first; dropped: terms that are held at that mean
    """
    able = [one for one in found if one["able"] >= 0.5] or list(found)
    lead = [one for one in able if one["quantity"] > 0][:LEADS] or able[:LEADS]
    gone = set(dropped)
    names = [name for name in found[0]["terms"] if name not in gone]
    mean = {name: float(np.mean(_of(able, name))) for name in names}
    size = {name: float(np.max(np.abs(_of(lead, name) - mean[name]))) for name in names if lead}
    drawn = sorted((name for name in size if size[name] >= SMALL), key=lambda name: -size[name])
    if not drawn or len(able) < 2:
        return None
    rows = [
        {
            "panel": subject.name(one["supplier"]),
            "term": term_name(subject, name),
            "value": round(one["terms"][name] - mean[name], 3),
            "side": "for" if one["terms"][name] >= mean[name] else "against",
        }
        for one in lead
        for name in drawn
    ]
    first = sorted(drawn, key=lambda name: -abs(lead[0]["terms"][name] - mean[name]))[:3]
    said = listed(
        [
            f"{term_name(subject, name)} ({lead[0]['terms'][name] - mean[name]:+.1f})"
            for name in first
        ]
    )
    buyers = subject.members("buyer")
    whose = f", {subject.name(buyers[0])} as the buyer" if len(buyers) > 1 else ""
    return Figure(
        "terms",
        f"What sets the candidates apart: {subject.name(good)}, {year}{whose}",
        f"Log odds of being asked and of agreeing, against the mean of {len(able)} states that "
        f"could supply. {subject.name(lead[0]['supplier'])} by {said}.",
        charts.diverging(pd.DataFrame(rows), "term", title="log odds"),
        (TERMS,),
    )


def _of(found: Sequence[Candidate], name: str) -> np.ndarray:
    """A term of each candidate."""
    return np.array([one["terms"][name] for one in found])


def term_name(subject: Subject, name: str) -> str:
    """A term in plain English."""
    words = {key: word for law in subject.laws for key, word in law.words.items()}
    said = words.get(name, name.replace("_", " "))
    return f"{said} (asked)" if name in ASKING else said
