"""The page on the claim language is made from the grammar, and its examples run."""

from __future__ import annotations

import importlib.util
import re
from typing import Any

import pytest
from support.claim_case import judged
from support.conventions import ROOT, truth

from kautilya.claims.language.forms import CONSTRUCTS, FORMS
from kautilya.claims.language.syntax import GRAMMAR


def builder() -> Any:
    """tools/build_claim_docs.py as a module."""
    spec = importlib.util.spec_from_file_location(
        "claim_docs", ROOT / "tools" / "build_claim_docs.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@truth("invariant", source="house rules", kills="a page that says what the grammar once said")
def test_the_page_is_current():
    assert not builder().stale(), "run: python tools/build_claim_docs.py"


@truth(
    "invariant",
    source="claims/language/grammar.lark",
    kills="a construct without a page or an example",
)
def test_every_rule_of_the_grammar_is_explained():
    """Every named alternative of the grammar is a construct, and no other."""
    rules = set(re.findall(r"-> (\w+)", GRAMMAR.read_text(encoding="utf-8")))
    assert rules - {"given"} == set(CONSTRUCTS)  # "given" only joins a quantity to its modifiers


@pytest.mark.parametrize("name", CONSTRUCTS)
@truth("invariant", kills="an example on the page that does not run")
def test_examples_of_constructs_run(name):
    """Each is judged on a small run."""
    assert judged(CONSTRUCTS[name].example, name).truth.shape == (16,)


@truth("invariant", kills="a table of the page that lost a word")
def test_every_word_stands_on_the_page():
    said = builder().page()
    assert all(f"`{one.example}`" in said for one in (*CONSTRUCTS.values(), *FORMS.values()))
