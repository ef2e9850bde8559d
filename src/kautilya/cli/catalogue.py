"""Scenarios: which there are, one in full, a new one, its mistakes, its schema."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table
from kautilya.cli.options import Json, Scenario
from kautilya.scenario.mistakes import Mistake


def scenarios(json: Json = False) -> None:
    """List the scenarios that come with Kautilya."""
    with Door(json) as door:
        door.tell(every())


def every() -> Shown:
    """All shipped scenarios."""
    from kautilya import scenario as rooms

    rows = []
    for name in rooms.names():
        one = rooms.load(name)
        rows.append(
            {
                "id": name,
                "title": one.head.title,
                "question": one.head.question,
                "start": one.head.start,
                "horizon": one.head.horizon,
                "as_of": one.head.as_of.isoformat(),
            }
        )
    table = Table(
        "Scenarios",
        [Column("id"), Column("months"), Column("question")],
        [[r["id"], f"{r['start']} to {r['horizon']}", r["question"]] for r in rows],
    )
    return Shown({"scenarios": rows}, [table])


def show(scenario: Scenario, json: Json = False) -> None:
    """Show a scenario: actors, goods, laws, levers, uncertainties, outcomes, grades."""
    with Door(json) as door:
        door.tell(one(scenario))


def _law(law: Any) -> dict[str, Any]:
    """A law for JSON: what it imposes, and how far it is proved."""
    imposes = [one.says for one in law.imposes]
    return {
        "name": law.name,
        "phase": law.phase,
        "parts": law.parts,
        "imposes": imposes,
        **_label(law),
    }


def one(name: str) -> Shown:
    """One scenario."""
    from kautilya import scenario as rooms
    from kautilya.mechanisms import registry

    made = rooms.load(name)
    laws = registry()
    used = [laws[law] for law in made.head.laws if law in laws]
    figures: list[Any] = [*made.quantities, *made.figures]
    assumed = sum(row.status in ("assumed", "imposed") for row in made.quantities)
    data = {
        "id": made.id,
        "title": made.head.title,
        "question": made.head.question,
        "start": made.head.start,
        "as_of": made.head.as_of.isoformat(),
        "horizon": made.head.horizon,
        "digest": made.digest,
        "caution": made.head.caution,
        "actors": {a.code: a.name for a in made.actors},
        "goods": made.units,
        "laws": [_law(law) for law in used],
        "levers": {lever.id: lever.says for lever in made.levers},
        "parts": parts(made, used),
        "uncertainties": sum(row.distribution != "fixed" for row in made.quantities),
        "quantities": len(made.quantities),
        "assumed": assumed,
        "figures": len(made.figures),
        "by_grade": dict(sorted(Counter(row.grade for row in figures).items())),
        "outcomes": {o.id: {"says": o.says, "parts": o.parts} for o in made.outcomes},
    }
    return Shown(data, _scenario_blocks(data))


def _label(law: Any) -> dict[str, Any]:
    """What the record says of a law, and of the formulas under it."""
    from kautilya.validation.labels import label, rests

    own = label(law.name)
    return {
        "label": own.word,
        "because": own.because,
        "rests_on": {name: one.word for name, one in rests(law).items()},
    }


def parts(one: Any, used: list[Any]) -> dict[str, dict[str, list[str]]]:
    """Each system part: the laws that serve it with their labels, its outcomes and levers."""
    found: dict[str, dict[str, list[str]]] = {}
    for kind, items in (
        ("laws", [(f"{law.name} ({_label(law)['label']})", law.parts) for law in used]),
        ("outcomes", [(o.id, o.parts) for o in one.outcomes]),
        ("levers", [(lever.id, lever.parts) for lever in one.levers]),
    ):
        for name, served in items:
            for part in served:
                entry = found.setdefault(part, {"laws": [], "outcomes": [], "levers": []})
                entry[kind].append(name)
    return dict(sorted(found.items()))


def _part_row(part: str, entry: dict[str, list[str]]) -> list[str]:
    return [part, *(", ".join(entry[kind]) for kind in ("laws", "outcomes", "levers"))]


def _law_row(law: dict[str, Any]) -> list[str]:
    rests = ", ".join(f"{name} ({word})" for name, word in law["rests_on"].items())
    return [law["name"], law["phase"], " ".join(law["parts"]), law["label"], law["because"], rests]


def _scenario_blocks(data: dict[str, Any]) -> list[Block]:
    grades = ", ".join(f"{grade} {count}" for grade, count in data["by_grade"].items())
    return [
        f"{data['title']} ({data['id']})",
        data["question"],
        f"{data['start']} to {data['horizon']}, as of {data['as_of']}. {data['caution']}",
        f"{data['assumed']} of {data['quantities']} quantities are assumed or imposed; "
        f"{data['uncertainties']} are uncertain; {data['figures']} published figures. "
        f"Grades: {grades}.",
        "Actors: " + ", ".join(f"{code} {name}" for code, name in data["actors"].items()),
        "Goods: " + ", ".join(f"{good} [{unit}]" for good, unit in data["goods"].items()),
        Table(
            "System parts",
            [Column("part"), Column("laws (label)"), Column("outcomes"), Column("levers")],
            [_part_row(part, entry) for part, entry in data["parts"].items()],
        ),
        Table(
            "Laws",
            [
                Column("law"),
                Column("phase"),
                Column("parts"),
                Column("label"),
                Column("because"),
                Column("rests on"),
            ],
            [_law_row(law) for law in data["laws"]],
        ),
        Table(
            "Levers",
            [Column("lever"), Column("what it says")],
            [[key, says] for key, says in data["levers"].items()],
        ),
        Table(
            "Outcomes",
            [Column("outcome"), Column("what it is"), Column("parts")],
            [[key, o["says"], " ".join(o["parts"])] for key, o in data["outcomes"].items()],
        ),
    ]


def new(
    name: Annotated[str, typer.Argument(help="name of your scenario")],
    folder: Annotated[Path, typer.Option(help="where to put it")] = Path("."),
    json: Json = False,
) -> None:
    """Write a small scenario that runs, for you to change."""
    with Door(json) as door:
        from kautilya import scenario as rooms

        path = rooms.new(name, folder)
        door.tell({"folder": str(path), "next": f"kautilya check {path}; kautilya run {path}"})


def check(
    path: Annotated[Path, typer.Argument(help="folder of a scenario")], json: Json = False
) -> None:
    """List every mistake of a scenario at once, with file, line, finding and remedy."""
    with Door(json) as door:
        from kautilya import scenario as rooms
        from kautilya.claims.file import mistakes as misread

        mistakes = rooms.check(path)
        sound = not mistakes
        if sound:
            from kautilya.accounts.feeds import mistakes as clashes

            mistakes = clashes(path)
        loaded = rooms.load(path) if sound else None
        mistakes = [*mistakes, *misread(loaded.folder if loaded else path, loaded)]
        door.tell(listed(mistakes, path, rooms.notes(path)))
        if mistakes:
            raise typer.Exit(2)


def listed(found: list[Mistake], path: Path, notes: list[Mistake]) -> Shown:
    """All mistakes of a scenario, after what is no mistake but changes what a run sees."""
    data = {
        "path": str(path),
        "mistakes": [m._asdict() for m in found],
        "notes": [m._asdict() for m in notes],
    }
    lines = [
        *_noted(notes),
        *(
            f"{m.file}:{m.line}{' ' + m.column if m.column else ''}: {m.found}. {m.remedy}."
            for m in found
        ),
    ]
    if not found:
        return Shown(data, [*lines, f"{path}: no mistakes"])
    return Shown(data, [*lines, f"{len(found)} mistake{'s' if len(found) > 1 else ''}"])


def _noted(notes: list[Mistake]) -> list[str]:
    """Notes, those of one file with one reason in one line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in notes:
        groups.setdefault((one.file, one.found, one.remedy), []).append(str(one.line))
    return [
        f"note: {file}:{','.join(lines)}: {found}. {remedy}."
        for (file, found, remedy), lines in groups.items()
    ]


def schema(json: Json = False) -> None:
    """Print the JSON Schema of the scenario format."""
    with Door(True) as door:
        from kautilya import scenario as rooms

        door.tell(Shown(rooms.json_schema(), []))


COMMANDS = (scenarios, show, new, check, schema)
