"""Tie: exponential smoothing of events and deals."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand
from support.handmade import carried

from kautilya.mechanisms.tie import LAW

HAND = Hand(LAW, {"supplier": ("PRK", "CHN", "IRN"), "offer": ("tank", "tube_round")})
PARAM = {"rest": [0.2, 0.3, 0.1], "keep": 0.9, "event": 0.5, "supply": 0.04}
START = np.array([0.6, 0.0, 0.1])


@truth(
    "closed-form",
    source="linear recursion with constant input",
    kills="keep left out; the tie of one state fed by another; events without their weight",
)
def test_a_tie_closes_in_on_its_fixed_point():
    """(tie - fixed) 0.9^t; fixed = rest + (0.5 events + 0.04 shipped) / (1 - 0.9)."""
    events, shipped = [0.0, 0.2, 0.0], [[0.0, 0.0], [0.0, 3.0], [50.0, 2.0]]
    fixed = np.array([0.2, 0.3 + (0.5 * 0.2 + 0.04) / 0.1, 0.1 + 0.04 / 0.1])
    ties = carried(
        HAND, "tie", START, 24, param=PARAM, var={"shipped": shipped}, series={"events": events}
    )
    assert ties == pytest.approx(fixed + (START - fixed) * 0.9 ** np.arange(1, 25)[:, None])


@truth(
    "invariant",
    source="card: 1 where anything was shipped",
    kills="a tie that grows with the number of classes or of units",
)
def test_how_much_is_shipped_does_not_matter():
    one, all_ = (
        HAND.step(
            param=PARAM, var={"tie": START, "shipped": shipped}, series={"events": [0.0] * 3}
        )["tie"]
        for shipped in ([[0.0, 1e-6]] * 3, [[1e6, 1e6]] * 3)
    )
    assert np.array_equal(one, all_)


@truth(
    "closed-form",
    source="card",
    kills="a meeting that feeds nothing; friends that turn and stay close",
)
def test_meetings_feed_it_and_estrangement_takes_its_rest():
    """A meeting weighs as an event of 1; without rest a tie fades to nothing."""
    given = {"param": PARAM, "series": {"events": [0.0] * 3}}
    quiet = {"tie": START, "shipped": np.zeros((3, 2))}
    plain = HAND.step(var=quiet, **given)["tie"]
    met = HAND.step(var=quiet | {"met": [2.0, 0.0, 0.0]}, **given)["tie"]
    apart = HAND.step(var=quiet | {"estranged": [0.0, 1.0, 0.0]}, **given)["tie"]
    assert met - plain == pytest.approx([1.0, 0.0, 0.0])
    assert plain - apart == pytest.approx([0.0, 0.1 * 0.3, 0.0])


@truth("closed-form", source="limit: keep = 1", kills="a tie that fades although all is kept")
def test_a_kept_tie_only_adds_up():
    ties = carried(
        HAND,
        "tie",
        START,
        6,
        param=PARAM | {"keep": 1.0},
        var={"shipped": np.zeros((3, 2))},
        series={"events": [1.0, 0.0, 2.0]},
    )
    assert ties[-1] == pytest.approx(START + 6 * 0.5 * np.array([1.0, 0.0, 2.0]))
