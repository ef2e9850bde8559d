"""Loading scenarios, from the cache where the same files were loaded before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kautilya.scenario import cache
from kautilya.scenario.check import everything, ordered, plain
from kautilya.scenario.finding import find
from kautilya.scenario.mistakes import ScenarioErrors
from kautilya.scenario.reading import digest, draft, fetch
from kautilya.scenario.scenario import Scenario


def load(name_or_path: str | Path) -> Scenario:
    """A validated scenario, from the cache where the same files were loaded before.

    Raises KautilyaError where there is none, and ScenarioErrors with all mistakes: those of
    the files, and then also those against the laws. Laws alone are checked by `assemble`.
    """
    folder = find(name_or_path)
    files = fetch(folder)
    if all(isinstance(data, bytes) for data in files.values()):
        kept = cache.get(digest(files))
        if kept is not None:
            return replace(kept, folder=str(folder))
    made = draft(folder, files)
    if plain(made):
        raise ScenarioErrors(str(folder), ordered(everything(made)))
    cache.put(made.scenario)
    return made.scenario
