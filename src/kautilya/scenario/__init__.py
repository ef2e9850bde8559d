"""Scenarios: the format, its checks, and the way into the core.

The only room that knows units and sources. What stands here needs no JAX. Building a model
does: `scenario.building.world`, `scenario.assemble.assemble`, `scenario.levers.apply`,
`scenario.outcomes.emitter` and `.coords`.
"""

from kautilya.scenario.check import check, load, notes
from kautilya.scenario.library import find, names
from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import json_schema
from kautilya.scenario.starters import new

__all__ = [
    "Mistake",
    "Scenario",
    "ScenarioErrors",
    "check",
    "find",
    "json_schema",
    "load",
    "names",
    "new",
    "notes",
]
