r"""From the record known on a day to draws of what carries it on.

    z = log(y + 1/2)                         counts; their own variance 1 / (mean of five months + 3/4)
    z = ((y / m)^0.4 - 1) / 0.4              money, m the mean of the known months        (box1964)

less what is foreseen of it: the log of the share that a late source had told (law `lateness`), and
growth of new weapons as that of the output of earlier wars.

Priors are wide and assumed, but for growth, whose persistence comes from the output of earlier
wars (docs/motion.md). Series whose record ends before the last month, or that have none, are
carried by the filter: what is not known is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import kautilya.core  # noqa: F401  (float64)
from kautilya.estimation.motion import sampler
from kautilya.estimation.motion.sampler import Data, Length, Priors

Array = NDArray[np.float64]
SIZES = ("walk", "noise", "growth", "damping", "transient", "fading")
# medians, sd of the log (logit for a persistence) of the common mean
PRIOR = MappingProxyType(
    {
        "walk": (0.12, 0.7),
        "noise": (0.15, 0.7),
        "growth": (0.04, 0.6),
        "damping": (0.95, 0.6),
        "transient": (0.15, 0.7),
        "fading": (0.75, 0.5),
    }
)
BETWEEN, WITHIN, FREEDOM = 0.5, 0.4, 6.0
POWER = 0.4  # of money
HEAVY, NORMAL = 4.0, 1e6  # degrees of freedom
NEAR = 5  # months whose mean gives the variance of a count
YEAR = 12
FACTORS = ("tempo_rus", "recording", "claiming", "tempo_ukr")
RHO = MappingProxyType(  # median, sd of the logit, degrees of freedom of the steps
    {
        "tempo_rus": (0.85, 0.5, NORMAL),
        "recording": (0.1, 0.3, 3.0),
        "claiming": (0.97, 0.3, NORMAL),
        "tempo_ukr": (0.85, 0.5, NORMAL),
    }
)
LOAD = MappingProxyType(  # mean and sd of the loads
    {
        "tempo_rus": (0.2, 0.15),
        "recording": (0.2, 0.15),
        "claiming": (0.3, 0.2),
        "tempo_ukr": (0.2, 0.15),
    }
)


# log growth of the output of 38 series of earlier wars in the first year, its spread aside, and what
# is left of growth a year later (docs/motion.md); the month in which industry was mobilised
GROWN, LEFT = 1.1, 0.57
MOBILISED = pd.Period("2022-09", "M")
# a late source: share of a month not told at its end, and months in which that falls to a third;
# low, mode, high, assumed; the month in which the only chart was read
LATE, DELAY = (0.3, 0.6, 0.8), (2.0, 4.0, 8.0)
READ = pd.Period("2023-11", "M")
NEW = ("launch_drone", "launch_recon")  # what no stock of peace held


class Record(NamedTuple):
    """What is known [months, series], the last month last.

    values   in the unit of the file; NaN where not known
    groups   group of each series; money: whether it is of the power scale
    months   the month of each row
    read     the month in which a late source was read
    """

    values: Array
    groups: tuple[str, ...]
    labels: tuple[str, ...]
    months: pd.PeriodIndex
    read: pd.Period = READ


class Scale(NamedTuple):
    """How a series is bent [series]: power (0 = logarithm), mean, most that a month may be, and the
    least month of money, nothing apart."""

    power: Array
    mean: Array
    most: Array
    least: Array


class Found(NamedTuple):
    """Draws [draws, ...] of the state of the last month and of the sizes, by name.

    diagnostics   by name: R-hat and effective number of draws of what the draws are used for
    """

    labels: tuple[str, ...]
    draws: Mapping[str, Array]
    scale: Scale
    endures: Array
    diagnostics: Mapping[str, tuple[float, float]]


def record(
    clean: pd.DataFrame, groups: Mapping[str, str], months: int = 0, read: pd.Period = READ
) -> Record:
    """The record, without months in which nothing is known at its end, to `months` months.

    Raises ValueError where nothing is known.
    """
    known = clean.dropna(how="all")
    if known.empty:
        raise ValueError("nothing is known")
    values = clean.loc[: known.index[-1]].to_numpy(float)
    pad = max(months - len(values), 0)
    values = np.concatenate([np.full((pad, values.shape[1]), np.nan), values])
    labels = tuple(str(one) for one in clean.columns)
    last = known.index[-1]
    span = pd.period_range(last - (len(values) - 1), last, freq="M")
    return Record(values, tuple(groups[one] for one in labels), labels, span, read)


def rounded(months: int) -> int:
    """Months to the next whole two years, so that few shapes are ever compiled."""
    return -(-months // (2 * YEAR)) * 2 * YEAR


def loads(factor: str, label: str, group: str) -> bool:
    """Whether a series loads on a factor."""
    if factor == "tempo_rus":
        return group in ("claims", "deaths") or label.startswith("oryx_rus")
    if factor == "tempo_ukr":
        return label.startswith("oryx_ukr")
    return group == {"recording": "pictures", "claiming": "claims"}[factor]


KIND = MappingProxyType(  # which series share the sizes of a group
    {"claims": 0, "deaths": 0, "pictures": 1, "launches": 2, "tests": 2, "aid": 3}
)


def scale(given: Record) -> Scale:
    """How the series are bent."""
    power = np.array([POWER if one == "aid" else 0.0 for one in given.groups])
    filled = np.where(np.isnan(given.values), 0.0, given.values)
    count = np.maximum((~np.isnan(given.values)).sum(axis=0), 1)
    mean = np.maximum(filled.sum(axis=0) / count, 1e-3)
    least = np.where(filled > 0, filled, np.inf).min(axis=0)
    least = np.where((power > 0) & np.isfinite(least), least, 0.0)
    return Scale(power, mean, 50.0 * np.maximum(filled.max(axis=0), 1.0), least)


def bent(values: Array, given: Scale) -> Array:
    """z of the card."""
    y = np.maximum(values, 0.0)
    money = ((y / given.mean) ** POWER - 1.0) / POWER
    return np.where(given.power > 0, money, np.log(y + 0.5))


def told(age: Array, late: Array | float, delay: Array | float) -> Array:
    """Share of a month that a late source has told so many months after its end; 1 before that,
    as a later reading will tell of it (law `lateness`)."""
    return np.where(age >= 0, 1.0 - late * np.exp(-np.maximum(age, 0.0) / delay), 1.0)


def ages(given: Record) -> Array:
    """Months from the end of each month to the reading of a late source."""
    return np.array([(given.read - one).n - 1 for one in given.months], float)


def growth(given: Record) -> Array:
    """Log growth a month of the output of a war industry, as that of earlier wars [months]."""
    years = np.array([(one - MOBILISED).n / YEAR for one in given.months])
    return np.where(years >= 0, GROWN * -np.log(LEFT) / (1.0 - LEFT) * LEFT**years / YEAR, 0.0)


def _late(given: Record) -> Array:
    """Series of a late source [series]."""
    return np.array([one == "deaths" for one in given.groups])


def foreseen(given: Record) -> Array:
    """What z is expected to hold beside the process [months, series]."""
    is_late, made = _late(given), np.isin(given.labels, NEW)
    share = np.log(told(ages(given), LATE[1], DELAY[1]))
    risen = np.cumsum(growth(given)) - growth(given)
    return np.outer(share, is_late) + np.outer(risen, made)


def data(given: Record, bend: Scale) -> Data:
    """The arrays that the sampler takes."""
    known = ~np.isnan(given.values)
    z = bent(np.where(known, given.values, 0.0), bend) - foreseen(given)
    z = np.where(known, z, 0.0)
    near = pd.DataFrame(given.values).rolling(NEAR, center=True, min_periods=1).mean()
    count = 1.0 / (np.maximum(near.to_numpy(float), 0.0) + 0.75)
    count = np.where(known & (bend.power == 0), count, 0.0)
    kinds = np.array([KIND[one] for one in given.groups])
    on = np.array(
        [
            [loads(f, *pair) for pair in zip(given.labels, given.groups, strict=True)]
            for f in FACTORS
        ]
    )
    prior = np.array([LOAD[f] for f in FACTORS])
    arrays = (
        z,
        known.astype(float),
        count,
        (kinds[:, None] == np.arange(max(KIND.values()) + 1)).astype(float),
        np.where(bend.power > 0, NORMAL, HEAVY),
        np.array([RHO[f][2] for f in FACTORS]),
        on * prior[:, :1],
        on * prior[:, 1:],
    )
    return Data(*(jnp.asarray(one) for one in arrays))


def _logit(p: float) -> float:
    return float(np.log(p / (1.0 - p)))


def priors() -> Priors:
    """The priors of the table, transformed."""
    turned = {
        name: _logit(median) if name in ("damping", "fading") else float(np.log(median))
        for name, (median, _) in PRIOR.items()
    }
    arrays = (
        np.array([turned[name] for name in SIZES]),
        np.array([PRIOR[name][1] for name in SIZES]),
        np.full(len(SIZES), BETWEEN),
        np.full(len(SIZES), WITHIN),
        np.array(FREEDOM),
        np.array([_logit(RHO[f][0]) for f in FACTORS]),
        np.array([RHO[f][1] for f in FACTORS]),
    )
    return Priors(*(jnp.asarray(one) for one in arrays))


STATES = MappingProxyType(  # parameter of the law `motion`: what the sampler keeps for it
    {
        "level": "level",
        "rise": "growth",
        "passing": "transient",
        "common": "factor",
        "lasting": "rho",
        "load": "load",
    }
)
ENDURES = ("aid", "tests")  # groups that go on when the war is over


QUICK = Length()


def fitted(given: Record, length: Length = QUICK, seed: int = 0) -> Found:
    """Draws of the state of the last month and of the sizes; deterministic in the seed."""
    bend = scale(given)
    kept = sampler.sample(data(given, bend), priors(), jax.random.PRNGKey(seed), length)
    chains = {name: np.asarray(part) for name, part in kept._asdict().items()}
    order = np.random.default_rng(seed).permutation(length.chains * length.draws)
    flat = {name: np.concatenate(list(part))[order] for name, part in chains.items()}
    sizes = flat["sizes"]
    draws = {name: flat[kept] for name, kept in STATES.items()}
    draws |= {name: sizes[:, i] for i, name in enumerate(SIZES)}
    draws |= _expected(given, draws, np.random.default_rng([seed, 1]))
    endures = np.array([one in ENDURES for one in given.groups], float)
    return Found(given.labels, draws, bend, endures, _diagnostics(chains))


def _expected(
    given: Record, draws: Mapping[str, Array], rng: np.random.Generator
) -> dict[str, Array]:
    """The state of the last month with what is foreseen, and draws of what a late source told.

    The level at which a late source stands is that at which it will stand by the draw's own delay.
    """
    made, slow = np.isin(given.labels, NEW), _late(given)
    ended = np.cumsum(growth(given))[-1] - growth(given)[-1]
    count = len(draws["level"])
    late = np.where(slow, rng.triangular(*LATE, (count, 1)), 0.0)
    delay = np.where(slow, rng.triangular(*DELAY, (count, 1)), 1.0)
    seen = ~np.isnan(given.values)
    last = np.where(seen.any(axis=0), len(seen) - 1 - seen[::-1].argmax(axis=0), len(seen) - 1)
    age = ages(given)[last]
    shift = np.log(told(age, np.where(slow, LATE[1], 0.0), DELAY[1]) / told(age, late, delay))
    return {
        "level": draws["level"] + shift + ended * made,
        "rise": draws["rise"] + growth(given)[-1] * made,
        "late": late,
        "delay": delay,
    }


def _diagnostics(kept: Mapping[str, Array]) -> dict[str, tuple[float, float]]:
    """R-hat and effective draws of level + transient + factors of each series, and of log w.

    The parts of the sum are exchanged slowly and only their sum is used; see docs/motion.md.
    """
    shared = np.einsum("cdf,cdfk->cdk", kept["factor"], kept["load"])
    whole = kept["level"] + kept["transient"] + shared
    sums = [split(whole[..., k]) for k in range(whole.shape[-1])]
    return {
        "sum": (max(r for r, _ in sums), min(n for _, n in sums)),
        "walk": split(kept["mean"][..., 0]),
    }


def split(draws: Array) -> tuple[float, float]:
    """Split R-hat and effective number of draws [chains, draws] (gelman2013, ch. 11).

    The sum of autocorrelations is cut by pairs that must fall and stay positive, so that the
    number is never negative and never above that of the draws.
    Raises ValueError for fewer than four draws a chain: halves of one have no spread.
    """
    half = draws.shape[1] // 2
    if half < 2:
        raise ValueError(f"{draws.shape[1]} draws a chain; four are the least")
    parts = np.concatenate([draws[:, :half], draws[:, half : 2 * half]])
    m, n = parts.shape
    within = parts.var(axis=1, ddof=1).mean()
    between = parts.mean(axis=1).var(ddof=1)
    if within <= 0.0:
        return 1.0, float(m * n)
    wide = (n - 1) / n * within + between
    centred = parts - parts.mean(axis=1, keepdims=True)
    size = 2 ** int(np.ceil(np.log2(2 * n)))
    power = np.abs(np.fft.rfft(centred, size, axis=1)) ** 2
    cov = np.fft.irfft(power, axis=1)[:, :n].mean(axis=0) / n
    rho = 1.0 - (within - cov) / wide
    pairs = rho[: n - n % 2].reshape(-1, 2).sum(axis=1)
    pairs[0] = rho[0] + rho[1] if n > 1 else 1.0
    alive = np.cumprod(pairs > 0).astype(bool)
    falling = np.minimum.accumulate(pairs[alive]) if alive.any() else np.ones(1)
    tau = max(2.0 * float(falling.sum()) - 1.0, 1.0)
    return float(np.sqrt(wide / within)), float(m * n / tau)


def carried(found: Found) -> dict[tuple[str, ...], Array]:
    """Draws [draws] of each element of the law's parameters, by the key of the model's layout."""
    count = len(found.draws["level"])
    fixed = _fixed(found)
    out: dict[tuple[str, ...], Array] = {}
    for name in (*SIZES, "level", "rise", "passing"):
        for k, label in enumerate(found.labels):
            out["motion", name, label] = found.draws[name][:, k]
    for name in ("late", "delay"):
        for k, label in enumerate(found.labels):
            out["lateness", name, label] = found.draws[name][:, k]
    for name in ("common", "lasting"):
        for f, factor in enumerate(FACTORS):
            out["motion", name, factor] = found.draws[name][:, f]
    for f, factor in enumerate(FACTORS):
        for k, label in enumerate(found.labels):
            out["motion", "load", factor, label] = found.draws["load"][:, f, k]
    for key, value in fixed.items():
        out[key] = np.full(count, value)
    return out


def _fixed(found: Found) -> dict[tuple[str, ...], float]:
    """What does not differ between draws, by the key of the model's layout."""
    bend = found.scale
    out: dict[tuple[str, ...], float] = {}
    for k, label in enumerate(found.labels):
        out["motion", "power", label] = float(bend.power[k])
        out["motion", "mean", label] = float(bend.mean[k])
        out["motion", "most", label] = float(bend.most[k])
        out["motion", "least", label] = float(bend.least[k])
        out["motion", "tail", label] = NORMAL if bend.power[k] > 0 else HEAVY
        out["motion", "endures", label] = float(found.endures[k])
    for factor in FACTORS:
        out["motion", "shared_tail", factor] = RHO[factor][2]
        out["motion", "carries", factor] = float(factor.startswith("tempo"))
    return out
