"""Claims about a small war, from the file to the flipped case, the command and the page."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from support.conventions import truth
from typer.testing import CliRunner

import kautilya as kt
from kautilya import scenario as scenarios
from kautilya.claims.assumptions import assumptions
from kautilya.claims.court import Again, Reruns
from kautilya.claims.judge import Asked, judge, keep
from kautilya.cli import sentences
from kautilya.cli.main import app
from kautilya.errors import KautilyaError
from kautilya.report import brief
from kautilya.report.page import write as write_report
from kautilya.runs.ensemble import Case, load_run, run


@pytest.fixture(scope="module")
def reruns(war):
    """Workers that run the war again; nothing is kept on disk."""
    with Reruns(scenarios.load(war), 3, kept=False) as made:
        yield made


@truth("invariant", source="named luck", kills="assumptions of another future, unit or seed")
def test_assumptions_are_those_of_the_future(war, stored, reruns):
    """A future whose figures are all given with --set is that future, bit for bit."""
    scenario, done = scenarios.load(war), load_run(stored)
    given = assumptions(scenario, done)
    sets = tuple(f"{row.id}={float(given.values[i, 77])!r}" for i, row in enumerate(given.rows))
    again = reruns.get([Again(sets=sets, futures=128)])[Again(sets=sets, futures=128)]
    for name in ("shells", "line", "fired"):
        assert again[name].values[77] == pytest.approx(
            done.data[name].values[77], rel=1e-6, abs=1e-6
        )
    other = again["shells"].values[78], done.data["shells"].values[78]
    assert not np.allclose(*other)


@truth("required", source="docs/scenario-format.md", kills="a bound that binds nothing")
def test_bounds_of_nothing_are_refused(tmp_path, monkeypatch):
    folder = scenarios.new("my_case", tmp_path)
    head = (folder / "scenario.toml").read_text()
    text = (
        '[[verdicts.bound]]\nshare = "x"\noutcome = "{}"\nlabels = ["AAA"]\nfrom = "2022-01"\n'
        'to = "2022-02"\n'
    )
    (folder / "scenario.toml").write_text(head + text.format("shells"))
    with pytest.raises(KautilyaError, match="no share of accounts.toml 'x'"):
        judge(str(folder), Asked(quick=True, futures=64))
    other = text.format("shels").replace('"x"', '"loss_ratio"')
    (folder / "scenario.toml").write_text(head + other)
    audited = [{"share": "loss_ratio", "says": "", "low": 0, "high": 1}]
    monkeypatch.setattr("kautilya.claims.judge._audited", lambda scenario: audited)
    with pytest.raises(KautilyaError, match="no outcome 'shels'.*Did you mean shells"):
        judge(str(folder), Asked(quick=True, futures=64))


@truth("invariant", source="docs/scenario-format.md", kills="a starter whose claims do not run")
def test_claims_of_the_starter(tmp_path):
    made = judge(str(scenarios.new("my_case", tmp_path)), Asked(quick=True, futures=128))
    found = {one.row.id: one.verdict for one in made.verdicts}
    assert found["they-met"] == "holds" and found["pride"] == "untestable"
    assert len(made.verdicts) == 4 and made.verdicts[0].readings


@truth("invariant", source="named luck", kills="other luck that changes the figures, or nothing")
def test_other_luck_and_free_signs(stored, reruns):
    done = load_run(stored)
    plain, lucky = Again(futures=128), Again(futures=128, luck=2**31)
    free = Again(futures=128, free=("elasticity",))
    got = reruns.get([plain, lucky, free])
    assert np.array_equal(got[plain]["fired"].values, done.data["fired"].values[:128])
    first = [got[how]["line"].isel(month=0).values for how in (plain, lucky)]
    assert np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1] > 0.9
    assert not np.array_equal(*[got[how]["fired"].values for how in (plain, lucky)])
    assert not np.array_equal(*[got[how]["line"].values for how in (plain, free)])


@truth("closed-form", source="counts of the stored futures", kills="the test read on other futures")
def test_probabilities_are_shares_of_futures(stored, found):
    shells = load_run(stored).data["shells"].sel(belligerent="AAA", month="2023-06").values
    assert found["shells-last"].chance.value == pytest.approx((shells > 1e6).mean())
    assert found["shells-gone"].chance.value == pytest.approx((shells < 0.8e6).mean())
    assert found["shells-last"].readings[0].chance.value == (shells > 1e7).mean() == 0


@truth(
    "required",
    source="a verdict means what it says",
    kills="emergent for what nothing could change",
)
def test_badges_of_the_small_war(found):
    assert found["they-met"].badge == "record" and found["they-met"].verdict == "holds"
    assert found["aid-falls"].badge == "emergent"
    assert found["shells-last"].badge == "not identified", "the assumed opening stock decides"
    assert "alone decides" in found["shells-last"].because
    assert found["tanks-unmoved"].badge == "arithmetic"
    assert found["tanks-unmoved"].verdict == "holds"
    assert found["an-opinion"].verdict == "untestable"
    assert found["an-opinion"].because == "A matter of taste."
    made = found[""]
    assert sum(made.badges.values()) == 6
    assert sum(sum(one.values()) for one in made.counts.values()) == 7
    certain = [one for one in made.verdicts if one.chance and one.chance.value in (0, 1)]
    assert all(one.badge in ("record", "arithmetic", "imposed") for one in certain)
    assert made.verdicts[0].badge == "emergent"


RECORD = """[[claim]]
id = "{id}"
says = "They met."
said_by = "A. Writer"
article = "an-article"
said_on = {day}
grade = "A1"
source = "example2022"
test = "{test}"
"""


@truth(
    "required",
    source="a record is judged as of the day it was said, then since",
    kills="a sentence refuted by what came after it; what nobody knew yet, held against it",
)
def test_a_record_is_judged_as_of_the_day_it_was_said(war, stored, tmp_path):
    """The two sign a treaty on 2022-02-10."""
    met = "event(summit, AAA, AAC)"
    rows = {
        "not-yet": (f"not {met}", "2022-02-01", "holds", "fails"),
        "early": (met, "2022-02-01", "cannot say", "holds"),
        "after": (met, "2022-06-01", "holds", "holds"),
        "late": (f"not {met}", "2023-01-01", "fails", None),
        "named": (f"{met} as of 2022-03-01", "2022-02-01", "holds", "holds"),
    }
    file = tmp_path / "own.toml"
    text = [RECORD.format(id=name, day=day, test=test) for name, (test, day, *_) in rows.items()]
    file.write_text("schema = 1\n" + "\n".join(text))
    asked = Asked(file=str(file), run=str(stored), quick=True)
    found = {one.row.id: one for one in judge(str(war), asked).verdicts}
    for name, (_, day, then, since) in rows.items():
        one = found[name]
        assert one.verdict == then and one.day == min(day, "2022-06-30"), name
        assert (one.since and one.since.verdict) == since, name
    last = found["early"].since
    assert last.day == "2022-06-30" and "sign a treaty" in last.evidence[0]["says"]
    hidden = judge(str(war), Asked(**(vars(asked) | {"as_of": "2022-02-05"})))
    told = {one.row.id: one for one in hidden.verdicts}
    assert told["late"].verdict == "holds" and told["late"].since is None


@truth("invariant", source="promises of the docs", kills="a flip that was never run")
def test_flips_flip(war, stored, found):
    """The reported change is run anew as a user would, and the verdict's side changes."""
    flips = {name: one.flip for name, one in found.items() if name and one.flip is not None}
    real = {name: flip for name, flip in flips.items() if flip.changes}
    assert {"shells-last", "shells-gone"} <= set(real)
    shells = {}
    for name, flip in real.items():
        assert flip.verified
        if name != "shells-last":
            continue
        sets = tuple(change.text for change in flip.changes)
        done = run(str(war), 512, 3, case=Case(sets=sets))
        shells[name] = done.data["shells"].sel(belligerent="AAA", month="2023-06").values
        p = float((shells[name] > 1e6).mean())
        assert p == pytest.approx(flip.after.value)
        assert (p > flip.goal) == flip.upward != (flip.before > flip.goal)
    assert "matter of record" in flips["they-met"].note and not flips["they-met"].verified


@truth("invariant", source="docs/claims.md", kills="a decisive figure that the claim never reads")
def test_what_decides_the_shells(found):
    ids = [one.row.id for one in found["shells-last"].decisive]
    assert ids[0] in ("shells", "fire-aaa") and {"shells", "fire-aaa"} <= set(ids)
    known = found["shells-last"].known[0]
    assert known.ratio is None and "not calibrated" in known.how


def kautilya(*args):
    return CliRunner().invoke(app, [str(one) for one in args])


@truth("invariant", source="docs/json.md", kills="a key of the JSON that is gone; not valid JSON")
def test_the_command(war, stored, found):
    done = kautilya("claims", war, "--run", stored, "--json")
    assert done.exit_code == 0, done.output

    def refuse(text):
        raise ValueError(text)

    made = json.loads(done.stdout, parse_constant=refuse)
    claim = next(one for one in made["claims"] if one["id"] == "shells-last")
    assert {
        "id",
        "says",
        "verdict",
        "probability",
        "mc_error",
        "likelihood",
        "confidence",
        "badge",
        "decisive",
        "flip",
    } <= set(claim)
    assert claim["readings"][0]["id"] == "shells-last.plenty"
    assert 0 < claim["probability"] < 1 and claim["range"][0] <= claim["probability"]
    table = " ".join(kautilya("claims", war, "--run", stored, "--short").stdout.split())
    assert "On record: 1 holds" in table and "Not addressed by the model: 1" in table
    told = kautilya("contradictions", war, "--run", stored).stdout
    assert told.startswith("1 set of claims can hardly all be true.")
    assert "shells-last" not in told and " And: " in told


def tally(text):
    """(verdict by claim, badge by claim) of the JSON of a command."""
    made = json.loads(text)
    return [{one["id"]: one[key] for one in made["claims"]} for key in ("verdict", "badge")]


@truth(
    "invariant",
    source="docs/claims.md",
    kills="a verdict or badge that depends on how much was asked",
)
def test_one_run_gives_one_tally(war, stored, found, tmp_path):
    """From --json, --quick, --flips, Python, the brief and the report; a blank is no badge."""
    whole, marks = tally(kautilya("claims", war, "--run", stored, "--json").stdout)
    quick, blank = tally(kautilya("claims", war, "--run", stored, "--json", "--quick").stdout)
    assert whole == quick == {one.row.id: one.verdict for one in found[""].verdicts}
    assert marks == {one.row.id: one.badge for one in found[""].verdicts}
    assert {marks[name] for name, badge in blank.items() if not badge} >= {"emergent"}
    assert all(badge in ("", marks[name]) for name, badge in blank.items())
    made = kt.judge(war, run=stored)
    assert {one["id"]: one["verdict"] for one in made["claims"]} == whole
    assert made["verdicts"] == json.loads(json.dumps(found[""].counts))
    alone = kt.judge(war, "supply-matters", run=stored)["claims"][0]
    assert (alone["verdict"], alone["badge"]) == (whole["supply-matters"], marks["supply-matters"])


@truth("invariant", source="docs/claims.md", kills="verdicts of a run replaced by lesser ones")
def test_kept_verdicts_are_not_replaced_by_less(war, stored, found, tmp_path):
    """Flips stay before badges, badges before --quick; claims of another file are not kept."""
    file = stored / "claims.json"
    keep(found[""])
    held = file.read_bytes()
    mine = tmp_path / "mine.toml"
    mine.write_text((war / "claims.toml").read_text())
    for more in (
        ["--quick"],
        [],
        ["--quick", "--file", mine],
        ["--quick", "--as-of", "2022-06-01"],
        ["--quick", "--id", "they-met"],
        ["--quick", "--under", "no_supply"],
    ):
        assert kautilya("claims", war, "--run", stored, *more).exit_code == 0
        assert file.read_bytes() == held, more
    other = json.loads(held) | {"claims_digest": "of another text of claims.toml"}
    file.write_text(json.dumps(other))
    kautilya("claims", war, "--run", stored, "--quick")
    assert json.loads(file.read_text())["quick"] is True
    keep(found[""])
    assert json.loads(file.read_text())["flips"] is True


@truth("invariant", source="docs/claims.md", kills="claims judged on a run that nobody named")
def test_the_run_is_named(war, tmp_path, monkeypatch):
    """The newest in ./runs; the answer says which, of how many, and how to name one."""
    monkeypatch.chdir(tmp_path)
    for name, futures in (("runs/a", 128), ("runs/b", 256)):
        run(str(war), futures, 3, out=tmp_path / name)
    made = kt.judge(war, "they-met")
    assert made["run"].endswith("runs/b") and made["futures"] == 256 and made["seed"] == 3
    assert "newest of 2" in made["run_chosen"] and "--run" in made["run_chosen"]
    shown = " ".join(kautilya("claims", war, "--id", "they-met").stdout.split())
    assert "runs/b" in shown and "256 futures" in shown and "newest of 2" in shown
    assert "named" in kt.judge(war, "they-met", run="runs/a")["run_chosen"]


@truth("invariant", source="promises of the docs", kills="a claim in full without its flip")
def test_one_claim_in_full(found):
    made = found[""]
    one = next(v for v in made.verdicts if v.row.id == "shells-last")
    said = "\n".join(str(b) for b in sentences.one(made._replace(verdicts=(one,))).blocks)
    assert "<- threshold 1 million" in said and "What decides" in said
    assert "smallest change that flips it" in said and "--set" in said and "A. Writer" in said


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@truth(
    "required",
    source="a claim in full is at most twelve lines, without names of the code",
    kills="a table among the lines; the verdict lost for want of room; an id of a figure",
)
def test_one_claim_fits_a_dozen_lines(found, width):
    made = found[""]
    for one in (one for one in made.verdicts if one.verdict != "untestable"):
        said = sentences.fitted(made._replace(verdicts=(one,)), width)
        assert len(said) <= sentences.LINES and all(len(line) <= width for line in said)
        assert said[0] == one.row.says and any(one.verdict.upper() in line for line in said)
        told = " ".join(said).split("Judged on")[0]
        assert not re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]|\[", told), told


@truth("invariant", source="promises of the docs", kills="verdicts that the report forgets")
def test_report_and_brief(war, stored, found, tmp_path):
    keep(found[""])
    page = write_report(load_run(stored), tmp_path / "r.html", scenario=scenarios.load(war))
    text = page.read_text()
    assert "What the sentences come to" in text and "shells last" in text
    assert text.index("(emergent: ") < text.index("(record: ")
    made = brief.write(brief.Judged(found[""]))
    for title in ("Bottom line", "Key judgements", "Indicators", "What would change a judgement"):
        assert f"## {title}" in made.text
    assert len(made.text.split()) <= 450
    for what in ("Who runs short", "Who supplies", "What decides"):
        assert what in made.text
    shown = [line for line in made.text.splitlines() if "likelihood ratio" in line]
    assert len(shown) >= 3, shown
    dated = re.compile(r"- (By|Short of that, by) (the end of )?202\d")
    assert [one for one in shown if not dated.match(one)] == []
    html = brief.write(brief.Judged(found[""]), "html", tmp_path / "b.html")
    assert "<h2>Bottom line</h2>" in (tmp_path / "b.html").read_text() and html.file


@truth("required", source="a brief of any scenario", kills="a brief that needs claims")
def test_a_brief_without_claims(war, stored, tmp_path):
    folder = tmp_path / "war"
    shutil.copytree(war, folder)
    (folder / "claims.toml").unlink()
    text = brief.write(brief.Judged(judge(str(folder), Asked(run=str(stored), bare=True)))).text
    assert "Who runs short" in text and "likelihood ratio" in text and "## Key" not in text
    with pytest.raises(KautilyaError):
        judge(str(folder), Asked(run=str(stored)))


@truth("invariant", source="promises of the docs", kills="a traceback; a run started in vain")
@pytest.mark.parametrize(
    "asked",
    [
        Asked(id="no-such-claim"),
        Asked(under=("no_such_lever",)),
        Asked(file="no_such_file.toml"),
        Asked(run="no_such_run"),
        Asked(as_of="yesterday"),
    ],
)
def test_mistakes_are_told(war, stored, asked):
    from dataclasses import replace

    asked = asked if asked.run else replace(asked, run=str(stored))
    with pytest.raises(KautilyaError) as error:
        judge(str(war), asked)
    assert error.value.remedy


@truth("invariant", source="promises of the docs", kills="a brief that fails after all was judged")
def test_formats_of_the_brief(tmp_path, monkeypatch):
    for to, out in (("pdf", None), ("html", None)):
        with pytest.raises(KautilyaError):
            brief.check(to, out)
    monkeypatch.setattr(brief, "find_spec", lambda name: None)
    with pytest.raises(KautilyaError, match="python-docx"):
        brief.check("docx", tmp_path / "b.docx")


@pytest.mark.slow
@truth("invariant", source="docs/claims.md", kills="levers pulled throughout that change nothing")
def test_claims_under_levers(war, stored, found):
    made = kt.judge(war, "supply-matters", under="no_supply", run=stored)
    assert made["under"] == ["no_supply"]
    assert made["claims"][0]["probability"] == 0, "nothing is left to take away"
    assert found["supply-matters"].chance.value > 0.9
