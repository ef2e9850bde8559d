"""Technology: transfers that take their time, launches by the beta rule, a submarine by stages."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import gammainc
from support.conventions import truth
from support.hand import Hand

from kautilya.mechanisms.technology import LAW

HAND = Hand(
    LAW,
    {
        "supplier": ("AAA", "BBB"),
        "learner": ("BBB",),
        "payment": ("cash", "technology"),
        "exported": ("shell", "drone"),
    },
)
PARAM = {
    "opening": np.zeros((4, 1)),
    "own": np.zeros(4),
    "effect": 1.0,
    "share": [2.0, 1.0, 0.5, 0.5],
    "on_output": [0.0, 0.0],
    "on_release": 0.0,
    "lag": 12.0,
    "prior": 0.5,
    "past_reached": [2.0],
    "past_failed": [3.0],
    "past_weight": 1.0,
    "on_level": 0.0,
    "progress": [[1.0], [0.0], [0.0], [0.0]],
    "lead": 100.0,
    "on_lead": 0.0,
}
START = {
    "technology_level": np.zeros((4, 1)),
    "lessons": np.zeros((3, 1)),
    "milestone": np.array([[1.0], [0.0], [0.0], [0.0]]),
    "reached": np.zeros(1),
    "failed": np.zeros(1),
}
NO_LAUNCH = {"reached": [0.0], "failed": [0.0]}


def months(payments, launches=None, **param):
    """All variables of each month; payments in technology to BBB by month."""
    var, out = dict(START), []
    for i, paid in enumerate(payments):
        seen = launches[i] if launches else NO_LAUNCH
        var = HAND.step(
            var=var | {"payments": [[5.0, 5.0], [9.0, paid]]}, series=seen, param=PARAM | param
        )
        out.append(var)
    return out


def worked(out):
    """What has arrived so far, read back from the level of the first field (half the share)."""
    return np.array([-2 * np.log1p(-one["technology_level"][0, 0]) for one in out])


@truth(
    "closed-form",
    source="sterman2000: mean of a pipeline",
    kills="a lag of one stage; transfers that are lost on the way",
)
def test_a_transfer_takes_its_lag():
    """A pulse arrives in full after 12 months in the mean, counted at the ends of months (+1/2),
    and hardly at all within the first two."""
    arrived = worked(months([0.1] + [0.0] * 150))
    assert arrived[-1] == pytest.approx(0.1, rel=1e-6)
    when = (np.diff(arrived, prepend=0.0) * np.arange(151)).sum() / 0.1
    assert when == pytest.approx(12.5, abs=0.02)
    assert arrived[0] == 0.0 and arrived[2] < 0.02 * 0.1


@truth("invariant", source="card", kills="levels that grow by themselves, or beyond the giver's")
def test_levels_stay_put_and_stay_below_one():
    assert not np.any(worked(months([0.0] * 20)))
    out = months([1e3] * 60, own=np.full(4, 0.05))
    level = np.array([one["technology_level"][:, 0] for one in out])
    assert np.all(np.diff(level, axis=0) >= 0) and np.all(level <= 1.0) and level[-1, 0] > 0.99


@truth("closed-form", source="gelman2013: beta-binomial", kills="a prior counted as a launch")
def test_launches_by_the_beta_rule():
    """(0.5 + 2 + 1) / (1 + 5 + 4) = 0.35 after nine launches; (0.5 + 2 w + 1) / (1 + 5 w + 4)."""
    fail, hit = {"reached": [0.0], "failed": [1.0]}, {"reached": [1.0], "failed": [0.0]}
    launches = [fail, fail, hit, NO_LAUNCH, fail]
    assert months([0.0] * 5, launches)[-1]["launch_success"] == pytest.approx(0.35)
    half = months([0.0] * 5, launches, past_weight=0.5)[-1]["launch_success"]
    assert half == pytest.approx(2.5 / 7.5)
    assert months([0.0])[-1]["launch_success"] == pytest.approx(2.5 / 6)


@truth("order", source="card", kills="know-how that makes launches worse")
def test_levels_raise_the_odds_and_the_pace():
    plain = months([1.0] * 40)[-1]
    apt = months([1.0] * 40, on_level=2.0, on_lead=1.0)[-1]
    assert apt["launch_success"] > plain["launch_success"]
    assert apt["milestone"][-1] > plain["milestone"][-1]
    gained = plain["technology_level"][0, 0]
    odds = apt["launch_success"] / (1 - apt["launch_success"])
    assert odds == pytest.approx(2.5 / 3.5 * np.exp(2 * gained))


@truth("closed-form", source="card", kills="know-how that arms its giver, or makes shells as well")
def test_levels_move_output_and_what_is_parted_with():
    """BBB learns: exp(2 gained) of drones, exp(gained) of what it dares to part with; AAA nothing."""
    out = months([1.0] * 40, on_output=[0.0, 2.0], on_release=1.0)[-1]
    strike, cover = out["technology_level"][3, 0], out["technology_level"][1, 0]
    assert out["skill_output"] == pytest.approx(np.array([[1.0, 1.0], [1.0, np.exp(2 * strike)]]))
    assert out["cover"] == pytest.approx([1.0, np.exp(cover)]) and strike > 0


@truth("closed-form", source="Erlang stages", kills="a fourth stage; a milestone that is left out")
def test_the_submarine_passes_erlang_stages():
    """P(at sea by month t) = P(3, 3 t / lead); milestones add up to one."""
    out = months([0.0] * 90)
    for month in (0, 11, 89):
        stages = out[month]["milestone"][:, 0]
        assert stages[-1] == pytest.approx(gammainc(3, 3 * (month + 1) / 100.0), rel=1e-9)
        assert stages.sum() == pytest.approx(1.0, rel=1e-12)
