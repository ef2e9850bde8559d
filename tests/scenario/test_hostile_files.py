"""Files of strangers: bounded work, one reader, and what other programs leave behind."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from support.bad_cases import TOML
from support.conventions import truth
from support.toy_laws import TOYS, small_war

from kautilya.errors import KautilyaError
from kautilya.scenario import calendar, check, load
from kautilya.scenario.assemble import assemble
from kautilya.scenario.levers import apply
from kautilya.scenario.mistakes import MOST, Mistake, ScenarioErrors, capped, first
from kautilya.scenario.toml_text import parse, scan

pytestmark = pytest.mark.usefixtures("own_cache")
SIZE = 400_000
LONG = {  # each grew with the square of its length, or could
    "blanks": " " * SIZE,
    "blanks before =": "a" + " " * SIZE + "= 1",
    "tabs": "\t" * SIZE,
    "unclosed three quotes": '\\"""x\n' * (SIZE // 6),
    "three quotes": '"""' * (SIZE // 3),
    "single quotes": "'" * SIZE,
    "backslashes": '"' + "\\" * SIZE,
    "dots": "a." * (SIZE // 2) + "=1",
    "quoted keys": '"" ' * (SIZE // 3) + "= 1",
    "brackets": "[" * SIZE,
    "headers": "[ \n" * (SIZE // 3),
    "empty lines": "\n" * SIZE,
    "comment": "#" * SIZE,
    "many keys": "".join(f"k{i}=1\n" for i in range(SIZE // 8)),
    "digits": "a=" + "1" * SIZE,
    "tables": "[[a]]\n" * (SIZE // 12),
    "escapes": 'a = "' + "\\n" * (SIZE // 2) + '"',
    "quotes in quotes": 'a = """' + '""x\n' * (SIZE // 4) + '"""',
    "crlf": "\r\n" * (SIZE // 2),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_war("my_scenario", tmp_path)


@truth("order", source="docs/security.md", kills="a pattern that is tried again from every place")
@pytest.mark.parametrize("kind", LONG)
def test_work_grows_with_the_text_and_no_faster(kind: str):
    """What took hours for 2 MB takes a second; the bar is wide for a busy machine."""
    begin = time.process_time()
    parse(TOML, LONG[kind])
    assert time.process_time() - begin < 4.0


@truth("order", source="docs/security.md", kills="a check that hangs on a line of blanks")
def test_a_line_of_blanks_is_legal(folder: Path):
    text = (folder / TOML).read_text()
    (folder / TOML).write_text(text.replace("[sets.supplier]", " " * 65536 + "\n[sets.supplier]"))
    begin = time.process_time()
    assert check(folder, TOYS) == [] and time.process_time() - begin < 8.0


@truth("closed-form", source="toml.io 1.0", kills="lines that are counted inside of texts")
def test_lines_of_keys_after_texts_of_several_lines():
    text = 'a = """x\n[no]\n\\""" y = 1\n""""\nb = \'\'\'\n[[no]]\n\'\'\'\n[t."x.y"]\n  c = [\n1]\nd.e = 2\n'
    seen = scan(text)
    assert seen.where[("a",)] == 1 and seen.where[("b",)] == 5
    assert seen.where[("t", "x.y")] == 8 and seen.where[("t", "x.y", "c")] == 9
    assert seen.where[("t", "x.y", "d", "e")] == 11
    assert not any("no" in path for path in seen.where) and seen.depth == 2


@truth(
    "order", source="docs/security.md", kills="a scenario that is refused for a file of the finder"
)
def test_files_that_other_programs_leave_are_skipped(folder: Path):
    digest = load(folder).digest
    for name in ("._actors.csv", "~$goods.csv", ".#claims.toml", "._scenario.toml", ".x.csv"):
        (folder / name).write_bytes(b"\x00\x05\x16\x07\xff")
    (folder / "context").mkdir()
    (folder / "context" / "._votes.csv").write_bytes(b"\xff\xfe")
    assert check(folder, TOYS) == [] and load(folder).digest == digest


@truth("order", source="docs/security.md", kills="a table of context/ that no guard reads")
@pytest.mark.parametrize(
    "name", ["context/votes.csv", "context/figures.csv", "accounts.toml", "context/other.csv"]
)
@pytest.mark.parametrize("kind", ["utf16", "nul", "link", "folder", "latin1"])
def test_files_of_other_rooms_go_through_the_same_guards(folder: Path, name: str, kind: str):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(
            {
                "utf16": "\ufeffa,b\n".encode("utf-16"),
                "nul": b"a,b\n\x00\n",
                "latin1": b"a,b\n\xe9\n",
            }[kind]
        )
    found = check(folder, TOYS)
    assert found and all(one.file == name and one.remedy for one in found)
    with pytest.raises(KautilyaError):
        load(folder)


@truth("order", kills="minutes of guessing at names in a table of wrong ones")
def test_thousands_of_wrong_names_are_told_in_seconds(folder: Path):
    path = folder / "series.csv"
    path.write_text(
        path.read_text()
        + "".join(
            f"observed.x,Q{i},,nothing{i},2022-03,1,tank,nobody{i},2022-03,C3,reported\n"
            for i in range(20_000)
        )
    )
    begin = time.process_time()
    found = check(folder, TOYS)
    assert 200 <= len(found) < 2000 and time.process_time() - begin < 30


WRONG = {  # rows that are in order by themselves, and name what is nowhere
    "members.csv": ("set,actor,from,to,side,source,date,grade,status,note",
                    "nowhere{i},AAA,2022-02,,,assumed,2022-01,F6,assumed,x"),
    "experts.csv": ("id,expert,p05,p95,unit,source,date,grade,status,note",
                    "a{i},E,2,1,tank,assumed,2022-01,F6,assumed,x"),
    "events.csv": ("id,actors,type,event,source,date,grade,status,note",
                   "e{i},Q{i},summit,x,nowhere{i},2022-02-01,C3,reported,x"),
    "covariates.csv": ("name,actor,value,unit,source,date,grade,status,note",
                       "a{i},Q{i},1,unit{i},nowhere{i},2022-01,C3,reported,x"),
}  # fmt: skip


@truth("order", kills="every one of 30,000 mistakes told; a list that is cut in silence")
@pytest.mark.parametrize("name", WRONG)
def test_a_long_list_of_mistakes_is_cut_and_counted(folder: Path, name: str):
    head, row = WRONG[name]
    lines = [row.format(i=i) for i in range(2_000)]
    (folder / name).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    begin = time.process_time()
    found = check(folder, TOYS)
    mine = [one for one in found if one.file == name]
    assert 20 <= len(mine) <= MOST and time.process_time() - begin < 10
    assert re.search("more mistakes? in this file|stopped here", mine[-1].found)
    with pytest.raises(ScenarioErrors) as raised:
        load(folder)
    assert str(raised.value).count(f"\n{name}") <= MOST


@truth("closed-form", kills="mistakes dropped, or counted twice, where a list is cut twice")
def test_what_is_cut_is_counted_once():
    every = [Mistake("a.csv", n, "", "x", "y") for n in range(1, 1001)]
    every.append(Mistake("b.csv", 1, "", "x", "y"))
    once = capped(every)
    assert len(once) == MOST + 1 and capped(once) == once
    assert sum(one.stands for one in once) == 1001 and "801 more" in once[MOST - 1].found
    assert first(iter(every[:MOST])) == every[:MOST] and len(first(iter(every))) == MOST


@truth("order", kills="numbers whose square, or one over them, is none; a warning of numpy")
@pytest.mark.parametrize("text", ["1e308", "-1e308", "1e31", "1e-320", "1e-400", "1e400", "inf"])
def test_a_number_whose_use_overflows_is_refused(folder: Path, text: str):
    path = folder / "quantities.csv"
    path.write_text(re.sub(r"(,tank,[^\n]*?,)\d+(,)", rf"\g<1>{text}\2", path.read_text(), count=1))
    assert text in path.read_text()
    told = [one for one in check(folder, TOYS) if one.file == "quantities.csv"]
    assert told and "number" in told[0].remedy


@truth("order", source="amounts, rates and times are never below 0", kills="negative plans of fire")
def test_less_than_nothing_is_refused_by_every_door(folder: Path):
    """Rows, levers and --set; what has no unit may lie below 0."""
    made = assemble(load(folder), TOYS)
    counted = [name for name, one in made.targets.items() if one.counted]
    assert counted and all(made.targets[name].unit != "1" for name in counted)
    name = next(row.parameter for row in made.quantities if row.parameter in counted)
    one = next(row for row in made.quantities if row.parameter == name)
    with pytest.raises(KautilyaError, match=f"a negative {name}"):
        apply(made, sets=(f"{one.id}=-1",))
    path = folder / "scenario.toml"
    lever = f'\n[[lever]]\nid = "less"\nsays = "x"\nparts = ["S03"]\n[[lever.set]]\nparameter = "{name}"\nvalue = -1\n'
    path.write_text(path.read_text() + lever, encoding="utf-8")
    table = folder / "quantities.csv"
    lines = table.read_text().splitlines()
    head = next(line for line in lines if line.startswith("id,")).split(",")
    at = next(k for k, line in enumerate(lines) if line.startswith(f"{one.id},"))
    cells = lines[at].split(",")
    cells[head.index("low" if cells[head.index("low")] else "central")] = "-1"
    table.write_text("\n".join([*lines[:at], ",".join(cells), *lines[at + 1 :]]) + "\n")
    told = {(one.file, one.found) for one in check(folder, TOYS) if "a negative" in one.found}
    assert {file for file, _ in told} == {"quantities.csv", "scenario.toml"}, told


@truth("closed-form", source="ISO 8601", kills="digits of other scripts, month 13, missing zeros")
@pytest.mark.parametrize(
    "text",
    [
        "2024-13",
        "2024-00",
        "٢٠٢٤-٠١",
        "2024-1",
        "24-01",
        " 2024-01",
        "2024-01-01",
        "2024/01",
        "+024-01",
        "2024-0１",
        "",
        "0000-01",
    ],
)
def test_what_is_no_month(text: str):
    with pytest.raises(ValueError, match="YYYY-MM"):
        calendar.month_number(text)


@truth("closed-form", source="ISO 8601", kills="a day that the calendar does not have")
@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29",
        "2024-02-30",
        "٢٠٢٤-٠١-٠١",
        "2024-1-1",
        "20240101",
        "2024-W01-1",
        "2024-01-01T00",
        "",
        "2024",
        "2024-01",
    ],
)
def test_what_is_no_day(text: str):
    with pytest.raises(ValueError, match="YYYY-MM-DD"):
        calendar.day(text)


@truth("invariant", kills="a month off by one at the end of a year")
@given(some.dates())
def test_months_and_days_there_and_back(day: date):
    month = calendar.month_of(day)
    assert calendar.month_text(calendar.month_number(month)) == month
    assert calendar.first_day(month) <= day <= calendar.last_day(month)
    assert calendar.first_day(month[:4]) <= day <= calendar.last_day(month[:4])
    assert calendar.day(day.isoformat()) == day == calendar.last_day(day.isoformat())


@truth("order", source="docs/security.md", kills="an as-of day in digits that no one else reads")
def test_other_digits_are_refused_by_every_door():
    from kautilya.accounts.figures import latest_day, month_index
    from kautilya.claims.judge import _day

    for read, text in ((latest_day, "٢٠٢٤-٠١-٠١"), (month_index, "٢٠٢٤-٠١"), (_day, "٢٠٢٤-٠١-٠١")):
        with pytest.raises(KautilyaError, match="YYYY"):
            read(text)


@truth("order", kills="a row whose wrong unit in money ends in a traceback")
def test_trade_in_a_unit_that_is_no_money_is_a_mistake(folder: Path):
    codes = ("AAA", "AAB", "AAC", "ROW")
    rows = "".join(
        f"{a},{b},1,USD_bn/year,example2022,2022-03,B2,reported,\n"
        for a in codes
        for b in codes
        if a != b
    )
    (folder / "trade.csv").write_text(
        "exporter,importer,value,unit,source,date,grade,status,note\n" + rows
    )
    found = check(folder, TOYS)
    assert len(found) == 12 and all(one.column == "unit" for one in found)


@truth("order", source="bad input", kills="laws that say what they miss one at a time")
def test_every_law_that_misses_something_is_named_at_once():
    from kautilya.core.law import Built, Law
    from kautilya.core.world import World
    from kautilya.scenario.assemble import _unmet

    def needs(look):
        def build(world: World) -> Built:
            look(world)
            return Built()

        return build

    looks = {
        "one": lambda w: w.members("leaked"),
        "two": lambda w: w.tables["sanction_response"],
        "three": lambda w: ("a",).index("b"),
        "four": lambda w: w.row("AAA", "tank", "way1"),
        "five": lambda w: None,
    }
    laws = [Law(name, "update", lambda view: {}, needs(look)) for name, look in looks.items()]
    said = [" ".join(one) for one in _unmet(World(("2022-01",), {}, ()), laws)]
    assert [text.split("'")[1] for text in said] == ["one", "two", "three", "four"]
    for text, word in zip(said, ("leaked", "trade.csv", "a set", "(AAA, tank, way1)"), strict=True):
        assert word in text and "tuple" not in text


@truth("order", source="bad input", kills="a run taken for a scenario without its tables")
def test_a_run_is_no_scenario(tmp_path: Path):
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(KautilyaError, match="a stored run, not a scenario.*--run"):
        load(tmp_path)
    (found,) = check(tmp_path)
    assert found.found == "a stored run, not a scenario"


@pytest.mark.parametrize("how", ["a pipe", "a device", "a link", "deep", "a list", "other letters"])
@truth("invariant", source="docs/security.md", kills="a second reader that a pipe holds for ever")
def test_documents_beside_the_tables_are_read_as_carefully(tmp_path: Path, how: str):
    """Stored answers and verdicts, manifests of runs, what a posterior says of itself: none, at once."""
    import os
    import signal

    from kautilya import disk, scenario
    from kautilya.claims import court, hindsight
    from kautilya.runs import posterior
    from kautilya.scenario import library

    folder = scenario.new("own", tmp_path)
    (tmp_path / "there").write_text('{"digest": "", "version": "", "case": {}}')
    ways = {
        "a pipe": os.mkfifo,
        "a device": lambda path: path.symlink_to("/dev/zero"),
        "a link": lambda path: path.symlink_to(tmp_path / "there"),
        "deep": lambda path: path.write_text("[" * 100_000),
        "a list": lambda path: path.write_text("[1]"),
        "other letters": lambda path: path.write_bytes("{}".encode("utf-16")),
    }
    for name in ("answer.json", "verdicts.json", "manifest.json", "posterior.json"):
        ways[how](folder / name)
    signal.alarm(20)
    try:
        assert library.stored(folder) is None and hindsight.stored(folder) is None
        assert not court._fits(folder / "manifest.json", scenario.load(folder))
        assert posterior.summary(folder) == {}
        assert disk.read_json(folder / "answer.json") in (None, [1])
    finally:
        signal.alarm(0)
