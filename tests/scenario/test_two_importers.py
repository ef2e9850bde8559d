"""Two sides that both buy and are both aided: each has its own deliveries, payments and answers."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth
from support.importers import SIDES, swapped, two_importers

from kautilya import scenario as scenarios
from kautilya.runs.ensemble import run
from kautilya.scenario.assemble import assemble
from kautilya.scenario.mistakes import ScenarioErrors

FUTURES = 256


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return two_importers("importers", tmp_path_factory.mktemp("importers"))


@pytest.fixture(scope="module")
def data(made):
    return run(str(made), FUTURES, 1).data.load()


@truth("invariant", source="sets of the scenario", kills="a second buyer that gets nothing")
def test_each_side_is_served(data):
    """Both sides get goods from both suppliers and pay for them, and both are aided."""
    for outcome in ("delivered", "paid", "given_aid"):
        assert (
            data[outcome].sum([d for d in data[outcome].dims if d not in ("buyer", "recipient")])
            > 0
        ).all(), outcome
    assert data["delivered"].dims == ("future", "year", "buyer", "supplier", "offer")
    assert data["paid"].sizes["buyer"] == 2 and data["paid"].sizes["supplier"] == 2
    assert (data["delivered"].sum(["future", "year", "offer"]) > 0).all()


@truth("invariant", source="law spare", kills="a store that is sold twice")
def test_no_supplier_sells_its_store_twice(made):
    """What both sides get in a month is at most what the supplier could spare."""
    data = run(str(made), 64, 1, case=_all()).data.load()
    sent = data["var_shipped"].sum("buyer")
    assert (sent <= data["var_spare"] * (1 + 1e-6) + 1e-3).all()


@truth("closed-form", source="law aid", kills="shares of donors that are not each side's own")
def test_aid_is_committed_times_pace(made):
    """Without a gap of politics a side gets what is committed to it, whoever the donors are."""
    data = run(str(made), 64, 1, case=_all("aid_pace.opens=0")).data.load()
    pace = data["var_aid_pace"].sum("donor")
    assert data["var_aid_pace"].dims == ("future", "month", "recipient", "donor")
    assert np.allclose(pace.where(pace > 0, 1.0), 1.0)
    first = data["var_aid_pace"].isel(month=-1, future=0)
    assert np.allclose(first.sel(recipient="AAA"), (0.75, 0.25), atol=1e-6)
    assert np.allclose(first.sel(recipient="AAB"), (0.1, 0.9), atol=1e-6)


def _all(*sets):
    from kautilya.runs.ensemble import Case

    return Case(keep="all", sets=tuple(sets))


@truth("symmetry", source="names are labels", kills="an answer that follows the order of a set")
def test_swapped_names_swap_the_answers(made, data, tmp_path):
    """With the names of the sides exchanged in every file, each role keeps its answer."""
    other = run(str(swapped(made, tmp_path / "importers")), FUTURES, 1).data.load()
    for outcome, dim in (
        ("delivered", "buyer"),
        ("paid", "buyer"),
        ("supply_chance", "buyer"),
        ("given_aid", "recipient"),
    ):
        for one, two in (SIDES, SIDES[::-1]):
            here = data[outcome].sel({dim: one}).sum("year")
            there = other[outcome].sel({dim: two}).sum("year")
            error = 4 * np.sqrt((here.var("future") + there.var("future")) / FUTURES)
            assert (abs(here.mean("future") - there.mean("future")) <= error + 1e-9).all(), (
                outcome,
                one,
            )


@truth("order", source="order of a set", kills="a result that depends on who is named first")
def test_the_order_of_the_sides_does_not_matter(made, data, tmp_path):
    """Buyers, recipients and donors named in the other order: the same numbers for each."""
    folder = tmp_path / "importers"
    folder.mkdir()
    for path in made.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == "scenario.toml":
            text = text.replace('members = ["AAA", "AAB"]', 'members = ["AAB", "AAA"]')
            text = text.replace('["AAE", "AAF"]', '["AAF", "AAE"]')
        (folder / path.name).write_text(text, encoding="utf-8")
    other = run(str(folder), FUTURES, 1).data.load()
    for outcome in ("delivered", "paid", "given_aid"):
        assert np.allclose(data[outcome], other[outcome].reindex_like(data[outcome]), rtol=1e-5)


@truth("invariant", source="contract of a law", kills="a second member that is left out in silence")
@pytest.mark.parametrize("law", ["evasion", "council", "pay", "erosion", "trade_state"])
def test_a_law_that_serves_one_says_so(law):
    """Laws that take the only member of a set declare it."""
    from kautilya.mechanisms import registry

    assert registry()[law].single


@truth("invariant", source="contract of a law", kills="a check that lets two members through")
def test_two_members_where_a_law_serves_one_are_refused(made, tmp_path):
    """The mistake names the set, the law and the remedy."""
    folder = tmp_path / "importers"
    folder.mkdir()
    for path in made.iterdir():
        text = path.read_text(encoding="utf-8")
        if path.name == "scenario.toml":
            text = text.replace('"treasury",', '"treasury", "evasion",')
        (folder / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors, match="law 'evasion' serves one only"):
        assemble(scenarios.load(folder))


@truth("invariant", source="names of an array's axes", kills="a traceback of the store of results")
@pytest.mark.parametrize("name", ["aided", "future", "year"])
def test_an_outcome_is_not_named_like_an_axis(made, tmp_path, name):
    """An outcome that has the name of a set in its dims, or of an axis of every run, is refused."""
    folder = tmp_path / "importers"
    folder.mkdir()
    for path in made.iterdir():
        text = path.read_text(encoding="utf-8").replace('id = "given_aid"', f'id = "{name}"')
        (folder / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioErrors, match="is also the name of an axis"):
        assemble(scenarios.load(folder))


@truth("symmetry", source="names are labels", kills="a brief that tells of one of two buyers")
def test_a_brief_tells_of_each_buyer(made):
    from types import SimpleNamespace

    from kautilya.report.memo import bottom, outlook

    ran = run(str(made), 64, 1)
    found = SimpleNamespace(run=ran, scenario=scenarios.load(made), given=None)
    view = outlook(found)
    said = " ".join(one.text for one in bottom(found, view))
    names = [view.about.name(code) for code in SIDES]
    assert all(name in said.partition("Who runs short")[0] for name in names), said
    supplied = [one.code for one in view.held if one.outcome == "delivered"]
    assert supplied == list(SIDES)
