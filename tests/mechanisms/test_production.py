"""Production: Leontief in dual-use inputs."""

from __future__ import annotations

import pytest
from support.conventions import truth
from support.hand import SIDES, Hand

from kautilya.mechanisms.production import LAW

HAND = Hand(
    LAW,
    {"belligerent": SIDES, "made": ("tank", "missile", "tube_round")},
    {"tank": ("new",), "missile": ("ready",), "tube_round": ("ready",), "component": ("ready",)},
)
GIVEN = {
    "param": {
        "capacity": [[10.0, 40.0, 1000.0], [1.0, 0.0, 0.0]],
        "content": [2.0, 1.0, 0.0],
        "other": [40.0, 0.0],
    },
    "var": {"utilisation": [[1.0, 0.5, 0.8], [1.0, 1.0, 1.0]]},
}


def made(components: float):
    stock = {("AAA", "component", "ready"): components, ("BBB", "component", "ready"): 9.0}
    flows = HAND.paid(stock, **GIVEN)
    out = {b[1]: x for (a, b), x in flows.items() if b[0] == "AAA"}
    return [out["tank"], out["missile"], out["tube_round"]], flows


@truth("closed-form", source="sterman2000: Leontief", kills="capacity without its use")
def test_with_enough_inputs_all_capacity_in_use_is_made():
    seen, flows = made(1000.0)
    assert seen == pytest.approx([10, 20, 800])
    used = flows[("AAA", "component", "ready"), ("scrap", "component", "")]
    assert used == pytest.approx(10 * 2 + 20 * 1 + 40)


@truth(
    "closed-form",
    source="ledger: legs of a deal",
    kills="output without its inputs, and goods without content cut with the others",
)
def test_half_the_inputs_make_half_the_output():
    """80 wanted, 40 there: all that needs inputs is halved; shells need none."""
    seen, flows = made(40.0)
    assert seen == pytest.approx([5, 10, 800])
    assert flows[("AAA", "component", "ready"), ("scrap", "component", "")] == pytest.approx(40)
    assert flows[("factory", "tank", ""), ("BBB", "tank", "new")] == pytest.approx(1)


@truth(
    "closed-form", source="production card", kills="growth of the other side, or of another class"
)
def test_output_grows_with_what_was_built():
    stock = {("AAA", "component", "ready"): 1e9, ("BBB", "component", "ready"): 9.0}
    grown = [[1.0, 3.0, 1.0], [1.0, 1.0, 1.0]]
    flows = HAND.paid(stock, **(GIVEN | {"var": GIVEN["var"] | {"grown": grown}}))
    made = {b: x for (a, b), x in flows.items() if a[0] == "factory"}
    assert made["AAA", "missile", "ready"] == pytest.approx(60)
    assert made["AAA", "tank", "new"] == pytest.approx(10)
