"""Quick versions of what `make stress` does for long: on the starter; slow: the rest."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from stress import certificates, kernel, load
from stress.kills import FLAGSHIP, SHELLS, SIGNALS, Kill, stopped
from support.conventions import truth

LUCK = random.Random(7)
STARTER = {
    "run": ("--futures", "100000", "--out", "out"),
    "claims": ("--futures", "100000"),
    "compare": ("--levers", "no_supply", "--futures", "100000"),
    "sensitivity": ("--outcome", SHELLS, "--base", "65536"),
    "robust": ("--levers", "no_supply", "--outcome", SHELLS, "--futures", "100000"),
}
COMMANDS = {name: (name, "case", *options) for name, options in STARTER.items()} | {
    "why": ("why", FLAGSHIP, "RUS", "shells", "--futures", "60000"),
    "calibrate": ("calibrate", FLAGSHIP, "--until", "2022-06", "--chains", "1", "--out", "out"),
}
KILLS = [
    Kill(name, SIGNALS[i % 4], LUCK.uniform(0.1, 1.2) + (name == "calibrate"))
    for i, name in enumerate(COMMANDS)
]


@pytest.mark.parametrize("kill", KILLS, ids=lambda one: f"{one.command}-{one.name}")
@truth(
    "invariant",
    source="cli/signals.py",
    kills="a command that leaves workers, folders or a "
    "traceback when it is stopped; what a kill left, and the next command does not clear",
)
def test_a_command_that_is_stopped_leaves_nothing(kill: Kill, starter: Path, tmp_path: Path):
    shutil.copytree(starter, tmp_path / "case")
    works = kill.command != "calibrate"  # which has no workers
    hit, wrong = stopped(kill, tmp_path, list(COMMANDS[kill.command]), works)
    assert hit and wrong == []


@truth(
    "invariant",
    source="docs/scale.md",
    kills="a queue that lets more workers live than there "
    "are cores, starves a command, or keeps silent",
)
def test_commands_at_once_take_turns(starter: Path, tmp_path: Path):
    """Three on two cores, or on one where there is no other."""
    shutil.copytree(starter, tmp_path / "case")
    words = ("robust", "case", "--levers", "no_supply", "--outcome", SHELLS, "--futures", "64")
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(usual)[:2])
    try:
        assert load.faults(load.together(tmp_path, (*words, "--json"), 3)) == []
    finally:
        os.sched_setaffinity(0, usual)


@pytest.mark.slow
@truth(
    "invariant",
    source="docs/scenario-format.md",
    kills="an axis or a list of claims that only a few fit into",
)
def test_a_crowd_of_actors_and_claims(tmp_path: Path):
    assert load.large(tmp_path, 30, 20, 64)[1] == []


@pytest.mark.slow
@truth("invariant", source="docs/scale.md", kills="chunks of two kernels in one run")
def test_a_run_of_another_kernel_is_not_resumed(tmp_path: Path):
    assert kernel.faults(tmp_path) == []


@pytest.mark.slow
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
