"""Why them, and not others: every candidate supplier of a class, term by term.

The decision model is evaluated over the whole declared parameter range, beside the record. A
candidate's rank is by what the model expects it to hand over; nothing here names a state.
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
from kautilya.runs.ensemble import Plan, Progress, check, run
from kautilya.runs.pool import Pool
from kautilya.runs.store import ITEM, layout_of
from kautilya.runs.summary import READ, spread
from kautilya.scenario.mistakes import near
from kautilya.study.compare import years_of
from kautilya.wording import ALIASES

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.scenario.scenario import Scenario

REFUSES_BELOW = 0.5  # below it a state refuses more likely than not
SUPPLIES_FROM = 0.05  # share of the expected flow from which a state counts as a supplier
RIVALS = {
    "": "As declared",
    "no_secondary_sanctions": "Without secondary sanctions",
    "stock_and_calibre_only": "With stock and calibre alone",
    "no_common_enemy": "Without the common enemy",
    "no_reputation": "Without reputation",
    "no_patron_pressure": "Without the patron's pressure",
}
TERMS = "utility_terms"  # the outcome
NEEDS = MappingProxyType(
    {  # outcomes that carry the answer: the dims that they must have
        "supply_chance": {"offer", "supplier", "year"},
        "expected_supply": {"offer", "supplier", "year"},
        "shipped": {"offer", "supplier", "year"},
        TERMS: {"offer", "supplier", "term", "year"},
    }
)
READS = (*NEEDS, "sanction_cost", "patron_cost", "recorded")
PATTERN = "russia_dprk_2024"  # whose scenario.toml shows how they are declared
CELL = 200_000_000  # bytes of them that are weighed at once; ranks and the like take twice that
HARDLY, CLEARLY = 3.0, 20.0  # kass1995: factors below the first tell nothing, above the second much


class Candidate(TypedDict):
    """One supplier over the parameter range; ranges are low, median and high.

    probability  that it supplies; quantity: what it is expected to hand over
    terms        mean utility by term; imposed_terms: what the sign and size of a term rest on
    leads        share of the range where it is first; top_five, refuses, supplies and able alike
    """

    supplier: str
    probability: float
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
        }


class Question(NamedTuple):
    """Who supplies `recipient` with `good` in the year `during`?"""

    recipient: str
    good: str
    during: str = "2024"


def why(name: str, question: Question, plan: Plan, *, progress: Progress | None = None) -> Why:
    """Who supplies a recipient with a class of goods in a year, who does not, what carries it.

    One run as declared and one for each rival answer, on the same luck. Raises
    KautilyaError for an unknown recipient, good or year.
    """
    scenario = scenarios.load(name)
    recipient, during = question.recipient, question.during
    good = ALIASES.get(question.good, question.good)
    check(scenario, plan.futures, plan.seed, plan.case)
    _check(scenario, recipient, good, during)
    _fits(scenario, plan.futures)
    levers, rests = {lever.id for lever in scenario.levers}, _rests(scenario)
    rivals = [r for r in RIVALS if not r or r in levers]
    found: dict[str, list[Candidate]] = {}
    seen: dict[str, xr.Dataset] = {}
    recorded = False
    with Pool() as pool:
        for i, lever in enumerate(rivals):
            case = replace(plan.case, levers=(lever,) if lever else (), keep="why")
            ran = run(
                name,
                plan.futures,
                plan.seed,
                case=case,
                pool=pool,
                progress=lambda a, b, i=i: (
                    progress
                    and progress(  # type: ignore
                        i * b + a, len(rivals) * b
                    )
                ),
            )
            read = cell(ran.data, good, during)
            found[lever] = candidates(read, good, during, rests)
            seen[lever] = read[[n for n in ("supply_chance", "recorded") if n in read]]
            recorded = recorded or _recorded(ran.data)
            del ran  # and the folder of the run
    delivered, likely = told(scenario, seen, good, during) if recorded else ([], {})
    base = found.pop("")
    for one in base:
        one["would_change"] = would_change(one)
    short = {lever: list(map(_brief, rows)) for lever, rows in found.items()}
    return Why(
        recipient,
        good,
        during,
        plan.futures,
        base,
        panel_ranks(scenario),
        short,
        [*notes(base, short), *weighed(delivered, likely)],
        delivered,
        likely,
    )


def _brief(one: Candidate) -> Brief:
    return {
        "supplier": one["supplier"],
        "probability": one["probability"],
        "quantity": one["quantity"],
        "leads": one["leads"],
    }


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


def _recorded(data: xr.Dataset) -> bool:
    """Whether any delivery at all stands on record in a run."""
    return "recorded" in data and any(
        data["recorded"][first : first + READ].values.any()
        for first in range(0, data.sizes["future"], READ)
    )


def told(
    scenario: Scenario, runs: dict[str, xr.Dataset], good: str, year: str
) -> tuple[list[str], dict[str, float]]:
    """Who delivered on record, and the log likelihood of it under each answer ("" as declared)."""
    base = runs[""]
    if "recorded" not in base or year > str(scenario.head.as_of.year):
        return [], {}
    sent = np.asarray(base["recorded"].sel(year=year, offer=good)) > 0  # [F, supplier]
    names = [str(s) for s in base["supplier"].values]
    odds = {
        name: data["supply_chance"].sel(year=year, offer=good).values.astype(float)
        for name, data in runs.items()
    }
    return [n for n, hit in zip(names, np.atleast_1d(sent.any(axis=0)), strict=True) if hit], {
        name: log_evidence(chance, sent) for name, chance in odds.items()
    }


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
                "probability_range": spread(chance[:, k]).as_dict(),
                "quantity": float(amount[:, k].mean()),
                "quantity_range": spread(amount[:, k]).as_dict(),
                "recorded_or_simulated": spread(shipped[:, k]).as_dict(),
                "utility": float(mean.sum()),
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
    parts = sorted(((v, k) for k, v in one["terms"].items() if v < 0 and k != "base"))
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
            f"{RIVALS.get(lever, lever)}, {top['supplier']} leads in {100 * top['leads']:.0f} %."
        )
    out.append(
        "The weight of expected losses is a declared range: the historical panel does not "
        "identify it."
    )
    return out


def weighed(delivered: list[str], likely: dict[str, float]) -> list[str]:
    """Whether the record of the year tells the answers apart, in words (kass1995)."""
    if not likely:
        return []
    who = ", ".join(delivered) or "nobody"
    out = [
        f"On record in the year: {who}. How much better each rival answer foretells who "
        f"delivered and who did not, as a factor on the declared one:"
    ]
    for lever, value in likely.items():
        if lever:
            factor = float(np.exp(value - likely[""]))
            size = max(factor, 1.0 / factor)
            word = (
                "not told apart"
                if size < HARDLY
                else "told apart"
                if size >= CLEARLY
                else "weakly told apart"
            )
            out.append(f"{RIVALS.get(lever, lever)}: {factor:.2g}, {word}.")
    return out
