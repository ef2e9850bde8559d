"""A posterior on disk, and how a run draws from it.

A folder holds posterior.npz and posterior.json (what was done and found). A calibration holds ids
of figures and their draws in internal units. A posterior of a day holds draws of single elements of
parameters, such as the level of one series of the record ("motion.level/claim_tank"), and a mark of
the record that it rests on. A folder may hold both.

A future takes one whole draw, by its number and the seed, so that the same future draws the same
whatever the size of the run; what the posterior does not hold still comes from the accounts and the
declared ranges. The posterior of the as-of day is kept in the folder of the scenario, in `KEPT`; that
of another day in the cache, once it was made (`estimation.motion.prepared`). A run draws from it
unless it names another or none, and says in its manifest which it was (`Origin`).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, cast
from zipfile import BadZipFile

import numpy as np

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.runs import guard
from kautilya.runs.documents import Learned
from kautilya.scenario import library

if TYPE_CHECKING:
    from kautilya.runs.draws import Fed
    from kautilya.scenario.assemble import Assembled
    from kautilya.scenario.scenario import Scenario

VALUES, SUMMARY = "posterior.npz", "posterior.json"
KEPT = "posterior"  # folder beside the tables of a scenario
NONE = "none"  # said instead of a folder: draw from the declared ranges
LAW = "motion"  # the law that carries the record past the day
STREAM = "posterior/draw"  # names the luck that picks a draw
MARK = "@"
Feed = Callable[[np.ndarray], "Fed"]
Origin = Literal["kept", "made", "given", "none", "lacking", ""]
"""Where the state of the record on the day comes from: the posterior that lies with the scenario,
one made of its day on this machine, one that the case names; or from the declared ranges, because
none was wanted, or because there is none of this day; "" where no law needs one."""


def save(
    folder: Path,
    ids: list[str],
    draws: np.ndarray,
    said: Mapping[str, object],
    day: Day | None = None,
) -> None:
    """Write a posterior: draws [n, ids] in internal units, its summary, and the state of a day."""
    disk.folder(library.apart(folder))
    held = {"ids": np.array(ids), "draws": draws, "digest": np.array(said["digest"])}
    if day is not None:
        held |= {"elements": np.array(day.elements), "state": day.state, "mark": np.array(day.mark)}
        if day.record is not None:
            names = ("record_months", "record_labels", "record")
            held |= dict(zip(names, map(np.array, day.record), strict=True))
    disk.write(folder / VALUES, disk.ARRAYS.pack(held))
    disk.write_json(folder / SUMMARY, said)


class Day(NamedTuple):
    """Draws of the state of the record on a day.

    elements   names of elements of parameters: law.name/label/...
    state      [n, elements], float32
    mark       of the record that they were learned from
    record     months, labels and values [months, labels] of a record that is not the scenario's own,
               NaN where nothing is known: it drives a run in the place of that; None: the own one
    """

    elements: tuple[str, ...]
    state: np.ndarray
    mark: str
    record: tuple[tuple[str, ...], tuple[str, ...], np.ndarray] | None = None


def mark(scenario: Scenario) -> str:
    """A mark of what observers published that is known on the day of a scenario, series that have
    a label; "" where there are none."""
    rows = [f"{row.label} {row.month} {row.value:.12g}" for row in scenario.series if row.label]
    return disk.checksum("\n".join(sorted(rows)).encode()) if rows else ""


def day_of(name: str, scenario: Scenario) -> Day | None:
    """The state of the day that a run draws from: of the posterior that it names, else the one that
    is kept with the scenario, where it was learned from the record as it is known on this day."""
    if name == NONE:
        return None
    named = _day(folder_of(name)) if name else None
    if named is not None:
        return named
    for folder in (Path(scenario.folder) / KEPT, of_day(scenario)):
        found = _day(folder) if (folder / VALUES).is_file() else None
        if found is not None and found.mark == mark(scenario):
            return found
    return None


def of_day(scenario: Scenario) -> Path:
    """Where the posterior of the day of a scenario is kept on this machine, made or not: by what is
    known on the day, and by the code of the fit and of what it rests on."""
    code = sorted((Path(__file__).parents[1] / "estimation" / LAW).glob("*.py"))
    labels = [label for one in scenario.sets.values() for label in one.members]
    text = b"".join(one.read_bytes() for one in code) + f"{mark(scenario)} {labels}".encode()
    return disk.made_here(LAW, "runs") / f"{scenario.head.as_of}-{disk.checksum(text)[:16]}"


def settled(name: str, scenario: Scenario) -> tuple[str, Origin]:
    """What `Case.posterior` stands for, as `named` has it, and where the state of the day is from.

    Raises KautilyaError where it names a folder that holds no posterior of the scenario.
    """
    found = named(name, scenario)
    if LAW not in scenario.head.laws:
        return found, ""
    if found == NONE:
        return found, "none"
    if found and _day(folder_of(found)) is not None:
        here = folder_of(found).resolve() == of_day(scenario).resolve()
        return found, "made" if here else "given"
    there = day_of("", scenario)
    if there is None:
        return found, "lacking"
    own = Path(scenario.folder) / KEPT
    if (own / VALUES).is_file() and (held := _day(own)) is not None and held.mark == there.mark:
        return found, "kept"
    return found or named(of_day(scenario), scenario), "made"


def _day(folder: Path) -> Day | None:
    """The state in a folder; None where it holds a calibration alone."""
    held = _held(folder)
    if "elements" not in held:
        return None
    record = None
    if "record" in held:
        names = (tuple(map(str, held[one])) for one in ("record_months", "record_labels"))
        record = (*names, np.asarray(held["record"], dtype=float))
    elements = tuple(str(one) for one in held["elements"])
    return Day(elements, held["state"], str(held["mark"]), record)  # type: ignore[arg-type]


def _held(folder: Path) -> dict[str, np.ndarray]:
    """All arrays of a posterior. Raises KautilyaError."""
    held = guard.read(folder / VALUES, guard.A_BLOCK)  # a run of a stranger may name the folder
    try:
        with np.load(io.BytesIO(held or b""), allow_pickle=False) as data:
            found = {name: data[name] for name in data.files}
        if {"ids", "draws", "digest"} <= set(found):
            return found
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        pass
    raise KautilyaError(
        str(folder),
        f"no posterior in this folder (no readable {VALUES})",
        "Give the folder that `kautilya calibrate --out` wrote",
    )


def summary(folder: Path) -> Learned:
    """What posterior.json says; empty where it cannot be read."""
    found = disk.read_json(folder / SUMMARY)
    return cast(Learned, found) if isinstance(found, dict) else {}


def load(folder: Path) -> tuple[list[str], np.ndarray, str]:
    """Ids, draws [n, ids] and the digest of the scenario. Raises KautilyaError."""
    held = _held(folder)
    return [str(one) for one in held["ids"]], held["draws"], str(held["digest"])


def folder_of(name: str | Path) -> Path:
    """The folder of a posterior, from its path or from what `named` made of it."""
    path, mark, _ = str(name).rpartition(MARK)
    return Path(path if mark else name)


def named(folder: str | Path, scenario: Scenario) -> str:
    """The folder with a mark of its content, for the plan of a run; checked against the scenario.

    Raises KautilyaError where it holds no posterior, or one of another scenario.
    """
    if str(folder) in ("", NONE):
        return str(folder)
    path = folder_of(folder)
    ids, _, digest = load(path)
    if ids and digest != scenario.digest:
        raise KautilyaError(
            str(path),
            "this posterior belongs to another scenario, or to an earlier text of this one",
            f"Make it anew: kautilya calibrate {scenario.id} --out {path}",
        )
    mark = hashlib.sha256((path / VALUES).read_bytes()).hexdigest()[:12]
    return f"{path.resolve()}{MARK}{mark}"


def informed(feed: Feed | None, name: str, assembled: Assembled, seed: int) -> Feed | None:
    """The feed of a run, with the draws of a posterior (as `named`) in place of what they hold."""
    if name in ("", NONE):
        return feed
    from kautilya.runs.draws import probabilities

    ids, draws, _ = load(folder_of(name))
    if not ids:
        return feed
    place = {row.id: i for i, row in enumerate(assembled.quantities)}
    rows = [np.array([place[one]]) for one in ids]

    def both(futures: np.ndarray) -> Fed:
        at = (probabilities([STREAM], seed, np.asarray(futures))[0] * len(draws)).astype(int)
        own = [(row, draws[at, k]) for k, row in enumerate(rows)]
        return [*(feed(futures) if feed else ()), *own]

    return both


class Carried(NamedTuple):
    """Values of the elements that a posterior of the day holds.

    assembled   the scenario, whose elements are taken from rows after those of the figures, with
                the record that the posterior brings along
    rows        numbers of futures [F] -> values [elements, F]; none of them without a posterior
    """

    assembled: Assembled
    rows: Callable[[np.ndarray], np.ndarray]


def carried(name: str, assembled: Assembled, seed: int) -> Carried:
    """What the state of the day gives a run; `name` as in Case.posterior."""
    from kautilya.runs.draws import probabilities

    found = day_of(name, assembled.scenario)
    places = {
        "/".join((".".join(key[:2]), *key[2:])): i
        for i, key in enumerate(assembled.model.layout.plain)
    }
    fits = [k for k, one in enumerate(found.elements) if one in places] if found else []
    if found is None or not fits:
        return Carried(assembled, lambda futures: np.zeros((0, len(futures))))
    state, index = np.asarray(found.state, dtype=float)[:, fits], assembled.plain_index.copy()
    for row, k in enumerate(fits):
        index[places[found.elements[k]]] = len(assembled.quantities) + row

    def rows(futures: np.ndarray) -> np.ndarray:
        at = (probabilities([STREAM], seed, np.asarray(futures))[0] * len(state)).astype(int)
        return state[at].T

    return Carried(
        assembled._replace(plain_index=index, series=_driven(assembled, found.record)), rows
    )


def _driven(
    assembled: Assembled, record: tuple[tuple[str, ...], tuple[str, ...], np.ndarray] | None
) -> np.ndarray:
    """The records of the loop [T, S], with this one in place of the scenario's own."""
    series = np.array(assembled.series, dtype=float)
    own = next((law.series[0] for law in assembled.model.laws if law.name == LAW), None)
    if record is None or own is None:
        return series
    months, labels, values = record
    keys, span = assembled.model.layout.series, list(assembled.model.world.months)
    at = [span.index(one) if one in span else -1 for one in months]
    for k, label in enumerate(labels):
        if (LAW, own.name, label) in keys:
            column = keys.index((LAW, own.name, label))
            series[:, column] = own.missing
            for row, value in zip(at, values[:, k], strict=True):
                if row >= 0 and np.isfinite(value):
                    series[row, column] = value
    return series
