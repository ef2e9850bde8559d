"""TERM, HUP and INT: whatever a command is at, it ends within two seconds, and leaves nothing.

The first signal raises `Stopped` in the main thread, so that locks and terminals are let go as
usual. Python hands a signal over only between two steps of its own; a thread of ours waits for the
byte that the system writes at once, and ends the process where the main thread has not within
GRACE. Either way workers are killed, temporary folders go, and one line is said. What a killed
command (`kill -9`) leaves behind, the next one removes.
"""

from __future__ import annotations

import os
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

GRACE = 1.0  # seconds for an orderly end
SHOW_CURSOR = "\x1b[?25h"
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
    threading.Thread(target=_last, args=(here, there), daemon=True).start()


def _first(number: int, _: FrameType | None) -> None:
    for name in NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: None)  # we are on our way
    raise Stopped(number)


def _last(here: socket.socket, _: socket.socket) -> None:
    number = 0
    while number not in {getattr(signal, name, -1) for name in NAMES}:
        number = here.recv(1)[0]
    time.sleep(GRACE)
    end(number)


def end(number: int) -> NoReturn:
    """Leave nothing behind, say one line, and go, with the exit code that shells give."""
    started = [worker.pid for worker in STARTED if worker.poll() is None]
    for child in {*_family(os.getpid()), *started}:
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
    disk.leave()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        if sys.stderr.isatty():
            sys.stderr.write(SHOW_CURSOR)
        sys.stderr.write(f"kautilya: stopped by {signal.Signals(number).name}; of a run, finished "
                         "chunks are kept: `kautilya resume`\n")
        sys.stderr.flush()
    os._exit(128 + number)


def _family(parent: int) -> list[int]:
    """Processes that were started by a process, and by those."""
    out: list[int] = []
    for task in Path(f"/proc/{parent}/task").glob("*/children"):
        with suppress(OSError):
            for one in map(int, task.read_text().split()):
                out += [one, *_family(one)]
    return out
