"""Choice: both stages and their terms, the pair effect, state dependence, what the record teaches."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, ndtri
from scipy.stats import poisson
from support.conventions import truth
from support.hand import Hand, Wide

from kautilya.mechanisms.choice import ASKS, LAW, RENEWALS, TERMS
from kautilya.mechanisms.politics import FACTORS

MANY = 20_000
STATES, CLASSES = ("PRK", "CHN", "IND"), ("tube_round", "gun")
HAND = Hand(LAW, {"supplier": STATES, "offer": CLASSES, "buyer": ("RUS",), "factor": FACTORS})
ZERO = np.zeros((3, 2))
PARAM = {
    "record": ZERO + 0.3,
    "reach": np.array([[-0.5] * 2, [1.0] * 2, [0.2] * 2]),
    "customer": ZERO,
    "dealings": np.zeros(3),
    "ask_base": [0.5, -0.5],
    "on_traits": 0.5,
    "on_need": 4.0,
    "on_spare": 1.0,
    "standing": [1.0, 0.0, 0.0],
    "on_standing": 1.0,
    "base": [-1.0, -2.0],
    "on_again": 1.5,
    "on_tie": 1.0,
    "fade": 60.0,
    "binds": [1.0, 1.0],
    "on_politics": np.linspace(0.2, 1.0, len(FACTORS))[:, None] + np.zeros(2),
    "on_gain": 0.6,
    "on_sanctions": 2.0,
    "on_affinity": 0.7,
    "package": [0.5] * 3,
    "spread": [0.0] * 3,
    "renewal": 36.0,
    "permit": ZERO + 1,
}


def var(**changes):
    return {
        "politics": np.random.default_rng(1).normal(size=(len(FACTORS), 3)),
        "deal_gain": ZERO + 0.4,
        "relief": ZERO + 0.5,
        "sanction_cost": np.array([[0.0], [1.2], [0.4]]) + ZERO,
        "spare": ZERO + 100.0,
        "need": [[0.8, 0.8]],
        "gap": [[150.0, 150.0]],
        "recorded": ZERO,
        "shipped": ZERO,
        "since": ZERO + 1e6,
        "sent": ZERO,
        "dealing": np.zeros(3),
        "driven": 0.0,
        "pair_luck": np.zeros(3),
        "seek": ZERO,
        "taste": ZERO,
        "joined": ZERO,
        "affinity": np.zeros(3),
        "route_limit": ZERO + 1e12,
        "patron_cost": np.zeros(3),
    } | changes


def luck(pair=0.5, seek=0.5, taste=0.5, joins=0.2, wait=1e9):
    """The same luck for all; what is drawn is one less these."""
    case = np.ones((3, 2, RENEWALS + 1))
    return {
        "pair": np.full((3, RENEWALS + 1), pair),
        "seek": case * seek,
        "taste": case * taste,
        "joins": case * joins,
        "wait": np.full((3, RENEWALS), wait),
    }


def decide(params=None, luck_=None, month=0, record=0.0, **changes):
    return HAND.step(
        month=month,
        record=record,
        param=PARAM | (params or {}),
        luck=luck_ or luck(),
        var=var(**changes),
    )


def many(seed=5, month=0, wide=(), param=None, record=0.0, **changes):
    """A month of many futures with luck of their own."""
    rng = np.random.default_rng(seed)
    case = (3, 2, RENEWALS + 1, MANY)
    lots = {
        "pair": Wide(rng.random((3, RENEWALS + 1, MANY))),
        "seek": Wide(rng.random(case)),
        "taste": Wide(rng.random(case)),
        "joins": Wide(rng.random(case)),
        "wait": Wide(rng.exponential(size=(3, RENEWALS, MANY))),
    }
    shape = {"pair_luck": (3, MANY), "seek": (3, 2, MANY), "taste": (3, 2, MANY)}
    shape |= {"joined": (3, 2, MANY)}
    given = var(**changes)
    given |= {name: Wide(np.broadcast_to(0.0, size)) for name, size in shape.items()}
    given |= dict(wide)
    view = HAND.view(
        HAND.stock({}, MANY),
        month=month,
        param=PARAM | (param or {}),
        var=given,
        luck=lots,
        record=record,
    )
    return {name: np.asarray(value) for name, value in HAND.run(view).items()}


@truth(
    "closed-form", source="mcfadden1974", kills="a term left out of a sum; a sign; one stage only"
)
def test_the_terms_add_up_and_both_stages_multiply():
    out = decide()
    asks, agrees = out["utility_terms"][:ASKS].sum(axis=0), out["utility_terms"][ASKS:].sum(axis=0)
    assert len(out["utility_terms"]) == len(TERMS)
    assert agrees == pytest.approx(out["utility"])
    assert out["ask_chance"] == pytest.approx(expit(asks))
    assert out["supply_chance"] == pytest.approx(expit(asks) * expit(agrees))
    by_hand = 0.5 + 4 * (0.8 - 1) + 1 * 0.5 + (0.3 - 0.5) / 2 + 0 - 1
    assert asks[0, 0] == pytest.approx(by_hand)
    more = decide(sanction_cost=np.array([[0.0], [2.2], [0.4]]) + ZERO)
    assert (more["utility"] - out["utility"])[:, 0] == pytest.approx([0, -2.0, 0])
    pressed = decide(patron_cost=np.array([0.5, 0.0, 0.1]))
    assert (pressed["utility"] - out["utility"])[:, 1] == pytest.approx([-1.0, 0, -0.2])
    liked = decide(affinity=np.array([0.0, 0.0, 2.0]))
    assert (liked["utility"] - out["utility"])[:, 0] == pytest.approx([0, 0, 1.4])


@truth("order", source="the card", kills="a buyer that is asked to lose face and gains by it")
def test_whom_the_buyer_asks():
    """More need and more to spare: asked more; a cost in standing: less, and for that state only."""
    chances = [decide(need=[[n, n]])["ask_chance"] for n in (0.1, 0.5, 0.9)]
    assert np.all(np.diff(chances, axis=0) > 0)
    chances = [decide(relief=ZERO + r)["ask_chance"] for r in (0.0, 0.5, 1.0)]
    assert np.all(np.diff(chances, axis=0) > 0)
    proud, plain = (decide({"on_standing": w}) for w in (3.0, 0.0))
    change = proud["ask_chance"] - plain["ask_chance"]
    assert np.all(change[0] < 0) and change[1:] == pytest.approx(0.0)
    assert proud["utility"] == pytest.approx(plain["utility"])
    assert decide(need=[[0.0, 0.8]])["supply_chance"][:, 0].max() == 0.0
    assert decide(spare=ZERO)["supply_chance"].max() == 0 == decide(spare=ZERO)["willing"].max()


@truth("closed-form", source="choice card", kills="a lever that cannot force or forbid")
def test_permits():
    """0 never, 2 always; and not even then without stock."""
    permit = {"permit": np.array([[0.0], [2.0], [1.0]]) + ZERO}
    out = decide(permit)
    assert out["willing"][:2, 0].tolist() == [0.0, 1.0]
    assert out["supply_chance"][:2, 0].tolist() == [0.0, 1.0]
    assert decide(permit, spare=ZERO)["willing"].max() == 0.0


@truth("closed-form", source="logistic probability", kills="a pair effect a class, or in asking")
def test_a_normal_effect_moves_agreeing():
    """Both classes at once, the effect integrated by hand, within 5 standard errors."""
    pair = {"package": [0.0] * 3, "spread": [2.0] * 3}
    out, one = many(param=pair), decide(pair | {"spread": [0.0] * 3})
    z = ndtri((np.arange(2000) + 0.5) / 2000)
    agrees = expit(one["utility"][:, :, None] + 2.0 * z)
    supplies = one["ask_chance"][:, :, None] * agrees
    both, seen = supplies.prod(axis=1).mean(axis=-1), out["willing"].prod(axis=1).mean(axis=-1)
    assert np.all(np.abs(seen - both) < 5 * np.sqrt(both * (1 - both) / MANY))
    assert np.all(both > 1.2 * supplies.mean(axis=-1).prod(axis=1)), "independent classes"
    assert np.ptp(out["ask_chance"], axis=-1).max() == 0.0


@truth(
    "closed-form",
    source="marshallolkin1967",
    kills="luck with a minus; a package a class; a dependence that grows with the rate",
)
def test_shares_and_the_dependence_of_classes():
    """Over 20,000 futures within 5 standard errors: the mean chance, and both classes at once, f^2 of the
    lesser chance and the rest of the product; where both are fifty times rarer as well."""
    for base in ([-1.0, -2.0], [-5.5, -6.5]):
        out = many(param={"base": base})
        chance, share = out["supply_chance"].mean(axis=-1), out["willing"].mean(axis=-1)
        assert np.all(np.abs(share - chance) < 5 * np.sqrt(chance * (1 - chance) / MANY))
        both = 0.25 * chance.min(axis=1) + 0.75 * chance.prod(axis=1)
        seen = out["willing"].prod(axis=1).mean(axis=-1)
        assert np.all(np.abs(seen - both) < 5 * np.sqrt(both * (1 - both) / MANY))
        assert np.all(both > 1.2 * chance.prod(axis=1)), "independent classes"


@truth(
    "closed-form",
    source="choice card",
    kills="a delivery that teaches nothing, or its own class twice",
)
def test_deliveries_of_the_war_enter_at_once_when_the_model_drives():
    """A shipment the month before: half of on_again exp(-1/60) for its class; for all classes on_tie
    exp(-1/60), a twelfth of it after the first delivery, all of it a year on."""
    sent, asked = (
        np.array([[7.0, 0.0], [0, 0], [0, 0]]),
        lambda out: out["utility_terms"][:ASKS].sum(axis=0),
    )
    known, blind = decide(shipped=sent), decide()
    assert (known["utility"] - blind["utility"])[0] == pytest.approx(np.exp(-1 / 60) / 12)
    assert known["dealing"].tolist() == [1.0, 0.0, 0.0]
    later = decide(shipped=sent, dealing=[11.0, 0.0, 3.0])
    assert (later["utility"] - blind["utility"])[0] == pytest.approx(np.exp(-1 / 60))
    assert later["dealing"].tolist() == [12.0, 0.0, 4.0]
    assert (asked(known) - asked(blind))[0] == pytest.approx([0.75 * np.exp(-1 / 60), 0.0])
    assert (known["utility"] - blind["utility"])[1:] == pytest.approx(0.0)
    told = decide(shipped=sent, record=1.0)["utility_terms"]
    assert told == pytest.approx(decide(record=1.0)["utility_terms"]), (
        "told as if it were not known"
    )
    old = {"dealings": np.ones(3) * 2, "customer": ZERO + 2}
    again, before = decide(old, shipped=sent), decide(old)
    assert again["utility_terms"] == pytest.approx(before["utility_terms"]), (
        "an old tie counted twice"
    )


@truth(
    "closed-form", source="choice card", kills="a delivery of nobody that makes up for a bad past"
)
def test_a_past_below_nothing_stays_until_something_is_delivered():
    """Log odds below 0 (long refused, or a customer lost) are no more forgiven when the model drives
    than while the record does; a delivery adds to them what it adds to a state without a past."""
    bad = {"dealings": np.full(3, -0.8), "customer": ZERO - 0.5}
    told, driven = (decide(bad, record=one)["utility_terms"] for one in (1.0, 0.0))
    assert driven == pytest.approx(told)
    sent = np.array([[7.0, 0.0], [0, 0], [0, 0]])
    more = decide(bad, shipped=sent)["utility_terms"] - driven
    plain = decide(shipped=sent)["utility_terms"] - decide()["utility_terms"]
    assert more == pytest.approx(plain) and more[:, 0].max() > 0


@truth("closed-form", source="choice card", kills="a firm's sale that makes a tie of states")
def test_what_firms_do_binds_no_state():
    """A class that does not bind is in no package, and its deliveries add nothing to others."""
    firms = {"binds": [1.0, 0.0]}
    assert decide(firms, luck(joins=0.9))["joined"].tolist() == [[1.0, 0.0]] * 3
    assert decide(firms, luck(joins=0.2))["joined"].max() == 0.0
    sent = np.array([[0.0, 7.0], [0, 0], [0, 0]])
    sold, none = decide(firms, shipped=sent), decide(firms)
    assert sold["utility"] == pytest.approx(none["utility"])


@pytest.mark.parametrize("common", [{}, {"package": [0.0] * 3, "spread": [2.0] * 3}])
@truth(
    "closed-form",
    source="Bayes by counting",
    kills="a record of one class that says nothing of another; a refusal of what a state did not have",
)
def test_the_record_teaches_when_it_ends(common):
    """PRK sent shells, none sent guns, IND has no guns: draws given the record are those of the futures
    without a record in which the same came about."""
    sent = np.array([[1.0, 0.0], [0, 0], [0, 0]])
    spare = ZERO + [[100.0, 100.0], [100.0, 100.0], [100.0, 0.0]]
    free = many(seed=8, month=0, record=1.0, param=common)
    asked, agrees = (np.asarray(free[name]) for name in ("ask_chance", "supply_chance"))
    agrees = agrees / asked
    own = (free["seek"] < asked) & (free["taste"] < agrees)
    came = np.where(free["joined"] > 0, free["pair_luck"][:, None] < asked * agrees, own)
    same = (came == (sent[..., None] > 0)) | (np.arange(3)[:, None] == 2)[..., None] & [
        [[False], [True]]
    ]
    out = many(month=30, param=common, sent=sent, driven=1.0, shipped=sent, spare=spare)
    for state in range(3):
        like = same[state].all(axis=0)
        for name in ("pair_luck", "joined", "seek", "taste"):
            want, got = free[name][state][..., like], out[name][state]
            error = 5 * want.std(axis=-1) / np.sqrt(like.sum()) + 5 * got.std(axis=-1) / MANY**0.5
            assert np.all(np.abs(got.mean(axis=-1) - want.mean(axis=-1)) <= error), (state, name)
    lean = decide({"spread": [0.0] * 3}, record=1.0)["utility"][..., None]
    agrees = expit(lean + common.get("spread", [0.0])[0] * ndtri(out["pair_luck"])[:, None])
    own = (out["seek"] < asked) & (out["taste"] < agrees)
    now = np.where(out["joined"] > 0, out["pair_luck"][:, None] < asked * agrees, own)
    assert np.array_equal(now[:2], np.broadcast_to(sent[:2, :, None] > 0, now[:2].shape))
    assert 0 < now[2, 1].mean() < 1, "what it did not have, it did not refuse"


@truth(
    "closed-form",
    source="Poisson process of rate 1 / renewal",
    kills="renewal / wait for wait * renewal: all renewals in the first month; classes renewed apart",
)
def test_states_reconsider_every_renewal_months_in_the_mean():
    """Share of states that have not changed by month t: exp(-t/36); never more than 4 changes."""
    held, changes = {}, np.zeros((3, MANY))
    for month in range(61):
        out = many(month=month, wide=held.items())
        if month:
            changes += out["pair_luck"] != np.asarray(held["pair_luck"].values)
            moved = (out["taste"] != np.asarray(held["taste"].values)).all(axis=1)
            assert np.array_equal(moved, out["pair_luck"] != np.asarray(held["pair_luck"].values))
        held = {name: Wide(out[name]) for name in ("pair_luck", "seek", "taste", "joined")}
        if month in (12, 36, 60):
            share, chance = (changes == 0).mean(), np.exp(-month / 36)
            assert share == pytest.approx(chance, abs=5 * (chance * (1 - chance) / 3 / MANY) ** 0.5)
    number = np.arange(30)
    mean = np.dot(np.minimum(number, RENEWALS), poisson.pmf(number, 60 / 36))
    assert changes.mean() == pytest.approx(mean, rel=0.04)  # two in one month count as one


@truth("invariant", source="choice card", kills="a term that needs a law which is not there")
def test_what_is_not_there_weighs_nothing():
    """Need, stock and past ties alone are the law with all other terms at zero."""
    other = ("politics", "deal_gain", "sanction_cost", "affinity", "route_limit", "patron_cost")
    nil = {name: 0.0 * np.asarray(var()[name]) for name in other} | {"route_limit": ZERO + 1e12}
    bare = HAND.step(
        month=0, record=0.0, param=PARAM, luck=luck(),
        var={name: value for name, value in var().items() if name not in (*other, "recorded")},
    )  # fmt: skip
    for name, value in decide(**nil).items():
        assert np.asarray(bare[name]) == pytest.approx(np.asarray(value)), name
