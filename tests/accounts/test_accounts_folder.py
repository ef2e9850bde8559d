"""An audit reads a folder as a run does: through the one guarded reader."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.accounts_toy import ACCOUNTS, PEACE, folder
from support.conventions import truth

from kautilya.accounts import audit
from kautilya.accounts.feeds import misread, mistakes
from kautilya.accounts.figures import inputs
from kautilya.errors import KautilyaError
from kautilya.scenario import check, load


def linked(path: Path, name: str, to: str) -> None:
    (path / name).unlink(missing_ok=True)
    (path / name).symlink_to(to)


def piped(path: Path, name: str) -> None:
    (path / name).unlink(missing_ok=True)
    os.mkfifo(path / name)


BROKEN = {
    "a device": (lambda p: linked(p, "sources.csv", "/dev/zero"), "leads out of the folder"),
    "a pipe": (lambda p: piped(p, "figures.csv"), "not a regular file"),
    "a link out": (lambda p: linked(p, "accounts.toml", "/etc/hostname"), "out of the folder"),
    "a context linked out": (
        lambda p: ((p / "context").mkdir(), linked(p, "context/figures.csv", "/etc/hostname")),
        "out of the folder",
    ),
    "not UTF-8": (lambda p: (p / "accounts.toml").write_bytes(b'a = "\xff"'), "not UTF-8"),
    "UTF-16": (lambda p: (p / "accounts.toml").write_bytes("a = 1".encode("utf-16")), "UTF-16"),
    "no key": (lambda p: (p / "sources.csv").write_text("publisher\nx\n"), "'key' is missing"),
    "a context row without a month": (
        lambda p: (
            (p / "context").mkdir(),
            (p / "context" / "figures.csv").write_text(
                (p / "figures.csv").read_text().replace("2022-12", "2022-13", 1)
            ),
        ),
        "2022-13",
    ),
    "a folder for a file": (
        lambda p: ((p / "accounts.toml").unlink(), (p / "accounts.toml").mkdir()),
        "not a regular file",
    ),
}


@truth("invariant", kills="a second reader of the same files, without the first one's guards")
@pytest.mark.parametrize("name", BROKEN)
def test_what_a_run_refuses_the_audit_refuses(tmp_path, name):
    toy = folder(tmp_path / "toy", PEACE)
    breaking, expected = BROKEN[name]
    breaking(toy)
    with pytest.raises(KautilyaError, match=expected):
        audit(toy)


@truth("invariant", kills="a byte-order mark read as part of the first column's name")
def test_a_byte_order_mark_is_no_mistake(tmp_path):
    toy = folder(tmp_path / "toy", PEACE)
    plain = set(audit(toy).bounds.figure)
    (toy / "figures.csv").write_bytes(b"\xef\xbb\xbf" + (toy / "figures.csv").read_bytes())
    assert set(audit(toy).bounds.figure) == plain == {"open", "made", "close", "seen"}


@truth("invariant", kills="files read from disk after the scenario was loaded")
def test_a_loaded_scenario_is_read_no_more(tmp_path):
    known = load(folder(tmp_path / "toy", PEACE))
    for path in Path(known.folder).iterdir():
        path.unlink()
    assert {f.id for f in inputs(known).figures} == {"open", "made", "close", "seen"}
    assert len(audit(known).bounds) == 4


@truth("required", kills="accounts.toml told in a second round; a mistake of it without a line")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[[account]]", "[[account]", "Expected"),
        ('says = "Red tanks"', 'says = "Red tanks"\nflows = "red"', "flow"),
        ('into = "active"', 'into = "elsewhere"', "no node"),
        ("most = 100", "most = 1e308", "1e+30"),
    ],
)
def test_accounts_are_told_beside_other_mistakes(tmp_path, old: str, new: str, said: str):
    toy = folder(tmp_path / "toy", PEACE, ACCOUNTS.replace(old, new, 1))
    number = next(
        k for k, one in enumerate((toy / "accounts.toml").read_text().splitlines(), 1)
        if new.splitlines()[-1] in one
    )  # fmt: skip
    alone = mistakes(toy) if new != "[[account]" else misread(toy)
    (toy / "figures.csv").write_text(
        (toy / "figures.csv").read_text().replace("2022-12", "2022-13")
    )
    assert check(toy) and misread(toy) == alone
    assert any(said in f"{one.found} {one.remedy}" for one in alone)
    assert [one.line for one in alone][:1] == [number]


@truth("order", kills="an end that is left open taken for a number that is none")
def test_an_end_may_be_open_and_a_number_may_not(tmp_path):
    old = next(line for line in ACCOUNTS.splitlines() if line.startswith("high = "))
    toy = folder(tmp_path / "toy", PEACE, ACCOUNTS.replace(old, "high = inf"))
    assert misread(toy) == []
    toy = folder(tmp_path / "toy", PEACE, ACCOUNTS.replace("most = 100\n", "most = inf\n"))
    assert any("finite" in one.remedy for one in misread(toy))
