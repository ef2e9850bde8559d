"""Why them, and not others: every candidate supplier of a class, term by term.

The decision model is evaluated over the whole declared parameter range, beside the record. A
candidate's rank is by what the model expects it to hand over; nothing here names a state.

Rival answers are the same futures with terms held at their mean over the candidates: what is left
is the pattern that a rival foretells, not its level. So one run, or one that is stored, answers all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, NotRequired, TypedDict

import numpy as np

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress, check, load_run, run, scenario_of
from kautilya.runs.pool import Pool
from kautilya.runs.store import ITEM, layout_of
from kautilya.runs.summary import spread
from kautilya.scenario.lexicon import Names
from kautilya.scenario.mistakes import near
from kautilya.study.compare import years_of
from kautilya.wording import ALIASES

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.scenario import Scenario

REFUSES_BELOW = 0.5  # below it a state refuses more likely than not
SUPPLIES_FROM = 0.05  # share of the expected flow from which a state counts as a supplier
POLITICS = ("ally", "alignment", "us_ally", "measures", "club", "pariah", "democracy", "own_ban")
OWN = ("customer", "again", "dealings", "delivered", "affinity", "pair", "pair_asked")
RIVALS = {  # what each takes away
    "no_secondary_sanctions": ("Without secondary sanctions", ("sanctions",)),
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
    "pair_asked",
)
FOR = {  # what a term says of a state, where it speaks for it and where against
    "spare": ("it has much to spare", "it has little to spare"),
    "record": ("it exports the class", "it hardly exports the class"),
    "reach": ("it has the industry and the pattern", "it is far off, or of another pattern"),
    "customer": ("it sold the class before", "it never sold the class"),
    "again": ("it sells it already", ""),
    "standing": ("", "asking it costs the buyer face"),
    "dealings": ("it sold other arms before", ""),
    "delivered": ("it supplies this war already", ""),
    "ally": ("it has a pact with the buyer", ""),
    "alignment": ("it votes with the buyer", "it votes against the buyer"),
    "us_ally": ("", "it is an ally of the United States"),
    "measures": ("it is under measures itself", ""),
    "club": ("it has nothing in the West to lose", ""),
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
TERMS = "utility_terms"  # the outcome
NEEDS = MappingProxyType(
    {  # outcomes that carry the answer: the dims that they must have
        "supply_chance": {"offer", "supplier", "year"},
        "expected_supply": {"offer", "supplier", "year"},
        "shipped": {"offer", "supplier", "year"},
        TERMS: {"offer", "supplier", "term", "year"},
    }
)
READS = (*NEEDS, "ask_chance", "sanction_cost", "patron_cost", "recorded")
PATTERN = "russia_dprk_2024"  # whose scenario.toml shows how they are declared
CELL = 200_000_000  # bytes of them that are weighed at once; ranks and the like take twice that
HARDLY, CLEARLY = 3.0, 20.0  # kass1995: factors below the first tell nothing, above the second much


class Candidate(TypedDict):
    """One supplier over the parameter range; ranges are low, median and high.

    probability  that it supplies; quantity: what it is expected to hand over
    asked        that the buyer asks it; utility: of agreeing, the sum of its terms
    terms        mean by term, of asking and of agreeing; imposed_terms: what the sign and size of a term rest on
    leads        share of the range where it is first; top_five, refuses, supplies and able alike
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
    able: float
    badge: str
    imposed_terms: dict[str, str]
    would_change: NotRequired[str]


class Brief(TypedDict):
    """A candidate under a rival answer."""

    supplier: str
    probability: float
    quantity: float
    leads: float


class Why(NamedTuple):
    """Candidates (best first), shares over the parameter range, and the reading of both."""

    recipient: str
    good: str
    year: str
    futures: int
    candidates: list[Candidate]
    panel: dict[str, list[float]]
    rivals: dict[str, list[Brief]]
    notes: list[str]
    delivered: list[str]
    evidence: dict[str, float]
    on_refusals: dict[str, float]
    matrix: dict[str, dict[str, float]]
    answer: str
    names: Mapping[str, str]

    def as_json(self) -> dict[str, object]:
        """The stable JSON shape."""
        return {
            "recipient": self.recipient,
            "good": self.good,
            "during": self.year,
            "futures": self.futures,
            "candidates": self.candidates,
            "ranks_of_the_panel_alone": self.panel,
            "rivals": self.rivals,
            "notes": self.notes,
            "delivered_on_record": self.delivered,
            "log_evidence": self.evidence,
            "log_evidence_of_refusals": self.on_refusals,
            "hypotheses": self.matrix,
            "answer": self.answer,
        }


class Question(NamedTuple):
    """Who supplies `recipient` with `good` in the year `during`?"""

    recipient: str
    good: str
    during: str = "2024"


def why(
    name: str,
    question: Question,
    plan: Plan,
    *,
    progress: Progress | None = None,
    stored: str = "",
) -> Why:
    """Who supplies a recipient with a class of goods in a year, who does not, what carries it.

    stored   folder of a run kept with "why", which is read instead of running anew. Raises
    KautilyaError for an unknown recipient, good or year, or a run that keeps too little.
    """
    if stored:
        ran = load_run(stored)
        scenario = scenario_of(ran.manifest)
    else:
        scenario = scenarios.load(name)
        check(scenario, plan.futures, plan.seed, plan.case)
    recipient, during = question.recipient, question.during
    good = ALIASES.get(question.good, question.good)
    _check(scenario, recipient, good, during)
    if not stored:
        _fits(scenario, plan.futures)
        with Pool() as pool:
            case = replace(plan.case, keep="why")
            ran = run(name, plan.futures, plan.seed, case=case, pool=pool, progress=progress)
    data = ran.data
    absent = [one for one in NEEDS if one not in data]
    if absent:
        raise KautilyaError(
            stored, f"the run keeps no {', '.join(absent)}", "Make it with --keep why"
        )
    read = cell(data, good, during)
    return told(scenario, Question(recipient, good, during), read, _rests(scenario))


def told(scenario: Scenario, question: Question, read: xr.Dataset, rests: Mapping[str, str]) -> Why:
    """The answer from the numbers of one class and year."""
    recipient, good, during = question
    base = candidates(read, good, during, rests)
    for one in base:
        one["would_change"] = would_change(one)
    terms, chance = _terms(read, good, during), _chances(read, good, during)
    under = {"": chance} | {name: rival(terms, chance, drop) for name, (_, drop) in RIVALS.items()}
    states = [str(s) for s in read["supplier"].values]
    amount = read["expected_supply"].sel(year=during, offer=good).values.astype(float)
    short = {}
    for name in RIVALS:
        part = np.divide(under[name], chance, out=np.zeros_like(chance), where=chance > 0)
        short[name] = _briefs(states, under[name], amount * part)
    sent = _sent(scenario, read, good, during)
    delivered = [n for n, hit in zip(states, np.atleast_1d(sent.any(axis=0)), strict=True) if hit]
    names = _names(scenario)
    evidence, refusals, matrix = _weighed(under, sent, states) if delivered else ({}, {}, {})
    return Why(
        recipient,
        good,
        during,
        int(read.sizes["future"]),
        base,
        panel_ranks(scenario),
        short,
        [*notes(base, short), *weighed(delivered, evidence, refusals)],
        delivered,
        evidence,
        refusals,
        matrix,
        sentence(base, names),
        names,
    )


def _terms(read: xr.Dataset, good: str, year: str) -> dict[str, np.ndarray]:
    """Mean terms of the year [F, supplier] by name."""
    found = read[TERMS].sel(year=year, offer=good)
    return {str(t): found.sel(term=t).values.astype(float) for t in found["term"].values}


def _chances(read: xr.Dataset, good: str, year: str) -> np.ndarray:
    return np.asarray(read["supply_chance"].sel(year=year, offer=good).values, dtype=float)


def _logistic(x: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))


def _product(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    """Chance of being asked and of agreeing [F, supplier] from mean terms."""
    asked = sum(x for name, x in terms.items() if name in ASKING)
    agrees = sum(x for name, x in terms.items() if name not in ASKING)
    return _logistic(np.asarray(asked)) * _logistic(np.asarray(agrees))


def rival(terms: Mapping[str, np.ndarray], chance: np.ndarray, drop: tuple[str, ...]) -> np.ndarray:
    """Chances [F, supplier] with some terms at their mean over the candidates that can supply.

    The year's chance is scaled by what the change does to that of the mean terms; a state that cannot
    supply stays at 0.
    """
    able = (chance > 0).astype(float)
    many = np.maximum(able.sum(axis=1, keepdims=True), 1.0)
    level = {name: (x * able).sum(axis=1, keepdims=True) / many for name, x in terms.items()}
    other = {n: np.broadcast_to(level[n], x.shape) if n in drop else x for n, x in terms.items()}
    base = np.maximum(_product(terms), 1e-12)
    return np.asarray(np.minimum(chance * _product(other) / base, 1.0))


def _briefs(states: list[str], chance: np.ndarray, amount: np.ndarray) -> list[Brief]:
    first = (amount.argmax(axis=1)[:, None] == np.arange(len(states))) & (amount > 0)
    rows = [
        Brief(
            supplier=state,
            probability=float(chance[:, k].mean()),
            quantity=float(amount[:, k].mean()),
            leads=float(first[:, k].mean()),
        )
        for k, state in enumerate(states)
    ]
    return sorted(rows, key=lambda one: -one["quantity"])


def _sent(scenario: Scenario, read: xr.Dataset, good: str, year: str) -> np.ndarray:
    """Who delivered on record [F, supplier]; nobody after the scenario's day."""
    if "recorded" not in read or year > str(scenario.head.as_of.year):
        return np.zeros(_chances(read, good, year).shape, dtype=bool)
    return np.asarray(read["recorded"].sel(year=year, offer=good).values) > 0


def _weighed(
    under: Mapping[str, np.ndarray], sent: np.ndarray, states: list[str]
) -> tuple[dict[str, float], dict[str, float], dict[str, dict[str, float]]]:
    """Log likelihood of the whole record and of the refusals alone under each answer, and by state the
    log of how much better each rival foretells what it did."""
    whole = {name: log_evidence(p, sent) for name, p in under.items()}
    silent = ~sent.any(axis=0)
    refused = {name: log_evidence(p[:, silent], sent[:, silent]) for name, p in under.items()}
    matrix: dict[str, dict[str, float]] = {}
    for k, state in enumerate(states):
        if under[""][:, k].max() <= 0 and not sent[:, k].any():
            continue
        one = {n: log_evidence(p[:, [k]], sent[:, [k]]) for n, p in under.items()}
        matrix[state] = {name: value - one[""] for name, value in one.items() if name}
    return whole, refused, matrix


def _names(scenario: Scenario) -> dict[str, str]:
    """Plain names of states and goods."""
    known = Names(scenario)
    return {code: known.of(code) for code in (*scenario.codes, *scenario.units)}


def _reasons(one: Candidate, mean: Mapping[str, float], side: int) -> list[str]:
    """What sets a state apart from the mean candidate, strongest first; side 1 for, -1 against."""
    apart = {t: side * (v - mean[t]) for t, v in one["terms"].items() if t in FOR}
    words = [
        FOR[t][side < 0]
        for t, v in sorted(apart.items(), key=lambda item: -item[1])
        if v >= TELLS and FOR[t][side < 0]
    ]
    return list(dict.fromkeys(words))


def sentence(base: list[Candidate], names: Mapping[str, str]) -> str:
    """The answer in a sentence: who leads by volume, why, and what keeps the next ones back."""
    able = [c for c in base if c["able"] >= REFUSES_BELOW] or base
    mean = {t: float(np.mean([c["terms"][t] for c in able])) for t in base[0]["terms"]}
    lead = max(base, key=lambda c: c["leads"])
    name = names.get(lead["supplier"], lead["supplier"])
    why_it = _reasons(lead, mean, 1)[:3]
    text = f"{name}, by volume in {10 * lead['leads']:.0f} of 10 futures"
    text += f": {', '.join(why_it)}" if why_it else ""
    others = [c for c in base if c is not lead and c["able"] >= REFUSES_BELOW][:2]
    for one in others:
        against = _reasons(one, mean, -1)[:2]
        said = f" (but {', '.join(against)})" if against else ""
        text += f"; {names.get(one['supplier'], one['supplier'])} in {10 * one['leads']:.0f}{said}"
    return text + "."


def _fits(scenario: Scenario, futures: int) -> None:
    """Refuse more futures than can be weighed at once, before anything runs."""
    layout = layout_of(scenario, "why").coords
    each = 0
    for name in (one for one in READS if one in layout):
        sizes = [len(members) for dim, members in layout[name] if dim not in ("year", "offer")]
        each += ITEM * int(np.prod(sizes))
    if each * futures > CELL:
        raise KautilyaError(
            "--futures",
            f"{futures:,} futures of {disk.size(each)}, the numbers "
            f"of one class and year, are more than the {disk.size(CELL)} that "
            "are weighed at once",
            f"Give at most {CELL // each:,}",
        )


def cell(data: xr.Dataset, good: str, year: str) -> xr.Dataset:
    """What is read of a run for one class and year, in memory."""
    kept = data[[name for name in READS if name in data]]
    return kept.sel({"year": [year], "offer": [good]}).load()


def log_evidence(chance: np.ndarray, sent: np.ndarray) -> float:
    """Log of the mean over futures of the likelihood of who delivered [F, supplier] and who did
    not; a state that could not supply counts for nothing unless it did."""
    p = np.clip(np.where(sent, chance, 1.0 - chance), 1e-9, 1.0)
    each = np.log(p).sum(axis=1)
    return float(each.max() + np.log(np.exp(each - each.max()).mean()))


def panel_ranks(scenario: Scenario) -> dict[str, list[float]]:
    """Ranks among about 185 states that the historical panel alone gives, over specifications."""
    return {
        row.actor: [row.low, row.high]
        for row in scenario.covariates
        if row.name == "panel_rank"
        and row.low is not None
        and row.high is not None
        and row.actor not in ("", "*")
    }


def _check(scenario: Scenario, recipient: str, good: str, during: str) -> None:
    if not {"buyer", "offer"} <= set(scenario.sets):
        raise KautilyaError(
            "SCENARIO",
            f"in {scenario.id} nobody decides whom to supply",
            "Give one with the sets buyer and offer, such as russia_dprk_2024",
        )
    buyers = scenario.sets["buyer"].members
    if recipient not in buyers:
        raise KautilyaError(
            "RECIPIENT", f"{recipient!r} buys nothing in this scenario", near(recipient, buyers)
        )
    offers = scenario.sets["offer"].members
    if good not in offers:
        raise KautilyaError(
            "GOOD", f"{good!r} is not offered by anyone", near(good, (*offers, *ALIASES))
        )
    years_of(scenario, during)
    layout = layout_of(scenario, "why").coords
    kept = {name: set(dict(dims)) for name, dims in layout.items()}
    absent = [
        f"{name}[{', '.join(sorted(dims))}]"
        for name, dims in NEEDS.items()
        if not dims <= kept.get(name, set())
    ]
    if absent:
        raise KautilyaError(
            f"{scenario.folder}/scenario.toml",
            f'no outcome {", ".join(absent)}, kept with "why"',
            f"Declare them as in {PATTERN}: [[outcome]] with id, dims and keep; "
            "`kautilya why` reads the answer from them",
        )


def _rests(scenario: Scenario) -> Mapping[str, str]:
    """What each term of the utility rests on, as the law that works it out declares."""
    from kautilya.mechanisms import registry

    names = {one.name for one in scenario.outcomes if one.id == TERMS}
    laws = [registry()[name] for name in scenario.head.laws]
    return next((var.rests for law in laws for var in law.writes if var.name in names), {})


def candidates(data: xr.Dataset, good: str, year: str, rests: Mapping[str, str]) -> list[Candidate]:
    """Candidates of one class and year from a run kept with "why", best first.

    rests   term of the utility -> what its sign and size rest on
    """
    cell = {"year": year, "offer": good}
    chance = data["supply_chance"].sel(cell).values.astype(float)  # [F, supplier]
    amount = data["expected_supply"].sel(cell).values.astype(float)
    shipped = data["shipped"].sel(cell).values.astype(float)
    terms = data[TERMS].sel(cell).values.astype(float)  # [F, term, supplier]
    nothing = np.zeros_like(chance)
    asked = data["ask_chance"].sel(cell).values.astype(float) if "ask_chance" in data else nothing
    cost = (
        data["sanction_cost"].sel(cell).values.astype(float) if "sanction_cost" in data else nothing
    )
    patron = (
        data["patron_cost"].sel(year=year).values.astype(float)
        if "patron_cost" in data
        else nothing
    )
    names = [str(s) for s in data["supplier"].values]
    total = amount.sum(axis=1, keepdims=True)
    part = np.divide(amount, total, out=np.zeros_like(amount), where=total > 0)
    order = np.argsort(-amount, axis=1)
    rank = np.argsort(order, axis=1) + 1
    out: list[Candidate] = []
    for k, name in enumerate(names):
        mean = terms[:, :, k].mean(axis=0)
        labels = [str(t) for t in data["term"].values]
        out.append(
            {
                "supplier": name,
                "probability": float(chance[:, k].mean()),
                "asked": float(asked[:, k].mean()),
                "probability_range": spread(chance[:, k]).as_dict(),
                "quantity": float(amount[:, k].mean()),
                "quantity_range": spread(amount[:, k]).as_dict(),
                "recorded_or_simulated": spread(shipped[:, k]).as_dict(),
                "utility": float(
                    sum(x for t, x in zip(labels, mean, strict=True) if t not in ASKING)
                ),
                "terms": {label: float(value) for label, value in zip(labels, mean, strict=True)},
                "expected_loss_percent": spread(cost[:, k]).as_dict(),
                "patron_loss_percent": spread(patron[:, k]).as_dict(),
                "leads": float(((rank[:, k] == 1) & (amount[:, k] > 0)).mean()),
                "top_five": float(((rank[:, k] <= 5) & (amount[:, k] > 0)).mean()),
                "refuses": float((chance[:, k] < REFUSES_BELOW).mean()),
                "supplies": float((part[:, k] >= SUPPLIES_FROM).mean()),
                "able": float((chance[:, k] > 0).mean()),
                "badge": "emergent",
                "imposed_terms": {t: rests[t] for t in labels if t in rests},
            }
        )
    return sorted(out, key=lambda c: -c["quantity"])


def would_change(one: Candidate) -> str:
    """For a state that more likely refuses: what would have to change, in words."""
    if one["able"] < 0.05:
        return "it holds nothing of the class to give"
    lacking = -one["utility"]
    if lacking <= 0:
        return "it supplies more likely than not"
    loss = -one["terms"].get("sanctions", 0.0)
    parts = sorted(
        ((v, k) for k, v in one["terms"].items() if v < 0 and k not in ("agreeing", *ASKING))
    )
    text = f"utility would have to rise by {lacking:.1f}"
    if loss >= lacking:
        return text + "; dropping the threat of secondary sanctions would do"
    if parts:
        value, name = parts[0]
        text += f"; its largest cost is {name} ({value:+.1f})"
    return text + "; even without secondary sanctions it would refuse" if loss > 0 else text


def notes(base: list[Candidate], rivals: dict[str, list[Brief]]) -> list[str]:
    """What the rival answers change, and what the data can tell apart."""
    first = base[0]
    out = [f"{first['supplier']} leads in {100 * first['leads']:.0f} % of the declared range."]
    for lever, rows in rivals.items():
        top = max(rows, key=lambda c: c["leads"])
        out.append(
            f"{(RIVALS[lever][0] if lever in RIVALS else lever)}, {top['supplier']} leads in {100 * top['leads']:.0f} %."
        )
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
