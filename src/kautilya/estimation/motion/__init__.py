"""The process that carries the record past the as-of day, fitted on what was known on that day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kautilya import disk
from kautilya.runs import posterior as kept

if TYPE_CHECKING:
    from kautilya.estimation.motion.hierarchy import Found, Length
    from kautilya.scenario.scenario import Scenario

LAW, SET = "motion", "watched"
CHAINS, SWEEPS = 4, 10_000  # of a posterior that is kept with a scenario
MONTHS = 48  # months that all fits are padded to, or the next whole two years


def posterior(
    scenario: Scenario,
    draws: int = 1024,
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
    clean = known(scenario, data)
    said = f"{clean.to_csv()}|{scenario.head.as_of}|{draws}|{seed}|{length}|{_code()}"
    name = f"{scenario.id}-{scenario.head.as_of}-{disk.checksum(said.encode())[:16]}"
    folder = disk.made_here("motion", "runs") / name
    if length is None:
        length = _length(draws, 1_000, 2_000)
    if not (folder / kept.VALUES).is_file():
        write(folder, scenario, clean, draws, seed, length)
    return folder


def _code() -> str:
    """A mark of the text of the fit, beside that of the rooms below."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return disk.checksum(b"".join(one.read_bytes() for one in files))


def known(scenario: Scenario, data: Path | str | None = None) -> pd.DataFrame:
    """The record that is known on the day of a scenario: index Period[M], columns its series."""
    from kautilya.errors import KautilyaError
    from kautilya.estimation import watched

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
    draws: int = 1024,
    seed: int = 0,
    length: Length | None = None,
) -> Found:
    """Fit the process and write the folder that a run draws from."""
    from kautilya.estimation import watched
    from kautilya.estimation.motion import hierarchy

    length = length or _length(draws, 3_000, SWEEPS)
    groups = {label: watched.group_of(label) for label in clean.columns}
    months = max(MONTHS, hierarchy.rounded(len(clean)))
    found = hierarchy.fitted(hierarchy.record(clean, groups, months), length, seed)
    elements = {
        key: value
        for key, value in hierarchy.carried(found).items()
        if np.ptp(value) > 0 or key[1] in ("mean", "most")
    }
    day = kept.Day(
        tuple("/".join((".".join(key[:2]), *key[2:])) for key in elements),
        np.stack(list(elements.values()), axis=1)[:draws].astype(np.float32),
        kept.mark(scenario),
    )
    kept.save(folder, [], np.zeros((draws, 0)), _summary(scenario, clean, length, found), day)
    return found


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
