"""The small war as a model of Vensim, for PySD."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import loops
import numpy as np

SIDE = """
{s} line = INTEG(back {s} + fresh {s} + vehicles {s} - down {s}, {s} line 0) ~~|
{s} repair = INTEG((1 - lost) * down {s} - back {s}, {s} repair 0) ~~|
{s} store = INTEG(-fresh {s}, {s} store 0) ~~|
{s} rounds = INTEG(shells {s} - fired {s}, {s} rounds 0) ~~|
{s} men = INTEG(recruits {s} - dead {s}, {s} men 0) ~~|
fired {s} = MIN(wanted * {s} line, {s} rounds) ~~|
hit {s} = lethality {s} * fired {o} / wanted ~~|
down {s} = MIN(hit {s}, {s} line) ~~|
dead {s} = MIN(crew * hit {s}, {s} men) ~~|
back {s} = repaired * {s} repair ~~|
fresh {s} = restored * {s} store ~~|
"""
INPUTS = (
    *(f"{s} {x} 0" for s in "ab" for x in ("line", "repair", "store", "rounds", "men")),
    "repaired",
    "restored",
    "vehicles a",
    "vehicles b",
    "shells a",
    "shells b",
    "recruits a",
    "recruits b",
    "lethality a",
    "lethality b",
    "wanted",
    "lost",
    "crew",
)
CLOCK = """
INITIAL TIME = 0 ~~|
FINAL TIME = {months} ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
"""
STOCKS = [f"{s} {x}" for s in "ab" for x in ("line", "repair", "store", "rounds", "men")]


def load(folder: Path) -> Any:
    """The model, translated by PySD."""
    import pysd

    text = "{UTF-8}\n" + SIDE.format(s="a", o="b") + SIDE.format(s="b", o="a")
    text += "".join(f"{name} = 1 ~~|\n" for name in INPUTS)
    path = folder / "small_war.mdl"
    path.write_text(text + CLOCK.format(months=loops.MONTHS))
    return pysd.read_vensim(str(path))


def run(model: Any, p: np.ndarray) -> list[float]:
    """Ten closing stocks of one run."""
    out = model.run(
        params=dict(zip(INPUTS, map(float, p), strict=True)),
        return_columns=STOCKS,
        return_timestamps=[loops.MONTHS],
    )
    return [float(out[name].iloc[-1]) for name in STOCKS]
