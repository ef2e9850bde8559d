"""What the table builders of the flagship scenario share: folders, codes, reading, writing.

The builders read the outside data folder (KAUTILYA_SHARED, or ../shared beside the clone),
which may not be redistributed, and write small derived tables into the scenario folder.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
SCENARIO = ROOT / "src/kautilya/scenarios/russia_dprk_2024"
EU27 = (
    "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL "
    "PRT ROU SVK SVN ESP SWE"
).split()
COW = dict(
    zip(  # Correlates of War numbers, from cow_states.csv
        "RUS UKR PRK CHN IND IRN BLR TUR KAZ ARE KOR JPN USA GBR PAK MMR SYR EGY ZAF BRA VNM SRB "
        "KGZ".split(),
        (
            365,
            369,
            731,
            710,
            750,
            630,
            370,
            640,
            705,
            696,
            732,
            740,
            2,
            200,
            770,
            775,
            652,
            651,
            560,
            140,
            816,
            345,
            703,
        ),
        strict=True,
    )
)
EU_COW = (
    305,
    211,
    355,
    344,
    352,
    316,
    390,
    366,
    375,
    220,
    255,
    350,
    310,
    205,
    325,
    367,
    368,
    212,
    338,
    210,
    290,
    235,
    360,
    317,
    349,
    230,
    380,
)
SIPRI = {
    "RUS": "Russia",
    "UKR": "Ukraine",
    "PRK": "Korea, North",
    "CHN": "China",
    "IND": "India",
    "IRN": "Iran",
    "BLR": "Belarus",
    "TUR": "Türkiye",
    "KAZ": "Kazakhstan",
    "ARE": "United Arab Emirates",
    "KOR": "Korea, South",
    "JPN": "Japan",
    "USA": "United States of America",
    "GBR": "United Kingdom",
    "PAK": "Pakistan",
    "MMR": "Myanmar",
    "SYR": "Syria",
    "EGY": "Egypt",
    "ZAF": "South Africa",
    "BRA": "Brazil",
    "VNM": "Viet Nam",
    "SRB": "Serbia",
    "KGZ": "Kyrgyz Republic",
}
EU_SIPRI = (
    "Austria Belgium Bulgaria Croatia Cyprus Czechia Denmark Estonia Finland France "
    "Germany Greece Hungary Ireland Italy Latvia Lithuania Luxembourg Malta Netherlands "
    "Poland Portugal Romania Slovakia Slovenia Spain Sweden"
).split()
FACTS = {
    "China": "CHN",
    "India": "IND",
    "Turkiye": "TUR",
    "UAE": "ARE",
    "Kazakhstan": "KAZ",
    "Kyrgyzstan": "KGZ",
    "South Africa": "ZAF",
    "Egypt": "EGY",
    "Brazil": "BRA",
    "Pakistan": "PAK",
    "Myanmar": "MMR",
    "Iran": "IRN",
    "Belarus": "BLR",
    "DPRK": "PRK",
    "Serbia": "SRB",
    "South Korea": "KOR",
    "Syria": "SYR",
    "United States": "USA",
    "Russia": "RUS",
    "Ukraine": "UKR",
}


def shared(name: str) -> Path:
    """A file of the outside data folder."""
    return Path(os.environ.get("KAUTILYA_SHARED", ROOT.parent / "shared")) / name


def actors() -> list[str]:
    """Codes of the scenario's actors, in the order of actors.csv."""
    return pd.read_csv(SCENARIO / "actors.csv", comment="#")["code"].tolist()


def table(name: str) -> pd.DataFrame:
    """A table of the scenario, empty cells as empty text."""
    frame = pd.read_csv(SCENARIO / name, comment="#", dtype=str, keep_default_na=False)
    return frame


def gdp() -> dict[str, float]:
    """GDP in USD_m by actor, as written in covariates.csv."""
    rows = table("covariates.csv").query("name == 'gdp'")
    return dict(zip(rows["actor"], rows["value"].astype(float), strict=True))


def plain(value: float, digits: int = 4) -> str:
    """A number as short text, without trailing zeros or exponent."""
    text = f"{float(value):.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"
    return "0" if text in ("-0", "") else text


def write(name: str, head: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write one table of the scenario: a comment, the header, the rows."""
    with (SCENARIO / name).open("w", newline="", encoding="utf-8") as stream:
        stream.write("".join(f"# {line}\n" for line in head.splitlines()))
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
