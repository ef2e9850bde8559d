"""The page, measured: from the start of the server to each thing that a reader asks for.

    python benchmarks/page.py [RUN] [--futures 2000]

RUN is the folder of a stored run; without one a run of the flagship is made first. Beside each bar stand
the seconds by the clock, which hold for a quiet machine, and those of the processor that the page and its
workers used, which hold for a busy one as well.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from stress.kills import FLAGSHIP, ROOT, living
from stress.page import ask, done, free

TICK = os.sysconf("SC_CLK_TCK")
CLAIM = "flow(RUS, battlefield, tube_round) during 2025 < 4e6 tube_round"
FIRST = ("/", "/static/site.css", "/charts/charts.css", "/static/site.js", "/static/answer.js",
         "/charts/charts.js", "/charts/vega.js", "/api/answer")  # fmt: skip
REST = ("/api/pictures/first", "/api/storylines", "/api/why", "/api/pictures/end",
        "/api/pictures/short", "/api/pictures/war", "/api/pictures/industry")  # fmt: skip
BARS = {
    "from a cold start to the answer": 4.0,
    "first view of the stored run": 1.5,
    "what if, 256 futures": 0.7,
    "what if, 1,000 futures": 2.0,
    "a pasted article": 1.0,
    "a claim of one's own": 4.0,
    "new bounds for a dropped figure": 1.5,
}
Seconds = tuple[float, float]


class Page:
    """A served page: asks, and tells how long that took."""

    def __init__(self, run: Path) -> None:
        self.port = free()
        self._place = Path(f"/page/{self.port}")
        command = [sys.executable, "-m", "kautilya", "serve", str(run), "--port", str(self.port)]
        env = os.environ | {"STRESS": str(self._place)}
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=env)

    def worked(self) -> float:
        """Seconds of the processor up to now, of the page and of its workers."""
        total = 0
        for process in living(self._place):
            try:
                cells = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(map(int, cells[11:13]))
        return total / TICK

    def timed(self, work: Callable[[], Any]) -> Seconds:
        """Seconds by the clock and of the processor."""
        begun, before = time.perf_counter(), self.worked()
        work()
        return time.perf_counter() - begun, self.worked() - before

    def get(self, path: str) -> int:
        """Bytes of an address; waits for a page that is not there yet."""
        for _ in range(2000):
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            try:
                link.request("GET", path)
                answer = link.getresponse()
                data = answer.read()
            except ConnectionRefusedError:
                time.sleep(0.01)
                continue
            finally:
                link.close()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status} {data[:200]!r}")
            return len(data)
        raise SystemExit("the page did not come up")

    def job(self, path: str, body: Any = None) -> Any:
        """The result of a job, asked for as the page's script does."""
        job, waits = ask(self.port, "POST", path, body), 0.04
        while job["state"] in ("waiting", "running"):
            time.sleep(waits)
            waits = min(0.25, waits * 1.15)
            job = ask(self.port, "GET", f"/api/jobs/{job['id']}")
        if job["state"] != "done":
            raise SystemExit(f"{path}: {job['error']}")
        return job["result"]

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def served(run: Path) -> Iterator[Page]:
    """A page that is being started."""
    page = Page(run)
    try:
        yield page
    finally:
        page.close()


def middle(rows: list[Seconds]) -> Seconds:
    """The median of each column."""
    clock, processor = zip(*rows, strict=True)
    return statistics.median(clock), statistics.median(processor)


def opened(run: Path) -> dict[str, Seconds]:
    """The first view: of a server that is being started, and of one that has just come up."""
    with served(run) as page:
        cold = page.timed(lambda: [page.get(path) for path in FIRST])
    with served(run) as page:
        page.get("/static/site.css")
        warm = page.timed(lambda: [page.get(path) for path in FIRST])
        size = sum(page.get(path) for path in (*FIRST, *REST))
        print(
            f"the whole first view: {size / 1e6:.2f} MB; the report {page.get('/api/report') / 1e6:.2f} MB (3)"
        )
    return {"from a cold start to the answer": cold, "first view of the stored run": warm}


def asked(run: Path) -> dict[str, Seconds]:
    """What a reader asks for, once the page is up."""
    with served(run) as page:
        found = {}
        for path in FIRST:
            page.get(path)
        texts = ask(page.port, "GET", "/api/examples")["examples"]
        text = max((one["text"] for one in texts), key=len)
        article = {"text": text}
        found["a pasted article"] = page.timed(
            lambda: ask(page.port, "POST", "/api/articles", article)
        )
        ask(page.port, "GET", "/api/words")
        claim = {"test": CLAIM}
        found["a claim of one's own"] = page.timed(lambda: page.job("/api/claims", claim))
        found["new bounds for a dropped figure"] = dropped(page)
        begun = time.perf_counter()
        page.job("/api/ready")
        print(f"workers and the scenario as it stands: {time.perf_counter() - begun:.1f} s")
        sliders = done(page.port, "/api/sliders")["rows"]
        for futures in (256, 1000):
            rows = [
                page.timed(lambda one=one, n=futures: page.job("/api/whatif", moved(one, n)))
                for one in sliders[:5]
            ]
            found[f"what if, {futures:,} futures"] = middle(rows)
            print(
                f"  what if, {futures:,}:",
                ", ".join(f"{clock:.2f} s ({own:.2f})" for clock, own in rows),
            )
    return found


def moved(slider: dict[str, Any], futures: int) -> dict[str, Any]:
    """A state with one slider at a place that no other question has."""
    part = 0.2 if futures == 256 else 0.8
    value = slider["low"] + part * (slider["high"] - slider["low"])
    return {"sets": {slider["id"]: float(f"{value:.6g}")}, "futures": futures}


def dropped(page: Page) -> Seconds:
    """The slowest of the scenario's accounts, a figure of each left out."""
    rows = []
    for one in ask(page.port, "GET", "/api/accounts")["accounts"]:
        body = {"account": one["id"], "clashes": False}
        figures = ask(page.port, "POST", "/api/accounts", body)["figures"]
        less = body | {"dropped": [figures[0]["figure"]]}
        rows.append(page.timed(lambda less=less: ask(page.port, "POST", "/api/accounts", less)))
    return max(rows)


def stored(futures: int, folder: str) -> Path:
    """A run of the flagship."""
    out = Path(folder) / "run"
    command = [
        sys.executable,
        "-m",
        "kautilya",
        "run",
        FLAGSHIP,
        "--futures",
        str(futures),
        "--out",
        str(out),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def main() -> int:
    ask_for = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask_for.add_argument("run", nargs="?", type=Path)
    ask_for.add_argument("--futures", type=int, default=2000)
    given = ask_for.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = given.run.resolve() if given.run else stored(given.futures, folder)
        found = opened(run) | asked(run)
    for name, bar in BARS.items():
        clock, processor = found[name]
        short = "" if clock <= bar else "   NOT MET"
        print(
            f"{name:<34} {clock:6.2f} s, of the processor {processor:6.2f} s   bar {bar:g} s{short}"
        )
    return int(any(found[name][0] > bar for name, bar in BARS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
