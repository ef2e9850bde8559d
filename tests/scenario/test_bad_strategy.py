"""Bad input of the strategic half: trade that cannot be, an empty or unknown Council."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.conventions import ROOT, truth

from kautilya.scenario import check, load
from kautilya.scenario.facts import tables
from kautilya.scenario.welfare import welfare_tables

FLAGSHIP = ROOT / "src" / "kautilya" / "scenarios" / "russia_dprk_2024"
PAIR = r"(?m)^(PRK,CHN,)[^,]*"


def council(members: str) -> tuple[str, str, str]:
    """An edit of the permanent members."""
    return (
        "scenario.toml",
        r'(\[sets.permanent\]\naxis = "actor"\nmembers = )\[.*\]',
        rf"\g<1>[{members}]",
    )


CASES = {
    "negative": (("trade.csv", PAIR, r"\g<1>-5"), "negative trade"),
    "not a number": (("trade.csv", PAIR, r"\g<1>nan"), "finite number"),
    "not text": (("trade.csv", PAIR, r"\g<1>much"), "number"),
    "a flow is missing": (("trade.csv", r"(?m)^PRK,CHN,.*\n", ""), "PRK to CHN"),
    "twice": (("trade.csv", r"(?m)^(PRK,CHN,.*\n)", r"\g<1>\g<1>"), "PRK"),
    "a state is missing": (("trade.csv", r"(?m)^(PRK,.*|[A-Z]*,PRK,.*)\n", ""), "48 pairs"),
    "no trade at all": (("trade.csv", r"(?m)^[A-Z]{3},[A-Z]{3},.*\n", ""), "600 pairs"),
    "empty council": (council(""), "the set is empty"),
    "unknown member": (council('"USA", "SOV"'), "SOV"),
    "the buyer among those whose measures hit it": (
        ("scenario.toml", r'(\[sets.sender\].*\naxis = "actor"\nmembers = )\[', r'\g<1>["RUS", '),
        "also stands in 'buyer'",
    ),
    "a sender without its months": (
        ("quantities.csv", r"(?m)^trade-state-joined-energy-jpn,.*\n", ""),
        "trade_state.joined",
    ),
}


def edited(folder: Path, edit: tuple[str, str, str], of: Path = FLAGSHIP) -> Path:
    """A scenario, by default the flagship, with one file changed."""
    mine = folder / "mine"
    shutil.copytree(of, mine)
    name, old, new = edit
    before = (mine / name).read_text()
    after = re.sub(old, new, before)
    assert after != before, "the case no longer fits the flagship"
    (mine / name).write_text(after)
    return mine


@pytest.mark.parametrize("case", CASES)
@truth(
    "order",
    source="bad input",
    kills="trade or a Council that cannot be, accepted; a "
    "traceback where a file and a line would do",
)
def test_what_cannot_be_is_refused(case: str, tmp_path: Path):
    edit, word = CASES[case]
    mine = edited(tmp_path, edit)
    found = check(mine)
    hits = [one for one in found if one.file == edit[0] and word in f"{one.found}. {one.remedy}"]
    assert hits, found
    assert all(one.remedy for one in found)


SET = (r"(?m)^\[sets\.sender\].*\n.*\n.*\n", r'(\[sets\.sender\].*\naxis = )"actor"')
SENDERS = {
    "months without the set": (
        ("scenario.toml", SET[0], ""),
        ("quantities.csv", "'trade_state.joined' is over the set 'sender'"),
    ),
    "a sender twice": (
        ("scenario.toml", r'"JPN", "KOR"\]', '"JPN", "KOR", "KOR"]'),
        ("scenario.toml", "'KOR' stands twice"),
    ),
    "senders that are no states": (
        ("scenario.toml", rf"{SET[1]}\nmembers = .*", r'\g<1>"good"\nmembers = ["component"]'),
        ("scenario.toml", "a set of goods"),
    ),
    "more than all of a flow": (
        ("covariates.csv", r"(?m)^(removed_other,RUS,KOR,)0", r"\g<1>0.6"),
        ("covariates.csv", "add up to 1.12 of what RUS sells to KOR"),
    ),
    "a share of a class that is none": (
        ("covariates.csv", r"(?m)^(removed_)energy(,RUS)", r"\g<1>enrgy\g<2>"),
        ("covariates.csv", "'removed_enrgy' is the share of no measure"),
    ),
    "a share of what a state sells to nobody in particular": (
        ("covariates.csv", r"(?m)^removed_energy,.*\n(removed_energy,RUS,\*.*\n)?", ""),
        ("covariates.csv", "removed_energy without a partner"),
    ),
    "less than nothing of a flow": (
        ("covariates.csv", r"(?m)^(removed_energy,RUS,\*,)", r"\g<1>-"),
        ("covariates.csv", "removed_energy is -0.45 of what RUS sells to"),
    ),
}


@pytest.mark.parametrize("case", SENDERS)
@truth(
    "order",
    source="bad input",
    kills="advice for another fault: a set that is missing told as a name that is misspelt, shares told "
    "as a gdp of 0, one set that is wrong told once a row",
)
def test_what_is_wrong_with_senders_is_told_where_it_is(case: str, tmp_path: Path):
    edit, (file, word) = SENDERS[case]
    mine = edited(tmp_path, edit, FLAGSHIP.parent / "sanctions_only")
    if case.endswith("in particular"):
        row = "removed_energy,*,,0.3,,,fraction,assumed,2024-08-10,F6,assumed,x\n"
        with (mine / "covariates.csv").open("a") as table:
            table.write(row)
    if case == "senders that are no states":
        rows = (mine / "quantities.csv").read_text()
        rows = re.sub(r"(?m)^trade-state-joined-(?!arms-usa).*\n", "", rows)
        rows = rows.replace("joined,USA,,,,arms", "joined,,,,,").replace("left,*", "left,")
        (mine / "quantities.csv").write_text(rows)
        toml = (mine / "scenario.toml").read_text()
        toml = re.sub(r'(?s)\[\[lever\]\]\nid = "wider_club".*?(?=\[\[outcome)', "", toml)
        (mine / "scenario.toml").write_text(toml)
    found = check(mine)
    assert [one for one in found if one.file == file and word in one.found], found
    assert len(found) == (1 if case != "months without the set" else 28)


@truth(
    "closed-form",
    source="docs: 0 where none trades",
    kills="a state that trades with nobody "
    "taken for a mistake, or that makes others' losses infinite",
)
def test_a_state_that_trades_with_nobody_is_a_world_of_its_own(tmp_path: Path):
    """Zeros in every pair of North Korea: nothing to lose, and the others' tables stay finite."""
    mine = edited(tmp_path, ("trade.csv", r"(?m)^(PRK,[A-Z]*,|[A-Z]*,PRK,)[^,]*", r"\g<1>0"))
    assert check(mine) == []
    scn = load(str(mine))
    found = welfare_tables(scn, tables(scn)[0])
    at = scn.codes.index("PRK")
    for name in ("cutoff_loss", "patron_loss"):
        assert np.abs(found[name][:, at]).max() == 0.0
        assert np.isfinite(found[name]).all()
    assert np.abs(found["sanction_response"][..., at]).max() == 0.0
