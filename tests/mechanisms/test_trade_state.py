"""Trade state: ramps, sunsets, fading, and responses that are the equilibrium's."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand
from support.handmade import carried

from kautilya.mechanisms.formulas import sanction_worlds as worlds
from kautilya.mechanisms.formulas.chebyshev import nodes
from kautilya.mechanisms.trade_state import LAW

POINTS, MEASURES = nodes(2.0, 10.0, 15), worlds.MEASURES
FLOWS = np.array([[90.0, 4.0, 6.0], [5.0, 400.0, 20.0], [9.0, 25.0, 500.0]])


def cuts(may: float = 0.0) -> dict[str, np.ndarray]:
    """RUS and EUU part; CHN is touched by banks and the stricter hold; by the rest, where it may."""
    out = {name: np.zeros((3, 3)) for name in MEASURES}
    for name, share in zip(worlds.FIRST, (0.02, 0.1, 0.2, 0.1, 0.2), strict=True):
        out[name][0, 2] = out[name][2, 0] = share
        out[name][0, 1] = out[name][1, 0] = share * may
    out["banks"][1, 0], out["stricter"][2, 0] = 0.2, 0.3
    return out


BASE = worlds.balanced(FLOWS, POINTS)
HAND = Hand(
    LAW,
    {"economy": ("RUS", "CHN", "EUU")},
    tables={
        "elasticity_nodes": POINTS,
        "sanction_response": worlds.responses(BASE, POINTS, cuts(), 0),
    },
)
ON = np.array([1.0] * 6 + [0.0])
PARAM = {
    "level": ON,
    "start": np.zeros(7),
    "ramp": np.full(7, 4.0),
    "sunset": np.full(7, 1e3),
    "afterlife": 20.0,
}


def run(month: int = 50, force=None, **param):
    return HAND.step(
        month=month,
        param=PARAM | param,
        var={
            "trade_elasticity": 5.0,
            "in_force": np.zeros(7) if force is None else force,
            "exports_on_record": [0.5, 1.0, 1.0],
        },
    )


@truth("closed-form", source="card", kills="earnings against another year than the record's last")
def test_earnings_are_over_those_of_the_record():
    """Without measures exports are 1: twice the half that they were when the record ended."""
    assert run(level=np.zeros(7))["earning"] == pytest.approx([2.0, 1.0, 1.0])


@truth("invariant", source="null shock", kills="sanctions that bite before they are there")
def test_without_measures_nothing_changes():
    out = run(level=np.zeros(7))
    assert not out["welfare_change"].any() and not out["exports_change"].any()
    assert np.all(out["exports_to_buyer"] == 1.0)


@truth(
    "slow-twin",
    source="kautilya.mechanisms.formulas.sanction_worlds.solve",
    kills="a wrong kind, economy or node",
)
def test_in_full_force_it_is_the_equilibrium():
    out, hit = run(), worlds.factors(cuts())
    at = np.array([5.0])
    before, after = (
        worlds.solve(worlds.balanced(FLOWS, at), hit[k][None], at) for k in ("none", "banks")
    )
    assert out["welfare_change"] == pytest.approx(
        100 * (after.welfare / before.welfare - 1)[0], abs=1e-5
    )
    assert out["exports_to_buyer"] == pytest.approx((after.flows / before.flows)[0, :, 0], abs=1e-6)


@truth("closed-form", source="card", kills="a ramp from the wrong month; a sunset ignored")
def test_start_ramp_and_sunset():
    late = {"start": np.full(7, 10.0), "sunset": np.full(7, 30.0)}
    for month, share in ((9, 0), (10, 0), (11, 0.25), (14, 1), (29, 1), (30, 0)):
        assert run(month, **late)["in_force"] == pytest.approx(share * ON), month
    never = run(20, start=np.full(7, 15.0), sunset=np.full(7, 5.0))
    assert not never["in_force"].any() and np.all(never["exports_to_buyer"] == 1.0)


@truth(
    "closed-form",
    source="dai2021: the effect outlives the measure",
    kills="trade that returns overnight; a measure that never fades",
)
def test_a_lifted_measure_fades_over_its_afterlife():
    seen = carried(
        HAND,
        "in_force",
        ON,
        30,
        param=PARAM | {"level": np.zeros(7)},
        var={"trade_elasticity": 5.0, "exports_on_record": np.ones(3)},
        month=60,
    )
    steps = np.maximum(1 - np.arange(1, 31) / 20, 0)
    assert seen == pytest.approx(steps[:, None] * ON, abs=1e-12)


SENDERS = Hand(
    LAW,
    {"economy": ("RUS", "CHN", "EUU"), "sender": ("EUU", "CHN")},
    tables={
        "elasticity_nodes": POINTS,
        "sanction_response": worlds.responses(
            BASE, POINTS, cuts(may=1.0), 0, (2, 1), np.array([[1.0, 0.0]] * 5)
        ),
    },
)


def sent(month: int, before: float = 0.0, **param):
    """A month of two senders; what they joined and left as given, else from the first month on."""
    spell = {"joined": np.zeros((5, 2)), "left": np.full((5, 2), 1e3)}
    return SENDERS.step(
        month=month,
        param=PARAM | spell | param,
        var={
            "trade_elasticity": 5.0,
            "in_force": np.zeros(7),
            "sent_by": np.full((5, 2), before),
            "exports_on_record": np.ones(3),
        },
    )


@truth(
    "closed-form",
    source="card: from max(start, joined) until min(sunset, left), fading afterwards",
    kills="a state that is in before it joins, or before the measure starts; one that leaves and stays; "
    "a class of another's",
)
def test_a_sender_is_in_from_the_month_it_joins_until_it_leaves():
    """The second joins energy in month 10 and leaves in 30; the first is in from the start, month 2."""
    joined, left = np.zeros((5, 2)), np.full((5, 2), 1e3)
    joined[2, 1], left[2, 1] = 10.0, 30.0
    spell = {"joined": joined, "left": left, "start": np.full(7, 2.0)}
    for month, first, second in (
        (2, 0, 0),
        (4, 0.5, 0),
        (10, 1, 0),
        (11, 1, 0.25),
        (14, 1, 1),
        (30, 1, 0),
    ):
        out = sent(month, **spell)
        assert out["sent_by"][2] == pytest.approx([first, second]), month
        assert out["sent_by"][1] == pytest.approx([first, first]), "another class"
        assert out["in_force"][:5] == pytest.approx(np.full(5, first)), "as far as anybody's"
    assert sent(30, before=1.0, **spell)["sent_by"][2] == pytest.approx([1.0, 0.95])


@truth(
    "slow-twin",
    source="kautilya.mechanisms.formulas.sanction_worlds.solve",
    kills="senders that add up to something else than the wave; one taken for another",
)
def test_the_sender_that_joins_makes_the_same_world_as_the_wave_alone():
    never = np.array([[0.0, 1e3]] * 5)
    alone, whole = sent(50, joined=never), run()
    for name in ("welfare_change", "exports_change", "exports_to_buyer"):
        assert alone[name] == pytest.approx(whole[name], abs=1e-9), name
    both = sent(50)
    assert both["exports_to_buyer"][1] < alone["exports_to_buyer"][1] - 0.01, "CHN joins"
    assert both["exports_to_buyer"][2] > alone["exports_to_buyer"][2], "EUU sells what CHN does not"


@truth(
    "invariant",
    source="card: the first wave of all who join it is an exact equilibrium",
    kills="a share of the wave for a class that nobody joins, or that removes nothing, lost to the sum",
)
def test_a_class_without_anybody_takes_nothing_from_the_wave():
    joins = np.array([[1.0, 0.0]] * 5)
    joins[2] = 0.0
    told = worlds.responses(BASE, POINTS, cuts(may=1.0), 0, (2, 1), joins)[:10]
    summed = (told.reshape(5, 2, *told.shape[1:]) * joins[..., None, None, None]).sum(axis=(0, 1))
    none = cuts() | {"energy": np.zeros((3, 3))}
    alone = worlds.responses(BASE, POINTS, none, 0)
    assert not alone[2].any()
    hit = worlds.factors(none)
    for parts in (summed, alone[:5].sum(axis=0)):
        at = [
            worlds.solve(BASE, np.broadcast_to(hit[k], BASE.shape), POINTS)
            for k in ("none", "first")
        ]
        assert parts[0] == pytest.approx(np.log(at[1].welfare / at[0].welfare), abs=1e-11)


@truth(
    "closed-form", source="card: a ramp of no length", kills="nothing over nothing in a first month"
)
def test_a_measure_without_a_ramp_bites_in_full_after_its_first_month():
    begins = {"start": np.full(7, 10.0), "ramp": np.zeros(7)}
    for month, share in ((10, 0.0), (11, 1.0)):
        assert run(month, **begins)["in_force"] == pytest.approx(share * ON), month


@truth(
    "order",
    source="scenario card: lever wider_club, KOR joins energy in 2024-09, JPN leaves all in 2025-09",
    kills="a month of joining or leaving that no run heeds; one that acts before its month",
)
def test_a_lever_on_the_club_moves_the_buyers_exports_from_its_month_on():
    import kautilya

    out = kautilya.compare("sanctions_only", ["wider_club"], futures=8, seed=0)
    moved = out["exports"].sel(lever="wider_club", economy="RUS")
    month = moved["month"].dt.strftime("%Y-%m")
    assert not moved.where(month <= "2024-09", drop=True).any()
    joined = moved.where((month > "2024-10") & (month < "2025-09"), drop=True)
    assert (joined < 0).all(), "less is sold once Korea buys no energy"
    last = moved.isel(month=-1)
    assert (last > joined.isel(month=-1)).all(), "more once Japan is out"


@truth("order", source="what the law imposes", kills="a measure that feeds the trade it hits")
def test_each_measure_lowers_the_trade_that_it_hits():
    alone = [run(level=np.eye(7)[i])["exports_to_buyer"] for i in range(7)]
    assert all(one[2] < 1 for i, one in enumerate(alone) if MEASURES[i] != "banks")
    assert alone[MEASURES.index("banks")][1] < 1
