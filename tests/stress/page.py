"""The page under load: fifty readers at once, and thousands of made-up requests.

    python tests/stress/page.py [--users 50] [--seconds 60] [--requests 3000] [--scenario NAME]

A page is served on a free port. Each reader moves sliders and asks for 256 paired futures, one after
another; an answer comes within three seconds in 19 of 20 cases, or the reader is shown a place in the
queue; there is no error, and the memory of the page and its workers (PSS) stays below 3 GB. Then every
address is asked what schemathesis makes up: no fault of the server, no refusal without a remedy.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stress.kills import FLAGSHIP, ROOT, living

MINE = {"X-Kautilya": "1", "Content-Type": "application/json"}
MOST, SLOW = 3e9, 3.0  # bytes of page and workers; seconds


class Reader(threading.Thread):
    """One who moves sliders; waited: seconds until a result or a shown place; left: reruns that were
    given up in the queue two minutes after the end; errors: what was told."""

    def __init__(self, port: int, sliders: list[dict[str, Any]], until: float, seed: int) -> None:
        super().__init__(daemon=True)
        self._port, self._sliders, self._until = port, sliders, until
        self._luck = random.Random(seed)
        self.waited: list[float] = []
        self.results, self.left, self.errors = 0, 0, []

    def run(self) -> None:
        while time.time() < self._until:
            one = self._luck.choice(self._sliders)
            part = self._luck.randrange(0, 11) / 10
            value = one["low"] + part * (one["high"] - one["low"])
            self._ask({"sets": {one["id"]: float(f"{value:.6g}")}, "futures": 256})
            time.sleep(self._luck.random())

    def _ask(self, state: dict[str, Any]) -> None:
        begun = time.time()
        try:
            job = ask(self._port, "POST", "/api/whatif", state)
            shown = job["state"] == "waiting"
            if shown:
                self.waited.append(time.time() - begun)
            while job["state"] in ("waiting", "running") and time.time() < self._until + 120:
                time.sleep(0.25)
                job = ask(self._port, "GET", f"/api/jobs/{job['id']}")
            if job["state"] in ("waiting", "running"):  # a place was shown all the while
                self.left += 1
                ask(self._port, "DELETE", f"/api/jobs/{job['id']}")
                return
            if job["state"] != "done":
                raise RuntimeError(f"{job['state']}: {job['error']}")
            self.results += 1
            if not shown:
                self.waited.append(time.time() - begun)
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")


def ask(port: int, method: str, path: str, body: Any = None) -> Any:
    """An answer of the page. Raises RuntimeError for a refusal."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    link.request(method, path, None if body is None else json.dumps(body), MINE)
    answer = link.getresponse()
    data = json.loads(answer.read())
    link.close()
    if answer.status >= 400:
        raise RuntimeError(f"{answer.status} {data}")
    return data


def done(port: int, path: str) -> Any:
    """The result of a job without a body."""
    job = ask(port, "POST", path)
    while job["state"] in ("waiting", "running"):
        time.sleep(0.2)
        job = ask(port, "GET", f"/api/jobs/{job['id']}")
    if job["state"] != "done":
        raise RuntimeError(f"{path}: {job['error']}")
    return job["result"]


def free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def memory(place: Path) -> float:
    """Bytes of the page and its workers, shared pages counted once."""
    total = 0.0
    for process in living(place):
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(
            1024.0 * int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")
        )
    return total


def load(port: int, place: Path, users: int, seconds: float) -> list[str]:
    """What is wrong of so many readers."""
    sliders = done(port, "/api/sliders")["rows"]
    readers = [Reader(port, sliders, time.time() + seconds, seed) for seed in range(users)]
    for one in readers:
        one.start()
    most = 0.0
    while any(one.is_alive() for one in readers):
        most = max(most, memory(place))
        time.sleep(1)
    waited = sorted(wait for one in readers for wait in one.waited)
    errors = [error for one in readers for error in one.errors]
    late = waited[int(0.95 * len(waited))] if waited else float("inf")
    results, left = (sum(getattr(one, key) for one in readers) for key in ("results", "left"))
    print(
        f"{users} readers, {results} results, {left} given up in the queue, 95 % within {late:.2f} s of an answer or a place, "
        f"{len(errors)} errors, {most / 1e9:.2f} GB"
    )
    wrong = [f"errors: {errors[:3]}"] if errors else []
    wrong += [f"p95 {late:.1f} s"] if late > SLOW else []
    wrong += [f"{results} results: the queue stands"] if results < left else []
    return wrong + ([f"{most / 1e9:.1f} GB"] if most > MOST else [])


def made_up(scenario: str, requests: int) -> list[str]:
    """What is wrong of so many made-up requests."""
    from starlette.testclient import TestClient
    from support.requests_of import operations, sent, wrong

    from kautilya.web.app import create

    site = create(scenario)
    with TestClient(site, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        found, seed = [], 0
        known = operations(client)
        while len(found) < requests:
            found += [pair for one in known for pair in sent(client, one, 60, seed)]
            seed += 1
    print(f"{len(found)} made-up requests to {len(known)} addresses")
    return [said for case, answer in found if (said := wrong(case, answer))]


def main() -> int:
    ask_for = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask_for.add_argument("--users", type=int, default=50)
    ask_for.add_argument("--seconds", type=float, default=60)
    ask_for.add_argument("--requests", type=int, default=3000)
    ask_for.add_argument("--scenario", default=FLAGSHIP)
    asked = ask_for.parse_args()
    port = free()
    command = [sys.executable, "-m", "kautilya", "serve", asked.scenario, "--port", str(port)]
    place = Path(f"/page/{port}")
    told = os.environ | {"STRESS": str(place)}
    page = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=told)
    try:
        page.stdout.readline()  # type: ignore[union-attr]
        for _ in range(200):
            try:
                ask(port, "GET", "/api/levers")
                break
            except OSError:
                time.sleep(0.1)
        wrong = load(port, place, asked.users, asked.seconds)
    finally:
        page.terminate()
        page.wait()
    wrong += made_up(asked.scenario, asked.requests)
    print("\n".join(wrong) or "nothing wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
