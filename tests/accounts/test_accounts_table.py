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
    "too many rows": (H + F * 2500, "2,500 rows"),
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
    for content, expected in (
        (b"name,low,high\nl\xf6st,1,2\n", "not UTF-8"),
        (b"name,low,high\nlost\x00,1,2\n", "zero byte"),
        (b"x" * 2_000_000, "2000000 bytes"),
    ):
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


def separated(sign: str) -> str:
    return GOOD.replace(",", sign)


AS_THEY_COME = {
    "semicolons": separated(";"),
    "tabs": separated("\t"),
    "a byte-order mark": "\ufeff" + GOOD,
    "line ends of Windows": GOOD.replace("\n", "\r\n"),
    "old line ends": GOOD.replace("\n", "\r"),
    "a line separator": GOOD.replace("Oryx", "Or\u2028yx"),
    "a vertical tab": GOOD.replace("Oryx", "Or\x0byx"),
    "a file separator": GOOD.replace("Oryx", "Or\x1cyx"),
    "a next-line mark": GOOD.replace("Oryx", "Or\x85yx"),
    "a quoted line break": GOOD.replace("Oryx", '"Or\nyx"'),
    "a formula": GOOD.replace("Oryx", "=cmd|' /C calc'!A0"),
    "markup": GOOD.replace("Oryx", "\\[/red]"),
}


@truth("symmetry", kills="a separator, a line end or a mark that changes what a table says")
@pytest.mark.parametrize("name", AS_THEY_COME)
def test_tables_as_they_come_say_the_same(table, name):
    plain, other = audit(table(GOOD)), audit(table(AS_THEY_COME[name]))
    assert list(other.accounts.term) == list(plain.accounts.term)
    assert list(other.accounts.high) == pytest.approx(list(plain.accounts.high))
    assert len(other.conflicts) == len(plain.conflicts)


@truth("closed-form", kills="a line number that forgets the line breaks inside quotes")
@pytest.mark.parametrize("breaks", [1, 2, 5])
def test_lines_are_counted_past_quoted_breaks(table, breaks):
    broken = '"two' + "\n" * breaks + 'lines"'
    text = H + f"lost,1,2,tank,{broken},\nleft,9,3,tank,x,\n"
    with pytest.raises(KautilyaError, match=f"my.csv:{3 + breaks}: low 9 is above"):
        audit(table(text))
    assert "line 2" in set(audit(table(text.replace("9,3", "3,9"))).bounds.figure)


REFUSED = {
    "contradicting identities": (
        "x,1,2,t,a,\n,,,,,x = y\n,,,,,x = y + 5\n",
        "cannot hold together.*my.csv:3, my.csv:4",
    ),
    "an identity below zero": ("x,1,2,t,a,\n,,,,,x + y = -5\n", "cannot hold together"),
    "product of huge numbers": ("x,1,2,t,a,\n,,,,,1e308*1e308*x = 1\n", "a number comes to"),
    "quotient of tiny numbers": ("x,1,2,t,a,\n,,,,,x/1e-308/1e-308 = 1\n", "a number comes to"),
    "difference of infinities": (
        "x,1,2,t,a,\n,,,,,1e308*1e308*x - 1e308*1e308*x + x = 1\n",
        "a number comes to",
    ),
    "a number that vanishes": ("x,1,2,t,a,\n,,,,,1e-400*x + x = 1\n", "beyond what can be"),
    "a cell that vanishes": ("x,1e-400,2,t,a,\n", "give 0, or a number"),
    "a cell that is huge": ("x,1,1e300,t,a,\n", "give 0, or a number"),
    "letters that look alike": ("lo\u0455t,1,2,t,a,\n", "mixes letters that look alike"),
    "too many names": (
        ",,,,," + " + ".join(f"n{i}" for i in range(700)) + " = 1\nn1,1,1,t,a,\n",
        "701|700 names",
    ),
    "an endless identity": (",,,,," + "n + " * 9_000 + "n = 1\nn,1,1,t,a,\n", "at most 20,000"),
    "exact of nobody knows": ("x,1,1,t,a,\n", "exact is 'perhaps'"),
}


@truth("invariant", kills="an own mistake of the program shown as a traceback; a number ignored")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_computed_is_refused(table, name):
    rows, expected = REFUSED[name]
    text = "name,low,high,unit,source,exact\nx,1,1,t,a,perhaps\n" if "exact" in name else H + rows
    with pytest.raises(KautilyaError, match=expected):
        audit(table(text))


@truth("closed-form", kills="a name that cancels out, asked for in the system")
def test_a_name_that_cancels_says_nothing(table):
    found = audit(table(H + "x+y-y,1,2,t,a,\n"))
    assert list(found.accounts.term) == ["x"]
    assert linear("0.1*x + 0.2*x - 0.3*x + y").coefs == {"y": 1.0}


@truth("closed-form", kills="an identity of forty names refused for its length")
def test_an_identity_over_hundreds_of_names(table):
    names = [f"donor_number_{i:03d}" for i in range(300)]
    text = (
        H
        + "".join(f"{n},1,1,bn,t,\n" for n in names)
        + "world,300,300,bn,t,\n"
        + f",,,,,{' + '.join(names)} = world\n"
    )
    assert audit(table(text), exact=True).conflicts.empty
    wrong = audit(table(text.replace("300,300", "30,30")), exact=True)
    assert len(wrong.conflicts) >= 1


@truth("closed-form", kills="names of another alphabet refused, or two spellings of one name")
def test_names_of_any_alphabet(table):
    found = audit(table(H + "потери,5,6,танк,x,\ncaf\u00e9,1,2,t,x,\n,,,,,cafe\u0301 <= 9\n"))
    assert set(found.accounts.term) == {"потери", "caf\u00e9"}


@truth("closed-form", kills="options of an own table that are read and forgotten")
def test_grades_and_dates_of_an_own_table_count(table):
    rows = (
        "name,low,high,unit,source,grade,date\n"
        "stock,100,110,tank,count,A1,2023-01\nstock,500,600,tank,channel,F6,2024\n"
    )
    assert len(audit(table(rows)).conflicts) == 1
    best = audit(table(rows), accept="grade:C3")
    assert best.conflicts.empty and best.unused.why.tolist() == ["graded F6, worse than C3"]
    early = audit(table(rows), as_of="2023-06-30")
    assert early.conflicts.empty and list(early.bounds.figure) == ["line 2"]
    assert len(audit(table(rows), figure="line 3").steps) == 2
    for setting in (
        {"accept": "nonsense"},
        {"accept": "side:UKR"},
        {"good": "tank"},
        {"actor": "RUS"},
        {"as_of": "soon"},
        {"figure": "line 9"},
    ):
        with pytest.raises(KautilyaError):
            audit(table(rows), **setting)


@truth("invariant", kills="hundreds of rivals that hang the search, or are cut without a word")
@pytest.mark.parametrize("count,other", [(300, ""), (600, "y,5,9,t,z,\n,,,,,x = y\n")])
def test_a_crowd_of_rivals_is_weighed_at_once(table, count, other):
    text = H + "".join(f"x,{3 * i},{3 * i + 1},t,s{i},\n" for i in range(count)) + other
    found = audit(table(text))
    assert (~found.bounds.set_aside).sum() == 1 + bool(other)
    assert any(
        f"{count} figures are about x" in note and "are listed" in note for note in found.notes
    )


@truth("closed-form", kills="a crowd of rivals that is settled at more than the least cost")
def test_of_a_crowd_most_are_kept(table):
    """Twenty say 10 to 12, thirty say what no two share."""
    text = H + "x,10,12,t,a,\n" * 20 + "".join(f"x,{20 + i},{20 + i},t,b,\n" for i in range(30))
    kept = audit(table(text)).bounds
    assert set(kept[~kept.set_aside].figure) == {f"line {i}" for i in range(2, 22)}


@truth("closed-form", kills="amounts a billion apart bounded as if their digits were there")
def test_amounts_far_apart_are_told(table):
    far = audit(
        table(
            H + "a,3e12,3e12,t,x,\nb,1000,1000,t,x,\nc,2999999999500,2999999999500,t,x,\n"
            ",,,,,a - b = c\n"
        )
    )
    assert any("more than 1e9" in note for note in far.notes)
    lost = audit(
        table(H + "a,3e12,3e12,t,x,\nc,2999999999500,2999999999500,t,x,\n,,,,,a - b = c\n")
    )
    assert any("b is worked out from amounts" in note for note in lost.notes)
    apart = audit(table(H + "big,1e12,1e12,t,x,\na,30,30,t,x,\n,,,,,a + z = 1000\n"), exact=True)
    assert apart.accounts.set_index("term").low["z"] == pytest.approx(970)
    assert not any("1e9" in note for note in apart.notes)
    huge = audit(table(H + "a,1e26,1e26,t,x,\nb,3e26,4e26,t,x,\n,,,,,a + b = c\n"))
    assert huge.accounts.set_index("term").high["c"] == pytest.approx(5e26)


@truth("invariant", kills="dust of the solver told as a bound")
def test_dust_is_zero(table):
    found = audit(table(H + "a,3e7,3.3e7,t,x,\n,,,,,a - b >= 0\n"))
    assert found.accounts.low.min() == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,1,1,x,\nt,1,1,x,\nt,1,1,x,\n,,,,a = t\n", "Line 4 repeats line 3"),
        ("Lost,1,2,x,\nmade,1,2,x,\n,,,,lost = made\n", "is Lost meant"),
        ("closing,1,2,x,\nmade,1,2,x,\n,,,,clossing = made\n", "is closing meant"),
    ],
)
@truth("order", kills="a slip of the pen that makes every figure possible, in silence")
def test_what_may_be_a_slip_of_the_pen_is_told(tmp_path, text, said):
    path = tmp_path / "own.csv"
    path.write_text("name,low,high,source,identity\n" + text)
    assert any(said in one for one in audit(path).notes)


@truth("order", source="how thousands are written", kills="1.200 of a German table read as 1.2")
@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_a_point_that_may_part_thousands_is_asked_about(tmp_path, sign):
    """Another number with a point that can only be a decimal one tells how points are meant."""
    path = tmp_path / "own.csv"
    rows = ["name,low,high", "a,1.200,1.200", "b,340,340"]
    path.write_text("\n".join(rows).replace(",", sign))
    with pytest.raises(KautilyaError, match="a thousand and more, or a fraction"):
        audit(path)
    for told in ("c,0.500,0.500", "c,2.5,2.5"):
        path.write_text("\n".join([*rows, told]).replace(",", sign))
        assert audit(path).accounts.query("term == 'a'")["high"].max() < 1.3
    path.write_text("\n".join(rows))
    assert audit(path).accounts.query("term == 'a'")["high"].max() < 1.3
