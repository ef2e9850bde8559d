"""Static tables for the laws: plain facts about actors and pairs, and the trade matrix.

A fact about actors needs every actor, or a row with actor "*" for those not named. A pair
without a row is 0. Values come in the internal system of units.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from kautilya.scenario import units
from kautilya.scenario.mistakes import Mistake, shown
from kautilya.scenario.scenario import EVERY, Scenario
from kautilya.scenario.schema import Covariate, Figure

NAME = "covariates.csv"
TRADE = ("trade", "trade_to_row", "trade_from_row")
NEEDED = ("trade", "gdp", "output_over_gdp", "least_own_share")  # of the equilibria of `welfare`
DERIVED = ("elasticity_nodes", "cutoff_loss", "patron_loss", "sanction_response")
# the set that each of them is over, beside all actors
OVER = {"cutoff_loss": "sanctioner", "patron_loss": "patron", "sanction_response": "buyer"}
SENDER = (
    "sender"  # set of those who join the first wave by class and month; a scenario may leave it out
)


def tables(scn: Scenario) -> tuple[dict[str, np.ndarray], list[Mistake]]:
    """Arrays [n] or [n, n] by name over the actors, and what is wrong with the rows."""
    groups: dict[str, list[tuple[int, Covariate]]] = {}
    for line, row in scn.lined(Covariate):
        groups.setdefault(row.name, []).append((line, row))
    out: dict[str, np.ndarray] = {}
    mistakes: list[Mistake] = []
    for name, rows in groups.items():
        pairs = {row.partner != "" for _, row in rows}
        if name in TRADE:
            mistakes.append(
                Mistake(
                    NAME,
                    rows[0][0],
                    "name",
                    f"{shown(name)} comes from trade.csv",
                    "Give the fact another name",
                )
            )
        elif len(pairs) > 1:
            line = next(
                line for line, row in rows if (row.partner != "") != (rows[0][1].partner != "")
            )
            mistakes.append(
                Mistake(
                    NAME,
                    line,
                    "partner",
                    f"{shown(name)} stands for actors and for pairs",
                    "Give partner in all rows of a name, or in none",
                )
            )
        else:
            out[name] = _table(scn, rows, pairs == {True}, mistakes)
    if scn.trade:
        out |= dict(zip(TRADE, _trade(scn), strict=True))
    return out, mistakes


def _table(
    scn: Scenario, rows: list[tuple[int, Covariate]], pairs: bool, mistakes: list[Mistake]
) -> np.ndarray:
    goods = tuple(scn.units.values())
    codes = scn.codes
    table = np.zeros((len(codes),) * 2) if pairs else np.full(len(codes), np.nan)
    specific = sorted(
        rows, key=lambda one: sum(s not in EVERY for s in (one[1].actor, one[1].partner))
    )
    try:
        base = units.internal(rows[0][1].unit, goods)
    except units.UnitMistake:
        return table  # rules.py says so
    for line, row in specific:
        try:
            value = row.value * units.factor(row.unit, base, goods)
        except units.UnitMistake as error:
            mistakes.append(Mistake(NAME, line, "unit", error.found, error.remedy))
            continue
        where = (
            np.ix_(_which(codes, row.actor), _which(codes, row.partner))
            if pairs
            else np.ix_(_which(codes, row.actor))
        )
        table[where] = value
    absent = [] if pairs else [c for c, v in zip(codes, table, strict=True) if np.isnan(v)]
    if absent:
        mistakes.append(
            Mistake(
                NAME,
                rows[-1][0],
                "actor",
                f"'{rows[0][1].name}' is missing for "
                f"{', '.join(absent[:5])}{' ...' if len(absent) > 5 else ''}",
                "Add a row for each, or one with actor * for all others",
            )
        )
    return table


def _which(codes: tuple[str, ...], label: str) -> list[int]:
    return [i for i, code in enumerate(codes) if label in EVERY or code == label]


def _trade(scn: Scenario) -> Iterable[np.ndarray]:
    """Trade [exporter, importer], exports to and imports from the rest of the world, USD_m."""
    place = {code: i for i, code in enumerate((*scn.codes, "ROW"))}
    n = len(scn.codes)
    full = np.zeros((n + 1, n + 1))
    for row in scn.trade:
        if row.exporter not in place or row.importer not in place:
            continue  # rules.py says so
        try:
            scale = units.factor(row.unit, "USD_m")
        except units.UnitMistake:
            continue  # rules.py says so
        full[place[row.exporter], place[row.importer]] = row.value * scale
    return full[:n, :n], full[:n, n], full[n, :n]


def figure_units(scn: Scenario) -> list[Mistake]:
    """Figures must stand in the unit of their good (or per time), shares as fractions."""
    out = []
    goods = scn.units
    for line, row in scn.lined(Figure):
        good = goods.get(row.good)
        if good is None:
            continue
        wanted = ["fraction"] if row.measure == "share" else [good, f"{good}/month"]
        wanted += ["round", "round/month"] if row.tag == "untagged" else []
        try:
            if any(_converts(row.unit, one, goods.values()) for one in wanted):
                continue
        except units.UnitMistake:
            continue  # rules.py says so
        out.append(
            Mistake(
                "figures.csv",
                line,
                "unit",
                f"unit {shown(row.unit)} does not convert to {wanted[0]}",
                f"Give it in {' or '.join(wanted)}; rounds without a "
                "kind are `round` with tag untagged",
            )
        )
    return out


def _converts(unit: str, wanted: str, goods: Iterable[str]) -> bool:
    try:
        units.factor(unit, wanted, goods)
    except units.UnitMistake as error:
        if "convert" in error.found:
            return False
        raise
    return True
