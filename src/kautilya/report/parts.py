"""The parts a page is made of: plain data, which the templates draw and escape.

No text is put into markup in Python: a part holds words and numbers, page.html holds the tags.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import disk, encode
from kautilya.wording import number

HERE = Path(__file__).resolve().parent
TOGETHER = re.compile(r"(?<=\d) (?=%|±|million|billion)|(?<=±) (?=\d)|(?<=US\$) (?=\w)")
LINK = re.compile(r"https?://[^\s\"'<>]+")


class Text(NamedTuple):
    """A paragraph; kind: caption, caution, or nothing."""

    text: str
    kind: str = ""
    part: str = "text"


class Head(NamedTuple):
    """A heading within a section."""

    text: str
    part: str = "head"


class Pre(NamedTuple):
    """Text whose line breaks count."""

    text: str
    part: str = "pre"


class Items(NamedTuple):
    """A list; each item with a mark after it, or none."""

    items: Sequence[tuple[str, str]]
    ordered: bool = False
    part: str = "items"


class Link(NamedTuple):
    """A cell that leads somewhere: `url` is followed where it is http or https."""

    text: str
    url: str

    @property
    def safe(self) -> bool:
        """Whether the address may stand in a page."""
        return bool(LINK.fullmatch(self.url or ""))


Cell = str | int | float | None | Link


class Grid(NamedTuple):
    """A table; right: columns of text that are set to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[int] = ()
    caption: str = ""
    sortable: bool = False
    part: str = "grid"


class Picture(NamedTuple):
    """A chart: its specification as Vega-Lite, what it is called and what is seen on it, with the
    numbers: who cannot see it reads that."""

    id: str
    spec: Mapping[str, Any]
    title: str
    caption: str = ""
    part: str = "picture"


class Gallery(NamedTuple):
    """Pictures side by side where there is room."""

    pictures: Sequence[Picture]
    part: str = "gallery"


class Fold(NamedTuple):
    """A part that opens on a click; tags: (text, kind) beside its title; long: not for paper."""

    title: str
    parts: Sequence[Any]
    open: bool = False
    tags: Sequence[tuple[str, str]] = ()
    long: bool = False
    part: str = "fold"


class Section(NamedTuple):
    """A part of the page with a heading and a place in its contents."""

    id: str
    title: str
    name: str
    parts: Sequence[Any]


@cache
def environment() -> Any:
    """The templates of this folder; every text is escaped unless it is made by them."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"spec": _spec, "data": _data, "figure": number, "plain": _plain}
    made.tests |= {"link": lambda value: isinstance(value, Link), "figure": _is_number}
    return made


def render(template: str, **given: Any) -> str:
    """A template with what is given."""
    return str(environment().get_template(template).render(**given))


def _plain(text: object) -> str:
    """Text for a reader: a number stays with what follows it."""
    return TOGETHER.sub("\u00a0", encode.lines(text))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _spec(one: Picture) -> Any:
    """A chart as data that no browser runs."""
    from markupsafe import Markup

    return Markup(encode.in_script(specification(one)))


def specification(one: Picture) -> dict[str, Any]:
    """A chart as charts.js draws it, with words for who cannot see it."""
    said = ". ".join(filter(None, (one.title.rstrip("."), one.caption)))
    return _slim({"description": said, **one.spec})


def _data(value: Any) -> Any:
    """Any data that no browser runs."""
    from markupsafe import Markup

    return Markup(encode.in_script(value))


def _slim(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Each table of data as its columns and its rows: names of columns stand once (charts.js puts
    them together again)."""
    out = dict(spec)
    if "datasets" in spec:
        out["datasets"] = {name: _table(rows) for name, rows in spec["datasets"].items()}
    return out


def _table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Without what no mark needs: ids beside words, and columns that are empty."""
    names = dict.fromkeys(key for row in rows for key in row if not key.startswith("id_"))
    used = [key for key in names if _filled(rows, key)]
    return {"columns": used, "rows": [_cells(row, used) for row in rows]}


def _filled(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    return any(row.get(key) is not None for row in rows)


def _cells(row: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    return [_short(row.get(key)) for key in columns]


def _short(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value) if abs(value) < 1e15 else value
    return value


def bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script; made once and kept with the caches."""
    from importlib.metadata import version

    def make() -> str:
        import vl_convert

        made: Any = vl_convert.javascript_bundle
        return str(made().replace("</script", "<\\/script").replace("\r", "\n"))

    place = disk.place("javascript")
    return disk.kept(place / f"vega-{version('vl-convert-python')}.js", make, disk.TEXT)
