"""The compiled month loop beside a month in plain Python, on the whole flagship."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pytest
from support.conventions import truth
from support.twins.flagship import PHASES, start
from support.twins.month import Month, simulate
from support.twins.recorded import Whole, flagship, future, given, whole, worst

from kautilya.estimation.motion.ahead import inputs, loop

pytestmark = pytest.mark.xdist_group("twin")  # one worker compiles the flagship
FUTURES = (0, 2, 5000)
BAR, LEAST = 1e-9, 1e-6  # relative; a millionth of a unit (or a probability) is nothing
CASES = {
    "record": ((), ()),
    "model": ((), ("drive=model",)),
    "war_ends": ((), ("termination.hazard=8", "drive=model")),
    "no_dprk_shells": (("no_dprk_shells",), ()),
    "council_repeals": (("council_repeals", "no_disclosures", "no_treaty"), ()),
    "refurbishment_doubled": (("refurbishment_doubled", "aid_halves"), ("drive=model",)),
}


def gathered(months: list[Month]) -> Whole:
    """The twin's months as arrays over months, in the shape of the compiled loop's."""
    stock: dict = defaultdict(lambda: np.zeros(len(months)))
    var: dict = defaultdict(lambda: np.zeros(len(months)))
    paid: dict = defaultdict(lambda: np.zeros(len(months)))
    for t, month in enumerate(months):
        for account, value in month.stock.items():
            stock[account][t] = value
        for key, value in month.var.items():
            var[key][t] = value
        for law, flows in month.paid.items():
            for source, sink, amount in flows:
                paid[law, source, sink][t] += amount
    return Whole(dict(stock), dict(var), dict(paid))


def compare(levers: tuple[str, ...], sets: tuple[str, ...], columns: Iterable[int]) -> None:
    """Run both over all months; every stock, variable element and flow within the bar."""
    made, loop = flagship()
    fed = given(made, 11, FUTURES, levers, sets)
    out = loop(fed).outcomes
    for column in columns:
        fast = whole(made.model, out, column)
        slow = gathered(simulate(future(made, fed, column), PHASES, start))
        assert len(slow.stock) >= 300 and len(slow.var) >= 3000
        assert fast.var.keys() == slow.var.keys()
        for name in Whole._fields:
            apart, key, month = worst(getattr(fast, name), getattr(slow, name), LEAST)[0]
            assert apart <= BAR, f"{name} {key} in month {month}: {apart:.1e}"


@pytest.mark.parametrize("case", CASES)
@truth("slow-twin", source="cards of the laws", kills="any slip of index, order or sign in a law")
def test_the_month_in_plain_python(case: str):
    """Stocks, variables and paid flows of 71 months agree to 1e-9 of their own largest value."""
    place = list(CASES).index(case) % len(FUTURES)
    compare(*CASES[case], columns=range(place, place + 1))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@truth("slow-twin", source="cards of the laws", kills="a slip that one future does not show")
def test_more_futures_in_plain_python(case: str):
    compare(*CASES[case], columns=range(len(FUTURES)))


@pytest.mark.slow
@truth("slow-twin", source="cards of the laws", kills="a lever that reaches a law in part only")
def test_the_month_under_every_lever():
    """The model drives from the first month, so that levers on decisions bite."""
    made, _ = flagship()
    for lever in made.scenario.levers:
        compare((lever.id,), ("drive=model",), columns=(0,))


@truth(
    "slow-twin",
    source="the law alone in the same loop (estimation/motion), which is what is scored",
    kills="a forecaster that is scored and a law of the loop that drift apart",
)
def test_what_is_scored_is_what_the_flagship_publishes():
    """Where the war goes on, what observers publish in the whole flagship equals the scored law,
    future by future, for all series and months."""
    made, whole_loop = flagship()
    fed = given(made, 11, FUTURES, (), ("termination.hazard=0",))
    seen = np.asarray(whole_loop(fed).outcomes["var"]["published"])
    layout = made.model.layout
    model, call = loop(made.model.world.members("watched"), len(made.model.world.months))
    at = [layout.plain.index(key) for key in model.layout.plain]
    columns = [layout.series.index(key) for key in model.layout.series]
    tile = np.arange(64) % len(FUTURES)
    alone = inputs(
        model,
        {key: np.asarray(fed.plain)[i] for key, i in zip(model.layout.plain, at, strict=True)},
        np.asarray(fed.record),
        np.arange(64) % len(FUTURES),
        11,
    )._replace(futures=np.asarray(fed.futures)[tile], series=np.asarray(fed.series)[:, columns])
    got = np.asarray(call(alone).outcomes["published"])[..., : len(FUTURES)]
    np.testing.assert_allclose(got, seen, rtol=1e-6, atol=1e-6)  # outcomes are float32
    after = seen[np.asarray(fed.record) == 0]
    assert (after > 0).mean() > 0.7 and after.std(axis=-1).min() >= 0
