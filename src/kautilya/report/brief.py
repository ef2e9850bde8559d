"""One page to paste into a memo, as Markdown, HTML, or DOCX where pandoc is installed."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.report.markup import esc, table, tag
from kautilya.scenario.mistakes import near
from kautilya.wording import chance, listed, number

FORMATS = {"markdown": ".md", "html": ".html", "docx": ".docx"}


class Page(NamedTuple):
    """A brief: its text as Markdown, and the file it was written to, if any."""

    format: str
    text: str
    file: str


def check(to: str, out: Path | None) -> None:
    """Refuse what cannot be written, before anything is judged."""
    if to not in FORMATS:
        raise KautilyaError("--to", f"unknown format {to!r}", near(to, FORMATS))
    if to == "docx" and shutil.which("pandoc") is None:
        raise KautilyaError("--to docx", "pandoc is not installed",
                            "Install pandoc, or write --to markdown or --to html")
    if to != "markdown" and out is None:
        raise KautilyaError("--out", f"{to} needs a file", f"Give --out brief{FORMATS[to]}")


def write(found: Any, to: str = "markdown", out: Path | None = None) -> Page:
    """Write the brief of a judgement; without `out` its Markdown is only returned."""
    check(to, out)
    made = blocks(found)
    text = markdown(made)
    if out is None:
        return Page(to, text, "")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if to == "docx":
            _pandoc(text, out)
        else:
            disk.write(out, (text if to == "markdown" else html(made)).encode())
    except OSError as error:
        raise KautilyaError(str(out), f"the brief cannot be written ({error.strerror})",
                            "Give a file in a folder that you may write to") from None
    return Page(to, text, str(out))


def _pandoc(text: str, out: Path) -> None:
    done = subprocess.run(["pandoc", "--from", "gfm", "--to", "docx", "--output", str(out)],
                          input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise KautilyaError("pandoc", done.stderr.strip() or f"exit code {done.returncode}",
                            "Write --to markdown instead")


def markdown(made: list[Block]) -> str:
    """The blocks as Markdown."""
    out = []
    for one in made:
        if one.kind == "title":
            out.append(f"# {one.text}")
        elif one.kind == "heading":
            out.append(f"## {one.text}")
        elif one.kind == "text":
            out.append(one.text)
        elif one.kind == "list":
            out.append("\n".join(f"- {item}" for item in one.items))
        else:
            lines = ["| " + " | ".join(one.columns) + " |", "|" + "---|" * len(one.columns)]
            lines += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |"
                      for row in one.rows]
            out.append("\n".join(lines))
    return "\n\n".join(out) + "\n"


def html(made: list[Block]) -> str:
    """The blocks as one HTML page that needs no network."""
    parts = []
    for one in made:
        if one.kind == "title":
            parts.append(tag("h1", one.text))
        elif one.kind == "heading":
            parts.append(tag("h2", one.text))
        elif one.kind == "text":
            parts.append(tag("p", one.text))
        elif one.kind == "list":
            parts.append("<ul>" + "".join(tag("li", item) for item in one.items) + "</ul>")
        else:
            parts.append(table(one.columns, one.rows))
    style = (Path(__file__).resolve().parent / "style.css").read_text(encoding="utf-8")
    title = next((one.text for one in made if one.kind == "title"), "Brief")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{esc(title)}'
            f"</title><style>{style}</style></head><body><main>\n" + "\n".join(parts)
            + "\n</main></body></html>\n")


RIVALS = ("no_secondary_sanctions", "stock_and_calibre_only", "no_politics")
TERMS = ("opening", "lost", "fired_tube", "dead", "closing")
AGAINST = 0.25  # a probability that a rival answer moves by more speaks against one of them


class Block(NamedTuple):
    """A piece of the page: title, heading, text, list or table."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(found: Any) -> list[Block]:
    """The whole page from a judgement."""
    key = found.leading
    scenario = found.scenario
    out = [Block("title", scenario.head.title),
           Block("text", f"{scenario.head.question} As of "
                 f"{found.asked.as_of or scenario.head.as_of.isoformat()}. "
                 f"{scenario.head.caution}"),
           Block("heading", "Bottom line"), *(Block("text", one) for one in bottom(found, key))]
    if key:
        out += [Block("heading", "Key judgements"), _judged(key)]
    out += _account(scenario)
    out += _alternatives(found, key)
    if key:
        out += [Block("heading", "What would change a judgement"),
                Block("list", items=tuple(_indicator(one) for one in key))]
    return out + [Block("text", _made_on(found))]


def bottom(found: Any, key: list[Any]) -> list[str]:
    """Two or three sentences, every number from the verdicts."""
    tested = [one for one in found.verdicts if one.verdict != "untestable"]
    counts = Counter(one.verdict for one in tested)
    said = [f"Of {len(found.verdicts)} claims {len(tested)} can be tested: "
            + listed([f"{counts[v]} {one if counts[v] == 1 else more}" for v, one, more in (
                ("holds", "holds", "hold"), ("fails", "fails", "fail"),
                ("cannot say", "cannot be said", "cannot be said"),
                ("not identified", "is not identified", "are not identified")) if counts[v]])
            + "."]
    emergent = sum(one.badge == "emergent" for one in tested)
    said.append(f"Emergent verdicts, which could have come out either way: {emergent}. "
                + " ".join(_sentence(one) for one in key[:2]
                                   if one.verdict in ("holds", "fails")))
    return [one.strip() for one in said]


def _sentence(one: Any) -> str:
    return (f"{one.row.says.rstrip('.')}: {one.verdict}, {one.likelihood} "
            f"({chance(one.chance.value, one.chance.error)}).")


def _judged(key: list[Any]) -> Block:
    rows = tuple((one.row.says, one.verdict, one.likelihood,
                  chance(one.chance.value, one.chance.error),
                  f"{one.confidence.level}: {one.confidence.because}", one.badge) for one in key)
    return Block("table", columns=("judgement", "verdict", "likelihood", "probability",
                                   "confidence", "badge"), rows=rows)


def _account(scenario: Any) -> list[Block]:
    """The account in one table, with who said what it rests on."""
    from pathlib import Path

    from kautilya.accounts import audit

    if not (Path(scenario.folder) / "accounts.toml").is_file():
        return []
    frame = audit(scenario).accounts
    rows = []
    for name in dict.fromkeys(frame["account"]):
        mine = frame[(frame["account"] == name) & frame["whole"] & (frame["node"] != "")]
        first = mine[mine["node"] == mine["node"].iloc[0]]
        cells = [f"{row.term} {number(row.low)} to {number(row.high)}"
                 for row in first.itertuples() if row.term in TERMS]
        if cells:
            rows.append((str(first["says"].iloc[0]), str(first["unit"].iloc[0]),
                         "; ".join(cells), _voices(scenario, str(first["actor"].iloc[0]),
                                                   str(first["unit"].iloc[0]))))
    return [Block("heading", "The account"), Block("table", columns=(
        "account", "unit", "what the published figures imply together", "who said it"),
        rows=tuple(rows))]


def _voices(scenario: Any, actor: str, unit: str) -> str:
    """Originators of the figures of an account, each counted once, with their grades."""
    known = {one.key: one.originator for one in scenario.sources}
    voices: dict[str, set[str]] = {}
    for row in scenario.figures:
        if row.actor == actor and unit in (row.good, row.unit.split("/")[0]):
            voices.setdefault(known.get(row.source, row.source), set()).add(row.grade)
    said = [f"{name} ({'/'.join(sorted(grades))})" for name, grades in sorted(voices.items())]
    return "; ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")


def _alternatives(found: Any, key: list[Any]) -> list[Block]:
    """The judgements under rival answers: where they differ, the evidence could tell them apart."""
    known = {lever.id: lever.says for lever in found.scenario.levers}
    rivals = list(found.rivals)
    if not rivals or not key:
        return []
    rows, apart = [], dict.fromkeys(rivals, 0)
    for one in key:
        cells = []
        for name in rivals:
            there = found.rivals[name][one.row.id].value
            moved = abs(there - one.chance.value) > AGAINST
            apart[name] += moved
            cells.append(f"{there:.2f}{' (differs)' if moved else ''}")
        rows.append((one.row.says, f"{one.chance.value:.2f}", *cells))
    said = listed([f"'{known[name]}' by {apart[name]}" for name in rivals])
    return [Block("heading", "Alternatives considered"),
            Block("text", "The same judgements under rival answers, as probabilities. Judgements "
                  f"that differ are what would tell them apart: {said} of {len(key)}."),
            Block("table", columns=("judgement", "as it stands", *(known[r] for r in rivals)),
                  rows=tuple(rows))]


def _indicator(one: Any) -> str:
    said = []
    if one.row.needs_observing:
        said.append(one.row.needs_observing.rstrip("."))
    if one.decisive:
        first = one.decisive[0]
        said.append(f"{first.says}: at the low end of its range the probability is "
                    f"{first.low_end:.2f}, at the high end {first.high_end:.2f}")
    if one.flip is not None and one.flip.verified:
        said.append("it flips where " + listed([f"{c.says} is {number(c.value)} {c.unit}"
                                                for c in one.flip.changes]))
    return f"{one.row.says.rstrip('.')}: {'; '.join(said) or 'no single figure moves it'}."


def _made_on(found: Any) -> str:
    manifest = found.run.manifest
    return (f"Made on {manifest['futures']:,} futures of {found.scenario.id} (digest "
            f"{found.scenario.digest[:12]}, seed {manifest['seed']}). Probabilities are shares of "
            "futures ± their Monte-Carlo standard error; likelihood words are those of ICD 203; "
            "confidence is apart from likelihood. Opinions stay those of who held them.")
