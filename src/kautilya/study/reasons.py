"""The reasons for a supply in words: what each term says, rival answers, what they leave open.

A candidate's terms are log odds of being asked and of agreeing; nothing here names a state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NotRequired, TypedDict

import numpy as np
import pandas as pd

from kautilya.scenario.lexicon import Names
from kautilya.scenario.schema import Covariate
from kautilya.wording import listed

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario

REFUSES_BELOW = 0.5  # below it a state refuses more likely than not
POLITICS = ("ally", "alignment", "us_ally", "measures", "club", "pariah", "democracy", "own_ban")
OWN = ("customer", "again", "dealings", "delivered", "affinity", "pair")
RIVALS = {  # what each takes away
    "no_secondary_sanctions": ("Secondary sanctions feared alike by all", ("sanctions",)),
    "stock_and_calibre_only": (
        "Stock and calibre alone",
        (*POLITICS, *OWN, "standing", "sanctions", "patron"),
    ),
    "exposure_alone": (
        "Exposure alone",
        (*POLITICS, *OWN, "standing", "patron", "gain", "record", "reach", "spare"),
    ),
    "plain_refusal": (
        "One policy of refusal",
        (*POLITICS, *OWN, "gain", "sanctions", "patron", "standing", "reach", "record"),
    ),
    "no_common_enemy": ("Without the club of the sanctioned", ("club", "measures")),
    "no_reputation": ("Without a cost in standing", ("standing",)),
    "no_patron_pressure": ("Without the patron's pressure", ("patron",)),
}
ASKING = (
    "asking",
    "need",
    "spare",
    "record",
    "reach",
    "customer",
    "again",
    "standing",
)
FOR = {  # what a term says of a state, where it speaks for it and where against
    "spare": ("it has much to spare", "it has little to spare"),
    "record": ("it exports the class", "it hardly exports the class"),
    "reach": (
        "industry, customers, pattern and nearness speak for it",
        "industry, customers, pattern and nearness together speak against it",
    ),
    "customer": ("it sold the class before", "it never sold the class"),
    "again": ("it sells it already", ""),
    "standing": ("", "asking it costs the buyer face"),
    "dealings": ("it sold other arms before", ""),
    "delivered": ("it supplies this war already", ""),
    "ally": ("it has a pact with the buyer", ""),
    "alignment": ("it votes with the buyer", "it votes against the buyer"),
    "us_ally": ("", "it is an ally of the United States"),
    "measures": ("it is under measures itself", ""),
    "club": ("the same states have measures against it", ""),
    "pariah": ("it armed barred states before", ""),
    "democracy": ("", "its own public counts"),
    "own_ban": ("", "its own law forbids it"),
    "gain": ("the deal is worth much to it", ""),
    "patron": ("", "its patron could punish it"),
    "sanctions": ("", "it would lose markets"),
    "pair": ("", ""),
    "affinity": ("the leaders are close", ""),
}
TELLS = 0.15  # log odds of a term beyond the mean candidate from which it is named
EDGE = 0.05  # log odds that are told as none
HARDLY, CLEARLY = 3.0, 20.0  # kass1995: factors below the first tell nothing, above the second much


class Candidate(TypedDict):
    """One supplier over the parameter range; ranges are low, median and high.

    probability  that it supplies; quantity: what it is expected to hand over
    asked        that the buyer asks it; utility: of agreeing, the sum of its terms
    terms        mean by term, of asking and of agreeing; imposed_terms: what the sign and size of a term rest on
    leads        share of the range where it is first; top_five, refuses, supplies and able alike
    delivers     share of futures in which it hands over something, by the record or the run
    """

    supplier: str
    probability: float
    asked: float
    probability_range: dict[str, float]
    quantity: float
    quantity_range: dict[str, float]
    recorded_or_simulated: dict[str, float]
    utility: float
    terms: dict[str, float]
    expected_loss_percent: dict[str, float]
    patron_loss_percent: dict[str, float]
    leads: float
    top_five: float
    refuses: float
    supplies: float
    delivers: float
    able: float
    badge: str
    imposed_terms: dict[str, str]
    would_change: NotRequired[str]


NEXT = 2  # states after the first of which the sentence tells


class Brief(TypedDict):
    """A candidate under a rival answer."""

    supplier: str
    probability: float
    quantity: float
    leads: float


def _reasons(one: Candidate, mean: Mapping[str, float], side: int) -> list[str]:
    """What sets a state apart from the mean candidate, strongest first; side 1 for, -1 against."""
    apart = {t: side * (v - mean[t]) for t, v in one["terms"].items() if t in FOR}
    words = [
        FOR[t][side < 0]
        for t, v in sorted(apart.items(), key=lambda item: -item[1])
        if v >= TELLS and FOR[t][side < 0]
    ]
    return list(dict.fromkeys(words))


def sentence(
    base: list[Candidate],
    names: Mapping[str, str],
    delivered: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> str:
    """The answer in a sentence: who delivered on record, the most first; then, without that record,
    who leads by volume, why, and what keeps back the next ones and those that are asked about."""
    able = [c for c in base if c["able"] >= REFUSES_BELOW] or base
    terms = pd.DataFrame([c["terms"] for c in able])
    mean = {str(t): float(x) for t, x in terms.mean().items()}
    lead = max(base, key=lambda c: c["leads"])
    name = names.get(lead["supplier"], lead["supplier"])
    why_it = _reasons(lead, mean, 1)[:3]
    text = f"most is expected of {name} in {10 * lead['leads']:.0f} of 10 futures"
    if there := [c for c in base if c["supplier"] in delivered]:
        there.sort(key=lambda c: -c["recorded_or_simulated"]["median"])
        record = listed([names.get(c["supplier"], c["supplier"]) for c in there])
        text = f"On record {record}. By the model alone, which knows nothing of that, {text}"
    text = text[0].upper() + text[1:]
    text += f": {', '.join(why_it)}" if why_it else ""
    others = [c for c in base if c is not lead and c["able"] >= REFUSES_BELOW]
    others = [c for k, c in enumerate(others) if k < NEXT or c["supplier"] in asked]
    for one in others:
        against = (_reasons(one, mean, -1) or _reasons(one, lead["terms"], -1))[:2]
        speaks = _reasons(one, mean, 1)[:2] if one["supplier"] in delivered else []
        both = [", ".join(speaks), f"but {', '.join(against)}" if against else ""]
        said = f" ({'; '.join(filter(None, both))})" if any(both) else ""
        text += f"; {names.get(one['supplier'], one['supplier'])} in {10 * one['leads']:.0f}{said}"
    return text + "."


def would_change(one: Candidate, names: Mapping[str, str] | None = None) -> str:
    """For a state that more likely refuses: what would have to change, in words."""
    if one["able"] < 0.05:
        return "it holds nothing of the class to give"
    lacking = -one["utility"]
    if lacking <= 0:
        return "asked, it agrees more likely than not"
    loss = -one["terms"].get("sanctions", 0.0)
    parts = sorted(
        ((v, k) for k, v in one["terms"].items() if v < 0 and k not in ("agreeing", *ASKING))
    )
    edge = lacking < EDGE
    text = (
        "asked, it refuses about as often as it agrees; very little would do"
        if edge
        else f"to agree when asked, its utility (log odds) would have to rise by {lacking:.1f}"
    )
    if loss >= lacking:
        return text + "; dropping the threat of secondary sanctions would do"
    if parts:
        value, name = parts[0]
        text += f"; its largest cost is {(names or {}).get(name, name)} ({value:+.1f})"
    refuses = loss > 0 and not edge
    return text + "; even without secondary sanctions it would refuse" if refuses else text


def without(absent: Mapping[str, tuple[str, ...]], names: Names) -> list[str]:
    """The terms that the scenario has no data for, and what would bring each of them."""
    by: dict[tuple[str, ...], list[str]] = {}
    for term, lacks in absent.items():
        by.setdefault(lacks, []).append(names.of(term, "term"))
    parts = [f"{listed(terms)} ({' and '.join(lacks)})" for lacks, terms in by.items()]
    return [f"Absent, for want of data: {'; '.join(parts)}."] if parts else []


def notes(
    base: list[Candidate],
    rivals: dict[str, list[Brief]],
    absent: Collection[str] = (),
    names: Mapping[str, str] | None = None,
) -> list[str]:
    """What the rival answers change, and what the data can tell apart."""
    first, called = max(base, key=lambda c: c["leads"]), names or {}
    out = [
        f"{called.get(first['supplier'], first['supplier'])} leads in {100 * first['leads']:.0f} % of the declared range."
    ]
    for lever, rows in rivals.items():
        top = max(rows, key=lambda c: c["leads"])
        out.append(
            f"{(RIVALS[lever][0] if lever in RIVALS else lever)}, {called.get(top['supplier'], top['supplier'])} leads in {100 * top['leads']:.0f} %."
        )
    if "sanctions" not in absent:
        out.append(
            "The weight of expected losses is a declared range: the historical panel does not "
            "identify it."
        )
    return out


def weighed(
    delivered: list[str], likely: dict[str, float], refused: Mapping[str, float] | None = None
) -> list[str]:
    """Whether the record of the year tells the answers apart, in words (kass1995).

    likely, refused   log likelihood of the whole record, and of those who did not deliver alone
    """
    if not likely:
        return []
    who = ", ".join(delivered) or "nobody"
    out = [
        f"On record in the year: {who}. How much better each rival answer foretells who "
        f"delivered and who did not, as a factor on the declared one:"
    ]
    for lever, value in likely.items():
        if not lever:
            continue
        factor = float(np.exp(value - likely[""]))
        size = max(factor, 1.0 / factor)
        told = "not told apart" if size < HARDLY else "weakly told apart"
        word = "told apart" if size >= CLEARLY else told
        alone = f"; {np.exp(refused[lever] - refused['']):.2g} on the refusals" if refused else ""
        says = RIVALS[lever][0] if lever in RIVALS else lever
        out.append(f"{says}: {factor:.2g}, {word}{alone}.")
    return out


def came(
    scenario: Scenario, recipient: str, order: Sequence[str], names: Mapping[str, str]
) -> list[str]:
    """Who supplied in the whole war, as known later, beside the first of the answer and of past ties.

    Rows `delivered_rank` of covariates.csv: a state's rank among the suppliers of a buyer; known after
    the as-of day, so that no run sees them. Rows `tie_rank` are the same of the years before.
    """
    rows = scenario.whole("covariates.csv")

    def ranked(name: str) -> list[str]:
        found = [
            (row.value, row.actor)
            for _, row in rows
            if isinstance(row, Covariate) and (row.name, row.partner) == (name, recipient)
        ]
        return [code for _, code in sorted(found)]

    def said(codes: Sequence[str]) -> str:
        return ", ".join(names.get(code, code) for code in codes)

    record, before = ranked("delivered_rank"), ranked("tie_rank")
    most = len(record)
    if not record:
        return []
    hits = len({*order[:most]} & {*record})
    out = [
        f"What came, as known later: {said(record)} delivered most. Of the {most} that the model expects "
        f"most of ({said(order[:most])}) {hits} are among them."
    ]
    if before:
        hits = len({*before} & {*record})
        out.append(f"Of those that had delivered most before ({said(before)}) {hits} are.")
    return out
