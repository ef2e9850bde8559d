"""Build the documentation site from docs/, from the code and from one finished run.

python tools/build_site.py               assemble and build into build/site/html, warnings are errors
python tools/build_site.py --pages       assemble the pages only (build/site/pages)

Pages of docs/ stay as they read in the repository; here they get a search, a page for each law, command
and claim, the gallery of impossible numbers and a report to look at. Decision 0026 says why Sphinx.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS, OUT = ROOT / "docs", ROOT / "build" / "site"
FLAGSHIP, SMALL = "russia_dprk_2024", "iwo_jima_1945"
LINK = re.compile(r"(?<!!)\[([^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\(([^)\s]+)\)")
FENCED = re.compile(r"(^```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
GROUPS = {
    "Start": ("start", "tutorial", "uses", "report", "impossible", "cite"),
    "Use": (
        "python",
        "notebooks/answer",
        "notebooks/own_claim",
        "notebooks/own_law",
        "scenario-format",
        "claim-language",
        "accounts",
        "claims",
        "layouts",
        "page",
        "commands",
        "glossary",
        "settings",
    ),
    "The model": ("odd", "mechanisms", "motion", "calibration", "data", "schema"),
    "How right": ("validation", "scoreboard", "protocol", "predictions", "losses", "sensitivity"),
    "The program": (
        "architecture",
        "scale",
        "security",
        "versions",
        "peers",
        "json",
        "maintaining",
    ),
}
OUTSIDE = {
    "README.md": "readme",
    "CHANGELOG.md": "changes",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "reporting",
    "CITATION.cff": "cite",
}  # files beside docs/, by the page that they become
CONF = """
project, author, html_title = "Kautilya", "The Kautilya contributors", "Kautilya"
extensions = ["myst_parser"]
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_theme_options = {"navigation_depth": 2, "show_toc_level": 2, "navbar_end": ["theme-switcher"]}
html_show_sourcelink, html_copy_source = False, False
myst_heading_anchors = 4
myst_enable_extensions = []
nitpicky = True
"""


def pages() -> dict[str, str]:
    """Every page by its name, in Markdown, with links of the repository."""
    found = {
        path.relative_to(DOCS).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(DOCS.rglob("*.md"))
        if path != DOCS / "index.md"
    }
    for name, page in OUTSIDE.items():
        found[page] = (ROOT / name).read_text(encoding="utf-8")
    found["cite"] = cite(found["cite"])
    for path in sorted((DOCS / "notebooks").glob("*.ipynb")):
        found[f"notebooks/{path.stem}"] = notebook(path)
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    found["settings"] = "# Settings" + index.partition("## Settings")[2]
    return (
        found
        | dict(split("mechanisms", found, "### ", "laws/"))
        | dict(split("commands", found, "## kautilya ", "commands/"))
    )


def split(name: str, found: Mapping[str, str], head: str, folder: str) -> Iterator[tuple[str, str]]:
    """A page for each section of a made page, and the page itself with links in their places."""
    first, *parts = re.split(rf"^{head}", found[name], flags=re.MULTILINE)
    said = [first.rstrip()]
    for part in parts:
        title, _, body = part.partition("\n")
        rest, mark, after = body.partition("\n## ")
        yield f"{folder}{title}", f"# {head.lstrip('# ')}{title}\n{lifted(rest)}"
        if folder == "laws/":
            plain = re.search(r"^In answers: \*(.*)\*", body, re.MULTILINE)
            said.append(f"- [{title}](laws/{title}.md): {plain[1] if plain else ''}")
        said += ["", f"## {after.rstrip()}", ""] if mark else []
    yield name, "\n".join(said) + "\n"


def lifted(body: str) -> str:
    """Headings below a section that has become a page."""
    return re.sub(r"^#+ ", "## ", body, flags=re.MULTILINE)


def notebook(path: Path) -> str:
    """A notebook as a page; its file is beside it."""
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    return "\n\n".join([*parts, f"The notebook is `docs/notebooks/{path.name}`."]) + "\n"


def cite(text: str) -> str:
    """CITATION.cff as a page."""
    return (
        "# How to cite\n\nName the program with its version, the scenario with its digest, the as-of "
        "day, the seed and the number of futures; a report and an export carry all of them. Name also "
        "what the report lists under *How to cite*: the references of the laws and figures that it "
        f"rests on.\n\n```yaml\n{text}```\n"
    )


def schema() -> str:
    """Every key and column of the scenario format, from the schema that `check` goes by."""
    from kautilya.scenario import json_schema

    said = ["# The schema of a scenario", "", "Made from `kautilya schema`.", ""]
    found = json_schema()
    for name, part in sorted({**dict(found.get("$defs", {})), "scenario": found}.items()):
        rows = [
            f"| `{key}` | {told(one)} | {cell(one.get('description', ''))} |"
            for key, one in dict(part.get("properties", {})).items()
        ]
        if rows:
            note = cell(part.get("description", "").split("\n\n")[0])
            said += [f"## {name}", "", note, "", "| key | kind | what it is |", "|---|---|---|"]
            said += [*rows, ""]
    return "\n".join(said) + "\n"


def told(one: Mapping[str, object]) -> str:
    """The kind of a key, in a word."""
    kinds = one.get("anyOf", [one])
    assert isinstance(kinds, list)
    names = [str(kind.get("type", kind.get("$ref", "one of a list"))) for kind in kinds]
    return cell(" or ".join(name.rpartition("/")[2] for name in names if name != "null"))


def cell(text: object) -> str:
    """A text that stays in its cell."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def claims() -> Iterator[tuple[str, str]]:
    """A page for each shipped scenario: every claim, its test and what would settle it."""
    from kautilya import scenario as rooms
    from kautilya.claims.file import load

    for name in rooms.names():
        one = rooms.load(name)
        said = [f"# Claims of {one.head.title}", "", f"Judge them: `kautilya claims {name}`.", ""]
        for item in load(one).items:
            row = item.row
            said += [f"## {row.id}", "", f"> {cell(row.says)}", ""]
            said += [
                f"{cell(row.said_by)}, {row.said_on}. {cell(getattr(row, 'meaning', '') or '')}",
                "",
            ]
            test = getattr(row, "test", "") or ""
            said += [f"```text\n{test}\n```", ""] if test else []
            needs = getattr(row, "needs_observing", "") or getattr(row, "untestable", "") or ""
            said += [cell(needs), ""] if needs else []
        yield f"claims/{name}", "\n".join(said) + "\n"


def impossible() -> str:
    """The gallery of impossible numbers: sets of published figures that cannot all be true."""
    from kautilya.accounts import full_audit
    from kautilya.scenario import load

    audit = full_audit(load(FLAGSHIP))
    said = [
        "# The gallery of impossible numbers",
        "",
        f"Published figures of `{FLAGSHIP}` that cannot all be true, in smallest sets: leave any one of a set "
        "out and the rest can. Nothing is simulated; stocks, what came and what went have to add up "
        "([accounts](accounts.md)). Which of a set is wrong, arithmetic does not say.",
        "",
        "Each again:",
        "",
        f"```sh\nkautilya audit {FLAGSHIP} --conflicts\n```",
        "",
    ]
    rows = audit["conflicts"]
    assert isinstance(rows, list)
    for number, row in enumerate(rows, 1):
        change = row["least_change"]
        said += [f"## {number}. {cell(', '.join(dict.fromkeys(row['originators'])))}", ""]
        said += [f"- {cell(one)}" for one in row["said"]]
        said += ["", cell(row["why"]), ""]
        said += [
            f"Least change of one alone: {change['figure']} by {change['by']:,.4g} {cell(change['unit'])}. "
            f"Known since {max(row['dates'])}. Rests besides on: "
            f"{cell(', '.join(row['leans_on'])) or 'nothing'}.",
            "",
        ]
    return "\n".join(said) + "\n"


def report(static: Path) -> str:
    """A finished report: the newest demo if there is one, else the small battle."""
    demo = ROOT / "runs" / "demo" / "report.html"
    static.mkdir(parents=True, exist_ok=True)
    name = FLAGSHIP if demo.exists() else SMALL
    if demo.exists():
        shutil.copy(demo, static / "finished.html")
    else:
        from kautilya import api
        from kautilya.runs.ensemble import run

        api.report(run(SMALL, 256), static / "finished.html")
    return (
        f"# A finished report\n\nOf `{name}`: <a href='_static/finished.html'>open it</a>. It is one file, opens without "
        "a network, and every chart in it can be saved with its numbers.\n"
    )


def relinked(text: str, here: str, known: Mapping[str, str]) -> str:
    """Links to files of the repository lead to their pages, or stay as the name of the file."""

    def changed(match: re.Match[str]) -> str:
        said, target = match[1], match[2]
        place, _, anchor = target.partition("#")
        if "://" in target or target.startswith(("mailto:", "_static")) or not place:
            return (
                one(said, anchor) if not place and here in ("commands", "mechanisms") else match[0]
            )
        page = named(place, here)
        if page in ("mechanisms", "commands") and anchor:
            return one(said, anchor, page)
        if page not in known:
            return f"{said} (`{Path(os.path.normpath(place)).name}`)" if "`" not in said else said
        way = os.path.relpath(page, Path(here).parent)
        return f"[{said}]({Path(way).as_posix()}.md{f'#{anchor}' if anchor else ''})"

    def one(said: str, anchor: str, page: str = "") -> str:
        folder = "laws" if (page or here) == "mechanisms" else "commands"
        target = f"{folder}/{anchor.removeprefix('kautilya-')}"
        if target not in known:
            return said
        return f"[{said}]({Path(os.path.relpath(target, Path(here).parent)).as_posix()}.md)"

    parts = FENCED.split(text.replace("```mermaid", "```text"))  # drawn where pages are read
    return "".join(part if i % 2 else LINK.sub(changed, part) for i, part in enumerate(parts))


def named(place: str, here: str) -> str:
    """The page of a file that a page of docs/ or of the root links to."""
    inside = here not in OUTSIDE.values()
    base = DOCS / Path(here).parent if inside else ROOT
    path = Path(os.path.normpath(base / place))
    if path.parent == ROOT and path.name in OUTSIDE:
        return OUTSIDE[path.name]
    if path == DOCS / "index.md":
        return "index"
    made = base / place if not (path.is_relative_to(DOCS)) else path
    if Path(os.path.normpath(made)).is_relative_to(DOCS):
        return Path(os.path.normpath(made)).relative_to(DOCS).with_suffix("").as_posix()
    return ""


def trees(known: Mapping[str, str]) -> dict[str, str]:
    """The first page, and a page a section with the tree of all the others."""
    out: dict[str, str] = {}
    said = [
        "# Kautilya",
        "",
        "*Who runs out first, who will help them, at what price, and what would change the answer.*",
        "",
        "A workbench for analysts, researchers and journalists who read claims about wars of attrition, sanctions "
        "and alliances and ask which can be true. [Start here](start.md), read "
        "[the gallery of impossible numbers](impossible.md), look at [a finished report](report.md), or see "
        "[what it must not be used for](uses.md).",
        "",
    ]
    groups = {title: list(names) for title, names in GROUPS.items()}
    for title, folder in (("Laws", "laws/"), ("Each command", "commands/"), ("Claims", "claims/")):
        groups[title] = sorted(name for name in known if name.startswith(folder))
    groups["Decisions"] = sorted(name for name in known if name.startswith("decisions/"))
    listed = {name for names in groups.values() for name in names}
    groups["More"] = sorted(set(known) - listed - {"index"})
    for title, names in groups.items():
        rows = "\n".join(f"/{name}" for name in names if name in known)
        out[title.lower().replace(" ", "-")] = (
            f"# {title}\n\n```{{toctree}}\n:maxdepth: 1\n\n{rows}\n```\n"
        )
    tree = "\n".join(f"sections/{name}" for name in out)
    said += [f"```{{toctree}}\n:hidden:\n:maxdepth: 2\n\n{tree}\n```", ""]
    return {"index": "\n".join(said)} | {f"sections/{name}": text for name, text in out.items()}


def assembled(heavy: bool = True) -> dict[str, str]:
    """All pages with links that lead to one another; heavy: those that need an audit or a run too."""
    found = pages() | dict(claims()) | {"schema": schema()}
    if heavy:
        found |= {"impossible": impossible(), "report": report(OUT / "pages" / "_static")}
    else:
        found |= {"impossible": "# The gallery\n", "report": "# A finished report\n"}
    found |= trees(found)
    return {name: relinked(text, name, found) for name, text in found.items()}


def main() -> int:
    """Assemble, then build; the exit code is Sphinx's."""
    source = OUT / "pages"
    shutil.rmtree(source, ignore_errors=True)
    for name, text in assembled().items():
        path = source / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (source / "_static").mkdir(exist_ok=True)
    (source / "docs").mkdir()
    shutil.copy(DOCS / "answer.svg", source / "docs")  # the picture of README
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    if "--pages" in sys.argv:
        return 0
    call = ["sphinx", "-b", "html", "-W", "--keep-going", "-q", "-j", "auto"]
    return subprocess.run(
        [sys.executable, "-m", *call, str(source), str(OUT / "html")], check=False
    ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
