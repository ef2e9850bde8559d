"""TERM, HUP and INT: whatever a command is at, it ends within two seconds, and leaves nothing.

The first signal raises `Stopped` in the main thread, so that locks and terminals are let go as
usual. Python hands a signal over only between two steps of its own; a thread of ours waits for the
byte that the system writes at once, and ends the process where the main thread has not within
GRACE. Either way workers are killed, temporary folders go, and one line is said. What a killed
command (`kill -9`) leaves behind, the next one removes.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kautilya import disk
from kautilya.runs.pool import STARTED

GRACE = 0.6  # seconds for an orderly end
DEATH = 0.9  # seconds for those that were killed
SHOW_CURSOR = "\x1b[?25h"
TAKEN: list[int] = []  # signals that were heeded
ENDING = threading.RLock()  # never let go: who holds it ends the process
NAMES = ("SIGTERM", "SIGINT", "SIGHUP")


class Stopped(BaseException):
    """A signal asked us to end; no `except Exception` keeps it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def watch() -> None:
    """Begin to heed signals; only in the main thread of a command."""
    if threading.current_thread() is not threading.main_thread():
        return
    here, there = socket.socketpair()
    there.setblocking(False)
    signal.set_wakeup_fd(there.fileno(), warn_on_full_buffer=False)
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _first)  # `nohup` has HUP ignored: leave it so
    sys.unraisablehook = _stray
    threading.Thread(target=_last, args=(here, there), daemon=True).start()


def _first(number: int, frame: FrameType | None) -> None:
    TAKEN.append(number)
    for name in NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: None)  # we are on our way
    if _reading(frame):
        end(number)
    raise Stopped(number)


def _reading(frame: FrameType | None) -> bool:
    """Whether a module is being read: parts that are written in C do not bear an exception then."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _stray(found: sys.UnraisableHookArgs) -> None:
    """`Stopped` where Python passes no exception on, as in the end of an object, or in what runs
    at exit."""
    if isinstance(found.exc_value, Stopped):
        end(found.exc_value.number)
    sys.__unraisablehook__(found)


def _last(here: socket.socket, _: socket.socket) -> None:
    number = 0
    while number not in {getattr(signal, name, -1) for name in NAMES}:
        number = here.recv(1)[0]
    time.sleep(GRACE)
    end(number)


def heed() -> None:
    """Before a command goes in another way: end as a signal wants it, if one came meanwhile. What
    it then stumbles on is a folder that is being removed, and no mistake of the user."""
    if TAKEN:
        end(TAKEN[0])


def end(number: int) -> NoReturn:
    """Leave nothing behind, say one line, and go, with the exit code that shells give.

    Two threads may come here; the second waits for good, so that nobody goes while the first is
    still removing what was left.
    """
    ENDING.acquire()
    started = [worker.pid for worker in list(STARTED) if worker.poll() is None]
    family = {*_family(os.getpid()), *started}
    for child in family:
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
    _gone(family)
    disk.leave()
    _say(number)
    os._exit(128 + number)


def _say(number: int) -> None:
    """One line, unless nobody reads what we say: a pipe that is full would hold us for good. What
    standard output still holds is dropped for that reason."""
    line = (
        f"kautilya: stopped by {signal.Signals(number).name}; of a run, finished chunks are "
        "kept: `kautilya resume`\n"
    )
    with suppress(OSError, ValueError):
        place = sys.stderr.fileno()
        if select.select([], [place], [], 0)[1]:
            os.write(place, (SHOW_CURSOR * os.isatty(place) + line).encode())


def _gone(family: set[int]) -> None:
    """Wait, for DEATH at most, until they write no more: else a folder could not be removed."""
    until = time.monotonic() + DEATH
    while time.monotonic() < until and any(_writes(pid) for pid in family):
        time.sleep(0.005)


def _writes(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def _family(parent: int) -> list[int]:
    """Processes that were started by a process, and by those."""
    out: list[int] = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with suppress(OSError):
            for one in map(int, task.read_text().split()):
                out += [one, *_family(one)]
    return out
