"""SQL over a run: the same numbers as the arrays, and no way out of the run."""

from __future__ import annotations

import json
import resource
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth
from support.runs_case import FUTURES, kautilya

from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import load_run
from kautilya.runs.manifest import runs
from kautilya.runs.query import query, tables
from kautilya.runs.sandbox import locked


@truth(
    "other-program",
    source="numpy on the same run",
    kills="labels of a table out of step with its values; a chunk that is left out",
)
def test_tables_hold_the_arrays(whole: Path):
    """Means and extreme futures by month and side, and a join of two outcomes."""
    data = load_run(whole).data["line"]
    found = query(
        whole,
        "select month, belligerent, equipment, avg(value), count(*), "
        "arg_max(future, value) from line group by all",
    )
    assert len(found.rows) == 24 * 2 * 2 and not found.more
    for month, side, good, mean, count, future in found.rows:
        cell = data.sel(month=month, belligerent=side, equipment=good).values
        assert count == FUTURES and cell[future] == cell.max()
        assert mean == pytest.approx(cell.mean(dtype=float), rel=1e-9)
    joined = query(
        whole,
        "select count(*) from line join shells using (future, month, belligerent)"
        " where future in (0, 1023, 1024, 19999)",
    )
    assert joined.rows == [(4 * 24 * 2 * 2,)]


@truth("other-program", source="numpy on the same run", kills="quantiles of a sample, or of blocks")
def test_summary_is_exact(whole: Path):
    """The stored summary against numpy over all futures."""
    data = load_run(whole).data["lost"].sel(year="2023", belligerent="AAA", equipment="tank")
    (row,) = (
        query(
            whole,
            "select q05, q50, q95, mean from summary where outcome = 'lost' and "
            "time = '2023' and labels = 'AAA/tank'",
        ).rows
        if (whole / "summary.parquet").exists()
        else [made(whole)]
    )
    x = data.values.astype(float)
    assert row[:3] == pytest.approx(tuple(np.quantile(x, (0.05, 0.5, 0.95))), rel=1e-6)
    assert row[3] == pytest.approx(x.mean(), rel=1e-9)


def made(whole: Path) -> tuple[float, ...]:
    """The same from the function that writes the summary, read in boxes of a few cells."""
    from kautilya.runs import summary

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(summary, "COLUMNS", 3 * FUTURES * 4)
        frame = summary.table(load_run(whole).data[["lost"]])
    row = frame[(frame.time == "2023") & (frame.labels == "AAA/tank")].iloc[0]
    return tuple(row[["q05", "q50", "q95", "mean"]].astype(float))


REFUSED = [
    "copy shells to '{out}'",
    "copy (select 1) to '{out}'",
    "attach '{out}' as other",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "create table mine as select 1",
    "drop view shells",
    "select 1; drop view shells",
    "export database '{out}'",
    "call pragma_version()",
    "explain analyze select 1",
    "",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from '{other}'",
    "select * from read_parquet('{other}')",
    "select * from glob('/etc/*')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from read_parquet('https://example.org/x.parquet')",
    "select * from duckdb_secrets()",
    "select * from whole",
    "select * from shels",
]


@pytest.mark.parametrize("sql", REFUSED)
@truth("order", source="read only", kills="a query that reads or writes another file")
def test_a_query_stays_inside_the_run(whole: Path, tmp_path: Path, sql: str):
    other = tmp_path / "other.parquet"
    if not other.exists() and "{other}" in sql:
        shutil.copy(tables(load_run(whole), "lost", tmp_path)["lost"][0], other)
    with pytest.raises(KautilyaError) as caught:
        query(whole, sql.format(out=tmp_path / "out.csv", other=other))
    assert caught.value.place == "query" and caught.value.remedy
    assert not (tmp_path / "out.csv").exists()


@truth(
    "order",
    source="read only",
    kills="one wall where two were meant: the lock holds without the check of statements",
)
def test_the_connection_itself_is_locked(whole: Path, tmp_path: Path):
    import duckdb

    run = load_run(whole)
    place = tmp_path / "tables"
    place.mkdir()
    files = tables(run, "lost", place)
    with locked(files) as connection:
        for sql in (
            f"copy lost to '{tmp_path / 'x.csv'}'",
            f"attach '{tmp_path / 'x.db'}'",
            "set allowed_paths = ['/etc/passwd']",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(sql)
    assert list(tmp_path.iterdir()) == [place]


LARGE = {
    "one value": "select length(repeat('x', 2000000000))",
    "many values": "select repeat('x', 50000000) from range(200)",
    "many rows": "select * from range(30000000)",
    "in one list": "select list(i) from range(200000000) t(i)",
    "without an end": "with recursive t as (select 1 as x union all select x + 1 from t) "
    "select count(*) from t",
    "a product": "select count(*) from range(10000000) a, range(10000000) b where hash(a, b) = 1",
}


@pytest.mark.parametrize("sql", LARGE.values(), ids=LARGE)
@truth(
    "invariant",
    source="runs/sandbox.py",
    kills="memory and time that only the engine keeps; "
    "an answer that fills the memory of who asked",
)
def test_a_query_keeps_its_memory_and_time(whole: Path, sql: str):
    """Less than 1.5 GB in any process, and no more than five seconds over its time."""
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(KautilyaError, match="memory|Memory|more than 4 s|larger than") as caught:
        query(whole, sql, seconds=4, rows=10_000_000)
    assert caught.value.remedy and time.monotonic() - begun < 9 + 4
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        assert resource.getrusage(who).ru_maxrss < max(1_500_000, before + 500_000)


@pytest.mark.parametrize(
    "how",
    [
        {"seconds": float("inf")},
        {"seconds": float("nan")},
        {"seconds": 1e10},
        {"seconds": -1.0},
        {"seconds": 0.0},
        {"rows": 10**20},
        {"rows": 0},
        {"rows": -1},
        {"sql": "select '\udcff'"},
        {"sql": "select " + "1," * 60_000 + "1"},
    ],
    ids=str,
)
@truth(
    "order",
    source="bad input",
    kills="a traceback of the timer or the engine for a number "
    "that it cannot take; no limit at all for an infinite one",
)
def test_what_no_query_can_have(whole: Path, how: dict):
    with pytest.raises(KautilyaError):
        query(whole, **{"sql": "select 1", **how})


@truth("order", source="docs/json.md", kills="a value that JSON does not have, told as a traceback")
def test_values_of_every_kind(whole: Path):
    """Dates, maps with keys of dates, blobs, decimals, huge numbers, what is not finite."""
    sql = (
        "select map {date '2020-01-02': 1} as a, date '2020-01-02' as b, 1.50::decimal(9, 2) as "
        "c, 2::hugeint ** 100 as d, 'x'::blob as e, [1, null] as f, {'k': 'v'} as g, "
        "'nan'::double as h, interval 1 day as i, uuid() as j, true as k, chr(0) as l"
    )
    found = query(whole, sql).rows[0]
    assert found[:3] == ({"2020-01-02": 1}, "2020-01-02", "1.50")
    assert found[5:7] == ([1, None], {"k": "v"}) and found[10] is True
    said = kautilya("query", str(whole), sql, "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout, parse_constant=pytest.fail)["rows"][0][0] == {"2020-01-02": 1}
    assert kautilya("query", str(whole), sql).returncode == 0


@truth("order", source="docs/json.md", kills="a key of the JSON renamed; a query without an end")
def test_the_command(whole: Path):
    said = json.loads(
        kautilya("query", str(whole), "select future from lost", "--rows", "3", "--json").stdout
    )
    assert said == {"columns": ["future"], "rows": [[0], [0], [0]], "more": True}
    said = kautilya("query", str(whole), "select 1/0 as much, 0/0 as none", "--json").stdout
    assert json.loads(said, parse_constant=pytest.fail)["rows"] == [[None, None]]
    with pytest.raises(KautilyaError, match="more than 1 s"):
        query(
            whole, "select sum(a.value * b.value * c.value) from lost a, lost b, lost c", seconds=1
        )


@truth("symmetry", source="the command line", kills="a door that gives another answer")
def test_the_door_for_python(whole: Path, starter: Path, tmp_path: Path):
    """kt.run, kt.resume, kt.query: one worker and named outcomes, the same numbers as the rest."""
    import kautilya as kt

    data = kt.run(str(starter), FUTURES // 20, 3, out=tmp_path / "run", keep="shells", workers=1)
    assert list(data.data_vars) == ["shells"]
    first = load_run(whole).data["shells"].values[: FUTURES // 20]
    assert np.allclose(data["shells"].values, first, rtol=1e-6)
    assert kt.resume(tmp_path / "run").equals(data)
    frame = kt.query(tmp_path / "run", "select max(value) as most from shells")
    assert frame.most[0] == data["shells"].values.max()


@truth("order", source="docs/json.md", kills="a stopped run that is listed as finished")
def test_runs_are_listed(whole: Path, tmp_path: Path):
    shutil.copytree(
        whole,
        tmp_path / "a" / "stopped",
        ignore=shutil.ignore_patterns("manifest.json", "000000001024.json"),
    )
    shutil.copytree(whole, tmp_path / "finished")
    found = {Path(one["folder"]).name: one for one in runs(tmp_path)}
    assert found.keys() == {"stopped", "finished"}
    assert (found["stopped"]["state"], found["stopped"]["chunks_done"]) == ("stopped", 19)
    assert (found["finished"]["state"], found["finished"]["chunks"]) == ("finished", 20)
    assert found["finished"]["futures"] == FUTURES and found["finished"]["bytes"] > 5_000_000
    with pytest.raises(KautilyaError, match="no such folder"):
        runs(tmp_path / "none")
