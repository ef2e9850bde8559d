"""The record of the hindcast, and its page.

    python tools/build_hindcast.py CASES.parquet FUTURES VARIANTS    the record, then the page
    python tools/build_hindcast.py                                   the page from the record

CASES.parquet is what `kautilya hindcast russia_dprk_2024 --out CASES.parquet` wrote.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from kautilya.validation import hindcast, labels, scoreboard

ROOT = Path(__file__).resolve().parents[1]
HEAD = "# made by tools/build_hindcast.py; run it anew, do not edit\n"
ABOUT = ROOT / "docs" / "scores" / "hindcast.json"
KEPT = ("coverage", "reported origins alone", "sums", "by group", "by series", "all forecasts")


def write(name: str, frame: pd.DataFrame) -> None:
    """A table of the record, six digits."""
    text = frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    (labels.FOLDER / f"{name}.csv").write_text(HEAD + text, encoding="utf-8")


def record(cases: Path, futures: str, variants: str) -> None:
    """The tables of the record from the cases of a hindcast."""
    found = pd.read_parquet(cases)
    made = hindcast.tables(found)
    columns = ["table", "series", "group", "forecast"]
    tables = pd.concat([made[name].assign(table=name) for name in KEPT], ignore_index=True)
    rest = [one for one in tables if one not in columns]
    write("hindcast", tables.reindex(columns=[*columns, *rest]))
    write("hindcast_skill", made["skill"])
    origins = sorted(found["origin"].unique())
    about = {
        "command": "kautilya hindcast russia_dprk_2024",
        "origins": f"{len(origins)} origins from {origins[0]} to {origins[-1]}",
        "futures": futures,
        "variants": variants,
    }
    ABOUT.write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Do what the arguments say."""
    if arguments:
        record(Path(arguments[0]), arguments[1], arguments[2])
    about = json.loads(ABOUT.read_text(encoding="utf-8"))
    (ROOT / "docs" / "hindcast.md").write_text(scoreboard.hindcast_page(about), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
