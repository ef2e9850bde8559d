"""The second process: its state, carried on by the law, forecasts what the state space forecasts."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth

from kautilya.estimation.losses import forecaster
from kautilya.estimation.motion import two_processes

MONTHS, AHEAD = 9, 3
SIZES = np.log([6.0, 0.3, 0.8, *[1.1, 0.7], *[0.9, 1.4], *[0.1, 0.2]])
SIZES = np.append(SIZES, 0.4)


def known():
    y = np.random.default_rng(1).lognormal(4.0, 0.3, (2, MONTHS))
    mean = np.exp(np.log(y).mean(axis=1, keepdims=True))
    return forecaster.Known(y / mean, mean)


@truth(
    "closed-form",
    source="conditional normal of the whole covariance, months to come included (rasmussen2006)",
    kills="tempo that is scaled twice; a level that walks from the wrong month; months turned round",
)
def test_the_last_month_says_all_that_the_record_says():
    """Mean and covariance of z three months ahead, from the state and from the covariance."""
    given, classes = known(), 2
    back, shared, own = np.exp(SIZES[:3])
    load, level, noise = np.exp(SIZES[3:-1]).reshape(3, classes)
    middle, root = two_processes._last(given, SIZES)
    pull, left = load * shared, np.exp(-AHEAD / back)
    link = np.hstack([np.eye(classes), (pull * left)[:, None]])
    steps = np.diag(AHEAD * (own * level) ** 2 + noise**2) + np.outer(pull, pull) * (1 - left**2)
    whole = MONTHS + AHEAD
    full = forecaster.covariance(SIZES, classes, whole)
    place = np.arange(classes * whole).reshape(classes, whole)
    old, new = place[:, :MONTHS].ravel(), place[:, -1]
    gain = np.linalg.solve(full[np.ix_(old, old)], full[np.ix_(old, new)]).T
    z = forecaster.bent(given.ratio, SIZES[-1]).ravel()
    assert link @ middle == pytest.approx(gain @ z, rel=1e-5)
    wide = full[np.ix_(new, new)] - gain @ full[np.ix_(old, new)]
    assert link @ root @ root.T @ link.T + steps == pytest.approx(wide, rel=1e-5)


@truth(
    "invariant",
    source="half of the futures draw the second process, for four series alone",
    kills="another series changed; the first process lost; a driver that still moves them",
)
def test_every_second_draw_is_of_the_second_process():
    labels, count = (*two_processes.CLASSES, "oryx_rus_tank"), 8
    names = (
        "level",
        "walk",
        "noise",
        "rise",
        "growth",
        "passing",
        "transient",
        "power",
        "mean",
        "tail",
    )
    one = {("motion", name, k): np.full(count, 7.0) for name in names for k in labels}
    one |= {("motion", name, "tempo_rus"): np.full(count, 7.0) for name in ("common", "lasting")}
    one |= {("motion", "load", "tempo_rus", k): np.full(count, 7.0) for k in labels}
    y = np.random.default_rng(2).lognormal(5.0, 0.2, (4, 8))
    out = two_processes.mixed(one, y)
    for key, value in one.items():
        moved = key[-1] in two_processes.CLASSES
        assert (out[key][::2] == value[::2]).all()
        assert (out[key][1::2] != 7.0).all() if moved else (out[key] == value).all(), key
    pull = out["motion", "load", two_processes.DRIVER, "claim_gun"]
    assert (pull[::2] == 0).all() and (pull[1::2] > 0).all()
    assert (out["motion", "load", two_processes.DRIVER, "oryx_rus_tank"] == 0).all()
