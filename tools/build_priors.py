"""Rows of the flagship that rest on the study of suppliers: estimate, compare, write.

    python tools/build_priors.py            the table: row, what the stored estimates give, declared
    python tools/build_priors.py --check    the same; exit code 1 if a declared row disagrees
    python tools/build_priors.py --record   estimate anew on the outside data, then as --check
    python tools/build_priors.py --write    put the rows of the stored estimates on the grid into the scenario

The estimates are kept in src/kautilya/validation/record/priors.csv; the rule is that of
kautilya.estimation.suppliers.weights.
"""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd
from flagship_io import COW, EU_COW, SCENARIO, plain

from kautilya import scenario as scenarios
from kautilya.estimation import outside
from kautilya.estimation.suppliers import features, load, weights
from kautilya.estimation.suppliers.panel import PANEL
from kautilya.validation import labels

FLAGSHIP = "russia_dprk_2024"
HEAD = "# made by tools/build_priors.py; run it anew, do not edit\n"
BY_STATE = ("record", "customer", "reach", "dealings")
RANGES = (
    "package",
    "spread",
)  # by state too, as ranges; of all states that have no row of their own
NOTES = {
    "record": "exports of the class in 25 years, register to 2021, in log odds of being asked; 0: none",
    "customer": "past deliveries of the class to Russia, log odds of being asked; 0: none",
    "reach": "capacity, new customers, pattern, partners in common, distance; log odds of being asked, 0: the mean state",
    "dealings": "past deliveries to Russia of any class, log odds of agreeing; 0: none. What Russia sold is not counted",
    "ask-base": "low: requests by states without a tie in k_requests, which knows few of those made; high: nine in ten states are asked at full need (assumed)",
    "base": "log odds of agreeing once asked: both fits of the register (low) and requests and answers (high), which are chosen by outcome",
    "on-traits": "weight of the log odds of the register in who was asked, in k_requests without Russia",
    "on-again": "what a first year of deliveries of a class adds to being asked for it again",
    "on-tie": "what a first year of deliveries of any class adds to agreeing to another",
    "on-politics": "both fits of the register, and requests where they read it: widest 90 % interval, mean",
    "package": "chance that a class is part of a pair's package; of all classes of the register (low) and of the scenario's own (high); states without a tie",
    "spread": "standard deviation of what all classes have in common in agreeing, of a state that sold arms to Russia in 15 years",
}


def estimated() -> pd.DataFrame:
    """The record anew, from the outside data."""
    path = outside.need(f"data/{PANEL}")
    scenario, world = scenarios.load(FLAGSHIP), load(path)
    states = {
        s: (list(EU_COW) if s == "EUU" else [COW[s]]) for s in scenario.sets["supplier"].members
    }
    told = weights.found(world, path.parents[1], states, str(scenario.head.as_of))
    return weights.made(features(world), path.parent, told)


def placed(row: str) -> tuple[str, str, str, str, str]:
    """kind, parameter, actor, good and label of a row's id."""
    words = row.removeprefix("choice-").split("-")
    kind = next(k for k in NOTES if words[: k.count("-") + 1] == k.split("-"))
    rest = words[kind.count("-") + 1 :]
    actor = rest.pop(0).upper() if kind in BY_STATE else ""
    if kind in RANGES:
        actor = rest.pop(0).upper() if rest else "*"
    label = ""
    if kind == "on-politics":
        cut = len(rest) - (rest[-1] == weights.LEAKED)
        label, rest = "_".join(rest[:cut]), rest[cut:]
    return kind, f"choice.{kind.replace('-', '_')}", actor, "_".join(rest), label


def lines(record: pd.DataFrame, day: str) -> list[str]:
    """Rows of quantities.csv, on the grid."""
    want, out = weights.rounded(record), []
    for row in (r for r in want.index if r.startswith("choice-")):
        kind, parameter, actor, good, label = placed(row)
        low, middle, high = want.loc[row]
        sure = kind in BY_STATE
        cells = ["", plain(middle), ""] if sure else [plain(low), plain(middle), plain(high)]
        rest = ["1", "fixed" if sure else "triangular", weights.SOURCE, day, "C4", "computed"]
        cells = [row, parameter, actor, "", good, "", label, "", *cells, *rest]
        out.append(",".join([*cells, f'"{NOTES[kind]}"']) + "\n")
    return out


def write(record: pd.DataFrame) -> None:
    """Put the rows into the scenario where the first of them stood; every other line stays, ranks apart."""
    path = SCENARIO / "quantities.csv"
    old = path.read_text(encoding="utf-8").splitlines(keepends=True)
    scenario = scenarios.load(FLAGSHIP)
    fresh = lines(record, str(scenario.head.as_of))
    mine = [
        n
        for n, line in enumerate(old)
        if f",{weights.SOURCE}," in line and line.startswith("choice-")
    ]
    kept = [line for n, line in enumerate(old) if n not in set(mine)]
    path.write_text("".join([*kept[: mine[0]], *fresh, *kept[mine[0] :]]), encoding="utf-8")


def main(arguments: list[str]) -> Any:
    """Do what the arguments say."""
    if arguments not in ([], ["--check"], ["--record"], ["--write"]):
        sys.stderr.write(__doc__ or "")
        return 2
    if arguments == ["--record"]:
        text = estimated().to_csv(index=False, float_format="%.6g", lineterminator="\n")
        (labels.FOLDER / "priors.csv").write_text(HEAD + text, encoding="utf-8")
    record = labels.read("priors")
    if arguments == ["--write"]:
        write(record)
        return 0
    table = weights.compared(record, scenarios.load(FLAGSHIP))
    print(table.round(3).to_string(index=False))
    return int(bool(arguments) and not table["agrees"].all())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
