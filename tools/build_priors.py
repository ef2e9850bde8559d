"""Rows of the flagship that rest on the supplier panel: estimate, compare, write.

    python tools/build_priors.py            the table: row, what the stored estimates give, declared
    python tools/build_priors.py --check    the same; exit code 1 if a declared row disagrees
    python tools/build_priors.py --record   estimate anew on the outside panel, then as --check
    python tools/build_priors.py --write    as --record, and put rows that disagree on the grid

The estimates are kept in src/kautilya/validation/record/priors.csv; the rule is that of
kautilya.estimation.suppliers.weights. Rows that agree are left as they are, so that results do not move.
"""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from flagship_io import SCENARIO, plain

from kautilya import scenario as scenarios
from kautilya.estimation import outside
from kautilya.estimation.suppliers import features, load, weights
from kautilya.estimation.suppliers.panel import PANEL
from kautilya.validation import labels

FLAGSHIP = "russia_dprk_2024"
HEAD = "# made by tools/build_priors.py; run it anew, do not edit\n"
PLACES = {"quantities.csv": ("low", "central", "high"), "covariates.csv": ("low", "value", "high")}


def estimated() -> pd.DataFrame:
    """The record anew, from the outside panel."""
    path = outside.need(f"data/{PANEL}")
    return weights.made(features(load(path)), path.parent)


def replace(wrong: pd.DataFrame, record: pd.DataFrame) -> None:
    """Put the rows that disagree on the grid; every other byte of the tables stays."""
    want = weights.rounded(record)
    for name, columns in PLACES.items():
        path, lines = SCENARIO / name, []
        head: list[str] = []
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            cells = line.split(",")
            head = head or (cells if not line.startswith("#") else [])
            row = cells[0] if name == "quantities.csv" else " ".join(cells[:2])
            if row in set(wrong["row"]) and row in want.index:
                for column, part in zip(columns, want.columns, strict=True):
                    cells[head.index(column)] = plain(want.loc[row, part])
                line = ",".join(cells)
            lines.append(line)
        path.write_text("".join(lines), encoding="utf-8")


def main(arguments: list[str]) -> Any:
    """Do what the arguments say."""
    if arguments not in ([], ["--check"], ["--record"], ["--write"]):
        sys.stderr.write(__doc__ or "")
        return 2
    fresh = arguments in (["--record"], ["--write"])
    if fresh:
        text = estimated().to_csv(index=False, float_format="%.6g", lineterminator="\n")
        (labels.FOLDER / "priors.csv").write_text(HEAD + text, encoding="utf-8")
    record = labels.read("priors")
    table = weights.compared(record, scenarios.load(FLAGSHIP))
    print(table.round(3).to_string(index=False))
    wrong = table[~table["agrees"]]
    if arguments == ["--write"]:
        replace(wrong, record)
        return 0
    return int(bool(arguments) and len(wrong) > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
