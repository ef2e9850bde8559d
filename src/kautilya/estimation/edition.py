"""A later edition of a scenario: the base, and a patch made of public files and of rows typed in.

Rows of public files go in through the layouts. Months that the base does not have are added; months
that it has keep what stands there, and how far the file differs is told. A total that a file counts
from its own first day is carried on from the last total of the base. The profile of the fighting and
the months in which the war goes on are carried on with the losses that are seen. What was known only
after the day is left out, and so is every row that may not be passed on.

Tables of the scenario's own format in a folder (figures.csv, events.csv, accounts.toml ...) are
typed rows: they join the patch as they are. At last the posterior of the new day is learned.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.estimation import motion, watched
from kautilya.layouts import recognise, tidy
from kautilya.layouts.layout import Options, end_of, told
from kautilya.mechanisms import registry
from kautilya.scenario import calendar
from kautilya.scenario.draft import hidden
from kautilya.scenario.library import SHIPPED
from kautilya.scenario.mistakes import Mistake, ScenarioErrors
from kautilya.scenario.patch import CLAIMS, TOML, base_of, data_of, merged, readable, toml_of
from kautilya.scenario.reading import contents
from kautilya.scenario.scenario import ASSUMED, Scenario
from kautilya.scenario.schema import TABLES, SeriesRow, columns
from kautilya.wording import many


def _record_of(variable: str) -> str:
    """The first series of the law that writes a variable, as a row of series.csv names it."""
    law = next(
        law
        for law in registry().values()
        if law.series and any(one.name == variable for one in law.writes)
    )
    return f"{law.name}.{law.series[0].name}"


MARK = "made by `kautilya update`"  # in the first line of what is written here
POSTERIOR = "posterior"
RECORD, PROFILE, GOES_ON = map(_record_of, ("published", "tempo", "at_war"))
LEVELLED = 12  # months over which the profile is set to what is seen
OLD = 1.0  # years between a figure and the day from which it is called old
SERIES = list(columns(SeriesRow))
TYPED = (*TABLES, "accounts.toml", CLAIMS, TOML)  # tables of the scenario's own format
KINDS = (".csv", ".json")  # of public files
Row = dict[str, str]
Key = tuple[str, ...]


class Read(NamedTuple):
    """A file that was looked at.

    layout   its layout, or "" with the reason why it was not read in `why`
    rows     that it gave; new: that the edition takes; local: that may not be passed on
    """

    file: str
    layout: str
    rows: int
    new: int
    local: int
    why: str


class Edition(NamedTuple):
    """What was made: the folder, the files that went in, commands for what stays local, notes."""

    folder: Path
    files: list[Read]
    local: list[str]
    notes: list[str]


class Ask(NamedTuple):
    """What is asked beside base, day and folders.

    options   what public files leave open; draws: of the posterior, 0 = none
    """

    options: Options = Options()
    draws: int = 512
    seed: int = 0
    replace: bool = False


def update(base: str, day: date, places: Sequence[Path], out: Path, ask: Ask) -> Edition:
    """Write the folder of a later edition and learn its posterior.

    Raises KautilyaError where there is no base, the day is not later, the folder is not free, a file
    lacks what its layout needs, or the edition has mistakes.
    """
    old = scenarios.load(base)
    _asked(old, day, places, out, ask.replace)
    own = _own(places)
    found, files = _public(old, day, places, ask.options)
    patch = _Patch(old, day)
    files += [patch.take(one) for one in found]
    rows = [*patch.rows, *_recorded(old, day, places, patch.notes)]
    rows += _carried(old, rows)
    with _in_place(out) as folder:
        _write(folder, out.name, old, day, own, (rows, patch.sources))
        made = _checked(folder, out)
        if ask.draws and motion.LAW in made.head.laws:
            motion.write(folder / POSTERIOR, made, motion.known(made), (ask.draws, ask.seed))
    local = [
        f"kautilya import {one.path} --layout {one.layout.name} --into {out}"
        for one in found
        if not one.layout.origin.ground
    ]
    return Edition(out, files, local, patch.notes)


def _asked(old: Scenario, day: date, places: Sequence[Path], out: Path, replace: bool) -> None:
    if day <= old.head.as_of:
        raise KautilyaError("--as-of", f"{day} is not after {old.head.as_of}", "Give a later day")
    for place in places:
        if not place.is_dir():
            raise KautilyaError("--with", f"{place} is no folder", "Give folders of public files")
    base = Path(old.folder).resolve()
    _free(base, out, replace)
    if base.parent not in (SHIPPED, out.resolve().parent):
        raise KautilyaError(
            "--out",
            f"{out} does not lie beside {base.name}",
            "Give a folder beside that of the base",
        )


def _free(base: Path, out: Path, replace: bool) -> None:
    """Refuse what an edition may not be put in the place of: its bases, a link, what is no edition."""
    if out.is_symlink():
        raise KautilyaError("--out", f"{out} is a link", "Give the name of a folder")
    below: object = base
    while isinstance(below, Path):
        if out.resolve() == below.resolve():
            raise KautilyaError("--out", f"{out} is the base of the edition", "Give another name")
        there = below / TOML
        below = base_of(below, {TOML: there.read_bytes()} if there.is_file() else {})
    if not out.exists():
        return
    held = sorted(one.name for one in out.iterdir()) if out.is_dir() else [out.name]
    if not held:
        return
    if TOML in held and not replace:
        raise KautilyaError(str(out), "is there already", "Give --replace or another name")
    ours = {*(name.partition("/")[0] for name in TABLES), "accounts.toml", CLAIMS, TOML, POSTERIOR}
    strange = [name for name in held if name not in ours]
    if not strange and not _marked(out / TOML):
        strange = [TOML] if TOML in held else held
    if strange:
        raise KautilyaError(
            "--out", f"{out} holds {strange[0]} that no update wrote", "Give another name"
        )


def _marked(path: Path) -> bool:
    """Whether a scenario.toml was written here."""
    return path.is_file() and MARK in path.read_bytes().partition(b"\n")[0].decode(errors="replace")


@contextmanager
def _in_place(out: Path) -> Iterator[Path]:
    """A folder beside `out` to write into; in its place at the end, or gone with whatever fails."""
    try:
        disk.folder(out.parent)
        nest = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise disk.refused(out, error) from None
    made, before = nest.with_name(f"{nest.name}{disk.PARTIAL}"), nest / "before"
    try:
        made.mkdir()
        yield made
        if out.exists():
            os.rename(out, before)
        try:
            os.rename(made, out)
        except BaseException:
            if before.exists():
                os.rename(before, out)
            raise
    except OSError as error:
        raise disk.refused(out, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
        shutil.rmtree(nest, ignore_errors=True)


def _checked(folder: Path, out: Path) -> Scenario:
    """What was written, loaded; its mistakes are told by the name that it is to have."""
    try:
        return scenarios.load(folder)
    except ScenarioErrors as error:
        raise ScenarioErrors(str(out), error.mistakes) from None


def _own(places: Iterable[Path]) -> dict[str, bytes]:
    """Typed tables of the scenario's own format, by name. Raises KautilyaError for what lies under
    such a name and cannot be read: left out, it would be missed by nobody."""
    out: dict[str, bytes] = {}
    wrong: list[Mistake] = []
    for place in places:
        for name in TYPED:
            path = place / name
            if os.path.lexists(path):
                if name in out:
                    raise KautilyaError(str(path), "stands in two folders", "Keep one of them")
                data = contents(place, name)
                found = readable(name, data)
                wrong += [] if found is None else [found]
                out[name] = data if isinstance(data, bytes) else b""
    if wrong:
        raise ScenarioErrors(", ".join(map(str, places)), wrong)
    return out


def _public(
    old: Scenario, day: date, places: Iterable[Path], options: Options
) -> tuple[list[recognise.Imported], list[Read]]:
    """Files of a layout that is known, read; and of the others why they were not."""
    found, left = [], []
    record = {name.removesuffix(".csv") for name, _ in watched.FILES.values()}
    for path in _files(places):
        try:
            found.append(recognise.read(path, options))
        except recognise.Unknown as error:
            mine = any(path.stem.startswith(one) for one in record)
            why = "read for the record of observers alone" if mine else error.found
            left.append(Read(path.name, "", 0, 0, 0, why))
    return found, [*left, *_aside(places)]


def _aside(places: Iterable[Path]) -> list[Read]:
    """What lies in the folders and is passed over, with the reason."""
    inner = {name.partition("/")[0] for name in TABLES if "/" in name}
    out = []
    for path in (one for place in places for one in sorted(place.iterdir())):
        if path.name in inner | {POSTERIOR} or hidden(path.name) or path.name in TYPED:
            continue
        if path.is_dir():
            out.append(Read(path.name, "", 0, 0, 0, "a folder is not looked into"))
        elif not path.is_file():
            out.append(Read(path.name, "", 0, 0, 0, "no regular file"))
        elif path.suffix not in KINDS:
            kinds = " or ".join(KINDS)
            out.append(Read(path.name, "", 0, 0, 0, f"its name does not end with {kinds}"))
    return out


def _files(places: Iterable[Path]) -> list[Path]:
    out = []
    for place in places:
        out += [
            path
            for path in sorted(place.iterdir())
            if path.suffix in KINDS and path.is_file()
            if not hidden(path.name) and path.name not in TABLES
        ]
    return out


class _Patch:
    """Rows that the edition takes out of files, one file after another."""

    def __init__(self, old: Scenario, day: date) -> None:
        self.old, self.day = old, day
        self.rows: list[Row] = []
        self.sources: dict[str, Row] = {}
        self.notes: list[str] = []
        self._last: dict[Key, tuple[str, float]] = {}
        self._there: dict[tuple[Key, str], float] = {}
        for row in old.every(SeriesRow):
            self._stands(_key(row.model_dump()), row.month, row.value)

    def _stands(self, key: Key, month: str, value: float) -> None:
        self._there[key, month] = value
        if month >= self._last.get(key, ("", 0.0))[0]:
            self._last[key] = month, value

    def take(self, one: recognise.Imported) -> Read:
        """The rows of a file that are new, known by the day, and may be passed on."""
        origin = one.layout.origin
        rows = [tidy.cells(one, entry) for entry in one.reading.entries]
        mine = [row for row in rows if self._fits(row)]
        late = [row for row in mine if calendar.first_day(row["date"]) > self.day]
        mine = [row for row in mine if row not in late]
        self._tell(one.path.name, rows, mine, late)
        by: dict[Key, list[Row]] = {}
        for row in mine:
            by.setdefault(_key(row), []).append(row)
        new = [row for key, part in by.items() for row in self._after(key, part)]
        if not origin.ground:
            return Read(one.path.name, one.layout.name, len(rows), 0, len(rows), "")
        if new:
            self.sources.setdefault(origin.key, tidy.source(one))
        for row in new:
            self._stands(_key(row), row["month"], float(row["value"]))
        self.rows += new
        return Read(one.path.name, one.layout.name, len(rows), len(new), 0, "")

    def _fits(self, row: Row) -> bool:
        """Whether a row carries on a series that the base has, of the same actor and good."""
        return _key(row) in self._last and tidy.monthly(row)

    def _tell(self, name: str, rows: list[Row], mine: list[Row], late: list[Row]) -> None:
        placed = [*mine, *late]
        strange = [_said(r) for r in rows if r not in placed]
        self.notes += [f"{name}: {note}" for note in told(strange, *tidy.PLACELESS)]
        if late:
            self.notes.append(
                f"{name}: {many(len(late), 'row was', 'rows were')} known only after {self.day}: left out"
            )
        pairs = [(self._there.get((_key(r), r["month"])), float(r["value"])) for r in mine]
        off = [abs(x - y) / max(abs(x), 1.0) for x, y in pairs if x is not None and x != y]
        if off:
            self.notes.append(
                f"{name}: {many(len(off), 'month of the base differs', 'months of the base differ')}, by {100 * max(off):.1f} % at most; "
                "they stay as they stood"
            )

    def _after(self, key: Key, part: list[Row]) -> list[Row]:
        """The months after the last of the base, a total carried on from there."""
        month, value = self._last.get(key, ("", 0.0))
        part = sorted(part, key=lambda row: row["month"])
        at = {row["month"]: float(row["value"]) for row in part}
        shift = 0.0
        if self._total(key[0]) and month:
            if month in at:
                shift = value - at[month]
            elif float(part[0]["value"]) < value:  # counted from the first day of the file
                shift = value
        new = [row for row in part if row["month"] > month]
        return [{**row, "value": f"{float(row['value']) + shift:.10g}"} for row in new]

    def _total(self, series: str) -> bool:
        said = self.old.head.observed.get(series.removeprefix("observed."))
        return said is not None and said.counts == "total"


def _said(row: Mapping[str, str]) -> str:
    """What a row is of, without the signs of tables."""
    return f"{row['series'].partition('.')[2]} {row['good']}".replace("_", " ").strip()


def _key(row: Mapping[str, object]) -> Key:
    return tuple(str(row.get(name, "") or "") for name in ("series", "actor", "partner", "good"))


def _row(like: SeriesRow, month: str, value: float, day: str) -> Row:
    """A row as one of the same series, of another month."""
    said = {name: str(getattr(like, name) or "") for name in SERIES}
    return said | {"month": month, "value": f"{value:.6g}", "date": day}


def _recorded(old: Scenario, day: date, places: Sequence[Path], notes: list[str]) -> list[Row]:
    """What observers published in the months that the base does not have."""
    last: dict[str, SeriesRow] = {}
    for row in old.every(SeriesRow):
        if row.series == RECORD and row.month >= (
            last[row.label].month if row.label in last else ""
        ):
            last[row.label] = row
    if not last:
        return []
    try:
        clean = watched.read(list(places), day).clean
    except KautilyaError as error:
        notes.append(f"the record of observers is not carried on: {error.found}")
        return []
    out = []
    unknown: dict[str, list[str]] = {}
    for label, like in last.items():
        lag = timedelta(days=watched.FILES[watched.group_of(label)][1])
        months = clean[label].dropna()
        for month, value in months[months.index.astype(str) > like.month].items():
            known = month.end_time.date() + lag
            out.append(_row(like, str(month), max(float(value), 0.0), known.isoformat()))
        if not len(months) or str(months.index[-1]) < day.isoformat()[:7]:
            until = str(months.index[-1]) if len(months) else like.month
            unknown.setdefault(max(until, like.month), []).append(watched.says(label))
    notes += [f"unknown after {until}: {'; '.join(said)}" for until, said in unknown.items()]
    return out


def _carried(old: Scenario, rows: Sequence[Row]) -> list[Row]:
    """The profile of the fighting, and the months in which it went on, with the losses seen."""
    profile: dict[str, list[SeriesRow]] = {}
    for row in old.every(SeriesRow):
        if row.series == PROFILE:
            profile.setdefault(row.good, []).append(row)
    out = [one for good, part in profile.items() for one in _profile(old, rows, good, part)]
    goes = [row for row in old.every(SeriesRow) if row.series == GOES_ON]
    months = sorted({row["month"] for row in out})
    return out + [
        _row(goes[-1], month, 1.0, end_of(month).isoformat())
        for month in months
        if goes and month > goes[-1].month
    ]


def _profile(old: Scenario, rows: Sequence[Row], good: str, part: Sequence[SeriesRow]) -> list[Row]:
    """Losses of the months after the profile over their mean, at the level that it has."""
    rises = _rises(old, rows, good)
    index = {row.month: row.value for row in part}
    last = max(index)
    both = [month for month in sorted(index) if month in rises][-LEVELLED:]
    if not both or not sum(rises[month] for month in both):
        return []
    level = sum(index[month] for month in both) / sum(rises[month] for month in both)
    like = max(part, key=lambda row: row.month)
    return [
        _row(like, month, max(level * rises[month], 0.0), end_of(month).isoformat())
        for month in sorted(rises)
        if month > last
    ]


def _rises(old: Scenario, rows: Sequence[Row], good: str) -> dict[str, float]:
    """What was lost in each month: floors of all sides where there are any, else claims."""
    totals: dict[str, dict[Key, dict[str, float]]] = {"floor": {}, "claim": {}}
    both = [*(row.model_dump() for row in old.every(SeriesRow)), *rows]
    for row in both:
        said = old.head.observed.get(str(row["series"]).removeprefix("observed."))
        if said and row["good"] == good and said.counts == "total" and said.kind in totals:
            totals[said.kind].setdefault(_key(row), {})[str(row["month"])] = float(row["value"])
    chosen = totals["floor"] or totals["claim"]
    ordered = sorted(set.intersection(*map(set, chosen.values()))) if chosen else []
    out = {}
    for a, b in pairwise(ordered):
        if calendar.month_number(b) - calendar.month_number(a) == 1:
            out[b] = sum(one[b] - one[a] for one in chosen.values())
    return out


def _write(
    out: Path,
    name: str,
    old: Scenario,
    day: date,
    own: dict[str, bytes],
    public_rows: tuple[list[Row], dict[str, Row]],
) -> None:
    """The files of the patch: typed tables, and the rows of public files beside them, with their
    sources by key."""
    rows, more = public_rows
    given = data_of(own.pop(TOML, None))
    head = {
        "base": Path(old.folder).name,
        "id": name,
        "as_of": day,
        "title": f"{old.head.title}, as known on {day}",
        "keep": [CLAIMS],
        **{key: value for key, value in given.items() if key not in ("base", "id", "as_of")},
    }
    known = {one.key for one in old.sources}
    sources = [row for key, row in more.items() if key not in known]
    public = {
        "series.csv": tidy.text(SERIES, rows),
        "sources.csv": tidy.text(tidy.SOURCES, sources),
    }
    both = merged(out, {**public, CLAIMS: b""}, {**own, TOML: b""})
    files = {name: data for name, data in both.items() if name != TOML and isinstance(data, bytes)}
    note = f"# A later edition of {head['base']}, {MARK}: the base, and what differs.\n"
    disk.folder(out)
    disk.write(out / TOML, (note + toml_of(head)).encode())
    for name, data in files.items():
        disk.folder((out / name).parent)
        disk.write(out / name, data)


class Aged(NamedTuple):
    """A figure that is older than what it drives.

    day     of its publication; until: last month that it drives; years: from the day to that month
    constant   published before the scenario begins: what a study found, or a rule
    """

    id: str
    day: str
    until: str
    years: float
    constant: bool


def aged(scenario: Scenario) -> list[Aged]:
    """Published figures that drive months long after them, the oldest first.

    A figure counts that was published a year or more before the as-of day and, as the last of its
    path or as one for all months, drives the last month of the scenario. Assumed ranges have no age,
    and a month in which something happened does not get older.
    """
    dates = {
        f"{law.name}.{one.name}" for law in registry().values() for one in law.params if one.date
    }
    last: dict[tuple[str, ...], str] = {}
    for row in scenario.quantities:
        place = (row.parameter, row.actor, row.partner, row.good, row.stage, row.label)
        last[place] = max(last.get(place, ""), row.month)
    end = calendar.span(scenario.head.horizon)[1]
    out = []
    for row in scenario.quantities:
        place = (row.parameter, row.actor, row.partner, row.good, row.stage, row.label)
        drives = row.month == last[place] and not row.parameter.startswith("opening.")
        if {row.source, row.status} & {ASSUMED} or row.parameter in dates or not drives:
            continue
        day = calendar.last_day(row.date)
        if (scenario.head.as_of - day).days >= OLD * 365:
            years = (end - day).days / 365.25
            constant = day < calendar.span(scenario.head.start)[0]
            out.append(Aged(row.id, row.date, scenario.head.horizon, round(years, 1), constant))
    return sorted(out, key=lambda one: (one.constant, -one.years, one.id))
