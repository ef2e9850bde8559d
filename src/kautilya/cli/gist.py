"""The question of a scenario, answered in a few sentences: stored where it is known, else run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Door, Shown
from kautilya.cli.options import Futures, Json, Seed
from kautilya.wording import many

FLAGSHIP = "russia_dprk_2024"
MARK = "   "  # before a trust line


def answer(
    scenario: Annotated[
        str, typer.Argument(help="a shipped scenario or the path of a folder")
    ] = FLAGSHIP,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="work it out again, whatever is stored")
    ] = False,
    futures: Futures = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Who supplies, who runs short of what and when, and what changes without the supplier.

    Under each statement stands how far to trust it: what it rests on, how such bands have held,
    and the uncertain figure that decides. An answer that ships with a scenario is marked stored.

    Example: kautilya answer russia_dprk_2024
    """
    with Door(json) as door:
        from kautilya.scenario.library import stored

        kept = None if fresh or (futures, seed) != (2000, 0) else stored(scenario)
        if kept is not None:
            door.tell(told(kept.document, scenario, kept.stale, from_store=True))
            return
        from kautilya import api
        from kautilya.runs.ensemble import Case, Plan

        with door.futures(scenario) as tell:
            found = api.answer(scenario, Plan(futures, seed, Case()), tell)
        door.tell(told(dict(found), scenario, "", from_store=False))


def told(document: dict[str, Any], name: str, stale: str, *, from_store: bool) -> Shown:
    """The statements with their trust lines, and where they come from."""
    blocks: list[Block] = [str(document["question"])]
    for part in document["parts"]:
        blocks += ["", str(part["says"]), f"{MARK}{part['trust']}"]
    again = f"kautilya answer {name} --fresh"
    origin = f"{many(document['futures'], 'future')}, as of {document['as_of']}"
    if stale:
        blocks += ["", f"Stored, and out of date: {stale}. Work it out: {again}"]
    elif from_store:
        blocks += ["", f"Stored: {origin}. Again: {again}"]
    else:
        blocks += ["", f"Run now: {origin}."]
    return Shown({**document, "stored": from_store, "stale": stale}, blocks)


COMMANDS = (answer,)
