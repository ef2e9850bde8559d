"""All mistakes of a scenario at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kautilya.errors import KautilyaError
from kautilya.scenario import facts, form, rules
from kautilya.scenario.calendar import last_day, month_of
from kautilya.scenario.draft import TOML, digest, draft, fetch
from kautilya.scenario.lawcheck import examine, registered, unfit
from kautilya.scenario.library import SHIPPED, find
from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.scenario import TIMED, Draft, Scenario, published
from kautilya.scenario.schema import TABLES
from kautilya.scenario.toml_text import line_of

if TYPE_CHECKING:
    from kautilya.core.law import Law


def check(path: str | Path, registry: Mapping[str, Law] | None = None) -> list[Mistake]:
    """Every mistake in the files of a scenario, in the order of files and lines; [] if none.

    path      a folder, or the name of a shipped scenario
    registry  laws by name; by default those of Kautilya
    """
    try:
        folder = find(path)
    except KautilyaError as error:
        return [Mistake(str(path), 0, "", error.found, error.remedy)]
    made = draft(folder, fetch(folder))
    shipped = folder.resolve().is_relative_to(SHIPPED)
    return ordered([*everything(made, registry), *(rules.unlicensed(made) if shipped else ())])


def notes(path: str | Path) -> list[Mistake]:
    """What is no mistake and yet changes what a run sees: rows that are not used because they were
    known too late or lie outside the horizon, dates too coarse to tell, an odd as-of day.

    [] where the scenario cannot be found or its plain keys cannot be read; `check` says why.
    """
    try:
        folder = find(path)
    except KautilyaError:
        return []
    made = draft(folder, fetch(folder))
    return ordered(remarks(made.scenario)) if made.head_ok else []


def remarks(scn: Scenario) -> list[Mistake]:
    """The notes of one scenario that has been read."""
    as_of = scn.head.as_of
    out = [*_as_of(scn), *(one.note() for one in scn.aside)]
    for name in TIMED:
        lined = zip(scn.lines.get(name, ()), scn.tables.get(name, ()), strict=True)
        for line, row in lined:
            column, text = published(row)
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
    head, month = scn.head, month_of(scn.head.as_of)
    line = line_of(scn.where, ("as_of",))
    if month > head.horizon:
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
    if month < head.start:
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


def load(name_or_path: str | Path) -> Scenario:
    """A validated scenario, from the cache where the same files were loaded before.

    Raises KautilyaError where there is none, and ScenarioErrors with all mistakes: those of
    the files, and then also those against the laws. Laws alone are checked by `assemble`.
    """
    folder = find(name_or_path)
    files = fetch(folder)
    if all(isinstance(data, bytes) for data in files.values()):
        kept = form.get(digest(files))
        if kept is not None:
            return replace(kept, folder=str(folder))
    made = draft(folder, files)
    if plain(made):
        raise ScenarioErrors(str(folder), ordered(everything(made)))
    form.put(made.scenario)
    return made.scenario
