"""Thresholds, badges, identification and contradictions on made-up futures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from support.conventions import truth

from kautilya.claims.badges import NONE, Behind, Without, badge, coefficient, moved
from kautilya.claims.contradictions import Said, apart, clashes, labels, swapped
from kautilya.claims.language import meaning
from kautilya.claims.verdict import (
    GROUPS,
    VERDICTS,
    WEAK,
    Learned,
    decided,
    span,
    straddled,
    tally,
    unlearned,
)
from kautilya.claims.weighing import Chance, Weighed, certain
from kautilya.scenario.schema import Bound, Verdicts

SETTINGS = Verdicts()


def at(value, futures=1000.0):
    return Chance(value, 0.01, value, value, futures)


def weighed(*ends):
    return [Weighed(str(i), at(low), at(high)) for i, (low, high) in enumerate(ends)]


@truth(
    "required", source="a verdict means what it says", kills="the mean over weightings; >= for >"
)
@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ([(0.85, 0.9), (0.81, 0.99)], "holds"),
        ([(0.85, 0.9), (0.80, 0.99)], "cannot say"),
        ([(0.0, 0.1), (0.1, 0.19)], "fails"),
        ([(0.0, 0.1), (0.1, 0.20)], "cannot say"),
        ([(0.1, 0.9)], "cannot say"),
    ],
)
def test_every_weighting_counts(ends, verdict):
    name, because = decided(weighed(*ends), SETTINGS, "")
    assert name == verdict and bool(because) == (verdict == "cannot say")
    alike = decided(weighed((0.5, 0.5)), SETTINGS, "")[1]
    assert "50 % of futures" in alike and "between 20 and 80 %" in alike
    assert span(weighed(*ends)) == [min(e[0] for e in ends), max(e[1] for e in ends)]


@truth("required", source="a verdict means what it says", kills="a verdict on a handful of futures")
def test_few_futures_and_unidentified():
    few = [Weighed("x", at(0.99, 50), at(0.99, 50))]
    assert decided(few, SETTINGS, "")[0] == "cannot say" and "50" in decided(few, SETTINGS, "")[1]
    assert decided(weighed((0.9, 0.95)), SETTINGS, "no data") == ("not identified", "no data")
    strict = Verdicts(holds=0.95)
    assert decided(weighed((0.9, 0.95)), strict, "")[0] == "cannot say"


@truth(
    "required",
    source="a record that is weakly sourced is said to be so, not doubted",
    kills="cannot say at 100 %; a number that is drawn called weakly sourced",
)
def test_a_record_with_a_weak_source():
    for ends in ((0.6, 1.0), (0.0, 0.4)):
        name, because = decided(weighed(ends), SETTINGS, "", "C4")
        assert name == WEAK and "C4" in because and "0.60" in because
        assert decided(weighed(ends), SETTINGS, "")[0] == "cannot say"
    assert decided(weighed((0.95, 1.0)), SETTINGS, "", "A1") == ("holds", "")
    assert decided(weighed((0.0, 0.1)), SETTINGS, "", "A1") == ("fails", "")


@truth(
    "required",
    source="records, arithmetic and findings are counted apart",
    kills="one tally of everything; a group that is left out",
)
def test_no_tally_mixes_groups():
    counts = {group: {"holds": 1 + k, "fails": 2} for k, group in enumerate(GROUPS)}
    said = tally(counts)
    assert len(said) == len(GROUPS) and tally({}) == []
    for line, (group, name) in zip(said, GROUPS.items(), strict=True):
        assert line.startswith(name)
        alone = group in ("imposed", "not identified", "untestable", "")
        assert ("fail" in line) != alone, "what is no finding has no verdicts to count"
    assert tally({"record": {WEAK: 2, "holds": 1}}) == ["On record: 2 weakly sourced, 1 holds"]
    assert set(VERDICTS) - set(GROUPS) == {"holds", "fails", "cannot say", WEAK}


def decisive(low, high, status="assumed"):
    return SimpleNamespace(
        row=SimpleNamespace(status=status, grade="F6"), low_end=low, high_end=high, says="law.p"
    )


@truth(
    "required",
    source="a verdict means what it says",
    kills="a claim identified by a figure that no one learned",
)
def test_what_was_not_learned_identifies_nothing():
    alone, weak = decisive(0.1, 0.9), decisive(0.4, 0.6)
    told = Learned(None, "not calibrated; assumed only")
    assert "alone decides" in unlearned([alone], [told], SETTINGS)
    assert unlearned([weak], [told], SETTINGS) == ""
    assert unlearned([alone], [Learned(0.5, "calibrated")], SETTINGS) == ""
    assert "0.95" in unlearned([alone], [Learned(0.95, "calibrated")], SETTINGS)
    assert unlearned([decisive(0.1, 0.9, "reported")], [told], SETTINGS) == ""


def reading(outcome="lost", good="tank", first="2022-02", last="2024-08", case="", actor="RUS"):
    cells = meaning.Cells(outcome, (("belligerent", (actor,)), ("equipment", (good,))))
    months = meaning.Periods("month", (first, last))
    return meaning.Read(cells, months, "sum", case)


def compared(left, threshold=4000.0, op=">"):
    return meaning.Test(op, left, meaning.Const(threshold))


@truth(
    "required",
    source="a verdict means what it says",
    kills="bounds of another class, month or case",
)
def test_bounds_of_the_accounts_straddle():
    bound = Bound(
        share="lost_tanks",
        outcome="lost",
        labels=["tank", "RUS"],
        **{"from": "2022-02", "to": "2024-08"},
    )
    settings = SimpleNamespace(bound=[bound])
    rows = [{"share": "lost_tanks", "says": "tanks lost", "low": 3029.0, "high": 5622.0}]
    found, across = straddled(compared(reading()), 4000.0, settings, rows)
    assert across and (found.low, found.high) == (3029.0, 5622.0)
    assert straddled(compared(reading()), 3000.0, settings, rows)[1] is False
    negated = meaning.Every("not", (compared(reading()),))
    assert straddled(negated, 4000.0, settings, rows)[1]
    both = Bound(
        share="lost_tanks",
        outcome=["lost", "taken"],
        labels=["tank", "RUS"],
        **{"from": "2022-02", "to": "2024-08"},
    )
    added, twice = SimpleNamespace(bound=[both]), meaning.Sum("+", reading("taken"), reading())
    assert straddled(compared(twice), 4000.0, added, rows)[1]
    assert straddled(compared(twice), 4000.0, settings, rows) == (None, False)
    assert straddled(compared(reading()), 4000.0, added, rows) == (None, False)
    for other in (
        reading(good="ifv"),
        reading(last="2024-07"),
        reading(case="x"),
        meaning.Sum("+", reading(), reading()),
        meaning.Sum("-", reading(), reading()),
        meaning.Reduce("max", reading()),
    ):
        assert straddled(compared(other), 4000.0, settings, rows) == (None, False)


@truth(
    "required",
    source="badges and confidence stand apart from likelihood",
    kills="a certain verdict called emergent; a record called arithmetic",
)
def test_badges():
    half, all_ = np.arange(100) < 50, np.ones(100, dtype=bool)
    high = np.arange(100) < 95
    free = Behind(certain(0.5), True, NONE)
    assert badge("record", all_, free._replace(lucky=False), SETTINGS) == "record"
    assert badge("projection", half, free, SETTINGS) == "emergent"
    assert badge("projection", half, free._replace(lucky=False), SETTINGS) == "arithmetic"
    assert badge("projection", all_, free, SETTINGS) == "record"
    assert badge("projection", all_, free._replace(prior=certain(1.0)), SETTINGS) == "arithmetic"
    assert badge("counterfactual", all_, free, SETTINGS) == "emergent", "no lever is on record"
    signs = Without("c", "c", certain(0.95), None)
    assert badge("projection", all_, Behind(certain(1.0), True, signs), SETTINGS) == "emergent"
    gone = free._replace(without=Without("c", "c", certain(0.6), certain(0.7)))
    stays = free._replace(without=Without("c", "c", certain(0.9), certain(0.85)))
    assert badge("counterfactual", high, gone, SETTINGS) == "imposed"
    assert badge("counterfactual", high, stays, SETTINGS) == "emergent"
    turned = Behind(None, True, Without("c", "c", certain(0.05), certain(0.4)))
    assert badge("counterfactual", np.arange(100) < 70, turned, SETTINGS) == "imposed"
    for kind in ("projection", "counterfactual"):
        assert badge(kind, high, None, SETTINGS) == "", "what was not run leaves a blank"
    assert badge("record", all_, None, SETTINGS) == "record"


@truth("closed-form", source="a made-up law", kills="a stock taken for a weight; a free sign")
def test_the_decisive_coefficient():
    """What the law declares counts, not what the parameter is called."""

    def law(**signs):
        return SimpleNamespace(
            params=[SimpleNamespace(name=name, sign=sign) for name, sign in signs.items()]
        )

    laws = {
        "choice": law(
            stock="",
            on_enemy="assumed",
            fear="assumed",
            on_gain="declared",
            on_standing={"name": "assumed"},
        ),
        "fire": law(on_tempo=""),
    }

    def figure(parameter, low, high, label=""):
        return SimpleNamespace(parameter=parameter, low=low, central=None, high=high, label=label)

    rows = [
        figure("choice.stock", 0, 1),
        figure("fire.on_tempo", 0, 1),
        figure("choice.on_enemy", -1, 1),
        figure("choice.on_gain", 0, 1),
        figure("choice.on_standing", 0, 2, "rank"),
        figure("choice.fear", 0, 12),
    ]
    found = [SimpleNamespace(row=one) for one in rows]
    assert coefficient(found, [], laws) is rows[5]
    first = figure("choice.on_standing", 0.1, 1, "name")
    assert coefficient(found, [first], laws) is first
    assert coefficient(found[:5], [], laws) is None


@truth("closed-form", source="two luck draws", kills="rounding taken for luck")
def test_luck_is_seen():
    def one(value, true):
        return SimpleNamespace(
            value=None if value is None else np.array(value), truth=np.array(true)
        )

    assert not moved(one([1.0, 2.0], [True, False]), one([1.0, 2.0 + 1e-9], [True, False]))
    assert moved(one([1.0, 2.0], [True, False]), one([1.0, 2.1], [True, False]))
    assert moved(one(None, [True]), one(None, [False]))
    inf, nan = float("inf"), float("nan")  # x / 0 and 0 / 0, in every future of a claim
    same = one([inf, nan, -inf, 1.0], [False] * 4)
    assert not moved(same, same), "no warning, and nothing moved"
    for other in ([1.0, nan, -inf, 1.0], [inf, 1.0, -inf, 1.0], [-inf, nan, -inf, 1.0]):
        assert moved(same, one(other, [False] * 4))


@truth(
    "closed-form",
    source="sets made by hand",
    kills="sets that are not smallest; unlikely but unrelated claims",
)
def test_smallest_sets_that_clash():
    n = 3000
    third = np.arange(n) % 3
    a, b, c = third != 0, third != 1, third != 2  # any two together, never all three
    left, right = np.arange(n) < n // 2, np.arange(n) >= n // 2
    rng = np.random.default_rng(0)
    loose = [rng.uniform(size=n) < 0.3 for _ in range(3)]  # .027 together, by chance alone
    never = np.zeros(n, dtype=bool)
    names = ["a", "b", "c", "left", "right", "l0", "l1", "l2", "never"]
    found = clashes(names, np.stack([a, b, c, left, right, *loose, never]), 0.05)
    assert [one.claims for one in found] == [("left", "right"), ("a", "b", "c")]
    assert found[0].joint.value == 0 and found[0].joint.high > 0
    assert found[1].unrelated == pytest.approx(8 / 27, abs=0.01)


WORDS = SimpleNamespace(
    sets={"belligerent": ("actor", ("RUS", "UKR")), "equipment": ("good", ("tank", "ifv"))}
)


@truth(
    "closed-form",
    source="two classes of one outcome",
    kills="the class of one claim left in the other; pairs that truly clash",
)
def test_what_separates_two_claims():
    """'More than 10 tanks' and 'fewer than 10 vehicles' clash only were they the same class."""
    values = {("tank",): np.arange(2000) % 20, ("ifv",): np.arange(2000) // 20 % 20}

    def judge(term):
        found = values[dict(term.left.cells.at)["equipment"]]
        return found > term.right.value if term.op == ">" else found < term.right.value

    more, less = compared(reading(good="tank"), 10.0), compared(reading(good="ifv"), 10.0, "<")
    said = [Said("more", more), Said("less", less)]
    found = apart(said, [judge(more), judge(less)], judge, WORDS, 0.05)
    assert [(one.claims, one.aspect) for one in found] == [(("more", "less"), "class")]
    assert (found[0].first, found[0].second) == ("tank", "ifv")
    assert found[0].joint.value > 0.2 and found[0].joint_if_same.value == 0
    same = compared(reading(good="tank"), 10.0, "<")
    assert (
        apart([said[0], Said("same", same)], [judge(more), judge(same)], judge, WORDS, 0.05) == []
    )


@truth("invariant", source="terms are plain data", kills="a swap that touches another aspect")
def test_swapping_touches_one_aspect():
    one, other = (
        compared(reading()),
        compared(reading(good="ifv", actor="UKR", last="2023-12", case="aid_stops")),
    )
    for aspect, wanted in (("class", {"ifv"}), ("actor", {"UKR"}), ("case", {"aid_stops"})):
        changed = swapped(one, other, aspect, WORDS)
        assert labels(changed, aspect, WORDS) == wanted
        for left in {"class", "actor", "date", "case"} - {aspect}:
            assert labels(changed, left, WORDS) == labels(one, left, WORDS)
    assert swapped(one, other, "date", WORDS).left.periods.labels == ("2022-02", "2023-12")
