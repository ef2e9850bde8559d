"""The command that learns the unknowns from what observers said."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Optional  # noqa: UP035

import typer

from kautilya.cli import scores as shows
from kautilya.cli.door import Door, Shown

Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]


def calibrate(scenario: Annotated[str, typer.Argument(help="a shipped scenario or the path of a "
                                                      "folder")],
              until: Annotated[str, typer.Option(help="last month that is used; by default that "
                                                 "of the as-of date")] = "",
              warmup: Annotated[int, typer.Option(help="iterations before any is kept")] = 500,
              draws: Annotated[int, typer.Option(help="draws that each chain keeps")] = 500,
              chains: Annotated[int, typer.Option(help="chains, one after another")] = 2,
              seed: Annotated[int, typer.Option(help="seed of the sampler", min=0)] = 0,
              out: Annotated[Optional[Path], typer.Option(help="folder for the posterior")] = None,  # noqa: UP045
              recover: Annotated[int, typer.Option(help="instead: so many synthetic wars, and "
                                                   "whether their parameters come back")] = 0,
              json: Json = False) -> None:
    """Learn the figures of losses and stocks from two biased observers; runs draw from it.

    Example: kautilya calibrate russia_dprk_2024 --until 2024-08
    """
    with Door(json) as door:
        from kautilya.runs.pool import ENVIRONMENT

        if "jax" not in sys.modules:
            os.environ.update(ENVIRONMENT)  # one thread: the same bits on any number of cores
        from kautilya.estimation.calibration import inference as study

        with door.progress("truths" if recover else "blocks of 25 draws") as tell:
            if recover:
                shown = _recovery(study.recovery(scenario, recover, seed, tell))
            else:
                how = study.whole(warmup, draws, chains, seed)
                folder = out or Path("runs") / f"posterior-{Path(scenario).name}"
                shown = _calibration(study.calibrate(scenario, until, how, folder, tell))
        door.tell(shown)


def _calibration(found: Any) -> Shown:
    tables = found.tables
    data = {**found.said, "notes": found.notes, "folder": str(found.folder),
            "tables": {name: shows.rows(one) for name, one in tables.items()}}
    learned = tables["prior and posterior"]
    shown = {"learned (posterior sd / prior sd at most .9)": learned[learned["learned"]],
             **{name: one for name, one in tables.items() if name != "prior and posterior"}}
    worst = ", ".join(f"{key.replace('_', ' ')} {shows.value(one)}"
                      for key, one in found.said["diagnostics"].items())
    blocks = [shows.table(name, one.drop(columns=["learned"], errors="ignore"))
              for name, one in shown.items() if len(one)]
    return Shown(data, [*blocks, "not learned: " + ", ".join(found.said["not_learned"]), worst,
                        *found.notes, f"posterior: {found.folder}; use it with `kautilya run "
                        f"{found.said['scenario']} --posterior {found.folder}`"])


def _recovery(found: Any) -> Shown:
    data = {"truths": found.truths, "diverging": found.diverging, "notes": found.notes,
            "pooled": shows.rows(found.pooled), "table": shows.rows(found.table)}
    return Shown(data, [shows.table(f"{found.truths} synthetic wars: coverage of central intervals",
                                    found.pooled), *found.notes])


def add(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(calibrate)
