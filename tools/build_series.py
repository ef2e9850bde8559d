"""Dated records of the flagship scenario: monthly totals for the whole country.

    python tools/build_series.py       writes series.csv; reads figures of the context table

Sources and coding rules are in docs/data.md. Every row carries the date at which it was
published, so that an as-of date hides what came later.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import flagship_events
import numpy as np
import pandas as pd
from flagship_io import SCENARIO, plain, shared, table, write

from kautilya.estimation import watched

COLUMNS = "series actor partner good label month value unit source date grade status".split()
SIDES = {"Russia": "RUS", "Ukraine": "UKR"}
ORYX = {
    "tank": ("tank",),
    "ifv": ("AFV", "IFV", "APC"),
    "gun": ("towed_gun", "SPG"),
    "mlrs": ("MRL",),
}
CLAIMS = {
    "tank": "tank",
    "ifv": "AFV_IFV_APC",
    "gun": "artillery_tubes_incl_mortars",
    "mlrs": "MRL",
    "person": "personnel_killed_wounded",
}
STRENGTH = (190_000, 520_000)  # Russian soldiers in the theatre: X26 and X25
EUR_USD = {"2022": 1.0530, "2023": 1.0813, "2024": 1.0905}  # ECB averages; 2024: January
DONORS = {"United States": "USA", "United Kingdom": "GBR", "South Korea": "KOR", "Japan": "JPN"}
MEMBERS = (
    "Austria Belgium Bulgaria Croatia Cyprus Czechia Denmark Estonia Finland France "
    "Germany Greece Hungary Ireland Italy Latvia Lithuania Luxembourg Malta Netherlands "
    "Poland Portugal Romania Slovakia Slovenia Spain Sweden"
).split()
SIGNALS = {  # the others stand in flagship_events.py
    "disclosure": (
        "disclosure",
        "shipment",
        "alleged_purchase",
        "alleged_shipment",
        "re_import",
        "use",
    ),
}
KNOWN = {
    "F012": "2022-11",
    "F013": "2023-04",
    "F014": "2022-12",
    "F015": "2023-05",  # became
    "F016": "2023-06",
    "F020": "2023-09",
    "F021": "2023-10",
    "F033": "2024-01",
}  # known
SPEAKS = {"F028": ("USA",), "F034": ("KOR",), "F033": ("UKR",), "F030": ("BRA", "PAK")}  # no givers
AS_OF = "2024-08-10"
KIEL_DATE = "2024-02-16"
DRONES = ("Shahed",)
MISSILES = (
    "X-",
    "Iskander",
    "KN-23",
    "C-300",
    "C-400",
    "Kalibr",
    "P-800",
    "3M22",
    "Unknown Missile",
)
LAST_MONTH = "2024-08"
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
                out.append(
                    [
                        "observed.oryx_lost",
                        code,
                        "",
                        good,
                        str(month),
                        plain(rows["cumulative"].sum(), 0),
                        good,
                        "oryx",
                        rows["snapshot_date"].iloc[0],
                        "B2",
                        "confirmed",
                    ]
                )
    return out


def claims() -> list[Row]:
    """Cumulative claimed Russian losses at the end of each month."""
    facts = pd.read_csv(shared("facts/a_ru_losses_claimed_monthly.csv"))
    out: list[Row] = []
    for good, name in CLAIMS.items():
        for row in facts[facts["class"] == name].itertuples():
            out.append(
                [
                    "observed.claimed_lost",
                    "RUS",
                    "",
                    good,
                    row.month,
                    plain(row.cumulative_month_end, 0),
                    good,
                    "gs_claims",
                    row.date,
                    "D4",
                    "alleged",
                ]
            )
    return out


def profile(days: list[int], counts: list[float], ends: list[int]) -> list[float]:
    """Monthly increments of a cumulative count, smoothed 1-2-1, over their mean.

    days   days since the first of the war at which the count stood at `counts`
    ends   day on which each month ends
    """
    level = np.interp(ends, [0, *days], [0.0, *counts])
    rise = np.diff(level, prepend=0.0)
    smooth = rise.copy()
    smooth[2:-1] = (rise[1:-2] + 2 * rise[2:-1] + rise[3:]) / 4
    return list(smooth / smooth.mean())


def tempo() -> list[Row]:
    """How hard the war was fought, by class: losses seen on both sides over their mean.

    Equipment: visual evidence of both sides; the claims on guns are no profile (they put 11 % of
    the losses into 2022, the evidence 37 %). Men: claims of one side, the only monthly record, a
    soldier in the theatre: over the strength there, which grew from 190,000 (X26) to 520,000 (X25).
    Totals of the month, not daily rates: February 2022 has five days of war. Only the profile
    is used, never the level.
    """
    first = date(2022, 2, 24)
    months = [f"{2022 + m // 12}-{m % 12 + 1:02d}" for m in range(1, 31)]
    ends = [(date.fromisoformat(month_end(m)) - first).days + 1 for m in months]
    facts = pd.read_csv(shared("facts/ab_oryx_losses_monthly.csv"))
    found: dict[str, tuple[list[int], list[float], str, str]] = {}
    for good, classes in ORYX.items():
        part = facts[facts["class"].isin(classes)].groupby("snapshot_date")["cumulative"].sum()
        days = [(date.fromisoformat(str(day)) - first).days for day in part.index]
        found[good] = days, [float(v) for v in part], "oryx", "B2"
    claimed = pd.read_csv(shared("facts/a_ru_losses_claimed_monthly.csv"))
    men = claimed[claimed["class"] == CLAIMS["person"]]
    found["person"] = (
        [(date.fromisoformat(d) - first).days + 1 for d in men["date"]],
        [float(v) for v in men["cumulative_month_end"]],
        "gs_claims",
        "D4",
    )
    out: list[Row] = []
    for good, (days, counts, source, grade) in found.items():
        values = np.array(profile(days, counts, ends))
        if good == "person":
            strength = np.linspace(*STRENGTH, len(months))
            values = values / (strength / strength.mean())
            values = values / values.mean()
        out += [
            [
                "tempo.index",
                "",
                "",
                good,
                month,
                plain(value),
                "1",
                source,
                month_end(months[-1]),
                grade,
                "computed",
            ]
            for month, value in zip(months, values, strict=True)
        ]
    return out


def policy() -> list[Row]:
    """The month in which the declared stock policy begins."""
    return [
        ["hold.begins", "", "", "", "2024-01", "1", "1", "assumed", "2024-08-10", "F6", "assumed"]
    ]


def signals() -> list[Row]:
    """Signals of supply to Russia by kind, in the month in which they became known."""
    out: dict[tuple[str, str, str], Row] = {}
    for row in table("events.csv").sort_values("date").itertuples():
        kind = next((k for k, types in SIGNALS.items() if row.type in types), "")
        month = KNOWN.get(row.id, row.date[:7])
        if (
            not kind
            or row.id[0] != "F"
            or "RUS" not in row.actors
            or month < "2022-02"
            or row.date > AS_OF
        ):
            continue
        for code in row.actors.split(";"):
            if code != "RUS" and code not in SPEAKS.get(row.id, ()):
                out.setdefault(
                    (kind, code, month),
                    [
                        f"visibility.{kind}",
                        code,
                        "",
                        "",
                        month,
                        "1",
                        "1",
                        row.source,
                        max(row.date, month),
                        row.grade,
                        row.status,
                    ],
                )
    return [out[key] for key in sorted(out)]


def council() -> list[Row]:
    """Votes of the Security Council on North Korea, and treaties signed with Russia."""
    events = table("events.csv").set_index("id")
    out = [
        [
            "council.adopted",
            "",
            "",
            "",
            "2022-03",
            "1",
            "1",
            "un_sc2022",
            "2022-03-25",
            "F6",
            "assumed",
        ]
    ]
    for name, code, event in (
        ("council.adopted", "", "U2680"),
        ("council.vetoed", "RUS", "U2022"),
        ("council.vetoed", "CHN", "U2022"),
        ("council.vetoed", "RUS", "U2024"),
        ("treaty.signed", "PRK", "F038"),
    ):
        row = events.loc[event]
        out.append(
            [
                name,
                code,
                "",
                "",
                row["date"][:7],
                "1",
                "1",
                row["source"],
                row["date"],
                row["grade"],
                row["status"],
            ]
        )
    return out


def containers() -> list[Row]:
    """Containers from North Korea to Russia, cumulative (figures C001 to C006)."""
    rows = table("context/figures.csv")
    return [
        [
            "observed.containers",
            "PRK",
            "RUS",
            "",
            r.to,
            r.central,
            "1",
            r.source,
            r.date,
            r.grade,
            r.status,
        ]
        for r in rows[rows["measure"] == "containers"].itertuples()
    ]


def aid() -> tuple[list[Row], float, float]:
    """Military aid allocated to Ukraine by month; also the sums kept and left out, in USD_m."""
    kiel = pd.read_csv(shared("data/kiel_aid_monthly.csv")).query("aid_type_general == 'Military'")
    usd = kiel["aid_eur_m"] * kiel["year_month"].str[:4].map(EUR_USD)
    donor = kiel["donor"].map(lambda n: "EUU" if n in MEMBERS else DONORS.get(n, ""))
    sums = usd.groupby([donor, kiel["year_month"]]).sum()
    out = [
        [
            "aid_pace.allocated",
            str(who),
            "",
            "",
            str(month),
            plain(value, 1),
            "USD_m/month",
            "kiel_release27",
            KIEL_DATE,
            "B3",
            "computed",
        ]
        for (who, month), value in sums.items()
        if who
    ]
    return out, float(usd[donor != ""].sum()), float(usd[donor == ""].sum())


def launches() -> list[Row]:
    """Missiles and long-range drones launched at Ukraine by month, as claimed."""
    salvos = pd.read_csv(shared("data/ru_missile_drone_salvos.csv"))
    months = salvos["time_start"].str[:7]
    out: list[Row] = []
    for name, good, marks in (("missiles", "missile", MISSILES), ("drones", "drone", DRONES)):
        mine = salvos["model"].fillna("").str.startswith(marks)
        sums = salvos[mine].groupby(months[mine])["launched"].sum()
        out += [
            [
                f"observed.{name}",
                "RUS",
                "UKR",
                good,
                str(month),
                plain(value, 0),
                f"{good}/month",
                "ua_airforce",
                month_end(str(month)),
                "D4",
                "alleged",
            ]
            for month, value in sums.items()
            if str(month) >= FIRST_WHOLE_MONTH
        ]
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
    sums.pop("2023-11", None)  # the last week reaches into a month that is not covered
    return [
        [
            "observed.deaths_named",
            "RUS",
            "",
            "person",
            month,
            plain(value, 1),
            "person/month",
            "mediazona_chart",
            "2023-11",
            "B3",
            "computed",
        ]
        for month, value in sums.items()
    ]


def orbits() -> list[Row]:
    """North Korean satellite launches by month, from the event ledger: orbit reached or not."""
    out: list[Row] = []
    for row in table("events.csv").itertuples():
        if row.type == "space_launch" and row.id.startswith("F"):
            name = "reached" if "in orbit" in row.event else "failed"
            out.append(
                [
                    f"technology.{name}",
                    "PRK",
                    "",
                    "",
                    row.date[:7],
                    "1",
                    "1",
                    row.source,
                    row.date,
                    row.grade,
                    row.status,
                ]
            )
    return out


def fighting() -> list[Row]:
    """Months with losses on record up to the as-of month: the war goes on."""
    days = {row[4]: row[7:10] for row in tempo() if row[3] == "tank"}
    return [
        ["termination.goes_on", "", "", "", month, "1", "1", *source, "computed"]
        for month, source in sorted(days.items())
    ]


RECORD = {  # group: source, grade and status of its rows
    "claims": ("gs_claims", "D4", "alleged"),
    "pictures": ("oryx", "B2", "confirmed"),
    "launches": ("ua_airforce", "D4", "alleged"),
    "aid": ("kiel_release27", "B3", "computed"),
    "deaths": ("mediazona_chart", "B3", "computed"),
    "tests": ("cns_tests", "B2", "reported"),
}


def record() -> list[Row]:
    """What observers published of each month, less corrections of the day they were made.

    A row is known from the end of its month plus the days that its source needs.
    """
    found = watched.read(shared("data"), date.fromisoformat(month_end(LAST_MONTH)))
    lag = {group: days for group, (_, days) in watched.FILES.items()}
    out: list[Row] = []
    for label, row in found.about.iterrows():
        source, grade, status = RECORD[row["group"]]
        for month, value in found.clean[label].dropna().items():
            known = month.end_time.date() + timedelta(days=lag[row["group"]])
            value = max(float(value), 0.0)
            out.append(
                ["motion.record", "", "", "", str(label), str(month), plain(value, 1), "1", source,
                 known.isoformat(), grade, status]
            )  # fmt: skip
    return out


def main() -> None:
    """Write series.csv and say how much aid has no actor."""
    given, kept, left = aid()
    rows = [
        *tempo(),
        *policy(),
        *flagship_events.series(),
        *given,
        *oryx(),
        *claims(),
        *containers(),
        *launches(),
        *deaths(),
        *council(),
        *signals(),
        *orbits(),
        *fighting(),
    ]
    rows = [[*row[:4], "", *row[4:]] for row in rows] + record()
    write(
        "series.csv",
        "Dated records (tools/build_series.py, docs/data.md). Losses are "
        "cumulative; aid, launches and deaths are per month.\n"
        f"aid_pace.allocated: to Ukraine, by donor. Donors that are no actor here gave "
        f"{left:.0f} USD_m beside {kept:.0f}; the EU institutions are not in the source.",
        COLUMNS,
        rows,
    )
    print(f"{len(rows)} rows to {SCENARIO / 'series.csv'}; aid kept {kept:.0f}, left {left:.0f}")


if __name__ == "__main__":
    main()
