"""What a calibration found: prior beside posterior, whether the chains agree, what it foretells.

    R-hat      split chains against each other, 1 = they agree (gelman2013)
    ESS        draws that are worth as much as independent ones (vehtari2021, by ArviZ)
    learned    posterior sd / prior sd at most .9; above it: not learned
    check      counts drawn again from the posterior beside what was seen

Recovery: wars made with known parameters, calibrated as if they were real (talts2018).

A truth is drawn from the prior, its observers' counts and the published figures are drawn from
the model, and the posterior is asked where the truth lies. Over many truths, its rank among the
draws must be uniform and central intervals must hold it as often as they say. The wars are the
scenario's own for a few classes and months, so that two hundred of them take minutes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from scipy.stats import binom, chi2

from kautilya.errors import extra
from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.density import (
    FLOOR,
    Problem,
    Story,
    model,
    problem,
    teller,
)
from kautilya.estimation.calibration.nuts import (
    Drawn,
    Progress,
    Sampler,
    Sampling,
    ones,
    prior_draw,
    quiet,
)
from kautilya.estimation.calibration.observers import Band, values
from kautilya.estimation.calibration.war import war
from kautilya.mechanisms.formulas.noise import negbin
from kautilya.scenario.assemble import Assembled, Range

if TYPE_CHECKING:
    import arviz as az

LEARNED, PRIOR_DRAWS, AGAIN = 0.9, 4000, 200
MARKS = (0.05, 0.5, 0.95)


def effective(z: np.ndarray) -> np.ndarray:
    """Effective sample size (bulk) of each unknown of z [chains, draws, ...]; never below 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the import, and of short chains
        arviz = extra("arviz", "bayes")
        found = arviz.ess(arviz.convert_to_dataset({"z": np.asarray(z, float)}))["z"]
    return np.asarray(found.values, float)


def unknowns(given: Problem, drawn: Drawn) -> pd.DataFrame:
    """One row a figure or observer's range: prior, posterior, sd left, R-hat, ESS."""
    from numpyro.diagnostics import split_gelman_rubin

    rng = np.random.default_rng(0)
    rows = []
    sites: dict[str, Sequence[Band | Range]] = {"figures": given.figures, "bands": given.bands}
    for site, bands in sites.items():
        z = drawn.z[site]
        prior = np.asarray(
            values(bands, jnp.asarray(rng.standard_normal((len(bands), PRIOR_DRAWS))))
        )
        after = np.asarray(values(bands, jnp.asarray(z.reshape(-1, len(bands)).T)))
        rhat, ess = split_gelman_rubin(z), effective(z)
        for i, one in enumerate(bands):
            scale = 1.0 / getattr(one, "factor", 1.0)
            left = float(after[i].std() / prior[i].std())
            rows.append(
                {
                    "id": one.id,
                    "kind": "figure" if site == "figures" else "observer",
                    **_marks("prior", prior[i] * scale),
                    **_marks("posterior", after[i] * scale),
                    "sd_left": left,
                    "learned": left <= LEARNED,
                    "rhat": float(rhat[i]),
                    "ess": float(ess[i]),
                }
            )
    return pd.DataFrame(rows)


def _marks(name: str, x: np.ndarray) -> dict[str, float]:
    low, median, high = np.quantile(x, MARKS)
    return {f"{name}_low": float(low), f"{name}_median": float(median), f"{name}_high": float(high)}


def inference_data(given: Problem, drawn: Drawn) -> az.InferenceData:
    """The draws as ArviZ has them: posterior and prior of figures and observers' ranges, in the
    units in which they are declared [chain, draw, id]; divergences and steps of the sampler."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arviz = extra("arviz", "bayes")
    rng = np.random.default_rng(0)
    posterior: dict[str, np.ndarray] = {}
    prior: dict[str, np.ndarray] = {}
    labels: dict[str, list[str]] = {}
    sites: dict[str, Sequence[Band | Range]] = {"figures": given.figures, "bands": given.bands}
    for site, bands in sites.items():
        name = "figure" if site == "figures" else "observer"
        own = np.array([getattr(one, "factor", 1.0) for one in bands])
        luck = rng.standard_normal((len(bands), PRIOR_DRAWS))
        z = drawn.z[site].reshape(-1, len(bands))
        after = np.asarray(values(bands, jnp.asarray(z.T))).T / own
        posterior[name] = after.reshape(drawn.z[site].shape)
        prior[name] = np.asarray(values(bands, jnp.asarray(luck))).T[None] / own
        labels[f"{name}_id"] = [one.id for one in bands]
    return arviz.from_dict(
        posterior=posterior,
        prior=prior,
        sample_stats={"diverging": drawn.diverging, "n_steps": drawn.steps},
        coords=labels,
        dims={name: [f"{name}_id"] for name in posterior},
    )


class Worst(TypedDict):
    """How well the chains agree, at the unknown where they agree least."""

    worst_rhat: float
    least_ess: float
    divergences: int
    draws: int
    chains: int
    mean_steps: float
    at_the_longest: float


def diagnostics(given: Problem, drawn: Drawn) -> Worst:
    """The worst of all unknowns, latent paths included."""
    from numpyro.diagnostics import split_gelman_rubin

    rhat = [np.max(split_gelman_rubin(z)) for z in drawn.z.values()]
    ess = [np.min(effective(z)) for z in drawn.z.values()]
    return {
        "worst_rhat": float(np.max(rhat)),
        "least_ess": float(np.min(ess)),
        "divergences": int(drawn.diverging.sum()),
        "draws": int(drawn.diverging.size),
        "chains": int(drawn.diverging.shape[0]),
        "mean_steps": float(drawn.steps.mean()),
        "at_the_longest": float((drawn.steps >= drawn.steps.max()).mean()),
    }


def again(
    given: Problem, seen: obs.Seen, drawn: Drawn, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Posterior predictive checks: counts by observer and class, and published figures."""
    total = drawn.diverging.size
    pick = np.linspace(0, total - 1, min(AGAIN, total)).astype(int)
    z = {
        name: jnp.asarray(np.moveaxis(one.reshape(total, *one.shape[2:])[pick], 0, -1))
        for name, one in drawn.z.items()
    }
    story = jax.jit(lambda x: teller(given)(x, seen))(z)
    rng = np.random.default_rng(seed)
    parts = [
        _counts(
            given, name, rows, negbin(rng, np.asarray(mean) + FLOOR, np.asarray(story.bands[phi]))
        )
        for name, rows, mean, phi in (
            ("pictures", seen.pictures, story.pictures, "seen-dispersion"),
            ("claims", seen.claims, story.claims, "claimed-dispersion"),
        )
    ]
    told = np.asarray(story.soft)
    soft = [
        {
            "figure": one,
            "of": kind,
            "side": given.war.sides[c[0]],
            "class": given.war.classes[c[1]],
            "published": float(v),
            "sd": float(sd),
            **_marks("model", told[i]),
        }
        for i, (one, kind, c, v, sd) in enumerate(
            zip(
                seen.soft.ids,
                seen.soft.kind,
                seen.soft.cell,
                seen.soft.value,
                seen.soft.sd,
                strict=True,
            )
        )
    ]
    return pd.concat(parts, ignore_index=True), pd.DataFrame(soft)


def _counts(given: Problem, name: str, rows: obs.Counts, drawn: np.ndarray) -> pd.DataFrame:
    """Share of months inside central intervals, and the sum beside what was seen."""
    out = []
    for cell in sorted({(int(a), int(b)) for a, b in rows.cell}):
        at = (rows.cell == cell).all(axis=1)
        y, x = rows.value[at], drawn[at]
        inside = {
            f"in{100 * level:.0f}": float(
                np.mean(
                    (np.quantile(x, 0.5 - level / 2, axis=1) <= y)
                    & (y <= np.quantile(x, 0.5 + level / 2, axis=1))
                )
            )
            for level in (0.5, 0.8)
        }
        out.append(
            {
                "observer": name,
                "side": given.war.sides[cell[0]],
                "class": given.war.classes[cell[1]],
                "counts": int(at.sum()),
                **inside,
                "seen": float(y.sum()),
                **_marks("again", x.sum(axis=0)),
            }
        )
    return pd.DataFrame(out)


def losses(given: Problem, drawn: Drawn, seen: obs.Seen) -> pd.DataFrame:
    """Permanent losses to the last month by side and class: posterior beside the prior."""
    total = drawn.diverging.size
    pick = np.linspace(0, total - 1, min(AGAIN, total)).astype(int)
    rng = np.random.default_rng(1)
    tell = jax.jit(lambda x: teller(given)(x, seen).months.gone.sum(axis=0))
    after = np.asarray(
        tell(
            {
                name: jnp.asarray(np.moveaxis(one.reshape(total, *one.shape[2:])[pick], 0, -1))
                for name, one in drawn.z.items()
            }
        )
    )
    before = np.asarray(
        tell(
            {
                name: jnp.asarray(rng.standard_normal((*shape, len(pick))))
                for name, shape in given.sizes.items()
            }
        )
    )
    return pd.DataFrame(
        [
            {
                "side": side,
                "class": good,
                **_marks("prior", before[i, j]),
                **_marks("posterior", after[i, j]),
            }
            for i, side in enumerate(given.war.sides)
            for j, good in enumerate(given.war.classes)
        ]
    )


CLASSES, UNTIL = ("tank",), "2023-01"
SAMPLING = Sampling(warmup=100, draws=100, chains=1, depth=5)
LEVELS, BINS = (0.5, 0.8), 10


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


def observe(
    given: Problem, seen: obs.Seen, told: Story, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the observers of one true war say: counts drawn from the exact law."""
    said = {k: float(v[0]) for k, v in told.bands.items()}
    pictures, claims = (
        negbin(rng, np.asarray(mean)[:, 0] + FLOOR, said[phi]).astype(float)
        for mean, phi in ((told.pictures, "seen-dispersion"), (told.claims, "claimed-dispersion"))
    )
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

    def __init__(
        self, assembled: Assembled, seed: int, how: Sampling, setting: tuple[tuple[str, ...], str]
    ) -> None:
        given = problem(assembled, war(assembled, setting[1], setting[0]))
        made = assembled.scenario
        seen = obs.Seen(
            obs.counts(given.war, made, "oryx_lost"),
            obs.counts(given.war, made, "claimed_lost"),
            obs.soft(given.war, made),
        )
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
        return (
            (drawn < flat(self.given, truth)).mean(axis=0),
            drawn.std(axis=0),
            int(found.diverging.sum()),
        )


def recover(
    assembled: Assembled,
    truths: int = 200,
    seed: int = 0,
    how: Sampling = SAMPLING,
    progress: Progress = quiet,
    setting: tuple[tuple[str, ...], str] = (CLASSES, UNTIL),
) -> Recovery:
    """Calibrate `truths` synthetic wars of this scenario and say what came back."""
    made = Truths(assembled, seed, how, setting)
    rows = []
    for i in range(truths):
        rows.append(made.back(i))
        progress(i + 1, truths)
    return together(made.names, rows, how)


def together(
    called: list[str], rows: list[tuple[np.ndarray, np.ndarray, int]], how: Sampling
) -> Recovery:
    """The tables of what came back of each truth."""
    ranks, left, lost = zip(*rows, strict=True)
    return summed(
        called, np.array(ranks), np.array(left).mean(axis=0), sum(lost) / (len(rows) * how.draws)
    )


def summed(called: list[str], ranks: np.ndarray, left: np.ndarray, diverging: float) -> Recovery:
    """The tables from ranks [truths, unknowns] in 0..1 and the sd left [unknowns]."""
    n = len(ranks)
    inside = {f"in{100 * level:.0f}": np.abs(ranks - 0.5) <= level / 2 for level in LEVELS}
    count = np.apply_along_axis(lambda r: np.histogram(r, BINS, (0.0, 1.0))[0], 0, ranks)
    expected = n / BINS
    p = chi2.sf(((count - expected) ** 2 / expected).sum(axis=0), BINS - 1)
    table = pd.DataFrame(
        {
            "unknown": called,
            **{k: v.mean(axis=0) for k, v in inside.items()},
            "sd_left": left,
            "p_uniform": p,
        }
    )
    learned = left < LEARNED
    rows = []
    for group, pick in (("learned", learned), ("all", np.full(len(left), True))):
        for level, hit in zip(LEVELS, inside.values(), strict=True):
            low, high = binom.interval(0.95, n, level)
            share = hit[:, pick].mean(axis=0)
            ok = (share * n >= low) & (share * n <= high)
            rows.append(
                (
                    group,
                    level,
                    float(share.mean()),
                    low / n,
                    high / n,
                    int(pick.sum()),
                    float(ok.mean()),
                )
            )
    pooled = pd.DataFrame(
        rows,
        columns=["group", "level", "coverage", "band_low", "band_high", "unknowns", "inside_band"],
    )
    return Recovery(
        table,
        pooled,
        n,
        diverging,
        [
            "Inside the band: share of unknowns whose own coverage lies in the 95 % band of a binomial "
            "with as many truths; about 95 % should."
        ],
    )
