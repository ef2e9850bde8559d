"""What a run folder must be before anything in it is believed: it may come from a stranger.

    parts     nothing but plain files and folders: a link could lead out, a device never ends
    plan      plan.json against its schema; every number within what a run can have
    frame     shapes, types and codecs of outcomes.zarr: those that `store` writes, and no others.
              A Zarr array names the code that decodes it, so nothing is opened before this
    manifest  manifest.json against its schema and against the plan
    record    the record of a chunk: it names the files of that chunk, each within its size
    block     the head of a compressed block: it unpacks to the size that the shape says

Each raises KautilyaError, or says None where something is not there; nothing is written. What
the schemas do not bound is text, which the doors encode for where it goes.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from kautilya.errors import KautilyaError
from kautilya.runs.documents import Manifest, PlanDocument, Record

PLAN, MANIFEST, RECORDS, VALUES = "plan.json", "manifest.json", "chunks", "outcomes.zarr"
NARROW, LARGEST = 128, 8192  # futures in the smallest and the largest chunk
FUTURES = 2**32 - 1
A_FUTURE = 64_000_000  # bytes of one future
A_BLOCK = 512_000_000  # bytes of one outcome in one chunk, unpacked
OVERHEAD = 64  # bytes that a block may be longer packed than unpacked
LIMIT = 4_000_000  # bytes of a JSON document
CELLS = 10_000_000  # of one outcome of one future
MIXED = re.compile(r"\.[^/]*\.partial|\.lock|\.touch")  # what a run in the making leaves
TEXTS = {"long_name", "kind", "parts", "units", "goods", "nature", "tells", "every", "reduce"}


def _power(width: int) -> int:
    if width & (width - 1):
        raise ValueError("no power of two")
    return width


def _short(given: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the keys that we know: short texts, or tables of short texts."""
    for key, value in given.items():
        texts = value.values() if isinstance(value, dict) else (value,)
        if len(key) > 40 or not all(isinstance(text, str) and len(text) <= 200 for text in texts):
            raise ValueError(f"{key[:40]!r} is no short text")
    return given


Name = Annotated[str, Field(min_length=1, max_length=200)]
Place = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00-\x1f]*$")]
Text = Annotated[str, Field(max_length=4000)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{8,64}$")]
Count = Annotated[int, Field(ge=0, le=FUTURES)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Changes = Annotated[list[Place], Field(max_length=1000)]
Width = Annotated[int, Field(ge=NARROW, le=LARGEST), AfterValidator(_power)]


class _Strict(BaseModel):
    """No type is guessed, and no key is overlooked."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class CaseFile(_Strict):
    levers: Changes
    sets: Changes
    keep: Place
    accept: Name
    posterior: Place
    luck: Annotated[int, Field(ge=0, lt=2**32)] = 0
    free: Changes = []
    as_of: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None


class PlanFile(_Strict):
    """plan.json. What makes the bits may grow by names and texts that `resume` compares."""

    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True)

    format: Literal[1]
    scenario: Name
    digest: Hash
    futures: Annotated[int, Field(ge=1, le=FUTURES)]
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    case: CaseFile
    width: Width
    bytes_a_future: Annotated[int, Field(ge=1, le=A_FUTURE)]
    versions: Annotated[dict[Name, Name], Field(max_length=100)]
    identity: Hash
    path: Place


class Survived(_Strict):
    share: Share
    error: Number
    draws: Count
    below: Number


class Shares(_Strict):
    overall: Share
    error: Number
    below: Number
    accounts: dict[Name, Survived]


class AccountsFile(_Strict):
    accept: Name
    worst_breach: Number
    share_survived: Shares
    blocks: Count
    mixing: dict[Name, dict[Name, Number | None]]


class Feasible(_Strict):
    value: Share
    below: Number
    draws: Count
    of: Name


class ManifestFile(_Strict):
    """manifest.json; what it shares with the plan must be the same there."""

    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True)

    format: Literal[1]
    scenario: Name
    path: Place
    digest: Hash
    as_of: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    futures: Count
    seed: Annotated[int, Field(ge=0, lt=2**64)]
    case: CaseFile
    identity: Hash
    width: Width
    bytes_a_future: Annotated[int, Field(ge=1, le=A_FUTURE)]
    versions: Annotated[dict[Name, Name], Field(max_length=100)]
    caution: Text
    drawn_from: Literal["kept", "made", "given", "none", "lacking", ""] = ""
    accounts: AccountsFile | None = None
    share_feasible: Feasible | None = None
    frame: Hash
    futures_not_finite: Count
    residual: Number
    seconds: Number
    seconds_of_workers: Number = 0.0


class RecordFile(_Strict):
    """chunks/N.json."""

    identity: Hash
    first: Count
    count: Count
    seconds: Number
    residual: Number
    lost: Count
    files: Annotated[dict[Name, tuple[Count, Hash]], Field(max_length=100_000)]


class Array(NamedTuple):
    """One outcome as its metadata say: shape with futures first, names of its dims, bytes of a
    number; or the labels of a dim, with the bytes of a label."""

    shape: tuple[int, ...]
    dims: tuple[str, ...]
    item: int

    @property
    def each(self) -> int:
        """Bytes of a future."""
        return self.item * _product(self.shape[1:])

    def file(self, name: str, chunk: int) -> str:
        """The file of one chunk."""
        return f"{name}/{chunk}" + ".0" * (len(self.shape) - 1)


def _product(numbers: Iterable[int]) -> int:
    total = 1
    for one in numbers:
        total *= one
    return total


def refused(path: Path, found: str) -> KautilyaError:
    """A folder that is not what a run is."""
    return KautilyaError(
        str(path),
        found,
        "Nothing of it was opened. Where it came from a "
        "stranger, ask for it anew; else run the scenario again",
    )


def read(path: Path, limit: int = LIMIT) -> bytes | None:
    """The bytes of a plain file within a limit; None where there is none. Follows no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as file:
        said = os.fstat(handle)
        if not stat.S_ISREG(said.st_mode) or said.st_size > limit:
            return None
        try:
            data = file.read(limit + 1)
        except OSError:
            return None
    return data if len(data) <= limit else None


def document(path: Path, limit: int = LIMIT) -> object:
    """A JSON document; None where there is none, or none that may be read."""
    data = read(path, limit)
    if data is None:
        return None
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _against(schema: type[BaseModel], path: Path, said: Any) -> dict[str, Any]:
    """A document as its schema has it; KautilyaError with the first thing that does not fit."""
    if not isinstance(said, dict):
        raise refused(path, "it is no JSON object that can be read")
    try:
        made = schema.model_validate_json(json.dumps(said))
        if made.model_extra:
            _short(made.model_extra)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))[:80]
        raise refused(path, f"{where!r}: {first['msg'][:200]}") from None
    except (ValueError, RecursionError) as error:
        raise refused(path, str(error)[:200]) from None
    return said


def parts(path: Path) -> None:
    """Refuse a run folder that holds a link, a device, a pipe or a socket where a run has
    files; folders of other things beside the run are not looked into."""
    for entry in _plain(path):
        if entry.name in (RECORDS, "query"):
            _files(path / entry.name)
        elif entry.name == VALUES and entry.is_dir():
            for inner in _plain(path / VALUES):
                if inner.is_dir(follow_symlinks=False):
                    _files(path / VALUES / inner.name)


def _plain(path: Path) -> list[os.DirEntry[str]]:
    """The entries of a folder, each a plain file or a folder."""
    try:
        found = list(os.scandir(path))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise refused(path, f"it cannot be read ({error.strerror})") from None
    for entry in found:
        if entry.is_symlink():
            raise refused(path / entry.name, "a link, which no run writes")
        if not (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)):
            if os.path.lexists(entry.path):  # else it has just been put in its place
                raise refused(path / entry.name, "no plain file or folder")
    return found


def _files(path: Path) -> None:
    if not path.is_dir():
        raise refused(path, "a file where a run has a folder")
    for entry in _plain(path):
        if entry.is_dir(follow_symlinks=False):
            raise refused(path / entry.name, "a folder where a run has files")
        most = LIMIT if entry.name[:2] == ".z" or entry.name.endswith(".json") else A_BLOCK
        if entry.stat(follow_symlinks=False).st_size > most + OVERHEAD:
            raise refused(path / entry.name, "larger than any file of a run")


def plan(path: Path) -> PlanDocument | None:
    """What plan.json says; None where there is none. KautilyaError for one that no run wrote."""
    file = path / PLAN
    if not os.path.lexists(file):
        return None
    return cast(PlanDocument, _against(PlanFile, file, document(file)))


def manifest(path: Path, said: PlanDocument) -> Manifest:
    """What manifest.json says, in keeping with the plan."""
    file = path / MANIFEST
    found, asked = _against(ManifestFile, file, document(file)), dict(said)
    for key in ManifestFile.model_fields.keys() & PlanFile.model_fields.keys():
        if found[key] != asked[key]:
            raise refused(file, f"{key!r} is not that of the plan")
    return cast(Manifest, found)


def frame(path: Path, said: PlanDocument) -> dict[str, Array]:
    """The outcomes of a run by name. KautilyaError where the metadata of outcomes.zarr are not
    those that a run of this plan has, to the last key."""
    root = path / VALUES
    meta = document(root / ".zmetadata")
    wrong = refused(root, "its .zmetadata is damaged, or no run wrote it")
    if not (
        isinstance(meta, dict)
        and meta.keys() == {"metadata", "zarr_consolidated_format"}
        and meta["zarr_consolidated_format"] == 1
        and isinstance(meta["metadata"], dict)
    ):
        raise wrong
    named = dict(meta["metadata"])
    if any(
        document(root / key) != one
        for key, one in named.items()
        if key[:1] == "." or re.fullmatch(r"[\w-]{1,100}/\.z(array|attrs)", key, re.ASCII)
    ):
        raise refused(root, "its metadata are not those of .zmetadata")
    if named.pop(".zgroup", None) != {"zarr_format": 2} or named.pop(".zattrs", {}) != {}:
        raise wrong
    names = {key.rpartition("/")[0] for key in named}
    if named.keys() != {f"{name}/{key}" for name in names for key in (".zarray", ".zattrs")}:
        raise wrong
    values: dict[str, Array] = {}
    labels: dict[str, Array] = {}
    for name in sorted(names):
        array = _array(root / name, named[f"{name}/.zarray"], named[f"{name}/.zattrs"], said)
        (values if array.dims[0] == "future" else labels)[name] = array
    _fits(root, values, labels, said)
    return values


def _array(path: Path, array: object, attributes: object, said: PlanDocument) -> Array:
    """One array; every key of its metadata is one that we write, with what we write there."""
    wrong = refused(path, "its shape, type or codec is none that a run writes")
    if not re.fullmatch(r"[\w-]{1,100}", path.name, re.ASCII) or not isinstance(array, dict):
        raise wrong
    shape, kind, dims = array.get("shape"), str(array.get("dtype")), _dims(path, attributes)
    if not (
        isinstance(shape, list)
        and len(shape) == len(dims) <= 12
        and all(type(n) is int and 0 <= n <= FUTURES for n in shape)
        and _product(shape[1:]) <= CELLS
    ):
        raise wrong
    text = re.fullmatch(r"<U([1-9][0-9]{0,2})", kind, re.ASCII)
    if (kind == "<f4") != (dims[0] == "future") or not (text or kind == "<f4"):
        raise wrong
    first = shape[0] if text else min(said["width"], shape[0])
    due = {
        "shape": shape,
        "dtype": kind,
        "chunks": [max(n, 1) for n in (first, *shape[1:])],
        "filters": None,
        "order": "C",
        "zarr_format": 2,
    }
    rest = {key: value for key, value in array.items() if key not in due}
    if (
        any(array.get(key, "") != value for key, value in due.items())
        or not _blosc(rest.pop("compressor", None))
        or rest.pop("dimension_separator", ".") != "."
        or rest.pop("fill_value", "") not in ("NaN", "", None)
        or rest
    ):
        raise wrong
    return Array(tuple(shape), dims, 4 * int(text[1]) if text else 4)


def _blosc(codec: Any) -> bool:
    """Whether a codec is the one that packs our values: nothing that runs code, or reads more."""
    return (
        isinstance(codec, dict)
        and codec.get("id") == "blosc"
        and codec.get("cname") == "lz4"
        and codec.keys() <= {"id", "cname", "clevel", "shuffle", "blocksize"}
        and all(
            type(codec.get(key, 0)) is int and 0 <= codec.get(key, 0) <= 9
            for key in ("clevel", "shuffle", "blocksize")
        )
    )


def _dims(path: Path, attributes: Any) -> tuple[str, ...]:
    """The dims of an array; beside them its attributes are texts, by names that we know."""
    if isinstance(attributes, dict):
        dims = attributes.get("_ARRAY_DIMENSIONS")
        texts = {key: value for key, value in attributes.items() if key != "_ARRAY_DIMENSIONS"}
        if (
            isinstance(dims, list)
            and all(isinstance(dim, str) for dim in dims)
            and texts.keys() <= TEXTS
            and len(set(dims)) == len(dims)
            and dims
            and all(isinstance(text, str) and len(text) <= 4000 for text in texts.values())
        ):
            return tuple(dims)
    raise refused(path, "its attributes are none that a run writes")


def _fits(
    root: Path, values: Mapping[str, Array], labels: Mapping[str, Array], said: PlanDocument
) -> None:
    """Shapes against the plan, dims against labels, files against both."""
    for name, one in values.items():
        if (
            one.shape[0] != said["futures"]
            or one.dims[0] != "future"
            or len(one.dims) < 2
            or any(
                dim not in labels or labels[dim].shape != (n,)
                for dim, n in zip(one.dims[1:], one.shape[1:], strict=True)
            )
            or one.each * min(said["width"], one.shape[0]) > A_BLOCK
        ):
            raise refused(root / name, "its shape does not fit the plan or the labels")
    for name, one in labels.items():
        if len(one.shape) != 1 or one.dims != (name,):
            raise refused(root / name, "labels that are none of a dim")
    if not values or sum(one.each for one in values.values()) != said["bytes_a_future"]:
        raise refused(root, "its outcomes are not as many bytes as plan.json says")
    for name, one in labels.items():
        size = one.item * one.shape[0]
        if size > LIMIT or not block(read(root / name / "0", size + OVERHEAD) or b"", size):
            raise refused(root / name, "its labels are damaged")
    strange = [
        entry.name
        for entry in _plain(root)
        if not MIXED.fullmatch(entry.name)
        and entry.name not in {*values, *labels, ".zgroup", ".zattrs", ".zmetadata"}
    ]
    if strange:
        raise refused(root / strange[0], "a file or folder that no run writes")


def record(
    path: Path, said: PlanDocument, arrays: Mapping[str, Array], first: int
) -> Record | None:
    """The record of the chunk that begins with a future; None for one that is damaged, or names
    other files than that chunk has."""
    file = path / RECORDS / f"{first:012d}.json"
    try:
        found = cast(Record, _against(RecordFile, file, document(file)))
    except KautilyaError:
        return None
    count = min(said["width"], said["futures"] - first)
    due = {one.file(name, first // said["width"]) for name, one in arrays.items()}
    fits = (found["identity"], found["first"], found["count"]) == (said["identity"], first, count)
    return found if fits and found["files"].keys() == due and found["lost"] <= count else None


def block(data: bytes, size: int) -> bool:
    """Whether a Blosc block says that it is as long as it is, and unpacks to `size` bytes."""
    if len(data) < 16 or len(data) > size + OVERHEAD:
        return False
    unpacked, packed = (int.from_bytes(data[at : at + 4], "little") for at in (4, 12))
    return unpacked == size and packed == len(data)


def firsts(path: Path, said: PlanDocument) -> list[int]:
    """First futures of the chunks of which there is a record; as many as there are files, not as
    many as the plan promises."""
    try:
        names = [entry.name for entry in os.scandir(path / RECORDS)]
    except OSError:
        return []
    found = {int(name[:12]) for name in names if re.fullmatch(r"[0-9]{12}\.json", name, re.ASCII)}
    return sorted(one for one in found if one % said["width"] == 0 and one < said["futures"])
