"""What a report is about: a run's numbers, its scenario, and the laws it used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from kautilya import wording
from kautilya.runs.summary import within


class Subject(NamedTuple):
    """A run with its scenario.

    data     xarray.Dataset of the futures that ended finite
    laws     laws of the scenario, in its order
    names    words for every code of an actor and every good
    as_of    month YYYY-MM; recorded: whether the record drives the months up to it
    changed  the scenario's digest is another than the run's
    """

    data: Any
    manifest: Mapping[str, Any]
    scenario: Any
    laws: tuple[Any, ...]
    names: Mapping[str, str]
    as_of: str
    recorded: bool
    changed: bool

    @property
    def months(self) -> list[str]:
        """Months of the data, or of the scenario where no outcome is monthly."""
        held = self.data["month"].values if "month" in self.data.coords else self.scenario.months
        return [str(m) for m in held]

    @property
    def futures(self) -> int:
        """Number of futures that count."""
        return int(self.data.sizes.get("future", 0))

    def members(self, name: str) -> tuple[str, ...]:
        """Members of a set of the scenario; empty where it has none of that name."""
        found = self.scenario.sets.get(name)
        return tuple(found.members) if found else ()

    def has(self, name: str, *dims: str) -> bool:
        """Whether an outcome exists with these dims beside the futures, in any order."""
        return name in self.data and set(self.data[name].dims) == {"future", *dims}

    def towards(self, buyer: str) -> Subject:
        """The same with what concerns one of several buyers."""
        if "buyer" not in self.data.dims:
            return self
        return self._replace(data=self.data.sel(buyer=buyer))

    def name(self, code: str) -> str:
        """Words for an actor, a good or another label."""
        return self.names.get(code, code.replace("_", " "))


def subject(run: Any, scenario: Any = None) -> Subject:
    """Read a run.

    run       study.ensemble.Run: .data and .manifest
    scenario  by default the shipped one that the manifest names
    Raises KautilyaError where the scenario cannot be found.
    """
    from kautilya import scenario as scenarios
    from kautilya.mechanisms import registry

    manifest = run.manifest
    scenario = scenario or scenarios.load(manifest["scenario"], manifest["case"].get("as_of", ""))
    known = registry()
    laws = tuple(known[name] for name in scenario.head.laws if name in known)
    sets = manifest.get("case", {}).get("sets", ())
    drive = [str(one).replace(" ", "") for one in sets]
    return Subject(
        _finite(run.data, manifest),
        manifest,
        scenario,
        laws,
        _names(scenario),
        scenario.head.as_of.isoformat()[: len(scenario.months[0])],
        "drive=model" not in drive,
        manifest.get("digest", scenario.digest) != scenario.digest,
    )


def _names(scenario: Any) -> dict[str, str]:
    out = {actor.code: actor.name for actor in scenario.actors}
    for row in scenario.goods:
        out.setdefault(row.good, wording.label(row.good, row.description))
    return out


def _finite(data: Any, manifest: Mapping[str, Any]) -> Any:
    """Without the futures that did not end finite; nothing is copied where all did. Of a very
    large run the first futures, as many as fit."""
    data = within(data)
    if not manifest.get("futures_not_finite"):
        return data
    good = np.ones(data.sizes["future"], dtype=bool)
    for array in data.data_vars.values():
        values = array.transpose("future", ...).values
        good &= np.isfinite(values.reshape(len(values), -1)).all(axis=1)
    return data.isel(future=good)


def full(subject: Subject, name: str) -> str:
    """The parameter `name` as tables write it, law first; "" where no law has it, or several."""
    found = [law.name for law in subject.laws for one in law.params if one.name == name]
    return f"{found[0]}.{name}" if len(found) == 1 else ""


def central(subject: Subject, name: str, wanted: str, **labels: str) -> np.ndarray:
    """Central declared path [months] of a parameter, in the unit `wanted`; NaN without rows.

    Linear between dated anchors, constant outside of them, as the model interpolates.
    name     of the parameter, without its law
    labels   actor, good ...: cells that a row must name, or leave open
    """
    from kautilya.scenario.calendar import place
    from kautilya.scenario.scenario import EVERY
    from kautilya.scenario.units import factor

    parameter = full(subject, name)

    def fits(row: Any) -> bool:
        return all(getattr(row, key) in (*EVERY, label) for key, label in labels.items())

    def exactness(row: Any) -> int:
        return sum(getattr(row, key) == label for key, label in labels.items())

    rows = [row for row in subject.scenario.quantities if row.parameter == parameter and fits(row)]
    if not rows:
        return np.full(len(subject.months), np.nan)
    exact = max(map(exactness, rows))
    rows = [row for row in rows if exactness(row) == exact]
    rows.sort(key=lambda row: row.month)
    goods = subject.scenario.units.values()
    values = [_middle(row) * factor(row.unit, wanted, goods) for row in rows]
    at = [place(row.month) if row.month else 0.0 for row in rows]
    return np.interp([place(month) for month in subject.months], at, values)


def _middle(row: Any) -> float:
    if row.central is not None:
        return float(row.central)
    return float((row.low + row.high) / 2)


def rests_on(subject: Subject, variable: str) -> list[str]:
    """What the laws on the way to a variable impose; stocks cut the way."""
    owner = {var.name: law for law in subject.laws for var in law.writes}
    flows = {f"flow:{law.name}": law for law in subject.laws if law.phase == "flow"}
    todo, seen = [variable], []
    while todo:
        law = owner.get(todo[0]) or flows.get(todo[0])
        todo = todo[1:]
        if law is not None and law not in seen:
            seen.append(law)
            todo += (*law.reads, *law.reads_if)
    return [one.says for law in seen for one in law.imposes]


def feasible(manifest: Mapping[str, Any], audited: Mapping[str, Any] | None = None) -> str:
    """The share of raw draws that satisfied the accounts, in words; empty where not given.

    audited  an audit, which knows the accounts by name
    """
    share = manifest.get("share_feasible")
    if isinstance(share, Mapping):
        rows = (audited or {}).get("accounts", ())
        says = next((row["says"] for row in rows if row["account"] == share.get("of")), "")
        of = f" of {says}" if says else ""
        under = "under " if share.get("value") == 0 and share.get("below") else ""
        value = share.get("below") if under else share.get("value", 0.0)
        return f"{under}{wording.number(100 * float(value or 0))} % of raw draws satisfied the accounts{of}"
    if not isinstance(share, (int, float)):
        return ""
    return f"{wording.number(100 * share)} % of raw draws satisfied the published accounts"


def drawn_from(manifest: Mapping[str, Any]) -> str:
    """Where the state of the record on the as-of day is from; empty where no law needs one, or
    where it is the posterior that lies with the scenario."""
    day = manifest.get("as_of", "the day")
    return {
        "lacking": f"No posterior of {day} is kept: what comes after that day is drawn from the "
        "declared ranges, which are wide and learned nothing from the record. `kautilya posterior "
        f"{manifest.get('scenario', '')}@{day}` learns it",
        "none": f"What comes after {day} is drawn from the declared ranges, as asked",
        "made": f"What comes after {day} is drawn from the posterior of that day, made on this machine",
        "given": f"What comes after {day} is drawn from the posterior that was named",
    }.get(str(manifest.get("drawn_from", "")), "")


def held(manifest: Mapping[str, Any]) -> str:
    """Which published figures the run is held to, and why an audit shows other numbers; empty
    where the scenario declares no accounts, or none of them was asked for."""
    told = manifest.get("accounts")
    accept = told.get("accept") if isinstance(told, Mapping) else None
    if not accept:
        return ""
    if accept == "all":
        return "The run is held to all published figures, as an audit is, and to declared ranges"
    return (
        "Not all published figures can be true together, so the run is held to a part of them, "
        f"called {accept}. An audit takes all of them unless told, so its numbers differ: with "
        f"--accept {accept} it shows those of the run"
    )
