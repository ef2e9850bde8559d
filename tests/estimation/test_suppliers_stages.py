"""Asked, and agrees: both stages, the compiled law on the register, requests and answers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

from kautilya.estimation.suppliers import classes, engine, load, readiness, requests, stages
from kautilya.estimation.suppliers.classes import CLASS, CLASSES, PAIR, Rows

PANEL = "data/panel_embargoed_supplier_year.parquet"
SMALL = stages.Plan(
    ("record", "demand"), ("far", "club"), slopes=("record",), ridge=0.1, half_life=1e9
)


def synthetic(n: int, seed: int = 4) -> Rows:
    """Random covariates of n pair-years; deliveries are filled in by ``drawn``."""
    rng = np.random.default_rng(seed)
    keys = pd.DataFrame({"s": rng.integers(0, 60, n), "r": 1, "year": 2000})
    pair, by_class = rng.normal(size=(n, len(PAIR))), rng.normal(size=(n, len(CLASSES), len(CLASS)))
    for name in ("club", "new", "war"):
        pair[:, PAIR.index(name)] = rng.random(n) < 0.5
    came = np.zeros((n, len(CLASSES)))
    return Rows(keys.assign(panel=True, weight=1.0), pair, by_class, came)


def drawn(rows: Rows, shared: float = 0.0) -> Rows:
    """Deliveries of a decision with known weights: asked -1 + .8 record, agrees .5 - far + club + 1.5 u."""
    rng = np.random.default_rng(9)
    u = 1.5 * rng.normal(size=(len(rows.keys), 1))
    asked = -1.0 + 0.8 * rows.column("record") + shared * u
    agrees = 0.5 + (rows.column("club") - rows.column("far"))[:, None] + u
    p = 1 / (1 + np.exp(-asked)) / (1 + np.exp(-agrees))
    return rows._replace(came=(rng.random(p.shape) < p).astype(float))


@truth(
    "closed-form",
    source="truth known by construction",
    kills="a stage in the other's place; classes drawn apart",
)
def test_known_weights_of_both_stages_come_back():
    rows = drawn(synthetic(1500))
    got = stages.estimate(SMALL, rows, 2000)
    known = stages.natural(got)
    for name, value in (
        ("asks record", 0.8),
        ("agrees far", -1.0),
        ("agrees club", 1.0),
        ("asks demand", 0),
    ):
        assert abs(known[name][0] - value) < 4 * known[name][1] + 0.05, name
    assert np.mean(got.spread) == pytest.approx(1.5, rel=0.25)
    seen = rows.came.mean(axis=0)
    assert stages.chances(got, rows)[0].mean(axis=0) == pytest.approx(seen, abs=0.03)


@pytest.mark.parametrize(
    "plan", [stages.PLANS[stages.CHOSEN[0]], stages.NEW_PLANS[stages.CHOSEN[1]]]
)
@truth(
    "slow-twin",
    source="the formula of the estimates",
    kills="a backtest that scores another decision than the month loop's; a term in the wrong stage",
)
def test_the_compiled_law_is_what_is_scored(plan: stages.Plan):
    """Weights drawn at random: the law's step on the rows gives the estimates' chances to 1e-12."""
    rows, rng = synthetic(40), np.random.default_rng(2)
    rows.pair[3, PAIR.index("far")] = np.nan  # a covariate that is missing
    asks, agrees = stages.names(plan)
    scale = {name: (0.2, 1.7) for name in (*plan.asks, *plan.agrees)}
    fit = stages.Stages(
        plan, rng.normal(size=len(asks)), rng.normal(size=len(agrees)), (1.1, 1.1) if not plan.package else (0.0, 0.0), scale,
        np.zeros(len(asks) + len(agrees) + 2), 0.0, 40, 1, (0.3, 0.7),
    )  # fmt: skip
    for law, formula in zip(engine.judged(fit, rows), stages.chances(fit, rows), strict=True):
        assert law == pytest.approx(formula, abs=1e-12)


@truth(
    "invariant",
    source="what is stored is what was estimated",
    kills="a plan or a scale lost on the way",
)
def test_a_stored_decision_is_the_same():
    rows = drawn(synthetic(200))
    fit = stages.estimate(SMALL._replace(package=True), rows, 2000)
    whole = readiness.Judges(fit, fit, -0.3)
    again = readiness.restored(json.loads(json.dumps(readiness.kept(whole, 2000))))
    for a, b in zip(readiness.forecast(whole, rows), readiness.forecast(again, rows), strict=True):
        assert np.array_equal(a, b)


@truth(
    "closed-form",
    source="marshallolkin1967",
    kills="a share of another class that grows with the rate; chances that move with the package",
)
def test_packages():
    """All patterns of four classes add up to 1 and to each class's chance; f comes back from 40,000 pairs
    that were drawn; rare or not, another class of equal chance comes with f^2."""
    rng, n = np.random.default_rng(6), 40_000
    p = np.array([[0.02, 0.3, 0.5, 0.05]])
    patterns = np.array(np.meshgrid(*[[0.0, 1.0]] * 4)).reshape(4, -1).T
    whole = stages.together(np.repeat(p, 16, 0), patterns, 0.4)
    assert whole.sum() == pytest.approx(1.0) and whole @ patterns == pytest.approx(p[0])
    for rate in (0.1, 1e-4):
        two = np.full((1, 2), rate)
        both, one = (float(stages.together(two, np.array([[1.0, k]]), 0.4)[0]) for k in (1.0, 0.0))
        assert both / (both + one) == pytest.approx(0.16 + 0.84 * rate)
    p = rng.uniform(0.01, 0.3, (n, 4))
    common = rng.random((n, 4)) < 0.4
    came = np.where(common, rng.random((n, 1)), rng.random((n, 4))) < p
    who = rng.integers(0, 50, n)
    value, error = stages.of_package(p, came.astype(float), np.ones(n), who)
    assert abs(value - 0.4) < 4 * error and 0.002 < error < 0.03


@truth("closed-form", source="independent trials", kills="a level that lifts what is certain")
def test_a_lower_level_is_a_shorter_time():
    p = np.array([0.0, 0.3, 0.999])
    assert readiness.lowered(p, 0.0) == pytest.approx(p)
    assert readiness.lowered(p, np.log(2.0)) == pytest.approx(1 - (1 - p) ** 2)


@truth(
    "closed-form",
    source="the card: 2 e (1 - e) = .1",
    kills="codes taken for the truth; silence as supply",
)
def test_requests_and_answers():
    """200 made-up requests: measures double the log odds of a yes; the weight comes back, within the war."""
    assert 2 * requests.MISTAKEN * (1 - requests.MISTAKEN) == pytest.approx(0.1, abs=1e-3)
    rng, n = np.random.default_rng(3), 240
    under = rng.random(n) < 0.5
    war = rng.integers(0, 6, n)
    p = 1 / (1 + np.exp(-(-1.0 + 2.0 * under + (war == 2))))
    yes = np.where(rng.random(n) < 0.0528, rng.random(n) >= p, rng.random(n) < p)
    table = pd.DataFrame(
        {
            "war": war.astype(str), "recipient": "AAA", "candidate": rng.integers(0, 200, n).astype(str),
            "class": "armour", "asked": "yes", "answer": np.where(yes, "supplied_covertly", "no_answer"),
            "recipient_embargoed": "none", "candidate_under_measures": np.where(under, "UN", "none"),
            "candidate_ally_of_US": "no", "soviet_pattern_stock": "no",
        }
    )  # fmt: skip
    direct, leaked = requests.outcomes(table)
    assert direct.sum() == yes.sum() and leaked.sum() == 0
    value, error = requests.answers(table, direct).weights["measures"]
    assert abs(value - 2.0) < 2.5 * error + 0.3 and 0.2 < error < 0.8


@pytest.fixture(scope="module")
def real() -> Rows:
    world = load(shared_file(PANEL))
    keys = pd.DataFrame(
        [(750, 365, 2022), (710, 365, 2022), (731, 365, 2022), (365, 750, 2022), (645, 365, 1985)],
        columns=["s", "r", "year"],
    )
    return classes.gathered(world, keys.assign(panel=False, weight=1.0), shared_file(PANEL).parent)


@truth(
    "invariant",
    source="ties are directed",
    kills="Russia's sales to India as India's readiness to sell",
)
def test_what_a_state_buys_is_no_tie_of_its_own(real: Rows):
    india, russia = 0, 3
    for name in ("lag1", "freq5", "freq15", "fading", "tiv5", "run"):
        assert real.column(name)[india] == 0.0 and real.column(name)[russia] > 0.0, name
    assert real.column("new").tolist()[:4] == [1.0, 0.0, 1.0, 0.0]
    assert real.column("club").tolist()[:3] == [0.0, 1.0, 1.0]
    assert real.column("us_ally_embargoed").max() == 0.0
    assert 0.5 < real.column("pattern")[2] <= 1.0 + 1e-9
    assert real.column("class_ever")[1].max() == 1.0
