"""Trade of the flagship scenario: the structure of 2009, scaled to what is known of 2022-24.

    python tools/build_trade.py        writes trade.csv; needs covariates.csv and figures.csv

Steps, all documented in docs/data.md:
 1. the 2009 matrix (thousand US$, WITS/Comtrade) is summed to the actors, the EU of 27 and ROW;
    trade inside the EU is left out;
 2. each exporter's row keeps its structure, weighted by the growth of each importer's GDP;
 3. where exposure is on record (source `exposure` in covariates.csv) the total is exports in
    percent of GDP, and the USA and the EU get their recorded shares; elsewhere exports grow
    with the exporter's GDP;
 4. pairs on record are set: Russia-China, Russia-India, North Korea-China (both ways, divided
    by a stated share); North Korea's other trade fills its recorded total;
 5. Russia's trade with those who sanction it is cut by an assumed factor.
The import side is not balanced. Nothing here is better than grade C4; most is F6.
"""

from __future__ import annotations

import pandas as pd
from flagship_io import EU27, actors, gdp, plain, shared, table, write

ROW = "ROW"
RENAMED = {"ROM": "ROU", "SER": "SRB"}  # codes of the 2009 file
WEST = ("USA", "EUU", "GBR", "JPN", "KOR")
ROW_GROWTH = 1.7  # GDP of the rest of the world 2009 to 2023; assumed
SANCTION_FACTOR = 0.35  # Russia's trade with the West against the structure; assumed
RUS_SHARE_CHN = 0.54  # Russian exports in two-way trade with China 2023; recalled, assumed
RUS_SHARE_IND = 0.93  # the same with India; recalled, assumed
PRK_EXPORT_SHARE = 0.33 / 2.77  # exports in recorded trade 2023, note of figure C090
COLUMNS = "exporter importer value unit source date grade status note".split()
SCALED = ("comtrade2009", "2024-08-10", "F6", "computed")


def actor_of(code: str) -> str:
    """The actor that a country of the 2009 file belongs to."""
    code = RENAMED.get(code, code)
    return "EUU" if code in EU27 else code if code in actors() else ROW


def structure() -> pd.DataFrame:
    """The 2009 matrix over actors and ROW [exporter, importer], USD_m, diagonal empty."""
    flows = pd.read_parquet(shared("data/trade_matrix_2009.parquet"))
    places = {code: actor_of(code) for code in set(flows["i"]) | set(flows["j"])}
    flows = flows.assign(i=flows["i"].map(places), j=flows["j"].map(places))
    matrix = flows.pivot_table(index="i", columns="j", values="Fij", aggfunc="sum") / 1e3
    order = [*actors(), ROW]
    matrix = matrix.reindex(index=order, columns=order).fillna(0.0)
    for code in order:
        matrix.loc[code, code] = 0.0
    return matrix


def growth() -> pd.Series:
    """GDP now over GDP of 2009 by actor; ROW assumed."""
    old = pd.read_csv(shared("data/trade_matrix_2009_countries.csv"))
    before = old.assign(a=old["i"].map(actor_of)).groupby("a")["GDPi"].sum()
    out = pd.Series(gdp()) / before.drop(ROW, errors="ignore")
    out = out.fillna(ROW_GROWTH)  # a state that the 2009 file has no GDP for
    out[ROW] = ROW_GROWTH
    return out


def exposure(name: str) -> dict[str, float]:
    """One recorded exposure ratio by actor."""
    rows = table("covariates.csv")
    rows = rows[(rows["name"] == name) & (rows["source"] == "exposure")]
    return dict(zip(rows["actor"], rows["value"].astype(float), strict=True))


def scaled() -> pd.DataFrame:
    """Steps 1 to 3."""
    base, grown, size = structure(), growth(), gdp()
    share = {"USA": exposure("export_us_share"), "EUU": exposure("export_eu_share")}
    totals = exposure("exports_pct_gdp")
    out = base * 0.0
    for code in base.index:
        row = base.loc[code] * grown[base.columns]
        total = totals[code] * size[code] if code in totals else base.loc[code].sum() * grown[code]
        fixed = {
            to: part[code] * total for to, part in share.items() if code in part and code != to
        }
        rest = row.drop(list(fixed))
        out.loc[code, rest.index] = rest / max(rest.sum(), 1e-9) * (total - sum(fixed.values()))
        for to, value in fixed.items():
            out.loc[code, to] = value
    return out


def figure(name: str) -> float:
    """Central value of a figure of this scenario."""
    rows = pd.concat([table("figures.csv"), table("context/figures.csv")])
    return float(rows.set_index("id").loc[name, "central"])


def overridden(matrix: pd.DataFrame) -> dict[tuple[str, str], tuple[str, ...]]:
    """Steps 4 and 5, in place; says what each touched pair rests on."""
    said: dict[tuple[str, str], tuple[str, ...]] = {}
    for west in WEST:
        for pair in (("RUS", west), (west, "RUS")):
            matrix.loc[pair] *= SANCTION_FACTOR
            said[pair] = (
                "assumed",
                "2024-08-10",
                "F6",
                "assumed",
                "scaled structure of 2009, cut by an assumed 0.35 for sanctions",
            )
    china = figure("C084") * 1e3
    for a, b, total, part, basis, note in (
        (
            "RUS",
            "CHN",
            figure("A122") * 1e3,
            RUS_SHARE_CHN,
            ("cn_customs2024", "2024-01"),
            "two-way total A122; direction assumed 0.54 from Russia",
        ),
        (
            "RUS",
            "IND",
            figure("A129K3") * 1e3,
            RUS_SHARE_IND,
            ("in_commerce", "2024-05"),
            "two-way total A129K3; direction assumed 0.93 from Russia",
        ),
        (
            "PRK",
            "CHN",
            china,
            PRK_EXPORT_SHARE,
            ("cn_customs_prk2024", "2024-01-18"),
            "two-way total C084; direction as in the note of C090",
        ),
    ):
        for pair, value in (((a, b), part * total), ((b, a), (1 - part) * total)):
            matrix.loc[pair] = value
            said[pair] = (*basis, "F6" if b == "IND" else "C4", "computed", note)
    rest = china / (figure("C088") / 100) - china
    for shut in (*WEST, "UKR"):
        matrix.loc["PRK", shut] = matrix.loc[shut, "PRK"] = 0.0
    others = [c for c in matrix.index if c not in ("PRK", "CHN")]
    now = matrix.loc["PRK", others].sum() + matrix.loc[others, "PRK"].sum()
    matrix.loc["PRK", others] *= rest / now
    matrix.loc[others, "PRK"] *= rest / now
    for code in others:
        said["PRK", code] = said[code, "PRK"] = (
            "statkorea2024",
            "2024-07",
            "F6",
            "computed",
            "structure of 2009 scaled so that China has the share C088; none with sanctioners",
        )
    return said


def main() -> None:
    """Write trade.csv."""
    matrix = scaled()
    said = overridden(matrix)
    known = exposure("exports_pct_gdp")
    notes = {
        True: "structure of 2009; total and shares to USA and EU from d_exposure",
        False: "structure of 2009; exports grown with GDP",
    }
    rows = [
        [a, b, plain(matrix.loc[a, b], 1), "USD_m", *said.get((a, b), (*SCALED, notes[a in known]))]
        for a in matrix.index
        for b in matrix.columns
        if a != b
    ]
    write(
        "trade.csv",
        "Goods trade of about 2023, US$ m a year: the structure of 2009 scaled "
        "(tools/build_trade.py, docs/data.md). A derived table, not a record.\n"
        "ROW is the rest of the world. Trade inside the EU and inside ROW is left out.",
        COLUMNS,
        rows,
    )


if __name__ == "__main__":
    main()
