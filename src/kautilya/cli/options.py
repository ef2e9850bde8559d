"""The options that several commands have, each written once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

SIZES = {"": 1, "k": 1000, "m": 1_000_000}
COUNT = re.compile(r"(\d+(?:\.\d+)?(?:e\d+)?)\s*([km]?)", re.ASCII)
NUMBER = "NAME[LABEL,...]@TIME, such as rounds[RUS,tube_round]@2025-12; TIME is a month or a year"


def count(text: str | int) -> int:
    """A whole number of at least one, also as 10k, 1e4 or 10,000."""
    plain = str(text).strip().lower().replace(",", "").replace("_", "")
    found = COUNT.fullmatch(plain)
    number = float(found[1]) * SIZES[found[2]] if found and len(plain) < 20 else 0.5
    if not number.is_integer():
        raise typer.BadParameter(f"{text!r} is no whole number. Write 10000, or 10k.")
    if number < 1:
        raise typer.BadParameter(f"{text!r} is less than 1. Give at least 1.")
    return int(number)


Scenario = Annotated[str, typer.Argument(help="a shipped scenario or the path of a folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
All = Annotated[bool, typer.Option("--all", help="everything, not only what matters most")]
Futures = Annotated[
    int,
    typer.Option(
        parser=count,
        metavar="NUMBER",
        help="number of futures, such as 2000 or 10k; of a new run, where one is stored",
    ),
]
Seed = Annotated[int, typer.Option(help="seed of all luck; 0 is a seed", min=0)]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="change a figure: ID=VALUE, law.param[ACTOR,good]=VALUE or drive=model; "
        "may be given several times",
    ),
]
Levers = Annotated[str, typer.Option(help="levers, separated by commas; `show` lists them")]
Out = Annotated[Path | None, typer.Option(help="folder for the results")]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help="put this run in the place of another one that is in the folder"
    ),
]
File = Annotated[Path | None, typer.Option("--out", help="file to write")]
Accept = Annotated[
    str,
    typer.Option(
        help="which published figures must hold: a profile of the "
        "accounts, or raw for draws from the raw ranges"
    ),
]
Posterior = Annotated[
    Path | None,
    typer.Option(
        help="draw from this folder, which `kautilya calibrate` or `posterior` wrote; none: from the "
        "declared ranges alone"
    ),
]
Keep = Annotated[
    str,
    typer.Option(
        help="what is stored: always (declared outcomes), why, all, "
        "summary (one number a cell for the whole run), or outcomes "
        "by name, separated by commas"
    ),
]
Workers = Annotated[
    int, typer.Option(help="worker processes on this machine; 0: one a core", min=0)
]
Cluster = Annotated[
    str,
    typer.Option(
        help="address of a Dask scheduler, such as tcp://host:8786, in place of processes here"
    ),
]
Folder = Annotated[Path, typer.Argument(help="folder of a run")]
Year = Annotated[str, typer.Option("--during", help="year")]
Claims = Annotated[
    str, typer.Option("--file", help="claims of your own, in the format of claims.toml")
]
AsOf = Annotated[str, typer.Option(help="a day, YYYY-MM-DD: hide what was not known then")]
Known = Annotated[
    str,
    typer.Option(
        "--as-of",
        help="a day, YYYY-MM-DD: the war as it was known then; the record drives up to that day, "
        "the model after it",
    ),
]
Stored = Annotated[
    str,
    typer.Option(
        "--run",
        help="folder of a stored run; left out: the newest "
        "of this scenario in ./runs, or a new one",
    ),
]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick",
        help="leave out what no verdict needs (badges, "
        "alternatives), or take fewer resamples; the same code",
    ),
]
