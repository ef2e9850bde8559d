"""The command line: a door; no arithmetic."""

from __future__ import annotations

import os
import signal
import sys

MODULES = {"kautilya", "kautilya.cli.main"}  # of `python -m`
MAIN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__main__.py")


def _ends(number: int, _: object) -> None:
    os.write(2, f"kautilya: stopped by {signal.Signals(number).name}\n".encode())
    os._exit(128 + number)


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""


def _early() -> None:
    """Heed signals while the program is still being read, half a second in which there is nothing
    to tidy up; `signals.watch` takes over. Not where somebody imports us. What stands before this
    is read first, so that it stays little.

    `python -m` looks for modules in the folder that one works in before all others; what a stranger
    put there is none of ours."""
    command = os.path.splitext(os.path.basename((sys.argv or [""])[0]))[0] == "kautilya"
    module = sys.argv[:1] in (["-m"], [MAIN]) and not MODULES.isdisjoint(sys.orig_argv)
    if module and not sys.flags.safe_path and sys.path[:1] in ([""], [_here()]):
        del sys.path[0]
    for name in ("SIGTERM", "SIGINT", "SIGHUP") if command or module else ():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ends)


_early()
