"""Questions on one scenario: what a lever changes, and why them and not others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, split
from kautilya.cli.options import (
    Futures,
    Json,
    Levers,
    Out,
    Replace,
    Scenario,
    Seed,
    Sets,
    Year,
)
from kautilya.wording import interval_of, number, percent

if TYPE_CHECKING:
    from kautilya.study.compare import Difference


def compare(
    scenario: Scenario,
    levers: Levers,
    futures: Futures = 1024,
    seed: Seed = 0,
    sets: Sets = None,
    during: Year = "",
    by: Annotated[
        str,
        typer.Option(
            help="a figure with two values, such as stock-policy: compare under each of them"
        ),
    ] = "",
    out: Out = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Compare each lever with the scenario as it stands, on the same luck.

    Example: kautilya compare russia_dprk_2024 --levers no_dprk_shells --by stock-policy
    --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.compare import compare_by, year_of

        year = during or year_of(scenario)
        with door.progress("futures") as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = compare_by(
                scenario, split(levers), plan, (by, year, replace), folder=out, progress=tell
            )
        door.tell(changed(found, year, futures))


def changed(rows: list[Difference], year: str, futures: int) -> Shown:
    """Differences of paired futures."""
    moved = [r for r in rows if r["unchanged"] < 0.95]
    moved.sort(
        key=lambda r: (
            r["lever"],
            -abs(r["change_percent"]["median"])
            if r["change_percent"]["median"] == r["change_percent"]["median"]
            else 0.0,
        )
    )
    tables: list[Block] = []
    for lever, by in dict.fromkeys((r["lever"], r.get("by", "")) for r in rows):
        mine = [r for r in moved if (r["lever"], r.get("by", "")) == (lever, by)][:18]
        title = f"{lever}{', ' + by if by else ''}, {year}"
        tables.append(
            Table(
                f"{title}: change against the baseline, median and 90 % interval",
                [
                    Column("outcome"),
                    Column("baseline", True),
                    Column("change", True),
                    Column("percent", True),
                ],
                [
                    [
                        r["outcome"],
                        interval_of(r["baseline"]),
                        interval_of(r["change"]),
                        interval_of(r["change_percent"]),
                    ]
                    for r in mine
                ],
            )
        )
        if not mine:
            tables.append("nothing changes in that year")
    data = {"year": year, "futures": futures, "rows": rows}
    return Shown(data, [*tables, f"{futures} paired futures; the same luck with and without."])


def why(
    scenario: Scenario,
    recipient: Annotated[str, typer.Argument(help="who buys, such as RUS")],
    good: Annotated[str, typer.Argument(help="a class: shells, dual-use, tank, drone, ...")],
    during: Year = "2024",
    futures: Futures = 1024,
    seed: Seed = 0,
    sets: Sets = None,
    json: Json = False,
) -> None:
    """Why them and not others: every candidate supplier, its utility term by term.

    Example: kautilya why russia_dprk_2024 RUS shells --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.why import Question
        from kautilya.study.why import why as asked

        with door.progress("futures") as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = asked(scenario, Question(recipient, good, during), plan, progress=tell)
        door.tell(candidates(found, scenario))


def candidates(found: Any, name: str) -> Shown:
    """Candidates, their terms, and what would change."""
    from kautilya import scenario as rooms

    names = {a.code: a.name for a in rooms.load(name).actors}
    shown = [c for c in found.candidates if c["able"] > 0.05 or c["quantity"] > 0][:14]
    labels = list(shown[0]["terms"]) if shown else []
    first = Table(
        f"Who supplies {found.recipient} with {found.good} in {found.year}",
        [
            Column("state"),
            *[
                Column(t, True)
                for t in ("probability", "expected", "handed over", "leads", "top five", "refuses")
            ],
        ],
        [
            [
                f"{c['supplier']} {names.get(c['supplier'], '')}",
                percent(c["probability"]),
                number(c["quantity"]),
                number(c["recorded_or_simulated"]["median"]),
                percent(c["leads"]),
                percent(c["top_five"]),
                percent(c["refuses"]),
            ]
            for c in shown
        ],
    )
    terms = [_terms(c, labels) for c in shown]
    second = Table(
        "Utility term by term (mean)",
        [
            Column("state"),
            *[Column(t.replace("_", " "), True) for t in labels],
            Column("sum", True),
        ],
        terms,
    )
    refusing = Table(
        "What would have to change",
        [Column("state"), Column("")],
        [[c["supplier"], c["would_change"]] for c in shown if c["refuses"] > 0.5],
    )
    ranks = ", ".join(
        f"{code} {low:.0f} to {high:.0f}" for code, (low, high) in found.panel.items()
    )
    imposed = sorted({f"{k}: {v}" for c in shown[:1] for k, v in c["imposed_terms"].items()})
    return Shown(
        found.as_json(),
        [
            first,
            "leads, top five and refuses are shares of the declared parameter range; refuses = "
            "supplying is less likely than not.",
            second,
            refusing,
            *found.notes,
            f"The historical panel alone would rank them, of about 185 states: {ranks}."
            if ranks
            else "No ranks of the historical panel are given.",
            "Where the terms come from: " + "; ".join(imposed) + ".",
        ],
    )


def _terms(one: dict[str, Any], labels: list[str]) -> list[str]:
    """The utility of a candidate, term by term, and the sum."""
    by_term = [f"{one['terms'][label]:+.1f}" for label in labels]
    return [one["supplier"], *by_term, f"{one['utility']:+.1f}"]


COMMANDS = (compare, why)
