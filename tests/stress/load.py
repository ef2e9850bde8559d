"""Much at once: twenty commands on the cores of this machine, and a scenario of eighty actors.

    python tests/stress/load.py [--commands 20] [--actors 80] [--claims 100]

Twenty `kautilya why` are started together. All must answer, alike, those that wait must say so, at
no time may more workers live than there are cores, and the memory of all together (PSS: shared
pages counted once) must stay below 8 GB. One is run before them: the first run of a scenario on a
machine makes its audit in a process beside the workers. Then a scenario of eighty actors with a
hundred claims is written, checked, run and judged.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stress.kills import FLAGSHIP, ROOT, living

MOST = 8e9  # bytes of all commands together
TURN = "waits for its turn"
WHY = ("why", FLAGSHIP, "RUS", "shells", "--during", "2024", "--futures", "64", "--json")
STATES = (
    "AGO ALB ARE ARG ARM AUS AUT AZE BEL BGD BGR BHR BIH BLR BOL BRA CAN CHE CHL CHN CIV CMR "
    "COL CRI CUB CYP CZE DEU DNK DOM DZA ECU EGY ESP EST ETH FIN FRA GBR GEO GHA GRC GTM HND "
    "HRV HUN IDN IND IRL IRN IRQ ISL ISR ITA"
).split()


class Seen(NamedTuple):
    """What was seen of commands that ran together."""

    answers: list[str]
    codes: list[int]
    waited: int
    seconds: float
    memory: float  # bytes, the largest sum over all processes
    workers: int  # the most that lived at once


def cores() -> int:
    return len(os.sched_getaffinity(0))


def memory(pids: Sequence[int]) -> int:
    """Bytes of these processes; a page that n of them share counts for 1/n in each."""
    total = 0
    for pid in pids:
        try:
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:"))
    return total


def workers(pids: Sequence[int]) -> int:
    """How many of these processes are workers."""
    found = 0
    for pid in pids:
        try:
            found += b"kautilya.runs.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
    return found


def together(place: Path, words: Sequence[str], count: int) -> Seen:
    """Start so many commands at once, in a queue of their own, and watch them to their end."""
    (place / "tmp").mkdir(exist_ok=True)
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(place / "tmp"), "STRESS": str(place)}
    env.pop("KAUTILYA_QUEUE", None)
    outs = [((place / f"{i}.out").open("w"), (place / f"{i}.err").open("w")) for i in range(count)]
    begun, most, crowd = time.monotonic(), 0, 0
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "kautilya", *words],
            cwd=place,
            env=env,
            stdout=out,
            stderr=error,
        )
        for out, error in outs
    ]
    while any(one.poll() is None for one in started):
        pids = living(place)
        most, crowd = max(most, memory(pids)), max(crowd, workers(pids))
        time.sleep(0.1)
    for pair in outs:
        for file in pair:
            file.close()
    said = [(place / f"{i}.err").read_text() for i in range(count)]
    return Seen(
        [(place / f"{i}.out").read_text() for i in range(count)],
        [one.returncode for one in started],
        sum(TURN in one for one in said),
        time.monotonic() - begun,
        most,
        crowd,
    )


def faults(seen: Seen) -> list[str]:
    """What is wrong with commands that ran together."""
    found = []
    if set(seen.codes) != {0}:
        found.append(f"exit codes {seen.codes}")
    if len(set(seen.answers)) != 1 or not seen.answers[0]:
        found.append(f"{len(set(seen.answers))} different answers")
    if len(seen.codes) > cores() and not seen.waited:
        found.append("no command said that it waits")
    if seen.workers > cores():
        found.append(f"{seen.workers} workers at once on {cores()} cores")
    if seen.memory > MOST:
        found.append(f"{seen.memory / 1e9:.1f} GB of memory")
    return found


def codes(count: int) -> list[str]:
    """AAA, AAB, ... AAZ, then states."""
    return [f"AA{chr(65 + i)}" for i in range(26)][:count] + STATES[: max(count - 26, 0)]


def crowded(starter: Path, actors: int, claims: int) -> None:
    """Make of the starter scenario one of so many actors: half of them fight, half supply."""
    names = codes(actors)
    fight, supply = names[: actors // 2], names[actors // 2 :]
    rows = [
        ["code", "name", "kind", "note"],
        *[[one, f"Actor {one}", "state", ""] for one in names],
    ]
    with (starter / "actors.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    head = starter / "scenario.toml"
    text = head.read_text()
    for before, after in ((["AAA", "AAB"], fight), (["AAC"], supply), (["AAA"], fight)):
        text = text.replace(f"members = {json.dumps(before)}", f"members = {json.dumps(after)}", 1)
    head.write_text(text)
    sides = "".join(
        f"belligerent,{one},,,side{i % 2 + 1},assumed,2022-01,F6,assumed,an example\n"
        for i, one in enumerate(fight)
    )
    (starter / "members.csv").write_text(
        "set,actor,from,to,side,source,date,grade,status,note\n" + sides
    )
    table = starter / "quantities.csv"
    read = list(csv.reader(io.StringIO(table.read_text())))
    for row in read:
        if row[0] == "aid-share":
            row[8:11] = ["", str(1 / len(supply)), ""]
        if len(row) > 2 and row[2] == "AAB":
            row[2] = "*"  # of the second belligerent: of all but the first
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(read)
    file_of = starter / "claims.toml"
    file_of.write_text(
        "schema = 1\n"
        + "".join(
            claim(i, fight[i % len(fight)], fight[(i + 1) % len(fight)]) for i in range(claims)
        )
    )


def claim(number: int, one: str, other: str) -> str:
    """One of four kinds of claims, about two of those who fight."""
    test = (
        f"stock({one}, tube_round) at 2023-12 < {0.1 + 0.02 * number:.2f}e6 tube_round",
        f"flow({one}, battlefield, tank) > flow({other}, battlefield, tank) from 2022 to 2023",
        f"level(fired, {one}, tube_round) during 2023 under no_supply relative to baseline "
        f"< -{number % 50 + 1} %",
        f"stock({one}, tube_round) at 2023-12 under no_supply < stock({other}, tube_round) "
        "at 2023-12",
    )[number % 4]
    return (
        f'\n[[claim]]\nid = "claim-{number}"\nsays = "Sentence {number} about {one}."\n'
        f'said_by = "A. Writer"\narticle = "an-article"\nsaid_on = 2022-06-01\n'
        f'test = "{test}"\ngrade = "C3"\nsource = "example2022"\n'
    )


def large(place: Path, actors: int, claims: int, futures: int = 500) -> tuple[str, list[str]]:
    """Write, check, run and judge a large scenario; figures, and what is wrong."""
    found, figures = [], []
    for words in (
        ("new", "starter"),
        ("check", "starter"),
        ("run", "starter", "--futures", str(futures), "--out", "out"),
        ("claims", "starter", "--run", "out", "--json"),
    ):
        seen = together(place, words, 1)
        if words[0] == "new":
            crowded(place / "starter", actors, claims)
        figures.append(f"{words[0]} {seen.seconds:.1f} s, {seen.memory / 1e9:.2f} GB")
        if seen.codes != [0]:
            return "; ".join(figures), [
                f"{words[0]}: {(seen.answers[0] + (place / '0.err').read_text())[-600:]}"
            ]
    counted = len(json.loads(seen.answers[0])["claims"])
    if counted != claims:
        found.append(f"{counted} of {claims} claims were judged")
    return f"{actors} actors, {claims} claims: " + "; ".join(figures), found


def main() -> int:
    """Exit code 1 where anything is wrong."""
    ask = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ask.add_argument("--commands", type=int, default=20)
    ask.add_argument("--actors", type=int, default=80)
    ask.add_argument("--claims", type=int, default=100)
    asked, wrong = ask.parse_args(), []
    with tempfile.TemporaryDirectory(prefix="load-") as where:
        for name in ("why", "large"):
            (Path(where) / name).mkdir()
        figures, wrong = large(Path(where) / "large", asked.actors, asked.claims)
        print(figures, wrong, flush=True)
        if asked.commands:
            together(Path(where) / "why", WHY, 1)
            seen = together(Path(where) / "why", WHY, asked.commands)
            wrong += faults(seen)
            print(
                f"{asked.commands} `why` at once on {cores()} cores: {seen.seconds:.0f} s, "
                f"{seen.waited} waited and said so, at most {seen.workers} workers, "
                f"{seen.memory / 1e9:.2f} GB together",
                flush=True,
            )
    print(json.dumps({"failures": wrong}))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
