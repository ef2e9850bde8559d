"""From a folder to a draft: all files, syntax and fields; every mistake is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from kautilya.scenario import experts
from kautilya.scenario.clock import Clock, in_words
from kautilya.scenario.mistakes import Mistake, near, shown
from kautilya.scenario.patch import CLAIMS, DEEPEST, TOML, Files, base_of, merged
from kautilya.scenario.reading import MAX_BYTES, MAX_TOML, Rows, contents, problems, read, text
from kautilya.scenario.rules import row_rules
from kautilya.scenario.scenario import (
    Draft,
    Members,
    Scenario,
    SetAside,
    publications,
    sieve,
    spread_out,
    stand_ins,
)
from kautilya.scenario.schema import EARLIER, TABLES, Actor, Good, Head, Lever, Outcome, SetSpec
from kautilya.scenario.toml_text import line_of, parse

KEPT = "posterior/posterior.npz"  # draws of what comes after the day; made, not written
M = TypeVar("M", bound=BaseModel)
Where = dict[tuple[str | int, ...], int]


def hidden(name: str) -> bool:
    """Whether a name is one that other programs leave behind (._x, .#x, ~$x): never read."""
    return name.startswith((".", "~$"))


def listed(folder: Path, pattern: str) -> list[str]:
    """Names of the files of a folder that match, in alphabetical order, without hidden ones."""
    try:
        found = [path for path in folder.glob(pattern) if not hidden(path.name)]
    except OSError:
        return []
    return sorted(path.relative_to(folder).as_posix() for path in found)


def fetch(folder: Path, depth: int = 0) -> Files:
    """The bytes of every file of the format; optional ones only where they exist. Of a scenario
    that is a change of another, those of both together.

    Other TOML files of the folder are fetched so that the digest covers them (but for the
    claims, on which no run depends).
    """
    files: Files = {TOML: contents(folder, TOML, MAX_TOML)}
    for name, table in TABLES.items():
        path = folder / name
        if table.required or path.is_symlink() or path.exists():
            files[name] = contents(folder, name, MAX_BYTES)
    tables = [*listed(folder, "context/*.csv"), *listed(folder, f"{EARLIER}*.csv")]
    others = [*listed(folder, "*.toml"), *tables]
    files |= _kept(folder)
    files |= {
        name: contents(folder, name, MAX_TOML if name.endswith(".toml") else MAX_BYTES)
        for name in others
        if name not in files
    }
    base = base_of(folder, files)
    if isinstance(base, Path) and depth < DEEPEST:
        return merged(folder, fetch(base, depth + 1), files)
    return files | ({TOML: base} if isinstance(base, Mistake) else {})


def _kept(folder: Path) -> Files:
    """The checksum of the posterior of the day that is kept in the folder, as one more file."""
    if not (folder / KEPT).is_file():
        return {}
    found = contents(folder, KEPT, MAX_BYTES)
    return {KEPT: hashlib.sha256(found).hexdigest().encode() if isinstance(found, bytes) else found}


def digest(files: Files, asked: str = "") -> str:
    """sha256 over the names and bytes of the files that a run depends on: claims change none; and
    over the as-of day, where another is asked for than scenario.toml has."""
    total = hashlib.sha256()
    for name in sorted(set(files) - {CLAIMS}):
        data = files[name]
        if isinstance(data, bytes):
            total.update(f"{name}\0{len(data)}\0".encode(errors="surrogateescape"))
            total.update(data)
    if asked:
        total.update(f"as of {asked}".encode())
    return total.hexdigest()


class _Toml(NamedTuple):
    """scenario.toml: its data, the lines of its keys, and what its parts were read as."""

    data: dict[str, object]
    where: Where
    head: Head | None
    levers: list[Lever]
    outcomes: list[Outcome]
    specs: dict[str, SetSpec]
    mistakes: list[Mistake]


def draft(folder: Path, files: Files, as_of: date | None = None) -> Draft:
    """Parse all files; nothing is raised for mistakes in them.

    as_of   a day in place of that of scenario.toml
    """
    mistakes = _strangers(folder)
    others = {
        name: _decoded(name, data) for name, data in files.items() if name not in (TOML, *TABLES)
    }
    mistakes += [got for got in others.values() if isinstance(got, Mistake)]
    tables = {
        name: _table(name, files[name], table.model)
        for name, table in TABLES.items()
        if name in files
    }
    toml = _scenario_toml(files[TOML])
    for rows in tables.values():
        mistakes += [_counted(one, toml.head) for one in rows.mistakes]
    mistakes += toml.mistakes
    sets, said, bad = resolve(toml.specs, tables, toml.where)
    mistakes += said
    asked = toml.data.get("sets")
    bad |= {str(name) for name in asked} - set(sets) if isinstance(asked, dict) else set()
    head, day = _dated(toml.head or EMPTY, as_of)
    used, lines, aside, standing = _sorted_out(tables, head if toml.head else None)
    used = experts.filled(used)
    scenario = Scenario(
        str(folder),
        digest(files, day),
        head,
        sets,
        tuple(toml.levers),
        tuple(toml.outcomes),
        used,
        lines,
        toml.where,
        aside,
        {name: got for name, got in others.items() if isinstance(got, str) and name != CLAIMS},
        day,
        standing,
    )
    unusable = [name for name, rows in tables.items() if not rows.usable]
    return Draft(
        scenario,
        tuple(mistakes),
        {n: r.broken for n, r in tables.items()},
        frozenset(unusable if toml.data else [*unusable, TOML]),
        toml.head is not None,
        frozenset(bad),
    )


def _dated(head: Head, as_of: date | None) -> tuple[Head, str]:
    """The head as of a day, and that day where it is not its own."""
    if as_of is None or as_of == head.as_of:
        return head, ""
    return head.model_copy(update={"as_of": as_of}), as_of.isoformat()


def _table(name: str, data: bytes | Mistake, model: type[BaseModel]) -> Rows:
    """One table, with what its rows alone show to be wrong."""
    got = _decoded(name, data)
    if isinstance(got, Mistake):
        return Rows(mistakes=(got,), usable=False)
    rows = read(name, got, model)
    said = [
        Mistake(name, line, *one)
        for line, row in zip(rows.lines, rows.rows, strict=True)
        for one in row_rules(name, row)
    ]
    return rows._replace(mistakes=(*rows.mistakes, *said))


DATED = ("quantities.csv", f"{EARLIER}quantities.csv", experts.FILE)


def _counted(one: Mistake, head: Head | None) -> Mistake:
    """A mistake; where a month stands for a number, with the number that it has in this run."""
    written = one.found[1:-1]
    if head is None or one.file not in DATED or not in_words(written):
        return one
    if one.column not in (*experts.LEVELS, "low", "central", "high"):
        return one
    said = Clock.of(head).counted(written)
    when = f"Where it says when something happens, {said[0].lower()}{said[1:]}"
    return one._replace(remedy=f"Give a number. {when}")


class _Sorted(NamedTuple):
    """The rows in use and their lines by file, the rows set aside, and how many stand in."""

    used: dict[str, tuple[BaseModel, ...]]
    lines: dict[str, tuple[int, ...]]
    aside: tuple[SetAside, ...]
    standing: dict[str, int]


def _sorted_out(tables: dict[str, Rows], head: Head | None) -> _Sorted:
    used: dict[str, tuple[BaseModel, ...]] = {}
    lines: dict[str, tuple[int, ...]] = {}
    aside: list[SetAside] = []
    standing: dict[str, int] = {}
    printed = publications({name: rows.rows for name, rows in tables.items()})
    for name, rows in tables.items():
        kept = list(zip(rows.lines, rows.rows, strict=True))
        if head:
            kept, out = sieve(name, spread_out(name, kept, head), head, printed)
            aside += out
            earlier = tables.get(EARLIER + name, Rows())
            given = zip(earlier.lines, earlier.rows, strict=True)
            more = stand_ins(given, [row for _, row in kept], out)
            standing |= {name: len(more)} if more else {}
            kept += more
        used[name] = tuple(row for _, row in kept)
        lines[name] = tuple(line for line, _ in kept)
    return _Sorted(used, lines, tuple(aside), standing)


def _scenario_toml(data: bytes | Mistake) -> _Toml:
    toml, where, mistakes = _toml(data)
    head, said = _head(toml, where)
    mistakes += said if toml else []
    levers, said = _list(toml, "lever", Lever, where)
    mistakes += said
    outcomes, said = _list(toml, "outcome", Outcome, where)
    mistakes += said
    specs, said = _specs(toml, where)
    return _Toml(toml, where, head, levers, outcomes, specs, [*mistakes, *said])


EMPTY = Head.model_construct(
    format=1,
    id="",
    title="",
    question="",
    start="0001-01",
    as_of=date(1, 1, 1),
    horizon="0001-01",
    laws=[],
    caution="",
)


def _decoded(name: str, data: bytes | Mistake) -> str | Mistake:
    return data if isinstance(data, Mistake) else text(name, data)


def _strangers(folder: Path) -> list[Mistake]:
    """CSV files that are no table of the format: most often a misspelt name."""
    found = [name for name in listed(folder, "*") if name.lower().endswith(".csv")]
    return [
        Mistake(name, 0, "", "the file is no table of a scenario", near(name, TABLES))
        for name in found
        if name not in TABLES
    ]


def _toml(data: bytes | Mistake) -> tuple[dict[str, object], Where, list[Mistake]]:
    got = _decoded(TOML, data)
    if isinstance(got, str) and not got.strip():
        got = Mistake(TOML, 1, "", "the file is empty", "Start it with: schema = 1")
    parsed = got if isinstance(got, Mistake) else parse(TOML, got)
    if isinstance(parsed, Mistake):
        return {}, {}, [parsed]
    return parsed[0], parsed[1], []


def _validated(
    model: type[M], data: object, place: tuple[str | int, ...], where: Where
) -> tuple[M | None, list[Mistake]]:
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        out = []
        for at, found, remedy in problems(error, model):
            column = ".".join(str(p) for p in (*place, *at))
            out.append(
                Mistake(
                    TOML, line_of(where, (*place, *at)) or 1, shown(column)[1:-1], found, remedy
                )
            )
        return None, out


def _head(toml: dict[str, object], where: Where) -> tuple[Head | None, list[Mistake]]:
    plain = {k: v for k, v in toml.items() if k not in ("sets", "lever", "outcome")}
    return _validated(Head, plain, (), where)


def _list(
    toml: dict[str, object], key: str, model: type[M], where: Where
) -> tuple[list[M], list[Mistake]]:
    values = toml.get(key, [])
    if not isinstance(values, list):
        return [], [
            Mistake(
                TOML,
                line_of(where, (key,)) or 1,
                key,
                f"'{key}' is not a list",
                f"Write [[{key}]] with two brackets",
            )
        ]
    out, mistakes = [], []
    for i, value in enumerate(values):
        one, said = _validated(model, value, (key, i), where)
        mistakes += said
        out += [one] if one else []
    return out, mistakes


def _specs(toml: dict[str, object], where: Where) -> tuple[dict[str, SetSpec], list[Mistake]]:
    values = toml.get("sets", {})
    if not isinstance(values, dict):
        return {}, [
            Mistake(
                TOML,
                line_of(where, ("sets",)) or 1,
                "sets",
                "'sets' is no table",
                "Write [sets.NAME]",
            )
        ]
    out, mistakes = {}, []
    for name, value in values.items():
        one, said = _validated(SetSpec, value, ("sets", name), where)
        mistakes += said
        if one:
            out[name] = one
    return out, mistakes


def resolve(
    specs: dict[str, SetSpec], tables: dict[str, Rows], where: Where
) -> tuple[dict[str, Members], list[Mistake], set[str]]:
    """Unions of sets resolved, depth first; cycles and unknown sets are mistakes."""
    codes = tuple(
        dict.fromkeys(
            row.code for row in tables.get("actors.csv", Rows()).rows if isinstance(row, Actor)
        )
    )
    goods = tuple(
        dict.fromkeys(
            row.good for row in tables.get("goods.csv", Rows()).rows if isinstance(row, Good)
        )
    )
    done = {"actor": Members("actor", codes), "good": Members("good", goods)}
    mistakes: list[Mistake] = []
    bad: set[str] = set()

    def wrong(name: str, found: str, remedy: str) -> None:
        bad.add(name)
        line = line_of(where, ("sets", name, "members"))
        mistakes.append(Mistake(TOML, line, f"sets.{name}", found, remedy))

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            bad.update(path[path.index(name) :])
            return wrong(
                name,
                f"the sets refer to each other in a circle: {circle}",
                "Take one of the references out",
            )
        if len(path) > 50:
            return wrong(name, "sets refer to each other more than 50 deep", "Flatten them")
        if name in specs and name not in bad and (name not in done or name in DEFAULTS):
            found = _union(name, specs, done, lambda inner: visit(inner, (*path, name)), wrong)
            if name not in bad:
                done[name] = Members(specs[name].axis, found)

    for name in specs:
        visit(name, ())
    return done, mistakes, bad


DEFAULTS = ("actor", "good")


def _union(
    name: str,
    specs: dict[str, SetSpec],
    done: dict[str, Members],
    visit: Callable[[str], None],
    wrong: Callable[[str, str, str], None],
) -> tuple[str, ...]:
    out: dict[str, None] = {}
    for member in specs[name].members:
        inner = member[1:]
        if not member.startswith("@"):
            if member in out:
                wrong(name, f"{shown(member)} stands twice", "Keep one of them")
            out[member] = None
            continue
        if inner not in specs and inner not in done:
            wrong(name, f"unknown set {shown(inner)}", near(inner, (*specs, *done)))
            continue
        visit(inner)
        if inner in done and done[inner].axis != specs[name].axis:
            wrong(
                name,
                f"a set of {specs[name].axis}s takes in '{inner}', a set of {done[inner].axis}s",
                "Join sets of the same axis only",
            )
        out |= dict.fromkeys(done[inner].members) if inner in done else {}
    return tuple(out)
