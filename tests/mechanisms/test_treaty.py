"""Treaty: from the month after, for the partner only, and a deal that exists without it."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.hand import Hand
from support.twins.recorded import flagship, given

from kautilya.mechanisms.treaty import LAW

HAND = Hand(LAW, {"supplier": ("AAA", "BBB"), "offer": ("shell", "gun")})


@truth("closed-form", source="card", kills="a treaty that lapses, or binds a third state")
def test_signed_once_in_force_for_good():
    """Gain 1 + enlarge for the partner from its month on, 1 for all others."""
    force, seen = np.zeros(2), []
    for signed in ([0, 0], [1, 0], [0, 0]):
        out = HAND.step(
            param={"enlarge": [0.2, 1.0], "opens": [0.0, 2.0], "stands": [1.0, 1.0]},
            series={"signed": signed},
            var={"treaty_force": force},
        )
        force = out["treaty_force"]
        seen.append(out["treaty_gain"].tolist())
    assert seen[0] == [[1, 1], [1, 1]]
    assert seen[1] == seen[2] == [[pytest.approx(1.2), 2.0], [1, 1]]
    assert out["treaty_opens"].tolist() == [[0, 2], [0, 0]]
    paper = {"enlarge": [1.0, 1.0], "opens": [1.0, 1.0], "stands": [0.0, 1.0]}
    out = HAND.step(param=paper, series={"signed": [1, 0]}, var={"treaty_force": [0.0, 0.0]})
    assert not out["treaty_force"].any() and not out["treaty_opens"].any()


@truth(
    "invariant",
    source="the treaty formalises deals that predate it",
    kills="a deal that needs the treaty; a treaty that acts before it is signed",
)
def test_the_deal_exists_without_the_treaty():
    """Flagship, model driving: without the treaty deliveries to June 2024 are the same, later
    ones go on; with it the partner's release is larger from July 2024 on."""
    made, loop = flagship()
    months = np.array(made.model.world.months)
    both = [
        loop(given(made, 9, range(16), levers, ("drive=model",))).outcomes["var"]
        for levers in ((), ("no_treaty",))
    ]
    partner = made.model.world.members("supplier").index("PRK")
    sent, without = (np.asarray(one["shipped"])[:, partner].sum(axis=1) for one in both)
    early = months <= "2024-06"
    assert np.array_equal(sent[early], without[early])
    assert without[~early].sum() > 0
    gain = np.asarray(both[0]["treaty_gain"])
    assert (gain[early][:-1] == 1).all() and (gain[~early, partner] >= 1).all()
    assert (np.asarray(both[1]["treaty_gain"]) == 1).all()
    assert (np.delete(gain, partner, axis=1) == 1).all()
