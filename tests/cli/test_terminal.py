"""Tables for the width at hand: no column without width, no letter a line, nothing too wide."""

from __future__ import annotations

import io
import os
import sys

import pytest
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from support.conventions import truth

from kautilya.cli.catalogue import _noted
from kautilya.cli.door import refuse
from kautilya.cli.options import count
from kautilya.cli.terminal import Column, Table, folded, room, screen, show, widths
from kautilya.scenario.mistakes import Mistake

WIDE = Table(
    "A title that is longer than the narrow table which stands under it, for sure",
    [Column("side"), Column("what"), Column("share", True), Column("quantity", True)],
    [
        [
            "Russia",
            "under one month of planned use, rounds for tube artillery",
            "25 % ± 11, unlikely",
            "314,000 (206,000 to 575,000)",
        ]
    ]
    * 3,
)


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120, 200])
@truth("invariant", source="house rules", kills="a column of no width; a word cut to letters")
def test_tables_fit_and_can_be_read(capsys, monkeypatch, columns: int):
    monkeypatch.setenv("COLUMNS", str(columns))
    show([WIDE, "x" * 300])
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= columns
    assert "Russia" in said and said.count("314,000") == 3
    given = widths(WIDE, columns)
    assert given is None or min(given) >= 5


SIDES = Table(
    "What the figures imply together",
    [
        Column("account"),
        Column("figures"),
        *(Column(t, True) for t in ("at first", "lost", "left")),
    ],
    [
        ["Russian infantry vehicles [ifv]", "fit", "11,800", "16,736 (lost)", "5,900 to 10,460"],
        ["Russian tanks [tank]", "clash", "2,840 to 3,417", "3,029 to 5,622 (lost)", "0 to 4,010"],
    ],
)


@truth("required", source="80 columns", kills="a table that falls into paragraphs for want of room")
def test_a_table_of_few_lines_stays_a_table(capsys, monkeypatch):
    """What fits with three lines a row is a table; what would be taller becomes records."""
    monkeypatch.setenv("COLUMNS", "66")
    show([SIDES])
    said = capsys.readouterr().out
    assert "┃" in said and said.count("\n") <= 11 and max(map(len, said.splitlines())) <= 66
    assert "at first:" not in said
    tall = SIDES._replace(rows=[[30 * "long words ", *SIDES.rows[0][1:]], SIDES.rows[1]])
    assert widths(tall, 66) is None


@truth("required", source="80 columns", kills="an error that a terminal breaks within a word")
def test_an_error_is_folded_on_a_terminal_alone(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    line = (
        "here: there is no such thing. Give one of them, or /a/path-that-is-long/enough/to/stay.csv"
    )
    refuse({}, line, False)
    assert capsys.readouterr().err == f"kautilya: {line}\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    refuse({}, line, False)
    told = capsys.readouterr().err.splitlines()
    assert " ".join(told) == f"kautilya: {line}" and len(told) > 2
    assert all(len(one) <= 40 for one in told[:-1]) and told[-1].startswith("/a/path-that-is-long")


@truth("closed-form", source="counted by hand", kills="10k read as 10; a fraction that is cut")
def test_counts_as_people_write_them():
    assert [count(x) for x in ("10k", "1e4", "10,000", "1.5k", 7)] == [10_000] * 3 + [1500, 7]
    for wrong in ("0", "-3", "1.5", "ten", "1e400", ""):
        with pytest.raises(typer.BadParameter):
            count(wrong)


@pytest.mark.parametrize("given", ["9" * 5000, "0", "000", "²", "-7", "wide", ""])
@truth("order", kills="an internal error for a width that is none; lines of a million columns")
def test_a_width_that_is_none_is_not_heeded(capsys, monkeypatch, given: str):
    for name in ("COLUMNS", "LINES"):
        monkeypatch.setenv(name, given)
    show([WIDE])
    told = capsys.readouterr().out
    assert 80 < max(map(len, told.splitlines())) <= 150 and "Russia" in told
    assert screen(errors=True).width == room(io.StringIO()) == 150
    monkeypatch.setenv("COLUMNS", "0" * 5000 + "60")
    assert room(io.StringIO()) == 60


@pytest.mark.parametrize("columns, width", [(40, 40), (60, 60), (0, 80)])
@truth("required", source="80 columns", kills="the width of another stream; 80 of a dumb terminal")
def test_a_stream_is_as_wide_as_its_own_terminal(monkeypatch, columns: int, width: int):
    """Standard output is a pipe, standard error a terminal of some width, and the reverse."""
    termios = pytest.importorskip("termios")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("COLUMNS", raising=False)
    above, below = os.openpty()
    termios.tcsetwinsize(below, (25, columns))
    with open(below, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", io.StringIO())
        monkeypatch.setattr(sys, "stderr", terminal)
        assert (screen().width, screen(errors=True).width) == (150, width)
        refuse({}, "here: " + 30 * "nothing ", False)
        told = os.read(above, 4096).decode().splitlines()
        monkeypatch.setattr(sys, "stdout", terminal)
        assert screen().width == width
        monkeypatch.setenv("COLUMNS", "120")
        assert (screen().width, screen(errors=True).width) == (120, 120)
    os.close(above)
    assert width - len("nothing ") < max(map(len, told)) <= width


TEXTS = (
    "two lines\nof which the second is longer than the first\n\nand an end",
    "漢字 " * 20,
    "漢字仮名交じり文" * 6 + " and what follows it",
    "a-word-that-is-" + "very-" * 20 + "long and an end",
)


@pytest.mark.parametrize("width", [11, 20, 40])
@truth(
    "other-program", source="Rich breaks the cells", kills="signs counted for columns; lost lines"
)
def test_text_is_folded_by_columns_and_line_by_line(width: int):
    console = Console(width=width)
    for text in TEXTS:
        lines = folded(text, width, broken=True)
        drawn = Text(text, overflow="fold").wrap(console, width)
        assert len(lines) == len(drawn) and max(map(cell_len, lines)) <= width
        whole = folded(text, width)
        assert " ".join(whole).split() == text.split()  # no word is parted
        assert all(cell_len(one) <= width or " " not in one for one in whole)
    assert folded("  kept  in", 40) == ["  kept  in"]


NAMED = Table(
    "Levers",
    [Column("what"), Column("type"), Column("rows", True)],
    [
        ["North Korean arms plants can make twice as much", "north_korean_capacity_doubled", "3"],
        ["a file", "general_staff_claimed_losses_daily_2024_09_to_2025.csv", "12,000"],
    ],
)


@truth("required", source="80 columns", kills="an id or a file name that is broken where it fits")
def test_ids_stay_whole_where_they_fit(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    show([NAMED])
    said = capsys.readouterr().out
    assert "┃" in said and all(row[1] in said for row in NAMED.rows)
    monkeypatch.setenv("COLUMNS", "66")  # not both fit: the longest word is parted
    show([NAMED])
    said = capsys.readouterr().out
    assert "┃" in said and NAMED.rows[1][1] not in said
    assert max(map(len, said.splitlines())) <= 66


@truth("required", source="80 columns", kills="a name broken for want of a column or two")
def test_a_line_that_nearly_fits_is_whole():
    long = "to agree when asked, what it gains would have to be more; " * 3
    states = Table("", [Column("state"), Column("what")], [["North Korea", long], ["Iran", long]])
    for columns in (60, 80, 100):
        assert (widths(states, columns) or [0])[0] == len("North Korea")
    close = Table("", [Column("a"), Column("b")], [["North Korea", "and Belarus"]] * 2)
    assert widths(close, 24) == [11, 10]  # one of both is, where there is no room for two


@truth("required", source="80 columns", kills="a number of a line that is broken within a note")
def test_lines_of_a_note_stay_whole(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lines = [str(n) for n in range(5120, 5160)]
    show(_noted([Mistake("quantities.csv", int(n), "", "not used", "Take it out") for n in lines]))
    said = capsys.readouterr().out
    assert said.count("note:") == 1 and all(f"{n}," in said for n in lines[:-1])
