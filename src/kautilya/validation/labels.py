"""The label of each mechanism, worked out from the record and from nothing else.

validated    gives at least one number of somebody else on which it was not fitted, and none that
             it should give is off; or, on data that it had not seen, is better than a simple
             baseline and worse than none of those it is scored beside
reproduced   the same, but the numbers or the data are those that it was fitted on
analytic     everything else: limits, identities and signs only

The record is ``record/validation.csv`` (what `kautilya validate` found) and ``record/skill.csv``
(what the backtests found, full versions), written by tools/build_record.py. A law has the label
of the law itself; what the formulas it calls have been held to stands beside it.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from kautilya import disk
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.core.law import Law

WORDS = ("validated", "reproduced", "analytic")
FOLDER = Path(__file__).with_name("record")
GRADES = (("validated", "outside", "held-out"), ("reproduced", "fitted", "fitted"))


class Label(NamedTuple):
    """word: one of ``WORDS``; because: what in the record says so."""

    word: str
    because: str


def read(name: str) -> pd.DataFrame:
    """A table of the record: "validation", "skill" or "priors"."""
    return disk.of_csv(FOLDER / f"{name}.csv", keep_default_na=True, comment="#")


def judge(mechanism: str, numbers: pd.DataFrame, skill: pd.DataFrame) -> Label:
    """The label that follows from these two tables."""
    own = numbers[(numbers["mechanism"] == mechanism) & numbers["ok"].notna()]
    off = own[~own["ok"].astype(bool)]
    if len(off):
        return Label("analytic", f"off: {', '.join(off['name'].head(3))}")
    scored = skill[skill["mechanism"] == mechanism]
    for word, standing, unseen in GRADES:
        met = own[own["standing"] == standing]
        if len(met):
            said = ", ".join(sorted(set(met["source"])))
            return Label(word, f"{many(len(met), 'number')} of {said}")
        mine = scored[scored["standing"] == unseen]
        if (mine["verdict"] == "better").any() and not (mine["verdict"] == "worse").any():
            best = mine[mine["verdict"] == "better"].iloc[0]
            return Label(word, f"{best['what']}: better than {best['baseline']}")
    if (scored["verdict"] == "worse").any():
        worst = scored[scored["verdict"] == "worse"].iloc[0]
        return Label("analytic", f"{worst['what']}: worse than {worst['baseline']}")
    return Label("analytic", "limits, identities and signs only")


@cache
def label(mechanism: str) -> Label:
    """The label of a law, a formula or a study by its name in the record."""
    return judge(mechanism, read("validation"), read("skill"))


def formulas(law: Law) -> list[str]:
    """Names of the formulas whose functions the module of a law holds."""
    room = "kautilya.mechanisms.formulas."
    held = vars(sys.modules[law.step.__module__]).values()
    homes = {getattr(one, "__module__", None) or "" for one in held}
    homes |= {getattr(one, "__name__", None) or "" for one in held}
    return sorted(
        {home.removeprefix("kautilya.mechanisms.") for home in homes if home.startswith(room)}
    )


def rests(law: Law) -> dict[str, Label]:
    """Labels of the formulas under a law that are more than analytic."""
    found = {name: label(name) for name in formulas(law)}
    return {name: one for name, one in found.items() if one.word != "analytic"}
