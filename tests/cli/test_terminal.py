"""Tables for the width at hand: no column without width, no letter a line, nothing too wide."""

from __future__ import annotations

import sys

import pytest
import typer
from support.conventions import truth

from kautilya.cli.door import refuse
from kautilya.cli.options import count
from kautilya.cli.terminal import Column, Table, show, widths

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
