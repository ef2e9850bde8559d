"""Run the backtest of losses, the recovery and the calibration, and write their pages.

python tools/build_losses.py                      the pages from the numbers in docs/scores
python tools/build_losses.py losses recovery      these numbers anew, then the pages
python tools/build_losses.py all                  all numbers anew, about 40 minutes
python tools/build_losses.py --check              write nothing; exit code 1 if a page is stale
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS, SCORES = ROOT / "docs", ROOT / "docs" / "scores"
MADE = "<!-- made by tools/build_losses.py; run it anew, do not edit -->\n"
LOW, MOST = 0.75, 0.75  # coverage that is too little; part of the misses that are on one side
COMMANDS = {
    "losses": "backtest losses",
    "recovery": "calibrate russia_dprk_2024 --recover 200",
    "posterior": "calibrate russia_dprk_2024 --warmup 250 --draws 250",
}


def run(name: str) -> None:
    """One command anew; what it prints as JSON is kept."""
    with tempfile.TemporaryDirectory() as folder:
        more = ["--out", f"{folder}/post"] if name == "posterior" else []
        done = subprocess.run(
            [sys.executable, "-m", "kautilya", *COMMANDS[name].split(), *more, "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
    keep(name, json.loads(done.stdout))


def keep(name: str, found: dict[str, Any]) -> None:
    """Numbers to six digits, without places of this machine."""
    for key in ("folder", "file"):
        found.pop(key, None)
    SCORES.mkdir(exist_ok=True)
    (SCORES / f"{name}.json").write_text(json.dumps(short(found), indent=1) + "\n")


def short(x: Any) -> Any:
    """Floats to six digits that count."""
    if isinstance(x, float):
        return float(f"{x:.6g}")
    if isinstance(x, dict):
        return {key: short(value) for key, value in x.items()}
    return [short(value) for value in x] if isinstance(x, list) else x


def table(rows: list[dict[str, Any]], columns: dict[str, str]) -> str:
    """A Markdown table: key of a row -> heading."""

    def cell(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
        return "-" if value is None else str(value)

    lines = ["| " + " | ".join(columns.values()) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(cell(row[key]) for key in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def span(row: dict[str, Any], name: str) -> str:
    """Median and 90 % interval."""
    low, median, high = (row[f"{name}_{part}"] for part in ("low", "median", "high"))
    digits = (lambda v: f"{v:,.0f}") if abs(median) >= 100 else (lambda v: f"{v:.3g}")
    return f"{digits(median)} ({digits(low)} to {digits(high)})"


def best(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of skill against the best baseline, with their intervals as text."""
    rows = [row for row in found["skill"] if str(row["baseline"]).startswith("best")]
    return [{**row, "interval": f"{row['low']:.3f} to {row['high']:.3f}"} for row in rows]


def leaning(rows: list[dict[str, Any]]) -> str:
    """Which classes are covered too little because outcomes lie above, in words."""
    out = [
        f"{row['series']} at {row['horizon']} months ({row['above']:.2f} of the outcomes)"
        for row in rows
        if row["in80"] < LOW and row["above"] > MOST * (1.0 - row["in80"])
    ]
    if not out:
        return ""
    return (
        f"Covered less than {LOW:.0%} because outcomes lie above the interval: "
        + ", ".join(out)
        + ". A rise that goes on for months is not in the model: levels "
        "change, but to neither side.\n"
    )


def losses(found: dict[str, Any]) -> str:
    """The page of the backtest."""
    scores = found["tables"]["scores by horizon"]
    own = found["tables"]["state space by class"]
    return f"""{MADE}
# Backtest of losses

`kautilya {COMMANDS["losses"]}` forecasts the losses that the Ukrainian General Staff claims,
month by month, from every month between 2023-01 and the last but one of the file, knowing the
months up to it and nothing later, and scores what came 1, 3, 6 and 12 months later. It needs the
outside data (see [index.md](index.md), `KAUTILYA_SHARED`) or `--data`. Last month in the numbers
below: {found["until"]}.

```sh
kautilya backtest losses --until 2024-02 --horizon 6 --out forecasts.parquet
```

With `--until` it makes one forecast, of the months after it: Parquet with `series`, `month`,
`draw`, `value`, series named as in the file. `--data` takes a longer file of the same columns, or
of events (`country`, `type`, `date_recorded`, `n`), or a folder that holds one.

*CRPS* is in units of the class's mean month, so that classes add up; *in 80 %* is the share of
outcomes inside the central 80 % of the draws.

## Against the best baseline, picked with hindsight

{
        table(
            best(found),
            {
                "what": "what",
                "forecast": "forecast",
                "value": "CRPS",
                "baseline": "baseline",
                "baseline_value": "its CRPS",
                "skill": "skill",
                "interval": "90 % interval",
                "verdict": "verdict",
                "cases": "cases",
            },
        )
    }
## All forecasts

{
        table(
            scores,
            {
                "horizon": "months",
                "forecast": "forecast",
                "crps": "CRPS",
                "log": "log score",
                "in50": "in 50 %",
                "in80": "in 80 %",
                "cases": "cases",
            },
        )
    }
## The state space by class

{
        table(
            own,
            {
                "series": "class",
                "horizon": "months",
                "crps": "CRPS",
                "in50": "in 50 %",
                "in80": "in 80 %",
                "above": "above the 80 %",
                "cases": "cases",
            },
        )
    }
{leaning(own)}
## What to hold against it

""" + "".join(f"- {note}\n" for note in found["notes"])


def recovery(found: dict[str, Any]) -> str:
    """What came back of synthetic wars."""
    below = [row for row in found["table"] if row["sd_left"] < 0.9]
    return f"""## Recovery: synthetic wars

`kautilya {COMMANDS["recovery"]}`: {found["truths"]} wars of tanks on both sides, twelve months,
drawn from the prior, seen by observers drawn from the model, and calibrated as if they were real.
{100 * found["diverging"]:.2f} % of the draws diverged.

{
        table(
            found["pooled"],
            {
                "group": "unknowns",
                "unknowns": "how many",
                "level": "level",
                "coverage": "coverage",
                "band_low": "band from",
                "band_high": "to",
                "inside_band": "share inside the band",
            },
        )
    }
{" ".join(found["notes"])} The {len(below)} unknowns that were learned most:

{
        table(
            sorted(below, key=lambda row: row["sd_left"])[:12],
            {
                "unknown": "unknown",
                "sd_left": "sd left",
                "in50": "in 50 %",
                "in80": "in 80 %",
                "p_uniform": "p of uniform ranks",
            },
        )
    }"""


def posterior(found: dict[str, Any]) -> str:
    """What was learned of the flagship."""
    worst, tables = found["diagnostics"], found["tables"]
    learned = [
        {**row, "prior": span(row, "prior"), "posterior": span(row, "posterior")}
        for row in tables["prior and posterior"]
        if row["learned"]
    ]
    for name, keys in (
        ("permanent losses", ("prior", "posterior")),
        ("published figures", ("model",)),
        ("drawn again beside what was seen", ("again",)),
    ):
        for row in tables[name]:
            row.update({key: span(row, key) for key in keys})
    return f"""## The flagship to {found["until"]}

`kautilya {COMMANDS["posterior"]}`: {worst["draws"]} draws in {worst["chains"]} chains, worst R-hat
{worst["worst_rhat"]:.3f}, least effective size {worst["least_ess"]:.0f},
{worst["divergences"]} divergences, {worst["mean_steps"]:.0f} steps a draw.

Permanent losses, median and 90 % interval:

{
        table(
            tables["permanent losses"],
            {
                "side": "side",
                "class": "class",
                "prior": "declared ranges",
                "posterior": "after calibration",
            },
        )
    }
Counts drawn again from the posterior:

{
        table(
            tables["drawn again beside what was seen"],
            {
                "observer": "observer",
                "side": "side",
                "class": "class",
                "seen": "seen",
                "again": "again",
                "in50": "in 50 %",
                "in80": "in 80 %",
            },
        )
    }
Published figures:

{
        table(
            tables["published figures"],
            {
                "figure": "figure",
                "of": "of",
                "side": "side",
                "class": "class",
                "published": "published",
                "sd": "sd",
                "model": "model",
            },
        )
    }
Learned (posterior sd / prior sd at most .9):

{
        table(
            learned,
            {
                "id": "unknown",
                "prior": "prior",
                "posterior": "posterior",
                "sd_left": "sd left",
                "rhat": "R-hat",
            },
        )
    }
Not learned: {len(found["not_learned"])} of {found["figures"]} figures:
{", ".join(found["not_learned"])}.

## What to hold against it

""" + "".join(f"- {note}\n" for note in found["notes"])


def pages() -> dict[str, str]:
    """Text of each page from the kept numbers."""
    read = {
        name: json.loads((SCORES / f"{name}.json").read_text())
        for name in COMMANDS
        if (SCORES / f"{name}.json").exists()
    }
    out = {"losses.md": losses(read["losses"])}
    head = (Path(__file__).parent / "calibration_head.md").read_text()
    parts = [recovery(read["recovery"])] if "recovery" in read else []
    parts += [posterior(read["posterior"])] if "posterior" in read else []
    return {**out, "calibration.md": "\n".join([MADE, head, *parts])}


def main(args: list[str]) -> int:
    """Numbers anew where asked, then the pages."""
    if args == ["--check"]:
        stale = [name for name, text in pages().items() if (DOCS / name).read_text() != text]
        print("\n".join(f"docs/{name} is stale" for name in stale))
        return bool(stale)
    for name in COMMANDS if args == ["all"] else args:
        run(name)
    for name, text in pages().items():
        (DOCS / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
