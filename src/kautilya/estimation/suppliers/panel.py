"""The panel of embargoed recipients and the histories behind its covariates.

``load`` reads the panel and, where they lie beside it, the files it was derived from. Everything
later sees a ``World``: the delivery cube [supplier, recipient, year] and country-year series, from
which features of year t use t-1 and earlier only.

Mends: West Germany and Germany, the two Yemens and Czechoslovakia and the Czech Republic share one
line of history; the register's dead code 315 after 1992 is read as 316, and the panel's Czech rows
are counted as deliveries where the register has one.
Breaks when: a recipient was left out of the register (some are, from 2016): the panel's own
deliveries then fill the cube.

The embargo list, recoded: which measures bind, and from when to when.

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
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.estimation import outside

COLUMNS = (
    "s",
    "r",
    "year",
    "y",
    "tiv",
    "lag5",
    "lag6_15",
    "lx",
    "ally",
    "atop_defense",
    "mindist",
    "ipd",
    "ipd_na",
    "pol",
    "lc",
    "semb",
)
PANEL = "panel_embargoed_supplier_year.parquet"
SAME_LINE = {260: 255, 678: 679, 315: 316}  # predecessor: successor
WHOLE = ("s", "r", "year", "y")
COMPANIONS = {
    "deliveries": "sipri_arms_dyad_year_cow.csv",
    "ideal": "un_ideal_points_1946_2019.csv",
    "alliances": "atop_alliances_1946_2018.parquet",
}
PACTS = ["atop_defense", "atop_offense", "atop_consul"]  # reproduces the panel's ``ally``


class World(NamedTuple):
    """Histories. cube [place, place, year] million TIV; series keyed by (code, year)."""

    panel: pd.DataFrame
    place: dict[int, int]
    first: int
    cube: NDArray[np.float64]
    complete: bool
    ideal: pd.Series | None
    pacts: pd.Series | None
    defence: pd.Series | None


def check_panel(panel: pd.DataFrame, place: str = "panel") -> pd.DataFrame:
    """The panel itself; KautilyaError names missing columns, what is no number, double rows."""
    missing = [c for c in COLUMNS if c not in panel]
    if missing:
        raise KautilyaError(
            place, f"no column {', '.join(missing)}", f"The panel needs {', '.join(COLUMNS)}"
        )
    panel = outside.numbers(panel, place, COLUMNS, WHOLE)
    wrong = ~panel["y"].isin([0, 1]).to_numpy()
    if wrong.any():
        raise KautilyaError(
            place,
            f"column y, row {int(wrong.argmax()) + 1}: {str(panel['y'].iloc[wrong.argmax()])!r}",
            "Give 1 (delivered) or 0",
        )
    if panel.duplicated(["s", "r", "year"]).any():
        raise KautilyaError(place, "a supplier, recipient and year occur twice", "Keep one row")
    return panel


def _read(folder: Path, name: str) -> pd.DataFrame | None:
    path = folder / COMPANIONS[name]
    if not path.exists():
        return None
    return disk.of_csv(path) if path.suffix == ".csv" else disk.of_parquet(path)


def load(path: Path | str, companions: Path | str | None = None) -> World:
    """Read the panel at ``path`` and its companion files (by default from the same folder).

    A second panel among the companions adds the rows that ``path`` lacks (column ``asked`` false):
    they serve for fitting, not for scoring. Without companions past ties are known only inside the
    panel, alliances and ideal points only from the pair's previous year. Raises KautilyaError when
    the panel is absent or lacks columns.
    """
    path = Path(path)
    if not path.is_file():
        raise KautilyaError(str(path), "there is no panel", "give the path of a Parquet file")
    folder = Path(companions) if companions else path.parent
    panel = check_panel(outside.table(path), str(path)).assign(asked=True)
    more = folder / PANEL
    if more.exists() and not more.samefile(path):
        extra = check_panel(outside.table(more), str(more)).assign(asked=False)
        panel = pd.concat([panel, extra]).drop_duplicates(["s", "r", "year"])
    return build(panel, *(_read(folder, n) for n in ("deliveries", "ideal", "alliances")))


def build(
    panel: pd.DataFrame,
    deliveries: pd.DataFrame | None = None,
    ideal: pd.DataFrame | None = None,
    alliances: pd.DataFrame | None = None,
) -> World:
    """Histories from tables: deliveries (s, r, year, tiv), ideal (ccode, year, idealpointall),
    alliances (ccode1, ccode2, year, atop_*)."""
    panel = check_panel(panel).astype({"s": int, "r": int, "year": int}).reset_index(drop=True)
    given = deliveries if deliveries is not None else panel.iloc[:0][["s", "r", "year", "tiv"]]
    given = given.assign(s=given["s"].where((given["s"] != 315) | (given["year"] < 1993), 316))
    panel = _mend(panel, given)
    own = panel.loc[panel["y"] > 0, ["s", "r", "year", "tiv"]]
    rows = pd.concat([given[["s", "r", "year", "tiv"]], own]).drop_duplicates(["s", "r", "year"])
    line = rows.replace({"s": SAME_LINE, "r": SAME_LINE})
    codes = sorted({*line["s"], *line["r"], *panel["s"], *panel["r"]})
    heads = [int(code) for code in codes if code not in SAME_LINE]
    place = {code: n for n, code in enumerate(heads)}
    place |= {old: place[new] for old, new in SAME_LINE.items() if new in place}
    for old in set(codes) & set(SAME_LINE) - set(place):
        place[old] = len(set(place.values()))
    first = int(min(rows["year"].min() if len(rows) else 9999, panel["year"].min()))
    size, last = len(set(place.values())), int(panel["year"].max())
    cube = np.zeros((size, size, last - first + 1))
    line = line[line["year"] <= last]
    np.add.at(
        cube,
        (line["s"].map(place), line["r"].map(place), line["year"] - first),
        line["tiv"].to_numpy(float),
    )
    points = None if ideal is None else ideal.set_index(["ccode", "year"])["idealpointall"]
    pact = None if alliances is None else alliances.set_index(["ccode1", "ccode2", "year"])[PACTS]
    return World(
        panel,
        place,
        first,
        cube,
        deliveries is not None,
        points,
        None if pact is None else pact.max(axis=1),
        None if pact is None else pact["atop_defense"],
    )


def _mend(panel: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Czech rows of the panel count as deliveries where the register has one."""
    czech = given.loc[given["s"] == 316, ["r", "year", "tiv"]].rename(columns={"tiv": "seen"})
    joined = panel[["s", "r", "year"]].merge(czech, how="left", on=["r", "year"])
    hit = ((joined["s"] == 316) & joined["seen"].notna()).to_numpy()
    out = panel.copy()
    out["tiv"] = np.where(hit, joined["seen"], panel["tiv"].astype(float))
    out["y"] = np.where(hit, 1, panel["y"]).astype(int)
    return out


EMBARGO_COLUMNS = (
    "recipient",
    "ccode",
    "start",
    "end",
    "senders",
    "instrument",
    "binding",
    "basis",
    "note",
)


def load_embargoes(path: Path | None = None) -> pd.DataFrame:
    """The recoded list (package file by default), columns ``COLUMNS``.

    Raises KautilyaError when a column is missing, a code is unknown or a spell ends too early.
    """
    path = path or Path(__file__).with_name("embargoes.csv")
    table = disk.of_csv(path, keep_default_na=False)
    missing = [c for c in EMBARGO_COLUMNS if c not in table]
    if missing:
        raise KautilyaError(
            str(path), f"no column {', '.join(missing)}", f"give {', '.join(EMBARGO_COLUMNS)}"
        )
    bad = table[~table["binding"].isin(["binding", "nominal"]) | (table["end"] < table["start"])]
    if len(bad):
        raise KautilyaError(
            f"{path.name}:{bad.index[0] + 2}",
            "spell or code cannot be read",
            "binding is binding or nominal, and start is not after end",
        )
    return table


def embargoed(table: pd.DataFrame, binding: bool = False) -> set[tuple[int, int]]:
    """(COW code, year) pairs under an embargo; only binding ones if asked."""
    rows = table[table["binding"] == "binding"] if binding else table
    return {
        (int(r.ccode), year)
        for r in rows.itertuples()
        for year in range(int(r.start), int(r.end) + 1)
    }
