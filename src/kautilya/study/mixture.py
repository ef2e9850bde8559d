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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kautilya import disk, wording
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.mechanisms import registry
from kautilya.runs import posterior
from kautilya.runs.case import Accounts, Answer, Chunk, Job, Survival
from kautilya.runs.chunk import read
from kautilya.runs.ensemble import Plan, Progress, preparations, source_of
from kautilya.runs.pool import Pool, cores
from kautilya.runs.posterior import KEPT
from kautilya.runs.store import layout_of
from kautilya.scenario.draft import fetch
from kautilya.scenario.outcomes import canonical
from kautilya.scenario.patch import CLAIMS, TOML, Files, data_of, rows_of, table_text, toml_of
from kautilya.scenario.rules import ONCE
from kautilya.scenario.scenario import Scenario
from kautilya.study.compare import Headline, headline, pairs

if TYPE_CHECKING:
    import xarray as xr

DAY, REST = "the later day, with what observers published until then", "the rest"
TOGETHER = "several together"
DUST = 1e-6  # of a mean, below which a difference is none
MOST = 8  # groups; those with the fewest rows join the rest
NAMED = 3  # of those that joined it
RANGES = "ranges: "
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
    still           whether it is the same in all futures of both, but for what adding up leaves
    """

    name: str
    first: float
    second: float
    error: float
    size: float
    carried: dict[str, tuple[float, float]]

    @property
    def still(self) -> bool:
        """See above."""
        least = max(DUST * max(abs(self.first), abs(self.second)), wording.DUST)
        return abs(self.second - self.first) <= least and self.error <= least


def groups(first: Scenario, second: Scenario) -> dict[str, Group]:
    """Rows that differ between the files of two scenarios, put together by what they are about."""
    old, new = (fetch(Path(one.folder)) for one in (first, second))
    found: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for name in sorted((set(old) | set(new)) - set(SIDE)):
        for key in _changed(name, old.get(name), new.get(name)):
            found.setdefault(_about(name, key, first, second), set()).add((name, key))
    order = sorted(found, key=lambda one: (one == REST, -len(found[one])))
    joined = [one for one in order[MOST - 1 :] if one not in (REST, OBSERVED)]
    if len(joined) > 1 or REST in found:
        for small in joined:
            found.setdefault(REST, set()).update(found.pop(small))
    else:
        joined = []
    if first.head.as_of != second.head.as_of:
        found[DAY] = found.pop(OBSERVED, set())
        order = [DAY, *order]
    out = {name: frozenset(found[name]) for name in order if name in found and name != REST}
    return out | ({_rest(joined): frozenset(found[REST])} if REST in found else {})


def _rest(joined: Sequence[str]) -> str:
    """What the smallest groups are called together."""
    if not joined:
        return REST
    more = f" and {len(joined) - NAMED} more" if len(joined) > NAMED else ""
    return f"{REST}: {', '.join(name.removeprefix(RANGES) for name in joined[:NAMED])}{more}"


def _changed(name: str, old: object, new: object) -> list[tuple[str, ...]]:
    """Keys of the rows of a table that differ; of another file the empty key where it does."""
    if name not in ONCE:
        if name.endswith(".toml") and isinstance(old, bytes) and isinstance(new, bytes):
            return [()] if data_of(old) != data_of(new) else []
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
        return _ranges(rows[key[0]].split(".")[0]) if key[0] in rows else REST
    return "events on record" if name == "events.csv" else REST


def _ranges(law: str) -> str:
    """The group of the ranges of a law, by its plain name."""
    found = registry().get(law)
    return f"{RANGES}{found.plain if found else law}"


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
        return table_text([*(one | two).values()], old or new)
    kept = {key: row for key, row in one.items() if key not in mine or key in two}
    kept |= {key: row for key, row in two.items() if key in mine}
    return table_text([*kept.values()], old or new)


def shifts(
    addresses: tuple[str, str],
    year: str,
    plan: Plan,
    carry: bool = True,
    progress: Progress | None = None,
) -> tuple[list[Shift], list[str]]:
    """Headline numbers of a year in both scenarios, the largest difference first; and notes.

    addresses   of the first and the second, as `load` finds them
    carry       also run mixtures of the groups, two a group
    """
    both = scenarios.load(addresses[0]), scenarios.load(addresses[1])
    found = groups(*both) if carry else {}
    with disk.Temporary("kautilya-diff-") as folder:
        made = _Runs(both, year, plan, folder)
        table = made.table(found, progress)
    out = [_shift(name, table, found) for name in table["second"] if name in table["first"]]
    return sorted(out, key=lambda one: -abs(one.size)), made.notes


def plain_shifts(first: xr.Dataset, second: xr.Dataset, year: str) -> tuple[list[Shift], list[str]]:
    """Headline numbers of a year in two runs, the largest difference first; and what is to be said
    of those that cannot be compared.

    Of runs of different length the futures that both have are compared.
    """
    table = {
        name: dict(_numbers(first, one, year))
        for name, one in (("first", first), ("second", second))
    }
    sizes = [int(one.sizes["future"]) for one in (first, second)]
    n = min(sizes)
    for part in table.values():
        part.update({key: values[:n] for key, values in part.items()})
    out = [_shift(name, table, ()) for name in table["second"] if name in table["first"]]
    notes = []
    if not out:
        notes.append(
            f"no answers for {year} are compared: the two keep none with the same labels and times"
        )
    elif sizes[0] != sizes[1]:
        notes.append(
            f"one has {wording.many(sizes[0], 'future')} and the other {sizes[1]:,}: compared are the first {n:,}"
        )
    return sorted(out, key=lambda one: -abs(one.size)), notes


def _plans(found: Mapping[str, Group]) -> dict[str, list[Group]]:
    """What is put into the first scenario on the later day: nothing more, each group alone, and all
    but each; by `day` (where the days differ), `+group` and `-group`."""
    always = [group for name, group in found.items() if name == DAY]
    out: dict[str, list[Group]] = {"day": always} if always else {}
    for name, group in found.items():
        if name != DAY:
            out[f"+{name}"] = [*always, group]
            out[f"-{name}"] = [one for other, one in found.items() if other != name]
    return out


class _Runs:
    """Runs of both scenarios and of mixtures, a job each, so that workers stay busy and each reads
    the laws through once: what is compiled is one month loop for all (`runs.chunk.structure`).

    notes   mixtures that cannot be read or run, which are then without an effect of their own
    """

    def __init__(
        self, both: tuple[Scenario, Scenario], year: str, plan: Plan, folder: Path
    ) -> None:
        self.notes: list[str] = []
        self._both, self._plan, self._folder = both, plan, folder
        self._headlines = _headlines(both, plan.case.keep, year)

    def table(
        self, found: Mapping[str, Group], progress: Progress | None
    ) -> dict[str, dict[str, np.ndarray]]:
        """Headline numbers [F] by run and name. Raises KautilyaError where one of the two scenarios
        does not run."""
        out: dict[str, dict[str, np.ndarray]] = {}
        plans = _plans(found)
        total = len(plans) + 2

        def done(job: Job, answer: Answer) -> None:
            if isinstance(job, Chunk):
                file = Path(job.file)
                out[names[file.stem]] = self._read(file)
                file.unlink()
                if progress:
                    progress(len(out), total)

        def refused(job: Job, answer: Answer) -> None:
            name = names[Path(job.file).stem] if isinstance(job, Chunk) else "second"
            if name in ("first", "second"):
                raise KautilyaError(answer.place, answer.found, answer.remedy)
            self.notes.append(f"{_said(name)} does not run: {answer.found}")

        names = {str(n): name for n, name in enumerate(("second", "first", *plans))}
        if progress:
            progress(0, total)
        with Pool(min(cores(), total)) as pool:
            pool.run(self._jobs(found, plans), done, refused)
        if found and DAY not in found:
            out["day"] = out["first"]
        return out

    def _jobs(self, found: Mapping[str, Group], plans: Mapping[str, list[Group]]) -> Iterator[Job]:
        """While one worker compiles, others draw what the accounts give."""
        first, second = self._both
        told = Accounts(source_of(first), self._plan.seed, self._plan.case.accept, 1)
        early = preparations(second, self._plan)
        yield from (one for one in early if not isinstance(one, Survival))
        yield from [told] if early else []
        for n, one in enumerate((second, first)):
            yield self._job(n, one)
        for n, (name, taken) in enumerate(plans.items(), 2):
            try:
                made = mixed(*self._both, taken, self._folder / f"mixture_{n}")
                yield self._job(n, scenarios.load(made))
            except KautilyaError as error:
                self.notes.append(f"{_said(name)} cannot be read: {str(error).splitlines()[0]}")

    def _job(self, number: int, one: Scenario) -> Chunk:
        plan = self._plan
        held = posterior.settled(plan.case.posterior, one)[0]
        case = replace(plan.case, as_of=one.asked, keep=self._keep(one), posterior=held)
        file = str(self._folder / f"{number}.npz")
        return Chunk(source_of(one), case, plan.seed, 0, plan.futures, file=file)

    def _keep(self, one: Scenario) -> str:
        return canonical(one, self._plan.case.keep)

    def _read(self, file: Path) -> dict[str, np.ndarray]:
        """Headline numbers [F] of a run, by name; NaN in a future that did not end finite."""
        part, out = read(file), dict[str, np.ndarray]()
        for one, shape in self._headlines:
            values = part.get(one.name)
            if values is None or values.shape[1:] != shape:
                continue
            summed = values[:, one.at].sum(axis=1, dtype=float).reshape(len(values), -1)
            summed[~part["_finite"]] = np.nan
            out |= {one.called(cell): summed[:, k] for k, cell in enumerate(one.cells)}
        return out


def _said(name: str) -> str:
    """A mixture in words."""
    if name == "day":
        return "the first scenario on the day of the second"
    return f"the first scenario with {name[1:]}" if name[0] == "+" else f"all but {name[1:]}"


def _headlines(
    both: tuple[Scenario, Scenario], keep: str, year: str
) -> list[tuple[Headline, tuple[int, ...]]]:
    """What a reader asks for first of outcomes that both have alike, and the shape of each."""
    old, new = (layout_of(one, keep) for one in both)
    out = []
    for name, dims in old.coords.items():
        found = headline(name, dims, old.texts[name], year)
        if found is not None and new.coords.get(name) == dims:
            out.append((found, tuple(len(members) for _, members in dims)))
    return out


def _numbers(base: xr.Dataset, other: xr.Dataset, year: str) -> Iterable[tuple[str, np.ndarray]]:
    """Headline numbers of a run that has the outcomes and labels of the first."""
    alike = []
    for name, array in base.data_vars.items():
        there = other.get(name)
        if there is not None and there.dims == array.dims and _labelled(array, there):
            alike.append(name)
    for name, _, values in pairs(base[alike], other[alike], year):
        yield name, values


def _labelled(one: xr.DataArray, two: xr.DataArray) -> bool:
    """Whether two outcomes have the same times and labels, whatever the number of futures."""
    return all(np.array_equal(one[dim].values, two[dim].values) for dim in one.dims[1:])


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
