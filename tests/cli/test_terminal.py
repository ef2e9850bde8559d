"""Tables for the width at hand: no column without width, no letter a line, nothing too wide."""

from __future__ import annotations

import pytest
import typer
from support.conventions import truth

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


@truth("closed-form", source="counted by hand", kills="10k read as 10; a fraction that is cut")
def test_counts_as_people_write_them():
    assert [count(x) for x in ("10k", "1e4", "10,000", "1.5k", 7)] == [10_000] * 3 + [1500, 7]
    for wrong in ("0", "-3", "1.5", "ten", "1e400", ""):
        with pytest.raises(typer.BadParameter):
            count(wrong)
