"""The uncertain assumptions behind each future, and which of them decides a claim.

They are worked out again from the seed, bit for bit. All are screened by the first three Legendre
polynomials of the cumulative probability u of each (first-order Sobol' indices from given data, as
in polynomial chaos, sudret2008):

    S = sum_k c_k^2 / Var Y,   c_k = mean(Y sqrt(2k+1) P_k(2u - 1));   F S / 1 ~ chi^2(3) if S = 0

What is left after a Bonferroni bound is ranked by SALib's RBD-FAST (tarantola2006,
plischke2010), where SALib is installed. Y is 1 where the claim is true; where it (nearly) always
is or never is, or where no figure is seen to move that, Y is the place of the quantity among its
values: of a claim with several conditions, of how far the one that decides is from turning.
Holds for: figures that are drawn independently; those that the accounts bind together share credit.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kautilya import disk, program
from kautilya.runs.ensemble import Run
from kautilya.scenario.assemble import Range, assemble
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import Quantity


class Assumptions(NamedTuple):
    """What was drawn.

    rows     rows of quantities.csv that are drawn, [n]
    numbers  their places in quantities.csv [n]
    factors  internal unit over the row's own unit [n]
    values   [n, F], in the row's own unit
    ranks    [n, F], cumulative probability, 0 to 1
    fed      [n] True where the published accounts gave the draw
    spread   [n] standard deviation of what the row declares
    plain    [n] the rows in plain English
    """

    rows: tuple[Quantity, ...]
    numbers: np.ndarray
    factors: np.ndarray
    values: np.ndarray
    ranks: np.ndarray
    fed: np.ndarray
    spread: np.ndarray
    plain: tuple[str, ...] = ()

    def cut(self, futures: int) -> Assumptions:
        """The first futures only."""
        return self._replace(values=self.values[:, :futures], ranks=self.ranks[:, :futures])

    def named(self, place: int) -> str:
        """The row at a place in plain English."""
        return self.plain[place] if self.plain else self.rows[place].parameter

    @property
    def futures(self) -> int:
        """Number of futures."""
        return int(self.values.shape[1])


KEPT = 10_000  # futures of a run above which its figures are worked out again each time


def assumptions(scenario: Scenario, run: Run) -> Assumptions:
    """The uncertain figures of a run, by future; those that the run fixed are left out.

    They take seconds to work out, so they are kept by all that they depend on.
    """
    from kautilya.scenario.lexicon import Names

    manifest = run.manifest
    case, futures = manifest["case"], int(manifest["futures"])
    said = [scenario.digest, int(manifest["seed"]), futures, case.get("accept", "run")]
    said += [case.get("posterior", ""), *case.get("sets", ())]
    name = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]
    file = disk.place("claims", "figures", program.key()) / f"{name}.npz"

    def make() -> Mapping[str, np.ndarray]:
        return _drawn(scenario, run)

    held, names = disk.kept(file, make, disk.ARRAYS) if futures <= KEPT else make(), Names(scenario)
    rows = tuple(scenario.quantities[i] for i in held["numbers"])
    return Assumptions(
        rows,
        held["numbers"],
        held["factors"],
        held["values"],
        held["ranks"],
        held["fed"],
        held["spread"],
        tuple(map(names.figure, rows)),
    )


def _drawn(scenario: Scenario, run: Run) -> Mapping[str, np.ndarray]:
    """The arrays of `Assumptions`, worked out."""
    from kautilya.runs.draws import feeder, probabilities, values
    from kautilya.runs.posterior import informed

    made, manifest = assemble(scenario), run.manifest
    case = manifest["case"]
    futures = np.arange(int(manifest["futures"]))
    feed = informed(
        feeder(made, int(manifest["seed"]), case.get("accept", "run")),
        case.get("posterior", ""),
        made,
        int(manifest["seed"]),
    )
    fed = feed(futures) if feed else []
    ranks = np.array(
        probabilities([row.id for row in made.quantities], int(manifest["seed"]), futures)
    )
    drawn = values(made.quantities, ranks, fed)
    given = np.zeros(len(made.quantities), dtype=bool)
    for numbers, _ in fed:
        given[numbers] = True
    for i in np.flatnonzero(given):
        ranks[i] = ranked(drawn[i])
    told = {text.split("=")[0].strip() for text in case.get("sets", ())}
    keep = np.array(
        [
            i
            for i, row in enumerate(made.quantities)
            if row.distribution != "fixed" and row.id not in told and np.ptp(drawn[i]) > 0
        ],
        dtype=int,
    )
    factors = np.array([made.quantities[i].factor for i in keep])
    return {
        "numbers": keep,
        "factors": factors,
        "values": drawn[keep] / factors[:, None],
        "ranks": ranks[keep].astype(np.float32),
        "fed": given[keep],
        "spread": np.array([deviation(made.quantities[i]) for i in keep]),
    }


def ranked(values: np.ndarray) -> np.ndarray:
    """Place of each value among all, between 0 and 1."""
    out = np.empty(len(values))
    out[np.argsort(values, kind="stable")] = (np.arange(len(values)) + 0.5) / len(values)
    return out


def deviation(drawn: Range) -> float:
    """Standard deviation of what a row declares, in its own unit, from its quantiles."""
    from kautilya.scenario.distributions import quantile

    u = (np.arange(512) + 0.5) / 512
    return float(np.std(quantile(drawn, u)) / drawn.factor)


DOUBT = 0.01  # chance that any figure is listed by luck alone
MOST = 8
RARE = 0.02  # below this share, or above one less it, the quantity itself is ranked


class Decisive(NamedTuple):
    """One figure that moves a claim.

    share      first-order share of the variance of Y
    low_end    probability of the claim in the lowest fifth of the figure's range; high_end: highest
    place      among the assumptions
    of         "truth" or "quantity": what Y was
    says       the figure in plain English
    """

    row: Quantity
    place: int
    share: float
    low_end: float
    high_end: float
    of: str
    says: str = ""


def screened(target: np.ndarray, ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First-order shares [n, C], less their bias, and their statistic, F S ~ chi^2(3) by chance.

    target  [C, F] standardised; ranks [n, F]
    """
    futures = ranks.shape[1]
    y = np.ascontiguousarray(target.T, dtype=np.float32)
    s = 2 * ranks - 1
    total = np.zeros((ranks.shape[0], target.shape[0]))
    for degree, p in ((1, s), (2, (3 * s**2 - 1) / 2), (3, (5 * s**3 - 3 * s) / 2)):
        total += (2 * degree + 1) * ((p @ y) / futures) ** 2
    return np.maximum(total - 3 / futures, 0.0), futures * total


def targets(
    truth: np.ndarray, value: np.ndarray | None, quantity: bool = False
) -> tuple[np.ndarray, str]:
    """Y [F], standardised, and what it is; all 0 where nothing varies.

    quantity   the place of the quantity, also where the truth varies
    """
    p = float(np.mean(truth))
    if (
        value is not None
        and not np.isnan(value).any()
        and np.min(value) < np.max(value)
        and (quantity or not RARE <= p <= 1 - RARE)
    ):
        y, of = ranked(np.asarray(value, dtype=float)), "quantity"
    else:
        y, of = np.asarray(truth, dtype=float), "truth"
    spread = y.std()
    return ((y - y.mean()) / spread if spread > 0 else np.zeros_like(y)), of


def bound(figures: int) -> float:
    """The statistic that luck alone exceeds, for any of so many figures, with chance DOUBT."""
    from scipy.stats import chi2

    return float(chi2.isf(DOUBT / max(figures, 1), 3))


def rank(
    truths: Sequence[np.ndarray],
    values: Sequence[np.ndarray | None],
    given: Assumptions,
    quantity: bool = False,
) -> list[list[Decisive]]:
    """For each claim the figures that move it, the strongest first.

    truths    C times [F]; values C times [F] or None; all over the futures of `given`
    quantity  what moves the quantity, also where the truth varies
    """
    if not truths:
        return []
    made = [targets(t, v, quantity) for t, v in zip(truths, values, strict=True)]
    target = np.stack([y for y, _ in made])
    shares, statistic = screened(target, given.ranks)
    least = bound(len(given.rows))
    chosen = [_moving(shares[:, c], statistic[:, c], least) for c in range(len(truths))]
    return [
        _ranked(made[c], np.asarray(truths[c], dtype=float), chosen[c], shares[:, c], given)
        for c in range(len(truths))
    ]


def _moving(shares: np.ndarray, statistic: np.ndarray, least: float) -> list[int]:
    """Places of the figures that move a claim beyond chance, the strongest first."""
    return [int(i) for i in np.argsort(-shares)[:MOST] if statistic[i] > least]


def _ranked(
    made: tuple[np.ndarray, str],
    truth: np.ndarray,
    chosen: list[int],
    shares: np.ndarray,
    given: Assumptions,
) -> list[Decisive]:
    found = {i: float(shares[i]) for i in chosen}
    if chosen:
        found = rbd_fast(made[0], given.ranks[chosen], chosen) or found
    ends = {i: _fifths(truth, given.ranks[i]) for i in chosen}
    return sorted(
        (Decisive(given.rows[i], i, found[i], *ends[i], made[1], given.named(i)) for i in chosen),
        key=lambda one: -one.share,
    )


def _fifths(truth: np.ndarray, ranks: np.ndarray) -> tuple[float, float]:
    low, high = truth[ranks < 0.2], truth[ranks > 0.8]
    return (
        float(low.mean()) if low.size else float("nan"),
        float(high.mean()) if high.size else float("nan"),
    )


def rbd_fast(y: np.ndarray, ranks: np.ndarray, chosen: list[int]) -> dict[int, float] | None:
    """First-order indices by SALib; None where it is not installed or the futures are few."""
    if y.size < 200:
        return None
    try:
        from SALib.analyze import rbd_fast as method
    except ImportError:
        return None
    problem = {
        "num_vars": len(chosen),
        "names": [str(i) for i in chosen],
        "bounds": [[0.0, 1.0]] * len(chosen),
    }
    with np.errstate(all="ignore"):  # a sample of its bootstrap in which the claim never varies
        found = method.analyze(problem, ranks.T.astype(float), y, M=10, num_resamples=2, seed=0)
    return {
        i: float(np.clip(np.nan_to_num(s), 0.0, 1.0))
        for i, s in zip(chosen, found["S1"], strict=True)
    }


def influential(
    values: np.ndarray, groups: Sequence[str], given: Assumptions, most: int
) -> list[tuple[int, float]]:
    """The figures that move many numbers most: (place in `given`, mean share of variance).

    values   [F, numbers], over the futures of `given`; a number that does not vary counts for nothing
    groups   what each number belongs to; each group counts alike, however many numbers it has
    A share that luck alone may give counts as none, and a figure without any is left out.
    """
    moving = [k for k, x in enumerate(values.T) if np.isfinite(x).all() and np.ptp(x) > 0]
    if not moving:
        return []
    placed = np.stack([ranked(values[:, k].astype(float)) for k in moving])
    spread = placed.std(axis=1, keepdims=True)
    target = (placed - placed.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    shares, statistic = screened(target, given.ranks)
    sure = np.where(statistic > bound(len(given.rows) * len(moving)), shares, 0.0)
    many = Counter(groups[k] for k in moving)
    told = sure @ np.array([1.0 / (many[groups[k]] * len(many)) for k in moving])
    order = np.argsort(-told)[:most]
    return [(int(place), float(told[place])) for place in order if told[place] > 0]
