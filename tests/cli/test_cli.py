"""The command line as a user types it: exit codes, JSON shapes, one clear line on a mistake."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.conventions import ROOT, truth

from kautilya.study.reasons import ASKING

FLAGSHIP = ROOT / "src" / "kautilya" / "scenarios" / "russia_dprk_2024"
TABLE = """name,low,high,source,identity
opening,9000,10000,ministry,
lost,2500,4000,observer,
closing,8000,9000,counter,
,,,,opening - lost = closing
"""


def kautilya(*args: str) -> subprocess.CompletedProcess:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kautilya", *args],
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    """A stored run of the flagship, 128 futures."""
    folder = tmp_path_factory.mktemp("run") / "flagship"
    done = kautilya("run", "russia_dprk_2024", "--futures", "128", "--out", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return folder


@truth("order", source="help", kills="a heavy import at the top of a command")
def test_help_imports_nothing_heavy():
    """`kautilya --help` loads neither JAX nor pandas nor xarray."""
    code = (
        "import sys; from kautilya.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "bad = {'jax', 'pandas', 'xarray', 'pint', 'altair', 'scipy'} & set(sys.modules)\n"
        "sys.exit(1 if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-300:]
    assert "why" in done.stdout and "audit" in done.stdout


NOISY = """import os, sys
def heard(event, args):
    if event == "import" and args[0] == "highspy":
        os.write(1, b"Running a library in C\\n")
sys.addaudithook(heard)
from kautilya.cli.main import main
sys.argv[0] = "kautilya"
main()
"""


@truth("invariant", source="docs/json.md", kills="a banner of a library in front of the answer")
def test_what_a_library_prints_is_no_part_of_the_answer(tmp_path: Path):
    """As HiGHS 1.16 does, past Python; and the width is that of the terminal all the same."""
    table = tmp_path / "own.csv"
    table.write_text(TABLE)
    done = subprocess.run(
        [sys.executable, "-c", NOISY, "audit", str(table), "--json"], capture_output=True, text=True
    )
    assert done.returncode == 0 and json.loads(done.stdout)["conflicts"]
    assert "library" not in done.stderr


@truth("invariant", source="docs/json.md", kills="a run that leaves one of its files out")
def test_run_writes_what_it_says(stored):
    """Manifest, trajectories, summary and report are there; the accounts add up."""
    for name in ("manifest.json", "outcomes.zarr", "summary.parquet", "report.html"):
        assert (stored / name).exists()
    manifest = json.loads((stored / "manifest.json").read_text())
    assert manifest["futures"] == 128 and manifest["futures_not_finite"] == 0
    assert manifest["residual"] <= 1e-9
    shares = manifest["accounts"]["share_survived"]["accounts"]
    assert 0 <= shares["rus_tank"]["share"] < 0.01


@truth("order", source="docs/json.md", kills="renaming a key of the JSON of `why`")
def test_why_as_json():
    """Candidates carry terms that add up to the utility, and the states the question names."""
    done = kautilya("why", "russia_dprk_2024", "RUS", "shells", "--futures", "128", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    by = {c["supplier"]: c for c in found["candidates"]}
    assert {"PRK", "CHN", "IND", "IRN", "BLR", "KOR"} <= set(by)
    for one in by.values():
        agreeing = [v for t, v in one["terms"].items() if t not in ASKING]
        assert one["utility"] == pytest.approx(sum(agreeing), abs=1e-6)
        assert 0 <= one["probability"] <= 1 and one["badge"] == "emergent"
    assert set(found["rivals"]) == {
        "no_secondary_sanctions",
        "stock_and_calibre_only",
        "no_patron_pressure",
        "no_common_enemy",
        "no_reputation",
        "exposure_alone",
        "plain_refusal",
    }
    assert found["answer"].endswith(".") and len(found["hypotheses"]["PRK"]) == len(found["rivals"])


@truth("invariant", source="paired luck", kills="a lever that is run on another seed")
def test_compare_is_paired_and_by_policy():
    """Without the shells less is fired under either stock policy; what is unrelated stays."""
    done = kautilya(
        "compare",
        "russia_dprk_2024",
        "--levers",
        "no_dprk_shells",
        "--by",
        "stock-policy",
        "--during",
        "2024",
        "--futures",
        "128",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {r["by"] for r in rows} == {"stock-policy = 0", "stock-policy = 1"}
    fired = [r for r in rows if r["outcome"] == "fired RUS/tube_round"]
    assert all(r["change"]["high"] <= 0 for r in fired)
    assert all(r["unchanged"] == 1.0 for r in rows if r["outcome"] == "store tank")


@truth("closed-form", source="interval arithmetic", kills="bounds that ignore an identity")
def test_own_table(tmp_path):
    """Opening 9,000-10,000 less lost 2,500-4,000 leaves 5,000-7,500: closing 8,000 clashes."""
    path = tmp_path / "mine.csv"
    path.write_text(TABLE)
    done = kautilya("audit", str(path), "--json")
    assert done.returncode == 0, done.stderr
    conflicts = json.loads(done.stdout)["conflicts"]
    assert len(conflicts) == 1 and len(conflicts[0]["figures"]) == 3
    path.write_text(TABLE.replace("8000,9000", "7000,9000"))
    found = json.loads(kautilya("audit", str(path), "--json").stdout)
    closing = next(b for b in found["bounds"] if "closing" in b["said"])
    assert closing["implied"] == pytest.approx([7000, 7500])


@truth("order", source="planted inconsistency", kills="a run on figures that clash")
def test_a_planted_clash_refuses_the_run(tmp_path):
    """A counted store of 20,000 tanks in 2024 cannot be: the run names the figures, writes nothing."""
    mine = tmp_path / "planted"
    shutil.copytree(FLAGSHIP, mine)
    text = (mine / "figures.csv").read_text()
    rows = [
        line.replace(",4000,4000,5000,", ",20000,20000,21000,")
        if line.startswith("A007,")
        else line
        for line in text.splitlines()
    ]
    (mine / "figures.csv").write_text("\n".join(rows) + "\n")
    done = kautilya("run", str(mine), "--futures", "16", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "A007" in done.stderr and "cannot all be true" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


MISTAKES = [
    (("run", "russia_dprk_2042"), "no such scenario"),
    (("run", "russia_dprk_2024", "--levers", "no_dprk_shell"), "no_dprk_shells"),
    (("run", "russia_dprk_2024", "--set", "drive=modle"), "model"),
    (("run", "russia_dprk_2024", "--set", "stock-policy"), "="),
    (("run", "russia_dprk_2024", "--accept", "everything"), "profile"),
    (("why", "russia_dprk_2024", "UKR", "shells"), "RUS"),
    (("why", "russia_dprk_2024", "RUS", "shels"), "shells"),
    (("why", "russia_dprk_2024", "RUS", "shells", "--during", "1999"), "2022"),
    (("compare", "russia_dprk_2024", "--levers", "x"), "lever"),
    (("compare", "russia_dprk_2024", "--levers", "aid_stops", "--by", "x"), "stock-policy"),
    (("report", "/nowhere"), "no run"),
    (("export", "/nowhere", "--to", "csv"), "no run"),
    (("audit", "russia_dprk_2024", "--accept", "nobody"), "profile"),
    (("audit", "russia_dprk_2024", "--chart", "x.html"), "--figure"),
    (("audit", "russia_dprk_2024", "--figure", "IISS tank stock"), "A001 (IISS: tank stock"),
    (("sensitivity", "russia_dprk_2024", "--futures", "64"), "It takes --outcome, --method"),
    (("check", "/nowhere"), "no such scenario"),
]


@truth("order", source="bad input", kills="a traceback where a sentence would do")
@pytest.mark.parametrize("args, word", MISTAKES)
def test_mistakes_are_sentences(args, word, tmp_path):
    """Exit code 2, the remedy's word, no traceback, nothing written."""
    out = ("--out", str(tmp_path / "out")) if args[0] == "run" else ()
    done = kautilya(*args, *out)
    assert done.returncode == 2
    assert word in done.stderr + done.stdout and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@truth("order", source="docs/json.md", kills="an export without its date and caution")
def test_export(stored, tmp_path):
    """CSV says what it is from; Parquet and netCDF open again."""
    import pandas as pd
    import xarray as xr

    for to, name in (("csv", "a.csv"), ("parquet", "a.parquet"), ("netcdf", "a.nc")):
        done = kautilya("export", str(stored), "--to", to, "--out", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
    assert "outcome" in pd.read_csv(tmp_path / "a.csv").columns
    beside = (tmp_path / "a.csv-metadata.json").read_text()
    assert '"dc:date": "2024-08-10"' in beside and "Not a forecast" in beside
    assert len(pd.read_parquet(tmp_path / "a.parquet")) > 1000
    with xr.open_dataset(tmp_path / "a.nc") as data:
        assert data.sizes["future"] == 128


@truth("order", source="README", kills="a starter that does not run")
def test_new_check_run(tmp_path):
    """A stranger's own scenario is written, checked and run."""
    assert kautilya("new", "my_case", "--folder", str(tmp_path)).returncode == 0
    assert kautilya("check", str(tmp_path / "my_case")).returncode == 0
    done = kautilya(
        "run", str(tmp_path / "my_case"), "--futures", "64", "--out", str(tmp_path / "out")
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").exists()


@truth("order", source="breadth", kills="a system part without law, outcome or lever")
def test_every_system_part_has_law_outcome_and_lever():
    """S01 to S22 of the flagship: each with a labelled law, an outcome and a lever."""
    parts = json.loads(kautilya("show", "russia_dprk_2024", "--json").stdout)["parts"]
    for number in range(1, 23):
        entry = parts[f"S{number:02d}"]
        assert all(entry[kind] for kind in ("laws", "outcomes", "levers")), number
        assert all("(" in law for law in entry["laws"])


STREAMS = {  # how the command is called, and what it ends with
    "a full disk": ("{command} glossary badge > /dev/full", 2, "No space left"),
    "no standard output": ("{command} glossary badge >&-", 0, ""),
    "no standard error": ("{command} glossary nonsense 2>&-", 2, ""),
    "no input": ("{command} glossary badge <&-", 0, "badge"),
    "a pipe that closes": ("{command} glossary | head -c 1", 0, ""),
    "ASCII": ("PYTHONIOENCODING=ascii {command} glossary \u0434\u0430 2>&1", 2, "no word"),
    "a Windows pipe": (
        "PYTHONIOENCODING=cp1252 {command} glossary \u0434\u0430 2>&1",
        2,
        "no word",
    ),
}


@truth(
    "order",
    source="docs/security.md",
    kills="a traceback, or another code, for a stream that is full",
)
@pytest.mark.parametrize("kind", STREAMS)
def test_streams_that_are_full_closed_or_narrow(kind):
    line, code, said = STREAMS[kind]
    command = f"'{sys.executable}' -m kautilya.cli.main"
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        ["bash", "-c", line.format(command=command)], capture_output=True, text=True, env=env
    )
    assert done.returncode == code, done.stderr
    whole = done.stdout + done.stderr
    assert said in whole and "Traceback" not in whole and "internal error" not in whole


@truth("required", source="two levers, a question in one table",
       kills="levers told one after another, so that a reader has to turn pages to compare them")  # fmt: skip
def test_two_levers_stand_side_by_side():
    from kautilya.cli.questions import changed

    def row(lever: str, outcome: str, change: float) -> dict:
        spread = {"low": change, "median": change, "high": change}
        base = {"low": 50.0, "median": 100.0, "high": 150.0}
        return {"lever": lever, "outcome": outcome, "year": "1945", "baseline": base, "change": spread,
                "change_percent": spread, "unchanged": float(change == 0)}  # fmt: skip

    rows = [row("half_lands", "strength USA", -40.0), row("half_lands", "strength JPN", 10.0),
            row("twice_as_good", "strength USA", 0.0), row("twice_as_good", "strength JPN", -70.0)]  # fmt: skip
    said = changed((rows, "1945", 8), "iwo_jima_1945", False).blocks
    (table,) = [one for one in said if hasattr(one, "rows")]
    assert table.title == "Side by side: 1945" and len(table.columns) == 4
    assert [one[2:] for one in table.rows] == [
        ["10 % more", "70 % less"],
        ["40 % less", "the same"],
    ]
    alone = changed((rows[:2], "1945", 8), "iwo_jima_1945", False).blocks
    (table,) = [one for one in alone if hasattr(one, "rows")]
    assert [one.title for one in table.columns] == ["what", "as it stands", "change", "percent"]


@truth("closed-form", source="-22.9 to -23.1 is 0.2 points less",
       kills="a fall told as a rise; dust told as a change; what is negligible told first")  # fmt: skip
def test_a_change_is_told_in_its_own_unit_and_dust_is_none():
    from kautilya.cli.questions import changed

    def row(
        outcome: str, base: tuple, change: tuple, percent: tuple, unit: str = "percent"
    ) -> dict:
        low_to_high = ("low", "median", "high")
        spreads = [dict(zip(low_to_high, one, strict=True)) for one in (base, change, percent)]
        return {"lever": "wider_club", "outcome": outcome, "year": "2025", "unit": unit, "baseline":
                spreads[0], "change": spreads[1], "change_percent": spreads[2], "unchanged": 0.0}  # fmt: skip

    none = (float("nan"),) * 3
    small = row("welfare CHN", (0.001, 0.0015, 0.002), (-3e-5, -2e-5, -1e-5), none)
    rows = [
        row("price component", (1, 2, 3), (-1e-6, 0, 1e-6), (-1e-5, 0, 4e-5), "1"),
        row("leak component", (40, 50, 60), (-1e-4, 5, 10), (-1e-3, 10, 20), "1"),
        small,
        row("welfare RUS", (-9, -1, 9), (-0.2, 0.1, 0.3), none),
        row("exports RUS", (-23, -22.9, -22.8), (-0.17, -0.16, -0.15), none),
    ]
    *said, table, _ = changed((rows, "2025", 8), "sanctions_only", False).blocks
    assert "In 2025 0.16 points less (0.15 to 0.17): change of exports in percent" in said[0]
    assert said[1].startswith("- 10 % more (0 to 20): ")
    assert said[2].startswith("- 0.1 points more (0.2 points less to 0.3 points more): ")
    assert len(said) == len(table.rows) == 3
    assert [one[3] for one in table.rows] == ["-", "10 (-0.001 to 20)", "-"]
    whole = changed((rows, "2025", 8), "sanctions_only", True).blocks
    assert len(next(one.rows for one in whole if hasattr(one, "rows"))) == 5
    still = changed(([small], "2025", 8), "sanctions_only", False).blocks
    assert "In 2025 nothing changes." in still[0]


@truth("invariant", source="docs/security.md", kills="a module of a stranger beside his scenario")
@pytest.mark.parametrize("module", ["kautilya", "kautilya.cli.main"])
def test_nothing_beside_a_scenario_is_imported(tmp_path, module):
    for name in ("platform", "typer", "rich", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"open('canary', 'w')\nraise SystemExit('{name}')\n")
    env = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    asked = [sys.executable, "-m", module, "--version"]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0 and done.stdout.startswith("kautilya "), done.stderr
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("serve", "nope"), "no such scenario"),
        (("serve", "--host", "nonsense.invalid"), "cannot listen there"),
        (("serve", "--port", "TAKEN"), "cannot listen there"),
        (("posterior", "sanctions_only"), "not switched on"),
        (("import", "--list", "x.csv"), "without effect where --list"),
        (("import", "x.csv", "--replace"), "without effect without --out"),
        (("new", "a", "--like", "duel", "--goods", "tank"), "without effect on the kind duel"),
        (("new", "a", "--like", "war", "--strengths", "5,6"), "without effect on the kind war"),
        (("diff", "a", "b", "--line", "--quick"), "without effect with --line"),
        (("diff", "a", "b", "--quick", "--futures", "64"), "runs nothing"),
        (("diff", "a.json", "b.json", "--seed", "1"), "without effect on stored answers"),
        (("backtest", "votes", "--until", "²²²²"), "absent|Give a session"),
    ],
)
@truth("order", kills="an option without effect that nobody hears of; a page of nothing")
def test_what_would_be_without_effect_is_refused(args, said, tmp_path, monkeypatch, capsys):
    import socket

    from kautilya.cli.main import main

    monkeypatch.chdir(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        with pytest.raises(SystemExit) as ended:
            main([port if one == "TAKEN" else one for one in args])
    told = capsys.readouterr().err
    assert ended.value.code == 2 and re.search(said, told) and "internal error" not in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args, said",
    [
        (("help", "--zz"), "No such option: --zz. See `kautilya help --help`."),
        (("audi", "x"), "No such command 'audi'. Did you mean 'audit'? See `kautilya --help`."),
        (("audit", "x", "--figure"), "requires an argument. See `kautilya audit --help`."),
        (("audit", "--figure"), "requires an argument. See `kautilya audit --help`."),
        (("runs", "--zzz"), "It takes --json. See `kautilya runs --help`."),
        (("--zz",), "--show-completion. See `kautilya --help`."),
    ],
)
@truth("required", kills="a remedy of no words, with two stops, or that leads to another's help")
def test_a_mistake_in_the_words_is_one_sound_line(args, said, capsys):
    from kautilya.cli.main import app

    with pytest.raises(SystemExit) as ended:
        app(args=list(args), prog_name="kautilya")
    told = capsys.readouterr().err
    assert ended.value.code == 2 and said in told and told.count("\n") == 1
    assert not re.search(r"takes \.|[?.]\.|  ", told)


@truth("required", source="help", kills="an option that the help promises and a command refuses")
def test_commands_have_json_but_those_that_the_help_names():
    import inspect

    from kautilya.cli.main import ALL, app

    without = {name for name, one in ALL.items() if "json" not in inspect.signature(one).parameters}
    promised = re.search(r"Every command but (.+) has --json", app.info.help)
    assert promised and set(re.findall(r"\w+", promised[1])) == without
