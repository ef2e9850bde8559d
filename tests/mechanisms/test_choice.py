"""Choice: utility, its terms, the persistent draw, the record."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import poisson
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.choice import LAW, RENEWALS
from kautilya.mechanisms.politics import FACTORS

MANY = 20_000
HAND = Hand(
    LAW,
    {
        "supplier": ("PRK", "CHN", "IND"),
        "offer": ("tube_round",),
        "buyer": ("RUS",),
        "factor": FACTORS,
    },
    tables={"arms_tie": [0.9, 0.3, 0.0, 0.0]},
)
ZERO = np.zeros((3, 1))
PARAM = {
    "base": [-1.0],
    "on_gain": 0.6,
    "on_politics": np.linspace(0.2, 1.0, len(FACTORS)),
    "on_tie": 0.5,
    "on_spare": 1.5,
    "on_sanctions": 2.0,
    "on_affinity": 0.7,
    "asks_from": 0.3,
    "renewal": 36.0,
    "permit": ZERO + 1,
}
LUCK = np.random.default_rng(5)


def var(**changes):
    politics = np.random.default_rng(1).normal(size=(len(FACTORS), 3))
    return {
        "politics": politics,
        "deal_gain": ZERO + 0.4,
        "relief": ZERO + 0.5,
        "sanction_cost": np.array([[0.0], [1.2], [0.4]]),
        "spare": ZERO + 100.0,
        "need": [[0.8]],
        "gap": [[150.0]],
        "recorded": ZERO,
        "taste": ZERO + 7.0,
        "affinity": np.zeros(3),
        "route_limit": ZERO + 1e12,
        "patron_cost": np.zeros(3),
    } | changes


def luck(taste=0.5, wait=1e9):
    return {"taste": np.full((3, 1, RENEWALS + 1), taste), "wait": np.full((3, 1, RENEWALS), wait)}


def decide(params=None, luck_=None, month=0, record=0.0, **changes):
    return HAND.step(
        month=month,
        record=record,
        param=PARAM | (params or {}),
        luck=luck_ or luck(),
        var=var(**changes),
    )


@truth("closed-form", source="mcfadden1974", kills="a term left out of the sum; a sign")
def test_the_terms_add_up_to_the_utility():
    """P = 1 / (1 + exp(-U)); costs of sanctions lower U, all else by its weight."""
    out = decide()
    assert out["utility_terms"].sum(axis=0) == pytest.approx(out["utility"])
    assert out["supply_chance"] == pytest.approx(expit(out["utility"]))
    more = decide(sanction_cost=np.array([[0.0], [2.2], [0.4]]))
    assert (more["utility"] - out["utility"]).ravel() == pytest.approx([0, -2.0, 0])
    pressed = decide(patron_cost=np.array([0.5, 0.0, 0.1]))
    assert (pressed["utility"] - out["utility"]).ravel() == pytest.approx([-1.0, 0, -0.2])
    liked = decide(affinity=np.array([0.0, 0.0, 2.0]))
    assert (liked["utility"] - out["utility"]).ravel() == pytest.approx([0, 0, 1.4])
    rival = {"on_politics": np.zeros(len(FACTORS)), "on_tie": 0.0, "on_sanctions": 0.0}
    alone = decide(rival)["utility"].ravel()  # stock, calibre and gain alone: no one differs
    assert alone == pytest.approx([-1.0 + 0.6 * 0.4 + 1.5 * 0.5] * 3)


@truth(
    "order",
    source="the card of the law",
    kills="a sign of spare stock; a state that ships what it lacks",
)
def test_more_to_spare_makes_supply_likelier():
    chances = [decide(relief=ZERO + r)["supply_chance"] for r in (0.0, 0.3, 0.9)]
    assert np.all(np.diff(chances, axis=0) > 0)
    assert decide(spare=ZERO)["supply_chance"].max() == 0 == decide(spare=ZERO)["willing"].max()
    assert decide(need=[[0.3]])["supply_chance"].max() == 0, "asked only above asks_from"


@truth("closed-form", source="choice card", kills="a lever that cannot force or forbid")
def test_permits():
    """0 never, 2 always; and not even then without stock."""
    permit = {"permit": np.array([[0.0], [2.0], [1.0]])}
    out = decide(permit, luck(taste=0.5))
    assert out["willing"][:2].ravel().tolist() == [0.0, 1.0]
    assert out["supply_chance"][:2].ravel().tolist() == [0.0, 1.0]
    assert decide(permit, spare=ZERO)["willing"].max() == 0.0


@truth(
    "closed-form",
    source="logistic probability",
    kills="a taste that is not uniform, U with a minus",
)
def test_the_share_that_supplies_is_the_probability():
    """Over 20,000 futures within 5 standard errors of P."""
    u = LUCK.random((3, 1, RENEWALS + 1, MANY))
    wait = np.full((3, 1, RENEWALS, MANY), 1e9)
    view = HAND.view(
        HAND.stock({}, MANY), param=PARAM, var=var(), luck={"taste": Wide(u), "wait": Wide(wait)}
    )
    out = HAND.run(view)
    chance = np.asarray(out["supply_chance"])[:, 0, 0]
    share = np.asarray(out["willing"])[:, 0].mean(axis=-1)
    assert np.all(np.abs(share - chance) < 5 * np.sqrt(chance * (1 - chance) / MANY))


@truth(
    "invariant",
    source="choice card",
    kills="a record that makes its supplier the only one asked, so that it leads by construction",
)
def test_a_delivery_on_record_shows_that_everyone_was_asked():
    """Need below `asks_from`, PRK delivers on record: the others decide too."""
    out = decide(need=[[0.1]], record=1.0, recorded=np.array([[50.0], [0.0], [0.0]]))
    assert np.all(out["supply_chance"] > 0)
    assert decide(need=[[0.1]])["supply_chance"].max() == 0


@pytest.mark.parametrize("u", [1e-9, 0.2, 0.999])
@truth("invariant", source="choice card", kills="a state that delivered and would have refused")
def test_tastes_fit_the_record(u: float):
    """On record: taste below P for who delivered, above P for who was asked and did not."""
    out = decide(None, luck(taste=u), record=1.0, recorded=np.array([[50.0], [0.0], [0.0]]))
    below = out["taste"] < 1.0 / (1.0 + np.exp(-out["utility"]))
    assert below.ravel().tolist() == [True, False, False]


@truth(
    "closed-form",
    source="Poisson process of rate 1 / renewal",
    kills="renewal / wait for wait * renewal: all renewals in the first month",
)
def test_tastes_are_renewed_every_renewal_months_in_the_mean():
    """Share of pairs that have not changed by month t: exp(-t/36); never more than 4 changes."""
    wait = LUCK.exponential(size=(3, 1, RENEWALS, MANY))
    u = LUCK.random((3, 1, RENEWALS + 1, MANY))
    taste, changes = np.zeros((3, 1, MANY)), np.zeros((3, 1, MANY))
    for month in range(61):
        given = {**var(), "taste": Wide(taste)}
        view = HAND.view(
            HAND.stock({}, MANY),
            month=month,
            param=PARAM,
            var=given,
            luck={"taste": Wide(u), "wait": Wide(wait)},
        )
        now = np.asarray(HAND.run(view)["taste"])
        changes += (now != taste) & (month > 0)
        taste = now
        if month in (12, 36, 60):
            share, chance = (changes == 0).mean(), np.exp(-month / 36)
            assert share == pytest.approx(chance, abs=5 * (chance * (1 - chance) / 3 / MANY) ** 0.5)
    number = np.arange(30)
    mean = np.dot(np.minimum(number, RENEWALS), poisson.pmf(number, 60 / 36))
    assert changes.mean() == pytest.approx(mean, rel=0.04)  # two in one month count as one
