"""What a calibration found: prior beside posterior, whether the chains agree, what it foretells.

    R-hat      split chains against each other, 1 = they agree (gelman2013)
    ESS        draws that are worth as much as independent ones
    learned    posterior sd / prior sd at most .9; above it: not learned
    check      counts drawn again from the posterior beside what was seen
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from kautilya.estimation.calibration import observers as obs
from kautilya.estimation.calibration.density import FLOOR, Problem, teller
from kautilya.estimation.calibration.nuts import Drawn
from kautilya.estimation.calibration.ranges import values
from kautilya.mechanisms.formulas.noise import negbin

LEARNED, PRIOR_DRAWS, AGAIN = 0.9, 4000, 200
MARKS = (0.05, 0.5, 0.95)


def unknowns(given: Problem, drawn: Drawn) -> pd.DataFrame:
    """One row a figure or observer's range: prior, posterior, sd left, R-hat, ESS."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    rng = np.random.default_rng(0)
    rows = []
    for site, bands in (("figures", given.figures), ("bands", given.bands)):
        z = drawn.z[site]
        prior = np.asarray(values(bands, jnp.asarray(
            rng.standard_normal((len(bands), PRIOR_DRAWS)))))
        after = np.asarray(values(bands, jnp.asarray(z.reshape(-1, len(bands)).T)))
        rhat, ess = split_gelman_rubin(z), effective_sample_size(z)
        for i, one in enumerate(bands):
            scale = 1.0 / getattr(one, "factor", 1.0)
            left = float(after[i].std() / prior[i].std())
            rows.append({"id": one.id, "kind": "figure" if site == "figures" else "observer",
                         **_marks("prior", prior[i] * scale), **_marks("posterior",
                                                                       after[i] * scale),
                         "sd_left": left, "learned": left <= LEARNED, "rhat": float(rhat[i]),
                         "ess": float(ess[i])})
    return pd.DataFrame(rows)


def _marks(name: str, x: np.ndarray) -> dict[str, float]:
    low, median, high = np.quantile(x, MARKS)
    return {f"{name}_low": float(low), f"{name}_median": float(median),
            f"{name}_high": float(high)}


def diagnostics(given: Problem, drawn: Drawn) -> dict[str, Any]:
    """The worst of all unknowns, latent paths included."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    rhat = [np.max(split_gelman_rubin(z)) for z in drawn.z.values()]
    ess = [np.min(effective_sample_size(z)) for z in drawn.z.values()]
    return {"worst_rhat": float(np.max(rhat)), "least_ess": float(np.min(ess)),
            "divergences": int(drawn.diverging.sum()),
            "draws": int(drawn.diverging.size), "chains": int(drawn.diverging.shape[0]),
            "mean_steps": float(drawn.steps.mean()),
            "at_the_longest": float((drawn.steps >= drawn.steps.max()).mean())}


def again(given: Problem, seen: obs.Seen, drawn: Drawn, seed: int = 0
          ) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Posterior predictive checks: counts by observer and class, and published figures."""
    total = drawn.diverging.size
    pick = np.linspace(0, total - 1, min(AGAIN, total)).astype(int)
    z = {name: jnp.asarray(np.moveaxis(one.reshape(total, *one.shape[2:])[pick], 0, -1))
         for name, one in drawn.z.items()}
    story = jax.jit(lambda x: teller(given)(x, seen))(z)
    rng = np.random.default_rng(seed)
    parts = [_counts(given, name, rows, negbin(rng, np.asarray(mean) + FLOOR,
                                               np.asarray(story.bands[phi])))
             for name, rows, mean, phi in (
                 ("pictures", seen.pictures, story.pictures, "seen-dispersion"),
                 ("claims", seen.claims, story.claims, "claimed-dispersion"))]
    told = np.asarray(story.soft)
    soft = [{"figure": one, "of": kind, "side": given.war.sides[c[0]],
             "class": given.war.classes[c[1]], "published": float(v), "sd": float(sd),
             **_marks("model", told[i])}
            for i, (one, kind, c, v, sd) in enumerate(zip(
                seen.soft.ids, seen.soft.kind, seen.soft.cell, seen.soft.value, seen.soft.sd,
                strict=True))]
    return pd.concat(parts, ignore_index=True), pd.DataFrame(soft)


def _counts(given: Problem, name: str, rows: obs.Counts, drawn: np.ndarray) -> pd.DataFrame:
    """Share of months inside central intervals, and the sum beside what was seen."""
    out = []
    for cell in sorted({(int(a), int(b)) for a, b in rows.cell}):
        at = (rows.cell == cell).all(axis=1)
        y, x = rows.value[at], drawn[at]
        inside = {f"in{100 * level:.0f}": float(np.mean(
            (np.quantile(x, 0.5 - level / 2, axis=1) <= y)
            & (y <= np.quantile(x, 0.5 + level / 2, axis=1)))) for level in (0.5, 0.8)}
        out.append({"observer": name, "side": given.war.sides[cell[0]],
                    "class": given.war.classes[cell[1]], "counts": int(at.sum()), **inside,
                    "seen": float(y.sum()), **_marks("again", x.sum(axis=0))})
    return pd.DataFrame(out)


def losses(given: Problem, drawn: Drawn, seen: obs.Seen) -> pd.DataFrame:
    """Permanent losses to the last month by side and class: posterior beside the prior."""
    total = drawn.diverging.size
    pick = np.linspace(0, total - 1, min(AGAIN, total)).astype(int)
    rng = np.random.default_rng(1)
    tell = jax.jit(lambda x: teller(given)(x, seen).months.gone.sum(axis=0))
    after = np.asarray(tell({name: jnp.asarray(np.moveaxis(
        one.reshape(total, *one.shape[2:])[pick], 0, -1)) for name, one in drawn.z.items()}))
    before = np.asarray(tell({name: jnp.asarray(rng.standard_normal((*shape, len(pick))))
                              for name, shape in given.sizes.items()}))
    return pd.DataFrame([{"side": side, "class": good, **_marks("prior", before[i, j]),
                          **_marks("posterior", after[i, j])}
                         for i, side in enumerate(given.war.sides)
                         for j, good in enumerate(given.war.classes)])
