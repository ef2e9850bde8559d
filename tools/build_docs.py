"""Build the pages of docs/ that are made from the code: mechanisms.md, commands.md and
glossary.md.

python tools/build_docs.py            write them
python tools/build_docs.py --check    write nothing; exit code 1 and a list if one is stale
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, NamedTuple

from kautilya.scenario.facts import DERIVED, TRADE
from kautilya.validation.labels import label, rests
from kautilya.wording import GLOSSARY

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FLAGSHIP = "russia_dprk_2024"
MADE = "<!-- made by tools/build_docs.py; edit the code, not this page -->\n"
PHASES = {
    "observe": "events, signals, beliefs",
    "decide": "sanctions, offers, plans",
    "flow": "amounts on routes between accounts, settled once",
    "update": "variables from what was settled",
}
PROOFS = {
    "analytic": "limits and identities only",
    "reproduced": "fits the event that it was fitted on",
    "validated": "someone else's number, or held-out data",
}


class Card(NamedTuple):
    """The parts of a docstring card."""

    title: str
    body: str
    source: str
    holds: str
    breaks: str


def card(docstring: str) -> Card:
    """Cut a docstring into title, equations and its three closing sentences."""
    text = inspect.cleandoc(docstring)
    title, _, rest = text.partition("\n")
    body, _, tail = rest.partition("Source:")
    tail = " ".join(f"Source:{tail}".split())

    def part(name: str) -> str:
        match = re.search(rf"{name}:(.*?)(?=Source:|Holds for:|Breaks when:|$)", tail)
        return match[1].strip() if match else ""

    return Card(
        title.strip(), body.strip("\n"), part("Source"), part("Holds for"), part("Breaks when")
    )


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    """A Markdown table; nothing where there are no rows."""
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    if not cells:
        return []
    head = list(head)
    lines = [head, ["---"] * len(head), *cells]
    return ["", *("| " + " | ".join(line) + " |" for line in lines)]


def dims(one: Any) -> str:
    """Dims of a parameter, draw, series or variable."""
    return " × ".join(one.dims) if one.dims else "—"


def about(said: Card) -> list[str]:
    """Equations, source and limits of a card."""
    first = said.title.partition(": ")[2] or said.title
    lines = ["", first[:1].upper() + first[1:]]
    if said.body.strip():
        lines += ["", "```text", *said.body.split("\n"), "```"]
    told = (("Source", said.source), ("Holds for", said.holds), ("Breaks when", said.breaks))
    return [*lines, "", *(f"- **{name}:** {text}" for name, text in told if text)]


def law_page(law: Any, said: Card) -> list[str]:
    """One law."""
    reads = ", ".join(
        [f"`{name}`" for name in law.reads] + [f"`{name}` if there" for name in law.reads_if]
    )
    lines = [f"### {law.name}", "", f"In answers: *{law.plain}*.", *about(said)]
    own, under = label(law.name), rests(law)
    lines += [f"- **Label:** {own.word} ({own.because})"]
    lines += (
        [
            "- **Rests on:** "
            + ", ".join(f"`{name}` ({one.word}: {one.because})" for name, one in under.items())
        ]
        if under
        else []
    )
    lines += [f"- **Reads:** {reads}"] if reads else []
    lines += (
        [
            "- **Imposed:** "
            + "; ".join(
                f"{one.says} ({', '.join(f'`{name}`' for name in one.params)})"
                for one in law.imposes
            )
        ]
        if law.imposes
        else []
    )
    lines += [
        f"- **By its form:** {var.enforced} (`{var.name}`)" for var in law.writes if var.enforced
    ]
    lines += (
        [
            "- **Counts:** "
            + ", ".join(f"{good.removeprefix('@')} in {unit}" for good, unit in law.units.items())
        ]
        if law.units
        else []
    )
    lines += (
        [f"- **Heeds who is in:** {', '.join(f'`{name}`' for name in law.dated)}"]
        if law.dated
        else []
    )
    lines += [f"- **System parts:** {', '.join(law.parts)}"] if law.parts else []
    lines += [
        f"- **Labels:** `{name}` = {', '.join(_label(law, one) for one in law.labels[name])}"
        for name in law.labels
    ]
    lines += table(
        ("parameter", "dims", "unit", "what it is"),
        (
            (
                f"`{law.name}.{p.name}`",
                dims(p),
                p.unit,
                p.doc + (" (may vary in time)" * p.path) + _sign(p.sign) + _absent(p.absent),
            )
            for p in law.params
        ),
    )
    lines += table(("needs", "in", "what for"), needs(law))
    lines += table(
        ("record", "dims", "unit", "what it is"),
        ((f"`{law.name}.{s.name}`", dims(s), s.unit, s.doc) for s in law.series),
    )
    lines += table(
        ("writes", "dims", "unit", "what it is", "nature", "from"),
        ((f"`{w.name}`", dims(w), w.unit, w.doc, w.nature, _start(w.start)) for w in law.writes),
    )
    lines += table(
        ("draw", "dims", "kind", "when"),
        (
            (
                f"`{d.name}`",
                dims(d),
                d.kind,
                {"month": "each month", "after": "each month after its record"}.get(
                    d.when, "once a future" + f", {d.size} of them" * (d.size > 1)
                ),
            )
            for d in law.draws
        ),
    )
    return [*lines, ""]


def _label(law: Any, name: str) -> str:
    """A label, with its words where they are others."""
    said = law.words.get(name, name)
    return name if said.replace(" ", "_") == name else f"{name} ({said})"


def needs(law: Any) -> Iterator[tuple[str, str, str]]:
    """What a law looks up in a scenario, where it stands, and what for; like stages in one row."""
    alike: dict[tuple[str, ...], list[Any]] = {}
    for one in law.needs:
        own = () if one.kind == "stage" else (one.name,)
        alike.setdefault((one.kind, one.says, one.of, one.by, *own), []).append(one)
    for one, *more in alike.values():
        one = one._replace(says=one.says + "; may be absent") if one.free else one
        names = ", ".join(f"`{each.name}`" for each in (one, *more))
        yield {
            "set": (f"set {names}", "scenario.toml", one.says),
            "table": (f"fact {names}", fact(one.name), one.says),
            "member": (f"{spelled(one.name)} in set `{one.of}`", "scenario.toml", one.says),
            "stage": (
                f"stage{'s' * bool(more)} {names} of {spelled(one.of)}, held by each of "
                f"`{one.by}`{instead(one.other)}",
                "goods.csv",
                one.says,
            ),
        }[one.kind]


def _absent(value: float | None) -> str:
    """That a scenario need not have it, and what it is then."""
    return "" if value is None else f" (may be left out: then {value:g})"


def fact(name: str) -> str:
    """The files that a fact comes from."""
    both = "trade.csv and covariates.csv"
    return "trade.csv" if name in TRADE else both if name in DERIVED else "covariates.csv"


def spelled(name: str) -> str:
    """A label, or each member of a set."""
    return f"each of `{name[1:]}`" if name.startswith("@") else f"`{name}`"


def instead(other: Mapping[str, str]) -> str:
    """Goods that stand in another stage."""
    groups: dict[str, list[str]] = {}
    for good, stage in other.items():
        groups.setdefault(stage, []).append(spelled(good))
    return "".join(
        f", but {', '.join(goods)} " + (f"in `{stage}`" if stage else "without account")
        for stage, goods in groups.items()
    )


def _sign(sign: str | Mapping[str, str]) -> str:
    """The declared sign of a parameter, in words."""
    if isinstance(sign, str):
        return f"; sign {sign}" if sign else ""
    return "; sign " + ", ".join(f"{said} for {label}" for label, said in sign.items())


def _start(start: float | str | None) -> str:
    if start is None:
        return "made anew each month"
    return f"starts at {start:g}" if isinstance(start, float | int) else f"starts at `{start}`"


def formulas() -> Iterator[list[str]]:
    """Pages of the formulas: pure functions that laws and the public doors use."""
    room = import_module("kautilya.mechanisms.formulas")
    for found in sorted(iter_modules(room.__path__), key=lambda one: one.name):
        module = import_module(f"{room.__name__}.{found.name}")
        if module.__doc__:
            own = label(f"formulas.{found.name}")
            yield [
                f"### formulas.{found.name}",
                *about(card(module.__doc__)),
                f"- **Label:** {own.word} ({own.because})",
                "",
            ]


def who_reads_whom(laws: Mapping[str, Any]) -> list[str]:
    """The laws of the flagship: who reads whom, as a table and as a picture."""
    from kautilya import scenario
    from kautilya.scenario import chain

    used = [laws[name] for name in scenario.load(FLAGSHIP).head.laws]
    said = table(
        ("law", "what is read of it", "read by", "acts by"),
        (
            (law, ", ".join(f"`{name}`" for name in names), ", ".join(readers), end)
            for law, names, readers, end in chain.rows(used)
        ),
    )
    return [
        "",
        "## Who reads whom",
        "",
        f"The laws of `{FLAGSHIP}` (`kautilya show {FLAGSHIP} --reads`). A law acts on the war where "
        "a chain of readers leads from it to a law that moves goods, men or money; where none does, it "
        "says why it only measures.",
        *said,
        "",
        "```mermaid",
        *chain.picture(used).split("\n"),
        "```",
    ]


def mechanisms() -> str:
    """Page of all laws, by phase."""
    from kautilya.mechanisms import registry

    laws = registry()
    cards = {
        name: card(sys.modules[law.step.__module__].__doc__ or "") for name, law in laws.items()
    }
    lines = [
        MADE,
        "# Mechanisms",
        "",
        "One law is one file. Each page below is its card: what is claimed, after whom, and "
        "how it could be wrong. Keys such as `lanchester1916` stand in "
        "[references.bib](../src/kautilya/references.bib). Dims are named sets of the "
        "scenario; `{good}` is the unit of the good. A month runs "
        + " → ".join(PHASES)
        + "; within a phase the order cannot matter.",
        "",
    ]
    lines += ["| label | means | laws |", "|---|---|---|"]
    lines += [
        f"| {proof} | {text} | {sum(label(n).word == proof for n in laws)} |"
        for proof, text in PROOFS.items()
    ]
    for phase, text in PHASES.items():
        here = [law for law in laws.values() if law.phase == phase]
        lines += ["", f"## {phase}: {text}", ""]
        for law in sorted(here, key=lambda law: law.name):
            lines += law_page(law, cards[law.name])
    lines += who_reads_whom(laws)
    lines += ["", "## Formulas", ""]
    for page in formulas():
        lines += page
    return _tidy(lines)


def default(option: Any) -> str:
    """The default of an option, for a reader."""
    if option.required:
        return "required"
    value = option.default
    if value is None or isinstance(value, bool) or callable(value) or not str(value):
        return ""
    return f"`{value}`"


def shown(option: Any) -> str:
    """How an option is written."""
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = option.metavar or {int: "N", float: "X", bool: ""}.get(type(option.default), "TEXT")
    return names + (f" {value}" if value else "")


def argument(one: Any) -> str:
    """How an argument is written: in brackets where it may be left out."""
    name = one.name.upper() + (" ..." if one.nargs < 0 else "")
    return name if one.required else f"[{name}]"


def parameters(command: Any) -> tuple[list[Any], list[Any]]:
    """Arguments and options of a command, hidden ones left out."""
    every = [one for one in command.params if not getattr(one, "hidden", False)]
    return (
        [one for one in every if one.param_type_name == "argument"],
        [one for one in every if one.param_type_name == "option" and one.name != "help"],
    )


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Full names of all commands below a group, in the order of the help."""
    for part, one in getattr(command, "commands", {}).items():
        if getattr(one, "hidden", False):
            continue
        if hasattr(one, "commands"):
            yield from leaves(one, f"{name} {part}")
        else:
            yield f"{name} {part}", one


def tree() -> Any:
    """The command tree of `kautilya`."""
    from typer.main import get_command

    from kautilya.cli.main import app

    return get_command(app)


def prose(text: str | None) -> str:
    """Help text as paragraphs."""
    parts = inspect.cleandoc(text or "").replace("\b", "").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)


def commands() -> str:
    """Page of all commands."""
    top = tree()
    lines = [MADE, "# Commands", "", prose(top.help)]
    every = list(leaves(top, "kautilya"))
    lines += table(
        ("command", "what it does"),
        (
            (f"[`{name}`](#{name.replace(' ', '-')})", prose(one.help).split("\n\n")[0])
            for name, one in every
        ),
    )
    for name, one in every:
        arguments, options = parameters(one)
        words = [argument(a) for a in arguments]
        usage = " ".join([name, *words, *(["[OPTIONS]"] if options else [])])
        lines += ["", f"## {name}", "", prose(one.help), "", "```text", usage, "```"]
        lines += table(
            ("argument", "what it is"), ((f"`{a.name.upper()}`", a.help or "") for a in arguments)
        )
        lines += table(
            ("option", "default", "what it does"),
            ((shown(o), default(o), o.help or "") for o in options),
        )
    return _tidy(lines)


def _tidy(lines: Iterable[str]) -> str:
    text = "\n".join(line.rstrip() for line in "\n".join(lines).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def glossary() -> str:
    """docs/glossary.md: the words of the trade."""
    lines = [MADE, "# Glossary", "", "`kautilya glossary WORD` prints one of them. Plain names of"]
    lines += ["laws, parameters and labels stand with each law in [mechanisms.md](mechanisms.md)."]
    lines += table(("word", "what it means"), sorted(GLOSSARY.items(), key=lambda x: x[0].lower()))
    return _tidy(lines)


PAGES: dict[str, Callable[[], str]] = {
    "mechanisms.md": mechanisms,
    "commands.md": commands,
    "glossary.md": glossary,
}


def stale(name: str) -> str:
    """Why a page is not what the code says; "" where it is."""
    path = DOCS / name
    if not path.exists():
        return f"docs/{name} is missing"
    return "" if path.read_text(encoding="utf-8") == PAGES[name]() else f"docs/{name} is stale"


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(__doc__ or "")
        return 2
    if arguments:
        wrong = [said for said in map(stale, PAGES) if said]
        sys.stderr.writelines(f"{said}: run python tools/build_docs.py\n" for said in wrong)
        return 1 if wrong else 0
    for name, build in PAGES.items():
        (DOCS / name).write_text(build(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
