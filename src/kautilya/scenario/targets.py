"""What figures can fill: the parameters and records of the laws that are switched on.

An element is one combination of labels. Selectors name one label or all ("*"): the first
actor dim is `actor`, the second `partner`, goods `good`, labels `label`; where a parameter
has several dims of goods or labels, their labels are joined by "/".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.scenario import EVERY, Members, Scenario
from kautilya.scenario.toml_text import line_of

OPENING = "opening.stock"
Labels = tuple[str, ...]


class Target(NamedTuple):
    """One array to be filled.

    axes      actor | good | label | stage, one for each dim; members: the labels of each dim
    elements  all combinations that exist, in the order of the model
    unit      of the law, with "{good}" for the unit of the element's good
    path      whether it is interpolated between months
    """

    name: str
    axes: tuple[str, ...]
    members: tuple[Labels, ...]
    elements: tuple[Labels, ...]
    unit: str
    path: bool
    missing: float = 0.0


def sets_of(scn: Scenario, laws: Iterable[Any]) -> dict[str, Members]:
    """The scenario's sets and those that laws bring along."""
    out = dict(scn.sets)
    for law in laws:
        out |= {name: Members("label", tuple(found)) for name, found in law.labels.items()}
    return out


def opening(scn: Scenario) -> Target:
    """The accounts of actors as a target."""
    accounts = tuple((a.actor, a.good, a.stage) for a in scn.accounts)
    members = tuple(tuple(dict.fromkeys(labels)) for labels in zip(*accounts, strict=True))
    return Target(OPENING, ("actor", "good", "stage"), members or ((), (), ()), accounts,
                  "{good}", False)


def targets(scn: Scenario, laws: Sequence[Any]
            ) -> tuple[dict[str, Target], dict[str, Target], list[Mistake], set[str]]:
    """Parameters and records by name (law.param), sets that laws need in vain, and the names
    that cannot be filled for that reason."""
    sets = sets_of(scn, laws)
    params: dict[str, Target] = {OPENING: opening(scn)}
    records: dict[str, Target] = {}
    mistakes: list[Mistake] = []
    lost: set[str] = set()
    for law in laws:
        for kind, into in ((law.params, params), (law.series, records)):
            for one in kind:
                absent = [d for d in one.dims if d not in sets]
                name = f"{law.name}.{one.name}"
                if absent:
                    mistakes += _no_set(scn, law.name, absent, sets)
                    lost.add(name)
                else:
                    into[name] = _target(name, one, [sets[d] for d in one.dims])
        for var in (*law.writes, *law.draws):
            mistakes += _no_set(scn, law.name, [d for d in var.dims if d not in sets], sets)
    return params, records, list(dict.fromkeys(mistakes)), lost


def _target(name: str, one: Any, dims: list[Members]) -> Target:
    members = tuple(d.members for d in dims)
    return Target(name, tuple(d.axis for d in dims), members, tuple(product(*members)),
                  one.unit, getattr(one, "path", False), getattr(one, "missing", 0.0))


def _no_set(scn: Scenario, law: str, absent: Iterable[str], sets: Mapping[str, Any]
            ) -> list[Mistake]:
    line = line_of(scn.where, ("laws",))
    return [Mistake("scenario.toml", line, "laws", f"law '{law}' needs the set '{name}'",
                    f"Add [sets.{name}] with axis and members ({near(name, sets)})")
            for name in absent]


def place(target: Target, row: Any) -> tuple[Labels, list[tuple[str, str, str]]]:
    """The selector of a row for each dim ("*" = all), and what is wrong with it."""
    given = {"actor": [row.actor, row.partner], "good": row.good.split("/"),
             "label": getattr(row, "label", "").split("/"), "stage": [getattr(row, "stage", "")]}
    columns = {"actor": ("actor", "partner"), "good": ("good",) * 9, "label": ("label",) * 9,
               "stage": ("stage",)}
    wrong: list[tuple[str, str, str]] = []
    out: list[str] = []
    for axis, members in zip(target.axes, target.members, strict=True):
        used = sum(a == axis for a in target.axes[: len(out)])
        label = given[axis][used] if used < len(given[axis]) else "*"
        if axis != "stage" and label in EVERY:
            label = "*"
        if label not in ("*", *members):
            what = {"stage": "stage of an account"}.get(axis, f"{axis} of {target.name}")
            wrong.append((columns[axis][min(used, 1)], f"unknown {what}: {shown(label)}",
                          near(label, members)))
        out.append(label)
    for axis, labels in given.items():
        dims = target.axes.count(axis)
        for extra, label in enumerate(labels[dims:]):
            if label not in EVERY and axis != "stage":
                column = columns[axis][min(dims + extra, 1)]
                wrong.append((column, f"'{column}' is given, but {target.name} has no such dim",
                              "Leave it empty"))
    return tuple(out), wrong


def covered(target: Target, selector: Labels) -> list[int]:
    """Numbers of all elements that a selector names, however specific other rows are."""
    return [i for i, labels in enumerate(target.elements)
            if all(s in ("*", label) for s, label in zip(selector, labels, strict=True))]


def good_of(target: Target, labels: Labels) -> str:
    """The good of an element: its first good label, or none."""
    return labels[target.axes.index("good")] if "good" in target.axes else ""
