"""Attrition: what is lost, what is captured, what goes to repair."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from support.conventions import truth
from support.hand import LINE, SIDES, Hand, Wide

from kautilya.mechanisms.attrition import LAW

HAND = Hand(
    LAW,
    {"belligerent": SIDES, "equipment": ("tank",), "struck": ("person", "tank")},
    {"tank": (*LINE, "repair1")},
)
LINE_A = dict(zip(LINE, (600.0, 100.0, 250.0, 50.0), strict=True))
STOCK = {("AAA", "tank", v): n for v, n in LINE_A.items()} | {("BBB", "tank", "prewar"): 400.0}


def fields(**changes):
    param = {
        "rate": [[0.03], [0.05]],
        "elasticity": 0.0,
        "dispersion": 0.1,
        "permanent": [0.6, 0.8],
        "captured": [0.4, 0.2],
        "serves": 0.5,
    } | changes
    return {
        "param": param,
        "var": {"tempo": [1.0, 2.0], "firepower": [3.0, 0.5]},
        "luck": {"count": [[0.3], [-0.2]]},
    }


def lost(flows, side, stages):
    """What leaves a side's line to accounts of these stages."""
    return sum(x for (a, b), x in flows.items() if a[0] == side and b[2] in stages)


@truth("invariant", source="the card of the law", kills="captures that come on top of the losses")
def test_every_loss_has_one_fate():
    """Of 100 gone: 20 serve the enemy, 80 are wrecks; 100 (1/0.6 - 1) are mended."""
    flows = HAND.asked(STOCK, **fields())
    for side, permanent, captured in (("AAA", 0.6, 0.4), ("BBB", 0.8, 0.2)):
        taken, wrecks, hurt = (
            lost(flows, side, stage) for stage in (("foreign",), ("",), ("repair1",))
        )
        gone = wrecks + taken
        assert gone > 0 and taken == pytest.approx(gone * captured * 0.5)
        assert hurt == pytest.approx(gone * (1 / permanent - 1))
    assert flows[("BBB", "tank", "prewar"), ("AAA", "tank", "foreign")] > 0


@truth("invariant", source="one line, one fate", kills="a vintage that is spared or hit twice")
def test_vintages_are_hit_in_proportion():
    flows = HAND.asked(STOCK, **fields())
    out = {v: sum(x for (a, _), x in flows.items() if a == ("AAA", "tank", v)) for v in LINE}
    shares = {v: out[v] / sum(out.values()) for v in LINE}
    assert shares == pytest.approx({v: n / 1000 for v, n in LINE_A.items()})


@truth(
    "closed-form",
    source="quadrature over the normal; cameron1998",
    kills="tempo of another class, rate of the other side, noise that shifts the mean",
)
def test_mean_and_variance_of_the_count():
    """Side A at tempo 2: mean 0.03 * 2 * 1000 = 60, variance 60 + 0.1 * 60^2."""
    z = stats.norm.ppf((np.arange(4000) + 0.5) / 4000)
    given = fields(captured=[0.0, 0.0])
    given["luck"] = {"count": Wide(np.broadcast_to(z, (2, 1, 4000)))}
    out = np.asarray(HAND.run(HAND.view(HAND.stock(STOCK, 4000), **given)))
    gone = out[:8].reshape(4, 2, 4000).sum(axis=0)
    assert gone.mean(axis=1) == pytest.approx([60.0, 0.05 * 2 * 400], rel=2e-3)
    assert gone[0].var() == pytest.approx(60 + 0.1 * 60**2, rel=0.02)


@truth("closed-form", source="elasticity", kills="a side that is hit by its own fire")
def test_the_enemys_fire_counts():
    """Fire of B at 0.5, elasticity 2, median luck: a quarter of the losses of A, nearly."""
    given = fields(elasticity=2.0, dispersion=0.0, captured=[0.0, 0.0])
    given["luck"] = {"count": [[0.0], [0.0]]}
    flat = fields(elasticity=0.0, dispersion=0.0, captured=[0.0, 0.0])
    flat["luck"] = given["luck"]
    plain, more = (HAND.asked(STOCK, **one) for one in (flat, given))
    assert lost(more, "AAA", ("",)) == pytest.approx(0.25 * lost(plain, "AAA", ("",)), rel=0.03)
    assert lost(more, "BBB", ("",)) == pytest.approx(9 * lost(plain, "BBB", ("",)), rel=0.03)


@truth("invariant", source="a line is finite", kills="losses above what is fielded")
def test_nobody_loses_more_than_he_has():
    given = fields(permanent=[1.0, 1.0], rate=[[5.0], [5.0]])
    flows = HAND.paid(STOCK, **given)
    assert lost(flows, "AAA", ("", "foreign", "repair1")) == pytest.approx(1000.0)
    assert sum(HAND.asked({}, **fields()).values()) == 0.0


@pytest.mark.parametrize("gone", [False, True])
@truth("symmetry", source="names are labels", kills="captures that all go to the enemy named first")
def test_several_enemies_capture_in_equal_parts(gone: bool):
    """AAA and CCC against BBB: each takes half of what BBB loses so, or one all of it while the
    other is out; BBB takes of both."""
    there = np.ones((1, 3))
    there[0, 2] = 0.0 if gone else 1.0
    three = Hand(
        LAW,
        {"belligerent": (*SIDES, "CCC"), "equipment": ("tank",), "struck": ("tank",)},
        {"tank": (*LINE, "repair1")},
        {"enemies": [[0, 1, 0], [1, 0, 1], [0, 1, 0]], "present_belligerent": there},
    )
    given = fields(rate=[[0.03]] * 3, permanent=[0.6] * 3, captured=[0.4] * 3)
    given["var"] = {"tempo": [1.0], "firepower": [1.0] * 3}
    given["luck"] = {"count": [[0.0]] * 3}
    flows = three.asked({(s, "tank", "prewar"): 500.0 for s in (*SIDES, "CCC")}, **given)

    def to(side: str, by: str) -> float:
        return flows[(side, "tank", "prewar"), (by, "tank", "foreign")]

    assert to("AAA", "BBB") > 0
    both = to("BBB", "AAA") + to("BBB", "CCC")
    assert both == pytest.approx(lost(flows, "BBB", ("", "foreign")) * 0.4 * 0.5)
    assert to("BBB", "AAA") == pytest.approx(both if gone else both / 2)
