"""The door: tables or JSON out, mistakes as one clear line and exit code 2."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import typer


class Column(NamedTuple):
    """A column of a printed table."""

    title: str
    right: bool = False


class Table(NamedTuple):
    """A printed table."""

    title: str
    columns: list[Column]
    rows: list[list[str]]


class Shown(NamedTuple):
    """What a command has to tell: JSON, and the same as texts and tables."""

    data: Any
    blocks: list[str | Table]


class Door:
    """Context of a command: prints, shows progress, and turns mistakes into exit code 2."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json

    def __enter__(self) -> Door:
        return self

    def __exit__(self, kind: Any, error: Any, _: Any) -> None:
        from kautilya.errors import KautilyaError

        if isinstance(error, KautilyaError):
            self._fail(error)
        if isinstance(error, KeyboardInterrupt):
            sys.stderr.write("stopped; of a run, finished chunks are kept: `kautilya resume`\n")
            raise typer.Exit(130)

    def _fail(self, error: Any) -> None:
        if self._json:
            sys.stdout.write(json.dumps({"error": error.as_dict()}, indent=1) + "\n")
        else:
            sys.stderr.write(f"kautilya: {error}\n")
        raise typer.Exit(2)

    def tell(self, what: Shown | dict[str, Any]) -> None:
        """Print a result."""
        shown = what if isinstance(what, Shown) else Shown(
            what, [f"{key}: {value}" for key, value in what.items()])
        if self._json:
            from kautilya.claims.weighing import plain

            sys.stdout.write(json.dumps(plain(shown.data), indent=1, default=str) + "\n")
            return
        from rich.console import Console

        console = Console(highlight=False, soft_wrap=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=150)
        for block in shown.blocks:
            console.print(_table(block) if isinstance(block, Table) else block, markup=False) \
                if isinstance(block, str) else console.print(_table(block))

    @contextmanager
    def progress(self, unit: str) -> Iterator[Callable[[int, int], None]]:
        """A bar on standard error with an estimate of the time left."""
        with self.bars(unit) as (tell,):
            yield tell

    @contextmanager
    def bars(self, *units: str) -> Iterator[list[Callable[[int, int], None]]]:
        """Bars for work in several steps; each appears when its step begins."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                      TimeRemainingColumn(), console=console, transient=True,
                      disable=self._json) as bar:
            yield [_teller(bar, bar.add_task(unit, total=None, visible=unit == units[0]))
                   for unit in units]


def _teller(bar: Any, task: Any) -> Callable[[int, int], None]:
    return lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _table(table: Table) -> Any:
    from rich.table import Table as Rich

    out = Rich(title=table.title, title_justify="left", show_edge=False, pad_edge=False)
    for column in table.columns:
        out.add_column(column.title, justify="right" if column.right else "left",
                       no_wrap=column.right, overflow="fold")
    for row in table.rows:
        out.add_row(*[cell.replace("[", "\\[") for cell in row])
    return out


def split(text: str) -> tuple[str, ...]:
    """Names from a comma-separated text."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
