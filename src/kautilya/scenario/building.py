"""From a scenario to the world of the core: accounts, sets, months and static tables."""

from __future__ import annotations

from kautilya.core.world import OUTSIDE, LabelSet, Row, World
from kautilya.scenario.facts import tables
from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.welfare import welfare_tables


def world(scn: Scenario) -> World:
    """Accounts of actors (goods.csv order), then of the outside world for every good.

    World.tables: `covariates.csv` by name over actors [n] or pairs [n, n], in the internal
    system of units; from trade.csv `trade` [n, n] (exporter, importer), `trade_to_row` [n],
    `trade_from_row` [n], USD_m; from both the equilibria of `welfare`. Raises ScenarioErrors
    where the facts are incomplete or trade has no equilibrium.
    """
    found, mistakes = tables(scn)
    if mistakes:
        raise ScenarioErrors(scn.folder, mistakes)
    try:
        found |= welfare_tables(scn, found)
    except ValueError as error:
        raise ScenarioErrors(scn.folder, [Mistake(
            "trade.csv", 1, "value", str(error), "Give every actor a gdp above 0, and flows that "
            "leave each a buyer and a supplier")]) from error
    rows = [Row(*account) for account in scn.accounts]
    rows += [Row(place, good, "") for place in OUTSIDE for good in scn.units]
    sets = {name: LabelSet(axis, members) for name, (axis, members) in scn.sets.items()}
    return World(scn.months, sets, tuple(rows), found)
