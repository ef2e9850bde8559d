"""Luck: the generator against published vectors, its names, its distributions."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry_2x32
from scipy import stats
from support.conventions import truth

import kautilya.core  # noqa: F401
from kautilya.core.emit import Emitter, Outcome
from kautilya.core.law import Draw, Law, Series, Var
from kautilya.core.loop import Inputs, simulator
from kautilya.core.luck import bits, seed_words, shaped, stream, streams, uniform
from kautilya.core.model import build
from kautilya.core.world import OUTSIDE, LabelSet, Row, World
from kautilya.runs.draws import probabilities

MANY = 100_000
KINDS = {
    "normal": (stats.norm(), 0.0, 1.0, 0.0, 3.0),
    "uniform": (stats.uniform(), 0.5, 1 / 12, 0.0, 1.8),
    "logistic": (stats.logistic(), 0.0, np.pi**2 / 3, 0.0, 4.2),
    "exponential": (stats.expon(), 1.0, 1.0, 2.0, 9.0),
}


def words(seed: int, month: int, ids: list[int], futures: np.ndarray) -> np.ndarray:
    """Both words [2, draws, futures]."""
    out = bits(
        jnp.asarray(seed_words(seed)),
        jnp.uint32(month),
        jnp.asarray(ids, jnp.uint32),
        jnp.asarray(futures, jnp.uint32),
    )
    return np.stack([np.asarray(word) for word in out])


@pytest.mark.parametrize(
    "key,counter,out",
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
@truth(
    "published",
    source="Random123 known-answer tests, threefry2x32 of 20 rounds (salmon2011)",
    kills="another generator, or fewer rounds",
)
def test_known_answers(key, counter, out):
    found = threefry_2x32(jnp.array(key, jnp.uint32), jnp.array(counter, jnp.uint32))
    assert tuple(int(x) for x in found) == out


@truth("slow-twin", source="salmon2011", kills="counter and key swapped, month left out of the key")
def test_bits_in_plain_python():
    """Counter (stream, future), key from (seed, month): the generator written out with integers."""
    futures = np.array([0, 1, 4_000_000_000])
    seen = words(2**40 + 5, 7, [stream("a", "b"), 3], futures)
    key = threefry((2**8, 5), (7, 0x4B415554))
    for i, name in enumerate((stream("a", "b"), 3)):
        for j, future in enumerate(futures):
            assert tuple(seen[:, i, j]) == threefry(key, (name, int(future)))


def threefry(key: tuple[int, int], counter: tuple[int, int]) -> tuple[int, int]:
    """Threefry-2x32 with 20 rounds, from the paper's table of rotations."""
    mask, turns = 0xFFFFFFFF, (13, 15, 26, 6, 17, 29, 16, 24)
    keys = (*key, key[0] ^ key[1] ^ 0x1BD11BDA)
    x, y = (counter[0] + keys[0]) & mask, (counter[1] + keys[1]) & mask
    for turn in range(20):
        x = (x + y) & mask
        shift = turns[turn % 8]
        y = ((y << shift | y >> (32 - shift)) & mask) ^ x
        if turn % 4 == 3:
            part = turn // 4 + 1
            x = (x + keys[part % 3]) & mask
            y = (y + keys[(part + 1) % 3] + part) & mask
    return x, y


@truth("invariant", source="STYLE 7", kills="draws that depend on how many futures are asked for")
def test_the_number_of_futures_does_not_matter():
    ids = [stream("law", "draw", str(i)) for i in range(5)]
    whole = words(0, 3, ids, np.arange(300))
    for some in (np.arange(100), np.arange(299, -1, -1), np.array([250]), np.arange(128, 256)):
        np.testing.assert_array_equal(words(0, 3, ids, some), whole[:, :, some])


@truth("invariant", source="STYLE 7", kills="draws that shift when a law is added")
def test_the_order_of_streams_does_not_matter():
    ids = [stream("law", "draw", str(i)) for i in range(40)]
    order = np.random.default_rng(1).permutation(40)
    np.testing.assert_array_equal(
        words(9, 0, [ids[i] for i in order], np.arange(64)),
        words(9, 0, ids, np.arange(64))[:, order],
    )


@truth("invariant", source="STYLE: refuse `if seed:`", kills="seed 0 treated as no seed")
def test_seeds_are_data():
    """Seed 0 repeats, and seeds that differ in one word only give other luck."""
    seen = {seed: words(seed, 0, [1], np.arange(64)) for seed in (0, 1, 2**32, 2**64 - 1)}
    np.testing.assert_array_equal(seen[0], words(0, 0, [1], np.arange(64)))
    assert len({value.tobytes() for value in seen.values()}) == len(seen)
    for wrong in (-1, 2**64):
        with pytest.raises(ValueError, match="outside"):
            seed_words(wrong)


@truth("invariant", source="STYLE 7", kills="a month, stream or future left out of the key")
def test_streams_are_distinct_and_look_independent():
    """Over months, streams and futures no word repeats, and correlations are noise (4.5 sd)."""
    seen = [
        uniform(
            tuple(words(5, month, [stream("law", "x", str(i)) for i in range(4)], np.arange(4096)))
        )
        for month in (0, 1, 70, 0xFFFFFFFF)
    ]
    rows = np.concatenate([np.asarray(one) for one in seen])
    assert len(np.unique(rows)) == rows.size
    apart = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(apart).max() < 4.5 / np.sqrt(4096)
    lagged = np.corrcoef(rows[:, 1:].ravel(), rows[:, :-1].ravel())[0, 1]
    assert abs(lagged) < 4.5 / np.sqrt(rows.size)


@pytest.mark.parametrize("kind", KINDS)
@truth("closed-form", source="moments of the distributions", kills="a scale, a sign or a tail")
def test_moments(kind):
    """Mean, variance, skewness and kurtosis of 1e5 draws within 5 standard errors; KS 1 in 1e4."""
    law, mean, var, skew, kurt = KINDS[kind]
    u = uniform(tuple(words(2, 11, [stream("law", kind)], np.arange(MANY))))
    x = np.asarray(shaped(kind, u))[0]
    assert np.all(np.isfinite(x)) and stats.kstest(x, law.cdf).pvalue > 1e-4
    assert abs(x.mean() - mean) < 5 * np.sqrt(var / MANY)
    assert x.var() == pytest.approx(var, abs=5 * var * np.sqrt((kurt - 1) / MANY))
    assert stats.skew(x) == pytest.approx(skew, abs=0.15)
    assert stats.kurtosis(x, fisher=False) == pytest.approx(kurt, rel=0.1)


@truth("closed-form", source="inverse distribution functions", kills="u = 0 or 1")
def test_the_ends_are_open():
    """52 bits, half a step away from 0 and 1."""
    for value, end in ((0, 2.0**-53), (0xFFFFFFFF, 1 - 2.0**-53)):
        word = jnp.full((1, 1), value, jnp.uint32)
        u = uniform((word, word))
        assert float(u[0, 0]) == end
        assert all(np.isfinite(float(shaped(kind, u)[0, 0])) for kind in KINDS)
    with pytest.raises(ValueError, match="unknown kind"):
        shaped("cauchy", jnp.ones((1, 1)))


@truth("invariant", source="core/luck.py", kills="two draws that share their luck")
def test_a_collision_of_names_is_refused():
    assert len(set(streams([("a", "bc"), ("ab", "c"), ("a", "b", "c")]))) == 3
    with pytest.raises(ValueError, match="share a stream"):
        streams([("law", "x"), ("law", "x")])


@truth("invariant", source="luck", kills="streams numbered instead of named")
def test_a_law_or_a_label_more_leaves_streams_alone():
    """Luck is keyed by the label: another order of actors or another law keeps every stream."""

    def found(codes: tuple[str, ...], *names: str) -> dict:
        world = World(("2022-01",), {"actor": LabelSet("actor", codes)}, ())
        laws = [
            Law(name, "observe", lambda view: {}, draws=(Draw("luck", ("actor",), "normal"),))
            for name in names
        ]
        layout = build(world, laws).layout
        return {
            (name, code): layout.monthly[layout.slots[name, "luck"].start + i]
            for name in names
            for i, code in enumerate(codes)
        }

    plain = found(("AAA", "AAB"), "one")
    for more in (found(("AAB", "AAA"), "one"), found(("AAA", "AAC", "AAB"), "nil", "one", "two")):
        assert all(more[key] == value for key, value in plain.items())


@truth(
    "invariant",
    source="core/law.py: a draw after the record",
    kills="luck drawn where the record spares it, or spared where it has nothing; bits that move",
)
def test_what_the_record_spares_is_not_drawn():
    """Months 0 and 2 are on record. Elsewhere the draws are those of a law that draws each month."""

    def found(when: str) -> np.ndarray:
        law = Law(
            "one", "observe", lambda view: {"out": view.luck["luck"]},
            draws=(Draw("luck", ("actor",), "normal", when),),
            series=(Series("told", ("actor",), "1", "told", missing=-1.0),),
            writes=(Var("out", ("actor",), "1", "out"),),
        )  # fmt: skip
        rows = tuple(Row(place, "nothing", "") for place in OUTSIDE)
        sets = {"actor": LabelSet("actor", ("AAA", "AAB"))}
        model = build(World(("0", "1", "2", "3", "4"), sets, rows), [law])
        none = np.zeros((5, 0))
        told = np.array([[-1, 2], [-1, -1], [0, 0], [3, 3], [-1, -1]], float)
        given = Inputs(
            seed_words(3), np.arange(4, dtype=np.uint32), np.zeros((0, 4)), np.zeros((0, 4)),
            none.astype(int), none.astype(int), none, none, none, told,
            np.array([1.0, 1, 1, 0, 0]),
        )  # fmt: skip
        nowhere = np.zeros(0, np.int32)
        out = Outcome("out", "variable", "out", nowhere, nowhere, (2,))
        return np.asarray(simulator(model, Emitter((out,), np.arange(5)))(given).outcomes["out"])

    spared, each = found("after"), found("month")
    assert (spared[[0, 2]] == 0).all() and (each != 0).all()
    np.testing.assert_array_equal(spared[[1, 3, 4]], each[[1, 3, 4]])


@truth("invariant", source="runs/draws.py", kills="a figure's draw that depends on the others")
def test_figures_keep_their_draws():
    one = probabilities(["b"], 0, np.arange(50))
    np.testing.assert_array_equal(probabilities(["a", "b"], 0, np.arange(80))[1:, :50], one)
