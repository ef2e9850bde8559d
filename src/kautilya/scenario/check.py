"""All mistakes of a scenario at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from kautilya.errors import KautilyaError
from kautilya.scenario import experts, facts, form, rules
from kautilya.scenario.calendar import DAY, after, day, last_day
from kautilya.scenario.draft import digest, draft, fetch
from kautilya.scenario.lawcheck import examine, registered, unfit
from kautilya.scenario.library import SHIPPED, find
from kautilya.scenario.mistakes import Mistake, ScenarioErrors, capped, shown
from kautilya.scenario.patch import TOML, base_of, lines_of
from kautilya.scenario.reading import MAX_TOML, contents
from kautilya.scenario.rules import ONCE
from kautilya.scenario.scenario import TIMED, Draft, Scenario, publications, published
from kautilya.scenario.schema import TABLES
from kautilya.scenario.toml_text import line_of

if TYPE_CHECKING:
    from kautilya.core.law import Law


def check(
    path: str | Path,
    registry: Mapping[str, Law] | None = None,
    as_of: date | str | None = None,
) -> list[Mistake]:
    """The mistakes in the files of a scenario, in the order of files and lines; [] if none. Of a
    file with hundreds the first are told, and how many more there are.

    path      a folder, or the name of a shipped scenario; NAME@DAY is the same as `as_of`
    registry  laws by name; by default those of Kautilya
    as_of     as it was known on this day, in place of that of scenario.toml
    """
    place, named = dated(path)
    try:
        folder = find(place)
    except KautilyaError as error:
        return [Mistake(str(path), 0, "", error.found, error.remedy)]
    made = draft(folder, fetch(folder), day_of(as_of or named))
    shipped = folder.resolve().is_relative_to(SHIPPED)
    return capped(
        ordered([*everything(made, registry), *(rules.unlicensed(made) if shipped else ())])
    )


def notes(path: str | Path, as_of: date | str | None = None) -> list[Mistake]:
    """What is no mistake and yet changes what a run sees: rows that are not used because they were
    known too late or lie outside the horizon, dates too coarse to tell, an odd as-of day.

    as_of   what a run as of this day would not see, in place of that of scenario.toml
    [] where the scenario cannot be found or its plain keys cannot be read; `check` says why.
    """
    place, named = dated(path)
    try:
        folder = find(place)
    except KautilyaError:
        return []
    made = draft(folder, fetch(folder), day_of(as_of or named))
    return ordered(remarks(made.scenario)) if made.head_ok else []


def of_own(path: str | Path, found: list[Mistake]) -> list[Mistake]:
    """The notes on what a folder says itself: of one that is a change of another scenario, not those
    on rows that it leaves as they are there."""
    if not found:
        return []
    folder = find(dated(path)[0])
    if not isinstance(base_of(folder, {TOML: contents(folder, TOML, MAX_TOML)}), Path):
        return found
    files = fetch(folder)
    lines = {
        name: lines_of(name, files.get(name), contents(folder, name))
        for name in {one.file for one in found} & ONCE.keys()
    }
    there = {one.file for one in found if (folder / one.file).exists()}
    return [
        one
        for one in found
        if one.file in there and (not one.line or one.line in lines.get(one.file, {one.line}))
    ]


def remarks(scn: Scenario) -> list[Mistake]:
    """The notes of one scenario that has been read."""
    as_of = scn.head.as_of
    printed = publications(scn.printed)
    out = [*_as_of(scn), *(one.note() for one in scn.aside)]
    out += [
        Mistake(experts.FILE, 0, "", f"{name} is {pool.says()}", "It is drawn from the pool")
        for name, pool in experts.pools(scn.tables).items()
    ]
    for name in TIMED:
        lined = zip(scn.lines.get(name, ()), scn.tables.get(name, ()), strict=True)
        for line, row in lined:
            column, text = published(row, printed)
            if text and last_day(text) > as_of:
                out.append(
                    Mistake(
                        name,
                        line,
                        column,
                        f"{text} may be after the as-of day {as_of}; the row is used",
                        "Write the date with its month and day",
                    )
                )
    return out


def _as_of(scn: Scenario) -> list[Mistake]:
    head, now = scn.head, scn.head.as_of.isoformat()
    line = line_of(scn.where, ("as_of",))
    if after(now, head.horizon):
        return [
            Mistake(
                TOML,
                line,
                "as_of",
                f"as_of {head.as_of} is after the horizon "
                f"{head.horizon}: the whole run follows the record",
                "Move the horizon behind the as-of day, or as_of into the run",
            )
        ]
    if after(head.start, now):
        return [
            Mistake(
                TOML,
                line,
                "as_of",
                f"as_of {head.as_of} is before the start {head.start}: "
                "no month follows the record, and what is known later is not used",
                "Move as_of into the run, unless the war had not begun on that day",
            )
        ]
    return []


def everything(made: Draft, registry: Mapping[str, Law] | None = None) -> list[Mistake]:
    """Mistakes of syntax, of fields, between tables, and against the laws."""
    found = plain(made)
    lost = made.unusable & {"actors.csv", "goods.csv"}
    if made.head_ok and not lost:
        known = registered(registry)
        found += examine(made, known)[-1]
        if not found:
            found += _trial(made.scenario, known)
    return ordered(found)


def plain(made: Draft) -> list[Mistake]:
    """Mistakes that can be found without the laws."""
    found = [*made.mistakes, *rules.between(made)]
    if not made.unusable & {"actors.csv", "goods.csv"}:
        found += facts.figure_units(made.scenario)
        if not made.broken.get("covariates.csv") and not made.broken.get("actors.csv"):
            found += facts.tables(made.scenario)[1]
    return found


def ordered(found: list[Mistake]) -> list[Mistake]:
    """In the order of files and lines, each once."""
    files = {name: i for i, name in enumerate((TOML, *TABLES))}
    return sorted(
        dict.fromkeys(found), key=lambda one: (files.get(one.file, len(files)), one.file, one.line)
    )


def _trial(scn: Scenario, registry: Mapping[str, Law]) -> list[Mistake]:
    """Build the model and every outcome once, to see what only the building finds."""
    from kautilya.scenario.assemble import assemble
    from kautilya.scenario.outcomes import Unfit, resolve

    try:
        model = assemble(scn, registry).model
    except ScenarioErrors as error:
        return list(error.mistakes)
    out = []
    for i, one in enumerate(scn.outcomes):
        try:
            resolve(one, model)
        except Unfit as error:
            out.append(unfit(scn, i, error))
    return out


def day_of(as_of: date | str | None, place: str = "--as-of") -> date | None:
    """The day that is asked for by an option. Raises KautilyaError for what is none."""
    if not as_of:
        return None
    if isinstance(as_of, date):
        return as_of
    try:
        return day(as_of)
    except ValueError as error:
        raise KautilyaError(place, shown(as_of), str(error)) from None


def dated(name: str | Path) -> tuple[str | Path, str]:
    """A scenario and the day after its "@", where it has one."""
    place, mark, text = str(name).rpartition("@")
    return (place, text) if mark and DAY.fullmatch(text) else (name, "")


def load(name_or_path: str | Path, as_of: date | str | None = None) -> Scenario:
    """A validated scenario, from the cache where the same files were loaded before.

    name_or_path   a shipped scenario or a folder; NAME@DAY is the same as `as_of`
    as_of   the day on which it is known, in place of that of scenario.toml: what was published
            or happened later is set aside, and rows of `earlier` stand in where nothing is left
    Raises KautilyaError where there is none, and ScenarioErrors with all mistakes: those of
    the files, and then also those against the laws. Laws alone are checked by `assemble`.
    """
    place, named = dated(name_or_path)
    folder, asked = find(place), day_of(as_of or named)
    files = fetch(folder)
    if asked is None and all(isinstance(data, bytes) for data in files.values()):
        kept = form.get(digest(files), folder)
        if kept is not None:
            return kept
    made = draft(folder, files, asked)
    if plain(made):
        raise ScenarioErrors(str(folder), ordered(everything(made)))
    if not made.scenario.asked:
        form.put(made.scenario)
    return made.scenario
