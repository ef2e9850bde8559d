"""Commands that ask what decides: sensitivity, discover, robust."""

from __future__ import annotations

from typing import Annotated, Optional  # noqa: UP035

import typer

from kautilya.cli import questions as shows
from kautilya.cli.door import Door, split

Scenario = Annotated[str, typer.Argument(help="a shipped scenario or the path of a folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
Seed = Annotated[int, typer.Option(help="seed of all luck; 0 is a seed", min=0)]
Sets = Annotated[Optional[list[str]], typer.Option(  # noqa: UP045
    "--set", help="change a figure: ID=VALUE, law.param[ACTOR,good]=VALUE or drive=model; "
    "may be given several times")]
Accept = Annotated[str, typer.Option(help="which published figures must hold: a profile of the "
                                     "accounts, or raw for draws from the raw ranges")]
NUMBER = "NAME[LABEL,...]@TIME, such as rounds[RUS,tube_round]@2025-12; TIME is a month or a year"


def sensitivity(
        scenario: Scenario,
        outcome: Annotated[list[str], typer.Option(help=f"{NUMBER}; may be given several times")],
        method: Annotated[str, typer.Option(help="sobol (shares of variance), morris "
                                            "(screening of every figure) or slopes (small "
                                            "steps, with a check of smoothness)")] = "sobol",
        by: Annotated[str, typer.Option(help="figure: single figures after a screening, all others "
                                        "together; law: the figures of each law together"
                                        )] = "figure",
        base: Annotated[int, typer.Option(help="most base points of Sobol', a power of two; runs "
                                          "are base x (factors + 2)")] = 4096,
        tolerance: Annotated[float, typer.Option(help="stop once no 95 % half-width of a total "
                                                 "index is wider")] = 0.05,
        singles: Annotated[int, typer.Option(help="figures taken one by one")] = 24,
        trajectories: Annotated[int, typer.Option(help="base points of the screening")] = 16,
        levers: Annotated[str, typer.Option(help="levers, separated by commas")] = "",
        seed: Seed = 0, sets: Sets = None, accept: Accept = "run", json: Json = False) -> None:
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
        door.tell(shows.sensitivity(found))


def discover(
        scenario: Scenario,
        where: Annotated[str, typer.Option(help="a condition in the language of claims")] = "",
        claim: Annotated[str, typer.Option(help="or the id of a claim of the scenario")] = "",
        turned: Annotated[bool, typer.Option("--not", help="look for where it does not hold"
                                             )] = False,
        futures: Annotated[int, typer.Option(help="number of futures", min=1)] = 2000,
        dims: Annotated[int, typer.Option(help="figures that the box may limit: those that differ "
                                          "most with and without it", min=1)] = 13,
        peel: Annotated[float, typer.Option(help="share that PRIM peels off at a time",
                                            min=0.01, max=0.5)] = 0.05,
        levers: Annotated[str, typer.Option(help="levers, separated by commas")] = "",
        seed: Seed = 0, sets: Sets = None, accept: Accept = "run", json: Json = False) -> None:
    """In which corner of the uncertainties something comes about: a box, and how far to trust it.

    Example: kautilya discover russia_dprk_2024
    --where "stock(RUS, tank, line) at 2025-12 < 1500 tank"
    """
    with Door(json) as door:
        from kautilya.claims.boxes import Where, discover_where
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.discovery import Search

        plan = Plan(futures, seed, Case(split(levers), tuple(sets or ()), "always", accept))
        with door.progress("futures") as tell:
            found = discover_where(scenario, Where(where, claim, turned), plan,
                                   Search(dims, peel, seed=seed), progress=tell)
        door.tell(shows.discover(found))


def robust(
        scenario: Scenario,
        levers: Annotated[str, typer.Option(help="levers, separated by commas; `show` lists them")],
        outcome: Annotated[str, typer.Option(help=NUMBER)],
        better: Annotated[str, typer.Option(help="whether max or min of the outcome is better"
                                            )] = "max",
        threshold: Annotated[Optional[float], typer.Option(  # noqa: UP045
            help="from where on the outcome is good enough")] = None,
        futures: Annotated[int, typer.Option(help="number of futures", min=1)] = 1024,
        seed: Seed = 0, sets: Sets = None, accept: Accept = "run", json: Json = False) -> None:
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
            found = studied(scenario, split(levers), Goal(outcome, better, threshold), plan,
                            progress=tell)
        door.tell(shows.robust(found))


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(sensitivity)
    app.command()(discover)
    app.command()(robust)
