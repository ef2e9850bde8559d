"""What a verdict rests on: paths, weights that are only assumed, and what a law makes so."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from support.conventions import ROOT, truth

from kautilya.claims import grounds
from kautilya.claims.badges import NONE, Behind, badge
from kautilya.claims.file import load
from kautilya.claims.grounds import Case, Graph
from kautilya.claims.language import meaning
from kautilya.claims.weighing import certain
from kautilya.core.law import Law, Param
from kautilya.scenario import load as loaded
from kautilya.scenario.schema import Change, Quantity, Verdicts

TEMPLATE = str(ROOT / "src/kautilya/scenario/template")


def law(name, *params):
    return Law(name, "update", lambda view: {}, params=params)


HUNGER = law("hunger", Param("gain", (), "1", "gain"))
UNREST = law("unrest", Param("on_hunger", (), "1", "on hunger", sign="assumed"))
LEAF = law("leaf", Param("scale", (), "1", "scale"))
GRAPH = Graph(
    {one.name: one for one in (HUNGER, UNREST, LEAF)},
    {"unrest": frozenset({"hunger", 3}), 3: frozenset({"hunger"})},
    {
        "exit": frozenset({"unrest"}),
        "lacking": frozenset({"hunger"}),
        "stock": frozenset({3}),
        "meter": frozenset({"leaf"}),
    },
    {"exit": "", "lacking": "", "stock": "", "meter": ""},
)


def figure(parameter, low, high, status="assumed", **labels):
    return Quantity.model_validate(
        {
            "id": parameter.replace(".", "-").replace("_", "-"),
            "parameter": parameter,
            "low": low,
            "high": high,
            "unit": "1",
            "distribution": "uniform",
            "source": "x",
            "date": "2024-01-01",
            "grade": "F6",
            "status": status,
            **labels,
        }
    )


def scenario(*rows, **levers):
    made = [
        SimpleNamespace(id=name, set=[Change(parameter=one, value=0.0) for one in changed])
        for name, changed in levers.items()
    ]
    return SimpleNamespace(quantities=rows, levers=made)


def difference(outcome, case="cut", threshold=0.1, op=">"):
    """The difference that a case makes to an outcome, compared with a number."""
    cells, periods = meaning.Cells(outcome, ()), meaning.Periods("year", ("2025",))
    there, here = (meaning.Read(cells, periods, "mean", one) for one in (case, ""))
    return SimpleNamespace(
        term=meaning.Test(op, meaning.Compared(there, here, False), meaning.Const(threshold)),
        needs=(case,),
    )


def reason(scn, checked, settled=lambda row: row.status not in ("assumed", "imposed")):
    return grounds.ungrounded(scn, GRAPH, Case(checked, settled, lambda row: row.parameter))


@truth(
    "required",
    source="not identified where there is no path, or only assumed coefficients",
    kills="a claim that fails because the model has no arrow for it",
)
def test_an_effect_without_grounds_is_not_identified():
    gain, weight = figure("hunger.gain", 0, 1), figure("unrest.on_hunger", 0, 4)
    scn = scenario(gain, weight, cut=["hunger.gain"])
    assert "nothing in the model leads" in reason(scn, difference("meter"))
    assert reason(scn, difference("lacking")) == reason(scn, difference("stock")) == ""
    assert "only assumed: unrest.on_hunger" in reason(scn, difference("exit"))
    known = scenario(gain, figure("unrest.on_hunger", 0, 4, "computed"), cut=["hunger.gain"])
    assert reason(known, difference("exit")) == "", (
        "a weight that comes from data carries an effect"
    )
    assert reason(scn, difference("exit"), lambda row: True) == "", "and one that was learned"


@truth(
    "required",
    source="not identified where there is no path, or only assumed coefficients",
    kills="the effect of a weight whose sign is open, told as if it were known",
)
def test_a_lever_that_only_moves_an_assumed_weight():
    for low, high, status, open_ in (
        (0, 4, "assumed", True),
        (0, 4, "computed", False),
        (-1, 1, "computed", True),
    ):
        row = figure("unrest.on_hunger", low, high, status)
        scn = scenario(row, cut=["unrest.on_hunger"])
        said = reason(
            scn,
            difference("exit"),
            lambda one: one.status != "assumed" and not grounds.straddles(one),
        )
        assert bool(said) == open_, (low, high, status, said)
    mixed = scenario(
        figure("unrest.on_hunger", 0, 4),
        figure("hunger.gain", 0, 1, "reported"),
        cut=["unrest.on_hunger", "hunger.gain"],
    )
    assert "what is changed" not in reason(mixed, difference("exit"))


@truth("closed-form", source="selectors of a lever", kills="every label of a parameter taken")
def test_figures_that_a_lever_changes():
    rows = [figure("choice.on_politics", -1, 1, label=one) for one in ("enemy", "reputation")]
    lever = SimpleNamespace(
        id="cut", set=[Change(parameter="choice.on_politics", label="enemy", value=0.0)]
    )
    scn = SimpleNamespace(quantities=rows, levers=[lever])
    assert [one.label for one in grounds.changed(scn, ["cut"])] == ["enemy"]
    assert grounds.changed(scn, [""]) == []


@truth("closed-form", source="conditions made by hand", kills="an amount taken for a direction")
def test_a_direction_is_told_from_a_size():
    assert grounds.only_sign(difference("exit", threshold=0.0))
    assert not grounds.only_sign(difference("exit", threshold=0.05))
    both = meaning.Every("and", (difference("exit", threshold=0.0).term, difference("exit").term))
    assert not grounds.only_sign(SimpleNamespace(term=both))


@truth(
    "required",
    source="imposed where a law enforces it",
    kills="what the form of a law makes so, badged as record or as a finding",
)
def test_what_a_law_makes_so_is_imposed():
    read = meaning.Read(
        meaning.Cells("payments", ()), meaning.Periods("year", ("2024",)), "sum", ""
    )
    some = meaning.Test(">", meaning.Sum("+", read, read), meaning.Const(0.3))
    form = {"payments": "what is delivered is paid for", "fired": ""}
    assert grounds.made_so(SimpleNamespace(term=some), form) == form["payments"]
    unit = meaning.Test(">", read, meaning.Scaled(meaning.Const(0.3), 1e3))
    assert grounds.made_so(SimpleNamespace(term=unit), form) == form["payments"]
    less = meaning.Test("<", read, meaning.Const(0.3))
    more = meaning.Test(">", read, read)
    fired = meaning.Read(meaning.Cells("fired", ()), read.periods, "sum", "")
    other = meaning.Test(">", fired, meaning.Const(0.0))
    for term in (less, more, other, meaning.Every("not", (some,))):
        assert grounds.made_so(SimpleNamespace(term=term), form) == ""
    both = meaning.Every("and", (some, other))
    assert grounds.made_so(SimpleNamespace(term=both), form) == form["payments"]
    all_ = np.ones(100, dtype=bool)
    told = Behind(certain(0.5), True, NONE, form["payments"])
    assert badge("projection", all_, told, Verdicts()) == "imposed"
    assert badge("projection", ~all_, told, Verdicts()) == "record"


@truth(
    "invariant", source="laws declare what they read", kills="a path that the graph does not see"
)
def test_the_graph_of_the_starter():
    scn = loaded(TEMPLATE)
    found = grounds.graph(scn)
    for lever in scn.levers:
        laws = grounds.sources(scn, [lever.id])
        assert found.reaches(laws, ["fired"]), lever.id
    assert not found.reaches(["nobody"], found.makers)
    assert set(found.makers) == {one.id for one in scn.outcomes} and all(found.makers.values())


ANAPHORA = (
    "it",
    "they",
    "he",
    "she",
    "this",
    "that",
    "these",
    "the same",
    "without it",
    "without them",
    "by ",
    "for ",
    "at least",
    "none",
    "more than",
    "a mix",
)


@pytest.mark.parametrize("name", ["russia_dprk_2024", "template"])
@truth(
    "required",
    source="variants stand under their parent with a text that stands alone",
    kills="a reading that nobody understands without the line above it",
)
def test_other_readings_stand_alone(name):
    """Each names whom or what it is about, and leans on no other sentence."""
    scn = loaded(TEMPLATE if name == "template" else name)
    words = {one.name.split()[0].lower() for one in scn.actors} | {"western", "supplier", "war"}
    words |= {"russian", "ukrainian", "north", "soldiers", "sanctions", "deliveries", "african"}
    for claim in load(scn):
        for one in claim.row.variants:
            said = one.says.lower()
            assert not said.startswith(ANAPHORA), one.says
            assert len(said.split()) >= 6 and any(word in said for word in words), one.says
