"""Balance: signs at the start, hazards, triangles, and no trend of its own."""

from __future__ import annotations

import numpy as np
import pytest
from support.conventions import shared_file, truth
from support.hand import Hand, Wide

from kautilya.mechanisms.balance import LAW, signs
from kautilya.networks import triangle_balance

FOES, FRIENDS = ("AAA", "BBB", "CCC", "DDD", "EEE"), ("FFF", "GGG", "HHH", "III", "JJJ")
N = len(FOES) + len(FRIENDS)
PACT = np.zeros((N, N))
PACT[5:, 5:] = np.triu(np.ones((5, 5)), 1)
HAND = Hand(
    LAW,
    {
        "signed": FOES + FRIENDS,
        "belligerent": FOES,
        "donor": (),
        "recipient": (),
        "buyer": ("FFF",),
        "supplier": ("GGG", "AAA", "KKK"),
    },
    tables={"pact": np.pad(PACT, (0, 1)), "bans": np.zeros(N + 1), "sanctioned": np.zeros(N + 1)},
)
NONE = {"base": 0.0, "memory": 1.0, "friends": 0.0, "enemies": 0.0, "conflict": 0.0, "window": 4.0}


def course(years: int, futures: int, **param) -> list[dict]:
    """Years of the law alone; luck as in the model: one draw for a tie and future."""
    rng = np.random.default_rng(3)
    var = {
        "tie_strain": Wide(np.zeros((N, N, futures))),
        "balanced": Wide(np.zeros(futures)),
        "turned": Wide(np.zeros(futures)),
        "estranged": Wide(np.zeros((3, futures))),
    }
    luck = {"patience": Wide(rng.exponential(size=(N, N, futures)))}
    out = []
    for year in range(years):
        out.append(HAND.step(month=12 * year, param=NONE | param, luck=luck, var=var))
        var = {name: Wide(value) for name, value in out[-1].items()}
    return out


@truth("closed-form", source="heider1946", kills="triangles that are counted with a wrong sign")
def test_triangles_at_the_start():
    """Five mutual enemies (10 negative triangles) and five mutual friends (10 positive)."""
    start = course(1, 2)[0]
    assert start["balanced"] == pytest.approx(0.5) and not start["turned"].any()


@truth("slow-twin", source="kautilya.networks.triangle_balance", kills="a triangle counted twice")
def test_triangles_of_turned_ties():
    """The share of one future after some ties have turned, by the public function."""
    run, sign = course(6, 2, memory=-1.0), signs(HAND.world)
    rng = np.random.default_rng(3)
    half = np.triu(rng.exponential(size=(N, N, 2))[..., 0], 1)
    now = np.where(run[-2]["tie_strain"][..., 0] > half + half.T, -sign, sign)
    edges = [(i, j, int(now[i, j])) for i, j in zip(*np.triu(now).nonzero(), strict=True)]
    assert run[-1]["balanced"][0] == pytest.approx(triangle_balance(edges))
    assert run[-1]["turned"][0] == (now != sign).sum() // 2 > 0


@truth("closed-form", source="card: chance within a window", kills="a chance a year for a window's")
def test_a_tie_turns_within_a_window_with_its_chance():
    """memory 1: 1 / (1 + e) within four years."""
    turned = course(5, 20000)[-1]["turned"].mean() / 20
    assert turned == pytest.approx(1 / (1 + np.e), abs=0.003)


@truth(
    "published",
    source="doreian2015: no monotone movement towards balance",
    kills="a drift to balance that the form itself carries",
)
def test_without_a_pull_there_is_no_trend():
    """The 90 % interval of the mean trend over five years includes 0; a pull of common enemies
    makes friends of them and moves it."""
    run = course(6, 4000)
    trend = np.asarray(run[-1]["balanced"]) - np.asarray(run[0]["balanced"])
    error = 1.645 * trend.std() / np.sqrt(len(trend))
    assert abs(trend.mean()) < error and trend.std() > 0.05
    pulled = course(6, 500, enemies=6.0)
    assert pulled[-1]["balanced"].mean() > 0.5 + 0.05


@truth("closed-form", source="card", kills="a foe, or a state without a tie, that turns away")
def test_only_a_friend_of_the_buyer_is_estranged():
    """GGG turns from FFF with the chance of a window; AAA had no tie with it, KKK none with anyone."""
    away = np.asarray(course(5, 20000)[-1]["estranged"]).mean(axis=-1)
    assert away[0] == pytest.approx(1 / (1 + np.e), abs=0.012) and not away[1:].any()


@truth("invariant", source="card: once a year", kills="a clock that runs in every month")
def test_nothing_moves_within_a_year():
    var = {"tie_strain": np.full((N, N), 0.3), "balanced": 0.4, "turned": 2.0}
    var["estranged"] = np.ones(3)
    out = HAND.step(month=7, param=NONE, luck={"patience": np.ones((N, N))}, var=var)
    assert np.all(out["tie_strain"] == 0.3) and out["balanced"] == 0.4 and out["turned"] == 2.0


@truth(
    "published",
    source="data/cow_signed_windows_01_30.csv; doreian2015",
    kills="weights in quantities.csv that are not those of the data",
)
def test_the_weights_are_those_of_the_windows():
    """Fitted anew: common friends pull; common enemies and conflicts do so within error."""
    shared_file("data/cow_signed_windows_01_30.csv")
    import sys

    from support.conventions import ROOT

    sys.path.insert(0, str(ROOT / "tools"))
    import fit_balance

    from kautilya.scenario import load

    data = fit_balance.table()
    found = fit_balance.fit(
        fit_balance.design(data), data["later"].to_numpy(float), np.ones(len(data))
    )
    told = {row.parameter: row.central for row in load("russia_dprk_2024").quantities}
    assert [told[f"balance.{name}"] for name in fit_balance.NAMES] == pytest.approx(found, abs=0.01)
