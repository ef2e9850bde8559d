"""A toy account for the tests: one store, one line, two years, its figures as plain text."""

from __future__ import annotations

from pathlib import Path

ACCOUNTS = """
schema = 1
run_profile = "both_sides"

[[account]]
id = "red_tank"
actor = "RED"
goods = ["tank"]
units = ["tank"]
says = "Red tanks"
breaks = ["2022-01", "2023-01", "2024-01"]

[[account.node]]
id = "active"
opening = [0, 5000]
stages = ["line"]

[[account.flow]]
id = "produced"
into = "active"
most = 100

[[account.flow]]
id = "lost"
out_of = "active"
most = 400

[[account.flow]]
id = "hits"
most = 500

[[account.flow]]
id = "claimed"
most = 1000

[[account.bind]]
id = "permanent"
what = "lost"
of = "hits"
low = 0.5
high = 1
note = "toy"

[[account.bind]]
id = "face"
what = "claimed"
of = "lost"
low = 1
high = 1
reading = "face"
note = "toy"

[[account.bind]]
id = "bias"
what = "claimed"
of = "hits"
low = 1
high = 2
reading = "biased"
note = "toy"

[[read]]
measure = "seen_lost"
take = "hits"
sense = "at_least"

[[read]]
measure = "claimed_lost"
take = "claimed"

[[side]]
actor = "BLU"
originators = ["blue*"]
"""
SCENARIO = """schema = 1
id = "toy"
title = "A toy account"
question = "What do the figures allow?"
start = "2022-01"
as_of = 2024-01-31
horizon = "2024-01"
laws = ["tempo"]
caution = "A toy."
"""
ACTORS = "code,name,kind,note\nRED,Red,state,\nBLU,Blue,state,\n"
GOODS = """good,unit,stage,holders,description
tank,tank,line,RED,
tube_round,tube_round,,RED,
"""
QUANTITIES = (
    "id,parameter,actor,partner,good,stage,label,month,low,central,high,unit,"
    "distribution,source,date,grade,status,note\n"
)
SOURCES = """key,title,originator,publisher,date,url,note
iiss,Balance,IISS,IISS,2023,,
paper_a,Story,IISS,Daily A,2023,,
seen,Seen,Watchers,Watchers,2023,,
blue,Claims,Blue staff,Blue staff,2023,,
"""
HEADER = (
    "id,actor,partner,good,measure,stage,from,to,low,central,high,unit,tag,source,date,"
    "grade,status,note\n"
)


def figure(
    name: str, measure: str, span: str, low: float | str, high: float | str, **more: str
) -> str:
    """One line of figures.csv; span 'from:to'."""
    first, _, last = span.partition(":")
    told = {
        "unit": "tank",
        "source": "iiss",
        "date": "2024-01-15",
        "grade": "B2",
        "tag": "",
        "stage": "line" if measure == "stock" else "",
        "partner": "",
        "good": "tank",
        "actor": "RED",
    } | more
    return (
        f"{name},{told['actor']},{told['partner']},{told['good']},{measure},{told['stage']},"
        f"{first},{last or first},{low},,{high},{told['unit']},{told['tag']},{told['source']},"
        f"{told['date']},{told['grade']},reported,\n"
    )


def folder(path: Path, figures: list[str], accounts: str = ACCOUNTS) -> Path:
    """Write a toy scenario and return its folder."""
    path.mkdir(exist_ok=True)
    (path / "accounts.toml").write_text(accounts, encoding="utf-8")
    for name, text in (
        ("scenario.toml", SCENARIO),
        ("actors.csv", ACTORS),
        ("goods.csv", GOODS),
        ("quantities.csv", QUANTITIES),
    ):
        (path / name).write_text(text, encoding="utf-8")
    (path / "sources.csv").write_text(SOURCES, encoding="utf-8")
    (path / "figures.csv").write_text(HEADER + "".join(figures), encoding="utf-8")
    return path


PEACE = [
    figure("open", "stock", "2022-01", 1000, 1200),
    figure("made", "produced", "2022-01:2022-12", 100, 120, unit="tank/year"),
    figure("close", "stock", "2022-12", 300, 500),
    figure(
        "seen",
        "seen_lost",
        "2022-01:2022-12",
        400,
        400,
        source="seen",
        tag="counted",
        date="2023-01-10",
    ),
]
CLAIM = figure(
    "claim",
    "claimed_lost",
    "2022-01:2022-12",
    1300,
    1300,
    source="blue",
    grade="D4",
    date="2023-01-02",
)
