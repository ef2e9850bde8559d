"""What each lever of the flagship moves: deliveries, fire and the chance of supply, as a page.

python tools/build_levers.py [FUTURES]      runs the levers beside the baseline, writes docs/levers.md

The page ends with what few futures give in which no war ends: tests/study/test_lever_effects.py plays those
anyway and says when the page is of other laws or figures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kautilya.runs.ensemble import Case, Plan
from kautilya.scenario import load
from kautilya.scenario.lexicon import Names
from kautilya.study.compare import Comparison, compare

FLAGSHIP = "russia_dprk_2024"
PAGE = Path(__file__).resolve().parents[1] / "docs" / "levers.md"
YEAR = "2025"
CHECKED = Plan(32, 0, Case(keep="shipped,fired", sets=("termination.hazard=0",)))
BY = {  # lever: how it acts, in the order of the laws
    "no_treaty": "treaty: no pact, no class opened, no deal enlarged; tie: meetings add nothing",
    "council_repeals": "council → embargo: fewer measures left, no quota of fuel, a patron that presses less → terms, politics, choice",
    "stricter_enforcement": "secondary_sanctions: supply costs more; evasion: routes carry less; trade_state → treasury: less to pay with",
    "no_secondary_sanctions": "secondary_sanctions → choice: nobody expects a loss",
    "no_patron_pressure": "secondary_sanctions → choice: no state fears its patron",
    "china_complies": "choice, evasion: no dual-use goods from China → production of shells, drones and missiles falls → need: more is asked for elsewhere",
    "china_supplies_shells": "choice: China ships, others are asked for less",
    "technology_blocked": "terms: a smaller basket; technology → industry and spare: fewer drones and missiles, less parted with",
    "food_crisis": "hunger → terms: grain is worth more; regime → terms: a regime in danger takes less",
    "unwilling_to_ask": "choice: the buyer asks less",
    "leaders_stay_home": "journeys → tie → alignment → politics; → visibility → secondary_sanctions",
    "no_disclosures": "visibility → secondary_sanctions: supply that nobody would see costs less",
    "no_common_enemy": "politics: measures and club weigh nothing; balance: common enemies move no tie",
    "no_balance": "balance → politics, tie: friends turn less or more often",
    "affinity_counts": "affinity → choice: the leaders' tie weighs",
    "sanctions_lifted": "trade_state → treasury: more to pay with; no threat, open routes",
}


def change(before: Any, after: Any, **cell: Any) -> str:
    """Change of the mean of what is summed over a cell, and in how many futures it is another."""
    a, b = (one.sel(**cell) for one in (before, after))
    dims = [d for d in a.dims if d != "future"]
    a, b = a.sum(dims).values, b.sum(dims).values
    moved = np.mean(np.abs(b - a) > 1e-6 * max(float(np.abs(a).max()), 1e-12))
    size = 100 * (b.mean() - a.mean()) / a.mean() if a.mean() else 0.0
    return f"{size:+.1f} % ({100 * moved:.0f})"


def largest(before: Any, after: Any, names: Names) -> str:
    """The state and class whose chance of supply moves most."""
    a, b = (one.sel(year=YEAR).mean("future") for one in (before, after))
    apart = np.abs(b - a)
    at = dict(
        zip(apart.dims, np.unravel_index(int(apart.values.argmax()), apart.shape), strict=True)
    )
    place = {d: str(apart[d].values[i]) for d, i in at.items()}
    said = ", ".join(names.of(one) for one in place.values())
    return f"{said}: {float(a.sel(**place)):.3f} → {float(b.sel(**place)):.3f}"


def rows(found: Comparison, names: Names) -> Iterator[list[str]]:
    """One row a lever."""
    first = found.baseline.data
    shells = {"year": YEAR, "offer": "tube_round"}
    strike = {"year": YEAR, "offer": ["missile", "drone"]}
    months = [str(m) for m in first["fired"].month.values if str(m)[:4] in (YEAR, "2026")]
    for lever, by in BY.items():
        then = found.levers[lever].data
        fire = {"month": months, "belligerent": "RUS", "munition": "tube_round"}
        yield [
            f"`{lever}`",
            by,
            change(first["shipped"], then["shipped"], **shells),
            change(first["shipped"], then["shipped"], **strike),
            change(first["fired"], then["fired"], **fire),
            largest(first["supply_chance"], then["supply_chance"], names),
        ]


def sums(data: Any) -> list[float]:
    """Rounds delivered in a year and fired from then on: mean over futures."""
    given = data["shipped"].sel(year=YEAR, offer=["tube_round", "rocket_round"])
    shot = data["fired"].sel(belligerent="RUS", munition="tube_round")
    late = [str(m) for m in shot["month"].values if str(m)[:4] >= YEAR]
    both = (given.sum(["supplier", "offer"]), shot.sel(month=late).sum("month"))
    return [float(f"{float(one.mean('future')):.8g}") for one in both]


def main(arguments: list[str]) -> int:
    """Write the page."""
    futures = int(arguments[0]) if arguments else 256
    keep = "shipped,fired,supply_chance"
    found = compare(FLAGSHIP, list(BY), Plan(futures, 0, Case(keep=keep)))
    few = compare(FLAGSHIP, list(BY), CHECKED)
    check = {"": sums(few.baseline.data)} | {k: sums(v.data) for k, v in few.levers.items()}
    head = [
        "lever",
        "by",
        "shells 2025",
        "missiles, drones 2025",
        "tube fire 2025–26",
        "chance that moves most, 2025",
    ]
    lines = [head, ["---"] * len(head), *rows(found, Names(load(FLAGSHIP)))]
    text = [
        "<!-- made by tools/build_levers.py; run it anew, do not edit -->",
        "# What the levers move",
        "",
        f"`{FLAGSHIP}`, {futures} futures on the same luck: change of the mean, and in brackets the share of",
        "futures in which it is another number. Small changes of a mean over few futures are luck; that a lever",
        "moves anything is not. Which law reads which stands in [mechanisms](mechanisms.md#who-reads-whom). The",
        "weights behind most of these chains are assumed, so sizes are ranges that nobody measured.",
        "",
        *("| " + " | ".join(row) + " |" for row in lines),
        "",
        f"<!-- check {json.dumps(check)} -->",
    ]
    PAGE.write_text("\n".join(text) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
