"""Commands that are stopped at a random moment, a hundred of them: what is left, and what resumes.

    python tests/stress/kills.py [--kills 100] [--seed 0]

Each command has a folder of its own for what is temporary, and its name in the environment of all
that it starts, so that an orphan is found whoever has taken it in. After TERM, INT and HUP nothing
may live after two seconds, no temporary folder may be left and no traceback said. After KILL
nothing may live, and the next command clears what is left. A run whose plan was written is resumed,
and its values must equal, byte for byte, those of a run that nobody disturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL")
END = 2.0  # seconds after a signal, within which all is over, where a core is free
MOST = 20.0  # seconds after which a command is stopped at the latest
FLAGSHIP = "russia_dprk_2024"
SHELLS = "fired[AAA,tube_round]@2023"
COMMANDS: dict[str, tuple[str, ...]] = {
    "run": ("run", "starter", "--futures", "8000", "--out", "OUT"),
    "compare": ("compare", "starter", "--levers", "no_supply", "--futures", "8000", "--out", "OUT"),
    "why": ("why", FLAGSHIP, "RUS", "shells", "--futures", "64"),
    "claims": ("claims", "starter", "--futures", "500", "--seed", "SEED"),
    "sensitivity": ("sensitivity", "starter", "--outcome", SHELLS, "--base", "1024"),
    "robust": (
        "robust",
        "starter",
        "--levers",
        "no_supply",
        "--outcome",
        SHELLS,
        "--futures",
        "8000",
    ),
    "calibrate": (
        "calibrate",
        FLAGSHIP,
        "--until",
        "2022-12",
        "--warmup",
        "25",
        "--draws",
        "25",
        "--chains",
        "1",
        "--out",
        "OUT",
    ),
}
LASTING = ("run", "compare")  # leave runs that can be resumed


class Kill(NamedTuple):
    """A command, the signal that stops it, and so many seconds after its start."""

    command: str
    name: str
    after: float


HEEDING = """
import runpy, signal, sys
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)  # also where the tests run in the background of a shell
sys.argv[0] = "kautilya"
runpy.run_module("kautilya", run_name="__main__")
"""


def command(place: Path, *words: str) -> subprocess.Popen[str]:
    """A command in `place`, where the starter scenario lies; temporary folders go to its `tmp`."""
    (place / "tmp").mkdir(exist_ok=True)
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path, "TMPDIR": str(place / "tmp"), "STRESS": str(place)}
    return subprocess.Popen(
        [sys.executable, "-c", HEEDING, *words],
        cwd=place,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def end() -> float:
    """The same on this machine now: with as many again at work as there are cores, twice as long."""
    return END * max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))


def living(place: Path) -> list[int]:
    """Processes that a command of this place has started, itself and theirs among them."""
    mark, found = f"STRESS={place}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            named = mark in (entry / "environ").read_bytes().split(b"\0")
            if named and "State:\tZ" not in (entry / "status").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def temporary(place: Path) -> list[str]:
    """What is left of temporary folders; the places of those that wait for a turn stay."""
    return [one for one in os.listdir(place / "tmp") if not one.startswith("kautilya-turns-")]


def words(name: str, place: Path, seed: int = 0) -> list[str]:
    """A command line of its own."""
    given = {"OUT": str(place / "out"), "SEED": str(seed)}
    return [given.get(word, word) for word in COMMANDS[name]]


def stop(kill: Kill, place: Path, seed: int = 0) -> tuple[bool, list[str]]:
    """Stop a command; whether it was still at work, and what is wrong afterwards."""
    return stopped(kill, place, words(kill.command, place, seed))


def stopped(
    kill: Kill, place: Path, asked: list[str], once_at_work: bool = False
) -> tuple[bool, list[str]]:
    """The same for a command line; `once_at_work`: seconds count from its first worker."""
    process = command(place, *asked)
    while once_at_work and process.poll() is None and len(living(place)) < 2:
        time.sleep(0.05)
    number, wrong, patience = getattr(signal, kill.name), [], end()
    try:
        process.communicate(timeout=kill.after)
        return False, []
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    try:
        _, said = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        wrong.append(f"alive {patience:.1f} s after the signal: {living(place)}")
        process.kill()
        _, said = process.communicate()
    until = time.monotonic() + patience
    while living(place) and time.monotonic() < until:
        time.sleep(0.02)
    wrong += [f"orphan {pid}" for pid in living(place)]
    if process.returncode not in (0, -number, 128 + number) and not wrong:
        wrong.append(f"exit code {process.returncode}: {said[-300:]}")
    wrong += ["a traceback: " + said[-600:]] if "Traceback" in said else []
    if kill.name == "SIGKILL":
        command(place, "scenarios").communicate(timeout=600)
    return True, wrong + [f"left: {one}" for one in temporary(place)]


def resumed(place: Path, whole: Path) -> tuple[int, list[str]]:
    """Resume what a killed command has left; how many runs, and what differs from `whole`."""
    count, wrong = 0, []
    for plan in sorted((place / "out").rglob("plan.json")):
        folder = plan.parent
        process = command(place, "resume", str(folder))
        _, said = process.communicate(timeout=600)
        count += 1
        if process.returncode:
            wrong.append(f"resume says {said}")
        elif content(folder) != content(whole / "out" / folder.relative_to(place / "out")):
            wrong.append(f"resumed bytes differ in {folder}")
    return count, wrong


def content(folder: Path) -> dict[str, bytes]:
    """Every file of the values of a run."""
    root = folder / "outcomes.zarr"
    return {
        str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()
    }


def fresh(folder: Path, name: str) -> Path:
    """A place with a starter scenario in it."""
    place = folder / name
    place.mkdir()
    process = command(place, "new", "starter")
    process.communicate(timeout=600)
    assert process.returncode == 0
    return place


def undisturbed(folder: Path, name: str) -> tuple[Path, float]:
    """A command that nobody stops, so that what is kept from before is there, and its seconds; one
    that leaves no run to compare with is stopped after MOST."""
    place = fresh(folder, f"whole-{name}")
    begun = time.monotonic()
    process = command(place, *words(name, place, 999_999))
    try:
        _, said = process.communicate(timeout=None if name in LASTING else MOST)
        if process.returncode:
            raise SystemExit(f"{name}: {said}")
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate()
    return place, min(time.monotonic() - begun, MOST)


def one(kill: Kill, folder: Path, whole: Path, number: int) -> tuple[bool, int, list[str]]:
    """One kill from beginning to end."""
    place = fresh(folder, f"kill-{number}")
    hit, wrong = stop(kill, place, number)
    count = 0
    if kill.command in LASTING:
        count, more = resumed(place, whole)
        wrong += more
    shutil.rmtree(place, ignore_errors=True)
    return hit, count, wrong


def main() -> int:
    """Exit code 1 where anything was left."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--kills", type=int, default=100)
    ask.add_argument("--seed", type=int, default=0)
    ask.add_argument("--commands", default=",".join(COMMANDS))
    asked = ask.parse_args()
    luck, hits, failures, runs = random.Random(asked.seed), Counter[str](), [], 0
    names = asked.commands.split(",")
    with tempfile.TemporaryDirectory(prefix="kills-") as where:
        folder = Path(where)
        whole = {name: undisturbed(folder, name) for name in names}
        print(
            ", ".join(f"{name} {seconds:.1f} s" for name, (_, seconds) in whole.items()), flush=True
        )
        for number in range(asked.kills):
            name = names[number % len(names)]
            kill = Kill(name, luck.choice(SIGNALS), luck.uniform(0.05, whole[name][1]))
            hit, count, wrong = one(kill, folder, whole[name][0], number)
            hits[kill.name if hit else "ended before"] += 1
            runs += count
            failures += [
                f"{kill.command} {kill.name} after {kill.after:.2f} s: {what}" for what in wrong
            ]
            if wrong:
                print(failures[-len(wrong) :], flush=True)
    print(
        json.dumps({"kills": asked.kills, "by": dict(hits), "resumed": runs, "failures": failures})
    )
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
