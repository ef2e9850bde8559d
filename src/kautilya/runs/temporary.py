"""A folder for results that nobody asked to keep: it goes when nothing reads it any more."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from kautilya.runs import atomic


class Temporary:
    """A folder of its own; removed when this object is collected, or the process ends.

    Whoever reads the folder later, such as arrays that are read when asked for, holds this object.
    """

    def __init__(self, prefix: str = "kautilya-") -> None:
        try:
            self.path = Path(tempfile.mkdtemp(prefix=prefix))
        except OSError as error:
            raise atomic.refused(Path(tempfile.gettempdir()), error) from None
        self.remove = weakref.finalize(self, _remove, self.path, os.getpid())


def _remove(path: Path, owner: int) -> None:
    """Only where it was made: a process that forked off holds a copy of the object."""
    if os.getpid() == owner:
        shutil.rmtree(path, ignore_errors=True)
