"""A new scenario: the starter, one of some kinds filled in with names, or a copy of another.

Files of a kind (kinds/KIND) hold marks such as <side> and <horizon>. A row of a table that names
<side>, <supplier> or <good> stands for one row of each; so does a paragraph of TOML after a line
"#: supplier". What a kind does not have, `war` has, if the kind is one of `SHARES`.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import permutations, product
from pathlib import Path
from typing import NamedTuple

from kautilya.errors import KautilyaError
from kautilya.scenario import calendar
from kautilya.scenario.cells import NAME
from kautilya.scenario.draft import fetch
from kautilya.scenario.library import find
from kautilya.scenario.library import names as shipped
from kautilya.scenario.mistakes import Mistake, ScenarioErrors, near, shown
from kautilya.scenario.patch import TOML
from kautilya.scenario.reading import text as decoded
from kautilya.scenario.schema import editor_schema
from kautilya.scenario.toml_text import parse

HERE = Path(__file__).resolve().parent
KINDS = ("duel", "battle", "war", "alliance", "sanctions")
SHARES = ("alliance",)
EACH = ("side", "supplier", "good")
LONGEST = 600
EDITORS = "scenario.schema.json"  # what an editor reads; no run depends on it


class Asked(NamedTuple):
    """What a new scenario is told; each state CODE or CODE=Name.

    sides      who fights; of sanctions the first is under them, the others ban
    suppliers  who supplies, or does not join the sanctions; aided: whom (the first side)
    goods      equipment beside artillery
    start      first month, or first day of a duel or battle
    length     months; of a duel or battle days
    strengths  men of the two sides of a duel or battle
    """

    sides: tuple[str, ...] = ("AAA=First side", "AAB=Second side")
    suppliers: tuple[str, ...] = ("AAC=Supplier",)
    aided: tuple[str, ...] = ()
    goods: tuple[str, ...] = ("tank",)
    start: str = "2022-01"
    length: int = 24
    strengths: tuple[float, float] = (1000.0, 800.0)


def new(name: str, folder: str | Path = ".", like: str = "", asked: Asked | None = None) -> Path:
    """Write a scenario to folder/name; returns that path.

    like   one of KINDS, a shipped scenario or a folder; "" = the starter
    asked  what a kind is filled in with

    The whole folder appears at once, or not at all. Raises KautilyaError for a name that is
    none, for a place that is taken, for codes that are none, and where nothing can be written.
    """
    if not re.fullmatch(NAME, name, re.ASCII):
        raise KautilyaError(
            "NAME",
            f"{shown(name)} is no name for a scenario",
            "Use lower case letters, digits and '_', starting with a letter",
        )
    target = Path(folder) / name
    if target.exists() or target.is_symlink():
        raise KautilyaError(
            str(target),
            "something is already there",
            "Choose another name or folder; nothing was written",
        )
    files = _files(name, like, asked or Asked())
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
        try:
            made.chmod(0o755)
            for file, text in files.items():
                (made / file).parent.mkdir(exist_ok=True)
                (made / file).write_text(text, encoding="utf-8", newline="\n")
            os.rename(made, target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise KautilyaError(
            str(target),
            f"it cannot be written ({error.strerror})",
            "Choose a folder that you may write to",
        ) from None
    return target


def _files(name: str, like: str, asked: Asked) -> dict[str, str]:
    """The text of each file of the new folder."""
    if like in KINDS:
        marks = _marks(name, like, asked)
        files = {file: _filled(file, text, marks) for file, text in _kind(like).items()}
        files[TOML] = f"#:schema ./{EDITORS}\n{files[TOML]}"
        return files | {EDITORS: json.dumps(editor_schema(), indent=1) + "\n"}
    if like:
        return _copy(name, like)
    found = sorted(
        path for path in (HERE / "template").iterdir() if path.suffix in (".toml", ".csv", ".md")
    )
    return {p.name: p.read_text(encoding="utf-8").replace("my_scenario", name) for p in found}


def _copy(name: str, like: str) -> dict[str, str]:
    """The files of another scenario under a new id."""
    try:
        folder = find(like)
    except KautilyaError as error:
        known = f"Known are {', '.join(KINDS)}"
        remedy = near(like, (*KINDS, *shipped()), known) + ", or the path of a scenario"
        raise KautilyaError("--like", error.found, remedy) from None
    files = {file: data for file, data in fetch(folder).items() if file.endswith((".toml", ".csv"))}
    read = {
        file: decoded(file, data) if isinstance(data, bytes) else data
        for file, data in files.items()
    }
    wrong = [one for one in read.values() if isinstance(one, Mistake)]
    texts = {file: text for file, text in read.items() if isinstance(text, str)}
    found = parse(TOML, texts.get(TOML, ""))
    if wrong or isinstance(found, Mistake):  # left out, a table would be missed by nobody
        raise ScenarioErrors(
            str(folder), [*wrong, *([found] if isinstance(found, Mistake) else [])]
        )
    lines = texts[TOML].split("\n")
    if at := found[1].get(("id",), 0):
        lines[at - 1] = f'id = "{name}"'
    texts[TOML] = "\n".join(lines)
    about = f"# {name}: a copy of {folder.name}\n\nMade by `kautilya new {name} --like {folder.name}`.\n"
    return texts | {"README.md": about}


MARKED = {  # fields that not every kind has a place for, and how their marks begin
    "suppliers": "<supplier",
    "aided": "<aided",
    "goods": "<good",
    "strengths": "<strength",
}


def of_use(like: str, given: Iterable[str]) -> None:
    """Refuse fields of `Asked` that no file of a kind has a place for."""
    text = "".join(_kind(like).values())
    for field in given:
        if MARKED.get(field, "") not in text:
            raise KautilyaError(f"--{field}", f"without effect on the kind {like}", "Leave it out")


def _kind(like: str) -> dict[str, str]:
    folders = [HERE / "kinds" / "war"] if like in SHARES else []
    paths = [path for folder in [*folders, HERE / "kinds" / like] for path in folder.iterdir()]
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(paths, key=str)} | {
        path.name: path.read_text(encoding="utf-8") for path in (HERE / "kinds" / like).iterdir()
    }


Marks = Mapping[str, str | tuple[str, ...]]


def _marks(name: str, like: str, asked: Asked) -> dict[str, str | tuple[str, ...]]:
    """What each mark stands for; a tuple stands for one row of each."""
    names = _names(asked)
    sides = tuple(_code(one) for one in asked.sides)
    suppliers = tuple(_code(one) for one in asked.suppliers)
    aided = tuple(_code(one) for one in asked.aided) or sides[:1]
    _sound(like, asked, sides, suppliers, aided)
    every = (*sides, *suppliers)
    named: dict[str, str | tuple[str, ...]] = {
        "name": name,
        "side": sides,
        "supplier": suppliers,
        "good": asked.goods,
        "donor": "*,<supplier>" if len(aided) > 1 else "<supplier>,",
        "donor.key": "partner" if len(aided) > 1 else "actor",
        "share": f"{1 / len(suppliers):.6g}" if suppliers else "1",
        "goods": _quoted(asked.goods),
        "good.first": asked.goods[0] if asked.goods else "gun",
        "everybody": _quoted(every),
        "banning.each": sides[1:],
    }
    lists = {"sides": sides, "suppliers": suppliers, "aided": aided, "banning": sides[1:]}
    for key, codes in lists.items():
        named |= {key: _quoted(codes), f"{key}.names": _listed([names[code] for code in codes])}
    firsts = {
        "first": sides[:1],
        "second": sides[1:2],
        "supplier.first": suppliers[:1],
        "aided.first": aided[:1],
        "banning.first": sides[1:2],
    }
    for key, some in firsts.items():
        for code in some:
            named |= {key: code, f"{key}.name": names[code], f"{key}.lower": code.lower()}
    named |= {f"{code}.side": "first" if k == 0 else "second" for k, code in enumerate(sides)}
    for code in every:
        named |= {f"{code}.name": names[code], f"{code}.lower": code.lower()}
    return named | _times(like, asked) | _numbers(asked)


def _names(asked: Asked) -> dict[str, str]:
    given = [one.partition("=") for one in (*asked.sides, *asked.suppliers, *asked.aided)]
    out: dict[str, str] = {}
    for code, _, name in given:
        out[code.strip()] = name.strip() or out.get(code.strip(), code.strip())
    return out


def _code(one: str) -> str:
    return one.partition("=")[0].strip()


def _sound(
    like: str,
    asked: Asked,
    sides: tuple[str, ...],
    suppliers: tuple[str, ...],
    aided: tuple[str, ...],
) -> None:
    """KautilyaError for codes, goods and lengths that no scenario of this kind can have."""
    pair = like in ("duel", "battle")
    counts = (
        (len(sides) == 2 if pair else len(sides) >= 2, "--sides", sides, "two sides"),
        (pair or len(suppliers) >= 1, "--suppliers", suppliers, "one supplier or more"),
        (set(aided) <= set(sides), "--aided", aided, "some of the sides"),
        (len({*sides, *suppliers}) == len([*sides, *suppliers]), "--sides", sides, "each once"),
        (1 <= asked.length <= LONGEST, "--months", (str(asked.length),), f"1 to {LONGEST}"),
        (min(asked.strengths) > 0, "--strengths", (str(asked.strengths),), "numbers above 0"),
    )
    for right, flag, given, wanted in counts:
        if not right:
            raise KautilyaError(flag, ", ".join(given) or "nothing", f"Give {wanted}")
    for flag, given, pattern, wanted in (
        ("--sides", (*sides, *suppliers), r"[A-Z]{3}", "codes of three capitals, as IRN=Iran"),
        ("--goods", asked.goods, r"[a-z][a-z0-9_]{0,39}", "names in lower case, such as tank"),
        ("--sides", tuple(_names(asked).values()), r"[^\"\\<>,\n]+", 'names without " , < >'),
    ):
        for one in given:
            if not re.fullmatch(pattern, one):
                raise KautilyaError(flag, shown(one), f"Give {wanted}")


def _times(like: str, asked: Asked) -> dict[str, str]:
    """Marks of time. KautilyaError for a start that is none."""
    try:
        first = calendar.span(asked.start)[0]
    except ValueError as error:
        raise KautilyaError("--start", shown(asked.start), str(error)) from None
    begin = calendar.month_number(calendar.month_of(first))
    end = calendar.month_text(begin + asked.length - 1)
    known = calendar.month_text(min(begin + 5, begin + asked.length - 1))
    last = first + timedelta(days=asked.length - 1)
    pair = like in ("duel", "battle")
    ends = calendar.month_of(last) if pair else end
    return {
        "start": calendar.month_text(begin),
        "start.year": f"{first.year:04d}",
        "start.day": first.isoformat(),
        "known": first.isoformat() if pair else calendar.month_text(begin),
        "as_of": calendar.last_day(known).isoformat(),
        "horizon": end,
        "after": calendar.month_text(1 + calendar.month_number(ends)),
        "horizon.year": end[:4],
        "horizon.day": last.isoformat(),
        "days": str(asked.length),
    }


def _numbers(asked: Asked) -> dict[str, str]:
    """Marks of strengths, and what the square law makes of them at 0.02 a day in closed form."""
    x, y = asked.strengths
    angle = 0.02 * asked.length
    left = [one * math.cosh(angle) - other * math.sinh(angle) for one, other in ((x, y), (y, x))]
    if min(left) < 0:
        left = [math.sqrt(max(x * x - y * y, 0.0)), math.sqrt(max(y * y - x * x, 0.0))]
    return {
        "strength.first": f"{x:g}",
        "strength.second": f"{y:g}",
        "strength.least": f"{0.9 * y:g}",
        "strength.most": f"{1.1 * y:g}",
        "strength.landed": f"{x:g}",
        "strength.wide": f"{100 * max(x, y):g}",
        "closed.first": f"{left[0]:.0f}",
        "closed.second": f"{left[1]:.0f}",
    }


def _quoted(items: tuple[str, ...]) -> str:
    return ", ".join(f'"{one}"' for one in items)


def _listed(items: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def _filled(file: str, text: str, marks: Marks) -> str:
    """A file with its marks replaced; rows and paragraphs that stand for several, repeated."""
    text = text.replace("<donor>", str(marks["donor"]))
    if file.endswith(".csv"):
        lines = (row for line in text.splitlines() for row in _rows(line, marks))
        return "\n".join(lines) + "\n"
    parts = [part for whole in text.split("\n\n") for part in _paragraphs(whole, marks)]
    return "\n\n".join(parts)


def _paragraphs(part: str, marks: Marks) -> Iterator[str]:
    head, _, body = part.lstrip("\n").partition("\n")
    if not head.startswith("#: "):
        yield _replaced(part, marks)
        return
    key = head.removeprefix("#: ").strip()
    for one in marks[key]:
        yield _replaced(_named(body, key, one), marks)


def _rows(line: str, marks: Marks) -> Iterator[str]:
    if line.startswith("#"):
        yield line
        return
    if "<one>" in line:
        everybody = (*marks["side"], *marks["supplier"], "ROW")
        for one, other in permutations(everybody, 2):
            yield _replaced(line.replace("<one>", one).replace("<other>", other), marks)
        return
    keys = [key for key in (*EACH, "banning.each") if f"<{key}>" in line]
    for some in product(*(marks[key] for key in keys)):
        row = line
        for key, one in zip(keys, some, strict=True):
            row = _named(row, key, one)
        yield _replaced(row, marks)


def _named(text: str, key: str, one: str) -> str:
    """A text with one of several in the place of their mark."""
    for part in ("name", "lower", "side"):
        text = text.replace(f"<{key}.{part}>", f"<{one}.{part}>")
    return text.replace(f"<{key}>", one)


def _replaced(text: str, marks: Marks) -> str:
    def mark(found: re.Match[str]) -> str:
        value = marks.get(found[1])
        return value if isinstance(value, str) else found[0]

    return re.sub(r"<([A-Za-z][A-Za-z_.]*)>", mark, text)


Ask = Callable[[str, str], str]


def asked_of(ask: Ask, like: str, given: Asked) -> Asked:
    """Ask for what a kind needs, in the words of `Asked`; ask(text, default) gives the reply."""

    def several(text: str, default: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(s.strip() for s in ask(text, ",".join(default)).split(",") if s.strip())

    pair = like in ("duel", "battle")
    said = given._replace(sides=several("sides, as IRN=Iran,IRQ=Iraq", given.sides))
    if not pair:
        said = said._replace(suppliers=several("suppliers or third states", said.suppliers))
    if like in ("war", "alliance"):
        said = said._replace(goods=several("equipment beside artillery", said.goods))
    length = ask("days" if pair else "months", str(said.length))
    return said._replace(
        start=ask("first day" if pair else "first month", said.start),
        length=int(length) if re.fullmatch(r"\d{1,6}", length, re.ASCII) else 0,
    )
