"""Records made by the model itself, fitted as if they were real: the state is where it is said to be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.conventions import truth

from kautilya.estimation.motion import hierarchy
from kautilya.estimation.motion.sampler import Length

SERIES, MONTHS, TIMES = 8, 30, 12


def made(rng: np.random.Generator):
    """A record of counts, and what the level, transient and tempo of its last month add up to."""
    walk, noise, size = (m * np.exp(0.3 * rng.standard_normal(SERIES)) for m in (0.12, 0.15, 0.15))
    growth, load = 0.03 * np.ones(SERIES), np.maximum(rng.normal(0.2, 0.15, SERIES), 0.0)
    level, b, u, x = 5 + rng.standard_normal(SERIES), 0.0, 0.0, rng.standard_normal()
    out = np.empty((MONTHS, SERIES))
    for t in range(MONTHS):
        level = level + b + walk * rng.standard_t(4, SERIES)
        b = 0.95 * b + growth * (1 - 0.95**2) ** 0.5 * rng.standard_normal(SERIES)
        u = 0.75 * u + size * (1 - 0.75**2) ** 0.5 * rng.standard_normal(SERIES)
        x = 0.85 * x + (1 - 0.85**2) ** 0.5 * rng.standard_normal()
        z = level + u + load * x + noise * rng.standard_t(4, SERIES)
        out[t] = rng.poisson(np.exp(np.minimum(z, 12.0)))
    return out, level + u + load * x


@pytest.mark.slow
@truth(
    "closed-form",
    source="intervals of a posterior hold the truth as often as they say",
    kills="a conditional of the sampler that is wrong; months or series exchanged",
)
def test_the_state_is_recovered():
    rng = np.random.default_rng(4)
    labels = tuple(f"claim_{k}" for k in range(SERIES))
    inside = {0.5: 0, 0.8: 0}
    for run in range(TIMES):
        values, truth_now = made(rng)
        months = pd.period_range("2022-03", periods=MONTHS, freq="M")
        record = hierarchy.Record(values, ("claims",) * SERIES, labels, months)
        found = hierarchy.fitted(record, Length(4, 600, 200, 4), run)
        d = found.draws
        got = d["level"] + d["passing"] + np.einsum("df,dfk->dk", d["common"], d["load"])
        for share in inside:
            low, high = np.quantile(got, [0.5 - share / 2, 0.5 + share / 2], axis=0)
            inside[share] += int(((low <= truth_now) & (truth_now <= high)).sum())
    cases = TIMES * SERIES
    assert 0.38 < inside[0.5] / cases < 0.62
    assert 0.70 < inside[0.8] / cases < 0.90
