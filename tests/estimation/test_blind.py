"""Blind tables: what no estimate may see moves none, and the page shows what the tool makes."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from support.conventions import ROOT, shared_file, shared_root, truth

from kautilya.estimation.suppliers import readiness, requests, weights
from kautilya.estimation.suppliers.classes import CLASS, CLASSES, PAIR, REGISTER, Rows
from kautilya.estimation.suppliers.panel import COMPANIONS, PANEL


@cache
def builder() -> ModuleType:
    """tools/build_blind.py as a module."""
    path = ROOT / "tools" / "build_blind.py"
    spec = importlib.util.spec_from_file_location("build_blind", path)
    assert spec and spec.loader
    module = sys.modules["build_blind"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sketched(n: int = 500) -> Rows:
    """Made-up pair-years of Iran, Iraq, Russia and India in 1978-91, a tenth with a delivery of a class."""
    rng = np.random.default_rng(8)
    keys = pd.DataFrame({"s": rng.integers(1, 40, n), "r": rng.choice([630, 645, 365, 750], n)})
    keys = keys.assign(year=rng.integers(1978, 1992, n), panel=True, weight=1.0)
    pair, by_class = rng.normal(size=(n, len(PAIR))), rng.normal(size=(n, len(CLASSES), len(CLASS)))
    for name in ("new", "ever", "freq15"):
        pair[:, PAIR.index(name)] = rng.random(n) < 0.5
    return Rows(keys, pair, by_class, (rng.random((n, len(CLASSES))) < 0.1).astype(float))


def altered(rows: Rows, which: np.ndarray) -> Rows:
    """Other covariates, and deliveries turned round, in the rows ``which``."""
    turned = np.where(which[:, None], 1.0 - rows.came, rows.came)
    pair = np.where(which[:, None], -rows.pair, rows.pair)
    pair[:, PAIR.index("new")] = rows.column("new")
    return rows._replace(
        pair=pair, by_class=np.where(which[:, None, None], 3.0, rows.by_class), came=turned
    )


@truth(
    "invariant",
    source="docs/supplier-protocol.md, blind tests 1 and 2",
    kills="a row of the recipients, or a request, that reaches the estimates; years beside the war left out too",
)
def test_hidden_rows_move_no_estimate(monkeypatch):
    """Bit for bit the same whatever stands in those rows; other rows, and other years of the same
    recipients, move the fits. Asking for the table of requests is a failure here."""
    monkeypatch.setattr(requests, "read", lambda *_: pytest.fail("a blind estimate read a request"))
    tool, rows = builder(), sketched()
    keys = rows.keys

    def said(blind, given: Rows) -> dict:
        return readiness.kept(tool.estimated(given, blind, (tool.NOW,))[0], tool.UNTIL)

    at = keys["r"].isin([630, 645])
    war, beside = at & keys["year"].between(1980, 1988), at & ~keys["year"].between(1980, 1988)
    of_war, of_russia = said(tool.WAR, rows), said(tool.RUSSIA, rows)
    assert said(tool.WAR, altered(rows, war.to_numpy())) == of_war
    assert said(tool.WAR, altered(rows, beside.to_numpy())) != of_war
    assert said(tool.RUSSIA, altered(rows, (keys["r"] == 365).to_numpy())) == of_russia
    assert of_russia["standing"]["alpha"] != of_war["standing"]["alpha"]


@truth(
    "invariant",
    source="docs/supplier-protocol.md, blind test 2",
    kills="answers to Russia among those that the scenario's rows rest on",
)
def test_requests_of_the_buyer_are_not_heard(tmp_path: Path):
    """Whatever was asked and answered in the rows of recipient RUS, the table that is read is the same."""
    table = pd.read_csv(shared_file(requests.FILE), dtype=str, keep_default_na=False)
    own = (table["recipient"] == weights.BUYER).to_numpy()
    assert own.sum() > 10
    table.loc[own, "answer"], table.loc[own, "candidate"] = "supplied", "FRA"
    (tmp_path / "facts").mkdir()
    table.to_csv(tmp_path / requests.FILE, index=False)
    (tmp_path / requests.CODES).write_bytes(shared_file(requests.CODES).read_bytes())
    real, other = (weights.heard(root, "2024-08-10") for root in (shared_root(), tmp_path))
    assert len(real) > 50
    pd.testing.assert_frame_equal(real, other)


@pytest.mark.parametrize("name", ["RUSSIA", "WAR"])
@truth(
    "invariant",
    source="docs/supplier-protocol.md, change 6",
    kills="a delivery that is struck and still counts in what other pairs have; one struck that is not meant",
)
def test_what_is_struck_is_nowhere(name: str, tmp_path: Path):
    """Whatever the register has of those recipients and years, its struck copy is the same, and lacks nothing else."""
    tool = builder()
    folder, blind = shared_file(f"data/{PANEL}").parent, getattr(tool, name)
    one, other, changed = (tmp_path / part for part in ("one", "other", "changed"))
    for path in (one, other, changed):
        path.mkdir()
    for path in folder.iterdir():
        (changed / path.name).symlink_to(path)
    for file in (COMPANIONS["deliveries"], REGISTER):
        table = pd.read_csv(folder / file, float_precision="round_trip")
        mine = tool.hidden(table, blind)
        assert 0 < mine.sum() < len(table)
        table.loc[mine, "tiv"] += 7.0
        (changed / file).unlink()
        table[~mine | (np.arange(len(table)) % 2 == 0)].to_csv(changed / file, index=False)
    tool.struck(folder, blind, one), tool.struck(changed, blind, other)
    for file in (COMPANIONS["deliveries"], REGISTER):
        assert (one / file).read_bytes() == (other / file).read_bytes()
        kept = pd.read_csv(one / file, float_precision="round_trip")
        table = pd.read_csv(folder / file, float_precision="round_trip")
        rest = table[~tool.hidden(table, blind)].reset_index(drop=True)
        pd.testing.assert_frame_equal(kept, rest)
    panel, whole = pd.read_parquet(one / PANEL), pd.read_parquet(folder / PANEL)
    mine = tool.hidden(whole, blind)
    assert whole.loc[mine, "y"].sum() > 0 and panel.loc[mine, ["y", "tiv"]].to_numpy().sum() == 0
    pd.testing.assert_frame_equal(panel[~mine], whole[~mine])


@truth(
    "closed-form",
    source="two lists by hand",
    kills="a precision over all that delivered; ties in another order",
)
def test_precision_at_eight():
    tool = builder()
    came = np.array([True, False, True, False, False, False, False, False, True, True])
    assert tool.first(np.arange(10.0)[::-1], came) == 2 / 8
    assert tool.first(np.zeros(10), came) == 2 / 8
    assert tool.first(np.arange(10.0), came) == 3 / 8
    assert [tool.share(x) for x in (1.0, 0.625, 0.125, 0.0)] == ["1.00", ".63", ".13", ".00"]


@pytest.mark.slow
@truth(
    "slow-twin",
    source="the register, estimated and ranked anew",
    kills="a figure of the blind tables that the tool no longer makes",
)
def test_the_page_shows_what_the_tool_makes():
    made = builder().both(shared_file(f"data/{PANEL}").parent)
    page = (ROOT / "docs" / "supplier-protocol.md").read_text(encoding="utf-8").splitlines()
    assert len(made) > 30 and [line for line in made if line not in page] == []
