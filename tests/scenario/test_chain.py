"""Who reads whom: chains to goods that move, dead ends, and the meters that say so."""

from __future__ import annotations

import json

import pytest
from support.conventions import truth

from kautilya import scenario as rooms
from kautilya.core.law import PHASES, Law, Values, Var, View
from kautilya.mechanisms import registry
from kautilya.scenario import chain


def law(name: str, phase="update", reads=(), writes=(), **more) -> Law:
    """A law that only declares."""

    def step(view: View) -> Values:
        return {}

    return Law(
        name, phase, step, reads=reads, writes=tuple(Var(w, (), "1", w) for w in writes), **more
    )


TOY = [
    law("ship", "flow", reads=("will",)),
    law("count", reads=("flow:ship",), writes=("shipped",)),
    law("belief", reads=("shipped",), writes=("believed", "spoken")),
    law("threat", "observe", reads=("absent",), writes=("cost",), reads_if=("believed",)),
    law("choice", "decide", reads=("cost", "will"), writes=("will",)),
    law("gauge", reads=("believed",), writes=("level",), meter="it only counts"),
    law("lost", reads=("level",), writes=("nothing",)),
]


@truth(
    "closed-form", source="a chain drawn by hand", kills="a link missed, or one to itself counted"
)
def test_chains_of_a_hand_made_war():
    """Direct, through two readers, around a loop through settled flows; what nobody reads ends."""
    way = chain.ways(TOY)
    assert way["choice"] == ("choice", "ship") and way["ship"] == ("ship",)
    assert way["belief"] == ("belief", "threat", "choice", "ship")
    assert way["count"] == ("count", "belief", "threat", "choice", "ship")
    assert chain.dead_ends(TOY) == {"gauge": "it only counts", "lost": ""}
    assert chain.Link("ship", "", "count") in chain.links(TOY)
    assert all(one.writer != one.reader for one in chain.links(TOY))
    assert chain.unread(TOY, ["nothing"]) == [("belief", "spoken")]
    drawn = chain.picture(TOY)
    assert "belief --> threat" in drawn and "choice --> choice" not in drawn


@truth("symmetry", source="relabelling", kills="a chain that depends on the order of the laws")
def test_the_order_of_the_laws_changes_no_length():
    """Backwards: the same lengths and dead ends."""
    back = TOY[::-1]
    assert {k: len(v) for k, v in chain.ways(back).items()} == {
        k: len(v) for k, v in chain.ways(TOY).items()
    }
    assert chain.dead_ends(back) == chain.dead_ends(TOY)


@pytest.mark.parametrize("name", [n for n in rooms.names() if n != "iwo_jima_1945"])
@truth(
    "invariant", source="declarations", kills="a meter that acts after all, or is one in name only"
)
def test_what_calls_itself_a_meter_is_one(name: str):
    """In every shipped scenario: no law with a chain to goods says that it only measures."""
    laws = [registry()[one] for one in rooms.load(name).head.laws]
    for one, way in chain.ways(laws).items():
        assert not (way and registry()[one].meter), one


@truth(
    "invariant",
    source="order of the phases",
    kills="a variable made anew each month that is read before it is made, and so never seen",
)
def test_what_is_read_is_there_when_it_is_read():
    """Read in a phase before it is made, or in the same one, a variable is carried from the month before."""
    laws = list(registry().values())
    made = {var.name: (law, var) for law in laws for var in law.writes}
    unseen = []
    for one in chain.links(laws):
        if one.name:
            law, var = made[one.name]
            late = PHASES.index(registry()[one.reader].phase) <= PHASES.index(law.phase)
            unseen += [one] if late and var.start is None else []
    assert not unseen


@truth("invariant", source="one table", kills="a view of the terminal that counts for itself")
def test_the_command_shows_the_same():
    """`show --reads --json` holds the links, chains and the picture."""
    from typer.testing import CliRunner

    from kautilya.cli.main import app

    said = CliRunner().invoke(app, ["show", "russia_dprk_2024", "--reads", "--json"])
    data = json.loads(said.stdout)
    laws = [registry()[one] for one in rooms.load("russia_dprk_2024").head.laws]
    assert data["picture"] == chain.picture(laws)
    assert {tuple(one.values()) for one in data["links"]} == set(map(tuple, chain.links(laws)))
