"""Where outside files lie: published numbers and data that may not be shipped with the package."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.layouts.sheet import raw_bytes
from kautilya.wording import many

if TYPE_CHECKING:
    import pandas as pd

PUBLISHED = MappingProxyType(
    {  # where a file comes from; docs/data.md says more
        "panel_embargoed_supplier_year.parquet": "a table of supplier, recipient and year made from "
        "the SIPRI arms transfers database (sipri.org/databases/armstransfers), ATOP (atopdata.org), "
        "the UN ideal points and COW (correlatesofwar.org)",
        "general_staff_claimed_losses_daily.csv": "russia_losses_equipment and _personnel of "
        "github.com/PetroIvaniuk/2022-Ukraine-Russia-War-Dataset",
        "oryx_events.csv": "github.com/scarnecchia/oryx_data",
        "eu_trade_with_russia_and_neighbours_monthly.parquet": "Eurostat Comext, monthly trade by "
        "partner (ec.europa.eu/eurostat), as in github.com/vzemlys/ruimpeks",
        "un_ideal_points_apr2020.csv": "Bailey, Strezhnev and Voeten, doi.org/10.7910/DVN/LEJUQZ",
        "un_ideal_points_1946_2019.csv": "Bailey, Strezhnev and Voeten, doi.org/10.7910/DVN/LEJUQZ",
        "unsc_vetoes_1946_2022.csv": "github.com/world-politics-datalab/vetoes-un-security-council",
        "cdb90_belligerents.csv": "github.com/jrnold/CDB90",
        "gravity_yotov_69c_1986_2006.parquet": "github.com/pachadotdev/tradepolicy",
        "gegravity_sample_30c_2006.csv": "github.com/peter-herman/gegravity",
        "ardennes_1944_daily.csv": "tables 1 to 3 of Fricker 1998",
        "trade_matrix_2009.parquet": "WITS/Comtrade, as in github.com/ClaudeGrasland/trade",
    }
)


def root() -> Path:
    """The folder of outside files: KAUTILYA_SHARED, or ``../shared`` beside the clone or beside
    the folder in which the command runs."""
    given = os.environ.get("KAUTILYA_SHARED")
    if given:
        return Path(given)
    beside = [Path(__file__).resolve().parents[3].parent / "shared", Path("..") / "shared"]
    return next((path for path in beside if path.is_dir()), beside[0])


def there(name: str) -> bool:
    """Whether the outside file ``name`` (such as "truth/erlang_step.csv") is at hand."""
    return (root() / name).is_file()


def need(name: str) -> Path:
    """The path of an outside file. Raises KautilyaError where it is absent."""
    path = root() / name
    if not path.is_file():
        origin = PUBLISHED.get(path.name, "see docs/data.md")
        raise KautilyaError(
            str(path),
            "this outside file is absent (it may not be redistributed)",
            f"It comes from: {origin}. Put it there, or set KAUTILYA_SHARED to the folder in which "
            f"{name} lies, or give a file of the same columns with --data",
        )
    return path


def given(data: Path | str | None, name: str) -> Path:
    """``data`` where the user named a file, else the outside file ``name``. Raises KautilyaError
    where neither is a file."""
    if data is None:
        return need(name)
    path = Path(data)
    if not path.is_file():
        raise KautilyaError(str(path), "there is no such file", "Give the path of a data file")
    return path


def text(path: Path) -> str:
    """The text of a stranger's file. Raises KautilyaError where it is none, or too large."""
    raw = raw_bytes(path)
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")  # as spreadsheets save "Unicode text"
    try:
        found = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise KautilyaError(
            str(path), f"not UTF-8 text (byte {error.start})", "Save it as CSV in UTF-8"
        ) from None
    if "\0" in found:
        raise KautilyaError(str(path), "holds a NUL: no text", "Save it as CSV in UTF-8")
    return found


def separator(head: str) -> str:
    """What stands between the names of a first line: the commonest of comma, semicolon, tab."""
    return max(",;\t", key=head.count)


def table(path: Path, comment: str | None = None) -> pd.DataFrame:
    """A Parquet file, or a CSV file in UTF-8. Raises KautilyaError where it is neither.

    comment   what a line of remarks in a CSV file begins with
    """
    kind = "Parquet" if path.suffix.lower() in (".parquet", ".pq") else "CSV"
    try:
        if kind == "Parquet":
            return disk.of_parquet(path)
        found = text(path)
        first = next((x for x in found.splitlines() if x.strip() and x[:1] != comment), "")
        made = disk.of_csv(
            io.StringIO(found), sep=separator(first), comment=comment, low_memory=False
        )
        return made.rename(columns=lambda name: str(name).strip())
    except KautilyaError:
        raise
    except Exception as error:  # readers of strangers' bytes raise what they like
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise KautilyaError(
            str(path),
            f"cannot be read as {kind} ({said})",
            "Give a Parquet file, or a CSV file in UTF-8 named .csv",
        ) from None


def doubled(found: pd.DataFrame, place: str) -> list[str]:
    """A sentence on rows that stand twice, if there are any."""
    count = int(found.duplicated().sum())
    said = f"{place}: {count:,} of {many(len(found), 'row')} stand twice, and count twice"
    return [said] if count else []


def numbers(
    found: pd.DataFrame, place: str, columns: Iterable[str], whole: Iterable[str] = ()
) -> pd.DataFrame:
    """The table with these columns as numbers, NaN where a cell is empty; those of ``whole`` are
    whole and never empty. Raises KautilyaError naming column, row (the first is 1) and cell."""
    import numpy as np
    import pandas as pd

    made = {}
    for name in columns:
        made[name] = pd.to_numeric(found[name], errors="coerce").to_numpy(float)
        wrong = np.isinf(made[name]) | (np.isnan(made[name]) & found[name].notna().to_numpy())
        if name in whole:
            wrong |= np.isnan(made[name]) | (made[name] % 1.0 != 0.0)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            cell = str(found[name].iloc[row])
            raise KautilyaError(
                place,
                f"column {name}, row {row + 1}: {cell!r}",
                "Give a whole number"
                if name in whole
                else "Give a number, or leave the cell empty",
            )
    text = {name: values for name, values in made.items() if found[name].dtype == object}
    return found.assign(**text) if text else found
