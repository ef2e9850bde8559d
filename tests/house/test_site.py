"""The documentation site is whole before it is built: a page for everything, links that lead on."""

from __future__ import annotations

import importlib.util
import posixpath
import re
from typing import Any

from support.conventions import ROOT, truth
from support.walk import nothing, text

WORDS = 1500  # of the page that a newcomer reads first


def builder() -> Any:
    """tools/build_site.py as a module."""
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "tools" / "build_site.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@truth(
    "invariant",
    source="docs/decisions/0026",
    kills="a law, command or claim without a page; a dead link",
)
def test_the_site_is_whole():
    """`make docs` builds it; here it is assembled, without the audit and the report."""
    from kautilya.cli.main import ALL
    from kautilya.mechanisms import registry
    from kautilya.scenario import names

    build = builder()
    pages = build.assembled(heavy=False)
    wanted = {f"laws/{name}" for name in registry()} | {f"commands/{name}" for name in ALL}
    wanted |= {f"claims/{name}" for name in names()}
    wanted |= {
        path.relative_to(build.DOCS).with_suffix("").as_posix() for path in build.DOCS.rglob("*.md")
    }
    wanted |= {"schema", "impossible", "report", "cite", "settings"}
    found = [f"no page {name}" for name in sorted(wanted - set(pages))]
    trees = "\n".join(page for name, page in pages.items() if name.startswith("sections/"))
    listed = set(re.findall(r"^/?([\w/.-]+)$", trees + pages["index"], re.MULTILINE))
    found += [f"{name} is in no tree" for name in sorted(set(pages) - listed - {"index"})]
    for name, page in pages.items():
        body = build.FENCED.sub("", page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)[#)]", body):
            way = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if "://" not in target and way.removesuffix(".md") not in pages:
                found.append(f"{name}: {target}")
    nothing(found, "holes in the site")


@truth("required", source="docs/start.md", kills="a first page that nobody reads to its end")
def test_the_first_page_is_short():
    said = re.sub(r"\W+", " ", text(ROOT / "docs" / "start.md"))
    assert len(said.split()) <= WORDS
