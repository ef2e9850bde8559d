"""What is on disk: files that are there whole or not at all, what is kept so that it need not be
made again, and folders that do not outlast the process.

    write, write_json   put a file in place in one step, never through a link
    kept                read what is kept; where it is not there, or no longer as it was written,
                        make it, and keep it. Another process that makes the same is waited for
    Temporary           a folder that goes with whoever reads it, or with the process; what a
                        killed process left is removed by the next one

A cache that cannot be written, or read, costs time and nothing else.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import shutil
import stat
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from kautilya import program
from kautilya.errors import KautilyaError, extra

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PARTIAL = ".partial"
HEAD = b"kautilya-kept-2\n"
SUM = 16  # bytes of a checksum
WAIT = 300.0  # seconds that we wait for another process that makes the same
THREADS = 1  # part of the key of compiled code: JAX's own key ignores it
MOST = 2_000_000_000  # bytes of the cache; what was used longest ago goes first
EVERY = 3600.0  # seconds between two looks at its size
# what is ours in the cache; nothing else there is touched
PARTS = (
    "accounts audit claims javascript layout motion query rivals runs scenarios shapes xla".split()
)
LONGEST = 50_000_000  # bytes of a JSON document
CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # of links and pipes
OURS = 0o700  # rights of a folder of the cache, whatever others are given by default
NEST = "kautilya-"  # how names of temporary folders begin
T = TypeVar("T")


def write(path: Path, data: bytes) -> None:
    """Put a file in place in one step; a kill or a full disk leaves the old one, or none.

    A link of that name is replaced, never followed. Raises KautilyaError for a device or a pipe,
    a full disk, a read-only folder and the like.
    """
    ordinary(path)
    try:
        _put(path, data)
    except OSError as error:
        raise refused(path, error) from None


def ordinary(path: Path) -> None:
    """Refuse a device, a pipe or a socket: a file put in its place would remove it for all."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # nothing is there, or what is wrong shows when it is written
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode)):
        raise KautilyaError(
            str(path), "this is a device or a pipe, no file", "Give the name of a file"
        )


def _put(path: Path, data: bytes, mode: int = 0o666) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        with suppress(FileNotFoundError):
            partial.unlink()  # whoever put it there: it is not ours to write into
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """A JSON document, whole or not at all."""
    write(path, (json.dumps(data, indent=1, default=str) + "\n").encode())


def read_json(path: Path) -> object:
    """A JSON document; None where no plain file is, or none that can be read. No link is followed, no
    pipe waited for, no device read."""
    try:
        handle = os.open(path, os.O_RDONLY | CAREFUL)
        with os.fdopen(handle, "rb") as file:
            status = os.fstat(handle)
            plain = stat.S_ISREG(status.st_mode) and status.st_size <= LONGEST
            return json.loads(file.read(LONGEST).decode()) if plain else None
    except (OSError, ValueError, RecursionError):
        return None


def of_parquet(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """A table in Parquet, or some of its columns. Raises KautilyaError where the extra is absent."""
    import pandas as pd

    extra("pyarrow", "export")
    return pd.read_parquet(path, columns=columns)


def of_csv(source: Path | io.StringIO, **how: object) -> pd.DataFrame:
    """A table as pandas reads it, each number by its digits.

    Until 3.1 its own arithmetic rounds, and of a stranger's 1e2147483648 it dies, unless told
    otherwise; from then on the digits are what it goes by, and to ask for it is refused.
    """
    import pandas as pd

    if tuple(int(part) for part in pd.__version__.split(".")[:2]) < (3, 1):
        how["float_precision"] = "round_trip"
    read: Callable[..., pd.DataFrame] = pd.read_csv
    return read(source, **how)


def parquet(frame: pd.DataFrame) -> bytes:
    """A table as Parquet. Raises KautilyaError where the extra is absent."""
    extra("pyarrow", "export")
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    return file.getvalue()


def checksum(data: bytes) -> str:
    """A name for the bytes of a file."""
    return hashlib.blake2b(data, digest_size=SUM).hexdigest()


def folder(path: Path) -> Path:
    """A folder, made where it is not there. Raises KautilyaError where it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(path, error) from None
    return path


def refused(path: Path, error: OSError) -> KautilyaError:
    """What an error of the disk means for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        full = f"the disk is full ({free_text(path)} free)"
        return KautilyaError(
            str(path),
            full if error.errno == errno.ENOSPC else f"no more may be written ({error.strerror})",
            "Free some; what was finished is kept, and `kautilya resume` goes on with it",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return KautilyaError(
            str(path),
            f"the folder cannot be written to ({error.strerror})",
            "Give a folder that you may write to with --out",
        )
    return KautilyaError(
        str(path),
        f"it cannot be written ({error.strerror or error})",
        "Give another place with --out",
    )


def free(path: Path) -> int:
    """Bytes that may still be written where `path` is, or will be."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return shutil.disk_usage(path).free


def free_text(path: Path) -> str:
    """The same in words."""
    try:
        return size(free(path))
    except OSError:
        return "nothing known"


def size(count: float) -> str:
    """Bytes as people say them: 2.4 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"


class Locked(Exception):
    """Another process holds the lock."""


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock file, which goes with the process, however it ends. A link is not followed.

    Raises Locked where another holds it, OSError where the file cannot be made.
    """
    try:
        import fcntl
    except ImportError:  # a system without such locks: nobody is kept out
        yield
        return
    handle = os.open(path, os.O_RDWR | os.O_CREAT | CAREFUL, 0o666)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ELOOP, "it is no plain file", str(path))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Locked(str(path)) from None
        with suppress(FileNotFoundError):
            if os.fstat(handle).st_ino != os.lstat(path).st_ino:
                raise Locked(str(path))  # it was removed, and another made, in the meantime
        yield
    finally:
        os.close(handle)


def place(*parts: str) -> Path:
    """A folder below the user's cache, made on demand; KAUTILYA_CACHE overrides the place. Where
    another user may have written, it is a place in which nothing is and nothing can be kept."""
    return _own(cached(), parts)


def _own(top: Path, parts: tuple[str, ...]) -> Path:
    """A folder below `top` that only this user can write to, or a place in which nothing is."""
    path = top
    with suppress(OSError):  # a read-only home: callers go on without a cache
        for part in ("", *parts):
            path = path / part
            path.mkdir(OURS, parents=True, exist_ok=True)
    real = Path(os.path.realpath(top)).joinpath(*parts)
    below = [real, *list(real.parents)[: len(parts)]]
    ours = all(_ours(one) for one in below) and _guarded(top)
    return top.joinpath(*parts) if ours else Path(os.devnull, *parts)


def _ours(path: Path) -> bool:
    """Whether this is a folder, no link to one, and only this user can write to it."""
    with suppress(OSError):
        status = path.lstat()
        return stat.S_ISDIR(status.st_mode) and _written_by_us(status)
    return False


def _written_by_us(status: os.stat_result) -> bool:
    others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not hasattr(os, "getuid") or status.st_uid == os.getuid() and not others


def _guarded(path: Path) -> bool:
    """Whether no other user can put another folder in the place of this one: each folder above it,
    by this name and by its real one, belongs to this user or to root, and who may write into it
    may not rename what is others'."""
    if not hasattr(os, "getuid"):
        return True
    above = {*path.parents, *Path(os.path.realpath(path)).parents}
    return all(_keeps(one) for one in above if one != Path(one.anchor))


def _keeps(path: Path) -> bool:
    with suppress(OSError):
        status = path.lstat()
        to_all = status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX
        return status.st_uid in (0, os.getuid()) and (stat.S_ISLNK(status.st_mode) or not to_all)
    return False


def made_here(kind: str, room: str) -> Path:
    """The folder of what a room makes of a kind, by all that its bits depend on: code, libraries,
    processor, kernel."""
    return place(kind, program.key(room))


def compiled() -> Path | None:
    """The folder of compiled code for this jaxlib, processor and number of threads; None where
    none can be kept, or others may write: compiled code runs. JAX_COMPILATION_CACHE_DIR names
    another place for it."""
    given = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    name = f"jaxlib-{program.libraries()['jaxlib']}-{program.processor()}-t{THREADS}"
    path = _own(Path(os.path.abspath(given)), (name,)) if given else place("xla", name)
    return path if path.is_dir() and os.access(path, os.W_OK | os.X_OK) else None


class Form(NamedTuple, Generic[T]):
    """How something is kept: to bytes, and from bytes. What `read` raises means: make it again."""

    pack: Callable[[T], bytes]
    read: Callable[[bytes], T]


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    import numpy as np

    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    import numpy as np

    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


JSON: Form[Any] = Form(lambda data: json.dumps(data).encode(), json.loads)
TEXT: Form[str] = Form(lambda text: text.encode(), lambda data: data.decode())
ARRAYS: Form[Mapping[str, Any]] = Form(_packed, _arrays)


def kept(path: Path, make: Callable[[], T], form: Form[T] = JSON) -> T:
    """What is kept at `path`; where it is not there, or not as it was written, made and kept.

    A file carries a checksum and is read only where no other user can have written it. While
    another process makes the same we wait for it.
    """
    found = look(path, form)
    if found:
        return found[0]
    with _alone(path):
        found = look(path, form)
        if found:
            return found[0]
        made = make()
        keep(path, made, form)
    return made


def look(path: Path, form: Form[T] = JSON) -> tuple[T] | None:
    """What is kept at `path`, or None for any reason."""
    try:
        data = _read(path)
        body = data[len(HEAD) + SUM :]
        if data[: len(HEAD)] != HEAD or data[len(HEAD) : len(HEAD) + SUM] != bytes.fromhex(
            checksum(body)
        ):
            return None
        found = form.read(body)
    except Exception:  # a cache may never be the reason why a command fails
        return None
    with suppress(OSError):
        os.utime(path)  # used now
    return (found,)


def _read(path: Path) -> bytes:
    """The bytes of a file that only this user can have written; ValueError for any other."""
    handle = os.open(path, os.O_RDONLY | CAREFUL)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        mine = stat.S_ISREG(status.st_mode) and _written_by_us(status)
        if not (mine and _ours(path.parent)):
            raise ValueError(str(path))
        return file.read()


def keep(path: Path, made: T, form: Form[T] = JSON) -> None:
    """Keep something; a cache that cannot be written is no error."""
    with suppress(OSError):
        body = form.pack(made)
        path.parent.mkdir(OURS, parents=True, exist_ok=True)
        _put(path, HEAD + bytes.fromhex(checksum(body)) + body, OURS & 0o666)
        trim_sometimes()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While nobody else makes the same file; after WAIT, or where no lock can be had, all the
    same."""
    file, until = path.with_name(f".{path.name}.lock"), time.monotonic() + WAIT
    held = None
    while held is None and time.monotonic() < until:
        guard = lock(file)
        try:
            guard.__enter__()
            held = guard
            if not file.exists():  # whoever held it before has removed it: it guards nothing
                held = None
                guard.__exit__(None, None, None)
        except Locked:
            time.sleep(0.05)
        except OSError:
            break
    try:
        yield
    finally:
        if held is not None:
            with suppress(OSError):
                file.unlink()
            held.__exit__(None, None, None)


def cached() -> Path:
    """The user's cache; a place in which nothing can be kept where there is no home."""
    from platformdirs import user_cache_dir

    given = os.environ.get("KAUTILYA_CACHE")
    path = Path(os.path.abspath(given)) if given else Path(user_cache_dir("kautilya"))
    return path if path.is_absolute() else Path(os.devnull)


def _entries(part: str) -> Iterator[tuple[float, int, Path]]:
    """(last use, bytes, file) of what is kept in a part. Links are not followed."""
    for where, _, names in os.walk(cached() / part):
        for name in names:
            with suppress(OSError):
                status = (Path(where) / name).lstat()
                yield max(status.st_atime, status.st_mtime), status.st_size, Path(where) / name


def _parts() -> list[str]:
    """Parts of the cache that may be removed: no links, and no folders of a user's own work, where
    somebody named a folder of work as the cache."""
    return [part for part in PARTS if not _work(cached() / part)]


def _work(path: Path) -> bool:
    """Whether a folder is a link, or holds scenarios, or runs under another name than our keys."""
    runs = [one.parent.parent for one in path.glob("*/*/plan.json")]
    named = any(len(one.name) != 2 * program.LONG for one in runs if path.name == "runs")
    near = (*path.glob("scenario.toml"), *path.glob("*/scenario.toml"), *path.glob("*/plan.json"))
    return path.is_symlink() or named or bool(near)


def used() -> dict[str, tuple[int, int]]:
    """Files and bytes of each part of the cache."""
    found = {}
    for part in _parts():
        sizes = [size for _, size, _ in _entries(part)]
        if sizes:
            found[part] = (len(sizes), sum(sizes))
    return found


def clear() -> int:
    """Remove all that is kept, and nothing that is not ours; bytes that went."""
    before = sum(total for _, total in used().values())
    for part in _parts():
        shutil.rmtree(cached() / part, ignore_errors=True)
    return before - sum(total for _, total in used().values())


def trim(most: int = MOST) -> int:
    """Remove what was used longest ago until so many bytes are left; bytes that went.

    Of a run that is kept for claims all goes at once: half of one is of no use.
    """
    groups: dict[Path, list[tuple[float, int, Path]]] = {}
    for part in _parts():
        for one in _entries(part):
            whole = next(
                (above for above in one[2].parents if (above / "plan.json").exists()), one[2]
            )
            groups.setdefault(whole, []).append(one)
    left = sum(size for files in groups.values() for _, size, _ in files)
    gone = 0
    for whole, files in sorted(groups.items(), key=lambda item: max(at for at, _, _ in item[1])):
        if left - gone <= most:
            break
        with suppress(OSError):
            shutil.rmtree(whole) if whole.is_dir() else whole.unlink()
            gone += sum(size for _, size, _ in files)
    return gone


def trim_sometimes() -> None:
    """`trim`, if the last time is long ago."""
    stamp = cached() / ".looked"
    with suppress(OSError):
        if stamp.exists() and time.time() - stamp.stat().st_mtime < EVERY:
            return
        _put(stamp, b"")
        trim()


class Temporary:
    """A folder of its own; removed when this object is collected, or the process ends.

    Whoever reads the folder later, such as arrays that are read when asked for, holds this object.
    A lock in it says that its owner lives, on whatever machine or in whatever container.
    """

    def __init__(self, prefix: str = NEST) -> None:
        sweep()
        try:
            self.path = Path(tempfile.mkdtemp(prefix=prefix))
            self._owner = lock(self.path / OWNER)
            self._owner.__enter__()
        except OSError as error:
            raise refused(_nests(), error) from None
        self.remove = weakref.finalize(self, _remove, self.path, self._owner, os.getpid())
        ALIVE[self.path] = os.getpid()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()


OWNER = ".owner"
ALIVE: dict[Path, int] = {}  # temporary folders of this process


def _nests() -> Path:
    """Where temporary folders are made."""
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return Path("TMPDIR")


def _remove(path: Path, owner: Any, process: int) -> None:
    """Only where it was made: a process that forked off holds a copy of the object."""
    if os.getpid() == process:
        shutil.rmtree(path, ignore_errors=True)
        ALIVE.pop(path, None)  # not before: a signal may come in between
        with suppress(RuntimeError, OSError):
            owner.__exit__(None, None, None)


ASIDE = ".gone"  # the name of a temporary folder that is being removed ends so
AGAIN = 100  # times that somebody may be quicker


def _moved(path: Path) -> list[str]:
    """Where a folder, and what was made anew in its place meanwhile, lie once a file stands there."""
    aside: list[str] = []
    with suppress(OSError):
        while len(aside) < AGAIN:
            aside.append(f"{path}{ASIDE}{len(aside)}")
            with suppress(FileNotFoundError):
                os.rename(path, aside[-1])
            with suppress(FileExistsError):
                open(path, "xb").close()
                break
    return aside


def leave() -> None:
    """Remove the temporary folders of this process; it is about to end.

    A thread or a worker may still write into them: a folder is moved aside before it is removed,
    and a file keeps its place until the very end, so that nobody makes it anew. Another thread may
    be removing the same: neither can be sure of the last step, so it is tried again.
    """
    mine = [path for path, process in list(ALIVE.items()) if process == os.getpid()]
    for path in mine:
        for one in [*_moved(path), str(path)]:
            for _ in range(AGAIN):
                if not os.path.isdir(one):
                    break
                shutil.rmtree(one, ignore_errors=True)
                time.sleep(0.002)
    for path in mine:
        with suppress(OSError):
            os.unlink(path)


def sweep() -> None:
    """Remove temporary folders of ours whose owner was killed."""
    with suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(NEST) and entry.is_dir(follow_symlinks=False):
                _sweep(entry)


def _sweep(entry: os.DirEntry[str]) -> None:
    mine = not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
    if mine and os.path.isfile(os.path.join(entry.path, OWNER)):
        with suppress(Locked), lock(Path(entry.path) / OWNER):
            shutil.rmtree(entry.path, ignore_errors=True)
