"""Write the record: what `kautilya validate` and the backtests found, and the pages made of it.

    python tools/build_record.py                     the numbers, and the pages
    python tools/build_record.py --skill             the pages, and what docs/scores keeps anew
    python tools/build_record.py suppliers votes     these backtests anew (full versions) as well
    python tools/build_record.py all                 every backtest anew: `make backtest`
    python tools/build_record.py --check             write nothing; exit code 1 if a page is stale

Labels, docs/validation.md and docs/scoreboard.md follow from the two tables that it writes.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd

from kautilya.validation import labels, scoreboard, validate
from kautilya.validation.backtests import BACKTESTS, Ask, backtest, finer

ROOT = Path(__file__).resolve().parents[1]
HEAD = "# made by tools/build_record.py; run it anew, do not edit\n"


def write(name: str, frame: pd.DataFrame) -> None:
    """A table of the record, ten digits."""
    path = labels.FOLDER / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    text = frame.to_csv(
        index=False, float_format="%.12g", lineterminator="\n", quoting=csv.QUOTE_MINIMAL
    )
    path.write_text(HEAD + text, encoding="utf-8")


def numbers() -> pd.DataFrame:
    """Every published number, expected against obtained."""
    checks = validate()
    missing = sorted({c.absent for c in checks if c.absent})
    if missing:
        sys.exit(f"absent, so the record cannot be written: {'; '.join(missing)}")
    return pd.DataFrame([c._asdict() for c in checks]).drop(columns="absent")


def stored(name: str) -> pd.DataFrame:
    """What `kautilya backtest NAME --json` printed where docs/scores keeps it; else no rows."""
    path = ROOT / "docs" / "scores" / f"{name}.json"
    if not path.exists():
        return pd.DataFrame(columns=["backtest"])
    found = json.loads(path.read_text(encoding="utf-8"))
    if found["quick"]:
        raise SystemExit(f"{path.name} holds a quick version; the record needs the full one")
    return pd.DataFrame(found["skill"]).assign(backtest=name, until=found["until"])


def skills(names: list[str]) -> pd.DataFrame:
    """The skill table, with the rows of the named backtests made anew."""
    path = labels.FOLDER / "skill.csv"
    old = labels.read("skill") if path.exists() else pd.DataFrame(columns=["backtest"])
    told = {name: stored(name) for name in BACKTESTS if name not in names}
    fresh = [*names, *(name for name, part in told.items() if len(part))]
    rows = [
        old[~old["backtest"].isin(fresh) & old["backtest"].isin(list(BACKTESTS))],
        *told.values(),
    ]
    for name in names:
        begun = time.monotonic()
        found = backtest(name, Ask())
        rows.append(finer(found.skill).assign(backtest=name, until=found.until))
        sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")
    order = {name: k for k, name in enumerate(BACKTESTS)}
    out = pd.concat([part for part in rows if len(part)], ignore_index=True)
    return out.sort_values("backtest", key=lambda c: c.map(order), kind="stable")


def pages(check: bool) -> int:
    """Write docs/validation.md and docs/scoreboard.md, or count the stale ones."""
    stale = 0
    for name, text in scoreboard.pages().items():
        path = ROOT / "docs" / name
        if check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            sys.stderr.write(f"docs/{name} is stale: run python tools/build_record.py\n")
            stale = 1
        elif not check:
            path.write_text(text, encoding="utf-8")
    return stale


def main(arguments: list[str]) -> Any:
    """Do what the arguments say."""
    if arguments == ["--check"]:
        return pages(check=True)
    if arguments == ["--skill"]:
        write("skill", skills([]))
        return pages(check=False)
    names = list(BACKTESTS) if arguments == ["all"] else arguments
    unknown = [name for name in names if name not in BACKTESTS]
    if unknown:
        sys.stderr.write(__doc__ or "")
        return 2
    write("validation", numbers())
    write("skill", skills(names))
    return pages(check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
