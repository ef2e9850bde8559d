"""The embargo list, recoded: which measures bind, and from when to when.

binding   a Security Council decision that forbids supplies to the government, or a measure whose
          senders had delivered at least 5 % of the recipient's arms (in trend-indicator value)
          in the 15 years before; a measure that continues another keeps its code
nominal   a request without duty, a measure on non-state parties only, or senders that had no
          deliveries to withhold

``basis``: ``read`` in the place that the note names; ``instrument-named``: the legal text is
certain but was not read again; ``recalled-unverified F6``: neither. ``end`` 2024 means in force.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kautilya.errors import KautilyaError

COLUMNS = ("recipient", "ccode", "start", "end", "senders", "instrument", "binding", "basis",
           "note")


def load_embargoes(path: Path | None = None) -> pd.DataFrame:
    """The recoded list (package file by default), columns ``COLUMNS``.

    Raises KautilyaError when a column is missing, a code is unknown or a spell ends too early.
    """
    path = path or Path(__file__).with_name("embargoes.csv")
    table = pd.read_csv(path, keep_default_na=False)
    missing = [c for c in COLUMNS if c not in table]
    if missing:
        raise KautilyaError(str(path), f"no column {', '.join(missing)}",
                            f"give {', '.join(COLUMNS)}")
    bad = table[~table["binding"].isin(["binding", "nominal"]) | (table["end"] < table["start"])]
    if len(bad):
        raise KautilyaError(f"{path.name}:{bad.index[0] + 2}", "spell or code cannot be read",
                            "binding is binding or nominal, and start is not after end")
    return table


def embargoed(table: pd.DataFrame, binding: bool = False) -> set[tuple[int, int]]:
    """(COW code, year) pairs under an embargo; only binding ones if asked."""
    rows = table[table["binding"] == "binding"] if binding else table
    return {(int(r.ccode), year) for r in rows.itertuples()
            for year in range(int(r.start), int(r.end) + 1)}
