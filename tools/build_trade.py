"""Trade of the flagship: the year before the war, and what reporters say of the years after.

    python tools/build_trade.py            writes trade.csv and validation/trade_after.csv, then docs/trade.md
    python tools/build_trade.py --check    writes nothing; exit code 1 if one of them is stale

Both tables rest on files that stay outside the repository (trade_matrix_2021.csv, trade_2021_2024.csv);
where those are absent only the page is made or checked. Steps:
 1. cells between actors as the compilation gives them, each with its basis: read, computed from a
    partner's share, recalled, or estimated (the matrix of 2009 fitted around the known cells);
 2. the rest of the world: totals of 2021 (exports; imports at .95 of CIF), recalled, less the cells;
 3. North Korea: 2021 was a year of shut borders, so its rows are of 2023: China by C084 and the note
    of C090, the rest of the cells scaled so that China has the share C088, none with sanctioners;
 4. targets: total trade of a pair in 2022 and 2023, one value a reporter (read before computed before
    recalled, then the later vintage); shares of a mirror count only where no office reports.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from flagship_io import SCENARIO, actors, plain, shared, table

from kautilya.validation import trade_after

ROOT = Path(__file__).resolve().parents[1]
PAGE, TARGETS = ROOT / "docs/trade.md", ROOT / "src/kautilya/validation/trade_after.csv"
ROW, BASE, SHUT = "ROW", "2021", ("USA", "EUU", "GBR", "JPN", "KOR", "UKR")
FOB = 0.95  # imports at the exporter's border over those at the importer's; the compilation's own
COLUMNS = "exporter importer value unit year source date grade status note".split()
HEAD = (
    "# Goods trade of 2021, US$ m a year, North Korea's of 2023 (tools/build_trade.py, docs/data.md). "
    "A derived table; the basis of each cell stands in its note.\n"
    "# ROW is the rest of the world. Trade inside the EU and inside ROW is left out.\n"
)
# goods exports and imports of 2021, US$ bn; Russia's and Kyrgyzstan's read, the others recalled
TOTALS = {
    "RUS": (493.0961, 293.5312), "UKR": (68.1, 72.8), "PRK": (0.082, 0.632), "CHN": (3363.8, 2687.5),
    "IND": (395.4, 573.1), "IRN": (71.0, 49.0), "BLR": (39.9, 41.8), "TUR": (225.2, 271.4),
    "KAZ": (60.3, 41.4), "ARE": (425.2, 347.5), "KOR": (644.4, 615.1), "JPN": (756.0, 769.0),
    "USA": (1754.3, 2935.3), "EUU": (2578.0, 2513.0), "GBR": (470.5, 694.6), "PAK": (28.8, 72.5),
    "MMR": (15.1, 14.3), "SYR": (0.9, 6.5), "EGY": (40.7, 73.8), "ZAF": (123.6, 113.9),
    "BRA": (280.8, 234.7), "VNM": (335.8, 332.2), "SRB": (25.6, 33.8), "KGZ": (2.7522, 5.5802),
}  # fmt: skip
READ = ("RUS", "KGZ")  # whose totals are read
PRK_EXPORT_SHARE = 0.33 / 2.77  # exports in recorded trade 2023, note of figure C090
# what the compilation calls a basis -> key of sources.csv, day on which it was known, grade, status
BASES = {
    "Russian customs exports (read)": ("ru_customs2021", "2022-02", "A1", "reported"),
    "Russian customs imports (read) x 0.97 to FOB": ("ru_customs2021", "2022-02", "A2", "computed"),
    "Russian customs from memory": ("ru_customs2021", "2022-02", "F6", "assumed"),
    "Eurostat exports (read, EUR converted)": ("eu_comext", "2022-02", "A1", "reported"),
    "Kazakh statistics exports (read)": ("kz_trade2021", "2022-07", "A1", "reported"),
    "Kazakh statistics imports (read) x 0.95": ("kz_trade2021", "2022-07", "A2", "computed"),
    "Kyrgyz statistics exports (read)": ("kg_trade2021", "2022-06", "A2", "reported"),
    "Kyrgyz statistics imports (read) x 0.95": ("kg_trade2021", "2022-06", "A3", "computed"),
    "GACC two-way read less exports": ("cn_customs2022", "2022-01-14", "C2", "computed"),
    "GACC (computed)": ("cn_customs2022", "2022-01-18", "C2", "computed"),
    "GACC (computed from read growth)": ("cn_customs2022", "2022-01-14", "C2", "computed"),
    "KITA (read)": ("kr_kita2022", "2022-01", "A2", "reported"),
    "US Census (read)": ("us_census2022", "2022-02-08", "A2", "reported"),
    "Manturov 2022 level and growth (computed)": (
        "ru_manturov2023",
        "2023-02-22",
        "C3",
        "computed",
    ),
    "same": ("ru_manturov2023", "2023-02-22", "C3", "computed"),
    "practically nil": ("assumed", "2024-08-10", "F6", "assumed"),
    "partner share 2021": ("cia_shares2021", "2023-12-30", "C3", "computed"),
    "partner share 2022": ("cia_shares2022", "2024-08-08", "C4", "computed"),
    "estimate": ("trade_fit2021", "2024-08-10", "F6", "assumed"),
}


def basis(source: str) -> tuple[str, ...]:
    """What a cell of the compilation rests on."""
    if source.startswith("partner share"):
        source = f"partner share {2021 if 'of 2021 (read' in source else 2022}"
    return BASES["estimate" if source.startswith("estimate") else source]


def cells() -> pd.DataFrame:
    """Cells between actors and ROW as rows of trade.csv, by exporter and importer."""
    found = pd.read_csv(shared("data/trade_matrix_2021.csv"))
    rows = {
        (r.exporter, r.importer): [r.value_usd_m, BASE, *basis(r.source), r.source]
        for r in found.itertuples()
    }
    own = (
        found.groupby("exporter")["value_usd_m"].sum(),
        found.groupby("importer")["value_usd_m"].sum(),
    )
    for code, (sold, bought) in TOTALS.items():
        status = ("wto_totals2021", "2022-04", "F6", "assumed")
        if code in READ:
            key = "ru_customs2023" if code == "RUS" else "kg_trade2021"
            status = (key, "2023-03-13" if code == "RUS" else "2022-06", "A2", "computed")
        said = "goods total of 2021 less the cells" + (
            "" if code in READ else "; the total is recalled"
        )
        for pair, total, part in (
            ((code, ROW), 1e3 * sold, own[0]),
            ((ROW, code), 1e3 * FOB * bought, own[1]),
        ):
            rows[pair] = [max(total - part[code], 0.0), BASE, *status, said]
    of = pd.DataFrame.from_dict(rows, orient="index", columns=["value", *COLUMNS[4:]])
    of.index = pd.MultiIndex.from_tuples(of.index)
    return of


def figure(name: str) -> float:
    """Central value of a figure of this scenario."""
    rows = pd.concat([table("figures.csv"), table("context/figures.csv")])
    return float(rows.set_index("id").loc[name, "central"])


def opened(of: pd.DataFrame) -> None:
    """North Korea's rows of 2023, in place."""
    china = figure("C084") * 1e3
    others = [c for c in [*actors(), ROW] if c not in ("PRK", "CHN")]
    pairs = [p for c in others for p in (("PRK", c), (c, "PRK"))]
    keep = [p for p in pairs if not set(p) & set(SHUT)]
    rest = china / (figure("C088") / 100) - china
    whole = sum(of.loc[p, "value"] for p in keep)
    for pair in pairs:
        value = of.loc[pair, "value"] * rest / whole if pair in keep else 0.0
        note = "cells of 2021 scaled so that China has the share C088; none with sanctioners"
        of.loc[pair] = [value, "2023", "statkorea2024", "2024-07", "F6", "computed", note]
    for pair, part in ((("PRK", "CHN"), PRK_EXPORT_SHARE), (("CHN", "PRK"), 1 - PRK_EXPORT_SHARE)):
        note = "two-way total C084; direction as in the note of C090"
        of.loc[pair] = [
            part * china,
            "2023",
            "cn_customs_prk2024",
            "2024-01-18",
            "C4",
            "computed",
            note,
        ]


def baseline() -> str:
    """trade.csv."""
    of = cells()
    opened(of)
    order = [*actors(), ROW]
    rows = []
    for a in order:
        for b in order:
            if a != b:
                value, *rest = of.loc[(a, b)]
                rows.append([a, b, plain(value, 1), "USD_m", *rest])
    return HEAD + pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False)


def targets() -> str:
    """trade_after.csv: for each pair and year the least and the most that a reporter says."""
    found = pd.read_csv(shared("data/trade_2021_2024.csv"))
    known = {*actors(), "WLD"}
    found = found[
        found["year"].isin([2022, 2023])
        & found["sector"].isin(["total", "total_FY"])
        & found["exporter"].isin(known)
        & found["importer"].isin(known)
        & (found["known_date"].str[:10] <= "2024-08-10")
    ]
    rank = {"read": 0, "computed": 1, "recalled-unverified": 2}
    found = found.assign(rank=found["basis"].map(rank), mirror=found["reporter"] == "OEC mirror")
    found = found.sort_values(["rank", "source_date"], ascending=[True, False], kind="stable")
    found = found.drop_duplicates(["exporter", "importer", "year", "reporter"])
    alone = found.groupby(["exporter", "importer", "year"])["mirror"].transform("all")
    found = found[~found["mirror"] | alone]
    rows = []
    for (a, b, year), part in found.groupby(["exporter", "importer", "year"]):
        part = part.sort_values(["reporter", "source"])
        said = "; ".join(dict.fromkeys(f"{r.source} ({r.basis})" for r in part.itertuples()))
        low, high = part["value_usd_m"].min(), part["value_usd_m"].max()
        rows.append([a, b, year, plain(low, 1), plain(high, 1), len(part), said])
    head = "exporter importer year low high reporters sources".split()
    return (
        "# Goods trade reported for the years after, US$ m: least and most of one value a reporter "
        "(tools/build_trade.py). WLD: all partners.\n"
        + pd.DataFrame(rows, columns=head).to_csv(index=False)
    )


def main(arguments: list[str]) -> int:
    """Write the tables and the page, or say which of them are stale."""
    made = {}
    if shared("data/trade_matrix_2021.csv").exists():
        made = {SCENARIO / "trade.csv": baseline, TARGETS: targets}
    stale = []
    for path, make in {**made, PAGE: trade_after.page}.items():
        text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8", newline="\n")
    if "--check" in arguments and stale:
        print(f"stale: {', '.join(stale)}; run python tools/build_trade.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
