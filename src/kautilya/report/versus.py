"""Two scenarios, editions, runs or stored answers side by side: what differs, the answer first.

A stored answer is a file that `kautilya answer --json` wrote, of any version: its statements are
compared as they stand. A run is compared by what it stored; a scenario by its stored answer and by
runs of both on the same luck, with mixtures of the rows that differ (study.mixture).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.claims import hindsight
from kautilya.errors import KautilyaError
from kautilya.report.parts import Cell, Fold, Grid, Section, Text
from kautilya.runs.case import Case, Plan
from kautilya.runs.ensemble import Progress, Run, load_run, outdated, scenario_of
from kautilya.scenario import library
from kautilya.scenario.differences import Difference, differences, tally
from kautilya.scenario.draft import fetch
from kautilya.scenario.lexicon import Names
from kautilya.scenario.scenario import Scenario
from kautilya.study.compare import year_of, years_of
from kautilya.study.mixture import Shift, plain_shifts, shifts
from kautilya.wording import listed, many, number, signed

Document = dict[str, object]
CLEAR = 0.25  # differences in spreads of futures from which one counts as moved
TOLD = ("kind", "who", "odds", "without", "short", "")


class Ask(NamedTuple):
    """What is asked. year: of the answers; quick: nothing is run."""

    year: str = ""
    futures: int = 128
    seed: int = 0
    quick: bool = False


class Side(NamedTuple):
    """One of the two: its name, its scenario and its run, its stored statements."""

    name: str
    address: str
    scenario: Scenario | None
    run: Run | None
    told: Mapping[str, object]

    @property
    def digest(self) -> str:
        """That of the files it was made from."""
        now = self.scenario.digest if self.scenario else ""
        return str(self.run.manifest["digest"]) if self.run else now

    @property
    def changed(self) -> bool:
        """Whether its files are no more those it was made from."""
        return self.scenario is not None and self.digest != self.scenario.digest


class Versus(NamedTuple):
    """What differs.

    statements   (what, first, second) of stored answers
    made         what the two were made from, where it differs: rows, files, settings
    shifts       headline numbers of a year, the largest difference first
    settings     (what, first, second) of runs and answers: version, seed, levers ...
    """

    names: tuple[str, str]
    scenarios: tuple[str, str]
    year: str
    made: str
    statements: list[tuple[str, str, str]]
    shifts: list[Shift]
    settings: list[tuple[str, str, str]]
    differences: list[Difference]
    notes: list[str]
    words: Mapping[str, str]

    def named(self, text: str) -> str:
        """A number in plain words."""
        return self.words.get(text, text)

    @property
    def says(self) -> str:
        """The bottom line."""
        days = next(((one, two) for key, one, two in self.settings if key == "as_of"), None)
        known = f"known on {days[0]} and on {days[1]}; " if days else ""
        first = f"{known}{self.made}"
        if not self.shifts:
            same = sum(one == two for _, one, two in self.statements)
            told = (
                f"{len(self.statements) - same} of {many(len(self.statements), 'statement')} differ"
            )
            parts = [told] if self.statements else []
            return "; ".join([*parts, *([first] if self.scenarios[0] else [])]) + "."
        clear = [one for one in self.shifts if abs(one.size) >= CLEAR]
        top = self.shifts[0]
        if all(one.still for one in self.shifts):
            return f"{first}; none of {many(len(self.shifts), 'answer')} for {self.year} differs."
        said = (
            f"{first}; {len(clear)} of {len(self.shifts)} answers for {self.year} move by a quarter of "
            "their spread or more"
        )
        if top.first != top.second:
            said += f". Most: {self.named(top.name)}, {number(top.first)} to {number(top.second)}"
        if top.carried:
            group, (mean, _) = max(top.carried.items(), key=lambda one: abs(one[1][0]))
            said += f", of which {signed(mean)} by {group}"
        return said + "."

    def as_json(self) -> Document:
        """The stable JSON shape."""
        return {
            "first": self.names[0],
            "second": self.names[1],
            "says": self.says,
            "year": self.year,
            "statements": [
                dict(zip(("what", "first", "second"), one, strict=True)) for one in self.statements
            ],
            "answers": [one._asdict() | {"in_words": self.named(one.name)} for one in self.shifts],
            "settings": [
                dict(zip(("what", "first", "second"), one, strict=True)) for one in self.settings
            ],
            "counts": tally(self.differences),
            "differences": [one._asdict() for one in self.differences],
            "notes": self.notes,
        }


def versus(first: str, second: str, ask: Ask, progress: Progress | None = None) -> Versus:
    """Compare two of one kind. Raises KautilyaError for what is neither, or for a mixture of kinds."""
    one, two = _side(first), _side(second)
    if (one.scenario is None) != (two.scenario is None) or (one.run is None) != (two.run is None):
        raise KautilyaError(
            f"{first} and {second}", "are not of one kind", "Give two scenarios, runs or answers"
        )
    year = ask.year
    found: list[Shift] = []
    notes: list[str] = []
    if one.scenario is not None and two.scenario is not None:
        year = year or _year(one.scenario, two.scenario)
        years_of(one.scenario, year)
        years_of(two.scenario, year)
        found, notes = _shifted(one, two, year, ask, progress)
    both = [side.scenario for side in (one, two) if side.scenario is not None]
    rows = differences(both[0], both[1]) if len(both) > 1 else []
    for side in (one, two):
        if side.run is not None and side.scenario is not None:
            old = outdated(side.run.manifest, side.scenario)
            notes = [*notes, *([f"{side.name}: {old}"] if old else [])]
    return Versus(
        (one.name, two.name),
        (one.address, two.address),
        year,
        _made(one, two, rows),
        _statements(one.told, two.told),
        found,
        _settings(one, two),
        rows,
        notes,
        _words(both[0], found, year) if both else {},
    )


def _made(one: Side, two: Side, rows: list[Difference]) -> str:
    """What two were made from, in words: rows that differ, or other files, and other settings."""
    if one.scenario is None or two.scenario is None:
        return ""
    moves = [row for row in rows if row.moves]
    changed = [side.name for side in (one, two) if side.changed]
    groups = many(len({row.group for row in moves}), "group")
    if moves and not changed:
        count = many(len(moves), "row differs", "rows differ")
        said = f"{count} that a run computes with, in {groups}"
    elif one.digest == two.digest:
        said = "made from the same files"
    elif changed:
        said = (
            f"made from different files: those of {listed(changed)} have changed since the run, so "
            "that rows cannot be compared"
        )
    else:
        said = f"made from different files: {listed(_files(one.scenario, two.scenario))}"
    return "; ".join(filter(None, [said, _set(one, two)]))


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []


def _files(one: Scenario, two: Scenario) -> list[str]:
    """Names of the files that are not the same."""
    old, new = (fetch(Path(each.folder)) for each in (one, two))
    return [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)] or ["others"]


def _set(one: Side, two: Side) -> str:
    """Levers and figures that were set for two runs, where they differ."""
    if one.run is None or two.run is None:
        return ""
    cases = [side.run.manifest["case"] for side in (one, two) if side.run is not None]
    out = []
    for key, option in (("levers", "--levers"), ("sets", "--set")):
        old, new = (_texts(case.get(key)) for case in cases)
        if old != new:
            first, second = (
                f"with {option} {f' {option} '.join(each)}" if each else f"without {option}"
                for each in (old, new)
            )
            out.append(f"the first {first}, the second {second}")
    return "; ".join(out)


def then_and_now(scenario: Scenario) -> Section | None:
    """Each sentence as of the day it was said, and of both editions: where verdicts of this
    scenario and another edition ship, and no file of them has changed since."""
    for name in library.names():
        if not (library.SHIPPED / name / hindsight.STORED).is_file():
            continue
        found = hindsight.stored(name)
        if found and scenario.id in found.names and not found.stale:
            return _then_and_now(found)
    return None


def _then_and_now(found: hindsight.Editions) -> Section:
    moved = [one for one in found.lines if one.moved]
    rest = [one for one in found.lines if not one.moved]
    said = (
        f"{found.says} The model is run as it was known on each day, with {many(found.futures, 'future')}; "
        "matters of record are judged with what was on record by then."
    )
    parts: list[Text | Grid | Fold] = [Text(said)]
    if moved:
        parts.append(_moments(moved, found.days))
    parts.append(Fold(f"the same on all days: {len(rest)}", [_moments(rest, found.days)]))
    return Section("then", "Then and now", "Then and now", parts)


def _moments(lines: list[hindsight.Line], days: tuple[str, str]) -> Grid:
    rows: list[list[Cell]] = []
    for one in lines:
        sentences = ", ".join(one.sentences)
        told = [each.told for each in (one.said, one.first, one.second)]
        rows.append([f"{sentences} {one.says}".strip(), *told])
    return Grid(("sentence", "as said", *days), rows, sortable=True)


ENGINES = ("The engine of version 0.2.0", "Version 0.1.0")  # whose predictions are told of


def line(second: str) -> str:
    """What a later edition says, and what came of the predictions as of the earlier one's day, in
    one line; out of what is stored alone."""
    stored = library.stored(second)
    if stored is None:
        raise KautilyaError(second, "no answer is stored", f"Make one: kautilya answer {second}")
    parts = stored.document.get("parts")
    said = str(parts[0]["says"]) if isinstance(parts, list) and parts else ""
    day = scenarios.load(second).head.as_of
    return f"Later, as of {day} ({second}): {said} {_came()}".strip()


def _came() -> str:
    """What the shipped record says of predictions that were resolved."""
    from kautilya.estimation import watched
    from kautilya.validation import labels, scoreboard

    cases = disk.of_csv(labels.FOLDER / f"{scoreboard.PREDICTED}.csv", comment="#")
    for title in ENGINES:
        mine = cases[(cases["table"] == title) & (cases["kind"] == "quantity")]
        if len(mine):
            worst = mine.loc[(mine["came"] / mine["high"].clip(lower=1.0)).idxmax()]
            return (
                f"Of {len(mine)} amounts foretold in August 2024 the 90 % bands held "
                f"{100 * mine['in90'].mean():.0f} %; farthest off: {watched.says(str(worst['series']))}, "
                f"{worst['said']:,.0f} said, {worst['came']:,.0f} came."
            )
    return ""


def _year(one: Scenario, two: Scenario) -> str:
    """The later of the years after the as-of days, or the last before it that both have."""
    wanted = max(year_of(one.address), year_of(two.address))
    both = {month[:4] for month in one.months} & {month[:4] for month in two.months}
    if not both:
        place = f"{one.id} and {two.id}"
        raise KautilyaError(place, "they have no year in common", "Give two of the same time")
    return max((year for year in both if year <= wanted), default=min(both))


def _shifted(
    one: Side, two: Side, year: str, ask: Ask, progress: Progress | None
) -> tuple[list[Shift], list[str]]:
    if one.run is not None and two.run is not None:
        return plain_shifts(one.run.data, two.run.data, year)
    if ask.quick:
        return [], []
    plan = Plan(ask.futures, ask.seed, Case())
    return shifts((one.address, two.address), year, plan, progress=progress)


def _side(text: str) -> Side:
    path = Path(text)
    if path.suffix == ".json" and path.is_file():
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            told = {str(row["says"]): row for row in said["parts"]}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            told, said = {}, {}
        if not told:
            raise KautilyaError(
                text, "no stored answer", "Give what `kautilya answer --json` wrote"
            )
        version = said.get("version", "")
        name = str(said.get("scenario", text)) + (f" ({version})" if version else "")
        return Side(name, "", None, None, said)
    if (path / "plan.json").exists() or (path / "manifest.json").exists():
        run = load_run(text)
        scenario = scenario_of(run.manifest)
        return Side(text, scenario.address, scenario, run, {})
    scenario = scenarios.load(text)
    stored = None if scenario.asked else library.stored(scenario.folder)
    return Side(scenario.id, text, scenario, None, stored.document if stored else {})


def _statements(one: Mapping[str, object], two: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Statements of two stored answers, by kind."""
    if not one or not two:
        return []
    tables = []
    for said in (one, two):
        parts = said.get("parts")
        rows = parts if isinstance(parts, list) else []
        tables.append({str(row.get("kind", "")): str(row.get("says", "")) for row in rows})
    old, new = tables
    return [(kind, old.get(kind, ""), new.get(kind, "")) for kind in dict.fromkeys([*old, *new])]


def _settings(one: Side, two: Side) -> list[tuple[str, str, str]]:
    """What two runs or answers were made with, where it differs."""
    named = []
    alike = bool(one.run or one.told) == bool(two.run or two.told)
    for side in (one, two):
        said: Mapping[str, object] = side.run.manifest if side.run else side.told
        case = said.get("case")
        more = case if isinstance(case, dict) else {}
        keys = ("version", "code", "seed", "futures", "digest", "levers", "sets", "accept")
        head = side.scenario.head if side.scenario else None
        times = (
            {"as_of": str(head.as_of), "start": head.start, "horizon": head.horizon} if head else {}
        )
        rest = {key: _plain(more.get(key, said.get(key, ""))) for key in keys} if alike else {}
        named.append({"as_of": str(said.get("as_of", ""))} | times | rest)
    old, new = named
    return [(key, old[key], new[key]) for key in old if old[key] != new.get(key, "")]


def _plain(value: object) -> str:
    """A setting in words."""
    return ", ".join(_texts(value)) or "none" if isinstance(value, list | tuple) else str(value)


def _words(scenario: Scenario, found: list[Shift], year: str) -> dict[str, str]:
    """Plain names of the numbers that are told."""
    names = Names(scenario)
    return {one.name: names.yearly(one.name, year) for one in found}
