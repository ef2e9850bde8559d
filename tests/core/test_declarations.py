"""What a law says that it imposes, and what its variables are, is declared and holds together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.claims.record import ROLES
from kautilya.core.law import Imposed, Law, Param, Tells, Var
from kautilya.mechanisms import registry

LAWS = sorted(registry())


def assumed(param: Param) -> bool:
    """Whether the sign of any element is taken for granted."""
    signs = (param.sign,) if isinstance(param.sign, str) else tuple(param.sign.values())
    return "assumed" in signs


def unsaid(law: Law) -> list[str]:
    """Sentences without a parameter, and assumed signs without a sentence."""
    known = {one.name: one for one in law.params}
    found = [f"no parameter: {one.says!r}" for one in law.imposes if not one.params]
    found += [
        f"{name!r} of {one.says!r} is no parameter with a sign"
        for one in law.imposes
        for name in one.params
        if name not in known or not known[name].sign
    ]
    said = {name for one in law.imposes for name in one.params}
    return found + [
        f"no sentence: {name!r}" for name, one in known.items() if assumed(one) and name not in said
    ]


def untrue(law: Law, sets: set[str]) -> list[str]:
    """Variables that tell what their dims do not hold, or amounts that are no rate or count."""
    found = []
    for var in law.writes:
        if var.nature == "amount" and not var.unit.endswith("/month") and var.unit != "1":
            found.append(f"{var.name}: an amount of the month in {var.unit}")
        if var.tells is None:
            continue
        if set(var.tells.ends) != set(ROLES[var.tells.quantity]):
            found.append(f"{var.name}: {sorted(var.tells.ends)} of a {var.tells.quantity}")
        dims = [
            what[1:] + "?" if what[0] == "@" else what
            for what in var.tells.ends.values()
            if what[0] != "="
        ]
        if sorted(dims) != sorted(var.dims):
            found.append(f"{var.name}: {dims} of {var.dims}")
        found += [
            f"{var.name}: no set {what}"
            for what in var.tells.ends.values()
            if what[0] == "@" and what[1:] not in sets
        ]
    return found


@pytest.mark.parametrize("name", LAWS)
@truth(
    "invariant",
    source="STYLE 17, docs of a law",
    kills="a sign that is assumed and not said; a sentence that nothing carries",
)
def test_every_assumed_sign_is_said(name: str):
    assert not unsaid(registry()[name])


@pytest.mark.parametrize("name", LAWS)
@truth(
    "invariant",
    source="STYLE 17, docs of a law",
    kills="a flow from whom nobody knows; a level called an amount",
)
def test_what_a_variable_is_holds_together(name: str):
    sets = set(scenarios.load("russia_dprk_2024").sets)
    assert not untrue(registry()[name], sets)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda law: law._replace(imposes=()),
        lambda law: law._replace(imposes=(*law.imposes, Imposed("winter slows all", ()))),
        lambda law: law._replace(imposes=(*law.imposes, Imposed("winter slows all", ("winter",)))),
        lambda law: law._replace(params=(*law.params, Param("fear", (), "1", "", sign="assumed"))),
        lambda law: law._replace(
            params=(*law.params, Param("fear", ("x",), "1", "", sign={"a": "assumed"}))
        ),
        lambda law: law._replace(imposes=(*law.imposes, Imposed("a ramp is slow", ("ramp",)))),
    ],
)
@truth("invariant", source="the check itself", kills="a check that passes whatever a law declares")
def test_the_check_sees_what_is_unsaid(spoil: Callable[[Law], Law]):
    law = registry()["trade_state"]
    assert not unsaid(law) and unsaid(spoil(law))


@pytest.mark.parametrize(
    "var",
    [
        Var("sent", ("supplier",), "kt", "", nature="amount"),
        Var("sent", ("supplier",), "kt/month", "", tells=Tells("tie", {"from": "supplier"})),
        Var("sent", ("supplier",), "kt/month", "", tells=Tells("welfare", {"actor": "buyer"})),
        Var(
            "sent",
            ("supplier",),
            "kt/month",
            "",
            tells=Tells("tie", {"from": "supplier", "to": "@buyer"}),
        ),
        Var(
            "sent",
            ("nobody?", "supplier"),
            "kt/month",
            "",
            tells=Tells("tie", {"from": "supplier", "to": "@nobody"}),
        ),
    ],
)
@truth("invariant", source="the check itself", kills="a check that passes whatever a law declares")
def test_the_check_sees_what_is_untrue(var: Var):
    assert untrue(registry()["tie"]._replace(writes=(var,)), {"supplier", "buyer"})
