"""The command line: a door; no arithmetic."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def _ends(number: int, _: object) -> None:
    os.write(2, f"kautilya: stopped by {signal.Signals(number).name}\n".encode())
    os._exit(128 + number)


def _early() -> None:
    """Heed signals while the program is still being read, half a second in which there is nothing
    to tidy up; `signals.watch` takes over. Not where somebody imports us."""
    command = sys.argv and Path(sys.argv[0]).stem == "kautilya"
    module = sys.argv[:1] == ["-m"] and "kautilya.cli.main" in sys.orig_argv
    for name in ("SIGTERM", "SIGINT", "SIGHUP") if command or module else ():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ends)


_early()
