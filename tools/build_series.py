"""Dated records of the flagship scenario: monthly totals for the whole country.

    python tools/build_series.py       writes series.csv; reads figures of the context table

Sources and coding rules are in docs/data.md. Every row carries the date at which it was
published, so that an as-of date hides what came later.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pandas as pd
from flagship_io import SCENARIO, plain, shared, table, write

COLUMNS = "series actor partner good month value unit source date grade status".split()
SIDES = {"Russia": "RUS", "Ukraine": "UKR"}
ORYX = {"tank": ("tank",), "ifv": ("AFV", "IFV", "APC"), "gun": ("towed_gun", "SPG"),
        "mlrs": ("MRL",)}
CLAIMS = {"tank": "tank", "ifv": "AFV_IFV_APC", "gun": "artillery_tubes_incl_mortars",
          "mlrs": "MRL", "person": "personnel_killed_wounded"}
WEIGHTS = {"treaty": 2.0, "summit": 1.0, "visit": 0.5, "un_veto": 0.5}   # assumed
EUR_USD = {"2022": 1.0530, "2023": 1.0813, "2024": 1.0905}   # ECB averages; 2024: January
DONORS = {"United States": "USA", "United Kingdom": "GBR", "South Korea": "KOR", "Japan": "JPN"}
MEMBERS = ("Austria Belgium Bulgaria Croatia Cyprus Czechia Denmark Estonia Finland France "
           "Germany Greece Hungary Ireland Italy Latvia Lithuania Luxembourg Malta Netherlands "
           "Poland Portugal Romania Slovakia Slovenia Spain Sweden").split()
KIEL_DATE = "2024-02-16"
DRONES = ("Shahed",)
MISSILES = ("X-", "Iskander", "KN-23", "C-300", "C-400", "Kalibr", "P-800", "3M22",
            "Unknown Missile")
FIRST_WHOLE_MONTH = "2022-10"  # the record of launches starts on 28 September 2022
Row = list[str]


def month_end(month: str) -> str:
    """Last day of a month."""
    year, number = (int(part) for part in month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]:02d}"


def oryx() -> list[Row]:
    """Cumulative visually confirmed losses by side and class at each snapshot."""
    facts = pd.read_csv(shared("facts/ab_oryx_losses_monthly.csv"))
    out: list[Row] = []
    for entity, code in SIDES.items():
        for good, classes in ORYX.items():
            part = facts[(facts["entity"] == entity) & facts["class"].isin(classes)]
            for month, rows in part.groupby("month"):
                out.append(["observed.oryx_lost", code, "", good, str(month),
                            plain(rows["cumulative"].sum(), 0), good, "oryx",
                            rows["snapshot_date"].iloc[0], "B2", "confirmed"])
    return out


def claims() -> list[Row]:
    """Cumulative claimed Russian losses at the end of each month."""
    facts = pd.read_csv(shared("facts/a_ru_losses_claimed_monthly.csv"))
    out: list[Row] = []
    for good, name in CLAIMS.items():
        for row in facts[facts["class"] == name].itertuples():
            out.append(["observed.claimed_lost", "RUS", "", good, row.month,
                        plain(row.cumulative_month_end, 0), good, "gs_claims", row.date, "D4",
                        "alleged"])
    return out


def tempo() -> list[Row]:
    """How hard the war was fought, by class: claimed Russian losses of the month over their mean.

    The total of the month, not its daily rate: February 2022 has five days of war.
    """
    facts = pd.read_csv(shared("facts/a_ru_losses_claimed_monthly.csv"))
    out: list[Row] = []
    for good, name in CLAIMS.items():
        part = facts[facts["class"] == name]
        index = part["month_increment"].clip(lower=0) / part["month_increment"].mean()
        out += [["tempo.index", "", "", good, month, plain(value), "1", "gs_claims", day, "D4",
                 "computed"]
                for month, value, day in zip(part["month"], index, part["date"], strict=True)]
    return out


def ties() -> list[Row]:
    """Weights of dated events between Russia and a supplier, by month (assumed weights)."""
    sums: dict[tuple[str, str], float] = {}
    days: dict[tuple[str, str], str] = {}
    for row in table("events.csv").sort_values("date").itertuples():
        who = [code for code in row.actors.split(";") if code != "RUS"]
        if not row.id.startswith("F") or "RUS" not in row.actors or len(row.date) < 7:
            continue
        for code in who if row.type in WEIGHTS and row.date[:7] >= "2022-02" else []:
            key = (code, row.date[:7])
            sums[key] = sums.get(key, 0.0) + WEIGHTS[row.type]
            days[key] = row.date
    return [["tie.events", code, "", "", month, plain(value), "1", "derived", days[code, month],
             "F6", "assumed"] for (code, month), value in sums.items()]


def containers() -> list[Row]:
    """Containers from North Korea to Russia, cumulative (figures C001 to C006)."""
    rows = table("context/figures.csv")
    return [["observed.containers", "PRK", "RUS", "", r.to, r.central, "1", r.source, r.date,
             r.grade, r.status]
            for r in rows[rows["measure"] == "containers"].itertuples()]


def aid() -> tuple[list[Row], float, float]:
    """Military aid allocated to Ukraine by month; also the sums kept and left out, in USD_m."""
    kiel = pd.read_csv(shared("data/kiel_aid_monthly.csv")).query(
        "aid_type_general == 'Military'")
    usd = kiel["aid_eur_m"] * kiel["year_month"].str[:4].map(EUR_USD)
    donor = kiel["donor"].map(lambda n: "EUU" if n in MEMBERS else DONORS.get(n, ""))
    sums = usd.groupby([donor, kiel["year_month"]]).sum()
    out = [["aid_pace.allocated", str(who), "", "", str(month), plain(value, 1), "USD_m/month",
            "kiel_release27", KIEL_DATE, "B3", "computed"]
           for (who, month), value in sums.items() if who]
    return out, float(usd[donor != ""].sum()), float(usd[donor == ""].sum())


def launches() -> list[Row]:
    """Missiles and long-range drones launched at Ukraine by month, as claimed."""
    salvos = pd.read_csv(shared("data/ru_missile_drone_salvos.csv"))
    months = salvos["time_start"].str[:7]
    out: list[Row] = []
    for name, good, marks in (("missiles", "missile", MISSILES), ("drones", "drone", DRONES)):
        mine = salvos["model"].fillna("").str.startswith(marks)
        sums = salvos[mine].groupby(months[mine])["launched"].sum()
        out += [[f"observed.{name}", "RUS", "UKR", good, str(month), plain(value, 0),
                 f"{good}/month", "ua_airforce", month_end(str(month)), "D4", "alleged"]
                for month, value in sums.items() if str(month) >= FIRST_WHOLE_MONTH]
    return out


def deaths() -> list[Row]:
    """Named Russian dead by month: weekly counts spread evenly over the days of their week."""
    weeks = pd.read_csv(shared("data/mediazona_weekly_confirmed_deaths.csv"))
    sums: dict[str, float] = {}
    for row in weeks.itertuples():
        start = date.fromisoformat(row.week_start_approx)
        for day in range(7):
            month = (start + timedelta(days=day)).isoformat()[:7]
            sums[month] = sums.get(month, 0.0) + row.deaths_imgread / 7
    sums.pop("2023-11", None)   # the last week reaches into a month that is not covered
    return [["observed.deaths_named", "RUS", "", "person", month, plain(value, 1),
             "person/month", "mediazona_chart", "2023-11", "B3", "computed"]
            for month, value in sums.items()]


def main() -> None:
    """Write series.csv and say how much aid has no actor."""
    given, kept, left = aid()
    rows = [*tempo(), *ties(), *given, *oryx(), *claims(), *containers(), *launches(), *deaths()]
    write("series.csv", "Dated records (tools/build_series.py, docs/data.md). Losses are "
          "cumulative; aid, launches and deaths are per month.\n"
          f"aid_pace.allocated: to Ukraine, by donor. Donors that are no actor here gave "
          f"{left:.0f} USD_m beside {kept:.0f}; the EU institutions are not in the source.",
          COLUMNS, rows)
    print(f"{len(rows)} rows to {SCENARIO / 'series.csv'}; aid kept {kept:.0f}, left {left:.0f}")


if __name__ == "__main__":
    main()
