"""Resolve the predictions kept in docs/predictions with a later record, for the scoreboard.

    python tools/build_resolved.py FOLDER [FOLDER ...]     folders of files of the record; then run
                                                           tools/build_record.py for the page

Only windows that begin in 2024-10 or later count. Writes the cases of each file, and those that both
files answer; no row of the record itself is kept.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from kautilya.validation import labels, predictions, resolution, scoreboard

ROOT = Path(__file__).resolve().parents[1]
HEAD = "# made by tools/build_resolved.py; run it anew, do not edit\n"
FILES = {"version 0.1.0": "0.1.0.json", "the engine of version 0.2.0": "0.2.0.json"}
SINCE = "2024-10"
COLUMNS = (
    "table id forecaster kind series first months low said high came score brier log in50 in80 in90"
).split()


def main(folders: list[str]) -> None:
    """Write validation/record/predictions.csv."""
    seen = resolution.record_of([Path(one) for one in folders])
    made, parts = [], []
    for title, name in FILES.items():
        file = predictions.read(ROOT / "docs" / "predictions" / name)
        made.append(file)
        parts.append(resolution.resolve(file, seen, SINCE).cases.assign(table=title.capitalize()))
    both = resolution.resolve(predictions.joined(made), seen, SINCE).cases
    shared = both.groupby("id")["forecaster"].transform("nunique") == len(FILES)
    parts.append(both[shared].assign(table=scoreboard.COMMON))
    found = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    text = found.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    (labels.FOLDER / f"{scoreboard.PREDICTED}.csv").write_text(HEAD + text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
