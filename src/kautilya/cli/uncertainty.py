"""What the uncertainties do to an answer: which decides, in which corner, how robust it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
from kautilya.wording import interval_of, number, percent

MOST = 15  # rows of a printed table; --json has all


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
        with door.progress("futures") as tell:
            found = studied(scenario, ask, seed=seed, case=case, progress=tell)
        door.tell(indices(found))


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


def indices(found: Any) -> Shown:
    """Indices by outcome, and the convergence."""
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
    blocks: list[Block] = []
    for one in data["outcomes"]:
        blocks.append(_table(one, found))
    blocks.append(
        f"{found.runs:,} runs in {found.seconds:.0f} s; {len(found.names)} factors hold "
        "everything that varies, luck too."
    )
    if found.rounds:
        blocks.append(_convergence(found))
        blocks.append(
            "first: share of the variance that goes once it is known; total: share that "
            "stays while only it is unknown."
        )
    return Shown(data, blocks)


def _table(one: dict[str, Any], found: Any) -> Table:
    title = one["outcome"]
    if one["spread"]:
        title += f": {interval_of(one['spread'])}"
    if not any(row["total"] for row in one["factors"]):
        title += "; it does not vary"
    nan = float("nan")
    if found.slopes is not None:
        columns = [Column("factor"), Column("total at most", True), Column("smooth in", True)]
        rows = [
            [
                row["factor"],
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
                row["factor"],
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
                row["factor"],
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
        with door.progress("futures") as tell:
            found = discover_where(
                scenario,
                Where(where, claim, turned),
                plan,
                Search(dims, peel, seed=plan.seed),
                stored=stored,
                progress=tell,
            )
        door.tell(boxed(found))


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


def boxed(found: Any) -> Shown:
    """The box, its limits, and what stands beside it."""
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
            row["figure"],
            f"at {row['at']} {number(row['value'])} {row['unit']}",
            f"{number(row['range'][0])} to {number(row['range'][1])}",
            f"{row['quasi_p']:.1g}",
            percent(row["again_coverage"]),
        ]
        for row in rows
    ]
    verb = "does not hold" if found.where.turned else "holds"
    box = one.box
    blocks: list[Block] = [
        f"{found.text}: {verb} in {percent(one.share)} of {one.futures:,} futures",
        Table(
            f"the box: {percent(box.coverage)} of these futures lie in it, and it {verb} in "
            f"{percent(box.density)} of the box ({box.points} futures)",
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
        with door.progress("futures") as tell:
            found = studied(
                scenario,
                split(levers),
                Goal(outcome, better or "max", threshold),
                plan,
                progress=tell,
            )
        door.tell(regrets(found, said=bool(better)))


def regrets(found: Any, said: bool = True) -> Shown:
    """Regret and satisficing, option by option."""
    rows = found.rows()
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
            row["option"],
            interval_of(row["value"]),
            number(row["regret"]["median"]),
            number(row["regret"]["q90"]),
            number(row["regret"]["max"]),
            percent(row["best"]),
        ]
        for row in rows
    ]
    if goal.threshold is not None:
        columns.append(Column("good enough in", True))
        cells = [
            [*one, f"{percent(row['meets'])} ± {percent(row['meets_error'])}"]
            for one, row in zip(cells, rows, strict=True)
        ]
    says = f"{goal.outcome}, {goal.better} is better; {data['futures']:,} paired futures"
    assumed = (
        []
        if said
        else ["--better was not given: more is taken as better. With --better min the order turns."]
    )
    return Shown(
        data,
        [
            *assumed,
            Table(says, columns, cells),
            "regret: what an option falls short of the best one of the same future.",
        ],
    )


COMMANDS = (sensitivity, discover, robust)
