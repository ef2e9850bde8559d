"""Exposure to the sanctioner's market, and why the panel says nothing on its price.

    exposure_i = (exports of i to the US and the EU-27 in 2009) / GDP_i

Added to the decision together with ``sender`` (the supplier is itself the US or an EU member:
its refusal is law, not fear). Source of the trade: the 2009 matrix of the data folder.
Breaks when: read as a cost. One year of trade stands for seventy, enforcement is not observed,
and deliveries are counted in a unit that leaves out shells.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.estimation.suppliers.logit import fit, natural
from kautilya.estimation.suppliers.specs import spec_of

SENTENCE = "The panel alone does not identify the size of the secondary-sanction effect."
EU27 = (
    "AUT",
    "BEL",
    "BGR",
    "CYP",
    "CZE",
    "DEU",
    "DNK",
    "ESP",
    "EST",
    "FIN",
    "FRA",
    "GBR",
    "GRC",
    "HUN",
    "IRL",
    "ITA",
    "LTU",
    "LUX",
    "LVA",
    "MLT",
    "NLD",
    "POL",
    "PRT",
    "ROU",
    "SVK",
    "SVN",
    "SWE",
)  # members in 2009
OLD_ISO = {"ROM": "ROU", "ZAR": "COD", "SER": "SRB", "YUG": "SRB", "TMP": "TLS"}
FILES = (
    "trade_matrix_2009.parquet",
    "trade_matrix_2009_countries.csv",
    "un_ideal_points_1946_2019.csv",
)
Z90 = 1.6448536269514722


def market_exposure(folder: Path | str) -> pd.DataFrame:
    """Per COW code: exposure (share of GDP) and sender (0/1). Raises KautilyaError if a file of
    ``FILES`` is absent."""
    folder = Path(folder)
    for name in FILES:
        if not (folder / name).exists():
            raise KautilyaError(str(folder), f"no file {name}", "give the folder of the data files")
    trade, gdp = (
        disk.of_parquet(folder / FILES[0]),
        disk.of_csv(folder / FILES[1]),
    )
    names = disk.of_csv(folder / FILES[2], usecols=["ccode", "iso3c"]).drop_duplicates("iso3c")
    trade = trade.replace({"i": OLD_ISO, "j": OLD_ISO})
    market = trade[trade["j"].isin(["USA", *EU27])].groupby("i")["Fij"].sum()
    gdp_thousand = gdp.set_index("i")["GDPi"] * 1000.0
    share = (market / gdp_thousand).rename("exposure").dropna()
    iso = names["iso3c"].replace(OLD_ISO)
    out = pd.DataFrame(
        {
            "ccode": names["ccode"],
            "exposure": iso.map(share),
            "sender": iso.isin(["USA", *EU27]).astype(float),
        }
    )
    return out.dropna().drop_duplicates("ccode").set_index("ccode")


def with_exposure(panel: pd.DataFrame, folder: Path | str) -> pd.DataFrame:
    """The feature table with ``exposure`` and ``sender`` filled (NaN where trade is unknown)."""
    known = market_exposure(folder)
    return panel.assign(
        exposure=panel["s"].map(known["exposure"]), sender=panel["s"].map(known["sender"])
    )


def exposure_effect(
    panel: pd.DataFrame,
    folder: Path | str,
    until: int = 2023,
    specs: Sequence[str] = ("new", "all"),
) -> pd.DataFrame:
    """Coefficient of exposure (per unit share of GDP) with 90 % interval, one row per reading.

    panel is the output of ``features``. Readings: specification, with and without ``sender``,
    all recipients or binding embargoes only, to 2005 or to ``until``.
    """
    table = with_exposure(panel, folder).dropna(subset=["exposure"])
    rows = []
    for name, member, only, last in (
        (n, m, b, y)
        for n in specs
        for m in (True, False)
        for b in (False, True)
        for y in (2005, until)
    ):
        spec = spec_of(name)
        terms = (*spec.terms, "exposure", *(("sender",) if member else ()))
        pick = table[
            (table["year"] <= last)
            & (table["new"] | (spec.candidates == "all"))
            & ((table["binding"] == 1) | (not only))
        ]
        got = fit(
            pick[list(terms)].to_numpy(float),
            pick["y"].to_numpy(float),
            pick["r"].to_numpy(),
            terms,
            ridge=1.0,
        )
        beta, error = (part[terms.index("exposure") + 1] for part in natural(got))
        rows.append(
            {
                "specification": name,
                "sender_term": member,
                "binding_only": only,
                "until": last,
                "events": got.events,
                "coefficient": beta,
                "low": beta - Z90 * error,
                "high": beta + Z90 * error,
                "per_10_points": np.exp(0.1 * beta),
                "note": SENTENCE,
            }
        )
    return pd.DataFrame(rows)
