"""Rows of iran_iraq_1980 that rest on outside data: what a state could give, past ties, politics.

    python tools/build_iran_iraq.py          print the rows
    python tools/build_iran_iraq.py --write  put them into the scenario in place of the old ones
    python tools/build_iran_iraq.py --score RUN   deliveries of a stored run beside the register and persistence

All is as of 1979, the year before the war, but for who delivered in it, which no run sees. Who may supply is a rule, not a choice: every state that exported
arms worth 15 million TIV in the 1970s. Only sums by state are kept; the register stays outside.
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import pandas as pd
from flagship_io import ROOT

from kautilya.estimation import outside
from kautilya.runs.ensemble import load_run

SCENARIO = ROOT / "src/kautilya/scenarios/iran_iraq_1980"
BUYERS = {"IRN": 630, "IRQ": 645}
LEAST = 15.0  # million TIV exported in the 1970s
MOST = 8  # places in the order of those who delivered
FADE = 5.0  # years, as in the covariates of the register
STATES = {  # Correlates of War numbers, names; SUN, CSK, DDR and YUG are states of their day
    2: ("USA", "United States"), 20: ("CAN", "Canada"), 40: ("CUB", "Cuba"),
    140: ("BRA", "Brazil"), 160: ("ARG", "Argentina"), 200: ("GBR", "United Kingdom"),
    210: ("NLD", "Netherlands"), 220: ("FRA", "France"), 225: ("CHE", "Switzerland"),
    230: ("ESP", "Spain"), 235: ("PRT", "Portugal"), 260: ("DEU", "West Germany"),
    265: ("DDR", "East Germany"), 290: ("POL", "Poland"), 305: ("AUT", "Austria"),
    310: ("HUN", "Hungary"), 315: ("CSK", "Czechoslovakia"), 325: ("ITA", "Italy"),
    345: ("YUG", "Yugoslavia"), 360: ("ROU", "Romania"), 365: ("SUN", "Soviet Union"),
    375: ("FIN", "Finland"), 380: ("SWE", "Sweden"), 385: ("NOR", "Norway"),
    390: ("DNK", "Denmark"), 560: ("ZAF", "South Africa"), 620: ("LBY", "Libya"),
    651: ("EGY", "Egypt"), 652: ("SYR", "Syria"), 663: ("JOR", "Jordan"),
    666: ("ISR", "Israel"), 670: ("SAU", "Saudi Arabia"), 710: ("CHN", "China"),
    713: ("TWN", "Taiwan"), 731: ("PRK", "North Korea"), 732: ("KOR", "South Korea"),
    740: ("JPN", "Japan"), 750: ("IND", "India"), 830: ("SGP", "Singapore"),
    850: ("IDN", "Indonesia"), 900: ("AUS", "Australia"),
}  # fmt: skip
MINE = {  # how a row that is made here begins
    "actors.csv": tuple(f"{code},{name}," for code, name in STATES.values()),
    "quantities.csv": ("surplus-", "dealings-irn-", "dealings-irq-"),
    "covariates.csv": ("ally,", "ideal_point,", "delivered_rank,", "tie_rank,"),
}


def register() -> pd.DataFrame:
    """Deliveries by supplier, recipient and year, million TIV."""
    return pd.read_csv(outside.need("data/sipri_arms_dyad_year_cow.csv"))


def first(deliveries: pd.DataFrame, buyer: int, years: range) -> list[str]:
    """The states that delivered most to a buyer in some years, in their order."""
    here = deliveries[(deliveries["r"] == buyer) & deliveries["year"].isin(years)]
    sums = here.groupby("s")["tiv"].sum().sort_values(ascending=False, kind="stable")
    return [STATES[s][0] if s in STATES else str(s) for s in sums.index[:MOST]]


def ranks(deliveries: pd.DataFrame) -> list[str]:
    """Rows of covariates.csv: who delivered most in the war, and in the five years before."""
    out = []
    for name, years, day, note in (
        ("delivered_rank", range(1980, 1989), "1989-03-31", "rank of deliveries 1980-88"),
        ("tie_rank", range(1975, 1980), "1979-12-31", "rank of deliveries 1975-79"),
    ):
        for buyer, cow in BUYERS.items():
            for rank, code in enumerate(first(deliveries, cow, years), 1):
                cells = [name, code, buyer, str(rank), "", "", "1", "sipri_arms", day]
                out.append(",".join([*cells, "B3", "computed", note]))
    return out


def candidates(deliveries: pd.DataFrame) -> pd.Series:
    """Exports of the 1970s by state, of those that exported enough and do not fight."""
    decade = deliveries[deliveries["year"] >= 1970].groupby("s")["tiv"].sum()
    return decade[(decade >= LEAST) & ~decade.index.isin(BUYERS.values())]


def surplus(exports: pd.Series) -> list[str]:
    """What a state could part with: ten years' exports and a year's military spending, by a factor of two."""
    forces = pd.read_csv(outside.need("data/cow_cinc_1946_2022.csv"))
    spent = forces[forces["year"] == 1979].set_index("ccode")["milex"] / 1000.0
    out = []
    for cow, tiv in exports.items():
        code, whole = STATES[cow][0], float(f"{tiv + spent.get(cow, 0.0):.2g}")
        cells = [
            f"surplus-{code.lower()}-arms",
            "opening.stock",
            code,
            "",
            "arms",
            "surplus",
            "",
            "",
        ]
        cells += [f"{0.5 * whole:g}", f"{whole:g}", f"{2 * whole:g}", "USD_m", "loguniform"]
        note = "exports of 1970-79 (TIV as dollars) and a year of military spending; half to twice as much"
        out.append(",".join([*cells, "sipri_arms", "1979-12-31", "C4", "computed", note]))
    return out


def ties(deliveries: pd.DataFrame, exports: pd.Series) -> list[str]:
    """What past deliveries to a buyer say: exp(-years since the last / 5), times the weight of a tie."""
    out = []
    for (buyer, cow), (seller, _) in product(BUYERS.items(), STATES.items()):
        years = deliveries[(deliveries["r"] == cow) & (deliveries["s"] == seller)]["year"]
        if seller in exports.index and len(years) and years.max() >= 1960:
            weight = np.exp(-(1979 - years.max()) / FADE)
            code = STATES[seller][0]
            ends = [f"{weight * x:.2g}" for x in (2.9, 3.85, 4.8)]
            cells = [f"dealings-{buyer.lower()}-{code.lower()}", "choice.dealings", buyer, code]
            cells += [
                "",
                "",
                "",
                "",
                *ends,
                "1",
                "triangular",
                "sipri_arms",
                "1979-12-31",
                "C4",
                "computed",
            ]
            out.append(
                ",".join(
                    [*cells, f"last delivery {years.max()}; weight of a tie as in russia_dprk_2024"]
                )
            )
    return out


def politics(exports: pd.Series) -> list[str]:
    """Rows of covariates.csv: defence pacts with a buyer, and ideal points, of 1979."""
    pacts = pd.read_parquet(outside.need("data/atop_alliances_1946_2018.parquet"))
    pacts = pacts[(pacts["year"] == 1979) & (pacts["atop_defense"] == 1)]
    points = pd.read_csv(outside.need("data/un_ideal_points_1946_2019.csv"))
    point = points[points["year"] == 1979].set_index("ccode")["idealpointall"]
    out = [
        f"ally,{STATES[s][0]},{buyer},1,,,1,atop,1979-12-31,B2,reported,defence pact in 1979"
        for buyer, cow in BUYERS.items()
        for s in exports.index
        if len(pacts[(pacts["ccode1"] == s) & (pacts["ccode2"] == cow)])
    ]
    everybody = {**{STATES[s][0]: s for s in exports.index}, **BUYERS}
    known = {code: cow for code, cow in everybody.items() if cow in point.index}
    rest = sorted(set(everybody) - set(known))
    out += [
        f"ideal_point,{code},,{point[cow]:.2f},,,1,bailey2017,1979-12-31,B2,computed,votes of 1979; smoothed over time"
        for code, cow in sorted(known.items())
    ]
    mean = f"{point.mean():.2f}"
    return out + [
        f"ideal_point,{code},,{mean},,,1,assumed,1980-09,F6,assumed,no votes in 1979; the mean of all states"
        for code in rest
    ]


def put(file: str, rows: list[str]) -> None:
    """The rows in place of those that were made before."""
    path = SCENARIO / file
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [one for one in lines if not one.startswith(MINE[file])]
    path.write_text("\n".join([*kept, *rows]) + "\n", encoding="utf-8")


def shares(deliveries: pd.DataFrame, buyer: int, years: range) -> pd.Series:
    """Part of each state in what a buyer got, by code."""
    here = deliveries[(deliveries["r"] == buyer) & deliveries["year"].isin(years)]
    sums = here.groupby("s")["tiv"].sum()
    sums.index = [STATES[s][0] if s in STATES else str(s) for s in sums.index]
    return sums / sums.sum()


def score(run: str) -> None:
    """How much of the register's shares of 1980-88 a run and persistence foretell."""
    every, data = register(), load_run(run).data
    for buyer, cow in BUYERS.items():
        record, before = (
            shares(every, cow, range(1980, 1989)),
            shares(every, cow, range(1975, 1980)),
        )
        sent = data["shipped"].sel(offer="arms", buyer=buyer).sum(["year", "future"]).to_series()
        for name, own in (("run", sent / sent.sum()), ("persistence", before)):
            both = own.align(record, fill_value=0.0)
            print(buyer, name, f"{np.minimum(*both).sum():.2f}")


def main(arguments: list[str]) -> int:
    """Do what the arguments say."""
    if len(arguments) == 2 and arguments[0] == "--score":
        score(arguments[1])
        return 0
    if arguments not in ([], ["--write"]):
        sys.stderr.write(__doc__ or "")
        return 2
    every = register()
    deliveries = every[every["year"] <= 1979]
    exports = candidates(deliveries)
    states = [f"{STATES[s][0]},{STATES[s][1]},state," for s in sorted(exports.index)]
    tables = {
        "actors.csv": states,
        "quantities.csv": [*surplus(exports), *ties(deliveries, exports)],
        "covariates.csv": [*politics(exports), *ranks(every)],
    }
    for file, rows in tables.items():
        if arguments:
            put(file, rows)
        else:
            print(file, *rows, sep="\n")
    print(", ".join(f'"{STATES[s][0]}"' for s in sorted(exports.index)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
