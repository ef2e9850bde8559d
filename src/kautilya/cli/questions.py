"""What the commands that ask what decides have to tell, as JSON and as tables."""

from __future__ import annotations

from typing import Any

from kautilya.cli.catalogue import interval, number, percent
from kautilya.cli.door import Column, Shown, Table

MOST = 15  # rows of a printed table; --json has all


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
            row |= {key: _plain(getattr(found.indices, key)[j, k])
                    for key in ("first", "first_error", "total", "total_error")}
        elif found.slopes is not None:
            row |= {"total": _plain(found.slopes.bound[j, k]),
                    "smooth": _plain(found.slopes.smooth[j, k])}
        else:
            row |= {"effect": _plain(found.screen.size[j, k]),
                    "deviation": _plain(found.screen.deviation[j, k]),
                    "total": _plain(found.screen.total[j, k])}
        rows.append(row)
    return sorted(rows, key=lambda row: -(row["total"] or 0.0))


def sensitivity(found: Any) -> Shown:
    """Indices by outcome, and the convergence."""
    data = {"scenario": found.scenario, "method": found.ask.method, "by": found.ask.by,
            "seed": found.seed, "runs": found.runs, "not_finite": found.lost,
            "seconds": round(found.seconds, 1), "tolerance": found.ask.tolerance,
            "converged": found.converged if found.rounds else None,
            "rounds": [one._asdict() for one in found.rounds],
            "outcomes": [{"outcome": text, "spread": found.spread[k] if found.spread else None,
                          "factors": factors(found, k)}
                         for k, text in enumerate(found.ask.outcomes)]}
    blocks: list[str | Table] = []
    for one in data["outcomes"]:
        blocks.append(_table(one, found))
    blocks.append(f"{found.runs:,} runs in {found.seconds:.0f} s; {len(found.names)} factors hold "
                  "everything that varies, luck too.")
    if found.rounds:
        blocks.append(_convergence(found))
        blocks.append("first: share of the variance that goes once it is known; total: share that "
                      "stays while only it is unknown.")
    return Shown(data, blocks)


def _table(one: dict[str, Any], found: Any) -> Table:
    title = one["outcome"]
    if one["spread"]:
        title += f": {interval(one['spread'])}"
    if not any(row["total"] for row in one["factors"]):
        title += "; it does not vary"
    nan = float("nan")
    if found.slopes is not None:
        columns = [Column("factor"), Column("total at most", True), Column("smooth in", True)]
        rows = [[row["factor"], number(row["total"] if row["total"] is not None else nan),
                 "-" if row["smooth"] is None else percent(row["smooth"])]
                for row in one["factors"][:MOST]]
    elif found.indices is None:
        columns = [Column("factor"), Column("mean effect", True), Column("deviation", True),
                   Column("total", True)]
        rows = [[row["factor"], number(row["effect"]), number(row["deviation"]),
                 number(row["total"] if row["total"] is not None else float("nan"))]
                for row in one["factors"][:MOST]]
    else:
        columns = [Column("factor"), Column("figures", True), Column("first", True),
                   Column("total", True)]
        rows = [[row["factor"], str(row["figures"] or ""),
                 _share(row["first"] if row["first"] is not None else nan, row["first_error"] or 0),
                 _share(row["total"] if row["total"] is not None else nan, row["total_error"] or 0)]
                for row in one["factors"][:MOST]]
    return Table(title, columns, rows)


def _convergence(found: Any) -> Table:
    end = "reached" if found.converged else "not reached: give a larger --base"
    return Table(f"convergence: tolerance {found.ask.tolerance:g} {end}",
                 [Column("base points", True), Column("runs", True),
                  Column("widest ± first", True), Column("widest ± total", True)],
                 [[str(one.base), f"{one.runs:,}", f"{one.first_error:.3f}",
                   f"{one.total_error:.3f}"] for one in found.rounds])


def _limits(found: Any) -> list[dict[str, Any]]:
    """Limits of the box, the surest first."""
    one, rows = found.discovery, []
    for dim, end in zip(*one.peeled.limited(one.box).nonzero(), strict=True):
        rows.append({"figure": one.names[dim], "unit": found.units[dim],
                     "at": "least" if end == 0 else "most",
                     "value": float((one.box.low, one.box.high)[end][dim]),
                     "range": [float(one.peeled.low[dim]), float(one.peeled.high[dim])],
                     "quasi_p": float(one.quasi_p[dim, end]),
                     "again_coverage": float(one.again[dim, 0]),
                     "again_density": float(one.again[dim, 1]),
                     "distance": float(one.apart[dim]),
                     "logistic": one.logistic.get(one.names[dim])})
    return sorted(rows, key=lambda row: row["quasi_p"])


def _box(box: Any) -> dict[str, Any]:
    return {"coverage": float(box.coverage), "density": float(box.density),
            "mass": float(box.mass), "points": box.points, "cases": box.cases}


def discover(found: Any) -> Shown:
    """The box, its limits, and what stands beside it."""
    one = found.discovery
    rows, null = _limits(found), one.null
    chance = (1 + int((null >= one.box.density).sum())) / (1 + len(null))
    data = {"condition": found.text, "turned": found.where.turned, "futures": one.futures,
            "lost": found.lost, "share": one.share, "box": _box(one.box), "limits": rows,
            "null": {"shuffles": len(null), "median_density": float(sorted(null)[len(null) // 2]),
                     "largest_density": float(null.max()), "chance": chance},
            "tree": None if one.tree is None else _box(one.tree),
            "trajectory": [_box(box) for box in one.peeled.boxes]}
    cells = [[row["figure"], f"at {row['at']} {number(row['value'])} {row['unit']}",
              f"{number(row['range'][0])} to {number(row['range'][1])}",
              f"{row['quasi_p']:.1g}", percent(row["again_coverage"])] for row in rows]
    verb = "does not hold" if found.where.turned else "holds"
    box = one.box
    blocks: list[str | Table] = [
        f"{found.text}: {verb} in {percent(one.share)} of {one.futures:,} futures",
        Table(f"the box: {percent(box.coverage)} of these futures lie in it, and it {verb} in "
              f"{percent(box.density)} of the box ({box.points} futures)",
              [Column("figure"), Column("limit"), Column("range"), Column("quasi-p", True),
               Column("in half-samples", True)], cells),
        f"Shuffled futures give boxes of density {number(data['null']['median_density'])} in the "
        f"median; as dense a box by luck alone: chance {chance:.2f}, at least "
        f"{1 / (1 + len(null)):.2f} by the number of shuffles."]
    if one.tree is not None:
        blocks.append(f"A tree's best leaf: coverage {percent(one.tree.coverage)}, density "
                      f"{percent(one.tree.density)}.")
    return Shown(data, blocks)


def robust(found: Any) -> Shown:
    """Regret and satisficing, option by option."""
    rows = found.rows()
    goal = found.goal
    data = {"outcome": goal.outcome, "better": goal.better, "threshold": goal.threshold,
            "futures": int(found.values.shape[1]), "options": rows}
    columns = [Column("option"), Column("value", True), Column("regret, median", True),
               Column("90th", True), Column("largest", True), Column("best in", True)]
    cells = [[row["option"], interval(row["value"]), number(row["regret"]["median"]),
              number(row["regret"]["q90"]), number(row["regret"]["max"]), percent(row["best"])]
             for row in rows]
    if goal.threshold is not None:
        columns.append(Column("good enough in", True))
        cells = [[*one, f"{percent(row['meets'])} ± {percent(row['meets_error'])}"]
                 for one, row in zip(cells, rows, strict=True)]
    says = f"{goal.outcome}, {goal.better} is better; {data['futures']:,} paired futures"
    return Shown(data, [Table(says, columns, cells), "regret: what an option falls short of the "
                              "best one of the same future."])
