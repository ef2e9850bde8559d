"""What the fit takes out of a record beforehand is what the laws put in again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.conventions import truth
from support.hand import Hand

from kautilya.estimation.motion import hierarchy
from kautilya.mechanisms.lateness import LAW


def record(last: str, months: int = 20) -> hierarchy.Record:
    span = pd.period_range(end=last, periods=months, freq="M")
    groups = ("deaths", "launches", "claims")
    return hierarchy.Record(np.full((months, 3), 9.0), groups, ("a", hierarchy.NEW[0], "c"), span)


@truth(
    "slow-twin",
    source="the law `lateness`, month by month",
    kills="an age counted from the beginning of a month; a share that the fit and the law take apart",
)
def test_the_fit_and_the_law_mean_one_delay():
    given = record("2023-12", 22)
    late, delay = hierarchy.LATE[1], hierarchy.DELAY[1]
    hand = Hand(LAW, {"watched": ("a",)})
    begin = (given.read - given.months[0]).n  # the run begins with the first month of the record
    param = {"late": [late], "delay": [delay], "read": [float(begin)]}
    by_law = [hand.step(month=t, param=param)["told"][0] for t in range(21)]
    assert np.exp(hierarchy.foreseen(given)[1:, 0]) == pytest.approx(by_law)
    assert by_law[0] < 1.0 and by_law[-1] == 1.0


@truth(
    "closed-form",
    source="docs/motion.md: log growth of 1.1 in the first year, 0.57 of it a year later",
    kills="growth before mobilisation; a rate by the year taken for one by the month; growth of all series",
)
def test_growth_of_a_war_industry():
    given = record("2024-10", 32)
    risen = hierarchy.foreseen(given)
    begun = list(given.months).index(hierarchy.MOBILISED)
    assert (risen[: begun + 1, 1] == 0).all() and (risen[:, 2] == 0).all()
    first, second = risen[begun + 12, 1], risen[begun + 24, 1] - risen[begun + 12, 1]
    assert first == pytest.approx(1.1, rel=0.03) and second / first == pytest.approx(0.57)


@truth(
    "invariant",
    source="what is foreseen stands in the state that goes on",
    kills="growth lost at the day; a late level that is the source's and not that of the deaths",
)
def test_what_is_foreseen_goes_into_the_state():
    given = record("2023-09")
    draws = {"level": np.zeros((400, 3)), "rise": np.zeros((400, 3))}
    out = hierarchy._expected(given, draws, np.random.default_rng(0))
    age = hierarchy.ages(given)[-1]
    share = hierarchy.told(age, out["late"][:, 0], out["delay"][:, 0])
    assert np.exp(out["level"][:, 0]) * share == pytest.approx(
        np.full(400, hierarchy.told(age, hierarchy.LATE[1], hierarchy.DELAY[1]))
    )
    assert out["level"][:, 1] == pytest.approx(hierarchy.foreseen(given)[-1, 1])
    assert out["rise"][:, 1] == pytest.approx(hierarchy.growth(given)[-1])
    assert (out["level"][:, 2] == 0).all() and (out["late"][:, 2] == 0).all()


@truth(
    "closed-form",
    source="docs/motion.md: the least month on record, nothing apart, of money alone",
    kills="a month of nothing taken for the least; a least count; a series of nothing that is cut",
)
def test_the_least_lump():
    values = np.array([[0.0, 3.0, 0.0], [40.0, 2.0, 0.0], [25.0, np.nan, 0.0]])
    span = pd.period_range("2023-01", periods=3, freq="M")
    given = hierarchy.Record(values, ("aid", "claims", "aid"), ("a", "b", "c"), span)
    assert hierarchy.scale(given).least == pytest.approx([25.0, 0.0, 0.0])
