"""Where outside files lie: published numbers and data that may not be shipped with the package."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from kautilya.errors import KautilyaError

if TYPE_CHECKING:
    import pandas as pd


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
        raise KautilyaError(str(path), "this outside file is absent (it may not be redistributed)",
                            "Put it there, set KAUTILYA_SHARED to its folder, or give --data")
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


def table(path: Path, comment: str | None = None) -> pd.DataFrame:
    """A Parquet file, or a CSV file in UTF-8. Raises KautilyaError where it is neither.

    comment   what a line of remarks in a CSV file begins with
    """
    import pandas as pd

    kind = "CSV" if path.suffix.lower() == ".csv" else "Parquet"
    try:
        if kind == "Parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, encoding="utf-8-sig", comment=comment)
    except (OSError, ValueError) as error:  # what the readers raise derives from these
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise KautilyaError(str(path), f"cannot be read as {kind} ({said})",
                            "Give a Parquet file, or a CSV file in UTF-8 named .csv") from None


def numbers(found: pd.DataFrame, place: str, columns: Iterable[str], whole: Iterable[str] = ()
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
            raise KautilyaError(place, f"column {name}, row {row + 1}: {cell!r}",
                                "Give a whole number" if name in whole else
                                "Give a number, or leave the cell empty")
    text = {name: values for name, values in made.items() if found[name].dtype == object}
    return found.assign(**text) if text else found
