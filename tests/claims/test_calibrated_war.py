"""Which stored runs claims are judged on, one that draws from a calibration among them."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.claims import court
from kautilya.claims.assumptions import assumptions
from kautilya.claims.judge import Asked, judge
from kautilya.errors import KautilyaError
from kautilya.runs import posterior
from kautilya.runs.ensemble import Case, load_run, run
from kautilya.scenario.assemble import assemble


@pytest.fixture(scope="module")
def learned(war, tmp_path_factory):
    """A run that draws the opening stock of shells from a narrow calibration of it."""
    scenario, place = scenarios.load(war), tmp_path_factory.mktemp("learned")
    row = next(q for q in assemble(scenario).quantities if q.id == "shells")
    draws = row.low + (row.high - row.low) * np.linspace(0.97, 0.99, 200)[:, None]
    told = [{"id": row.id, "kind": "figure", "sd_left": 0.02, "learned": True}]
    posterior.save(
        place / "post",
        [row.id],
        draws,
        {"digest": scenario.digest, "tables": {"prior and posterior": told}},
    )
    run(str(war), 1024, 3, case=Case(posterior=str(place / "post")), out=place / "run")
    return place, row


@truth(
    "closed-form",
    source="a figure that the data fixed decides nothing",
    kills="draws of a calibration weighed as if they came from the declared ranges",
)
def test_a_calibrated_run_is_judged_on_its_draws(war, learned, found):
    place, row = learned
    made = judge(str(war), Asked(run=str(place / "run")))
    after = {one.row.id: one for one in made.verdicts}["shells-last"]
    assert row.id in {d.row.id for d in found["shells-last"].decisive}
    assert found["shells-last"].verdict == "not identified" != after.verdict, after.because
    assert all(
        k.how == "calibrated" and k.ratio == 0.02
        for d, k in zip(after.decisive, after.known, strict=True)
        if d.row.id == row.id
    )
    done = load_run(place / "run")
    given = assumptions(scenarios.load(war), done)
    at = [r.id for r in given.rows].index(row.id)
    span = (given.values[at] * given.factors[at] - row.low) / (row.high - row.low)
    assert 0.96 < span.min() < span.max() < 1.0 and np.ptp(given.ranks[at]) > 0.99
    shells = done.data["shells"].sel(belligerent="AAA", month="2023-06").values
    assert after.chance.value == pytest.approx((shells > 1e6).mean())


@truth("invariant", source="bad input is named", kills="figures of another calibration")
def test_a_calibration_that_changed_is_refused(war, learned, monkeypatch):
    place, _ = learned
    done = load_run(place / "run")
    monkeypatch.setattr(court, "load_run", lambda folder: done)
    for name, said in (("post", "has changed since"), ("gone", "no posterior in this folder")):
        done.manifest["case"]["posterior"] = f"{place / name}@000000000000"
        with pytest.raises(KautilyaError, match=said):
            court.stored(scenarios.load(war), place / "run")


@truth(
    "invariant",
    source="bad input is named",
    kills="a run with levers judged as if it were the baseline; a summary read by month",
)
@pytest.mark.parametrize(
    "case, said",
    [
        (Case(keep="summary"), "--keep summary"),
        (Case(keep="shells"), "--keep shells"),
        (Case(levers=("no_supply",)), "with no_supply"),
        (Case(accept="raw"), "with --accept raw"),
        (Case(sets=("guns=1000",)), "with guns=1000"),
    ],
)
def test_only_the_scenario_as_it_stands_is_judged(war, tmp_path, case, said):
    folder = run(str(war), 64, 3, case=case, out=tmp_path / "run").folder
    with pytest.raises(KautilyaError, match=said) as error:
        court.stored(scenarios.load(war), folder)
    assert "kautilya run my_case" in error.value.remedy
