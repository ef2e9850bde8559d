"""Scenarios: which there are, one in full, a new one, its mistakes, its schema."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table
from kautilya.cli.options import All, Json, Known, Scenario
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.scenario.mistakes import Mistake


def scenarios(json: Json = False) -> None:
    """List the scenarios that come with Kautilya."""
    with Door(json) as door:
        door.tell(every())


def every() -> Shown:
    """All shipped scenarios."""
    from kautilya import scenario as rooms

    rows: list[dict[str, Any]] = []
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
                "size": size(one),
            }
        )
    table = Table(
        "Scenarios",
        [Column("id"), Column("time"), Column("size"), Column("question")],
        [
            [r["id"], f"{r['start']} to {r['horizon']}", _sized(r["size"]), r["question"]]
            for r in rows
        ],
    )
    said = (
        f"{many(len(rows), 'scenario is', 'scenarios are')} shipped, each with a question: `kautilya answer` "
        "and an id; `kautilya new my_case --like` and an id makes a copy to change."
    )
    return Shown({"scenarios": rows}, [said, table])


def size(one: Any) -> dict[str, Any]:
    """How large a scenario is: sides, actors, goods, steps, laws, figures; assumed: of the figures."""
    sides = one.sets.get("belligerent")
    return {
        "sides": len(sides.members) if sides else 0,
        "actors": len(one.actors),
        "goods": len(one.units),
        "steps": len(one.months),
        "step": one.head.step,
        "laws": len(one.head.laws),
        "figures": len(one.quantities),
        "assumed": sum(row.status in ("assumed", "imposed") for row in one.quantities),
    }


def _sized(made: dict[str, Any]) -> str:
    counts = [
        *((made[name], name) for name in ("sides", "actors", "goods")),
        (made["steps"], f"{made['step']}s"),
        (made["figures"], "figures"),
    ]
    return ", ".join(f"{n:,} {name[:-1] if n == 1 else name}" for n, name in counts if n)


Reads = Annotated[bool, typer.Option("--reads", help="which law reads which, and how it acts")]


def show(
    scenario: Scenario, everything: All = False, reads: Reads = False, json: Json = False
) -> None:
    """What is in a scenario: its question, states, goods, levers and outcomes, and what is assumed.

    With --reads: who reads whom among its laws, by which chain each acts on goods that move, and
    which ones only measure.

    Example: kautilya show russia_dprk_2024 --all
    """
    with Door(json) as door:
        door.tell(chains(scenario) if reads else one(scenario, everything))


def chains(name: str) -> Shown:
    """Who reads whom among the laws of a scenario."""
    from kautilya import scenario as rooms
    from kautilya.mechanisms import registry
    from kautilya.scenario import chain

    made, known = rooms.load(name), registry()
    laws = [known[law] for law in made.head.laws if law in known]
    rows, ends = chain.rows(laws), chain.dead_ends(laws)
    told = [one.name for one in made.outcomes if one.kind == "variable"]
    data = {
        "links": [one._asdict() for one in chain.links(laws)],
        "chains": chain.ways(laws),
        "dead_ends": ends,
        "unread": chain.unread(laws, told),
        "picture": chain.picture(laws),
    }
    faults = [law for law, why in ends.items() if not why]
    head = (
        f"{many(len(laws), 'law')}, {many(len(data['links']), 'link')}. {len(laws) - len(ends)} act on goods, men or "
        f"money, by the chain in the last column; {len(ends) - len(faults)} only measure and say why"
        + (f"; dead ends without a reason: {', '.join(faults)}." if faults else ".")
    )
    table = Table(
        "Who reads whom",
        [Column("law"), Column("read by"), Column("acts by")],
        [[law, ", ".join(readers) or "nobody", end] for law, _, readers, end in rows],
    )
    return Shown(data, [head, table, "As a picture (Mermaid): --reads --json, key picture."])


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


def one(name: str, everything: bool = False) -> Shown:
    """One scenario."""
    from kautilya import scenario as rooms
    from kautilya.mechanisms import registry
    from kautilya.scenario.lexicon import Names

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
    return Shown(data, _scenario_blocks(data, Names(made), everything))


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


def _law_row(law: dict[str, Any], names: Any) -> list[str]:
    return [names.law(law["name"]), law["label"], law["because"], law["name"]]


def _scenario_blocks(data: dict[str, Any], names: Any, everything: bool) -> list[Block]:
    """The question and what it rests on; levers and outcomes, with what is typed for them."""
    grades = ", ".join(f"{grade} {count}" for grade, count in data["by_grade"].items())
    assumed, count = data["assumed"], max(data["quantities"], 1)
    head: list[Block] = [
        f"{data['title']}: {data['question']}",
        f"{data['start']} to {data['horizon']}, as of {data['as_of']}. {data['caution']}",
        f"{assumed} of {data['quantities']} quantities ({100 * assumed / count:.0f} %) are assumed "
        f"or imposed, {data['uncertainties']} are uncertain; {many(data['figures'], 'published figure')}.",
        f"States: {', '.join(data['actors'].values())}.",
        "Goods: " + ", ".join(names.of(good) for good in data["goods"]) + ".",
    ]
    levers = Table(
        "Levers: what somebody could decide",
        [Column("what"), Column("type")],
        [[says, key] for key, says in data["levers"].items()],
    )
    outcomes = Table(
        "Outcomes: what a run gives",
        [Column("what"), Column("type")],
        [[names.outcome(key), key] for key in data["outcomes"]],
    )
    if not everything:
        laws = many(len(data["laws"]), "law is on", "laws are on")
        return [
            *head,
            levers,
            f"{laws}, {many(len(data['outcomes']), 'outcome')}; all of them, and what is typed for states and goods: --all.",
        ]
    return [
        *head,
        f"Grades: {grades}.",
        Table(
            "States and goods",
            [Column("what"), Column("type")],
            [[names.of(key), key] for key in (*data["actors"], *data["goods"])],
        ),
        levers,
        outcomes,
        Table(
            "Laws",
            [Column("what"), Column("label"), Column("because"), Column("type")],
            [_law_row(law, names) for law in data["laws"]],
        ),
        Table(
            "System parts",
            [Column("part"), Column("laws (label)"), Column("outcomes"), Column("levers")],
            [_part_row(part, entry) for part, entry in data["parts"].items()],
        ),
    ]


Like = Annotated[
    str, typer.Option(help="duel, battle, war, alliance or sanctions; or a scenario to copy")
]
Sides = Annotated[str, typer.Option(help="who fights, as IRN=Iran,IRQ=Iraq")]
Suppliers = Annotated[str, typer.Option(help="who supplies, or does not join the sanctions")]
Aided = Annotated[str, typer.Option(help="which sides are supplied; the first if left out")]
Goods = Annotated[str, typer.Option(help="equipment beside artillery, as tank,apc")]
Start = Annotated[str, typer.Option(help="first month; first day of a duel or battle")]
Length = Annotated[int | None, typer.Option("--months", "--days", help="how many months, or days")]
Strengths = Annotated[str, typer.Option(help="men of the two sides of a duel or battle")]


def _asked(like: str, given: dict[str, Any], quiet: bool) -> Any:
    """What a new scenario is filled in with: flags, else what is typed in, else the example."""
    from kautilya.errors import KautilyaError
    from kautilya.scenario.starters import KINDS, Asked, asked_of, of_use

    found: dict[str, Any] = {key: value for key, value in given.items() if value not in ("", None)}
    if found and like not in KINDS:
        raise KautilyaError(
            "--like", f"flags without a kind: {', '.join(found)}", "Give --like war"
        )
    if found:
        of_use(like, found)
    for key in found.keys() - {"start", "length"}:
        found[key] = tuple(one.strip() for one in found[key].split(",") if one.strip())
    if "strengths" in found:
        found["strengths"] = _two_numbers(found["strengths"])
    short: dict[str, Any] = (
        {"length": 30, "start": "2022-01-01"} if like in ("duel", "battle") else {}
    )
    asked = Asked(**(short | found))
    if found or quiet or like not in KINDS or not sys.stdin.isatty():
        return asked
    return asked_of(lambda text, default: typer.prompt(text, default), like, asked)


def _two_numbers(given: tuple[str, ...]) -> tuple[float, float]:
    from kautilya.errors import KautilyaError
    from kautilya.scenario.cells import LARGEST, NUMBER

    plain = [one for one in given if NUMBER.fullmatch(one) and float(one) <= LARGEST]
    if len(given) != 2 or plain != list(given):
        raise KautilyaError("--strengths", ",".join(given), "Give two numbers, as 1000,800")
    return float(given[0]), float(given[1])


def new(
    name: Annotated[str, typer.Argument(help="name of your scenario")],
    folder: Annotated[Path, typer.Option(help="where to put it")] = Path("."),
    like: Like = "",
    sides: Sides = "",
    suppliers: Suppliers = "",
    aided: Aided = "",
    goods: Goods = "",
    start: Start = "",
    length: Length = None,
    strengths: Strengths = "",
    json: Json = False,
) -> None:
    """Write a small scenario that runs, for you to change."""
    with Door(json) as door:
        from kautilya import scenario as rooms

        given = {
            "sides": sides,
            "suppliers": suppliers,
            "aided": aided,
            "goods": goods,
            "start": start,
            "length": length,
            "strengths": strengths,
        }
        path = rooms.new(name, folder, like, _asked(like, given, json))
        door.tell({"folder": str(path), "next": f"kautilya check {path}; kautilya run {path}"})


def check(
    path: Annotated[Path, typer.Argument(help="folder of a scenario")],
    as_of: Known = "",
    json: Json = False,
) -> None:
    """List every mistake of a scenario at once, with file, line, finding and remedy.

    With --as-of it lists what a run as of that day would not see, and what is then missing.
    """
    with Door(json) as door:
        from kautilya import scenario as rooms
        from kautilya.claims.file import mistakes as misread
        from kautilya.scenario.check import dated, of_own

        place, named = dated(path)
        path, as_of = Path(place), as_of or named
        mistakes = rooms.check(path, as_of=as_of)
        sound = not mistakes
        if not as_of:
            from kautilya.accounts.feeds import misread as undeclared
            from kautilya.accounts.feeds import mistakes as clashes

            mistakes = [*mistakes, *(clashes(path) if sound else undeclared(path))]
        loaded = rooms.load(path, as_of) if sound else None
        mistakes = [*mistakes, *misread(loaded.folder if loaded else path, loaded)]
        notes = rooms.notes(path, as_of)
        door.tell(listed(mistakes, path, (notes, of_own(path, notes)), _absent(loaded)))
        if mistakes:
            raise typer.Exit(2)


def _absent(scenario: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    """Terms that the laws of a sound scenario go without, by law and term in words."""
    from kautilya.scenario.lawcheck import goes_without
    from kautilya.scenario.lexicon import Names

    if scenario is None:
        return {}
    names = Names(scenario)
    out: dict[str, dict[str, tuple[str, ...]]] = {}
    for law, terms in goes_without(scenario).items():
        out[names.law(law)] = {names.of(term, "term"): lacks for term, lacks in terms.items()}
    return out


SHORT = 4  # terms that are named; the rest are counted


def _missing(absent: dict[str, dict[str, tuple[str, ...]]]) -> list[str]:
    """What is absent: a line for what several laws go without alike, and for each other law."""
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for law, lacking in absent.items():
        alike.setdefault((tuple(lacking), *lacking.values()), []).append(law)
    lines = []
    for (terms, *lacks), laws in alike.items():
        said = ", ".join(terms[:SHORT])
        more = len(terms) - SHORT
        said += f" and {many(more, 'more term')}" if more > 0 else ""
        needs = "" if len(terms) > 1 else f" (needs {' and '.join(lacks[0])})"
        rest = "; each comes with its figures, and --json lists them" if len(terms) > 1 else ""
        goes = "go" if len(laws) > 1 else "goes"
        lines.append(f"note: {' and '.join(laws)} {goes} without {said}{needs}{rest}.")
    return lines


def listed(
    found: list[Mistake],
    path: Path,
    notes: tuple[list[Mistake], list[Mistake]],
    absent: dict[str, dict[str, tuple[str, ...]]] | None = None,
) -> Shown:
    """All mistakes of a scenario, and then what is no mistake but changes what a run sees.

    notes   all of them, and those that are told: not on rows of the scenario that it changes
    """
    every, own = notes
    data = {
        "path": str(path),
        "mistakes": [m._asdict() for m in found],
        "notes": [m._asdict() for m in every],
        "absent": absent or {},
    }
    below = len(every) - len(own)
    lines = [
        *(
            f"{_place(m)}{' ' + m.column if m.column else ''}: {m.found}. {m.remedy}."
            for m in found
        ),
        *_noted(own),
        *([f"note: {many(below, 'note')} on rows of its base; --json lists them."] * bool(below)),
        *_missing(absent or {}),
    ]
    if not found:
        return Shown(data, [*lines, f"{path}: no mistakes"])
    return Shown(data, [*lines, many(sum(one.stands for one in found), "mistake")])


def _place(one: Mistake) -> str:
    """File and line; the file alone where the mistake is none of a line."""
    return f"{one.file}:{one.line}" if one.line else one.file


def _noted(notes: list[Mistake]) -> list[str]:
    """Notes, those of one file with one reason in one line."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for one in notes:
        groups.setdefault((one.file, one.found, one.remedy), []).append(str(one.line))
    return [
        f"note: {file}:{', '.join(lines)}: {found}. {remedy}."
        for (file, found, remedy), lines in groups.items()
    ]


def schema(json: Json = False) -> None:
    """Print the JSON Schema of the scenario format."""
    with Door(True) as door:
        from kautilya import scenario as rooms

        door.tell(Shown(rooms.json_schema(), []))


def glossary(
    word: Annotated[str, typer.Argument(help="one word; left out: all of them")] = "",
    json: Json = False,
) -> None:
    """Explain the words of the trade: badge, as-of date, emergent, lever, not identified ...

    Example: kautilya glossary emergent
    """
    with Door(json) as door:
        door.tell(explained(word))


def explained(word: str) -> Shown:
    """All words, or one and those that hold it."""
    from kautilya.errors import KautilyaError
    from kautilya.wording import GLOSSARY

    wanted = word.strip().lower()
    found = {key: said for key, said in GLOSSARY.items() if wanted in key.lower()}
    if not found:
        from kautilya.scenario.mistakes import near

        raise KautilyaError(word, "no word of the glossary", near(word, GLOSSARY))
    exact = {key: said for key, said in found.items() if key.lower() == wanted} or found
    return Shown({"glossary": exact}, [f"{key}: {said}" for key, said in sorted(exact.items())])


def fill(
    path: Annotated[Path, typer.Argument(help="folder of a scenario")], json: Json = False
) -> None:
    """Add the figures that the laws of a scenario still need, marked as taken over or assumed.

    Example: kautilya fill my_case
    """
    with Door(json) as door:
        from kautilya.scenario.fill import fill as filled

        found = filled(path)
        data = {
            "path": str(path),
            "added": list(found.ids),
            "assumed": found.assumed,
            "mistakes": [one._asdict() for one in found.left],
        }
        said = f"{many(len(found.ids), 'row')} added to quantities.csv, {found.assumed} assumed."
        left = sum(one.stands for one in found.left)
        more = f"{many(left, 'mistake is', 'mistakes are')} left: kautilya check {path}"
        blocks: list[Block] = [said]
        if found.ids and not found.left:
            blocks.append(_added(path, found.ids))
        door.tell(Shown(data, [*blocks, more if found.left else f"{path}: no mistakes"]))


def _added(path: Path, ids: tuple[str, ...]) -> Table:
    """The rows that were added: what each is, its range, and where it is from."""
    from kautilya import scenario as rooms
    from kautilya.scenario.lexicon import Names

    made = rooms.load(path)
    names, rows = Names(made), {row.id: row for row in made.quantities}
    columns = [Column("figure"), Column("range"), Column("from")]
    cells = []
    for one in (rows[name] for name in ids if name in rows):
        ends = [f"{x:g}" for x in (one.low, one.central, one.high) if x is not None]
        unit = names.unit(one.unit) if one.unit != "1" else ""
        cells.append([names.figure(one), f"{' to '.join(ends)} {unit}".strip(), one.source])
    return Table("Added; put your own figures in their place", columns, cells)


COMMANDS = (scenarios, show, new, check, fill, schema, glossary)
