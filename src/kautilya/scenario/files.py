"""Reading files of a scenario folder: size, kind and encoding are checked before use.

A scenario may come from a stranger. Only regular files inside the folder are read, none
over the limit, and only as UTF-8.
"""

from __future__ import annotations

import stat
from pathlib import Path

from kautilya.scenario.mistakes import Mistake

MAX_BYTES = 20 * 2**20
MAX_TOML = 2 * 2**20


def contents(folder: Path, name: str, limit: int = MAX_BYTES) -> bytes | Mistake:
    """The bytes of one file of the folder, or why they are not read."""
    path = folder / name
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()):
            return Mistake(name, 0, "", "a symbolic link that leads out of the folder",
                           "Put the file itself into the folder")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Mistake(name, 0, "", "not a regular file", "Put a plain text file here")
        if status.st_size > limit:
            return _too_long(name, status.st_size, limit)
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except FileNotFoundError:
        return Mistake(name, 0, "", "the file is missing",
                       "Add it; `kautilya new NAME` writes a folder with every table")
    except (OSError, RuntimeError) as error:
        if path.is_symlink():
            return Mistake(name, 0, "", "a symbolic link that leads in a circle or nowhere",
                           "Put the file itself into the folder")
        reason = getattr(error, "strerror", None) or "it cannot be read"
        return Mistake(name, 0, "", f"the file cannot be read ({reason})",
                       "Make it readable for you")
    return data if len(data) <= limit else _too_long(name, len(data), limit)


def _too_long(name: str, size: int, limit: int) -> Mistake:
    return Mistake(name, 0, "", f"the file has {size / 2**20:.1f} MB",
                   f"The limit is {limit // 2**20} MB; it was not read")


def text(name: str, data: bytes) -> str | Mistake:
    """UTF-8 text without a byte-order mark, or where it is not UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Mistake(name, 1, "byte 1", "the file is UTF-16", "Save it as UTF-8")
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - before.rfind(b"\n")
        byte = data[error.start]
        return Mistake(name, line, f"byte {column}",
                       f"byte 0x{byte:02x} is not UTF-8 (in Latin-1 it is {chr(byte)!r})",
                       "Save the file as UTF-8")
    if "\x00" in decoded:
        line = decoded[: decoded.index("\x00")].count("\n") + 1
        return Mistake(name, line, "", "a NUL character", "Save the file as plain UTF-8 text")
    return decoded
