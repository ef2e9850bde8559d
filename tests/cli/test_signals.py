"""TERM, HUP and INT end a command at once, with one line and nothing left; a kill leaves no orphan."""

from __future__ import annotations

import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from support.conventions import ROOT, truth
from support.runs_case import children

HEEDING = """import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from kautilya.cli.main import main
sys.argv[0] = "kautilya"
sys.exit(main())
"""  # signals as a terminal gives them, also where the tests run under nohup


def begun(place: Path, *args: str) -> subprocess.Popen:
    """A command with its own temporary folder."""
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", HEEDING, *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path, "TMPDIR": str(place)},
    )


def workers_of(process: subprocess.Popen) -> list[int]:
    """Its workers, once there are some."""
    until = time.monotonic() + 60
    while not (found := children(process.pid)) and process.poll() is None:
        assert time.monotonic() < until, "no worker was started"
        time.sleep(0.02)
    time.sleep(0.3)
    return found


def alive(pids: list[int]) -> list[int]:
    return [
        pid
        for pid in pids
        if Path(f"/proc/{pid}/status").exists()
        and "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    ]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@truth(
    "invariant",
    source="cli/signals.py",
    kills="temporary folders and workers that stay; a traceback",
)
def test_a_signal_ends_everything(starter: Path, tmp_path: Path, name: str):
    process = begun(
        tmp_path, "compare", str(starter), "--levers", "no_supply", "--futures", "200000"
    )
    workers = workers_of(process)
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=10)
    assert process.returncode == 128 + getattr(signal, name)
    assert "Traceback" not in said and said.count(f"stopped by {name}") == 1
    assert alive(workers) == [] and list(tmp_path.iterdir()) == []


@truth(
    "invariant",
    source="runs/worker.py",
    kills="workers that outlive a killed command; folders that nobody removes",
)
def test_after_a_kill_no_orphan_and_the_next_command_clears(starter: Path, tmp_path: Path):
    process = begun(
        tmp_path, "compare", str(starter), "--levers", "no_supply", "--futures", "200000"
    )
    workers = workers_of(process)
    process.kill()
    process.communicate()
    until = time.monotonic() + 2
    while alive(workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive(workers) == []
    assert list(tmp_path.glob("kautilya-compare-*"))
    following = begun(tmp_path, "scenarios")
    following.communicate(timeout=60)
    assert following.returncode == 0
    assert not list(tmp_path.glob("kautilya-compare-*"))


@truth(
    "invariant",
    source="cli/signals.py",
    kills="a command that waits for good for a reader who does not read",
)
def test_a_full_pipe_holds_nobody(tmp_path: Path):
    process = begun(tmp_path, "show", "russia_dprk_2024", "--json")
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    until = time.monotonic() + 60
    while unread(process) < 4096 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(timeout=5) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.communicate()


def unread(process: subprocess.Popen) -> int:
    """Bytes that wait in the pipe of its answers."""
    waiting = array.array("i", [0])
    fcntl.ioctl(process.stdout, termios.FIONREAD, waiting)
    return waiting[0]


READING = """import os, signal, sys
name, until = sys.argv[1], sys.argv[2]
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
def heard(event, args):
    if event == "import" and args[0] == until:
        os.kill(os.getpid(), getattr(signal, name))
sys.argv = ["kautilya", "scenarios"]
sys.addaudithook(heard)
from kautilya.cli.main import main
sys.exit(main())
"""


@pytest.mark.parametrize("until", ["typer", "kautilya.disk", "kautilya.runs.pool"])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@truth(
    "invariant",
    source="cli/__init__.py",
    kills="a module that is read before signals are heeded",
)
def test_a_signal_while_the_program_is_being_read(name: str, until: str):
    """The signal comes when a module is asked for."""
    done = subprocess.run(
        [sys.executable, "-c", READING, name, until],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])},
    )
    assert done.returncode == 128 + getattr(signal, name), done.stderr
    assert done.stderr.startswith(f"kautilya: stopped by {name}")
    assert done.stderr.count("\n") == 1 and done.stdout == ""


@truth("invariant", source="cli/__init__.py", kills="handlers set where a program imports us")
def test_who_imports_us_keeps_his_handlers():
    asked = (
        "import signal, sys; before = signal.getsignal(signal.SIGINT);"
        "import kautilya, kautilya.cli; modules = {'json', 'pathlib', 'kautilya.api'};"
        "print(signal.getsignal(signal.SIGINT) is before, sorted(modules & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", asked],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    )
    assert done.stdout.split() == ["True", "[]"], done.stderr


@truth(
    "invariant", source="cli/__init__.py", kills="a traceback where Ctrl-C comes while we are read"
)
@pytest.mark.parametrize("called", ["-m kautilya", "-m kautilya.cli.main", "kautilya", "imported"])
def test_signals_are_heeded_before_anything_is_read(called: str):
    main = str(ROOT / "src" / "kautilya" / "__main__.py")
    first = {"-m kautilya": main, "-m kautilya.cli.main": "-m", "kautilya": "/usr/bin/kautilya"}
    code = (
        f"import sys; sys.argv[:] = [{first.get(called, 'own.py')!r}]; "
        f"sys.orig_argv[:] = ['python', *{called.split()!r}, 'why']; "
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "import kautilya.cli; print(signal.getsignal(signal.SIGINT).__module__)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.stdout.strip() == ("_signal" if called == "imported" else "kautilya.cli"), (
        done.stderr
    )
