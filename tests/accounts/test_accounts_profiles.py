"""Which figures are accepted, what untagged ones mean, and what is visible at a date."""

from __future__ import annotations

import pytest
from support.accounts_toy import ACCOUNTS, CLAIM, PEACE, figure, folder
from support.conventions import truth

from kautilya.accounts import audit
from kautilya.accounts.figures import accepted, inputs, profile
from kautilya.errors import KautilyaError

ROUNDS = """
schema = 1
run_profile = "both_sides"
[[account]]
id = "red_round"
actor = "RED"
goods = ["tube_round"]
units = ["round", "tube_round"]
says = "Red rounds"
breaks = ["2022-01", "2023-01"]
need = ["tube"]
[[account.node]]
id = "tube"
opening = [0, 1000]
[[account.node]]
id = "rocket"
opening = [0, 1000]
[[account.flow]]
id = "fired_tube"
out_of = "tube"
most = 100
[[account.flow]]
id = "fired_rocket"
out_of = "rocket"
most = 100
[[account.flow]]
id = "came"
into = "tube"
most = 10
[[account.read]]
measure = "fired"
tag = "untagged"
take = "fired_tube"
up_to = "fired_tube + fired_rocket"
[[account.read]]
measure = "fired"
take = "fired_tube"
"""


def named(given, accept):
    chosen = profile(given.declared, accept)
    return {f.id for f in accepted(given.figures, chosen, given.declared)[0]}


@truth("closed-form", kills="a profile that lets a dropped side or grade through")
def test_profiles_by_side_grade_and_sight(tmp_path):
    given = inputs(folder(tmp_path / "toy", [*PEACE, CLAIM]))
    everything = {"open", "made", "close", "seen", "claim"}
    assert named(given, "all") == named(given, "both_sides") == everything
    assert named(given, "all_but_belligerents") == everything - {"claim"}
    assert named(given, "visual_only") == {"seen"}
    assert named(given, "grade:C3") == everything - {"claim"}
    assert named(given, "side:BLU") == everything
    with pytest.raises(KautilyaError, match="is no profile"):
        profile(given.declared, "everyone")


@truth("closed-form", kills="a figure seen before it was published")
def test_as_of_hides_what_came_later(tmp_path):
    toy = folder(tmp_path / "toy", [*PEACE, CLAIM])
    found = audit(toy, as_of="2023-06-30")
    assert set(found.bounds.figure) == {"seen", "claim"}
    assert found.unused.set_index("figure").why["open"] == (
        "published 2024-01-15, after the as-of date"
    )
    assert set(audit(toy, as_of="2024-01-15").bounds.figure) == set(audit(toy).bounds.figure)


@truth("closed-form", kills="an imprecise date taken at its earliest day")
def test_a_year_alone_counts_from_its_end(tmp_path):
    toy = folder(tmp_path / "toy", [figure("y", "stock", "2022-01", 1, 2, date="2023")])
    assert audit(toy, as_of="2023-12-30").bounds.empty
    assert len(audit(toy, as_of="2023-12-31").bounds) == 1


@truth("closed-form", kills="an untagged figure read as tube rounds alone")
def test_untagged_rounds_widen_to_the_union(tmp_path):
    """600 rounds of unknown kind: tube alone is anything up to 600, both together at least 600."""
    fired = figure(
        "f", "fired", "2022-01:2022-12", 600, 600, unit="round", tag="untagged", good="tube_round"
    )
    found = audit(folder(tmp_path / "toy", [fired], ROUNDS))
    rows = found.accounts.set_index(["node", "term"])
    assert tuple(rows.loc[("tube", "fired_tube"), ["low", "high"]]) == pytest.approx((0, 600))
    assert rows.loc[("rocket", "fired_rocket")].high == pytest.approx(1000)
    assert found.bounds.widened.all()
    assert any("Untagged figures" in note and "f" in note for note in found.notes)
    tagged = audit(
        folder(tmp_path / "toy", [fired.replace("round,untagged", "tube_round,tube")], ROUNDS)
    )
    rows = tagged.accounts.set_index(["node", "term"])
    assert tuple(rows.loc[("tube", "fired_tube"), ["low", "high"]]) == pytest.approx((600, 600))


@truth("closed-form", kills="an account of use that claims to be tested without an opening stock")
def test_without_an_opening_stock_the_account_says_so(tmp_path):
    """50 a month kept up for a year, with up to 120 gained, needs 480 to 600 at the start."""
    fired = figure(
        "f",
        "fired",
        "2022-01:2022-12",
        50,
        50,
        unit="tube_round/month",
        tag="tube",
        good="tube_round",
    )
    found = audit(folder(tmp_path / "toy", [fired], ROUNDS))
    assert any("Without an opening stock the account cannot fail" in n for n in found.notes)
    (need,) = found.needs.to_dict("records")
    assert (need["opening_low"], need["opening_high"]) == pytest.approx((480, 600))


@truth("closed-form", kills="units or days that are not converted to the account's months")
def test_rates_become_totals(tmp_path):
    day = figure(
        "d", "fired", "2022-01:2022-12", 1, 1, unit="tube_round/day", tag="tube", good="tube_round"
    )
    found = audit(folder(tmp_path / "toy", [day], ROUNDS))
    rows = found.accounts.set_index(["node", "term"])
    assert rows.loc[("tube", "fired_tube")].low == pytest.approx(365.25)
    with pytest.raises(KautilyaError, match="unit 'kg/day' does not convert"):
        audit(folder(tmp_path / "toy", [day.replace("tube_round/day", "kg/day")], ROUNDS))


@truth("closed-form", kills="a range of rivals treated as one statement")
def test_rival_originators_of_one_range_are_taken_apart(tmp_path):
    split = (
        ACCOUNTS
        + """
[[split]]
figure = "open"
id = "open-low"
low = 1000
high = 1000
originator = "One"
note = "toy"
[[split]]
figure = "open"
id = "open-high"
low = 1200
high = 1200
originator = "Two"
note = "toy"
"""
    )
    toy = folder(tmp_path / "toy", PEACE, split)
    found = audit(toy, conflicts=True)
    assert [set(f) for f in found.conflicts.figures] == [{"open-low", "open-high"}]
    assert set(audit(toy, accept="both_sides").bounds.figure) == {"open", "made", "close", "seen"}


@truth("invariant", kills="a mistake in accounts.toml that passes in silence")
@pytest.mark.parametrize(
    "old,new,expected",
    [
        ('into = "active"', 'into = "elsewhere"', "no node 'elsewhere'"),
        ("most = 100", "most = -1", "greater than 0"),
        ("opening = [0, 5000]", "opening = [9, 5]", "low 9.0 > high 5.0"),
        ('"2022-01", "2023-01"', '"2023-01", "2023-01"', "breaks do not increase"),
        ('what = "lost"', 'what = "gone"', "neither node nor flow 'gone'"),
        ("schema = 1", "schema = 2", "schema"),
        ('says = "Red tanks"', 'says = "Red tanks"\ncolour = "red"', "colour"),
        ("[[account]]", "[[account]", "Expected|after"),
        ('id = "hits"', 'id = "lost"', "'lost' is declared twice"),
    ],
)
def test_wrong_accounts_are_refused(tmp_path, old, new, expected):
    with pytest.raises(KautilyaError, match=expected):
        audit(folder(tmp_path / "toy", PEACE, ACCOUNTS.replace(old, new, 1)))


@truth("invariant", kills="an accounts file that is absent or nested without end")
@pytest.mark.parametrize(
    "text,expected",
    [
        ("a = " + "[" * 50_000, "nested 50000 deep"),
        (".".join("a" * 5_000) + " = 1", "nested 5000 deep"),
        ("[" + ".".join("a" * 5_000) + "]", "nested 5000 deep"),
        ("schema = 1\nschema = 1", "given twice"),
    ],
)
def test_monstrous_accounts(tmp_path, text, expected):
    with pytest.raises(KautilyaError, match=expected) as error:
        audit(folder(tmp_path / "toy", PEACE, text))
    assert error.value.place.startswith("accounts.toml:")


@truth("invariant", kills="a scenario without accounts audited as if it had some")
def test_absent_accounts(tmp_path):
    toy = folder(tmp_path / "toy", PEACE)
    (toy / "accounts.toml").unlink()
    with pytest.raises(KautilyaError, match="no such file"):
        audit(toy)


@truth("invariant", kills="an account asked for that is not there, or a figure named by chance")
def test_asking_for_what_is_not_there(tmp_path):
    toy = folder(tmp_path / "toy", PEACE)
    with pytest.raises(KautilyaError, match="red_tank"):
        audit(toy, good="submarines")
    with pytest.raises(KautilyaError, match="names no accepted figures"):
        audit(toy, figure="submarines 2023")
    assert set(audit(toy, good="tanks", actor="RED").accounts.account) == {"red_tank"}


@truth("order", kills="a step that widens the bounds")
def test_steps_only_narrow(tmp_path):
    steps = audit(folder(tmp_path / "toy", [*PEACE, CLAIM]), figure="claim").steps
    assert len(steps) == len(PEACE) + 1
    assert (steps.low.diff().dropna() >= -1e-9).all()
    assert (steps.high.diff().dropna() <= 1e-9).all()
    assert tuple(steps.iloc[-1][["low", "high"]]) == pytest.approx((600, 1020))
