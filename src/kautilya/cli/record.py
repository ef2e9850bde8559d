"""Commands of the record: what is reproduced, what was forecast, how well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional  # noqa: UP035

import typer

from kautilya.cli import scores as shows
from kautilya.cli.door import Door

Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
Quick = Annotated[bool, typer.Option("--quick", help="fewer resamples and origins, same code")]


def backtest(what: Annotated[str, typer.Argument(help="losses, suppliers, trade or votes")],
             until: Annotated[str, typer.Option(help="last period that the forecaster may know, "
                                                "such as 2023-06 or 2005")] = "",
             horizon: Annotated[int, typer.Option(help="periods ahead to score; 0 for all")] = 0,
             data: Annotated[Optional[Path], typer.Option(help="file with the columns of the "  # noqa: UP045
                                                          "outside data, perhaps longer")] = None,
             out: Annotated[Optional[Path], typer.Option(help="Parquet file for the "  # noqa: UP045
                                                         "forecasts")] = None,
             quick: Quick = False, json: Json = False) -> None:
    """Forecast with what was known then, score it beside simple baselines.

    Example: kautilya backtest suppliers --until 2005 --out suppliers.parquet
    """
    with Door(json) as door:
        from kautilya.validation.backtests import Ask
        from kautilya.validation.backtests import backtest as scored

        with door.progress("steps") as tell:
            found = scored(what, Ask(until, horizon, data, out, quick, tell))
        door.tell(shows.backtest(found, quick))


def validate(json: Json = False) -> None:
    """Hold the mechanisms to the published numbers that they must reproduce.

    Exit code 1 where one is off. Numbers whose outside file is absent are left unchecked.
    """
    with Door(json) as door:
        from kautilya.validation import validate as checked

        with door.progress("numbers") as tell:
            checks = checked(tell)
        door.tell(shows.validation(checks))
        if any(check.ok is False for check in checks):
            raise typer.Exit(1)


def scoreboard(json: Json = False) -> None:
    """All skill on one page, with intervals, also where there is none; labels of the mechanisms.

    It prints the record that comes with the package; `make backtest` makes it anew.
    """
    with Door(json) as door:
        door.tell(shows.scoreboard())


def add(app: typer.Typer) -> None:
    """Hang the commands into the command line."""
    app.command()(validate)
    app.command()(scoreboard)
    app.command()(backtest)
