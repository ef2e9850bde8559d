"""What the uncertainties do to an answer: which decides, in which corner, how robust it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, split
from kautilya.cli.options import (
    NUMBER,
    Accept,
    Futures,
    Json,
    Levers,
    Scenario,
    Seed,
    Sets,
)
from kautilya.wording import interval_of, listed, many, number, percent

if TYPE_CHECKING:
    from kautilya.scenario.lexicon import Names

MOST = 15  # rows of a printed table; --json has all


def names_of(scenario: str) -> Names:
    """Plain English of a scenario."""
    from kautilya import scenario as rooms
    from kautilya.scenario.lexicon import Names

    return Names(rooms.load(scenario))


def sensitivity(
    scenario: Scenario,
    outcome: Annotated[list[str], typer.Option(help=f"{NUMBER}; may be given several times")],
    method: Annotated[
        str,
        typer.Option(
            help="sobol (shares of variance), morris "
            "(screening of every figure) or slopes (small "
            "steps, with a check of smoothness)"
        ),
    ] = "sobol",
    by: Annotated[
        str,
        typer.Option(
            help="figure: single figures after a screening, all others "
            "together; law: the figures of each law together"
        ),
    ] = "figure",
    base: Annotated[
        int,
        typer.Option(
            help="most base points of Sobol', a power of two; runs are base x (factors + 2)"
        ),
    ] = 4096,
    tolerance: Annotated[
        float, typer.Option(help="stop once no 95 % half-width of a total index is wider")
    ] = 0.05,
    singles: Annotated[int, typer.Option(help="figures taken one by one")] = 24,
    trajectories: Annotated[int, typer.Option(help="base points of the screening")] = 16,
    levers: Levers = "",
    seed: Seed = 0,
    sets: Sets = None,
    accept: Accept = "run",
    json: Json = False,
) -> None:
    """Which assumption decides: how much of the spread of an outcome each figure carries.

    Example: kautilya sensitivity russia_dprk_2024 --outcome "rounds[RUS,tube_round]@2025-12"
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case
        from kautilya.study.sensitivity import Ask
        from kautilya.study.sensitivity import sensitivity as studied

        ask = Ask(tuple(outcome), method, by, base, tolerance, singles, trajectories)
        case = Case(split(levers), tuple(sets or ()), "always", accept)
        with door.futures(scenario) as tell:
            found = studied(scenario, ask, seed=seed, case=case, progress=tell)
        door.tell(indices(found, names_of(scenario)))


def _share(value: float, error: float) -> str:
    return "-" if value != value else f"{value:.2f} ± {error:.2f}"


def _plain(value: Any) -> float | None:
    """A number for JSON; nothing where it is none."""
    return None if value != value else float(value)


def factors(found: Any, k: int) -> list[dict[str, Any]]:
    """Rows of outcome k, the largest first."""
    rows = []
    for j, name in enumerate(found.names):
        row: dict[str, Any] = {"factor": name, "kind": found.kinds[j], "figures": found.members[j]}
        if found.indices is not None:
            row |= {
                key: _plain(getattr(found.indices, key)[j, k])
                for key in ("first", "first_error", "total", "total_error")
            }
        elif found.slopes is not None:
            row |= {
                "total": _plain(found.slopes.bound[j, k]),
                "smooth": _plain(found.slopes.smooth[j, k]),
            }
        else:
            row |= {
                "effect": _plain(found.screen.size[j, k]),
                "deviation": _plain(found.screen.deviation[j, k]),
                "total": _plain(found.screen.total[j, k]),
            }
        rows.append(row)
    return sorted(rows, key=lambda row: -(row["total"] or 0.0))


def indices(found: Any, names: Names | None = None) -> Shown:
    """Which figures carry the spread of each outcome, and how sure that is."""
    data = {
        "scenario": found.scenario,
        "method": found.ask.method,
        "by": found.ask.by,
        "seed": found.seed,
        "runs": found.runs,
        "not_finite": found.lost,
        "seconds": round(found.seconds, 1),
        "tolerance": found.ask.tolerance,
        "converged": found.converged if found.rounds else None,
        "rounds": [one._asdict() for one in found.rounds],
        "outcomes": [
            {
                "outcome": text,
                "spread": found.spread[k] if found.spread else None,
                "factors": factors(found, k),
            }
            for k, text in enumerate(found.ask.outcomes)
        ],
    }
    blocks: list[Block] = [_deciding(one, names) for one in data["outcomes"]]
    for one in data["outcomes"]:
        blocks.append(_table(one, found, names))
    blocks.append(
        f"{many(found.runs, 'run')} in {found.seconds:.0f} s; {len(found.names)} factors hold "
        "everything that varies, luck too."
    )
    if found.rounds:
        blocks += [] if found.converged else [_convergence(found)]
        blocks.append(
            "first: share of the variance that goes once it is known; total: share that "
            "stays while only it is unknown."
        )
    return Shown(data, blocks)


def _factor(name: str, names: Names | None) -> str:
    return names.factor(name) if names else name


def _deciding(one: dict[str, Any], names: Names | None) -> str:
    """The first line of an outcome: what decides it."""
    title = names.number(one["outcome"]) if names else one["outcome"]
    told = [row for row in one["factors"] if row["total"]][:3]
    if not told:
        return f"{title}: nothing that varies moves it."
    shares = [
        f"{_factor(row['factor'], names)} ({percent(min(row['total'], 1.0))})" for row in told
    ]
    return f"{title}: most of the spread hangs on {listed(shares)}."


def _table(one: dict[str, Any], found: Any, names: Names | None) -> Table:
    title = names.number(one["outcome"]) if names else one["outcome"]
    if one["spread"]:
        title += f": {interval_of(one['spread'])}"
    if not any(row["total"] for row in one["factors"]):
        title += "; it does not vary"
    nan = float("nan")
    if found.slopes is not None:
        columns = [Column("factor"), Column("total at most", True), Column("smooth in", True)]
        rows = [
            [
                _factor(row["factor"], names),
                number(row["total"] if row["total"] is not None else nan),
                "-" if row["smooth"] is None else percent(row["smooth"]),
            ]
            for row in one["factors"][:MOST]
        ]
    elif found.indices is None:
        columns = [
            Column("factor"),
            Column("mean effect", True),
            Column("deviation", True),
            Column("total", True),
        ]
        rows = [
            [
                _factor(row["factor"], names),
                number(row["effect"]),
                number(row["deviation"]),
                number(row["total"] if row["total"] is not None else float("nan")),
            ]
            for row in one["factors"][:MOST]
        ]
    else:
        columns = [
            Column("factor"),
            Column("figures", True),
            Column("first", True),
            Column("total", True),
        ]
        rows = [
            [
                _factor(row["factor"], names),
                str(row["figures"] or ""),
                _share(row["first"] if row["first"] is not None else nan, row["first_error"] or 0),
                _share(row["total"] if row["total"] is not None else nan, row["total_error"] or 0),
            ]
            for row in one["factors"][:MOST]
        ]
    return Table(title, columns, rows)


def _convergence(found: Any) -> Table:
    end = "reached" if found.converged else "not reached: give a larger --base"
    return Table(
        f"convergence: tolerance {found.ask.tolerance:g} {end}",
        [
            Column("base points", True),
            Column("runs", True),
            Column("widest ± first", True),
            Column("widest ± total", True),
        ],
        [
            [str(one.base), f"{one.runs:,}", f"{one.first_error:.3f}", f"{one.total_error:.3f}"]
            for one in found.rounds
        ],
    )


def discover(
    scenario: Scenario,
    where: Annotated[str, typer.Option(help="a condition in the language of claims")] = "",
    claim: Annotated[str, typer.Option(help="or the id of a claim of the scenario")] = "",
    turned: Annotated[bool, typer.Option("--not", help="look for where it does not hold")] = False,
    run: Annotated[
        Path | None,
        typer.Option(
            help="folder of a finished run to search: its futures, seed and case then count"
        ),
    ] = None,
    futures: Futures = 2000,
    dims: Annotated[
        int,
        typer.Option(
            help="figures that the box may limit: those that differ most with and without it", min=1
        ),
    ] = 13,
    peel: Annotated[
        float, typer.Option(help="share that PRIM peels off at a time", min=0.01, max=0.5)
    ] = 0.05,
    levers: Levers = "",
    seed: Seed = 0,
    sets: Sets = None,
    accept: Accept = "run",
    json: Json = False,
) -> None:
    """In which corner of the uncertainties something comes about: a box, and how far to trust it.

    Example: kautilya discover russia_dprk_2024
    --where "stock(RUS, tank, line) at 2025-12 < 1500 tank"
    """
    with Door(json) as door:
        from kautilya.claims.boxes import Where, discover_where, stored_run
        from kautilya.errors import KautilyaError
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.discovery import Search

        case, stored = Case(split(levers), tuple(sets or ()), "always", accept), None
        plan = Plan(futures, seed, case)
        if run is not None:
            if (futures, seed, levers, sets, accept) != (2000, 0, "", None, "run"):
                raise KautilyaError(
                    "--run",
                    "--futures, --seed, --levers, --set and --accept are those of the stored run",
                    "Leave them out",
                )
            stored, plan = stored_run(run, scenario)
        with door.futures(scenario) as tell:
            found = discover_where(
                scenario,
                Where(where, claim, turned),
                plan,
                Search(dims, peel, seed=plan.seed),
                stored=stored,
                progress=tell,
            )
        door.tell(boxed(found, names_of(scenario)))


def _limits(found: Any) -> list[dict[str, Any]]:
    """Limits of the box, the surest first."""
    one, rows = found.discovery, []
    for dim, end in zip(*one.peeled.limited(one.box).nonzero(), strict=True):
        rows.append(
            {
                "figure": one.names[dim],
                "unit": found.units[dim],
                "at": "least" if end == 0 else "most",
                "value": float((one.box.low, one.box.high)[end][dim]),
                "range": [float(one.peeled.low[dim]), float(one.peeled.high[dim])],
                "quasi_p": float(one.quasi_p[dim, end]),
                "again_coverage": float(one.again[dim, 0]),
                "again_density": float(one.again[dim, 1]),
                "distance": float(one.apart[dim]),
                "logistic": one.logistic.get(one.names[dim]),
            }
        )
    return sorted(rows, key=lambda row: row["quasi_p"])


def _box(box: Any) -> dict[str, Any]:
    return {
        "coverage": float(box.coverage),
        "density": float(box.density),
        "mass": float(box.mass),
        "points": box.points,
        "cases": box.cases,
    }


def _unit(name: str) -> str:
    """A unit in words; nothing for a plain number."""
    return "" if name == "1" else name.replace("_", " ")


LUCK = 0.05  # chance of as dense a box among shuffled futures, above which no box is told of


def _corner(text: str, verb: str, one: Any, cells: list[list[str]], luck: float) -> str:
    """The first line: how often it comes about, and where above all; luck: the chance of such a
    box where no figure has anything to do with it."""
    said = f"{text}: {verb} in {percent(one.share)} of {many(one.futures, 'future')}"
    if not cells:
        return f"{said}; no corner of the uncertainties stands out."
    if luck > LUCK:
        return (
            f"{said}; no corner stands out: as dense a box comes about in {percent(luck)} of "
            "shuffled futures, so more futures are needed to tell one from luck."
        )
    where = listed([f"{cell[0]} is {cell[1]}" for cell in cells[:2]])
    return f"{said}, above all where {where}."


def boxed(found: Any, names: Names | None = None) -> Shown:
    """In which corner it comes about: the box, its limits, and what stands beside it."""
    one = found.discovery
    rows, null = _limits(found), one.null
    chance = (1 + int((null >= one.box.density).sum())) / (1 + len(null))
    data = {
        "condition": found.text,
        "turned": found.where.turned,
        "futures": one.futures,
        "lost": found.lost,
        "share": one.share,
        "box": _box(one.box),
        "limits": rows,
        "null": {
            "shuffles": len(null),
            "median_density": float(sorted(null)[len(null) // 2]),
            "largest_density": float(null.max()),
            "chance": chance,
        },
        "tree": None if one.tree is None else _box(one.tree),
        "trajectory": [_box(box) for box in one.peeled.boxes],
    }
    cells = [
        [
            _factor(row["figure"], names),
            f"at {row['at']} {number(row['value'])} {_unit(row['unit'])}".strip(),
            f"{number(row['range'][0])} to {number(row['range'][1])}",
            f"{row['quasi_p']:.1g}",
            percent(row["again_coverage"]),
        ]
        for row in rows
    ]
    verb = "does not hold" if found.where.turned else "holds"
    box = one.box
    blocks: list[Block] = [
        _corner(found.text, verb, one, cells, chance),
        Table(
            f"the densest box: {percent(box.coverage)} of these futures lie in it, and it {verb} in "
            f"{percent(box.density)} of the box ({many(box.points, 'future')})",
            [
                Column("figure"),
                Column("limit"),
                Column("range"),
                Column("quasi-p", True),
                Column("in half-samples", True),
            ],
            cells,
        ),
        f"Shuffled futures give boxes of density {number(data['null']['median_density'])} in the "
        f"median; as dense a box by luck alone: chance {chance:.2f}, at least "
        f"{1 / (1 + len(null)):.2f} by the number of shuffles.",
    ]
    if one.tree is not None:
        blocks.append(
            f"A tree's best leaf: coverage {percent(one.tree.coverage)}, density "
            f"{percent(one.tree.density)}."
        )
    return Shown(data, blocks)


def robust(
    scenario: Scenario,
    levers: Levers,
    outcome: Annotated[str, typer.Option(help=NUMBER)],
    better: Annotated[
        str, typer.Option(help="whether max or min of the outcome is better; max unless said")
    ] = "",
    threshold: Annotated[
        float | None, typer.Option(help="from where on the outcome is good enough")
    ] = None,
    futures: Futures = 1024,
    seed: Seed = 0,
    sets: Sets = None,
    accept: Accept = "run",
    json: Json = False,
) -> None:
    """Regret and satisficing of each lever over the uncertainties, on the same futures.

    Example: kautilya robust russia_dprk_2024 --levers no_dprk_shells,china_complies
    --outcome "rounds[RUS,tube_round]@2025-12" --better min --threshold 1000000
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.robust import Goal
        from kautilya.study.robust import robust as studied

        plan = Plan(futures, seed, Case((), tuple(sets or ()), "always", accept))
        with door.futures(scenario) as tell:
            found = studied(
                scenario,
                split(levers),
                Goal(outcome, better or "max", threshold),
                plan,
                progress=tell,
            )
        door.tell(regrets(found, names_of(scenario), said=bool(better)))


def regrets(found: Any, names: Names | None = None, said: bool = True) -> Shown:
    """Which option is regretted least; regret and satisficing, option by option."""
    rows = found.rows()
    words = [_option(row["option"], names) for row in rows]
    goal = found.goal
    data = {
        "outcome": goal.outcome,
        "better": goal.better,
        "threshold": goal.threshold,
        "futures": int(found.values.shape[1]),
        "options": rows,
    }
    columns = [
        Column("option"),
        Column("value", True),
        Column("regret, median", True),
        Column("90th", True),
        Column("largest", True),
        Column("best in", True),
    ]
    cells = [
        [
            word,
            interval_of(row["value"]),
            number(row["regret"]["median"]),
            number(row["regret"]["q90"]),
            number(row["regret"]["max"]),
            percent(row["best"]),
        ]
        for row, word in zip(rows, words, strict=True)
    ]
    if goal.threshold is not None:
        columns.append(Column("good enough in", True))
        cells = [
            [*one, f"{percent(row['meets'])} ± {percent(row['meets_error'])}"]
            for one, row in zip(cells, rows, strict=True)
        ]
    outcome = names.number(goal.outcome) if names else goal.outcome
    better = "less" if goal.better == "min" else "more"
    says = f"{outcome}; {better} is better; {data['futures']:,} paired futures"
    least = min(range(len(rows)), key=lambda k: rows[k]["regret"]["q90"])
    first = (
        f"Regretted least: {words[least]}. In 90 of 100 futures it falls short of the best option by "
        f"at most {number(rows[least]['regret']['q90'])} ({outcome}; {better} is better)."
    )
    assumed = (
        []
        if said
        else ["--better was not given: more is taken as better. With --better min the order turns."]
    )
    return Shown(
        data,
        [
            first,
            *assumed,
            Table(says, columns, cells),
            "regret: what an option falls short of the best one of the same future.",
        ],
    )


def _option(name: str, names: Names | None) -> str:
    """An option in words: the scenario as it stands, or a lever."""
    known = {one.id for one in names.scenario.levers} if names else set()
    return names.lever(name) if names and set(name.split("+")) <= known else name.replace("_", " ")


COMMANDS = (sensitivity, discover, robust)
