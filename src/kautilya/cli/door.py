"""The door: tables or JSON out, mistakes as one clear line and exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from kautilya import encode
from kautilya.cli import terminal
from kautilya.cli.terminal import Block, Column, Shown, Table, Verbatim, folded, room, screen

__all__ = ["Block", "Column", "Door", "Shown", "Table", "Verbatim", "given", "split"]
EXTRAS = {
    "numpyro": "bayes",
    "arviz": "bayes",
    "pyfixest": "trade",
    "statsforecast": "forecast",
    "scoringrules": "forecast",
    "statsmodels": "forecast",
    "sklearn": "forecast",
    "SALib": "study",
    "ema_workbench": "study",
    "duckdb": "export",
    "pyarrow": "export",
    "fastapi": "web",
    "uvicorn": "web",
    "dask": "cluster",
    "distributed": "cluster",
    "h5netcdf": "export",
    "h5py": "export",
}


class Door:
    """Context of a command: prints, shows progress, and turns mistakes into exit code 2."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json

    def __enter__(self) -> Door:
        return self

    def __exit__(self, kind: Any, error: Any, _: Any) -> None:
        from kautilya.errors import KautilyaError

        if isinstance(error, ModuleNotFoundError):
            error = _missing(error)
        if isinstance(error, KautilyaError):
            self._fail(error)

    def _fail(self, error: Any) -> None:
        refuse(error.as_dict(), str(error), self._json)
        raise typer.Exit(2)

    def tell(self, what: Shown | dict[str, Any]) -> None:
        """Print a result."""
        shown = (
            what
            if isinstance(what, Shown)
            else Shown(what, [f"{key}: {value}" for key, value in what.items()])
        )
        if self._json:
            sys.stdout.write(encode.as_json(shown.data) + "\n")
            return
        terminal.show(shown.blocks)

    @contextmanager
    def progress(self, unit: str) -> Iterator[Callable[[int, int], None]]:
        """A bar on standard error with an estimate of the time left."""
        with self.bars(unit) as (tell,):
            yield tell

    @contextmanager
    def futures(
        self, scenario: str, as_of: str = "", posterior: str = ""
    ) -> Iterator[Callable[[int, int], None]]:
        """A bar of futures of a scenario, after its `learned`."""
        self.learned(scenario, as_of, posterior)
        with self.progress("futures") as tell:
            yield tell

    def learned(self, scenario: str, as_of: str = "", posterior: str = "") -> None:
        """Learn what was known of the record on another day than the scenario's own, where a run
        would draw from that and it was not learned yet; it is kept, so that this is done once."""
        if (as_of or "@" in scenario) and not (Path(scenario) / "plan.json").is_file():
            from kautilya.estimation.motion import prepared

            with self.progress("learning how the record moves, about a minute") as tell:
                prepared(scenario, as_of, posterior, tell)

    @contextmanager
    def bars(self, *units: str) -> Iterator[list[Callable[[int, int], None]]]:
        """Bars for work in several steps; each appears when its step begins."""
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        with Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=screen(errors=True),
            transient=True,
            disable=self._json,
        ) as bar:
            yield [
                _teller(bar, bar.add_task(unit, total=None, visible=unit == units[0]))
                for unit in units
            ]


def _teller(bar: Any, task: Any) -> Callable[[int, int], None]:
    return lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _missing(error: ModuleNotFoundError) -> Exception:
    """A library that an extra brings; anything else that is missing is no mistake of the user."""
    from kautilya.errors import KautilyaError

    name = (error.name or "").split(".")[0]
    if name not in EXTRAS:
        return error
    return KautilyaError(
        name, "this library is not installed", f"pip install 'kautilya[{EXTRAS[name]}]'"
    )


def _folded(said: str) -> str:
    """Lines for a terminal's width, broken between words; one line where no terminal is."""
    if not sys.stderr.isatty():
        return said
    return "\n".join(folded(said, room(sys.stderr)))


def refuse(parts: dict[str, str], line: str, as_json: bool) -> None:
    """Tell a mistake, as the command was asked to answer."""
    if as_json:
        sys.stdout.write(encode.as_json({"error": parts}) + "\n")
    else:
        sys.stderr.write(_folded(f"kautilya: {encode.lines(line)}") + "\n")


def given(context: typer.Context, *names: str) -> list[str]:
    """Those of these options that were typed, as they are typed."""
    typed = []
    for option in context.command.params:
        source = context.get_parameter_source(option.name or "")
        if option.name in names and source is not None and source.name == "COMMANDLINE":
            typed.append(max(option.opts, key=len))
    return typed


def only(context: typer.Context, names: tuple[str, ...], because: str) -> None:
    """Refuse options that would be without effect."""
    from kautilya.errors import KautilyaError

    typed = given(context, *names)
    if typed:
        raise KautilyaError(
            ", ".join(typed),
            f"without effect {because}",
            "Leave it out" if len(typed) == 1 else "Leave them out",
        )


def split(names: str) -> tuple[str, ...]:
    """Names from a comma-separated text."""
    return tuple(part.strip() for part in names.split(",") if part.strip())
