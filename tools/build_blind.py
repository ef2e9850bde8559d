"""The blind tables of docs/supplier-protocol.md, made anew: what the decision says of recipients that its estimates never saw.

    python tools/build_blind.py            Iran and Iraq 1980-88, and ranks for Russia 2022-23: the present specification (before)
    python tools/build_blind.py --struck   the same, the deliveries in question struck from the register before anything is estimated
    python tools/build_blind.py --plans    ranks for Russia under every plan that was tried
    python tools/build_blind.py --draws    ranks for Russia from four draws of the rows that a fit keeps, the usual one first

Estimates of the register to 2021 without the rows of those recipients; no request is read. A row left out still counts in what
other pairs have (a supplier's exports of a class, partners in common); struck, it counts nowhere. Forecasts see each year's past.
The present specification is ``stages.CHOSEN``; the one before had a normal effect of the pair without a tie, too.
Tables are printed as they stand on the page, which a slow test compares. Nothing is chosen here.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk
from kautilya.estimation import outside
from kautilya.estimation.suppliers import classes, engine, load, stages
from kautilya.estimation.suppliers.classes import CLASSES, Rows
from kautilya.estimation.suppliers.panel import COMPANIONS, PANEL, SAME_LINE, World
from kautilya.estimation.suppliers.stages import Judges

Array = NDArray[np.float64]
UNTIL, PLACES = 2021, 8
DRAWS = (7, 8, 9, 10)  # seeds of the rows that a fit keeps; the first is that of every other table
NOW, BEFORE = stages.CHOSEN, (stages.CHOSEN[0], "new ties, pair effect in both stages")
BY_CLASS = {
    "artillery": "artillery",
    "armour": "armour",
    "ssm": "surface-to-surface missiles",
    "uav": "drones",
}
ALL = "all classes"
STATES = {
    710: "China",
    732: "South Korea",
    370: "Belarus",
    640: "Türkiye",
    750: "India",
    630: "Iran",
    731: "North Korea",
}
LISTS = (  # lines of the war's table
    (ALL,),
    ("aircraft", "armour", "artillery"),
    ("air_defence", "ssm", "ship", "other_missile"),
    ("other",),
)
NO_TIE = "all classes, as of 1980, states without a tie in 15 years"
SAID = {"air_defence": "air defence", "ship": "ships", "other_missile": "other missiles"}


class Blind(NamedTuple):
    """Recipients (COW codes) whose years ``first`` to ``last`` no estimate sees."""

    recipients: tuple[int, ...]
    first: int
    last: int


RUSSIA = Blind((365,), 1900, 2100)
WAR = Blind((630, 645), 1980, 1988)
NAMES = {630: "Iran", 645: "Iraq"}


def hidden(keys: pd.DataFrame, blind: Blind) -> NDArray[np.bool_]:
    """Which rows (r, year) no estimate may see [n]."""
    inside = keys["year"].between(blind.first, blind.last)
    return np.asarray(keys["r"].isin(blind.recipients) & inside)


def estimated(
    rows: Rows, blind: Blind, pairs: tuple[tuple[str, str], ...], seed: int = DRAWS[0]
) -> list[Judges]:
    """Both fits for each pair of plans (with a tie, without), rows hidden; each plan is fitted once."""
    thin = stages.thinned(rows.take(~hidden(rows.keys, blind)), seed)
    past = thin.take(thin.keys["year"].to_numpy() <= UNTIL)
    fresh = past.take(past.column("new") > 0)
    known = {}
    for name in dict.fromkeys(name for pair in pairs for name in pair):
        new = name in stages.NEW_PLANS
        plan = stages.NEW_PLANS[name] if new else stages.PLANS[name]
        known[name] = stages.estimate(plan, fresh if new else past, UNTIL)
    return [Judges(known[one], known[other], 0.0) for one, other in pairs]


def forecast(found: Judges, rows: Rows) -> Array:
    """Chance by class and, last, of any [n, CLASSES + 1]: by the compiled law, or by the formula of a
    plan that the law does not have."""
    new = np.asarray(rows.column("new") > 0)
    out = np.zeros((len(new), len(CLASSES) + 1))
    for pick, fit in ((~new, found.standing), (new, found.fresh)):
        if pick.any():
            law = stages.chances if fit.plan.shared and not fit.plan.package else engine.judged
            by_class, whole = law(fit, rows.take(pick))
            out[pick] = np.column_stack([by_class, whole])
    return out


def struck(folder: Path, blind: Blind, into: Path) -> Path:
    """A copy of the data in ``into`` in which nothing was delivered to those recipients in those years."""
    for path in folder.iterdir():
        (into / path.name).symlink_to(path.resolve())
    for name in (COMPANIONS["deliveries"], classes.REGISTER):
        table = disk.of_csv(folder / name)
        (into / name).unlink()
        table[~hidden(table, blind)].to_csv(into / name, index=False)
    panel = outside.table(folder / PANEL)
    panel.loc[hidden(panel, blind), ["y", "tiv"]] = 0
    (into / PANEL).unlink()
    panel.to_parquet(into / PANEL, index=False)
    return into


def rows_of(folder: Path, blind: Blind, strike: bool) -> Rows:
    """Rows of the register to estimate on."""
    if not strike:
        return classes.rows_of(load(folder / PANEL), folder, UNTIL)
    with tempfile.TemporaryDirectory() as place:
        own = struck(folder, blind, Path(place))
        return classes.rows_of(load(own / PANEL), own, UNTIL)


def candidates(
    world: World, folder: Path, recipient: int, years: range, twice: bool = False
) -> Rows:
    """Every supplier of the panel in each of the years; Germany, Yemen and the Czech line under the code of the time
    (``twice``: under both codes)."""
    other = list(SAME_LINE.values()) if years[0] < 1990 else list(SAME_LINE)
    gone = {recipient, *(() if twice else other)}
    heads = [int(s) for s in sorted(set(world.panel["s"]) - gone) if s in world.place]
    keys = pd.DataFrame({"s": s, "r": recipient, "year": t} for t in years for s in heads)
    return classes.gathered(world, keys.assign(panel=True, weight=1.0), folder)


def means(rows: Rows, of: Array) -> Array:
    """Mean over the years of what each supplier has [supplier, ...]."""
    years = rows.keys["year"].nunique()
    return np.asarray(of.reshape(years, -1, *of.shape[1:]).mean(axis=0))


def first(score: Array, came: NDArray[np.bool_]) -> float:
    """Precision at PLACES: which share of the first of the order delivered."""
    return float(came[np.argsort(-score, kind="stable")[:PLACES]].mean())


def war(
    folder: Path, found: list[Judges], world: World, recipient: int, twice: bool
) -> pd.DataFrame:
    """By class: how many delivered in 1980-88; precision at 8 of each decision, past ties, capacity. Last, as they
    stood at the start of 1980, among states without a tie."""
    rows = candidates(world, folder, recipient, range(WAR.first, WAR.last + 1), twice)
    with_any = np.column_stack([rows.came, rows.came.max(axis=1)])
    came = means(rows, with_any) > 0
    past = np.column_stack(
        [rows.column("class_fading"), rows.column("fading") + rows.column("freq15")]
    )
    size = np.column_stack([rows.column("record"), rows.column("capacity")])
    each = [*(forecast(one, rows) for one in found), past + 1e-6 * size, size]
    scores, out = [means(rows, one) for one in each], {}
    for n, name in enumerate((*CLASSES, ALL)):
        out[name] = [int(came[:, n].sum()), *(first(one[:, n], came[:, n]) for one in scores)]
    known = rows.keys["year"].to_numpy() == WAR.first
    new = np.asarray(rows.column("new")[known] > 0)
    begun = [first(one[known, -1][new], came[new, -1]) for one in each]
    out[NO_TIE] = [int(came[new, -1].sum()), *begun]
    return pd.DataFrame.from_dict(out, orient="index")


def places(folder: Path, found: list[Judges], world: World) -> pd.DataFrame:
    """Ranks of STATES as suppliers of Russia by year and class, one column a decision [tuples]."""
    out = []
    for year in (2022, 2023):
        rows = candidates(world, folder, RUSSIA.recipients[0], range(year, year + 1))
        chances = [forecast(one, rows) for one in found]
        at = [int(np.flatnonzero(rows.keys["s"] == s)[0]) for s in STATES]
        for name in (*BY_CLASS, ALL):
            k = len(CLASSES) if name == ALL else CLASSES.index(name)
            orders = [np.argsort(np.argsort(-p[:, k], kind="stable")) + 1 for p in chances]
            out.append(
                (f"{year} {BY_CLASS.get(name, ALL)}", *([int(n) for n in o[at]] for o in orders))
            )
    return pd.DataFrame(out)


def share(x: float) -> str:
    """A share with two digits, as the page has it: halves up."""
    return f"{np.floor(100.0 * x + 0.5) / 100.0:.2f}".removeprefix("0")


def line(*cells: object) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def of_war(folder: Path, found: list[Judges], world: World, twice: bool) -> list[str]:
    """The table of Iran and Iraq, several classes a line."""
    head = "precision at 8, states under both codes" if twice else "precision at 8, each state once"
    out = [line(head, "delivered", "now", "before", "past ties", "capacity"), line(*["---"] * 6)]
    for recipient, name in NAMES.items():
        table = war(folder, found, world, recipient, twice)
        for names in LISTS if twice else (*LISTS, (NO_TIE,)):
            cells = [[str(int(n)) for n in table.loc[list(names), 0]]]
            cells += [[share(x) for x in table.loc[list(names), k]] for k in list(table)[1:]]
            said = "; ".join(SAID.get(one, one) for one in names)
            out.append(line(f"{name}, {said}", *("; ".join(cell) for cell in cells)))
    return out


def both(folder: Path, strike: bool = False) -> list[str]:
    """The tables: Iran and Iraq with each state once, and with the list of the first run; Russia."""
    world = load(folder / PANEL)
    found = estimated(rows_of(folder, WAR, strike), WAR, (NOW, BEFORE))
    out = [*of_war(folder, found, world, False), "", *of_war(folder, found, world, True), ""]
    found = estimated(rows_of(folder, RUSSIA, strike), RUSSIA, (NOW, BEFORE))
    head = "struck: now (before)" if strike else "now (before)"
    out += [line(head, *STATES.values()), line(*["---"] * 8)]
    for name, now, before in places(folder, found, world).itertuples(index=False):
        out.append(line(name, *(f"{a} ({b})" for a, b in zip(now, before, strict=True))))
    return out


def plans(folder: Path) -> list[str]:
    """Ranks under every plan: those for all candidates by themselves, those for candidates without a tie beside the chosen one."""
    pairs = [(name, name) for name in stages.PLANS]
    pairs += [(stages.CHOSEN[0], name) for name in stages.NEW_PLANS]
    found = estimated(rows_of(folder, RUSSIA, strike=False), RUSSIA, tuple(pairs))
    table = places(folder, found, load(folder / PANEL))
    out = [line(", ".join(STATES.values()), *table[0]), line(*["---"] * (1 + len(table)))]
    for (_, name), ranks in zip(pairs, list(table)[1:], strict=True):
        out.append(line(name, *(", ".join(map(str, one)) for one in table[ranks])))
    return out


def draws(folder: Path) -> list[str]:
    """Ranks by the present specification from several draws of the rows that a fit keeps."""
    rows = rows_of(folder, RUSSIA, strike=False)
    found = [one for seed in DRAWS for one in estimated(rows, RUSSIA, (NOW,), seed)]
    out = [line("four draws", *STATES.values()), line(*["---"] * 8)]
    for name, *ranks in places(folder, found, load(folder / PANEL)).itertuples(index=False):
        out.append(line(name, *(", ".join(map(str, cell)) for cell in zip(*ranks, strict=True))))
    return out


def main(arguments: list[str]) -> int:
    """Do what the arguments say."""
    tables: dict[str, Callable[[Path], list[str]]] = {"": both, "--plans": plans, "--draws": draws}
    tables["--struck"] = partial(both, strike=True)
    if " ".join(arguments) not in tables:
        sys.stderr.write(__doc__ or "")
        return 2
    said = tables[" ".join(arguments)](outside.need(f"data/{PANEL}").parent)
    print("\n".join(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
