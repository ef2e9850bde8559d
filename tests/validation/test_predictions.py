"""Predictions that were written down stay as they were."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.conventions import ROOT, truth

FILES = sorted((ROOT / "docs" / "predictions").glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@truth(
    "invariant", source="docs/predictions.md", kills="a prediction that is mended once it missed"
)
def test_a_file_is_as_it_was_written(file):
    """The digest in the file is that of its text, and the page names the file."""
    said = json.loads(file.read_text(encoding="utf-8"))
    rest = {key: value for key, value in said.items() if key != "digest"}
    found = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    assert found == said["digest"]
    assert file.name in (ROOT / "docs" / "predictions.md").read_text(encoding="utf-8")


@truth(
    "recorded",
    reason="the digest was written down on the day the file was made",
    source="docs/predictions/0.1.0.json",
    kills="a file made anew with its own digest",
)
def test_the_predictions_of_the_first_version():
    """The digest that was committed first."""
    said = json.loads((ROOT / "docs" / "predictions" / "0.1.0.json").read_text(encoding="utf-8"))
    assert said["digest"] == "33b547b7e5e31f9e653469d515c225c96ca8361cac8a263f0d602ff4077ad1df"
