"""Quick versions of what `make stress` does for long."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from stress import certificates, kernel, load
from stress.kills import COMMANDS, SIGNALS, Kill, fresh, stop
from support.conventions import truth

LUCK = random.Random(7)
KILLS = [
    Kill(name, SIGNALS[i % len(SIGNALS)], LUCK.uniform(0.5, 2.5)) for i, name in enumerate(COMMANDS)
]


pytestmark = pytest.mark.slow  # minutes on a loaded machine; the gate has tests/cli/test_signals.py


@pytest.mark.parametrize("kill", KILLS, ids=lambda one: f"{one.command}-{one.name}")
@truth(
    "invariant",
    source="cli/signals.py",
    kills="a command that leaves workers, folders or a "
    "traceback when it is stopped; what a kill left, and the next command does not clear",
)
def test_a_command_that_is_stopped_leaves_nothing(kill: Kill, tmp_path: Path):
    hit, wrong = stop(kill, fresh(tmp_path, "place"))
    assert hit and wrong == []


@truth(
    "invariant",
    source="docs/scale.md",
    kills="a queue that lets more workers live than there "
    "are cores, starves a command, or keeps silent",
)
def test_commands_at_once_take_turns(tmp_path: Path):
    assert load.together(tmp_path, ("new", "starter"), 1).codes == [0]
    words = (
        "robust",
        "starter",
        "--levers",
        "no_supply",
        "--outcome",
        "fired[AAA,tube_round]@2023",
        "--futures",
        "64",
        "--json",
    )
    assert load.faults(load.together(tmp_path, words, load.cores() + 1)) == []


@truth(
    "invariant",
    source="docs/scenario-format.md",
    kills="an axis or a list of claims that only a few fit into",
)
def test_a_crowd_of_actors_and_claims(tmp_path: Path):
    assert load.large(tmp_path, 30, 20, 64)[1] == []


@truth("invariant", source="docs/scale.md", kills="chunks of two kernels in one run")
def test_a_run_of_another_kernel_is_not_resumed(tmp_path: Path):
    assert kernel.faults(tmp_path) == []


@truth(
    "invariant",
    source="docs/scale.md",
    kills="documented command lines that do not work; a "
    "cluster that takes a stranger, or a traceback for one",
)
def test_a_cluster_with_certificates(tmp_path: Path):
    pytest.importorskip("distributed", reason="Dask is not installed")
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    assert certificates.faults(tmp_path, 64, 1) == []
