"""Which differences in assumptions carry the differences in answers of two scenarios.

Rows that differ are put into groups: the figures and how the accounts read them, each law's ranges,
each kind of record, the rest. With D the first scenario as known on the day of the second, with what
observers published until then (where both are of one day, D is the first):

    effect of the day       answer(D) - answer(first)
    effect of a group g     [answer(D with g) - answer(D) + answer(second) - answer(second without g)] / 2
    left over               answer(second) - answer(first) - all effects

the mean of putting a group in first and last: the Shapley value where groups act singly or in
pairs (shapley1953). All runs meet the same luck, so few futures do; errors are those of paired means.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Plan, Progress, run
from kautilya.runs.pool import Pool, cores
from kautilya.runs.posterior import KEPT
from kautilya.scenario.draft import fetch
from kautilya.scenario.patch import CLAIMS, TOML, Files, data_of, rows_of, table_text, toml_of
from kautilya.scenario.rules import ONCE
from kautilya.scenario.scenario import Scenario
from kautilya.study.compare import pairs

if TYPE_CHECKING:
    import xarray as xr

DAY, REST = "the later day, with what observers published until then", "the rest"
TOGETHER = "several together"
MOST = 7  # groups; those with the fewest rows join the rest
OBSERVED = "what observers published, and the posterior"
WORDS = {"observed": "losses and launches that are seen", "tempo": "the profile of the fighting"}
FIGURES = ("figures.csv", "context/figures.csv", "accounts.toml")
SIDE = ("sources.csv", TOML, CLAIMS)  # of both in every mixture
Group = frozenset[tuple[str, tuple[str, ...]]]  # (file, key of a row; empty: the whole file)


class Shift(NamedTuple):
    """One number in both scenarios, and what carries the difference.

    first, second   means; error: standard error of the mean of the paired difference
    size            difference over the spread of futures (standard deviation of both)
    carried         effect by group, with its standard error; empty where nothing was mixed
    """

    name: str
    first: float
    second: float
    error: float
    size: float
    carried: dict[str, tuple[float, float]]


def groups(first: Scenario, second: Scenario) -> dict[str, Group]:
    """Rows that differ between the files of two scenarios, put together by what they are about."""
    old, new = (fetch(Path(one.folder)) for one in (first, second))
    found: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for name in sorted((set(old) | set(new)) - set(SIDE)):
        for key in _changed(name, old.get(name), new.get(name)):
            found.setdefault(_about(name, key, first, second), set()).add((name, key))
    order = sorted(found, key=lambda one: (one == REST, -len(found[one])))
    for small in order[MOST - 1 :]:
        if small not in (REST, OBSERVED):
            found.setdefault(REST, set()).update(found.pop(small))
    if first.head.as_of != second.head.as_of:
        found[DAY] = found.pop(OBSERVED, set())
        order = [DAY, *order]
    order = [*(name for name in order if name != REST), REST]
    return {name: frozenset(found[name]) for name in order if name in found}


def _changed(name: str, old: object, new: object) -> list[tuple[str, ...]]:
    """Keys of the rows of a table that differ; of another file the empty key where it does."""
    if name not in ONCE:
        return [()] if old != new else []
    one, two = (rows_of(name, data if isinstance(data, bytes) else None) for data in (old, new))
    return [key for key in dict.fromkeys([*one, *two]) if one.get(key) != two.get(key)]


def _about(name: str, key: tuple[str, ...], first: Scenario, second: Scenario) -> str:
    """The group of a row."""
    if name in FIGURES:
        return "published figures"
    if name == "series.csv" and key:
        law = key[0].split(".")[0]
        return OBSERVED if law == "motion" else WORDS.get(law, "events on record")
    if name.startswith(KEPT):
        return OBSERVED
    if name == "quantities.csv" and key:
        rows = {row.id: row.parameter for one in (first, second) for row in one.quantities}
        return f"ranges: {rows.get(key[0], REST).split('.')[0]}" if key[0] in rows else REST
    return "events on record" if name == "events.csv" else REST


def mixed(first: Scenario, second: Scenario, taken: Iterable[Group], out: Path) -> Path:
    """A folder with the files of the first, as of the day of the second, and the rows of some
    groups as the second has them."""
    old, new = (fetch(Path(one.folder)) for one in (first, second))
    chosen = set().union(*taken)
    files: Files = {}
    for name in set(old) | set(new):
        if name.startswith(KEPT) or name == CLAIMS:
            continue
        mine = {key for file, key in chosen if file == name}
        files[name] = _mixture(name, (old.get(name), new.get(name)), mine)
    head = data_of(old[TOML]) | {"as_of": second.head.as_of, "id": out.name}
    files[TOML] = toml_of(head).encode()
    disk.folder(out)
    for name, data in files.items():
        if isinstance(data, bytes):
            disk.folder((out / name).parent)
            disk.write(out / name, data)
    source = second if any(file.startswith(KEPT) for file, _ in chosen) else first
    if (Path(source.folder) / KEPT).is_dir():
        shutil.copytree(Path(source.folder) / KEPT, out / KEPT)
    return out


def _mixture(name: str, both: tuple[object, object], mine: set[tuple[str, ...]]) -> bytes:
    old, new = (data if isinstance(data, bytes) else None for data in both)
    if name not in ONCE:
        return (new if mine else old) or b""
    one, two = rows_of(name, old), rows_of(name, new)
    if name in SIDE:
        return table_text([*(one | two).values()])
    kept = {key: row for key, row in one.items() if key not in mine or key in two}
    kept |= {key: row for key, row in two.items() if key in mine}
    return table_text([*kept.values()], old or new)


def shifts(
    addresses: Sequence[str],
    year: str,
    plan: Plan,
    carry: bool = True,
    progress: Progress | None = None,
) -> tuple[list[Shift], list[str]]:
    """Headline numbers of a year in both scenarios, the largest difference first; and notes.

    addresses   of the first and the second, as `load` finds them
    carry       also run mixtures of the groups, two a group
    """
    first, second = (scenarios.load(one) for one in addresses)
    found = groups(first, second) if carry else {}
    notes: list[str] = []
    with disk.Temporary("kautilya-diff-") as folder:
        named = {"first": Path(addresses[0]), "second": Path(addresses[1])}
        named |= _mixtures((first, second), found, folder, notes)
        runs = _run(named, plan, progress, notes)
        table = {name: dict(_numbers(runs["first"], one, year)) for name, one in runs.items()}
    out = [_shift(name, table, found) for name in table["second"] if name in table["first"]]
    return sorted(out, key=lambda one: -abs(one.size)), notes


def plain_shifts(first: xr.Dataset, second: xr.Dataset, year: str) -> list[Shift]:
    """Headline numbers of a year in two runs, the largest difference first."""
    table = {
        name: dict(_numbers(first, one, year))
        for name, one in (("first", first), ("second", second))
    }
    n = min(int(one.sizes["future"]) for one in (first, second))
    for part in table.values():
        part.update({key: values[:n] for key, values in part.items()})
    out = [_shift(name, table, ()) for name in table["second"] if name in table["first"]]
    return sorted(out, key=lambda one: -abs(one.size))


def _mixtures(
    both: tuple[Scenario, Scenario], found: Mapping[str, Group], folder: Path, notes: list[str]
) -> dict[str, Path]:
    """Folders of the first on the day of the second, with each group in, and with each out."""
    if not found:
        return {}
    always = [group for name, group in found.items() if name == DAY]
    plans: dict[str, list[Group]] = {"day": always}
    for name, group in found.items():
        if name != DAY:
            plans[f"+{name}"] = [*always, group]
            plans[f"-{name}"] = [one for other, one in found.items() if other != name]
    out = {}
    for n, (name, taken) in enumerate(plans.items()):
        try:
            made = mixed(*both, taken, folder / f"mixture_{n}")
            scenarios.load(made)
            out[name] = made
        except KautilyaError as error:
            first = str(error).splitlines()[0]
            notes.append(f"{name[1:] if n else DAY} cannot be changed alone: {first}")
    return out


def _run(
    named: Mapping[str, Path], plan: Plan, progress: Progress | None, notes: list[str]
) -> dict[str, xr.Dataset]:
    out = {}
    with Pool(cores()) as pool:
        for n, (name, folder) in enumerate(named.items()):
            try:
                made = run(str(folder), plan.futures, plan.seed, case=plan.case, pool=pool)
                out[name] = made.data.load()
            except KautilyaError as error:
                if name in ("first", "second"):
                    raise
                notes.append(f"{name} does not run: {str(error).splitlines()[0]}")
            if progress:
                progress(n + 1, len(named))
    return out


def _numbers(base: xr.Dataset, other: xr.Dataset, year: str) -> Iterable[tuple[str, np.ndarray]]:
    """Headline numbers of a run that has the outcomes and labels of the first."""
    alike = []
    for name, array in base.data_vars.items():
        there = other.get(name)
        if there is not None and there.dims == array.dims and there.shape == array.shape:
            alike.append(name)
    for name, _, values in pairs(base[alike], other[alike], year):
        yield name, values


def _shift(name: str, table: Mapping[str, dict[str, np.ndarray]], found: Iterable[str]) -> Shift:
    first, second = table["first"][name], table["second"][name]
    whole = np.isfinite(first) & np.isfinite(second)
    change = (second - first)[whole]
    spread = float(np.sqrt((first[whole].var() + second[whole].var()) / 2))
    mean, error = _mean(change)
    carried: dict[str, tuple[float, float]] = {}
    if "day" in table and name in table["day"]:
        day = table["day"][name]
        if DAY in found:
            carried[DAY] = _mean((day - first)[whole])
        for group in (one for one in found if one != DAY):
            ends = [table.get(f"{sign}{group}", {}).get(name) for sign in "+-"]
            inside, outside = ends
            if inside is None or outside is None:
                continue
            carried[group] = _mean((0.5 * (inside - day + second - outside))[whole])
        carried[TOGETHER] = (mean - sum(one[0] for one in carried.values()), error)
    size = mean / spread if spread > 0 else float(np.sign(mean))
    return Shift(
        name, float(first[whole].mean()), float(second[whole].mean()), error, size, carried
    )


def _mean(values: np.ndarray) -> tuple[float, float]:
    good = values[np.isfinite(values)]
    if not len(good):
        return float("nan"), float("nan")
    return float(good.mean()), float(good.std() / max(len(good) - 1, 1) ** 0.5)
