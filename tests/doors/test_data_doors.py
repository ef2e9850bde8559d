"""Files given with --data: what is broken ends with a name, a place and a remedy, and no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from support.conventions import truth
from typer.testing import CliRunner

from kautilya.cli.main import app
from kautilya.errors import KautilyaError
from kautilya.estimation import ballots, diversion, outside
from kautilya.estimation.suppliers import panel

READERS: dict[str, Callable] = {
    "suppliers": panel.load,
    "trade": diversion.read,
    "votes": ballots.read_votes,
    "vetoes": ballots.read_vetoes,
}
BYTES = {
    "empty.csv": b"",
    "bytes.csv": bytes(range(256)),
    "latin.csv": "année,\xe9\n".encode("latin-1"),
    "empty.parquet": b"",
    "text.parquet": b"s,r\n1,2\n",
}
EXPORTS = {
    "reporter": "EU",
    "partner": "AM",
    "month": "2021-01",
    "value": "1",
    "product": "TOTAL",
    "flow": "EXPORT",
}
POINTS = {"ccode": "2", "year": "2000", "idealpointall": "0.5"}
TIES = {**dict.fromkeys(panel.COLUMNS, "0"), "s": "2", "r": "365", "year": "2000"}


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("reader", READERS)
@truth("invariant", source="errors at the door", kills="a stack trace of the reader of files")
def test_files_that_are_none(reader: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BYTES[name])
    with pytest.raises(KautilyaError, match=f"{name}.*(CSV|Parquet)"):
        READERS[reader](tmp_path / name)


@pytest.mark.parametrize(
    ("reader", "good", "column", "cell", "said"),
    [
        ("suppliers", TIES, "year", "soon", "column year, row 2: 'soon'. Give a whole"),
        ("suppliers", TIES, "year", "2000.5", "column year, row 2"),
        ("suppliers", TIES, "y", "7", "column y, row 2: '7'. Give 1"),
        ("suppliers", TIES, "lx", "big", "column lx, row 2: 'big'. Give a number"),
        ("suppliers", TIES, "lx", "inf", "column lx, row 2"),
        ("trade", EXPORTS, "value", "lots", "column value, row 2: 'lots'"),
        ("trade", EXPORTS, "month", "soon", "month that is none"),
        ("votes", POINTS, "ccode", "US", "column ccode, row 2: 'US'"),
        ("votes", POINTS, "year", "", "column year, row 2"),
    ],
)
@truth("invariant", source="errors at the door", kills="a wrong cell that is read as missing")
def test_cells_of_the_wrong_type(
    reader: str, good: dict, column: str, cell: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    pd.DataFrame([good, {**good, column: cell}]).to_csv(path, index=False)
    with pytest.raises(KautilyaError, match="data.csv") as caught:
        READERS[reader](path)
    assert said in str(caught.value)


@truth("invariant", source="the contract of the command", kills="a trace printed by the command")
def test_the_command_ends_with_two(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("losses", "suppliers", "trade", "votes"):
        shown = CliRunner().invoke(app, ["backtest", name, "--data", str(tmp_path / "empty.csv")])
        assert shown.exit_code == 2 and "Traceback" not in shown.output, name


@truth("invariant", source="the contract of the command", kills="a trace where no year is left")
@pytest.mark.parametrize("years", [[], [2000], [1960, 1961, 1962, 1963, 1964]])
def test_too_few_sessions_are_named(years: list[int], tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    pd.DataFrame([{**POINTS, "year": t} for t in years], columns=list(POINTS)).to_csv(
        path, index=False
    )
    shown = CliRunner().invoke(app, ["backtest", "votes", "--data", str(path), "--quick"])
    assert shown.exit_code == 2 and "sessions" in shown.output


@truth(
    "closed-form",
    source="a file as spreadsheets write it",
    kills="a byte-order mark that becomes part of the first column's name",
)
def test_a_mark_at_the_start_is_no_part_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfx,y\n1,\n")
    found = outside.numbers(outside.table(tmp_path / "a.csv"), "a.csv", ("x", "y"), ("x",))
    assert found["x"].tolist() == [1] and found["y"].isna().all()


@truth("invariant", source="the contract of the command", kills="rows that count twice unsaid")
def test_doubled_rows_of_other_tables(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    pd.DataFrame([EXPORTS, EXPORTS]).to_csv(path, index=False)
    with pytest.raises(KautilyaError, match="1 of 2 rows repeat a reporter, partner and month"):
        diversion.read(path)
    cast = {"year": 2000, "member_veto1": "USA", "member_veto2": None, "member_veto3": None}
    pd.DataFrame([cast, {**cast, "member_veto1": "Germany"}]).to_csv(path, index=False)
    with pytest.raises(KautilyaError, match="'Germany'. Permanent members are USA"):
        ballots.read_vetoes(path)


@truth("symmetry", source="one table, other separators", kills="a separator that hides columns")
@pytest.mark.parametrize("sep", [";", "\t"])
def test_separators(sep: str, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    frame = pd.DataFrame([{**POINTS, "year": t} for t in range(1990, 1995)])
    frame.to_csv(path, index=False)
    want = ballots.read_votes(path)
    frame.to_csv(path, index=False, sep=sep)
    pd.testing.assert_frame_equal(ballots.read_votes(path), want)


@truth("invariant", source="the contract of the command", kills="a file that hangs the reader")
def test_what_is_no_file(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("losses", "suppliers", "trade", "votes"):
        shown = CliRunner().invoke(app, ["backtest", name, "--data", str(tmp_path / "pipe.csv")])
        assert shown.exit_code == 2 and "Traceback" not in shown.output, name


@truth(
    "invariant",
    source="the README names this command",
    kills="an absent file of which nobody learns where it comes from",
)
def test_an_absent_file_says_where_it_comes_from(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("KAUTILYA_SHARED", str(tmp_path))
    said = {
        "losses": "PetroIvaniuk",
        "suppliers": "sipri.org",
        "trade": "Eurostat",
        "votes": "10.7910/DVN/LEJUQZ",
    }
    for name, origin in said.items():
        shown = CliRunner().invoke(app, ["backtest", name])
        flat = " ".join(shown.output.split())
        assert shown.exit_code == 2 and origin in flat and "KAUTILYA_SHARED" in flat, name
        assert str(tmp_path) in "".join(shown.output.split()), name
