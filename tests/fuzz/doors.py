"""Fuzz one door, or all: python tests/fuzz/doors.py DOOR|all [--seconds 10] [--seed 0]

Each try makes an input from a good one, hands it to a command in this process, and looks at what
came of it: exit code 0 or 2, or a KautilyaError; no traceback, ten seconds of work at most, no more
than 1.5 GB, no file touched that is not its own, no process, no connection, nothing unpickled. The
last line of standard output is JSON with counts; a failure is made again by its number.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fuzz.mutations import changed, tree, written  # noqa: E402
from support.stranger import outside, seal, state  # noqa: E402

MOST = 1_500_000  # kB of this process
LONG = 10  # seconds of one try, of processor time: a busy machine is no hang
STUCK = 90  # seconds by the clock, for what waits without working
Try = Callable[[Path, random.Random], None]
WRITES = {
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.utime",
    "shutil.rmtree",
}
NEVER = {
    "pickle.find_class",
    "os.system",
    "os.exec",
    "os.fork",
    "socket.connect",
    "socket.getaddrinfo",
    "webbrowser.open",
}
STARTS = {"subprocess.Popen", "os.posix_spawn"}  # the second too from Python 3.13 on


class Watch:
    """What this process does, as Python's audit hooks tell; `own` are folders that it may use."""

    def __init__(self, own: list[Path], secret: Path) -> None:
        self.own = [str(one.resolve()) for one in own]
        self.secret, self.on, self.seen = str(secret.resolve()), False, []
        sys.addaudithook(self.hook)

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in NEVER:
            self.seen.append(f"{event} {str(args)[:200]}")
        elif event in STARTS and "kautilya.runs.sandbox" not in map(str, args[1]):
            self.seen.append(f"{event} {str(args[1])[:200]}")
        elif event == "open" and isinstance(args[0], str | bytes):
            writes = bool((args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            self.touched(event, os.fsdecode(args[0]), writes)
        elif event in WRITES and args:
            place = args[1] if event in ("os.symlink", "os.link") else args[0]
            below = event in ("os.remove", "os.rmdir") and args[1] != -1  # told by shutil.rmtree
            if isinstance(place, str | bytes | os.PathLike) and not below:
                self.touched(event, os.fsdecode(place), True)

    def touched(self, event: str, name: str, writes: bool) -> None:
        place = os.path.realpath(name)
        inside = any(place == one or place.startswith(one + os.sep) for one in self.own)
        if place.startswith(self.secret) or (writes and not inside and place != os.devnull):
            self.seen.append(f"{event} {place}")


def called(*args: str) -> None:
    """A command in this process. SystemExit with 0 or 2, or an error that is let through."""
    from kautilya.cli.main import main

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            main(list(args))
        except SystemExit as end:
            if end.code not in (0, 2, None):
                raise AssertionError(f"exit code {end.code!r} of {args[0]}") from end


def refusal(call: Callable[[], Any]) -> None:
    """A call that answers or refuses."""
    from kautilya.errors import KautilyaError

    with contextlib.suppress(KautilyaError):
        call()


def scenario(base: Path) -> Try:
    """A scenario folder: one to three of its files changed, or replaced by what is no file."""
    from kautilya.scenario import new

    good = new("starter", base)

    def attempt(work: Path, luck: random.Random) -> None:
        folder = work / "case"
        shutil.copytree(good, folder)
        files = sorted(one for one in folder.iterdir() if one.is_file())
        for file in luck.sample(files, luck.randint(1, 3)):
            written(file, luck, work)
        called(luck.choice(("check", "check", "show")), str(folder))
        if luck.random() < 0.2:
            called("audit", str(folder))

    return attempt


def claims(base: Path) -> Try:
    """A claims file, read and checked as `kautilya claims --file` does before it runs anything."""
    from kautilya.claims.file import load
    from kautilya.scenario import load as loaded
    from kautilya.scenario import new

    case = loaded(new("starter", base))
    good = (base / "starter" / "claims.toml").read_bytes()

    def attempt(work: Path, luck: random.Random) -> None:
        file = work / "claims.toml"
        file.write_bytes(changed(good, luck))
        refusal(lambda: load(case, file))

    return attempt


def table(base: Path) -> Try:
    """A table of one's own figures."""
    good = (
        b"name,low,high,source,identity\nopening,9000,10000,ministry,\nlost,2500,4000,observer,\n"
        b"closing,8000,9000,counter,\n,,,,opening - lost = closing\n"
    )

    def attempt(work: Path, luck: random.Random) -> None:
        file = work / "own.csv"
        file.write_bytes(changed(good, luck))
        called("audit", str(file), *(("--json",) if luck.random() < 0.5 else ()))

    return attempt


def a_run(base: Path) -> Path:
    """A small run with all that `kautilya run` writes."""
    from kautilya.api import run_whole
    from kautilya.runs.cluster import Workers
    from kautilya.runs.ensemble import Case, Plan
    from kautilya.scenario import new

    case = new("starter", base)
    run_whole(
        str(case),
        Plan(64, 1, Case((), (), "always", "raw")),
        out=base / "run",
        workers=Workers(1, ""),
    )
    return base / "run"


def run_folder(base: Path) -> Try:
    """A run folder: any of its files changed, made a link, a pipe or a folder."""
    good = a_run(base)

    def attempt(work: Path, luck: random.Random) -> None:
        folder = work / "run"
        shutil.copytree(good, folder)
        files = sorted(one for one in folder.rglob("*") if one.is_file())
        for file in luck.sample(files, luck.randint(1, 2)):
            written(file, luck, work)
        if luck.random() < 0.5:
            with contextlib.suppress(Exception):  # not every harm leaves what can be sealed
                seal(folder)
        door = luck.choice(("runs", "export", "report", "history"))
        called(door, str(work if door == "runs" else folder))

    return attempt


def of_documents(name: str) -> Callable[[Path], Try]:
    """A JSON document of a run folder, changed as a tree and sealed anew."""

    def door(base: Path) -> Try:
        good = a_run(base)

        def attempt(work: Path, luck: random.Random) -> None:
            folder = work / "run"
            shutil.copytree(good, folder)
            file = sorted(folder.glob(name))[0]
            said = tree(json.loads(file.read_text()), luck)
            file.write_text(json.dumps(said))
            with contextlib.suppress(Exception):
                seal(folder)
            asked = luck.choice(("runs", "runs", "export", "history"))
            called(asked, str(work if asked == "runs" else folder))

        return attempt

    return door


def query(base: Path) -> Try:
    """SQL over a run, each in the process that `query` starts."""
    from kautilya.runs.query import query as asked

    good = a_run(base)
    seeds = (
        "select count(*), avg(value) from lost",
        "select * from summary limit 5",
        "with a as (select 1 as x) select * from a join lost on x = future",
        "select month, max(value) from shells group by month order by 2 desc",
        "select list(value) from lost",
        "select map {'a': 1}, date '2020-01-01'",
    )

    def attempt(_: Path, luck: random.Random) -> None:
        sql = changed(luck.choice(seeds).encode(), luck).decode("utf-8", "surrogateescape")
        refusal(lambda: asked(good, sql, seconds=3, rows=luck.choice((1, 10**6))))

    return attempt


def backtest(base: Path) -> Try:
    """Files of data of one's own, as `kautilya backtest --data` reads them."""
    from kautilya.estimation import ballots
    from kautilya.estimation.losses.series import read as losses

    days = "\n".join(
        f"2022-{3 + day // 28:02d}-{1 + day % 28:02d},{day + 9},{10 * day},{20 * day}"
        for day in range(200)
    )
    seeds = (
        (f"date,day,tank,apc\n{days}\n".encode(), losses, "losses.csv"),
        (
            b"ccode,Countryname,session,IdealPointAll\n2,A,60,1.5\n365,B,60,-1\n",
            ballots.read_votes,
            "points.csv",
        ),
    )

    def attempt(work: Path, luck: random.Random) -> None:
        good, read, name = luck.choice(seeds)
        file = work / name
        file.write_bytes(changed(good, luck))
        refusal(lambda: read(file))

    return attempt


DOORS: dict[str, Callable[[Path], Try]] = {
    "scenario": scenario,
    "claims": claims,
    "table": table,
    "run": run_folder,
    "plan": of_documents("plan.json"),
    "record": of_documents("chunks/*.json"),
    "query": query,
    "backtest": backtest,
}


@contextlib.contextmanager
def limit(work: float, clock: float) -> Iterator[None]:
    """TimeoutError after seconds of this process's work, or by the clock."""

    def late(number: int, _: Any) -> None:
        said = f"{work} s of work" if number == signal.SIGPROF else f"{clock} s by the clock"
        raise TimeoutError(f"more than {said}")

    for number, timer, seconds in (
        (signal.SIGPROF, signal.ITIMER_PROF, work),
        (signal.SIGALRM, signal.ITIMER_REAL, clock),
    ):
        signal.signal(number, late)
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def worked() -> float:
    """Seconds of processor time so far, of this process and of those that it has ended."""
    return sum(os.times()[:4])


def peak() -> int:
    """Most memory that this process has had, in kB; what it was started from does not count."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fuzz(name: str, seconds: float, seed: int) -> dict[str, Any]:
    """Tries until the time is over; each from luck of its own, so that one can be made again."""
    base = Path(tempfile.mkdtemp(prefix="kautilya-fuzz-")).resolve()
    found: dict[str, Any] = {"door": name, "tries": 0, "failures": []}
    try:
        (base / "good").mkdir()
        attempt = DOORS[name](base / "good")
        _units()
        secret = outside(base / "outside")
        before = state(secret)
        cache = Path(os.environ.get("KAUTILYA_CACHE", Path.home() / ".cache" / "kautilya"))
        watch = Watch(
            [base / "work", cache, Path(tempfile.gettempdir()) / "kautilya-query"], secret
        )
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            luck, begun = random.Random(f"{name}-{seed}-{found['tries']}"), worked()
            shutil.rmtree(base / "work", ignore_errors=True)
            (base / "work").mkdir()
            said = one(attempt, base / "work", luck, watch)
            if worked() - begun > LONG + 1:
                said = said or f"{worked() - begun:.0f} s of work"
            if state(secret) != before:
                said = said or "a file outside was changed"
            if said:
                found["failures"].append({"try": found["tries"], "what": said[-1500:]})
            found["tries"] += 1
        found["peak_kB"] = peak()
        if found["peak_kB"] > MOST:
            found["failures"].append({"try": -1, "what": f"{found['peak_kB']} kB"})
    finally:
        shutil.rmtree(base, ignore_errors=True)
    return found


def _units() -> None:
    """The library of units unpickles tables of its own when it is first used."""
    from pint import UnitRegistry

    UnitRegistry()("1 meter")


def one(attempt: Try, work: Path, luck: random.Random, watch: Watch) -> str:
    """What was wrong with one try; empty where nothing was."""
    watch.seen.clear()
    watch.on = True
    try:
        with limit(LONG, STUCK), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            attempt(work, luck)
    except BaseException:
        watch.on = False
        return traceback.format_exc()
    finally:
        watch.on = False
    return "; ".join(watch.seen[:3])


def everything(seconds: float, seed: int) -> int:
    """All doors, each in a process of its own; one line for each, and its failures. Exit code."""
    wrong = 0
    for name in DOORS:
        asked = [sys.executable, __file__, name, "--seconds", str(seconds), "--seed", str(seed)]
        try:
            done = subprocess.run(asked, capture_output=True, text=True, timeout=2 * seconds + 300)
            said = json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, IndexError, ValueError) as error:
            said = {"tries": 0, "failures": [{"try": -1, "what": repr(error)}], "peak_kB": 0}
        wrong += len(said["failures"])
        print(
            f"{name:10} {said['tries']:7,} tries  {len(said['failures']):3} failures  "
            f"{said['peak_kB'] / 1000:5.0f} MB",
            flush=True,
        )
        for one_ in said["failures"][:5]:
            print(f"  try {one_['try']}: {one_['what'].strip().splitlines()[-1]}", flush=True)
    return 1 if wrong else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("door", choices=[*DOORS, "all"])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.door == "all":
        sys.exit(everything(given.seconds, given.seed))
    print(json.dumps(fuzz(given.door, given.seconds, given.seed)))


if __name__ == "__main__":
    main()
