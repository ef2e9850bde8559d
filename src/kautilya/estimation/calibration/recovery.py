"""Recovery: wars made with known parameters, calibrated as if they were real (talts2018).

A truth is drawn from the prior, its observers' counts and the published figures are drawn from
the model, and the posterior is asked where the truth lies. Over many truths, its rank among the
draws must be uniform and central intervals must hold it as often as they say. The wars are the
scenario's own for a few classes and months, so that two hundred of them take minutes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
from scipy.stats import binom, chi2

from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.density import FLOOR, Problem, model, problem, teller
from kautilya.estimation.calibration.nuts import (
    Progress,
    Sampler,
    Sampling,
    ones,
    prior_draw,
    quiet,
)
from kautilya.estimation.calibration.war import war
from kautilya.mechanisms.formulas.noise import negbin
from kautilya.scenario.assemble import Assembled

CLASSES, UNTIL = ("tank",), "2023-01"
SAMPLING = Sampling(warmup=100, draws=100, chains=1, depth=5)
LEVELS, BINS, LEARNED = (0.5, 0.8), 10, 0.9


class Recovery(NamedTuple):
    """What came back of the truths.

    table   one row an unknown: coverage of 50 and 80 %, share of its prior sd that is left, and
            the chance of its ranks if they were uniform
    pooled  the same over all unknowns that were learned, with the binomial band of each level
    """

    table: pd.DataFrame
    pooled: pd.DataFrame
    truths: int
    diverging: float
    notes: list[str]


def observe(given: Problem, seen: obs.Seen, told: Any, rng: np.random.Generator
            ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the observers of one true war say: counts drawn from the exact law."""
    said = {k: float(v[0]) for k, v in told.bands.items()}
    pictures, claims = (negbin(rng, np.asarray(mean)[:, 0] + FLOOR, said[phi]).astype(float)
                        for mean, phi in ((told.pictures, "seen-dispersion"),
                                          (told.claims, "claimed-dispersion")))
    soft = np.asarray(told.soft)[:, 0] + seen.soft.sd * rng.standard_normal(len(seen.soft.ids))
    return pictures, claims, soft


def names(given: Problem) -> list[str]:
    """A name for each unknown, in the order of `flat`."""
    out = []
    for site, shape in given.sizes.items():
        if site == "figures":
            out += [one.id for one in given.figures]
        elif site == "bands":
            out += [one.id for one in given.bands]
        else:
            out += [f"{site}-{i}" for i in range(int(np.prod(shape)))]
    return out


def flat(given: Problem, z: dict[str, np.ndarray]) -> np.ndarray:
    """All unknowns in one row [..., n]; leading axes are kept."""
    parts = []
    for site, shape in given.sizes.items():
        lead = np.asarray(z[site]).shape[: np.asarray(z[site]).ndim - len(shape)]
        parts.append(np.asarray(z[site]).reshape(*lead, -1))
    return np.concatenate(parts, axis=-1)


class Truths:
    """Synthetic wars by number; each keeps its luck whichever others are made."""

    def __init__(self, assembled: Assembled, seed: int, how: Sampling,
                 setting: tuple[tuple[str, ...], str]) -> None:
        given = problem(assembled, war(assembled, setting[1], setting[0]))
        made = assembled.scenario
        seen = obs.Seen(obs.counts(given.war, made, "oryx_lost"),
                        obs.counts(given.war, made, "claimed_lost"), obs.soft(given.war, made))
        self.given, self.seen, self.seed = given, seen, seed
        self.names = names(given)
        self._tell = jax.jit(lambda z: teller(given)(z, seen))
        self._sampler = Sampler(model(given, seen), given.sizes, how)

    def back(self, number: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Rank of the truth among its posterior draws, sd left, divergences."""
        rng = np.random.default_rng([self.seed, number])
        truth = prior_draw(self.given.sizes, rng)
        said = observe(self.given, self.seen, self._tell(ones(truth)), rng)
        found = self._sampler.run(said, int(rng.integers(2**31)))
        drawn = flat(self.given, found.z).reshape(-1, len(self.names))
        return ((drawn < flat(self.given, truth)).mean(axis=0), drawn.std(axis=0),
                int(found.diverging.sum()))


def recover(assembled: Assembled, truths: int = 200, seed: int = 0, how: Sampling = SAMPLING,
            progress: Progress = quiet, setting: tuple[tuple[str, ...], str] = (CLASSES, UNTIL)
            ) -> Recovery:
    """Calibrate `truths` synthetic wars of this scenario and say what came back."""
    made = Truths(assembled, seed, how, setting)
    rows = []
    for i in range(truths):
        rows.append(made.back(i))
        progress(i + 1, truths)
    return together(made.names, rows, how)


def together(called: list[str], rows: list[tuple[np.ndarray, np.ndarray, int]], how: Sampling
             ) -> Recovery:
    """The tables of what came back of each truth."""
    ranks, left, lost = zip(*rows, strict=True)
    return summed(called, np.array(ranks), np.array(left).mean(axis=0),
                  sum(lost) / (len(rows) * how.draws))


def summed(called: list[str], ranks: np.ndarray, left: np.ndarray, diverging: float) -> Recovery:
    """The tables from ranks [truths, unknowns] in 0..1 and the sd left [unknowns]."""
    n = len(ranks)
    inside = {f"in{100 * level:.0f}": np.abs(ranks - 0.5) <= level / 2 for level in LEVELS}
    count = np.apply_along_axis(lambda r: np.histogram(r, BINS, (0.0, 1.0))[0], 0, ranks)
    expected = n / BINS
    p = chi2.sf(((count - expected) ** 2 / expected).sum(axis=0), BINS - 1)
    table = pd.DataFrame({"unknown": called, **{k: v.mean(axis=0) for k, v in inside.items()},
                          "sd_left": left, "p_uniform": p})
    learned = left < LEARNED
    rows = []
    for group, pick in (("learned", learned), ("all", np.full(len(left), True))):
        for level, hit in zip(LEVELS, inside.values(), strict=True):
            low, high = binom.interval(0.95, n, level)
            share = hit[:, pick].mean(axis=0)
            ok = (share * n >= low) & (share * n <= high)
            rows.append((group, level, float(share.mean()), low / n, high / n, int(pick.sum()),
                         float(ok.mean())))
    pooled = pd.DataFrame(rows, columns=["group", "level", "coverage", "band_low", "band_high",
                                         "unknowns", "inside_band"])
    return Recovery(table, pooled, n, diverging, [
        "Inside the band: share of unknowns whose own coverage lies in the 95 % band of a binomial "
        "with as many truths; about 95 % should."])
