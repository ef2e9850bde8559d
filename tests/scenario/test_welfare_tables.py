"""The tables of trade equilibria of a scenario, and the ceiling that they set."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import jax.numpy as jnp
import numpy as np
import pytest
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.mechanisms.formulas import sanction_worlds
from kautilya.mechanisms.formulas.chebyshev import weights
from kautilya.scenario import load
from kautilya.scenario.assemble import world
from kautilya.scenario.facts import tables
from kautilya.scenario.schema import Quantity
from kautilya.scenario.welfare import (
    ahead,
    before,
    flows,
    inside,
    on_pairs,
    removed,
    spells,
    under,
    welfare_tables,
)
from kautilya.trade import cutoff_welfare

SCN = load("russia_dprk_2024")
FOUND = tables(SCN)[0]


def read(name: str, theta: float) -> dict[str, float]:
    """A table at one elasticity, in percent, by actor."""
    made = world(SCN).tables
    at = np.asarray(weights(jnp.array([theta]), made["elasticity_nodes"]))[:, 0]
    return dict(zip(SCN.codes, 100 * (at @ made[name]), strict=True))


@truth("slow-twin", source="kautilya.trade.cutoff_welfare", kills="a market left out; a wrong row")
@pytest.mark.parametrize(
    ("name", "markets"), [("cutoff_loss", ("USA", "EUU", "GBR", "JPN")), ("patron_loss", ("CHN",))]
)
def test_the_flagship_table_is_the_equilibrium(name: str, markets: tuple[str, ...]):
    at = [SCN.codes.index(code) for code in markets]
    exact = 100 * np.asarray(cutoff_welfare(of_the_war(5.3), 5.3, at))
    assert list(read(name, 5.3).values()) == pytest.approx(exact[:-1], abs=1e-5)


def of_the_war(theta: float) -> np.ndarray:
    """Flows of 2021 under the first wave, by hand: what is left of each pair, in equilibrium.
    South Korea is in all classes but energy."""
    world, buyer = flows(FOUND), SCN.codes.index("RUS")
    left = np.ones_like(world)
    for code in SCN.sets["sender"].members:
        i = SCN.codes.index(code)
        waves = [w for w in sanction_worlds.FIRST if (code, w) != ("KOR", "energy")]
        cuts = sum(FOUND[f"removed_{name}"] for name in waves)
        left[i, buyer], left[buyer, i] = 1 - cuts[i, buyer], 1 - cuts[buyer, i]
    at = np.array([theta])
    return sanction_worlds.solve(sanction_worlds.balanced(world, at), left[None], at).flows[0]


@truth(
    "closed-form",
    source="card: 1 - the shares that measures remove",
    kills="measures counted twice",
)
def test_trade_of_the_year_before_is_moved_and_that_of_a_year_within_is_not():
    """Without measures all flows stay; half in force removes half of what they remove; rows without a
    year, or of the war, count as trade under the measures."""
    theta, n = np.array([5.0]), len(SCN.codes)
    base = sanction_worlds.balanced(flows(FOUND), theta)
    cuts = {k: np.pad(v, (0, 1)) for k, v in removed(SCN, FOUND).items()}
    assert under(base, theta, cuts, {}) == pytest.approx(base, rel=1e-9)
    pair = SCN.codes.index("EUU"), SCN.codes.index("RUS")
    half = under(base, theta, cuts, dict.fromkeys(sanction_worlds.FIRST, 0.5))[0]
    whole = under(base, theta, cuts, dict.fromkeys(sanction_worlds.FIRST, 1.0))[0]
    assert whole[pair] < half[pair] < base[0][pair] and whole[:n, n].sum() > 0
    assert before(SCN)
    for year in ("", "2023"):
        rows = tuple(row.model_copy(update={"year": year}) for row in SCN.trade)
        assert not before(replace(SCN, tables={**SCN.tables, "trade.csv": rows}))


def exact(force: np.ndarray, theta: float) -> np.ndarray:
    """Log exports of each actor over those without measures, senders in force as given [wave, sender]."""
    at = np.array([theta])
    base = sanction_worlds.balanced(flows(FOUND), at)
    cuts = {k: np.pad(v, (0, 1)) for k, v in removed(SCN, FOUND).items()}
    hit = under(base, at, cuts, on_pairs(SCN, force, len(base[0])))
    abroad = 1.0 - np.eye(len(base[0]))
    return np.log((hit * abroad).sum(-1) / (base * abroad).sum(-1))[0, :-1]


@truth(
    "slow-twin",
    source="kautilya.mechanisms.formulas.sanction_worlds.solve",
    kills="a sender in a class that it never joined; the shares of senders that do not add up; a "
    "response to joining that is another state's or class's",
)
def test_the_response_of_each_sender_is_the_equilibrium_of_who_is_in():
    """Exact where all who join are in, and where one more joins; nobody at all is no change. In
    between it is the log-linear mean: within .02 of the log in any month."""
    made, theta = world(SCN).tables, 5.0
    at = np.asarray(weights(jnp.array([theta]), made["elasticity_nodes"]))[:, 0]
    waves, senders = len(sanction_worlds.FIRST), SCN.sets["sender"].members
    table = np.einsum("pbn,b->pn", made["sanction_response"][: waves * len(senders), 1], at)
    table = table.reshape(waves, len(senders), -1)
    joined, left = spells(SCN)
    here = inside(SCN)
    assert here.sum() == waves * len(senders) - 1 and (left > len(SCN.months)).all()
    assert not here[sanction_worlds.FIRST.index("energy"), senders.index("KOR")]

    def linear(force: np.ndarray) -> np.ndarray:
        return (force[..., None] * table).sum(axis=(0, 1))

    assert linear(here) == pytest.approx(exact(here, theta), abs=2e-6)
    more = linear(np.ones_like(here))
    assert more == pytest.approx(exact(np.ones_like(here), theta), abs=2e-5)
    assert more[SCN.codes.index("KOR")] < linear(here)[SCN.codes.index("KOR")] - 1e-3
    for month in (1, 3, 6, 11, 16):
        force = np.clip((month - joined) / 3.0, 0.0, 1.0)
        assert np.abs(linear(force) - exact(force, theta)).max() < 0.02, month


@truth("required", source="scenario card", kills="a default of the set that differs from before")
def test_without_senders_those_who_ban_are_in_every_class():
    """Without the set all with `bans` are in the whole wave, and their sum is that of senders who
    are in from the first month."""
    bare = replace(SCN, sets={k: v for k, v in SCN.sets.items() if k != "sender"})
    table = welfare_tables(bare, FOUND)["sanction_response"]
    assert table.shape[0] == len(sanction_worlds.MEASURES)
    rows = [r for r in SCN.rows(Quantity) if r.parameter != "trade_state.joined"]
    one = next(r for r in SCN.rows(Quantity) if r.parameter == "trade_state.joined")
    every = one.model_copy(update={"actor": "*", "label": "*", "central": 0.0})
    banning = tuple(c for c, b in zip(SCN.codes, FOUND["bans"], strict=True) if b > 0)
    mine = replace(
        SCN,
        tables={**SCN.tables, "quantities.csv": (*rows, every)},
        sets={**SCN.sets, "sender": SCN.sets["sender"]._replace(members=banning)},
    )
    told = welfare_tables(mine, FOUND)["sanction_response"]
    summed = told[: 5 * len(banning)].reshape(5, len(banning), *told.shape[1:]).sum(axis=1)
    assert summed == pytest.approx(table[:5], abs=1e-9)
    assert told[5 * len(banning) :] == pytest.approx(table[5:], abs=1e-9)


@truth(
    "order",
    source="card of the tables",
    kills="a base that holds measures which came after its trade; a later as-of day that puts them there",
)
def test_trade_under_the_measures_holds_those_who_had_joined():
    """South Korea's other goods, April 2023: in a table of trade of 2023 as of 2024, not as of 2022; and not
    in one of trade of 2022, whenever it is read."""
    other, kor = sanction_worlds.FIRST.index("other"), SCN.sets["sender"].members.index("KOR")

    def of(year: str, day: date) -> np.ndarray:
        rows = tuple(row.model_copy(update={"year": year}) for row in SCN.trade)
        head = SCN.head.model_copy(update={"as_of": day})
        return inside(replace(SCN, head=head, tables={**SCN.tables, "trade.csv": rows}))

    late, early = date(2024, 8, 10), date(2022, 12, 31)
    asked = [of("2023", late), of("", late), of("2023", early), of("2022", late)]
    assert [one[other, kor] for one in (inside(SCN), *asked)] == [1.0, 1.0, 1.0, 0.0, 0.0]
    assert all(one.sum() == asked[0].sum() - 1 for one in asked[2:])


def rewritten(parameter: str, **columns: object) -> object:
    """The flagship with columns of one parameter's rows of `other` for South Korea, or of all, rewritten."""
    rows = tuple(
        q.model_copy(update=columns)
        if q.parameter == parameter
        and (q.actor, q.label) in (("KOR", "other"), ("*", "*"), ("", ""))
        else q
        for q in SCN.rows(Quantity)
    )
    return replace(SCN, tables={**SCN.tables, "quantities.csv": rows})


@truth(
    "closed-form",
    source="card of the law: from max(start, joined) until min(sunset, left); units as for any row",
    kills="a month in years read as one in months; a range read as its low end; a sender that is in "
    "before the measure starts, or after its sunset",
)
def test_the_tables_read_months_as_the_law_does():
    other, kor = sanction_worlds.FIRST.index("other"), SCN.sets["sender"].members.index("KOR")
    years = rewritten("trade_state.joined", central=10.0, unit="year")
    span = rewritten(
        "trade_state.joined", central=None, low=20.0, high=100.0, distribution="uniform"
    )
    lapsed = rewritten("trade_state.sunset", central=5.0)
    assert [spells(one)[0][other, kor] for one in (SCN, years, span)] == [14.0, 120.0, 60.0]
    assert (spells(lapsed)[1] == 5.0).all() and not inside(lapsed)[other, kor]
    begins = spells(SCN)[0]
    start = {q.label: q.central for q in SCN.rows(Quantity) if q.parameter == "trade_state.start"}
    assert (begins.min(axis=1) >= [start[name] for name in sanction_worlds.FIRST]).all()


@truth(
    "order",
    source="earlier/covariates.csv: round numbers, which add up to 1.02 for Ukraine's trade",
    kills="a day refused for shares of classes that nobody had joined on it; a class in which nobody is "
    "that takes a share of the wave",
)
def test_an_early_day_has_its_tables():
    """As of 5 March 2022 nobody is in energy and Ukraine in nothing: what is summed is the rest."""
    early = load("russia_dprk_2024", "2022-03-05")
    here = inside(early)
    assert not here[sanction_worlds.FIRST.index("energy")].any()
    assert not here[:, early.sets["sender"].members.index("UKR")].any()
    parts = world(early).tables["sanction_response"][: here.size]
    summed = (parts.reshape(*here.shape, *parts.shape[1:]) * here[..., None, None, None]).sum(
        (0, 1)
    )
    at, found = np.array([5.0]), tables(early)[0]
    base = sanction_worlds.balanced(flows(found), at)
    cuts = {k: np.pad(v, (0, 1)) for k, v in removed(early, found).items()}
    hit = under(base, at, cuts, on_pairs(early, here, len(base[0])))
    abroad = 1.0 - np.eye(len(base[0]))
    exact = np.log((hit * abroad).sum(-1) / (base * abroad).sum(-1))[0, :-1]
    near = np.asarray(weights(jnp.array([5.0]), world(early).tables["elasticity_nodes"]))[:, 0]
    assert near @ summed[1] == pytest.approx(exact, abs=2e-6)


@truth(
    "order",
    source="card of the tables: by state",
    kills="one row of a later year that turns the trade of all into trade under the measures",
)
def test_a_row_of_a_later_year_moves_its_own_state_alone():
    """South Korea's rows of 2023, all others of 2021: its flows stay as they are, others' fall."""
    rows = tuple(
        row.model_copy(update={"year": "2023"})
        if {row.exporter, row.importer} == {"RUS", "KOR"}
        else row
        for row in SCN.trade
    )
    mixed = replace(SCN, tables={**SCN.tables, "trade.csv": rows})
    members = SCN.sets["sender"].members
    assert ahead(mixed).tolist() == [code != "KOR" for code in members] and not before(mixed)
    assert ahead(SCN).all() and inside(mixed).tolist() == inside(SCN).tolist()
    held, whole = (welfare_tables(one, FOUND)["cutoff_loss"] for one in (mixed, SCN))
    assert np.abs(held / np.where(whole > 0, whole, 1.0) - (whole > 0)).max() < 0.1


@truth("order", source="trade.csv", kills="a ceiling that is the same for all")
def test_those_without_western_trade_have_nothing_to_lose_there():
    """North Korea sells nothing to the sanctioning markets; China and India do. Its own patron can
    hurt it: the leverage is not zero, but recorded trade makes it small."""
    ceiling, patron = read("cutoff_loss", 5.0), read("patron_loss", 5.0)
    assert ceiling["PRK"] == pytest.approx(0.0, abs=0.01)
    assert min(ceiling["CHN"], ceiling["IND"]) > 0.5
    assert patron["PRK"] > 0.3 and patron["CHN"] == 0.0


@truth("order", source="arkolakis2012", kills="an elasticity that works the wrong way round")
def test_losses_fall_with_the_elasticity():
    ladder = [read("cutoff_loss", theta)["CHN"] for theta in (3.0, 4.0, 5.0, 6.5, 8.0)]
    assert ladder == sorted(ladder, reverse=True)


@truth("invariant", source="card", kills="own sales below what the scenario says")
def test_own_sales_have_their_floor():
    own = np.diag(flows(FOUND))[:-1]
    assert (own >= 0.2 * FOUND["gdp"] - 1e-6).all()


@truth("invariant", source="card", kills="a scenario that must have trade")
def test_without_the_facts_there_is_no_table():
    assert welfare_tables(SCN, {k: v for k, v in FOUND.items() if k != "trade"}) == {}


@truth("invariant", source="house rules", kills="a logarithm of nothing")
def test_a_state_without_output_is_refused():
    with pytest.raises(ValueError, match="no output of its own"):
        welfare_tables(SCN, {**FOUND, "gdp": FOUND["gdp"] * 0.0})
