"""NOTICE: each supplier of data whose rows are shipped, with its terms; made from the scenarios.

python tools/build_notice.py            write it
python tools/build_notice.py --check    write nothing; exit code 1 if it is stale
"""

from __future__ import annotations

import sys
from pathlib import Path

from kautilya.layouts.recognise import LAYOUTS
from kautilya.scenario import load, names

ROOT = Path(__file__).resolve().parents[1]
TABLES = ("series.csv", "trade.csv", "covariates.csv")
HEAD = """Kautilya is licensed under Apache-2.0 (LICENSE). Its scenarios hold rows of these suppliers of data.
Made by tools/build_notice.py from the sources.csv of each scenario.
"""
TAIL = """
Rows that may not be redistributed are not shipped. Whoever has the files imports them:
"""


def text() -> str:
    """The whole file."""
    out = [HEAD]
    for name in names():
        scn = load(name)
        used = {row.source for table in TABLES for row in scn.tables.get(table, ())}
        rows = [row for row in scn.tables.get("sources.csv", ()) if row.key in used]
        out += [f"\nScenario {name}"] if rows else []
        for row in sorted(rows, key=lambda row: (row.originator, row.key)):
            out.append(
                f"- {row.originator}: {row.title}. Terms: {row.licence}. Ground: {row.ground}."
            )
    out.append(TAIL)
    out += [
        f"- {one.origin.title} ({one.origin.licence}): kautilya import FILE --layout {one.name}"
        for one in LAYOUTS
        if not one.origin.ground
    ]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    made, path = text(), ROOT / "NOTICE"
    if "--check" in sys.argv:
        sys.exit(0 if path.is_file() and path.read_text() == made else "NOTICE is stale")
    path.write_text(made)
