"""Covariates of the flagship scenario: plain facts about actors and pairs.

    python tools/build_covariates.py   rewrites the computed rows of covariates.csv

Rows that are not computed here (typed by hand: Soviet patterns, sanctions, recalled votes,
assumed sizes) are kept as they stand. Run it before and after build_trade.py: the shares of
trade come from trade.csv. Coding rules are in docs/data.md.
"""

from __future__ import annotations

import pandas as pd
from flagship_io import (
    COW,
    EU27,
    EU_COW,
    EU_SIPRI,
    FACTS,
    SCENARIO,
    SIPRI,
    actors,
    plain,
    shared,
    table,
    write,
)

from kautilya.estimation.suppliers import load, weights
from kautilya.estimation.suppliers.classes import protected

COLUMNS = "name actor partner value low high unit source date grade status note".split()
PARTNERS = ("RUS", "UKR", "USA", "CHN")  # the pairs that laws ask for
AGREES = {"N": 1.0, "A": 0.5, "Y": 0.0}  # a vote on ES-11/1..6 against Russia's N; '-' left out
CEPII_NAMES = {"SRB": "YUG", "ROU": "ROM"}
WIDEN = 0.3  # recalled ratios, relative; assumed
COMPUTED = ("panel_study", "2024-08-10", "C4", "computed")
RECALLED = ("assumed", "2024-08-10", "F6", "assumed")
STUDIED = {
    "pariah": "log(1 + deliveries to bindingly embargoed states, recipient-years of 1997-2021), register",
    "democracy": "electoral democracy of the panel, last year known",
    "us_ally": "defence pact with the United States in 2018, the Rio pact alone not counted; EU: of any member",
}
TYPED_GDP = ("RUS", "PRK", "ARE", "SYR", "VNM")
Row = list[str]


def row(
    name: str, actor: str, value: float, unit: str, basis: tuple[str, str, str, str], **more: str
) -> Row:
    """One row; basis = source, date, grade, status; more = partner, low, high, note."""
    return [
        name,
        actor,
        more.get("partner", ""),
        plain(value),
        more.get("low", ""),
        more.get("high", ""),
        unit,
        *basis,
        more.get("note", ""),
    ]


def sizes() -> list[Row]:
    """Military spending 2021, GDP implied by it, capabilities and people."""
    milex = pd.read_csv(shared("data/sipri_milex_1991_2023.csv"))
    milex["gdp"] = milex["musd_current"] / milex["share_gdp"]
    out: list[Row] = []
    for code in actors():
        names = EU_SIPRI if code == "EUU" else [SIPRI[code]]
        years = milex[milex["country"].isin(names)].groupby("year")[["musd_current", "gdp"]].sum()
        if 2021 in years.index:
            out.append(
                row(
                    "milex",
                    code,
                    round(years.loc[2021, "musd_current"]),
                    "USD_m",
                    ("sipri_milex", "2022-04-25", "B2", "reported"),
                    note="year 2021, current prices, read in a later release",
                )
            )
        if 2023 in years.index and code not in TYPED_GDP:
            span = years.loc[2021:2023, "gdp"]
            out.append(
                row(
                    "gdp",
                    code,
                    round(span[2023]),
                    "USD_m",
                    ("sipri_milex", "2024-04-22", "C4", "computed"),
                    low=plain(span.min(), 0),
                    high=plain(span.max(), 0),
                    note="military spending over its share of GDP, 2023; range 2021-23",
                )
            )
    return out


def capabilities() -> list[Row]:
    """CINC and population of 2021; the EU as the sum of its members."""
    cinc = pd.read_csv(shared("data/cow_cinc_1946_2022.csv")).query("year == 2021")
    cinc = cinc.set_index("ccode")
    out: list[Row] = []
    for code in actors():
        part = cinc.loc[list(EU_COW) if code == "EUU" else [COW[code]]]
        basis = ("cow_nmc", "2024", "B3", "reported" if code != "EUU" else "computed")
        out.append(
            row(
                "cinc",
                code,
                round(part["cinc"].sum(), 6),
                "fraction",
                basis,
                note="share of world capabilities, 2021",
            )
        )
        out.append(
            row(
                "population",
                code,
                part["tpop"].sum() * 1e3,
                "person",
                ("assumed", "2024-08-10", "F6", "assumed"),
                note="year 2021, capabilities data (cow_nmc, dated by year only); taken as "
                "known on the day",
            )
        )
    return out


def ideals() -> dict[str, float]:
    """Ideal points of 2019 by actor; the EU is the mean of its members."""
    points = pd.read_csv(shared("truth/un_ideal_points_apr2020.csv"), comment="#")
    points = points[points["year"] == 2019].set_index("ccode")["ideal_point"]
    return {
        code: float(points[list(EU_COW)].mean() if code == "EUU" else points[COW[code]])
        for code in actors()
    }


def politics() -> list[Row]:
    """Ideal points, their distances, alliances of 2018, agreement with Russia on ES-11."""
    basis = ("bailey2017", "2020-04", "B2", "reported")
    computed = ("bailey2017", "2020-04", "C4", "computed")
    points = ideals()
    out = [
        row(
            "ideal_point",
            code,
            point,
            "1",
            computed if code == "EUU" else basis,
            note="2019" + ("; mean of the members" if code == "EUU" else ""),
        )
        for code, point in points.items()
    ]
    out += [
        row("ideal_distance", a, abs(points[a] - points[b]), "1", computed, partner=b)
        for b in PARTNERS
        for a in actors()
        if a != b
    ]
    pacts = pd.read_parquet(shared("data/atop_alliances_1946_2018.parquet"))
    pacts = pacts[(pacts["year"] == 2018) & (pacts["atop_defense"] == 1)]
    held = set(zip(pacts["ccode1"], pacts["ccode2"], strict=True))
    for b in PARTNERS:
        for a in actors():
            codes = EU_COW if a == "EUU" else (COW[a],)
            if a != b:
                out.append(
                    row(
                        "ally",
                        a,
                        float(any((c, COW[b]) in held for c in codes)),
                        "1",
                        ("atop", "2022", "B2", "reported"),
                        partner=b,
                        note="defence pact in 2018" + ("; of any member" if a == "EUU" else ""),
                    )
                )
    return out + agreement()


def agreement() -> list[Row]:
    """Mean agreement with Russia over the votes cast on ES-11/1 to ES-11/6."""
    votes = pd.read_csv(shared("facts/d_unga_votes.csv"))
    out: list[Row] = []
    for country, part in votes.groupby("country"):
        code, cast = FACTS.get(str(country)), part[part["position"].isin(list(AGREES))]
        if code not in actors():
            continue
        recalled = int((cast["basis"] != "read").sum())
        basis = ("un_ga", "2023-02-23", "C4", "computed")
        note = f"{len(cast)} of 6 votes cast; {recalled} of them recalled"
        out.append(
            row(
                "un_agreement",
                str(code),
                cast["position"].map(AGREES).mean(),
                "fraction",
                basis,
                note=note,
            )
        )
        out.append(
            row(
                "condemned",
                str(code),
                (cast["position"] == "Y").mean(),
                "fraction",
                basis,
                note=note,
            )
        )
    return out


def bans() -> list[Row]:
    """Whether a state's own law bans military and dual-use exports to Russia since 2022."""
    recalled = ("assumed", "2024-08-10", "F6", "assumed")
    read = ("us_bis2022", "2022-02-24", "A3", "confirmed")
    europe = ("eu_council", "2022-03-12", "F6", "assumed")
    given = {
        "USA": (1, read, "export controls of 24 February 2022"),
        "EUU": (1, europe, "sanctions packages since February 2022"),
        "GBR": (1, europe, "measures with the EU and the USA"),
        "JPN": (1, recalled, "measures with the G7"),
        "KOR": (1, recalled, "d_exposure: sanctions Russia"),
    }
    return [
        row("bans", code, *given[code][:1], "1", given[code][1], note=given[code][2])
        if code in given
        else row("bans", code, 0, "1", recalled, note="no ban of its own")
        for code in actors()
    ]


def records() -> list[Row]:
    """What the study of suppliers knows of each state in 2022: arming of embargoed states, democracy,
    and whether it is an ally of the United States by its rule (the Rio pact alone is not enough)."""
    path = shared("data/panel_embargoed_supplier_year.parquet")
    states = {a: list(EU_COW) if a == "EUU" else [COW[a]] for a in actors() if a != "RUS"}
    rows = weights.merged(*weights.candidates(load(path), path.parent, states), tuple(states))
    out = [row(name, "RUS", 0, "1", RECALLED, note="the buyer itself") for name in STUDIED]
    friends = {int(code) for code, year in protected(load(path)) if year == 2021} | {COW["USA"]}
    for n, code in enumerate(states):
        known = {name: rows.column(name)[n] for name in ("pariah", "democracy")}
        known["us_ally"] = float(any(c in friends for c in states[code]))
        out += [
            row(name, code, round(float(known[name]), 2), "1", COMPUTED, note=STUDIED[name])
            for name in STUDIED
        ]
    return out


def places() -> list[Row]:
    """Distances weighted by population and common borders; the EU by its members' people."""
    geo = pd.read_parquet(shared("data/cepii_geodist_224.parquet")).set_index(["iso_o", "iso_d"])
    people = pd.read_csv(shared("data/trade_matrix_2009_countries.csv")).set_index("i")["POPi"]
    basis = ("cepii", "2011", "B2", "reported")
    out: list[Row] = []
    for b in PARTNERS:
        for a in actors():
            codes = [CEPII_NAMES.get(c, c) for c in (EU27 if a == "EUU" else [a])]
            if a == b:
                continue
            part = geo.loc[[(c, b) for c in codes]]
            weight = [people.get(c, 0.0) for c in codes] if a == "EUU" else [1.0]
            far = float((part["distw"].to_numpy() * weight).sum() / sum(weight))
            said = basis if a != "EUU" else ("cepii", "2011", "C4", "computed")
            out.append(
                row(
                    "distance_km",
                    a,
                    round(far),
                    "km",
                    said,
                    partner=b,
                    note="weighted by population"
                    + ("; Serbia as Serbia and Montenegro" if a == "SRB" else ""),
                )
            )
            out.append(row("contiguous", a, float(part["contig"].max()), "1", said, partner=b))
    return out


def exposures() -> list[Row]:
    """Recalled ratios of sixteen states, widened."""
    facts = pd.read_csv(shared("facts/d_exposure.csv"))
    names = {
        "export_us_share": "exports_to_US_pct",
        "export_eu_share": "exports_to_EU_pct",
        "exports_pct_gdp": "goods_exports_pct_GDP",
    }
    basis = ("exposure", "2024-08-10", "F6", "assumed")
    out: list[Row] = []
    for name, column in names.items():
        for entity, percent in zip(facts["entity"], facts[column], strict=True):
            value = float(percent) / 100
            low, high = value * (1 - WIDEN), min(value * (1 + WIDEN), 1.5)
            out.append(
                row(
                    name,
                    FACTS[entity],
                    value,
                    "fraction",
                    basis,
                    low=plain(low),
                    high=plain(max(high, 0.005 if name != "exports_pct_gdp" else high)),
                    note="recalled in d_exposure; widened by 30 percent",
                )
            )
    return out


def trade_shares(known: set[str]) -> list[Row]:
    """Shares that follow from trade.csv: China's in each actor's trade, exports elsewhere."""
    flows = table("trade.csv").assign(value=lambda t: t["value"].astype(float))
    matrix = flows.pivot_table(index="exporter", columns="importer", values="value").fillna(0)
    size = table("covariates.csv").query("name == 'gdp'").set_index("actor")["value"].astype(float)
    basis = ("derived", "2024-08-10", "F6", "computed")
    out: list[Row] = []
    for code in actors():
        both = matrix.loc[code] + matrix[code]
        share = 0.0 if code == "CHN" else both["CHN"] / both.sum()
        out.append(
            row(
                "china_trade_share",
                code,
                share,
                "fraction",
                basis,
                note="exports and imports with China in trade.csv, 2021; North Korea's 2023",
            )
        )
        if code in known:
            continue
        sold = matrix.loc[code].sum()
        for name, to in (("export_us_share", "USA"), ("export_eu_share", "EUU")):
            out.append(
                row(
                    name,
                    code,
                    matrix.loc[code, to] / sold,
                    "fraction",
                    basis,
                    note="from trade.csv of 2021",
                )
            )
        out.append(
            row(
                "exports_pct_gdp",
                code,
                sold / size[code],
                "fraction",
                basis,
                note="from trade.csv of 2021; trade inside the EU left out",
            )
        )
    return out


def main() -> None:
    """Rewrite covariates.csv: computed rows anew, typed rows kept."""
    new = [*sizes(), *capabilities(), *politics(), *records(), *bans(), *places(), *exposures()]
    if (SCENARIO / "trade.csv").exists():
        new += trade_shares({r[1] for r in new if r[0] == "export_us_share"})
    done = {tuple(r[:3]) for r in new}
    old = [[str(v) for v in r] for r in table("covariates.csv")[COLUMNS].to_numpy()]
    kept = [r for r in old if tuple(r[:3]) not in done]
    order = {code: i for i, code in enumerate(actors())}
    rows = sorted(new + kept, key=lambda r: (r[0], order.get(r[2], -1), order.get(r[1], -1)))
    write(
        "covariates.csv",
        "Plain facts about actors and pairs (tools/build_covariates.py, "
        "docs/data.md). Pairs are given for the partners RUS, UKR, USA and CHN.",
        COLUMNS,
        rows,
    )


if __name__ == "__main__":
    main()
