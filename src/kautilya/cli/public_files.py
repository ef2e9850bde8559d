"""Public files as they are published: `import`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only
from kautilya.cli.options import Json, Out, Replace
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.layouts.layout import Options
    from kautilya.layouts.recognise import Imported


OTHERS = ("files", "into", "out", "layout", "dates", "decimal", "known", "rate", "replace")


def import_(
    context: typer.Context,
    files: Annotated[
        list[Path] | None, typer.Argument(help="CSV or JSON files as they were published")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="folder of your own scenario: put the rows into its tables")
    ] = None,
    out: Out = None,
    layouts: Annotated[
        bool, typer.Option("--list", help="name the layouts that are read, and who publishes them")
    ] = False,
    layout: Annotated[str, typer.Option(help="read the files as this layout")] = "",
    dates: Annotated[
        str, typer.Option(help="dmy or mdy: what stands first where both would fit")
    ] = "",
    decimal: Annotated[
        str, typer.Option(help="the decimal sign, , or ., where the file leaves it open")
    ] = "",
    known: Annotated[
        str, typer.Option(help="day, YYYY-MM-DD, on which the files were published")
    ] = "",
    rate: Annotated[
        list[str] | None,
        typer.Option(help="US dollars for one euro in a year, such as 2025=1.08"),
    ] = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Read public files in their own layouts: losses, launches, aid, arms, deaths, trade.

    Says which layout each file has, what was read, from when to when, and what was dropped.

    Example: kautilya import russia_losses.csv oryx.csv --out imported
    """
    with Door(json) as door:
        if layouts:
            only(context, OTHERS, "where --list names the layouts")
            door.tell(_listed())
            return
        _asked(files, into, out)
        if out is None:
            only(context, ("replace",), "without --out")
        from kautilya.layouts.recognise import read

        options = _options(dates, decimal, known, rate or [])
        found = [read(path, options, layout) for path in files or ()]
        door.tell(_imported(found, into, out, replace))


def _asked(files: list[Path] | None, into: Path | None, out: Path | None) -> None:
    from kautilya.errors import KautilyaError

    if not files:
        raise KautilyaError("FILE", "no file is named", "Give files, or --list for the layouts")
    if into is not None and out is not None:
        raise KautilyaError("--into and --out", "both are given", "Give one of them")
    seen: dict[Path, Path] = {}
    for one in files:
        if seen.setdefault(one.resolve(), one) is not one:
            raise KautilyaError(str(one), "is given twice", "Give each file once")


def _options(dates: str, decimal: str, known: str, rate: list[str]) -> Options:
    from kautilya.layouts.layout import Options

    return Options(
        _one_of("--dates", dates, ("dmy", "mdy")),
        _one_of("--decimal", decimal, (",", ".")),
        _day(known),
        rates(rate),
    )


def _listed() -> Shown:
    from kautilya.layouts.recognise import LAYOUTS

    data = [
        {
            "layout": one.name,
            "says": one.says,
            "published": one.origin.url,
            "licence": one.origin.licence,
            "columns": [sorted(mark) for mark in one.marks],
        }
        for one in LAYOUTS
    ]
    table = Table(
        "Layouts that are read",
        [Column("layout"), Column("what it is"), Column("where"), Column("licence")],
        [[one.name, one.says, one.origin.url, one.origin.licence] for one in LAYOUTS],
    )
    said = f"{len(LAYOUTS)} layouts are read as they are published; the columns tell which it is."
    return Shown({"layouts": data}, [said, table])


def _one_of(place: str, said: str, allowed: tuple[str, ...]) -> str:
    from kautilya.errors import KautilyaError

    if said not in ("", *allowed):
        raise KautilyaError(place, f"{said!r}", f"Give {' or '.join(allowed)}")
    return said


def _day(said: str) -> date | None:
    from kautilya.scenario.check import day_of

    return day_of(said, "--known")


def rates(given: list[str]) -> dict[str, float]:
    """US dollars for one euro by year, as typed."""
    from kautilya.errors import KautilyaError

    out = {}
    for one in given:
        year, _, value = one.partition("=")
        if not one.isascii():
            year = ""  # digits of another script
        try:
            out[year.strip()] = float(value)
        except ValueError:
            value = ""
        if not year.strip().isdigit() or not value or not 0.1 < out[year.strip()] < 10:
            raise KautilyaError("--rate", f"{one!r}", "Give a year and a rate, such as 2025=1.08")
    return out


def _imported(found: list[Imported], into: Path | None, out: Path | None, replace: bool) -> Shown:
    from kautilya.layouts import tidy

    tables: list[Block] = []
    data = []
    for one in found:
        said = _about(one)
        data.append(said)
        rows = [
            [name, str(count), first, last] for name, (count, first, last) in _spans(one).items()
        ]
        columns = [Column("series"), Column("rows", True), Column("from"), Column("to")]
        tables.append(Table(f"{one.path.name}: {one.layout.says}", columns, rows))
        tables += [f"note: {note}" for note in one.reading.notes]
    total = sum(len(one.reading.entries) for one in found)
    last = f"{many(total, 'row')} read from {many(len(found), 'file')}"
    answer: dict[str, object] = {"files": data, "rows": total}
    if into is not None:
        merged = tidy.into(found, into)
        last += f"; {merged.added} added to {into}, {merged.revised} revised"
        tables += [f"note: {note}" for note in merged.notes]
        answer |= {"added": merged.added, "revised": merged.revised, "notes": merged.notes}
    elif out is not None:
        made = tidy.write(found, out, replace)
        last += f"; written to {', '.join(str(path) for path in made.paths)}"
        tables += [f"note: {note}" for note in made.notes]
        answer["written"] = [str(path) for path in made.paths]
    else:
        last += "; nothing is written: give --out FOLDER or --into SCENARIO"
    return Shown(answer, [last + ".", *tables])


def _about(one: Imported) -> dict[str, object]:
    return {
        "file": str(one.path),
        "layout": one.layout.name,
        "confidence": one.confidence,
        "rows_in_file": one.rows,
        "rows_used": one.reading.used,
        "rows_read": len(one.reading.entries),
        "licence": one.layout.origin.licence,
        "may_be_redistributed": bool(one.layout.origin.ground),
        "series": {name: list(span) for name, span in _spans(one).items()},
        "notes": one.reading.notes,
    }


def _spans(one: Imported) -> dict[str, tuple[int, str, str]]:
    """Rows, first and last month by series."""
    out: dict[str, tuple[int, str, str]] = {}
    for row in one.reading.entries:
        count, first, last = out.get(row.series, (0, row.month, row.month))
        out[row.series] = (count + 1, min(first, row.month), max(last, row.month))
    return out


import_.__name__ = "import"  # a word of the language that the command line may use
COMMANDS = (import_,)
