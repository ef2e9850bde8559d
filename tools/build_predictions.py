"""Keep what a stored run and its judged claims say of the months to come, as a small file.

    python tools/build_predictions.py RUN CLAIMS.json HISTORY.json OUT.json [--commit HASH]

RUN is the folder of a finished run, CLAIMS.json and HISTORY.json what `kautilya claims --run RUN
--json` and `kautilya history RUN --json` printed.
The file holds quantiles over futures of every declared outcome after the as-of month, sums over
windows that begin in 2024-10 for amounts, and the probability of every claim. Its digest is that of
its own text without the digest, so that nobody can mend a prediction unseen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
WINDOW = "2024-10"  # earlier months were partly known when version 0.1.0 was made
LENGTHS = (1, 3, 6, 12)  # months
AMOUNTS = ("destroyed", "captured", "dead", "wounded", "fired")  # add up over months
DIGITS = 5


def digest(content: dict[str, Any]) -> str:
    """sha256 of the content without its digest, keys in order."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def quantiles(values: np.ndarray) -> list[float]:
    """The levels of a sample [F], with few digits; the mean comes last."""
    found = [*np.quantile(values, LEVELS), values.mean()]
    return [float(f"{x:.{DIGITS}g}") for x in found]


def cells(array: Any, axis: str) -> Any:
    """Labels and values [F, times] of each cell of an outcome."""
    dims = [name for name in array.dims if name not in ("future", axis)]
    stacked = array.stack(cell=dims) if dims else array.expand_dims("cell")
    for index in range(stacked.sizes["cell"]):
        one = stacked.isel(cell=index)
        label = one.cell.item() if dims else ()
        label = label if isinstance(label, tuple) else (label,)
        yield ",".join(map(str, label)), one.transpose("future", axis).values.astype(float)


def outcome(name: str, array: Any, as_of: str) -> dict[str, Any]:
    """Quantiles of one outcome by cell and time, and of sums over windows."""
    axis = "month" if "month" in array.dims else "year"
    times = [str(time) for time in array[axis].values]
    after = [i for i, time in enumerate(times) if time >= as_of[: len(time)]]
    out: dict[str, Any] = {}
    for label, values in cells(array, axis):
        if not values[:, after].any():
            continue
        row = {times[i]: quantiles(values[:, i]) for i in after}
        if name in AMOUNTS and axis == "month":
            first = times.index(WINDOW)
            row |= {
                f"{WINDOW}+{n}": quantiles(values[:, first : first + n].sum(axis=1))
                for n in LENGTHS
            }
        out[label] = row
    return out


def content(run: Path, claims: Path, history: Path, commit: str) -> dict[str, Any]:
    """All that the file says."""
    import xarray as xr

    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    judged = json.loads(claims.read_text(encoding="utf-8"))
    data = xr.open_zarr(run / "outcomes.zarr")
    said = {
        "what": "predictions, not to be changed",
        "commit": commit,
        "scenario": judged["scenario"],
        "scenario_digest": manifest["digest"],
        "as_of": judged["as_of"],
        "seed": manifest["seed"],
        "futures": manifest["futures"],
        "versions": manifest["versions"],
        "levels": [*LEVELS, "mean"],
        "windows": f"{WINDOW}+n: the sum over n months that begin with {WINDOW}",
        "claims": {
            row["id"]: {key: row[key] for key in ("probability", "verdict", "badge")}
            for row in judged["claims"]
        },
        "claim_bias": json.loads(history.read_text(encoding="utf-8"))["claim_bias"],
        "outcomes": {name: outcome(name, data[name], judged["as_of"][:7]) for name in data},
    }
    return {**said, "digest": digest(said)}


def main() -> None:
    """Write the file, one outcome a line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("run", "claims", "history", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--commit", default="")
    given = parser.parse_args()
    made = content(given.run, given.claims, given.history, given.commit)
    lines = [
        f" {json.dumps(key)}: {json.dumps(value)}"
        for key, value in made.items()
        if key != "outcomes"
    ]
    rows = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in made["outcomes"].items()]
    lines.append(' "outcomes": {\n' + ",\n".join(rows) + "\n }")
    given.out.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
