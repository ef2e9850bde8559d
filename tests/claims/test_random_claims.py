"""Claims at random: well-typed ones never crash, ill-typed ones always point at a column."""

from __future__ import annotations

import random
import string
import time

import numpy as np
import pytest
from hypothesis import given, settings
from support.claim_case import judged, words
from support.claim_grammar import claims, slips
from support.conventions import truth

from kautilya.claims.language.checker import checked
from kautilya.claims.language.forms import FORMS
from kautilya.claims.language.syntax import ClaimError, parse

TOKENS = (
    "(",
    ")",
    "[",
    "]",
    ",",
    "==",
    "=",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "and",
    "or",
    "not",
    "in",
    "at",
    "during",
    "from",
    "to",
    "within",
    "months",
    "of",
    "under",
    "with",
    "compared",
    "relative",
    "baseline",
    "as",
    "first",
    "time",
    "any",
    "2024",
    "2024-08",
    "2024-08-10",
    "0.05",
    "1e6 tube_round",
    "20 %",
    "12",
    "RUS",
    "PRK",
    "tank",
    "arms",
    "tube_round",
    "line",
    "F019",
    "S2397",
    "yes",
    *FORMS,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(claims())
@truth("invariant", kills="a well-typed claim that crashes, or has no answer for some future")
def test_well_typed_claims_never_crash(text):
    found = judged(text)
    assert found.truth.shape == found.finite.shape == (16,) and found.truth.dtype == bool
    assert found.value is None or found.value.shape == (16,)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(claims())
@truth("symmetry", kills="a contrary that holds in the same future as the claim")
def test_a_claim_and_its_contrary_share_no_future(text):
    """One of them holds wherever all numbers are finite."""
    one, other = judged(text), judged(f"not ({text})")
    np.testing.assert_array_equal(one.truth ^ other.truth, one.finite)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(slips())
@truth("invariant", kills="an ill-typed claim that passes, or an error without its column")
def test_ill_typed_claims_point_at_a_column(text):
    with pytest.raises(ClaimError) as caught:
        checked(parse(text), words())
    error = caught.value
    assert 1 <= error.column <= len(text) + 1 and error.found and error.remedy
    assert str(error).splitlines()[-1].strip("^ ") == ""


def garbled(luck: random.Random) -> str:
    """Noise, a heap of tokens, or an example with a few characters changed."""
    kind = luck.randrange(3)
    if kind == 0:
        letters = string.printable + "≥∧“é\0\u200b😀"
        return "".join(luck.choice(letters) for _ in range(luck.randrange(80)))
    if kind == 1:
        return " ".join(luck.choice(TOKENS) for _ in range(luck.randrange(1, 25)))
    text = list(luck.choice(list(FORMS.values())).example)
    for _ in range(luck.randrange(1, 5)):
        at = luck.randrange(len(text))
        text[at : at + luck.randrange(3)] = luck.choice((*TOKENS, *string.printable))
        text = text or [" "]
    return "".join(text) * luck.choice((1, 1, 1, 40))


def fuzz(seconds: float, least: int) -> int:
    """Number of texts tried; whatever is wrong is a ClaimError with its column."""
    luck, begun, count = random.Random(0), time.perf_counter(), 0
    while time.perf_counter() - begun < seconds or count < least:
        text = garbled(luck)
        count += 1
        try:
            checked(parse(text), words())
        except ClaimError as error:
            assert 1 <= error.column <= len(text) + 1, text
            assert str(error) and error.found, text
    return count


@truth("invariant", kills="a text that crashes the parser or the check")
def test_the_parser_survives_noise():
    """The quick version of the minute below."""
    assert fuzz(2.0, 200) >= 200


@pytest.mark.slow
@truth("invariant", kills="a text that crashes the parser or the check, found in a minute")
def test_the_parser_survives_a_minute_of_noise():
    assert fuzz(60.0, 2000) >= 2000


@truth("invariant", kills="a claim that recurses without bound")
def test_deep_and_long_claims_are_refused():
    """Nesting and length have limits that are told, not a crash."""
    for text in (
        "(" * 900 + "x" + ")" * 900,
        "not " * 499 + "x",
        "x " + "+ x " * 499,
        "-" * 1500 + "1 > 0",
        "x > 0 and " * 300,
        "1 " + "* 1 " * 480 + "> 0",
    ):
        with pytest.raises(ClaimError):
            checked(parse(text), words())
