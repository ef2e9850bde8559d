"""Council: the rule, its power, the record, and what a veto does to the status quo."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb, factorial

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth
from support.hand import Hand, Wide
from support.twins.recorded import flagship, given

from kautilya.council import shapley_shubik
from kautilya.mechanisms.council import BLOCS, LAW, SEATS, TERMS
from kautilya.mechanisms.formulas.voting import chance, passes

FIVE = ("AAA", "BBB", "CCC", "DDD", "EEE")
HAND = Hand(
    LAW,
    {
        "actor": (*FIVE, "ZZZ"),
        "permanent": FIVE,
        "supplier": ("ZZZ", "AAA"),
        "target": ("ZZZ",),
        "buyer": ("AAA",),
        "offer": ("shell", "gun"),
    },
    tables={"trade": np.ones((6, 6)), "ideal_point": np.zeros(6)},
)
FUTURES = 20_000


def fields(futures: int = 1, seed: int = 1, record: float = 0.0, **changes):
    """A council that leans neither way; `changes` go to parameters, variables and records."""
    rng = np.random.default_rng(seed)
    param = {
        "consensus": 0.0,
        "slope": 0.0,
        "on_tie": 0.0,
        "on_deal": 0.0,
        "abstains": 0.0,
        "centre": np.zeros(5),
        "spread": np.zeros(5),
        "quota": 9.0,
        "meets": 1.0,
        "term": 13.0,
        "opening_mandate": 3.0,
        "cost": [0.0, 0.0],
        "decree": [0.0, 0.0],
    }
    var = {
        "tie": [0.0, 0.0],
        "shipped": np.zeros((2, 2)),
        "mandate": 2.0,
        "sanctions_in_force": 1.0,
        "stance": np.zeros(5),
    }
    series = {"adopted": 0.0, "vetoed": np.zeros(5)}
    luck = {
        "stance": Wide(rng.random((5, futures))),
        "mood": Wide(rng.logistic(size=(10, TERMS, futures))),
        "point": Wide(rng.normal(size=(10, TERMS, futures))),
    }
    for name, value in changes.items():
        next(one for one in (param, var, series) if name in one)[name] = value
    return {"param": param, "var": var, "series": series, "luck": luck, "record": record}


def rule(votes: tuple[int, ...], permanent: int, quota: int) -> bool:
    """Article 27(3) in words: 1 yes, 0 abstention, -1 no."""
    return votes.count(1) >= quota and -1 not in votes[:permanent]


@truth(
    "slow-twin",
    source="Charter, article 27(3), by enumeration",
    kills="an abstention that vetoes; an elected no that does; a quota of more than q",
)
def test_the_rule_on_every_vote():
    """3 permanent, 4 elected members, every quota: all 3^7 votes."""
    votes = list(product((1, 0, -1), repeat=7))
    table = np.array(votes).T
    for quota in range(1, 8):
        said = np.asarray(passes(table == 1, table == -1, 3, quota))
        assert said.tolist() == [rule(one, 3, quota) for one in votes]


@truth("slow-twin", source="sum over all 3^7 votes", kills="a veto counted as a missing yes")
def test_the_chance_of_passing():
    """Independent votes with unequal chances of yes and no."""
    rng = np.random.default_rng(3)
    share = rng.dirichlet((2, 1, 1), size=7)  # yes, abstention, no
    for quota in range(1, 8):
        slow = sum(
            np.prod([share[i][1 - vote] for i, vote in enumerate(votes)])
            for votes in product((1, 0, -1), repeat=7)
            if rule(votes, 3, quota)
        )
        fast = chance(share[:, :1], share[:, 2:], 3, quota)
        assert float(fast[0]) == pytest.approx(slow, rel=1e-12)


@truth(
    "published",
    source="shapley1954: 421/2145 and 4/2145 with fifteen members",
    kills="a rule of the law that is not the rule of the power index",
)
def test_the_power_index_is_that_of_the_rule():
    """Pivots counted over all 32768 coalitions, with the law's own rule."""
    size, permanent, quota = 15, 5, 9
    joined = (np.arange(2**size)[None] >> np.arange(size)[:, None]) & 1 == 1
    against = ~joined & (np.arange(size) < permanent)[:, None]
    wins = np.asarray(passes(joined, against, permanent, quota))
    number = joined.sum(axis=0)
    found = []
    for member in (0, size - 1):
        without = ~joined[member]
        pivot = wins[np.flatnonzero(without) | (1 << member)] & ~wins[without]
        counts = np.bincount(number[without][pivot], minlength=size)
        found.append(
            sum(
                Fraction(int(c) * factorial(s) * factorial(size - s - 1), factorial(size))
                for s, c in enumerate(counts)
            )
        )
    assert tuple(found) == shapley_shubik() == (Fraction(421, 2145), Fraction(4, 2145))


@truth(
    "closed-form",
    source="2^-5 P(4 or more of 10 elected)",
    kills="a sanction with a sunset; a mandate without one; a repeal that needs no votes",
)
def test_the_status_quo_wins():
    """Votes by the toss of a coin: what has a sunset is gone with 97.4 %, what has none stands
    with 97.4 %. The votes and the rule are the same."""
    out = HAND.step(**fields(FUTURES, mandate=0.0))
    odds = sum(comb(10, k) for k in range(4, 11)) / 2**15
    error = 4 * np.sqrt(odds / FUTURES)
    assert odds == pytest.approx(0.0259, abs=1e-4)
    assert out["panel_alive"].mean() == pytest.approx(odds, abs=error)
    assert 1 - out["sanctions_in_force"].mean() == pytest.approx(odds, abs=error)
    assert np.array_equal(out["repeal_passed"], 1 - out["sanctions_in_force"])


@truth(
    "closed-form",
    source="a mandate of 13 months after the month of the vote",
    kills="a panel that ends with the veto, or never",
)
def test_one_veto_ends_the_mandate_at_its_sunset():
    """The buyer deals with the target: its no in March, the panel ends with April."""
    held, alive = 2.0, []
    for month in (1.0, 2.0, 2.0):
        out = HAND.step(
            **fields(
                consensus=60.0, on_deal=120.0, shipped=[[1.0, 0], [0, 0]], mandate=held, meets=month
            )
        )
        held = float(out["mandate"])
        alive.append(float(out["panel_alive"]))
        assert out["veto_cast"].tolist() == [month == 1.0, 0, 0, 0, 0]
    assert alive == [1.0, 1.0, 0.0]
    friendly = HAND.step(**fields(consensus=60.0, on_deal=120.0))
    assert float(friendly["mandate"]) == 13 and friendly["veto_cast"].sum() == 0


@pytest.mark.parametrize("term", [0.0, -3.0])
@truth("closed-form", source="card", kills="a mandate that ends before it begins and runs on")
def test_a_mandate_that_ends_before_it_begins_lapses_with_its_month(term: float):
    """Renewed in March by all: alive in that month, gone in the next, whatever the vote then."""
    first = HAND.step(**fields(consensus=60.0, term=term, mandate=2.0, meets=1.0))
    assert float(first["panel_alive"]) == 1.0 and float(first["mandate"]) == term
    second = HAND.step(**fields(consensus=60.0, term=term, mandate=term, meets=2.0))
    assert float(second["panel_alive"]) == 0.0


@truth("order", source="card", kills="a tie or a deal with the target that raises support")
def test_interest_in_the_case_moves_the_vote():
    """A stronger tie, or a deal, makes the panel's renewal less likely and vetoes likelier."""
    base = {"consensus": 2.0, "on_tie": 2.0, "on_deal": 2.0, "mandate": 2.0}
    deal, none = [[0, 1.0], [0, 0]], np.zeros((2, 2))
    renewed = [
        HAND.step(**fields(FUTURES, tie=[tie, 0.0], shipped=shipped, **base))
        for tie, shipped in ((0.0, none), (1.0, none), (1.0, deal))
    ]
    chances = [out["pass_chance"][0].mean() for out in renewed]
    vetoes = [out["veto_cast"][0].mean() for out in renewed]
    assert chances[0] > chances[1] + 0.05 > chances[2] + 0.1
    assert vetoes[0] < vetoes[1] - 0.05 < vetoes[2] - 0.1
    others = [out["veto_cast"][1:].mean(axis=1) for out in renewed]
    assert all(np.array_equal(one > 0, others[0] > 0) for one in others)


@truth("invariant", source="card", kills="a stance that does not explain the vote on record")
def test_stance_is_drawn_given_the_record():
    """Who vetoed would say no with its stance, the others would not; else it is logistic."""
    told = fields(FUTURES, consensus=1.5, abstains=0.7, vetoed=[1.0, 0, 0, 0, 0], record=1.0)
    out = HAND.step(**told)
    lean = 1.5 + out["stance"]
    assert (lean[0] < -0.7).all() and (lean[1:] >= -0.7).all()
    assert out["veto_cast"].mean(axis=1).tolist() == [1.0, 0, 0, 0, 0]
    free = HAND.step(**fields(FUTURES, meets=2.0))
    assert np.quantile(free["stance"], 0.75) == pytest.approx(np.log(3), abs=0.03)


@truth("closed-form", source="five seats change each January", kills="ten new members at once")
def test_half_of_the_seats_rotate_each_year():
    """Terms of the flagship: five of ten seats change in each January, none in other months."""
    made, _ = flagship()
    law = [one.name for one in made.model.laws].index("council")
    terms, months = made.model.built[law].data["term"], made.model.world.months
    assert len(SEATS) == 10 and {seat[:-1] for seat in SEATS} == set(BLOCS)
    changed = (np.diff(terms, axis=0) > 0).sum(axis=1)
    assert changed.tolist() == [5 * month.endswith("-01") for month in months[1:]]


def run(*levers: str, record: bool = True) -> dict[str, np.ndarray]:
    """Variables of the flagship by month."""
    made, loop = flagship()
    drive = () if record else ("drive=model",)
    out = loop(given(made, 5, range(3), levers, drive)).outcomes["var"]
    return {
        name: np.asarray(out[name])
        for name in ("panel_alive", "sanctions_in_force", "veto_cast", "enforcement")
    }


@truth(
    "recorded",
    source="facts/e_unsc_dprk.csv",
    kills="a veto in the wrong month or by another",
    reason="the votes before the as-of date are read from the record, not predicted",
)
def test_the_record_is_reproduced():
    """Vetoes and the panel to August 2024, from the facts table; no future differs."""
    facts = pd.read_csv(shared_file("facts/e_unsc_dprk.csv"))
    made, _ = flagship()
    months, seats = made.model.world.months, made.model.world.members("permanent")
    after = facts[facts["vote_date"].between("2022-02", "2024-08-10")]
    vetoed = {row.vote_date[:7]: int(row.no) for row in after.itertuples() if "VETOED" in row.topic}
    out = run()
    last = months.index("2024-08") + 1
    for t, month in enumerate(months[:last]):
        assert (out["veto_cast"][t].sum(axis=0) == vetoed.get(month, 0)).all(), month
        assert (out["panel_alive"][t] == (month <= "2024-04")).all(), month
    assert (out["veto_cast"][months.index("2024-03")].T == [s == "RUS" for s in seats]).all()
    assert out["sanctions_in_force"][:last].all()


@truth("closed-form", source="levers of the scenario", kills="a lever that acts before its month")
def test_levers():
    """council_repeals: from January 2025; panel_renewed: no veto, no end of the panel."""
    made, _ = flagship()
    months = np.array(made.model.world.months)
    gone = run("council_repeals")
    stands = np.broadcast_to((months < "2025-01")[:, None], gone["sanctions_in_force"].shape)
    assert np.array_equal(gone["sanctions_in_force"] > 0, stands)
    assert not gone["enforcement"][months >= "2025-01"].any()
    kept = run("panel_renewed")
    assert kept["panel_alive"].all() and not kept["veto_cast"][months >= "2024-03"].any()
    assert (kept["enforcement"][-1] > run()["enforcement"][-1]).all()
