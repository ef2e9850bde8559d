"""Trade after the measures: the equilibrium from the year before the war beside what was reported.

The trade of 2021 (trade.csv of the flagship) is moved by the measures alone, at their central figures and
the central elasticity: change = equilibrium over no measures, for the mean of a year. A target is what
reporters say of a pair in 2022 or 2023 (trade_after.csv, made by tools/build_trade.py): it is met where 2021
times the change lies inside their range, 10 % wider on both ends. Nothing is fitted on it; neither growth nor
prices of the years after are in the equilibrium, so what they moved is missed, and said to be.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from kautilya import disk
from kautilya.mechanisms.formulas import sanction_worlds
from kautilya.scenario import load
from kautilya.scenario.calendar import month_number, month_text
from kautilya.scenario.distributions import middle
from kautilya.scenario.facts import SENDER, tables
from kautilya.scenario.scenario import EVERY, Scenario
from kautilya.scenario.schema import Quantity
from kautilya.scenario.welfare import before, flows, on_pairs, removed, spells, under, who

FLAGSHIP, TABLE, SLACK, ALL = "russia_dprk_2024", "trade_after.csv", 0.1, "WLD"
YEARS = (2022, 2023)


def targets() -> pd.DataFrame:
    """Least and most that a reporter says, US$ m: exporter, importer, year, low, high, reporters, sources."""
    table = Path(__file__).with_name(TABLE)
    return disk.of_csv(table, comment="#", keep_default_na=False)


def central(scn: Scenario, parameter: str, label: str = "") -> float:
    """The central figure of a parameter of one measure, or of all."""
    rows = [q for q in scn.rows(Quantity) if q.parameter == parameter]
    found = {"" if q.label in EVERY else q.label: middle(q) for q in rows}
    return found.get(label, found.get("", float("nan")))


def force(scn: Scenario, year: int, size: int) -> dict[str, float | np.ndarray]:
    """How far each measure is in force in the mean of a year, as law `trade_state` has it: everywhere
    or, of the first wave of senders, by flow [size, size]."""
    first = month_number(scn.head.start)
    at = np.array([month_number(f"{year}-{m:02d}") - first for m in range(1, 13)])
    out: dict[str, float | np.ndarray] = {}
    for name in sanction_worlds.MEASURES:
        spell = (
            np.array([central(scn, of, name)])
            for of in (sanction_worlds.START, sanction_worlds.SUNSET)
        )
        out[name] = float(_mean(scn, name, at, *spell)[0])
    if SENDER in scn.sets:
        each = zip(sanction_worlds.FIRST, *spells(scn), strict=True)
        by = [_mean(scn, name, at, begins, ends) for name, begins, ends in each]
        out |= on_pairs(scn, np.array(by), size)
    return out


def _mean(
    scn: Scenario, name: str, at: np.ndarray, begins: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Mean force over months `at` of a measure of senders that are in from `begins` until `ends`, and
    whose measures fade then."""
    months = np.arange(max(at[-1] + 1, 0))[:, None]
    ramp = max(central(scn, sanction_worlds.RAMP, name), 1e-9)
    aim = np.clip((months - begins) / ramp, 0.0, 1.0)
    aim = central(scn, sanction_worlds.LEVEL, name) * np.where(months < ends, aim, 0.0)
    fading = months / max(central(scn, sanction_worlds.AFTERLIFE), 1e-9)
    whole = np.maximum.accumulate(aim + fading) - fading
    return np.where(at >= 0, whole[np.maximum(at, 0)].T, 0.0).mean(axis=1)


def found(scn: Scenario, year: int) -> pd.DataFrame:
    """Trade of the base year and as the measures of `year` leave it, US$ m: exporter, importer, base,
    after; with rows and columns ``WLD`` for all partners.

    Raises ValueError where the trade of the scenario already holds the measures.
    """
    if not before(scn):
        raise ValueError("trade.csv is of a year under the measures")
    facts = tables(scn)[0]
    world, theta = flows(facts), np.array([central(scn, sanction_worlds.ELASTICITY)])
    size, n = len(world), len(scn.codes)
    cuts = {k: np.pad(cut, (0, size - n)) for k, cut in removed(scn, facts).items()}
    base = sanction_worlds.balanced(world, theta)
    change = under(base, theta, cuts, force(scn, year, size))[0] / np.where(
        base[0] > 0, base[0], 1.0
    )
    names = pd.Index([*scn.codes, "ROW"][:size])
    both = {}
    for what, values in (("base", world), ("after", world * change)):
        off = pd.DataFrame(values * (1.0 - np.eye(size)), names, names)
        off.loc[ALL] = off.sum()
        off[ALL] = off.sum(axis=1)
        both[what] = off.stack()
    return pd.DataFrame(both).rename_axis(["exporter", "importer"]).reset_index()


def compared(scn: Scenario | None = None) -> pd.DataFrame:
    """The targets with the base year, the equilibrium and whether it meets them."""
    scn = scn or load(FLAGSHIP)
    made = pd.concat([found(scn, year).assign(year=year) for year in YEARS])
    out = targets().merge(made, on=["exporter", "importer", "year"], how="inner")
    low, high = out["low"] * (1 - SLACK), out["high"] * (1 + SLACK)
    return out.assign(met=(out["after"] >= low) & (out["after"] <= high))


# to whom the exports go that an outcome of law `trade_state` tells of
TELLS = {"exports_change": ALL, "exports_to_buyer": "RUS"}


def unmet(scn: Scenario | None = None) -> dict[str, list[str]]:
    """Economies for which an outcome of trade has no target of the last year, or does not meet it."""
    scn = scn or load(FLAGSHIP)
    frame = compared(scn)
    last = frame[frame["year"] == max(YEARS)].set_index(["exporter", "importer"])["met"]
    out = {}
    for outcome, to in TELLS.items():
        told = [code for code in scn.sets["economy"].members if code != to]
        out[outcome] = [code for code in told if not bool(last.get((code, to), False))]
    return out


def said(frame: pd.DataFrame, scn: Scenario) -> list[str]:
    """Rows of the table, the met first."""
    name = {a.code: a.name for a in scn.actors} | {ALL: "all partners"}
    rows = []
    for one in frame.sort_values(["met", "high"], ascending=[False, False]).itertuples():
        asked = plain(one.low) if one.low == one.high else f"{plain(one.low)} to {plain(one.high)}"
        rows.append(
            f"| {name[one.exporter]} to {name[one.importer]} | {one.year} | {plain(one.base)} | "
            f"{plain(one.after)} | {asked} | {one.reporters} | {'met' if one.met else 'not met'} |"
        )
    return rows


def plain(value: float) -> str:
    """US$ m as bn with two digits that count."""
    return f"{float(f'{value / 1e3:.3g}'):g}"


def club(scn: Scenario) -> list[str]:
    """Who is in the first wave of measures from when, by class, as a table with its sources."""
    name = {a.code: a.name for a in scn.actors}
    waves, first = sanction_worlds.FIRST, month_number(scn.head.start)
    rows, notes = [], []
    for code, months in zip(who(scn), spells(scn)[0].T, strict=True):
        said = [month_text(first + int(m)) if m < len(scn.months) else "never" for m in months]
        rows.append(f"| {name[code]} | {' | '.join(said)} |")
        for wave in waves:
            q = next(
                q
                for q in scn.rows(Quantity)
                if (q.parameter, q.label, q.actor) == (sanction_worlds.JOINED, wave, code)
            )
            notes.append(
                f"- {name[code]}, {sanction_worlds.WORDS[wave]}: {q.note.split('; ', 1)[1]} ({q.source}, {q.grade})"
            )
    return [
        f"| | {' | '.join(sanction_worlds.WORDS[wave] for wave in waves)} |",
        f"| --- {'| --- ' * len(waves)}|",
        *rows,
        "",
        *notes,
    ]


def page() -> str:
    """docs/trade.md."""
    scn = load(FLAGSHIP)
    frame = compared(scn)
    own = frame[frame["exporter"].eq("RUS") | frame["importer"].eq("RUS")]
    basis = pd.Series([row.status for row in scn.trade]).value_counts()
    value = sum(row.value for row in scn.trade)
    guessed = sum(r.value for r in scn.trade if r.source == "trade_fit2021") / value
    lines = [
        "<!-- made by tools/build_trade.py; run it anew, do not edit -->",
        "# Trade after the measures",
        "",
        "The flagship's trade is that of 2021, the year before the war, cell by cell with its basis in `trade.csv`: "
        f"{basis.get('reported', 0)} of {len(scn.trade)} rows reported, {basis.get('computed', 0)} computed, "
        f"{basis.get('assumed', 0)} recalled or estimated; estimated cells hold {100 * guessed:.0f} % of the value. "
        "North Korea's rows are of 2023, as its borders were shut in 2021. One sector: partners by sector exist for "
        "2020 only. The law of trade moves it by the measures alone, at central figures; their shares removed and the "
        "elasticity are declared ranges, and nothing is fitted on what follows.",
        "",
        "A target is what reporters say of a pair in 2022 or 2023 (`trade_after.csv`; where one reports twice, what was read "
        "goes before what is computed or recalled, then the later vintage). It is met where the equilibrium lies inside their range, "
        f"10 % wider on both ends. **{int(own['met'].sum())} of {len(own)} targets of Russia's trade are met.** What is not met is "
        "not shown by the report: the equilibrium holds neither the prices of energy of 2022 nor the growth of trade, and "
        "goods that go round through third states are in the law of evasion, not here.",
        "",
        "| trade | year | 2021, US$ bn | equilibrium | reported | reporters | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *said(own, scn),
        "",
        "## Who is in, by class and month",
        "",
        "The first month of each state's own measures, coded by its acts and what was published of them, before any "
        "equilibrium with them was seen; two (finance of Japan and South Korea) were mended by their sources afterwards, which "
        "met no other target (`trade_state.joined`, a figure a state and class with its source, in months from the first of the "
        "run; 1200 is never). `kautilya run russia_dprk_2024 --set 'trade_state.joined[energy,KOR]=2024-09'` lets South Korea join; `never` keeps one out. As a lever, on the "
        "same luck as the scenario as it stands: `kautilya compare sanctions_only --levers wider_club`. The month says when, the shares removed say how much: they are one for all states but where a row for a "
        "pair says otherwise.",
        "",
        *club(scn),
    ]
    return "\n".join(lines) + "\n"
