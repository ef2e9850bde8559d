"""An analyst's own table: ten figures give bounds and conflicts; malformed tables are refused."""

from __future__ import annotations

import pytest
from support.conventions import truth

from kautilya.accounts import audit
from kautilya.accounts.linear import linear, relation
from kautilya.errors import KautilyaError

GOOD = """name,low,high,unit,source,identity
# ten figures, two identities
opening,2840,3300,tank,IISS,
made,180,250,tank,CIT,
restored,1500,2600,tank,High Marsed,
lost,2552,,tank,Oryx,
lost,5977,5977,tank,General Staff,
closing,1750,2200,tank,IISS,
store,10000,10200,tank,paper inventory,
store,6000,7500,tank,satellite count,
left,4000,5000,tank,IISS,
withdrawn,2000,3300,tank,High Marsed,
,,,,,opening + made + restored - lost = closing
,,,,,store - withdrawn = left
,,,,,restored <= withdrawn
"""
H = "name,low,high,unit,source,identity\n"
F = "lost,1,2,tank,Oryx,\n"
BAD = {
    "empty": ("", "empty"),
    "only spaces": ("\n \n", "empty"),
    "header alone": (H, "0 rows"),
    "no header": (F, "no column 'name'"),
    "no high": ("name,low\nlost,1\n", "no column 'high'"),
    "strange column": ("name,low,high,colour\nlost,1,2,red\n", "no column 'colour'"),
    "column twice": ("name,low,high,low\nlost,1,2,3\n", "stands twice"),
    "low above high": (H + "lost,5,2,tank,Oryx,\n", ":2: low 5 is above high 2"),
    "neither end": (H + "lost,,,tank,Oryx,\n", "neither low nor high"),
    "words for a number": (H + "lost,many,,tank,Oryx,\n", "low is 'many'"),
    "thousands separator": (H + 'lost,"2,500",,tank,Oryx,\n', "low is '2,500'"),
    "bare separator": (H + "lost,2,500,3,000,tank,Oryx,,\n", "8 cells|9 cells"),
    "unit in the number": (H + "lost,25t,,tank,Oryx,\n", "low is '25t'"),
    "nan": (H + "lost,nan,,tank,Oryx,\n", "low is 'nan'"),
    "infinite": (H + "lost,1,inf,tank,Oryx,\n", "high is 'inf'"),
    "overflow": (H + "lost,1,1e999,tank,Oryx,\n", "high is '1e999'"),
    "percent": (H + "lost,10%,,tank,Oryx,\n", "low is '10%'"),
    "other digits": (H + "lost,١٢,,tank,Oryx,\n", "no plain number"),
    "underscore": (H + "lost,1_000,,tank,Oryx,\n", "low is '1_000'"),
    "negative": (H + "lost,-5,2,tank,Oryx,\n", "low is negative"),
    "no name": (H + ",1,2,tank,Oryx,\n", "name is empty"),
    "a number as name": (H + "7,1,2,tank,Oryx,\n", "names nothing"),
    "strange sign": (H + "lost & found,1,2,tank,Oryx,\n", "sign '&' has no meaning"),
    "product": (H + "lost * made,1,2,tank,Oryx,\n", "two names are multiplied"),
    "quotient": (H + "lost / made,1,2,tank,Oryx,\n", "below a fraction"),
    "by zero": (H + "lost / 0,1,2,tank,Oryx,\n", "divided by zero"),
    "open bracket": (H + "2 * (lost + made,1,2,tank,Oryx,\n", "not closed"),
    "nested too deep": (H + "(" * 60 + "lost" + ")" * 60 + ",1,2,tank,Oryx,\n", "too deep"),
    "two names side by side": (H + "lost tanks,1,2,tank,Oryx,\n", "'tanks' is left over"),
    "no equals sign": (H + F + ",,,,,lost + made\n", "no equals sign"),
    "two equals signs": (H + F + ",,,,,lost = made = 3\n", "left over"),
    "ends early": (H + F + ",,,,,lost = made -\n", "ends too early"),
    "starts with a sign": (H + F + ",,,,,* lost = made\n", "stands where a name"),
    "nothing to solve": (H + F + ",,,,,lost = lost\n", "nothing is left"),
    "identity beside a value": (H + F + "made,1,2,,,lost = made\n", "beside a value"),
    "identity about strangers": (H + F + ",,,,,loss = taken\n", "no figure is about"),
    "identities alone": (H + ",,,,,lost = made\n", "no figure in the table"),
    "units mixed": (H + F + "fired,1,2,round,NATO,\n,,,,,lost = fired\n", "are added"),
    "tagged kinds mixed": (H + "a,1,2,tube_round,x,\nb,1,2,round,y,\n,,,,,a = b\n", "are added"),
    "two units for a name": (H + F + "lost,1,2,truck,Oryx,\n", "lost is in truck, but in tank"),
    "open quote": (H + 'lost,"1,2,tank,Oryx,\n', "no clean CSV"),
    "code": (H + "__import__('os').getpid(),1,2,,,\n", "has no meaning|left over"),
    "endless cell": (H + "lost" * 300 + ",1,2,tank,Oryx,\n", "a cell of 1200"),
    "too many rows": (H + F * 2500, "2500 rows"),
}


@pytest.fixture()
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "my.csv"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return path

    return write


@truth("closed-form", source="../shared/facts README", kills="an identity read with a wrong sign")
def test_ten_figures_of_a_newcomer(table):
    """lost <= 3300 + 250 + 2600 - 1750 = 4,400: the ceiling that the facts' README gives."""
    found = audit(table(GOOD)).as_json()
    lost = next(b for b in found["bounds"] if b["said"].startswith("General Staff"))
    assert lost["others"][1] == pytest.approx(4400)
    clashes = {frozenset(c["figures"]) for c in found["conflicts"]}
    assert frozenset(("line 9", "line 10")) in clashes
    assert frozenset(("line 3", "line 4", "line 5", "line 7", "line 8")) in clashes
    assert all("cannot all be true" in c["why"] for c in found["conflicts"])
    assert {row["term"] for row in found["accounts"]} >= {"opening", "lost", "left"}


@truth("closed-form", kills="reporting a conflict where there is none")
def test_a_table_without_a_conflict(table):
    found = audit(table(H + F + "made,3,,tank,x,\n,,,,,left = made - lost\n"))
    assert found.conflicts.empty and "can be true together" in " ".join(found.notes)
    left = found.accounts.set_index("term").loc["left"]
    assert left.low == pytest.approx(1) and left.high == float("inf")


@truth("invariant", kills="a malformed table that is read, or refused without its place")
@pytest.mark.parametrize("name", BAD)
def test_malformed_tables_give_pointed_errors(table, name):
    text, expected = BAD[name]
    with pytest.raises(KautilyaError, match=expected) as error:
        audit(table(text))
    assert error.value.place.startswith("my.csv") and error.value.remedy


@truth("invariant", kills="trusting the encoding, the size or the existence of a file")
def test_files_that_are_no_tables(table, tmp_path):
    for content, expected in ((b"name,low,high\nl\xf6st,1,2\n", "not UTF-8"),
                              (b"name,low,high\nlost\x00,1,2\n", "zero byte"),
                              (b"x" * 2_000_000, "2000000 bytes")):
        with pytest.raises(KautilyaError, match=expected):
            audit(table(content))
    for absent in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(KautilyaError):
            audit(absent / "x.csv")


@truth("closed-form", kills="precedence of * over +, or of a sign")
def test_expressions():
    assert linear("2 * (a - b) / 4 + -c + 3").coefs == {"a": 0.5, "b": -0.5, "c": -1.0}
    assert linear("2 + 3 * 4").constant == 14.0
    assert linear("x.y[2022-02:2023-12]").coefs == {"x.y[2022-02:2023-12]": 1.0}
    assert relation("a + 1 <= 2 * b") == relation("a + 1 - 2 * b <= 0")
