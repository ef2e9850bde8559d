"""The format: schema, sets, matching of rows, cache and the starter scenario."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.conventions import truth
from support.toy_laws import TOYS, small_war
from support.toy_runs import edit

from kautilya.errors import KautilyaError
from kautilya.scenario import ScenarioErrors, check, json_schema, load, names, new
from kautilya.scenario.distributions import quantile
from kautilya.scenario.form import get
from kautilya.scenario.rules import NEEDS
from kautilya.scenario.schema import TABLES, Quantity, columns
from kautilya.scenario.toml_text import line_of, scan

pytestmark = pytest.mark.usefixtures("own_cache")


@truth("invariant", kills="a column of the tables that the schema does not have")
def test_json_schema_covers_every_column():
    tree = json.loads(json.dumps(json_schema()))
    assert tree["properties"].keys() == {"scenario.toml", *TABLES}
    for name, table in TABLES.items():
        item = tree["$defs"][tree["properties"][name]["items"]["$ref"].split("/")[-1]]
        assert list(item["properties"]) == list(columns(table.model))
        assert item["additionalProperties"] is False
    assert {"sets", "lever", "outcome", "schema"} <= tree["$defs"]["Head"]["properties"].keys()


@truth("order", source="responsible", kills="accepting places, persons or firms")
@pytest.mark.parametrize(
    "column", ["latitude", "longitude", "facility", "person", "firm", "regiment"]
)
def test_no_table_has_places_or_persons(column: str):
    assert all(column not in columns(table.model) for table in TABLES.values())


@truth("other-program", source="tomllib", kills="a line that belongs to another key")
def test_toml_lines_agree_with_tomllib(folder: Path):
    text = (folder / "scenario.toml").read_text()
    data, where = tomllib.loads(text), scan(text).where
    lines = text.splitlines()
    leaves = [("lever", i, "id") for i in range(len(data["lever"]))]
    leaves += [("outcome", i, "kind") for i in range(len(data["outcome"]))]
    leaves += [("sets", name, "axis") for name in data["sets"]] + [("as_of",)]
    for path in leaves:
        value = data
        for key in path:
            value = value[key]
        assert lines[where[path] - 1].startswith(f"{path[-1]} = ")
        assert str(value) in lines[where[path] - 1]
    assert line_of(where, ("lever", 1, "set", 0, "unknown")) == where["lever", 1, "set", 0]


@truth("slow-twin", kills="counting brackets inside strings or comments")
@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab.=[]{}\"'#\n, 1\\", max_size=80))
def test_scanning_never_fails_and_never_underrates(text: str):
    def deep(value) -> int:
        if isinstance(value, dict):
            return 1 + max((deep(v) for v in value.values()), default=0)
        return 1 + max(map(deep, value), default=0) if isinstance(value, list) else 0

    seen = scan(text)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    assert deep(data) <= 2 * seen.depth + 2
    assert all(1 <= line <= text.count("\n") + 1 for line in seen.where.values())


@truth("invariant", kills="an order of sets that depends on how they are written")
def test_sets_are_ordered_unions(folder: Path):
    edit(
        folder / "scenario.toml",
        (
            "[sets.arms]",
            '[sets.both]\naxis = "good"\nmembers = ["cash", "@arms", "@equipment"]\n\n[sets.arms]',
        ),
    )
    scn = load(folder)
    assert scn.sets["both"].members == ("cash", "tank", "shell")
    assert scn.sets["arms"].members == ("tank", "shell")
    assert scn.sets["actor"].members == scn.codes == ("AAA", "AAB", "AAC")
    assert scn.months[0] == "2022-01" and scn.months[-1] == "2023-12" and len(scn.months) == 24
    assert scn.units == {"tank": "tank", "shell": "tube_round", "cash": "USD_m"}
    assert [a.actor for a in scn.accounts if a.good == "tank"] == ["AAA", "AAB"]


@truth("invariant", kills="a cache that outlives a change of the files")
def test_cache_follows_the_bytes(folder: Path, tmp_path: Path):
    first = load(folder)
    kept = list((tmp_path / "cache").rglob("*.scenario"))
    assert len(kept) == 1 and load(folder) == first
    edit(folder / "actors.csv", ("Supplier,state,example", "Supplier,state,other"))
    second = load(folder)
    assert second.digest != first.digest and second.actors[2].note == "other"
    (folder / "accounts.toml").write_text("x = 1\n")
    assert load(folder).digest not in (first.digest, second.digest)
    copy = small_war("my_case", tmp_path / "elsewhere")
    assert load(copy).digest == first.digest and load(copy).folder == str(copy)


@truth("invariant", kills="trusting what stands in the cache")
@pytest.mark.parametrize("damage", [b"", b"kautilya-scenario-1\n" + b"x" * 100, b"\x80\x05."])
def test_a_damaged_cache_is_not_read(folder: Path, tmp_path: Path, damage: bytes):
    first = load(folder)
    kept = next((tmp_path / "cache").rglob("*.scenario"))
    kept.write_bytes(damage)
    assert get(first.digest, folder) is None and load(folder) == first
    data = bytearray(kept.read_bytes())
    data[-1] ^= 1
    kept.write_bytes(bytes(data))
    assert get(first.digest, folder) is None and load(folder) == first
    forged = kept.read_bytes().replace(b"Supplier", b"Suppl1er")
    assert forged != kept.read_bytes()
    kept.write_bytes(forged)
    assert get(first.digest, folder) is None and load(folder) == first
    kept.chmod(0o666)
    assert get(first.digest, folder) is None


@truth("invariant", kills="failing where the cache cannot be written")
def test_a_cache_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "file").write_text("")
    for place in ("/proc/nowhere", str(tmp_path / "file")):
        monkeypatch.setenv("KAUTILYA_CACHE", place)
        assert load(folder).id == "my_case"


@truth("invariant", kills="refusing a byte-order mark, CRLF or a path to the TOML file")
def test_tolerated_ways_of_writing(folder: Path):
    before = load(folder)
    for path in folder.iterdir():
        data = path.read_bytes()
        path.write_bytes(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))
    assert check(folder, TOYS) == []
    after = load(folder / "scenario.toml")
    assert after.quantities == before.quantities and after.lines == before.lines


@truth("invariant", kills="writing half a folder, or over what is there")
def test_new_writes_all_or_nothing(tmp_path: Path):
    made = new("my_case", tmp_path)
    assert {p.name for p in made.iterdir()} >= {"scenario.toml", "quantities.csv", "sources.csv"}
    assert load(made).id == "my_case"
    with pytest.raises(KautilyaError, match="already there"):
        new("my_case", tmp_path)
    with pytest.raises(KautilyaError):
        new("other", "/proc/nowhere")
    assert sorted(os.listdir(tmp_path)) == ["cache", "my_case"]


@truth("order", kills="a shipped scenario that does not load")
@pytest.mark.parametrize("name", names())
def test_shipped_scenarios_have_no_mistake(name: str):
    try:
        scn = load(name)
    except ScenarioErrors as error:
        pytest.fail(str(error))
    assert scn.id == name


ROW = dict(
    id="q", parameter="a.b", unit="1", source="s", date="2024", grade="A1", status="reported"
)


@truth("closed-form", source="kotz2004; malcolm1959", kills="any of the inverse distributions")
@pytest.mark.parametrize(
    ("kind", "mean", "quarter"),
    [
        ("fixed", 3.0, 3.0),
        ("uniform", 5.0, 3.5),
        ("loguniform", 6 / np.log(4), 2 * 4**0.25),
        ("triangular", 13 / 3, 8 - np.sqrt(0.75 * 6 * 5)),
        ("pert", (2 + 4 * 3 + 8) / 6, None),
        ("choice", 5.0, 2.0),
    ],
)
def test_inverse_distributions(kind: str, mean: float, quarter: float | None):
    row = Quantity(distribution=kind, low=2.0, central=3.0, high=8.0, **ROW)
    u = (np.arange(200_000) + 0.5) / 200_000
    x = quantile(row, u)
    assert x.mean() == pytest.approx(mean, rel=1e-6)
    assert np.all(np.diff(x) >= 0) and x.shape == u.shape
    assert kind == "fixed" or (2.0 <= x.min() and x.max() <= 8.0)
    if quarter is not None:
        assert quantile(row, np.array(0.25)) == pytest.approx(quarter, rel=1e-12)
    told = {"fixed", "uniform", "loguniform", "triangular", "pert", "choice"}
    assert set(NEEDS) == told | {"experts"}  # test_experts.py


@truth("symmetry", kills="a draw that changes with the unit of the row")
@pytest.mark.parametrize("kind", sorted(NEEDS))
def test_quantiles_scale_with_the_unit(kind: str):
    u = np.linspace(0.01, 0.99, 23)
    one, ten = (
        quantile(Quantity(distribution=kind, low=2.0 * k, central=3.0 * k, high=8.0 * k, **ROW), u)
        for k in (1, 10)
    )
    np.testing.assert_allclose(ten, 10 * one, rtol=1e-12)
    same = Quantity(distribution=kind, low=4.0, central=4.0, high=4.0, **ROW)
    np.testing.assert_array_equal(quantile(same, u), 4.0)


@truth("order", source="format: the most specific row wins", kills="the order of rows deciding")
def test_rows_may_stand_in_any_order(folder: Path):
    from kautilya.scenario.assemble import assemble

    def ids() -> list[str]:
        made = assemble(load(folder), TOYS)
        return [made.quantities[i].id if i >= 0 else "" for i in made.plain_index]

    before = ids()
    lines = (folder / "quantities.csv").read_text().splitlines()
    header = next(i for i, line in enumerate(lines) if line.startswith("id,"))
    turned = [*lines[: header + 1], *reversed(lines[header + 1 :])]
    (folder / "quantities.csv").write_text("\n".join(turned) + "\n")
    assert ids() == before
    assert before.count("ask") == 1 and before.count("ask-other") == 1


@truth("required", source="docs/scenario-format.md", kills="a column that an editor cannot explain")
def test_every_key_of_the_schema_is_described():
    tree = json.loads(json.dumps(json_schema()))
    bare = [
        f"{kind}.{name}"
        for kind, made in tree["$defs"].items()
        for name, one in made.get("properties", {}).items()
        if not one.get("description")
    ]
    assert bare == []
