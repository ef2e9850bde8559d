"""The process that carries the record past the as-of day, fitted on what was known on that day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kautilya import disk
from kautilya.runs import posterior as kept
from kautilya.runs.posterior import LAW
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.estimation.motion.hierarchy import Found, Length
    from kautilya.scenario.scenario import Scenario

SET = "watched"
CHAINS, SWEEPS = 4, 10_000  # of a posterior that is kept with a scenario
LEAST = 4 * CHAINS  # draws; halves of a chain of fewer have no spread
DRAWS = 1024  # of a posterior of a day, where nobody says how many
MONTHS = 48  # months that all fits are padded to, or the next whole two years


def posterior(
    scenario: Scenario,
    draws: int = DRAWS,
    seed: int = 0,
    data: Path | str | None = None,
    length: Length | None = None,
) -> Path | str:
    """The folder of a posterior of the scenario's as-of day, made where it is not kept yet.

    draws   how many; length: of the chains, by default that of a hindcast: 3,000 sweeps each,
            which score like ten times as many
    data    folder of outside files of the record, cut at the day by content; by default the rows
            `motion.record` of the scenario that are known on the day
    Returns "" where the scenario does not switch the law on. Raises KautilyaError for files that
    cannot be read, and where nothing of the record is known on the day.
    """
    if LAW not in scenario.head.laws:
        return ""
    clean, folder = known(scenario, data), kept.of_day(scenario)
    if (data, draws, seed, length) != (None, DRAWS, 0, None):
        said = f"{clean.to_csv()}|{draws}|{seed}|{length}"
        folder = folder.with_name(f"{folder.name}-{disk.checksum(said.encode())[:16]}")
    if length is None:
        length = _length(draws, 1_000, 2_000)
    if not (folder / kept.VALUES).is_file():
        write(folder, scenario, clean, (draws, seed), length, data)
    return folder


def prepared(
    name: str,
    as_of: str = "",
    posterior_of: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make the posterior of the day of a scenario where a run would draw from it and none is kept.

    name, as_of, posterior_of   of the run, as in its case; nothing is made where it names one, where
    no law needs one, or where nothing of the record is known on the day: the run says so.
    """
    from kautilya import scenario as scenarios
    from kautilya.errors import KautilyaError

    scenario = scenarios.load(name, as_of)
    if kept.settled(posterior_of, scenario)[1] != "lacking":
        return
    try:
        known(scenario)
    except KautilyaError:
        return
    if progress:
        progress(0, 1)
    posterior(scenario)
    if progress:
        progress(1, 1)


def known(scenario: Scenario, data: Path | str | None = None) -> pd.DataFrame:
    """The record that is known on the day of a scenario: index Period[M], columns its series."""
    from kautilya.errors import KautilyaError
    from kautilya.estimation import watched

    if SET not in scenario.sets or LAW not in scenario.head.laws:
        raise KautilyaError(
            scenario.id,
            f"its laws do not carry a record past the as-of day (the law {LAW} is not switched on)",
            "Give a scenario that switches it on, such as russia_dprk_2024",
        )
    labels = list(scenario.sets[SET].members)
    if data is not None:
        clean = watched.read(Path(data), scenario.head.as_of).clean
    else:
        rows = [row for row in scenario.series if row.series.split(".")[0] == LAW]
        flat = pd.Series(
            {(pd.Period(row.month, "M"), row.label): float(row.value) for row in rows}, dtype=float
        )
        clean = flat.unstack() if len(flat) else pd.DataFrame(index=pd.PeriodIndex([], freq="M"))
    clean = clean.reindex(columns=labels)
    clean = clean[clean.index <= last_month(scenario)]
    if clean.dropna(how="all").empty:
        raise KautilyaError(
            scenario.id,
            f"nothing of the record is known on {scenario.head.as_of}",
            "Give a later day, or --data with files of the record",
        )
    whole = pd.period_range(clean.index[0], clean.dropna(how="all").index[-1], freq="M")
    return clean.reindex(whole)


def last_month(scenario: Scenario) -> pd.Period:
    """The last month that is whole on the as-of day."""
    day = pd.Timestamp(scenario.head.as_of)
    return day.to_period("M") if day.is_month_end else day.to_period("M") - 1


def _length(draws: int, burn: int, sweeps: int) -> Length:
    """So many draws of all chains, from so many sweeps of each."""
    from kautilya.estimation.motion.hierarchy import Length as Chains

    each = -(-draws // CHAINS)
    return Chains(CHAINS, burn, each, max(sweeps // each, 1))


def write(
    folder: Path,
    scenario: Scenario,
    clean: pd.DataFrame,
    size: tuple[int, int] = (DRAWS, 0),
    length: Length | None = None,
    data: Path | str | None = None,
) -> Found:
    """Fit the process and write the folder that a run draws from.

    clean  the record; data: the folder that it is from, None = the scenario's own. That of a folder
           goes along, to drive runs that draw from it up to their day
    size   how many draws, and the seed

    Raises KautilyaError for too few draws.
    """
    from kautilya.errors import KautilyaError
    from kautilya.estimation import watched
    from kautilya.estimation.motion import hierarchy, two_processes

    draws, seed = size
    if draws < LEAST:
        raise KautilyaError(
            "--draws", many(draws, "draw"), f"Give {LEAST} or more, so that chains mix"
        )
    length = length or _length(draws, 3_000, SWEEPS)
    groups = {label: watched.group_of(label) for label in clean.columns}
    months = max(MONTHS, hierarchy.rounded(len(clean)))
    read = _read(data)
    found = hierarchy.fitted(hierarchy.record(clean, groups, months, read), length, seed)
    every = hierarchy.carried(found)
    if two_processes.DRIVER in scenario.sets["driver"].members and set(
        two_processes.CLASSES
    ) <= set(clean):
        seen = clean[list(two_processes.CLASSES)].dropna().to_numpy(float).T
        every = two_processes.mixed(every, seen, seed)
    if read != hierarchy.READ:
        begun = float((read - pd.Period(scenario.head.start, "M")).n)
        every |= {("lateness", "read", str(one)): np.full(draws, begun) for one in clean}
    elements = {
        key: value[:draws]
        for key, value in every.items()
        if np.ptp(value) > 0 or key[1] in ("mean", "most", "least", "read")
    }
    day = kept.Day(
        tuple("/".join((".".join(key[:2]), *key[2:])) for key in elements),
        np.stack(list(elements.values()), axis=1).astype(np.float32),
        kept.mark(scenario),
        None
        if data is None
        else (tuple(map(str, clean.index)), tuple(clean.columns), clean.to_numpy(float)),
    )
    kept.save(folder, [], np.zeros((draws, 0)), _summary(scenario, clean, length, found), day)
    return found


def _read(data: Path | str | None) -> pd.Period:
    """The month in which the record's late source was read: that after the last month of a longer
    file, whatever the day."""
    from kautilya.estimation import watched
    from kautilya.estimation.motion import hierarchy

    if data is None:
        return hierarchy.READ
    known = watched.read(Path(data)).clean["deaths_named"].dropna().index
    return max(known[-1] + 1, hierarchy.READ) if len(known) else hierarchy.READ


def _summary(
    scenario: Scenario, clean: pd.DataFrame, length: Length, found: Found
) -> dict[str, object]:
    """posterior.json of a day: what was known, how long the chains were, and how they mixed."""
    counts = clean.notna().sum()
    return {
        "scenario": scenario.id,
        "digest": scenario.digest,
        "as_of": str(scenario.head.as_of),
        "until": str(clean.index[-1]),
        "kind": "state of the day",
        "chains": length._asdict(),
        "months": {str(label): int(n) for label, n in counts.items()},
        "diagnostics": {
            name: {"rhat": round(r, 4), "effective": round(n)}
            for name, (r, n) in found.diagnostics.items()
        },
    }
