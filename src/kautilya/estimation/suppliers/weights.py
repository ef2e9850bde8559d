r"""From the register and the requests to the scenario: rows that rest on the study of suppliers.

Three readings of the same weight: *all ties* and *new ties* (the register to 2021 without the recipient that
the scenario is about, by the two fits of the decision) and *requests* (answers known by the scenario's day
without that recipient).

    low, high    the widest of the 90 % intervals of the readings
    central      the mean of the readings
    declared     either neighbour of these on a grid of 0.05: two readings settle no more digits

The register's log odds of being asked stand by state and class: exports of the class (0: none), capacity,
pattern and distance (0: the mean of the scenario's states), past deliveries (0: none in 25 years).
Being asked is what a register cannot see: the weight of its log odds in asking, and the level (low), come from a
logit of requests by states without a tie, over all states that export arms, in the sides and classes that the
table covers. The table knows few of the requests that were made, so the level reaches up to nine in ten of the
states (high, assumed). Classes that no register
holds (shells, rockets, troops, dual-use goods) take the covariates of the nearest and the level of the
requests. Leakage has weights of its own: they are those of dual-use goods.

Ranks: low and high over every specification tried that can tell apart states without a tie (one of
past ties alone cannot), central under ``new``; years to 2005, as the backtest ranks. Not taken from any data: the
weight on sanctions; what the panel says of it is kept beside the rows as context.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya.estimation.suppliers import engine, readiness, requests, stages
from kautilya.estimation.suppliers.classes import CLASS, CLASSES, PAIR, Rows, gathered, rows_of
from kautilya.estimation.suppliers.exposure import Z90, exposure_effect
from kautilya.estimation.suppliers.holdout import CASES, DECISION, RUSSIA, ranks
from kautilya.estimation.suppliers.logit import fit as fit_logit
from kautilya.estimation.suppliers.logit import natural
from kautilya.estimation.suppliers.panel import World
from kautilya.estimation.suppliers.specs import SPECS, TERMS

if TYPE_CHECKING:
    from kautilya.scenario.scenario import Scenario

Array = NDArray[np.float64]
SOURCE = "panel_study"
UNTIL, YEAR, BUYER = 2021, 2022, "RUS"
OFFERS = {  # class of the scenario: class of the register, class of the requests
    "tank": ("armour", "armour"),
    "gun": ("artillery", "artillery"),
    "mlrs": ("artillery", "artillery"),
    "tube_round": ("artillery", "ammunition_tube"),
    "rocket_round": ("artillery", "ammunition_rocket"),
    "missile": ("ssm", "missiles"),
    "drone": ("uav", "uav"),
    "person": ("", "troops"),
    "component": ("", "dual_use"),
}
TO_CLASS = {
    "armour": "armour",
    "artillery": "artillery",
    "ammunition_tube": "artillery",
    "ammunition_rocket": "artillery",
    "missiles": "ssm",
    "uav": "uav",
    "air_defence": "air_defence",
    "aircraft": "aircraft",
}
LEAKED = "component"
READ_TOO = {  # factors that the requests read as well: their terms, added up
    "us_ally": ("us_ally", "us_ally_embargoed"),
    "measures": ("measures",),
    "club": ("club",),
}
RANKS = {
    630: "panel_rank IRN",
    731: "panel_rank PRK",
    750: "panel_rank IND",
    732: "panel_rank KOR",
    710: "panel_rank CHN",
    370: "panel_rank BLR",
}
CENTRAL_RANK = "new"
SANCTIONS = "choice-on-sanctions"
ALL, NEW = "all ties", "new ties"
OWN_CLASSES = "the scenario's classes"
MOST = 0.9  # share of the states that are asked at the high end; assumed
MIDDLING = 10.0  # million TIV of a first year, for what it adds
STEP = 0.05  # grid on which weights are declared
WHOLE = 0.5  # declared ranks lie nearer than this: they are the same
COLUMNS = ["row", "reading", "low", "central", "high", "events"]
COMPARED = [
    "row",
    "low",
    "central",
    "high",
    "declared_low",
    "declared_central",
    "declared_high",
    "agrees",
]


class Told(NamedTuple):
    """What rows are made of: both fits, the scenario's candidates and their codes, the answers, the
    logit of requests on the register's log odds (constant, weight, error of the weight), and the fit
    of new ties with the package of the scenario's own classes."""

    fits: dict[str, stages.Stages]
    rows: Rows
    states: tuple[str, ...]
    answers: dict[str, requests.Answers]
    asking: tuple[float, float, float]
    narrow: stages.Stages


def _row(name: str, reading: str, value: float, error: float, events: int) -> tuple[Any, ...]:
    return (name, reading, value - Z90 * error, value, value + Z90 * error, events)


def _class(array: Array, offer: str) -> Array:
    """Of an array [..., CLASSES], the class of an offer; the mean where no register holds it."""
    name = OFFERS[offer][0]
    return array[..., CLASSES.index(name)] if name else array.mean(axis=-1)


def _hyphen(*words: str) -> str:
    return "-".join(("choice", *words)).lower().replace("_", "-")


def untied(rows: Rows) -> Rows:
    """The same states as if none had ever exported a class or delivered to the buyer."""
    out = rows._replace(pair=rows.pair.copy(), by_class=rows.by_class.copy())
    for name in stages.PAST:
        out.pair[:, PAIR.index(name)] = float(name == "new")
    for name in ("record", *stages.OWN):
        out.by_class[:, :, CLASS.index(name)] = 0.0
    return out


def parts(told: Told) -> dict[str, Array]:
    """Log odds of being asked [state, CLASSES]: record, customer, reach, the level [CLASSES] of the
    states without a tie; and dealings [state]. Each state by the fit that judges it."""
    new = told.rows.column("new") > 0
    blank = untied(told.rows)
    out: dict[str, Array] = {}
    for name, fit in told.fits.items():
        seen, none = engine.asking(fit, told.rows), engine.asking(fit, blank)
        mine = {k: seen[k] - none[k] for k in ("record", "customer")}
        mine["rest"] = sum(seen.values()) - mine["record"] - mine["customer"]
        of = [engine.agreeing(fit, rows)["dealings"] for rows in (told.rows, blank)]
        mine["dealings"] = of[0] - of[1]
        pick = new if name == NEW else ~new
        for key, value in mine.items():
            out.setdefault(key, np.zeros_like(value))[pick] = value[pick]
    out["level"] = out["rest"][new].mean(axis=0)
    out["reach"] = (out.pop("rest") - out["level"]).mean(axis=1)
    return out


def named(told: Told) -> pd.DataFrame:
    """Rows COLUMNS of what each state brings: record, customer, reach and dealings."""
    made, out = parts(told), []
    for n, state in enumerate(told.states):
        out.append((_hyphen("reach", state), made["reach"][n]))
        if abs(made["dealings"][n]) >= STEP / 2:
            out.append((_hyphen("dealings", state), made["dealings"][n]))
        for offer in OFFERS:
            for name in ("record", "customer"):
                value = float(_class(made[name][n], offer))
                if abs(value) >= STEP / 2:
                    out.append((_hyphen(name, state, offer), value))
    return pd.DataFrame(
        [(row, NEW, np.nan, x, np.nan, told.fits[NEW].events) for row, x in out], columns=COLUMNS
    )


def levels(told: Told) -> pd.DataFrame:
    """Rows COLUMNS: levels of being asked and of agreeing by class."""
    asked, out = parts(told)["level"], []
    blank = untied(told.rows)
    for offer, (_, kind) in OFFERS.items():
        level, weight, _ = told.asking
        low, high = level + weight * float(_class(asked, offer)), float(np.log(MOST / (1.0 - MOST)))
        cells = (low, (low + high) / 2.0, high)
        out.append((_hyphen("ask-base", offer), "requests", *cells, told.answers["direct"].rows))
        found = told.answers["leaked" if offer == LEAKED else "direct"]
        (value, error), (more, _) = found.weights["level"], found.weights["embargoed"]
        value += more + found.classes.get(kind, 0.0)
        out.append(_row(_hyphen("base", offer), "requests", value, error, found.rows))
        for name, fit in told.fits.items():
            if offer != LEAKED:
                second = engine.agreeing(fit, blank)
                base = float(_class(second["base"], offer) + second["dealings"].mean())
                error = fit.errors[len(fit.alpha)]
                out.append(_row(_hyphen("base", offer), name, base, error, fit.events))
    return pd.DataFrame(out, columns=COLUMNS)


def first_delivery(fit: stages.Stages) -> tuple[float, float]:
    """What a first year of deliveries adds: to being asked for the class, and to agreeing to any."""
    tie = {"lag1": 1.0, "freq5": 0.2, "freq15": 1 / 15, "fading": 1.0, "tiv5": np.log1p(MIDDLING)}
    tie |= {"run": np.log(2.0), "ever": 1.0, "new": -1.0}
    own = {
        "class_lag1": 1.0,
        "class_freq5": 0.2,
        "class_fading": 1.0,
        "class_ever": 1.0,
        "new": -1.0,
    }
    known = stages.natural(fit)

    def added(stage: str, change: dict[str, float]) -> float:
        kept = [name for name in change if f"{stage} {name}" in known]
        return float(sum(known[f"{stage} {name}"][0] * change[name] for name in kept))

    return added("asks", own), added("agrees", tie)


def weights(told: Told) -> pd.DataFrame:
    """Rows COLUMNS: weights of agreeing per natural unit, by reading."""
    out = []
    for row, value in zip(("on-again", "on-tie"), first_delivery(told.fits[ALL]), strict=True):
        out.append(_row(_hyphen(row), ALL, value, 0.15 * value, told.fits[ALL].events))
    _, weight, error = told.asking
    out.append(_row(_hyphen("on-traits"), "requests", weight, error, told.answers["direct"].rows))
    for factor, (term, sign) in engine.POLITICS.items():
        name = _hyphen("on-politics", factor)
        for reading, fit in told.fits.items():
            value, error = stages.natural(fit)[f"agrees {term}"]
            out.append(_row(name, reading, sign * value, error, fit.events))
        for which, suffix in (("direct", ""), ("leaked", f"-{LEAKED}")):
            if factor in READ_TOO:
                got = [told.answers[which].weights[t] for t in READ_TOO[factor]]
                value, error = sum(v for v, _ in got), float(np.hypot.reduce([e for _, e in got]))
                out.append(
                    _row(name + suffix, "requests", value, error, told.answers[which].events)
                )
    return pd.DataFrame(out, columns=COLUMNS)


def common(told: Told) -> pd.DataFrame:
    """Rows COLUMNS of what a pair's classes have in common: without a tie the chance that a class is part of a
    package, from all classes of the register and from the scenario's own; with one a normal effect, by state."""
    fresh, out = told.rows.column("new") > 0, []
    for reading, fit in ((NEW, told.fits[NEW]), (f"{NEW}, {OWN_CLASSES}", told.narrow)):
        value, error = fit.package[1], fit.package_errors[1]
        low, high = max(value - Z90 * error, 0.0), value + Z90 * error
        out.append((_hyphen("package"), reading, low, value, high, fit.events))
    fit = told.fits[ALL]
    value, error = fit.spread[0], fit.spread[0] * fit.errors[-2]
    for state in (s for s, new in zip(told.states, fresh, strict=True) if not new):
        out.append(_row(_hyphen("spread", state), ALL, value, error, fit.events))
    return pd.DataFrame(out, columns=COLUMNS)


def narrowed(fit: stages.Stages, rows: Rows) -> stages.Stages:
    """The fit of new ties with the package of the scenario's own classes; rows: those of the study."""
    own = tuple(dict.fromkeys(one for one, _ in OFFERS.values() if one))
    past = rows.take((rows.keys["year"].to_numpy() <= UNTIL) & (rows.column("new") > 0))
    return stages.packed(fit, past, stages.weighed(fit.plan, past, UNTIL), own)


def asking(fit: stages.Stages, rows: Rows, table: pd.DataFrame) -> tuple[float, float, float]:
    """Logit of who is asked on the register's log odds: constant, weight and its error.

    rows   candidates (s) of each side (r, year); those with a tie in 15 years are left out, as are
    classes in which the table has no request of a side
    """
    known = table.assign(kind=table["class"].map(TO_CLASS)).dropna(subset=["kind", "s", "r"])
    cells = set(zip(known["r"].astype(int), known["kind"], known["s"].astype(int), strict=True))
    covered = {(r, kind) for r, kind, _ in cells}
    lean = stages.leanings(fit, rows)[0]
    pairs = rows.keys[["s", "r"]].astype(int).to_numpy()
    new = rows.column("new") > 0
    picked = [
        (lean[n, k], (r, kind, s) in cells)
        for n, (s, r) in enumerate(pairs)
        for k, kind in enumerate(CLASSES)
        if new[n] and (r, kind) in covered
    ]
    x, y = (np.array(column, dtype=float) for column in zip(*picked, strict=True))
    found = fit_logit(x[:, None], y, np.arange(len(y)).astype(float), ("lean",), 0.0)
    beta, error = natural(found)
    return float(beta[0]), float(beta[1]), float(error[1])


def sides(world: World, table: pd.DataFrame, folder: Path) -> Rows:
    """All states that export arms as candidates of each side of the table, in its first year."""
    first = table.dropna(subset=["r"]).groupby("r")["year"].min()
    heads = np.array(sorted(set(world.panel["s"])))
    keys = pd.concat(
        pd.DataFrame({"s": heads, "r": int(r), "year": min(int(t), 2024)}) for r, t in first.items()
    )
    keys = keys[keys["s"] != keys["r"]].assign(panel=False, weight=1.0)
    keys = keys[keys["r"].isin(world.place) & keys["s"].isin(world.place)]
    rows = gathered(world, keys.reset_index(drop=True), folder)
    return rows.take(rows.column("capacity") > 0)


def offsets(fit: stages.Stages, world: World, table: pd.DataFrame, folder: Path) -> Array:
    """What the register gives each request [n] for terms that the table does not settle."""
    whole = table["s"].isin(world.place) & table["r"].isin(world.place)
    keys = table.loc[whole, ["s", "r", "year"]].astype(int).assign(panel=False, weight=1.0)
    rows = gathered(world, keys.reset_index(drop=True), folder)
    known = stages.natural(fit)
    total = np.zeros(len(keys))
    for term in ("pact", "far", "democracy", "pariah_embargoed"):
        x = rows.column(term)
        total += known[f"agrees {term}"][0] * np.where(np.isnan(x), np.nanmean(x), x)
    total += engine.agreeing(fit, rows)["dealings"]
    out = np.full(len(table), total.mean())
    out[np.asarray(whole)] = total
    return out


def heard(root: Path, known: str) -> pd.DataFrame:
    """Requests and answers known by a day, without those of the scenario's buyer."""
    table = requests.read(root, known)
    return table[table["recipient"] != BUYER].reset_index(drop=True)


def found(world: World, root: Path, states: dict[str, list[int]], known: str) -> Told:
    """Everything that the scenario's rows rest on, estimated anew.

    states   code of each supplier -> COW codes (a union has several: its members' largest)
    """
    folder = root / "data"
    rows = rows_of(world, folder, UNTIL)
    buyer = rows.keys["r"].to_numpy() == RUSSIA
    both = readiness.judges(rows, UNTIL, buyer, levelled=False)
    fit = both.standing
    table = heard(root, known)
    offset = offsets(fit, world, table, folder)
    answers = requests.both(table, offset)
    asked = asking(both.fresh, sides(world, table, folder), table)
    own, owner = candidates(world, folder, states)
    fits = {ALL: both.standing, NEW: both.fresh}
    narrow = narrowed(both.fresh, rows.take(~buyer))
    return Told(fits, merged(own, owner, tuple(states)), tuple(states), answers, asked, narrow)


def candidates(
    world: World, folder: Path, states: dict[str, list[int]]
) -> tuple[Rows, NDArray[np.str_]]:
    """The scenario's states as suppliers of its buyer in its first year, and which each row belongs to."""
    keys = [(s, code) for code, codes in states.items() for s in codes]
    asked = pd.DataFrame({"s": [s for s, _ in keys], "r": RUSSIA, "year": YEAR})
    own = gathered(world, asked.assign(panel=False, weight=1.0), folder)
    return own, np.array([code for _, code in keys])


def merged(rows: Rows, owner: NDArray[np.str_], states: Sequence[str]) -> Rows:
    """One row a state: of a union, the largest of its members in each covariate."""
    at = [np.flatnonzero(owner == code) for code in states]
    return Rows(
        rows.keys.iloc[[one[0] for one in at]].reset_index(drop=True),
        np.stack([np.nanmax(rows.pair[one], axis=0) for one in at]),
        np.stack([rows.by_class[one].max(axis=0) for one in at]),
        np.stack([rows.came[one].max(axis=0) for one in at]),
    )


def placed(panel: pd.DataFrame, specs: Sequence[str] = (*SPECS, DECISION)) -> pd.DataFrame:
    """Rows COLUMNS: rank of each case among states without a tie, by specification."""
    seen = ranks(panel, specs=specs)
    return pd.DataFrame(
        {
            "row": seen["supplier"].map(RANKS),
            "reading": seen["specification"],
            "low": np.nan,
            "central": seen["rank"],
            "high": np.nan,
            "events": len(CASES),
        }
    )[COLUMNS]


def context(panel: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Rows COLUMNS of what no row is taken from: log odds per ten points of exposure."""
    out: list[tuple[Any, ...]] = []
    for one in exposure_effect(panel[panel["y"].notna()], folder).itertuples():
        said = (
            f"{one.specification}, to {one.until}{', sender apart' * one.sender_term}"
            f"{', binding only' * one.binding_only}"
        )
        out.append(
            (SANCTIONS, said, 0.1 * one.low, 0.1 * one.coefficient, 0.1 * one.high, one.events)
        )
    return pd.DataFrame(out, columns=COLUMNS)


def made(panel: pd.DataFrame, folder: Path, told: Told) -> pd.DataFrame:
    """The whole record, COLUMNS. folder: where the trade matrix of ``exposure_effect`` lies."""
    study = [weights(told), common(told), levels(told), named(told)]
    return pd.concat([*study, placed(panel), context(panel, folder)], ignore_index=True)


def tells(spec: str) -> bool:
    """Whether a specification can tell apart states that never delivered."""
    return spec not in SPECS or any(TERMS[t].block != "past ties" for t in SPECS[spec].terms)


def implied(record: pd.DataFrame) -> pd.DataFrame:
    """low, central, high by row, as the record and the rule of this module give them."""
    out = {}
    for row, part in record[record["row"] != SANCTIONS].groupby("row", sort=False):
        if row in RANKS.values():
            tried = part.loc[part["reading"].map(tells), "central"]
            central = part.loc[part["reading"] == CENTRAL_RANK, "central"].iloc[0]
            out[row] = (tried.min(), central, tried.max())
        else:
            out[row] = (part["low"].min(), part["central"].mean(), part["high"].max())
    return pd.DataFrame.from_dict(out, orient="index", columns=["low", "central", "high"])


def compared(record: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Rows COMPARED: what the record gives beside what a loaded scenario declares.

    A row of source SOURCE that the study does not give stands with NaN and does not agree.
    """
    given, told = implied(record), declared(scenario)
    out = []
    for row in (*given.index, *(name for name in told if name not in given.index)):
        want = given.loc[row].tolist() if row in given.index else [np.nan] * 3
        have = told.get(row, (np.nan,) * 3)
        room = WHOLE if row in RANKS.values() else STEP
        near = all(
            abs(a - b) < room or (np.isnan(a) and np.isnan(b) and row in told)
            for a, b in zip(want, have, strict=True)
        )
        out.append((row, *want, *have, near and row in given.index))
    return pd.DataFrame(out, columns=COMPARED)


def declared(scenario: Scenario) -> dict[str, tuple[float, ...]]:
    """low, central, high by row of a scenario whose source is the study; a covariate that holds
    for every state alike is no finding and is left out."""
    out = {q.id: (q.low, q.central, q.high) for q in scenario.quantities if q.source == SOURCE}
    out |= {
        f"{c.name} {c.actor}": (c.low, c.value, c.high)
        for c in scenario.covariates
        if c.source == SOURCE and c.name == "panel_rank" and c.actor != "*"
    }
    return {row: tuple(map(_or_nan, told)) for row, told in out.items()}


def _or_nan(x: float | None) -> float:
    return np.nan if x is None else float(x)


def rounded(record: pd.DataFrame) -> pd.DataFrame:
    """``implied`` on the grid: nearest points for weights, whole ranks."""
    known = implied(record)
    step = np.where(known.index.isin(list(RANKS.values())), 1.0, STEP)[:, None]
    return pd.DataFrame(
        np.round(np.round(known / step) * step, 10) + 0.0, known.index, known.columns
    )
