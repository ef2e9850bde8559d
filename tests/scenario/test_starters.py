"""New scenarios of every kind: without a mistake, small, and what is asked for stands in them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from jsonschema import validate
from support.conventions import truth
from support.report_case import FUTURES, labels, run_of

from kautilya import scenario as scenarios
from kautilya.accounts.feeds import mistakes as clashes
from kautilya.claims.file import mistakes as misread
from kautilya.errors import KautilyaError
from kautilya.report.answer import answer
from kautilya.report.reply import of_run
from kautilya.report.subject import subject
from kautilya.runs.draws import feeder
from kautilya.scenario.assemble import assemble
from kautilya.scenario.library import STORED
from kautilya.scenario.starters import KINDS, Asked, asked_of

WIDE = Asked(
    sides=("IRN=Iran", "IRQ=Iraq", "SYR=Syria"),
    suppliers=("PRK=North Korea", "CHN=China", "FRA"),
    aided=("IRN", "IRQ"),
    goods=("tank", "apc", "aircraft"),
    start="1980-09",
    length=96,
)


def _plain(toml):
    """Dates as text, as JSON has them."""
    return json.loads(json.dumps(toml, default=str))


@pytest.mark.parametrize("kind", KINDS)
@truth("required", source="docs/tutorial.md", kills="a kind that needs a look at the code")
def test_each_kind_is_sound_and_answers(kind, tmp_path):
    """No mistakes in tables and claims, with the example and with names of one's own; an answer of
    three sentences or more that name numbers (made-up futures: only the words are looked at)."""
    wide = WIDE._replace(sides=WIDE.sides[:2]) if kind in ("duel", "battle") else WIDE
    for name, asked in (("small", Asked(length=30)), ("wide", wide)):
        folder = scenarios.new(name, tmp_path, kind, asked)
        assert scenarios.check(folder) == []
        made = scenarios.load(folder)
        assert misread(folder, made) == [] and clashes(folder) == []
        schema = json.loads((folder / "scenario.schema.json").read_text(encoding="utf-8"))
        toml = tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))
        validate(_plain(toml), schema)
        assert (folder / "accounts.toml").is_file()
        assert "<" not in (folder / "README.md").read_text(encoding="utf-8").replace("<-", "")
        arrays = {}
        for one in made.outcomes:
            named = {d: np.array(m, dtype=object) for d, m in labels(made, one).items()}
            coords = {"future": np.arange(FUTURES), **named}
            shape = [len(c) for c in coords.values()]
            arrays[one.id] = xr.DataArray(np.full(shape, 7.0, np.float32), coords, list(coords))
        run = run_of(made, xr.Dataset(arrays))
        assert len(of_run(subject(run, made))) >= 3
        said = answer(run, made)["sentences"]
        assert sum(any(c.isdigit() for c in one) for one in said) >= 3, said


@truth("required", source="docs/tutorial.md", kills="forty figures that became a hundred")
def test_a_war_is_small_and_grows_slowly(tmp_path):
    """One pair of suppliers and one class: at most 45 figures; each further class at most 12."""

    def figures(name: str, goods: tuple[str, ...]) -> int:
        asked = Asked(suppliers=("AAC", "AAD"), goods=goods)
        return len(scenarios.load(scenarios.new(name, tmp_path, "war", asked)).quantities)

    one, two = figures("one", ("tank",)), figures("two", ("tank", "apc"))
    assert one <= 45 and 0 < two - one <= 12


@truth(
    "invariant", source="a copy is its original", kills="a copy that keeps the name or loses rows"
)
@pytest.mark.parametrize("like", ["iwo_jima_1945", "russia_dprk_2024"])
def test_a_copy_of_a_shipped_scenario(tmp_path, like):
    made = scenarios.load(scenarios.new("mine", tmp_path, like))
    first = scenarios.load(like)
    assert all(one.suffix in (".csv", ".toml", ".md", "") for one in tmp_path.rglob("*"))
    assert (made.id, made.digest != first.digest) == ("mine", True)
    assert made.tables == first.tables


@truth("required", source="docs/scenario-format.md", kills="a scenario whose answer says little")
@pytest.mark.parametrize("name", scenarios.names())
def test_shipped_scenarios_answer(name):
    """The answer that comes with it: three sentences or more that name numbers."""
    parts = json.loads((scenarios.find(name) / STORED).read_text(encoding="utf-8"))["parts"]
    assert sum(any(c.isdigit() for c in one["says"]) for one in parts) >= 3


@pytest.mark.parametrize("name", ["iwo_jima_1945", "sanctions_only", "iran_iraq_1980"])
@truth("required", source="docs/scenario-format.md", kills="a shipped scenario with a mistake")
def test_shipped_scenarios_are_sound(name):
    """No mistake in tables and claims; three claims or more to be judged."""
    made = scenarios.load(name)
    assert scenarios.check(name) == [] and misread(made.folder, made) == []
    text = (scenarios.find(name) / "claims.toml").read_text(encoding="utf-8")
    assert text.count("[[claim]]") >= 3
    page = (scenarios.find(name) / "README.md").read_text(encoding="utf-8")
    told = ("What it shows", "Where it fails", "Claims of its own", "Sources, grades and licences")
    assert [one for one in told if one not in page] == []
    assert "What came" in page or "have come" in page


@pytest.mark.parametrize(
    "kind,change",
    [
        ("war", {"sides": ("AAA",)}),
        ("duel", {"sides": ("AAA", "AAB", "AAC")}),
        ("war", {"sides": ("iran", "IRQ")}),
        ("war", {"suppliers": ()}),
        ("war", {"suppliers": ("AAA",)}),
        ("war", {"aided": ("AAC",)}),
        ("war", {"goods": ("T-72",)}),
        ("war", {"start": "1980-13"}),
        ("war", {"length": 0}),
        ("duel", {"strengths": (0.0, 1.0)}),
        ("war", {"sides": ('AAA="', "AAB")}),
        ("nowhere", {}),
    ],
)
@truth("order", source="error at the door", kills="a folder half written; a code taken on trust")
def test_what_cannot_be_is_refused(kind, change, tmp_path):
    with pytest.raises(KautilyaError):
        scenarios.new("own", tmp_path, kind, Asked()._replace(**change))
    assert list(tmp_path.iterdir()) == []


@truth(
    "order", source="docs/accounts.md", kills="figures that clash, in accounts that feed nothing"
)
def test_a_duel_whose_figures_clash_does_not_run(tmp_path):
    folder = scenarios.new("own", tmp_path, "duel", Asked(length=30))
    assert feeder(assemble(scenarios.load(folder)), 0, "run") is None  # nothing is drawn from them
    path = folder / "figures.csv"
    row = path.read_text(encoding="utf-8").splitlines()[-2]
    again = row.replace("example-", "other-").replace(",1000,", ",900,")
    path.write_text(path.read_text(encoding="utf-8") + again + "\n", encoding="utf-8")
    with pytest.raises(KautilyaError, match="cannot all be true.*example-first"):
        feeder(assemble(scenarios.load(folder)), 0, "run")
    toml = folder / "accounts.toml"
    feed = '\n[[feed]]\nparameter = "opening.stock"\nactor = "AAA"\ntake = "aaa_men.there[open]"\n'
    toml.write_text(toml.read_text(encoding="utf-8") + feed, encoding="utf-8")
    (mistake,) = scenarios.check(folder)
    assert (mistake.file, mistake.column) == ("accounts.toml", "feed") and mistake.line > 40


@truth("order", source="asked one by one", kills="a reply put to another question")
def test_what_is_asked_is_what_is_written():
    replies = {
        "sides": "IRN=Iran,IRQ",
        "suppliers": "PRK",
        "months": "12",
        "first month": "1982-01",
    }

    def reply(text: str, default: str) -> str:
        return next((value for key, value in replies.items() if text.startswith(key)), default)

    said = asked_of(reply, "war", Asked())
    assert said == Asked(sides=("IRN=Iran", "IRQ"), suppliers=("PRK",), start="1982-01", length=12)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("figures.csv", b"\xff"),
        ("figures.csv", "a,b".encode("utf-16")),
        ("scenario.toml", b"x = [["),
        ("goods.csv", Path("/etc/passwd")),
        ("series.csv", None),
    ],
)
@truth("required", kills="a table that a copy leaves out in silence; a copy of what is no scenario")
def test_what_cannot_be_read_is_not_copied(tmp_path, name, data):
    file = scenarios.new("old", tmp_path) / name
    file.unlink()
    if isinstance(data, bytes):
        file.write_bytes(data)
    elif data is None:
        file.mkdir()
    else:
        file.symlink_to(data)
    for like in (tmp_path / "old", tmp_path):
        with pytest.raises(KautilyaError):
            scenarios.new("own", tmp_path, str(like))
    assert [one.name for one in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("said", ["id = 'old'", 'id="old" # mine', 'id\t=  "old"'])
@truth("required", kills="a lever that is renamed in place of the scenario")
def test_a_copy_has_its_own_id_however_it_was_written(tmp_path, said):
    path = scenarios.new("old", tmp_path) / "scenario.toml"
    path.write_text(path.read_text().replace('id = "old"', said, 1))
    made = scenarios.load(scenarios.new("own", tmp_path, str(tmp_path / "old")))
    assert made.id == "own" and "no_supply" in {one.id for one in made.levers}
