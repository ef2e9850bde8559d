"""Small pieces of HTML. All text is escaped here, and nowhere else is text put into markup."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

LINK = re.compile(r"https?://[^\s\"'<>]+")


def esc(text: Any) -> str:
    """Text as it may stand in an element or a quoted attribute."""
    return html.escape(str(text), quote=True)


def tag(name: str, text: Any, **attributes: str) -> str:
    """An element with escaped text; attribute names: `_` stands for `-`, `class_` for class."""
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{esc(value)}"'
                    for key, value in attributes.items() if value)
    return f"<{name}{given}>{esc(text)}</{name}>"


def link(text: str, url: str) -> str:
    """A plain anchor for an http or https address, else the escaped text alone."""
    if not LINK.fullmatch(url or ""):
        return esc(text)
    return f'<a href="{esc(url)}" rel="noopener noreferrer">{esc(text)}</a>'


def cell(value: Any) -> str:
    """A table cell: `Raw` markup stays, numbers are set right with their value to sort by."""
    if isinstance(value, Raw):
        return f"<td>{value.markup}</td>"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        from kautilya.wording import number

        return f'<td class="number" data-value="{value!r}">{esc(number(value))}</td>'
    return f"<td>{esc('' if value is None else value)}</td>"


class Raw:
    """Markup made by this module, to be put into a table as it is."""

    __slots__ = ("markup",)

    def __init__(self, markup: str) -> None:
        self.markup = markup


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, sortable: bool = False,
          right: Sequence[int] = ()) -> str:
    """A table; right: columns of text that are set to the right."""
    sort = ' data-sort="no"' if sortable else ""
    side = ' class="right"'
    head = "".join(f"<th{sort}{side if i in right else ''}>{esc(c)}</th>"
                   for i, c in enumerate(columns))
    body = []
    for row in rows:
        cells = [f"<td{side}>{esc(v)}</td>" if i in right and isinstance(v, str) else cell(v)
                 for i, v in enumerate(row)]
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n'
            f"<tbody>{chr(10).join(body)}</tbody></table></div>")


def folded(title: str, inside: str, *, open_: bool = False) -> str:
    """A part that opens on a click; `inside` is markup."""
    return (f"<details{' open' if open_ else ''}><summary>{esc(title)}</summary>\n"
            f"{inside}\n</details>")


def chart(id_: str, spec: dict[str, Any]) -> str:
    """A chart's place and its specification, as data that no browser runs."""
    slim(spec)
    text = json.dumps(spec, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c").replace("&", "\\u0026")
    return (f'<div class="chart" data-spec="spec-{esc(id_)}"></div>\n'
            f'<script type="application/json" id="spec-{esc(id_)}">{text}</script>')


def slim(spec: dict[str, Any]) -> None:
    """Drop what no mark needs from the data of a chart: empty cells and ids beside words."""
    for name, rows in spec.get("datasets", {}).items():
        spec["datasets"][name] = [
            {k: _short(v) for k, v in row.items() if v is not None and not k.startswith("id_")}
            for row in rows]


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(
        value) < 1e15 else value
