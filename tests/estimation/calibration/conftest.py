"""The flagship's losses and stocks on their own, a small part of them, built once."""

from __future__ import annotations

import pytest

from kautilya import scenario as scenarios
from kautilya.estimation.calibration.density import Problem, problem
from kautilya.estimation.calibration.war import War, war
from kautilya.scenario.assemble import Assembled, assemble


@pytest.fixture(scope="session")
def assembled() -> Assembled:
    return assemble(scenarios.load("russia_dprk_2024"))


@pytest.fixture(scope="session")
def tanks(assembled: Assembled) -> War:
    """Tanks of both sides to the end of 2022."""
    return war(assembled, "2022-12", ("tank",))


@pytest.fixture(scope="session")
def given(assembled: Assembled, tanks: War) -> Problem:
    return problem(assembled, tanks)
