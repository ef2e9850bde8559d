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

from kautilya import encode
from kautilya.wording import number

HERE = Path(__file__).resolve().parent
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
    """A chart: its specification as Vega-Lite, what it is called and what is seen on it."""

    id: str
    spec: Mapping[str, Any]
    title: str
    caption: str = ""
    part: str = "picture"


class Fold(NamedTuple):
    """A part that opens on a click; tags: (text, kind) beside its title."""

    title: str
    parts: Sequence[Any]
    open: bool = False
    tags: Sequence[tuple[str, str]] = ()
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
    made.filters |= {"spec": _spec, "figure": number, "plain": encode.lines}
    made.tests |= {"link": lambda value: isinstance(value, Link), "figure": _is_number}
    return made


def render(template: str, **given: Any) -> str:
    """A template with what is given."""
    return str(environment().get_template(template).render(**given))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _spec(one: Picture) -> Any:
    """A chart as data that no browser runs, with words for who cannot see it."""
    from markupsafe import Markup

    spec = {
        "description": ". ".join(filter(None, (one.title.rstrip("."), one.caption))),
        **one.spec,
    }
    return Markup(encode.in_script(_slim(spec)))


def _slim(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Without what no mark needs: empty cells, and ids beside words."""
    out = dict(spec)
    if "datasets" in spec:
        out["datasets"] = {name: list(map(_row, rows)) for name, rows in spec["datasets"].items()}
    return out


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _short(value)
        for key, value in row.items()
        if value is not None and not key.startswith("id_")
    }


def _short(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value) if abs(value) < 1e15 else value
    return value
