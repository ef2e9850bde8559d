"""Gravity estimates against the printed tables of the WTO-UNCTAD guide."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from support.conventions import shared_file, truth

import kautilya.trade as trade
from kautilya.errors import KautilyaError

pytest.importorskip("pyfixest")
YEARS = (1986, 1990, 1994, 1998, 2002, 2006)
TIES = ("ln_dist", "cntg", "lang", "clny")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    table = pd.read_parquet(shared_file("data/gravity_yotov_69c_1986_2006.parquet"))
    table = table[table.year.isin(YEARS)]
    for name, side in (("ln_y", "exporter"), ("ln_e", "importer")):
        table = table.assign(**{name: np.log(table.groupby([side, "year"]).trade.transform("sum"))})
    return table.assign(
        ln_dist=np.log(table.dist), intl_brdr=(table.exporter != table.importer).astype(float)
    )


@pytest.fixture(scope="module")
def border(panel) -> tuple[pd.DataFrame, trade.GravityFit]:
    """The guide's chapter 2: 2006, own trade included."""
    table = panel[panel.year == 2006]
    return table, trade.estimate_gravity(
        table,
        variables=("ln_dist", "cntg", "intl_brdr"),
        effects=("exporter", "importer"),
        cluster="pair_id",
    )


@truth(
    "published",
    source="truth/gravity_guide_ch1.csv; yotov2016",
    kills="own trade left in; zeros dropped from PPML; another small-sample correction",
)
@pytest.mark.parametrize(
    ("column", "estimator", "rows"),
    [("ols", "ols", 25689), ("fe", "ols", 25689), ("ppml", "ppml", 28152)],
)
def test_guide_chapter_1(panel, column, estimator, rows):
    told = pd.read_csv(shared_file("truth/gravity_guide_ch1.csv"), comment="#")
    told = told.set_index("variable").dropna(subset=[column])
    abroad = panel[panel.exporter != panel.importer]
    effects = ("exporter^year", "importer^year")
    if column == "ols":
        effects = ()
    fit = trade.estimate_gravity(
        abroad, variables=tuple(told.index), effects=effects, estimator=estimator, cluster="pair_id"
    )
    assert fit.observations == rows
    for name in told.index:
        assert fit.coefficients[name] == pytest.approx(told.loc[name, column], abs=1e-3)
        assert fit.standard_errors[name] == pytest.approx(told.loc[name, f"{column}_se"], abs=1e-3)


@truth(
    "published",
    source="truth/gravity_guide_ch2_conditional.csv; yotov2016",
    kills="a loose stop of the iterated weights",
)
def test_guide_chapter_2_coefficients(border):
    table, fit = border
    assert fit.observations == len(table) == 4761
    assert fit.coefficients == pytest.approx(
        {"ln_dist": -0.7912879, "cntg": 0.6736455, "intl_brdr": -2.47445}, abs=1e-5
    )


@pytest.fixture(scope="module")
def without_border(border):
    """Conditional equilibrium of the guide's chapter 2, and its states."""
    table, fit = border
    states = sorted(table.exporter.unique())

    def square(name):
        return table.pivot(index="exporter", columns="importer", values=name).to_numpy(float)

    b = fit.coefficients
    after = np.exp(b["ln_dist"] * square("ln_dist") + b["cntg"] * square("cntg"))
    before = after * np.exp(b["intl_brdr"] * square("intl_brdr"))
    flows = square("trade")
    world = trade.conditional_equilibrium(
        before, after, flows.sum(1), flows.sum(0), 7.0, states.index("DEU")
    )
    return world, after / before, states


@truth(
    "published",
    source="truth/gravity_guide_ch2_conditional.csv; yotov2016",
    kills="sigma in place of sigma - 1; own trade counted as exports",
)
def test_guide_chapter_2_exports(without_border):
    world, _, states = without_border
    told = pd.read_csv(shared_file("truth/gravity_guide_ch2_conditional.csv"), comment="#")
    told = told.set_index("country").loc[states, "export_change_pct"].to_numpy()
    old, new = (level.flows.sum(1) - np.diag(level.flows) for level in (world.before, world.after))
    np.testing.assert_allclose(100 * (new / old - 1), told, atol=1e-4)


@truth(
    "published",
    source="yotov2016 ch. 2 app. 1, full endowment equilibrium: within 1.0 point, "
    "the guide stops at price changes of 0.01; exact solve to the third decimal",
    kills="additive deficits where the guide keeps E/Y; another numeraire",
)
def test_guide_chapter_2_full_equilibrium(without_border):
    before_after, change, states = without_border
    world = trade.general_equilibrium(
        before_after.before.flows, change ** (-1 / 6.0), 6.0, "multiplicative"
    )
    unit = world.prices[states.index("DEU")]
    printed = {"USA": (11.1409, 0.4421, 10.6517), "POL": (30.505, -9.5079, 44.2171)}
    exact = {"USA": (10.963, 0.254, 10.681), "POL": (30.565, -9.528, 44.315)}
    for state, told in printed.items():
        k = states.index(state)
        found = [
            100 * (float(x) - 1)
            for x in (
                world.wages[k] / unit,
                world.prices[k] / unit,
                world.wages[k] / world.prices[k],
            )
        ]
        assert found == pytest.approx(told, abs=1.0)
        assert found == pytest.approx(exact[state], abs=6e-4)


ROWS = {"trade": [8.0, 4.0, 2.0, 1.0], "z": [0.0, 0.0, 1.0, 1.0], "s": list("aabb")}
WRONG = [
    ({"variables": ["w"]}, {}, "no column 'w'"),
    ({"variables": []}, {}, "no regressor"),
    ({"estimator": "nls"}, {}, "estimator"),
    ({"cluster": "pair"}, {}, "no column 'pair'"),
    ({"effects": ["s^year"]}, {}, "no column 'year'"),
    ({"variables": ["z | s"]}, {}, "cannot stand in a formula"),
    ({}, {"trade": [8.0, -4.0, 2.0, 1.0]}, "negative trade"),
    ({}, {"trade": list("8421")}, "not a number"),
    ({}, {"z": [0.0, 0.0, np.nan, 1.0]}, "table row 2, column 'z'"),
    ({}, {"z": [0.0, 0.0, np.inf, 1.0]}, "not finite"),
    ({}, {"z": list("abab")}, "column 'z': not a number"),
    ({}, {"trade": [0.0] * 4}, "0 of 4 rows|nothing can be estimated"),
    ({"effects": ["s"]}, {}, "no coefficient for z"),
    ({"effects": ["s"]}, {"trade": [0.0] * 4}, "0 of 4 rows"),
]


@truth("closed-form", source="the contract of estimate_gravity", kills="a check left out")
@pytest.mark.parametrize(("call", "table", "says"), WRONG)
def test_pointed_errors(call, table, says):
    with pytest.raises(KautilyaError, match=says):
        trade.estimate_gravity(ROWS | table, **({"variables": ["z"], "effects": []} | call))


@truth(
    "closed-form",
    source="the contract of estimate_gravity",
    kills="an import error where pyfixest is absent",
)
def test_says_which_extra_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    with pytest.raises(KautilyaError, match=r"pip install 'kautilya\[trade\]'"):
        trade.estimate_gravity(ROWS, variables=["z"], effects=[])


def made(states: int = 12) -> pd.DataFrame:
    """A year of trade that falls with z; the size is the exporter's own."""
    rng = np.random.default_rng(1)
    ex, im = (x.ravel() for x in np.meshgrid(range(states), range(states), indexing="ij"))
    z = rng.uniform(0, 2, states * states)
    return pd.DataFrame(
        {
            "exporter": ex,
            "importer": im,
            "year": 2006,
            "z": z,
            "size": 1.0 * ex,
            "trade": np.exp(5 - z + rng.normal(0, 0.3, states * states)),
        }
    )


@truth(
    "closed-form",
    source="a regressor that its effects hold has no coefficient",
    kills="a regressor that is dropped and not named",
)
@pytest.mark.parametrize("estimator", ["ppml", "ols"])
def test_absorbed_regressors_are_named(estimator):
    table = made().assign(twice=lambda t: 2 * t.z, one=1.0)
    fit = trade.estimate_gravity(
        table, variables=["z", "size", "twice", "one"], estimator=estimator
    )
    assert len(fit.absorbed) == 3 and set(fit.coefficients) | set(fit.absorbed) == {
        "z",
        "size",
        "twice",
        "one",
    }
    assert all(any(name in note for note in fit.notes) for name in fit.absorbed)
    assert trade.estimate_gravity(made(), variables=["z"], estimator=estimator).notes == ()


@truth(
    "closed-form",
    source="an exporter of zeros: 12 of 144 rows say nothing",
    kills="rows that are left out and not told, or told of the wrong state",
)
def test_rows_left_out_are_told():
    table = made()
    table.loc[table.exporter == 3, "trade"] = 0.0
    fit = trade.estimate_gravity(table, variables=["z"])
    assert fit.observations == 132
    assert any("12 of 144 rows" in note and "exporter^year 3/2006" in note for note in fit.notes)
    logs = trade.estimate_gravity(table, variables=["z"], estimator="ols")
    assert any("12 of 144 rows" in note and "zero" in note for note in logs.notes)


@truth("closed-form", source="five rows given twice", kills="doubled rows that pass unseen")
def test_doubled_rows_are_told():
    table = made()
    fit = trade.estimate_gravity(pd.concat([table, table[:5]]), variables=["z"])
    assert any("5 of 149 rows stand twice" in note for note in fit.notes)
    other = table[:7].assign(trade=1.0)
    fit = trade.estimate_gravity(pd.concat([table, other]), variables=["z"])
    assert any("7 more rows repeat an exporter, importer, year" in note for note in fit.notes)
