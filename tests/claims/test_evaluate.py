"""Claims on a run made by hand, where every answer can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from support.claim_case import base, judged, share, words, worlds
from support.conventions import truth

from kautilya.claims.evaluate import Worlds, evaluate
from kautilya.claims.language.checker import checked, levers, needs
from kautilya.claims.language.forms import FORMS
from kautilya.claims.language.syntax import parse
from kautilya.errors import KautilyaError

# In 2025 North Korea sends 300 rounds and Iran 100 in futures 0 to 11; Iran 50 in 12 and 13;
# nobody in 14 and 15. From 2025-01 Russia holds 1 tube round in futures 0 to 3, 1e9 elsewhere.
COUNTED = [
    ("flow(PRK, RUS, tube_round) during 2025 == 300 tube_round", 12 / 16),
    ("flow(any, RUS, tube_round) during 2025 == 400 tube_round", 12 / 16),
    ("flow(any, RUS, tube_round) during 2025 == 0", 2 / 16),
    ("share(PRK, RUS, tube_round) during 2025 == 75 %", 12 / 16),
    ("share(PRK, RUS, tube_round) during 2025 == 0", 4 / 16),
    ("suppliers(RUS, tube_round) == [PRK, IRN] during 2025", 12 / 16),
    ("suppliers(RUS, tube_round, above=50 %) == [PRK] during 2025", 12 / 16),
    ("suppliers(RUS, tube_round) == [IRN] during 2025", 2 / 16),
    ("suppliers(RUS, tube_round) == [] during 2025", 2 / 16),
    ("suppliers(RUS, arms) == [PRK, IRN] during 2025", 12 / 16),
    ("IRN in suppliers(RUS, tube_round) during 2025", 14 / 16),
    ("[PRK, IRN] in suppliers(RUS, tube_round) during 2025", 12 / 16),
    ("suppliers(RUS, tube_round) != [IRN] during 2025", 14 / 16),
    ("count(suppliers(RUS, tube_round)) during 2025 == 2", 12 / 16),
    ("rank(PRK, RUS, tube_round) during 2025 == 1", 12 / 16),
    ("rank(IRN, RUS, tube_round) during 2025 == 1", 2 / 16),
    ("rank(IRN, RUS, tube_round) during 2025 <= 2", 14 / 16),
    ("stock(RUS, tube_round) at 2025-06 == 1 tube_round", 4 / 16),
    ("stock(RUS, tube_round) at 2024-12 == 1 tube_round", 0),
    ("ever(stock(RUS, tube_round) < 2 tube_round) from 2024-01 to 2025-12", 4 / 16),
    ("always(stock(RUS, tube_round) < 2 tube_round) during 2025", 4 / 16),
    ("always(stock(RUS, tube_round) < 2 tube_round) from 2024-12 to 2025-12", 0),
    (
        "first time(stock(RUS, tube_round) < 2 tube_round) from 2024-01 to 2027-12 == 2025-01",
        4 / 16,
    ),
    (
        "first time(stock(RUS, tube_round) < 2 tube_round) from 2024-01 to 2027-12 > 2025-01",
        12 / 16,
    ),
    ("min(stock(RUS, tube_round)) during 2025 == 1 tube_round", 4 / 16),
    ("sum(flow(PRK, RUS, tube_round)) from 2024 to 2025 == 300 tube_round", 12 / 16),
    ("mean(flow(PRK, RUS, tube_round)) from 2024 to 2025 == 150 tube_round/year", 12 / 16),
    ("median(flow(PRK, RUS, tube_round)) from 2023 to 2025 == 0", 1),
    ("max(flow(PRK, RUS, tube_round)) from 2023 to 2025 == 300 tube_round/year", 12 / 16),
    ("not share(PRK, RUS, tube_round) during 2025 > 0", 4 / 16),
    ("share(PRK, RUS, tube_round) > 0 or IRN in suppliers(RUS, tube_round) during 2025", 14 / 16),
    (
        "share(PRK, RUS, tube_round) > 0 and stock(RUS, tube_round) at 2025-12 > 2 tube_round "
        "during 2025",
        8 / 16,
    ),
    (
        "(share(PRK, RUS, tube_round) > 0 and min(stock(RUS, tube_round)) > 2 tube_round) "
        "during 2025",
        8 / 16,
    ),
    ("flow(PRK, RUS, tube_round) under aid_stops during 2025 == 150 tube_round", 12 / 16),
    (
        "flow(PRK, RUS, tube_round) during 2025 under aid_stops compared with baseline "
        "== -150 tube_round",
        12 / 16,
    ),
    (
        "flow(PRK, RUS, tube_round) during 2025 under aid_stops relative to baseline == -50 %",
        12 / 16,
    ),
    (
        "flow(PRK, RUS, tube_round) during 2025 under aid_stops with no_evasion relative to "
        "aid_stops == -0.5",
        12 / 16,
    ),
    (
        "flow(PRK, RUS, tube_round) under baseline > flow(PRK, RUS, tube_round) during 2025 under "
        "aid_stops",
        12 / 16,
    ),
    ("flow(PRK, RUS, tube_round) / flow(IRN, RUS, tube_round) during 2025 == 3", 12 / 16),
    (
        "2 * flow(IRN, RUS, tube_round) + flow(PRK, RUS, tube_round) during 2025 == 500 tube_round",
        12 / 16,
    ),
    ("-flow(PRK, RUS, tube_round) during 2025 - 100 tube_round == -400 tube_round", 12 / 16),
    ("event(visit, RUS, PRK) during 2023-07", 1),
    ("event(visit, RUS, PRK) during 2023-05", 0),
    ("event(F019) as of 2023-07-01", 0),
    ("event(visit, PRK) within 2 months of F025", 1),
    ("event(shipment, PRK, RUS, status=[alleged, reported]) as of 2022-12-01", 0),
    ("event(shipment, PRK, RUS, status=[alleged, reported]) as of 2022-12-31", 1),
    ("event(shipment, PRK, RUS, grade=A1)", 0),
    ("vote(RUS, S2397) == yes and vote(RUS, S2024_255) != yes", 1),
    ("vote(RUS, S2024_255) == no as of 2024-03-01", 0),
    ("figure(A102) > 3.5 % and figure(A102) < 3.7 %", 1),
    ("fact(sanctioned, PRK) == 1", 1),
    ("trade(CHN, USA) > 1 USD_bn", 1),
]


@pytest.mark.parametrize(("text", "wanted"), COUNTED, ids=[text[:60] for text, _ in COUNTED])
@truth(
    "closed-form",
    source="counted by hand",
    kills="a sum over the wrong cells or periods; a "
    "threshold taken as strict; a case that is not read",
)
def test_every_construct_counts_right(text, wanted):
    assert share(text) == pytest.approx(wanted)


@truth("closed-form", source="counted by hand", kills="value and threshold of another unit")
def test_value_and_threshold_stand_in_one_unit():
    """The left side, and the right side converted to it."""
    found = judged("price(RUS, tube_round) during 2025 > 1000 USD/tube_round")
    assert found.unit == "USD_m/tube_round" and found.threshold == pytest.approx(0.001)
    wanted = base()["price"].sel(year="2025", offer="tube_round").squeeze().values
    np.testing.assert_allclose(found.value, wanted)
    assert judged("event(F019)").value is None


@truth("invariant", kills="a claim called a projection that rests on the record alone")
def test_kinds_needs_and_what_it_rests_on():
    """The kind follows from what is read, the needs from the cases."""
    kinds = {
        "event(F019)": "record",
        "share(PRK, RUS, gun) during 2024 > 0": "share",
        "rank(PRK, RUS, gun) during 2024 == 1": "ranking",
        "tie(PRK, RUS) at 2024 > 0": "projection",
        "tie(PRK, RUS) at 2024 under no_treaty > 0": "counterfactual",
    }
    assert {text: judged(text).kind for text in kinds} == kinds
    found = judged("tie(PRK, RUS) at 2024 under aid_stops with no_evasion > 0 and event(F019)")
    assert found.needs == ("aid_stops+no_evasion",) and found.rests_on == ("tie",)
    assert found.evidence == ("event F019",)
    assert levers("aid_stops+no_evasion") == ("aid_stops", "no_evasion")
    claims = [checked(parse(text), words()) for text in kinds]
    assert needs(claims) == ("no_treaty",)


@truth("invariant", kills="a future that is not finite and counts as true")
def test_futures_that_are_not_finite_are_not_true():
    """They are marked, and the claim does not hold there, nor does its contrary."""
    data = base().copy(deep=True)
    data["tie"].values[3] = np.nan
    run = Worlds(data, {}, words().record)
    for text in ("tie(PRK, RUS) at 2024 > 0", "not tie(PRK, RUS) at 2024 > 0"):
        found = evaluate(checked(parse(text), words()), run)
        assert not found.finite[3] and not found.truth[3] and found.finite.sum() == 15


@truth("invariant", kills="a missing run that is taken for the baseline")
def test_missing_runs_and_outcomes_are_named():
    """A case without a run, an outcome that the run does not hold, another number of futures."""
    claim = checked(parse("tie(PRK, RUS) at 2024 under no_treaty > 0"), words())
    record = words().record
    for run, said in (
        (Worlds(base(), {}, record), "no run of this case"),
        (
            Worlds(base(), {"no_treaty": base().isel(future=slice(3))}, record),
            "3 futures beside 16",
        ),
        (Worlds(base(), {"no_treaty": base().drop_vars("tie")}, record), "not in this run"),
    ):
        with pytest.raises(KautilyaError, match=said):
            evaluate(claim, run)


@pytest.mark.parametrize("name", FORMS)
@truth("invariant", kills="an example on the page that does not run")
def test_examples_run(name):
    """Every form has an example that can be judged."""
    assert judged(FORMS[name].example, name).truth.shape == (16,)


@truth("invariant", kills="a lever's run read where the baseline is meant")
def test_the_record_is_hidden_before_its_day():
    """--as-of hides even what a claim asks for as of a later day."""
    early = Worlds(base(), worlds().levers, words().record.as_of("2023-09-20"))
    text = "event(disclosure, PRK) as of 2024-03-01"
    assert share(text) == 1
    assert not evaluate(checked(parse(text), words()), early).truth.any()
    late = "event(F043)"
    assert share(late) == 0 and share(f"{late} as of 2024-09-30") == 1


@pytest.mark.parametrize(
    "month, last",
    [
        ("2023-02", "2023-02-28"),
        ("2024-02", "2024-02-29"),
        ("2024-06", "2024-06-30"),
        ("2024-12", "2024-12-31"),
        ("2024", "2024-12-31"),
    ],
)
@truth("invariant", kills="months of 31 days: what is dated 2024-06 is not known on 30 June")
def test_a_month_is_over_on_its_last_day(month, last):
    record = words().record
    assert record.as_of(month).day() == last
    assert record.as_of(last).day(month) == record.as_of(last).day() == last


@pytest.mark.parametrize("text", [text for text, _ in COUNTED])
@truth("invariant", kills="how far a claim is from turning, with the wrong sign or of one part")
def test_the_margin_has_the_sign_of_the_truth(text):
    found = judged(text)
    if found.kind == "record":
        assert found.margin is None
        return
    told = found.finite & (found.margin != 0)
    np.testing.assert_array_equal((found.margin > 0)[told], found.truth[told])
