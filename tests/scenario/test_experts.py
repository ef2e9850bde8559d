"""Experts' quantiles: pooled, their disagreement kept and shown, refused where they cannot be."""

from __future__ import annotations

import time

import numpy as np
import pytest
from support.conventions import truth

from kautilya import scenario as scenarios
from kautilya.scenario import experts
from kautilya.scenario.assemble import assemble
from kautilya.scenario.distributions import quantile
from kautilya.scenario.schema import Expert
from kautilya.scenario.starters import Asked

HEAD = "id,expert,p05,p25,p50,p75,p95,weight,unit,source,date,grade,status,note\n"
END = "tank,assumed,2022-01,F6,assumed,a test\n"
ROW = "opening-AAA-tank"


def said(expert: str, weight=None, **values) -> Expert:
    plain = {"id": ROW, "unit": "tank", "source": "assumed", "date": "2022-01", "grade": "F6"}
    return Expert(**plain, status="assumed", note="x", expert=expert, weight=weight, **values)


@pytest.fixture
def war(tmp_path):
    folder = scenarios.new("war", tmp_path, "war", Asked(length=6))
    table = folder / "quantities.csv"
    text = table.read_text(encoding="utf-8")
    old = f"{ROW},opening.stock,AAA,,tank,prewar,,,500,800,1200,tank,triangular,"
    assert old in text
    new = f"{ROW},opening.stock,AAA,,tank,prewar,,,,,,tank,experts,"
    table.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def write(folder, *rows):
    (folder / "experts.csv").write_text(
        HEAD + "".join(r + "," + END for r in rows), encoding="utf-8"
    )


@truth(
    "closed-form", source="stone1961", kills="quantiles averaged; ends at the outermost quantile"
)
def test_the_pool_is_the_mean_of_probabilities():
    """A: quarter points 2 and 4; B: 6 and 8; ends a tenth of 6 beyond: 1.4 and 8.6."""
    pool = experts.pooled([said("A", p25=2.0, p75=4.0), said("B", p25=6.0, p75=8.0)])
    p, x = np.array(pool.points).T
    assert (x[0], x[-1]) == pytest.approx((1.4, 8.6))
    assert np.interp(4.0, x, p) == pytest.approx(0.5 * 0.75 + 0.5 * 0.25 * 2.6 / 4.6)
    assert pool.at(0.5) == pytest.approx(5.0)
    assert experts.pooled([said("A", p25=2.0, p75=4.0)]).between == 0
    tilted = experts.pooled([said("A", 3.0, p25=2.0, p75=4.0), said("B", 1.0, p25=6.0, p75=8.0)])
    q, y = np.array(tilted.points).T
    assert np.interp(4.0, y, q) == pytest.approx(0.75 * 0.75 + 0.25 * 0.25 * 2.6 / 4.6)


@truth(
    "closed-form", source="law of total variance", kills="disagreement measured by medians alone"
)
def test_disagreement_is_its_share_of_the_variance():
    """By 400,000 draws: the variance of the experts' means over that of the pool."""
    rows = [said("A", p05=1.0, p50=2.0, p95=4.0), said("B", p05=6.0, p50=9.0, p95=20.0)]
    pool = experts.pooled(rows)
    u = (np.arange(400_000) + 0.5) / 400_000
    ends = (0.0, 20 + 0.1 * 19)
    own = []
    for row in rows:
        p = np.array([(0, ends[0]), *experts.given(row), (1, ends[1])]).T
        own.append(np.interp(u, *p))
    whole = np.var(np.interp(u, *np.array(pool.points).T))
    assert pool.between == pytest.approx(np.var([x.mean() for x in own]) / whole, rel=1e-4)


@truth(
    "required", source="docs/scenario-format.md", kills="experts that are read and not drawn from"
)
def test_a_figure_is_drawn_from_the_pool_and_says_who_said_what(war):
    write(war, f"{ROW},A. Smith,100,,200,,300,", f"{ROW},B. Jones,800,,900,,1000,")
    assert scenarios.check(war) == []
    assert any("% of the variance is disagreement" in one.found for one in scenarios.notes(war))
    made = scenarios.load(war)
    row = next(one for one in made.quantities if one.id == ROW)
    assert "A. Smith 200" in row.note and "B. Jones 900" in row.note and "disagreement" in row.note
    drawn = next(one for one in assemble(made).quantities if one.id == ROW)
    u = np.linspace(0.01, 0.99, 99)
    values = quantile(drawn, u)
    assert ((values < 310).mean(), (values > 790).mean()) == pytest.approx((0.5, 0.5), abs=0.06)
    assert row.low == pytest.approx(quantile(drawn, np.array([0.05]))[0])


@pytest.mark.parametrize(
    "rows,found",
    [
        ((f"{ROW},A,300,,200,,100,",), "is not above"),
        ((f"{ROW},A,100,,100,,300,",), "is not above"),
        ((f"{ROW},A,,,200,,,",), "1 quantile"),
        (("opening-AAB-tank,A,1,,2,,3,", f"{ROW},A,1,,2,,3,"), "no figure of distribution"),
        (("nothing,A,1,,2,,3,", f"{ROW},A,1,,2,,3,"), "no figure of distribution"),
        ((f"{ROW},A,1,,2,,3,2", f"{ROW},B,1,,2,,3,"), "no weight"),
        ((f"{ROW},A,1,,2,,3,-1",), "a weight of -1"),
        ((f"{ROW},A,1,,2,,3,", f"{ROW},A,1,,2,,4,"), "duplicate"),
        ((), "no expert says anything"),
    ],
)
@truth(
    "required", source="docs/scenario-format.md", kills="quantiles that fall, drawn from in silence"
)
def test_what_cannot_be_is_refused(war, rows, found):
    write(war, *rows)
    told = [one.found for one in scenarios.check(war)]
    assert any(found in one for one in told), told


@truth("order", kills="a name of any length; numbers whose squares are none; a note of every name")
def test_names_and_numbers_have_bounds():
    with pytest.raises(ValueError, match="at most 120"):
        said("A" * 121, p05=1.0, p95=2.0)
    for wrong in ({"p05": -1e308}, {"p95": 1e308}, {"weight": 1e308}):
        with pytest.raises(ValueError, match="1e\\+30"):
            said("A", **{"p05": 1.0, "p95": 2.0} | wrong)
    rows = [said(name, p05=1.0, p95=2.0) for name in "ABCDE"]
    assert "pooled of 1 expert:" in experts.pooled(rows[:1]).says()
    assert "of 5 experts" in (told := experts.pooled(rows).says()) and "; and 2 more;" in told


@truth("order", kills="ten seconds for a name of 100,000 letters")
def test_a_long_name_costs_nothing(war):
    write(war, f"{ROW},{'A' * 100_000},400,600,800,1000,1500,")
    begin = time.process_time()
    assert any("at most 120" in one.remedy for one in scenarios.check(war))
    assert time.process_time() - begin < 3
