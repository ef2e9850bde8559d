"""What a sensitivity study varies: the figures of a scenario, one by one or in groups, the groups
of accounts that are drawn together, and luck."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import qmc

from kautilya.accounts import FeedKey, drawn_together
from kautilya.runs.designs import FIXED, Factors, Points

if TYPE_CHECKING:
    from kautilya.scenario.assemble import Assembled
    from kautilya.scenario.scenario import Scenario

LUCK, REST = "luck", "all other figures"
FIGURE, GROUP, ACCOUNTS = "figure", "group", "accounts"


def rows_of(scenario: Scenario, key: FeedKey) -> np.ndarray:
    """Rows of quantities.csv that a feed of the accounts fills; its stage may hold "*"."""
    return np.array([i for i, row in enumerate(scenario.quantities)
                     if row.parameter == key.parameter and row.month == key.month
                     and (row.actor, row.partner, row.good) == (key.actor, key.partner, key.good)
                     and row.label == key.label and fnmatchcase(row.stage, key.stage or "")],
                    dtype=int)


def fed_groups(scenario: Scenario, accept: str) -> dict[int, str]:
    """The group of accounts of each figure that the accounts fill; empty for raw ranges."""
    if accept == "raw" or not (Path(scenario.folder) / "accounts.toml").exists():
        return {}
    return {int(i): name for key, name in drawn_together(scenario, accept).items()
            for i in rows_of(scenario, key)}


def varied(assembled: Assembled) -> np.ndarray:
    """Figures whose range is not a point."""
    return np.array([i for i, row in enumerate(assembled.quantities) if row.low != row.high])


def by_law(assembled: Assembled, accept: str) -> Factors:
    """One factor for the figures of each law, each group of accounts, and luck."""
    laws = {int(i): assembled.quantities[i].parameter.split(".")[0] for i in varied(assembled)}
    return _factors(assembled, laws, fed_groups(assembled.scenario, accept))


def by_figure(assembled: Assembled, accept: str, single: Sequence[int] | None = None) -> Factors:
    """One factor for each figure of `single` (default: all), each group of accounts, and luck;
    all other figures together are one more factor."""
    every = varied(assembled)
    alone = set(map(int, every if single is None else single))
    names = {int(i): assembled.quantities[i].id if int(i) in alone else REST for i in every}
    return _factors(assembled, names, fed_groups(assembled.scenario, accept))


def _factors(assembled: Assembled, names: dict[int, str], fed: dict[int, str]) -> Factors:
    """Factors in the order of quantities.csv; groups of accounts and luck come last."""
    ids = {row.id for row in assembled.quantities}
    own = dict.fromkeys(name for i, name in names.items() if i not in fed)
    groups = dict.fromkeys(fed.values())
    order = [name for name in own if name != REST] + [REST] * (REST in own)
    place = {name: k for k, name in enumerate(order)}
    of = np.full(len(assembled.quantities), FIXED)
    for i, name in names.items():
        if i not in fed:
            of[i] = place[name]
    for k, name in enumerate(groups, start=len(order)):
        of[[i for i, group in fed.items() if group == name]] = k
    kinds = [FIGURE if name in ids else GROUP for name in order] + [ACCOUNTS] * len(groups)
    return Factors((*order, *(f"accounts {name}" for name in groups), LUCK), (*kinds, LUCK), of,
                   len(order) + len(groups))


def near_points(assembled: Assembled, count: int, seed: int, step: float) -> Points:
    """3 x count points: A, and A with every figure moved by a step of probability and by half of
    it, inwards; the draws of the accounts and the luck stay those of A."""
    start = points(assembled, count, seed).u[0::2]
    inward = np.where(start < 0.5, step, -step)
    u = np.repeat(start, 3, axis=0)
    u[1::3] += inward
    u[2::3] += inward / 2
    number = np.repeat(2 * np.arange(count), 3)
    return Points(u, number, number)


def points(assembled: Assembled, count: int, seed: int) -> Points:
    """2 x count points: A at 2i and B at 2i + 1, from one scrambled Sobol' sequence of the figures
    that vary; the first points stay the same whatever the count."""
    every = varied(assembled)
    sequence = qmc.Sobol(2 * len(every), scramble=True, rng=np.random.default_rng(seed))
    power = int(np.ceil(np.log2(max(count, 1))))
    both = np.clip(sequence.random_base2(power)[:count], 2.0**-53, 1 - 2.0**-53)
    u = np.full((2 * count, len(assembled.quantities)), 0.5)
    u[0::2, every], u[1::2, every] = both[:, : len(every)], both[:, len(every):]
    number = np.arange(2 * count)
    return Points(u, number, number)
