"""The terminal as a target: texts and tables for the width at hand, strange signs shown as text.

A table that does not fit is drawn as records, one line a cell, before a column becomes narrower
than its numbers or than text can be read in.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from kautilya import encode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PIPED = 150  # columns where nothing says how wide the reader's window is
USUAL, LINES = 80, 25  # the same of a terminal that does not say its size
NARROWEST, DIGITS = 20, 4  # columns; digits of COLUMNS beyond which it is no width
AMPLE = (20, 12)  # columns of a text, and of numbers, that may be wrapped into many lines
CLOSE, TALL = (10, 6), 3  # the least, as long as no row grows taller than so many lines
NEARLY = 2  # columns for want of which no column has its longest line broken
WORD = 28  # a longer word may be broken
SHORT = 40  # cells of a record that share lines
BETWEEN = 3  # columns that part two columns of a table


class Column(NamedTuple):
    """A column of a printed table."""

    title: str
    right: bool = False


class Table(NamedTuple):
    """A printed table."""

    title: str
    columns: list[Column]
    rows: list[list[str]]


class Verbatim(NamedTuple):
    """Text of a format of its own, such as Markdown: printed as it is, without wrapping."""

    text: str


Block = str | Table | Verbatim


class Shown(NamedTuple):
    """What a command has to tell: JSON, and the same as texts and tables."""

    data: Any
    blocks: Sequence[Block]


def show(blocks: Sequence[Block]) -> None:
    """Print blocks on standard output."""
    console = screen()
    for block in blocks:
        if isinstance(block, Verbatim):
            sys.stdout.write(block.text if block.text.endswith("\n") else f"{block.text}\n")
        elif isinstance(block, Table):
            _table(console, block)
        else:
            console.print(text(block))


def screen(errors: bool = False) -> Console:
    """Standard output, or standard error, as wide as it is."""
    from rich.console import Console

    width = room(sys.stderr if errors else sys.stdout)
    return Console(
        stderr=errors, width=width, height=LINES, highlight=False, markup=False, emoji=False
    )


def room(stream: TextIO) -> int:
    """Columns of a stream: as COLUMNS says, else as its own terminal does."""
    given = os.environ.get("COLUMNS", "").lstrip("0")
    if given.isascii() and given.isdigit() and len(given) <= DIGITS:
        return max(int(given), NARROWEST)
    try:
        told = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        told = 0
    return max(told or (USUAL if stream.isatty() else PIPED), NARROWEST)


def folded(said: str, width: int, broken: bool = False) -> list[str]:
    """Lines of so many columns, parted between words, each line of the text by itself.

    broken   part a word that is wider; else it stays whole and sticks out
    """
    from rich.cells import cell_len, chop_cells

    out = []
    for line in said.split("\n"):
        now = ""
        for word in re.findall(r"\s*\S+", line):
            wide = broken and cell_len(word.lstrip()) > width
            for piece in chop_cells(word.lstrip(), width) if wide else [word]:
                if now and (wide or cell_len(now + piece) > width):
                    out.append(now)
                    now = piece.lstrip()
                else:
                    now += piece
        out.append(now)
    return out


def text(given: object, style: str = "", justify: Any = None) -> Text:
    """Text that no markup or escape sequence within it can change."""
    from rich.text import Text

    return Text(encode.lines(given), style=style, justify=justify, overflow="fold")


def _table(console: Console, table: Table) -> None:
    from rich.table import Table as Drawn

    if table.title:
        console.print(text(table.title, "italic"))
    given = widths(table, console.width)
    if given is None:
        _records(console, table)
        return
    out = Drawn(show_edge=False, pad_edge=False)
    for column, width in zip(table.columns, given, strict=True):
        out.add_column(
            text(column.title),
            justify="right" if column.right else "left",
            width=width,
            overflow="fold",
        )
    for row in table.rows:
        out.add_row(*map(text, row))
    console.print(out)


def widths(table: Table, room: int) -> list[int] | None:
    """Columns for each column of a table, with words whole where that fits; None where the least of
    all does not fit, or where they are close and a row would be tall."""
    room -= BETWEEN * (len(table.columns) - 1)
    wants = [_wants(table, k) for k in range(len(table.columns))]
    longest = max((word for word, _ in wants), default=1)
    for most, lack in product((longest, WORD), (NEARLY, 0)):
        given = _within(table, wants, (most, lack), room)
        if given is not None:
            return given
    return None


def _wants(table: Table, k: int) -> tuple[int, int]:
    """Columns of the longest word of a column, and of its longest line."""
    from rich.cells import cell_len

    title = table.columns[k].title
    cells = [encode.lines(row[k]) for row in table.rows]
    words = (cell_len(word) for cell in [title, *cells] for word in cell.split())
    lines = [cell_len(line) for cell in cells for line in cell.split("\n")]
    word = max(words, default=1)
    return word, max([*lines, word, 1]) if lines else max(cell_len(title), 1)


def _within(
    table: Table, wants: list[tuple[int, int]], measure: tuple[int, int], room: int
) -> list[int] | None:
    """Widths for a room where words of text up to so long are whole, and lines that lack so little."""
    most, lack = measure
    least, ample = [], 0
    for column, (word, full) in zip(table.columns, wants, strict=True):
        whole = word if column.right else min(word, most)
        close = min(full, max(whole, CLOSE[column.right]))
        least.append(full if full - close <= lack else close)
        ample += min(full, max(whole, AMPLE[column.right]))
    if room < sum(least):
        return None
    given = _shared([full for _, full in wants], least, room - sum(least))
    return given if room >= ample or not _tall(table, given) else None


def _shared(longest: list[int], least: list[int], spare: int) -> list[int]:
    """What is left goes, sign by sign, to the column whose longest cell takes most lines; of
    several to that which is nearest to what it wants."""
    out = list(least)
    for _ in range(spare):
        wanting = [k for k in range(len(out)) if out[k] < longest[k]]
        if not wanting:
            break
        k = max(wanting, key=lambda k: (-(-longest[k] // out[k]), out[k] - longest[k]))
        out[k] += 1
    return out


def _tall(table: Table, given: list[int]) -> bool:
    """Whether a cell takes more lines than a row of close columns may."""
    return any(
        len(folded(encode.lines(cell), width, broken=True)) > TALL
        for row in table.rows
        for cell, width in zip(row, given, strict=True)
    )


def _records(console: Console, table: Table) -> None:
    """One record a row: the first cell as its head, then the others with their titles."""
    for row in table.rows:
        told = [
            f"{column.title}: {cell}" if column.title else cell
            for column, cell in zip(table.columns, row, strict=True)
            if cell.strip()
        ]
        for n, line in enumerate([*told[:1], *_flowed(told[1:])]):
            indent = "  " if n else ""
            for piece in text(line).wrap(console, console.width - 2 - len(indent)):
                console.print(text(f"{indent}{piece.plain.rstrip()}", "" if n else "bold"))
                indent = "    " if n else "  "


def _flowed(cells: list[str]) -> list[str]:
    """Short cells that follow one another share a line; long ones have their own."""
    from rich.cells import cell_len

    lines: list[list[str]] = []
    for cell in cells:
        if lines and all(cell_len(one) <= SHORT for one in (cell, *lines[-1])):
            lines[-1].append(cell)
        else:
            lines.append([cell])
    return ["; ".join(one) for one in lines]
