"""Why them, and not others: every candidate supplier of a class, term by term.

The decision model is evaluated over the whole declared parameter range, beside the record. A
candidate's rank is by what the model expects it to hand over; nothing here names a state.

Rival answers are the same futures with terms held at their mean over the candidates: what is left
is the pattern that a rival foretells, not its level. So one run, or one that is stored, answers all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress, check, load_run, run, scenario_of
from kautilya.runs.pool import Pool
from kautilya.runs.store import ITEM, layout_of
from kautilya.runs.summary import spread
from kautilya.scenario.lawcheck import goes_without
from kautilya.scenario.lexicon import Names
from kautilya.scenario.mistakes import near, shown
from kautilya.study.compare import years_of
from kautilya.study.reasons import (
    ASKING,
    REFUSES_BELOW,
    RIVALS,
    Brief,
    Candidate,
    came,
    notes,
    sentence,
    weighed,
    without,
    would_change,
)
from kautilya.wording import ALIASES, many

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.scenario import Scenario

STUDIED = re.compile("register|requests")
SUPPLIES_FROM = 0.05  # share of the expected flow from which a state counts as a supplier
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
    told: str  # of which months chances are as if the record were not known; "" where it is known
    names: Mapping[str, str]
    absent: Mapping[str, tuple[str, ...]] = MappingProxyType({})

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
            "as_if_no_record": self.told,
            "absent_terms": {term: list(lacks) for term, lacks in self.absent.items()},
        }


class Question(NamedTuple):
    """Who supplies `recipient` with `good` in the year `during`, by default that of the as-of day?"""

    recipient: str
    good: str
    during: str = ""


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
    during = question.during or str(scenario.head.as_of.year)
    recipient, good = coded(scenario, question)
    _check(scenario, during)
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
    if "buyer" in read.dims:  # several buy: what concerns this one
        read = read.sel(buyer=recipient, drop=True)
    base = candidates(read, good, during, rests)
    names = _names(scenario)
    for one in base:
        one["would_change"] = would_change(one, names)
    terms, chance = _terms(read, good, during), _chances(read, good, during)
    absent = goes_without(scenario).get("choice", {})
    told_by = {name: drop for name, (_, drop) in RIVALS.items() if set(drop) - set(absent)}
    under = {"": chance} | {name: rival(terms, chance, drop) for name, drop in told_by.items()}
    states = [str(s) for s in read["supplier"].values]
    short = {name: held_level(read, good, during, drop) for name, drop in told_by.items()}
    sent = _sent(scenario, read, good, during)
    delivered = [n for n, hit in zip(states, np.atleast_1d(sent.any(axis=0)), strict=True) if hit]
    evidence, refusals, matrix = _weighed(under, sent, states) if delivered else ({}, {}, {})
    return Why(
        recipient,
        good,
        during,
        int(read.sizes["future"]),
        base,
        panel_ranks(scenario),
        short,
        [
            *came(scenario, recipient, [c["supplier"] for c in base], names),
            *without(absent, Names(scenario)),
            *notes(base, short, absent, names),
            *weighed([names.get(one, one) for one in delivered], evidence, refusals),
        ],
        delivered,
        evidence,
        refusals,
        matrix,
        sentence(base, names, delivered, scenario.head.answer.rivals),
        _blind(scenario, read, during),
        names,
        absent,
    )


def _blind(scenario: Scenario, read: xr.Dataset, year: str) -> str:
    """The months of a year in which chances are as if the record were not known; "" for none."""
    last = str(scenario.head.as_of)[:7]
    if "recorded" not in read or year > last[:4]:
        return ""
    return year if year < last[:4] or last.endswith("-12") else f"{year}-01 to {last}"


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


def held_level(read: xr.Dataset, good: str, year: str, drop: tuple[str, ...]) -> list[Brief]:
    """The candidates of one class and year with some terms held at their mean, best first.

    read  numbers of the class and year as `cell` gives them; drop: terms, () for none
    """
    chance = _chances(read, good, year)
    other = rival(_terms(read, good, year), chance, drop) if drop else chance
    amount = read["expected_supply"].sel(year=year, offer=good).values.astype(float)
    part = np.divide(other, chance, out=np.zeros_like(chance), where=chance > 0)
    return _briefs([str(s) for s in read["supplier"].values], other, amount * part)


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
    """Plain names of states, goods and terms."""
    known = Names(scenario)
    states = {code: known.of(code) for code in (*scenario.codes, *scenario.units)}
    terms = known.laws["choice"].labels["term"] if "choice" in known.laws else ()
    return {term: known.of(term, "term") for term in terms} | states


def _fits(scenario: Scenario, futures: int) -> None:
    """Refuse more futures than can be weighed at once, before anything runs."""
    layout = layout_of(scenario, "why").coords
    each, one_of = 0, ("year", "offer")
    for name in (one for one in READS if one in layout):
        sizes = [len(members) for dim, members in layout[name] if dim not in one_of]
        each += ITEM * int(np.prod(sizes))
    if each * futures > CELL:
        raise KautilyaError(
            "--futures",
            f"{many(futures, 'future')} of {disk.size(each)}, the numbers "
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


def coded(scenario: Scenario, question: Question) -> tuple[str, str]:
    """Codes of the buyer and of the class: each may be given as its code or as screens name it.

    Raises KautilyaError for others, and where nobody of a scenario chooses suppliers.
    """
    if not {"buyer", "offer"} <= set(scenario.sets):
        raise KautilyaError(
            "SCENARIO",
            f"in {scenario.id} nobody decides whom to supply",
            "Give one with the sets buyer and offer, such as russia_dprk_2024",
        )
    known, found = Names(scenario), []
    asked = (
        ("RECIPIENT", question.recipient, "buyer", "buys nothing in this scenario", "Buyers"),
        ("GOOD", question.good, "offer", "is not offered by anyone", "Goods"),
    )
    for place, word, name, lacks, title in asked:
        members = scenario.sets[name].members
        words = {known.of(code): code for code in members} | {code: code for code in members}
        words |= {alias: code for alias, code in ALIASES.items() if code in members}
        code = words.get(word) or {_bare(one): of for one, of in words.items()}.get(_bare(word))
        if code is None:
            listed = ", ".join(f"{known.of(one)} ({one})" for one in members)
            raise KautilyaError(
                place, f"{shown(word)} {lacks}", near(word, words, f"{title} are {listed}")
            )
        found.append(code)
    return found[0], found[1]


def _bare(said: str) -> str:
    """Words without case, hyphens and the ending of a plural."""
    return " ".join(one.removesuffix("s") for one in re.split(r"[\s_-]+", said.casefold().strip()))


def _check(scenario: Scenario, during: str) -> None:
    """Refuse a year that is not simulated, and a scenario whose run would keep too little."""
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
    """What each term of the utility rests on, as the law that works it out declares; what it takes
    from a study, where a scenario has only assumed figures for it, is assumed."""
    from kautilya.mechanisms import registry

    names = {one.name for one in scenario.outcomes if one.id == TERMS}
    for law in (registry()[name] for name in scenario.head.laws):
        for var in (var for var in law.writes if var.name in names):
            takes = {"asking": ("ask_base",), "agreeing": ("base",)} | dict(var.takes)
            return {
                term: "assumed in this scenario"
                if STUDIED.search(on) and _assumed(scenario, law.name, takes.get(term, ()))
                else on
                for term, on in var.rests.items()
            }
    return {}


def _assumed(scenario: Scenario, law: str, takes: Sequence[str]) -> bool:
    """Whether a scenario has rows for these parameters of a law, all of them assumed."""
    wanted = {f"{law}.{one}" for one in takes}
    rows = [row for row in scenario.quantities if row.parameter in wanted]
    return bool(rows) and all(row.status in ("assumed", "imposed") for row in rows)


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
                "delivers": float((shipped[:, k] > 0).mean()),
                "able": float((chance[:, k] > 0).mean()),
                "badge": "emergent",
                "imposed_terms": {t: rests[t] for t in labels if t in rests},
            }
        )
    return sorted(out, key=lambda c: -c["quantity"])
