"""Meetings, journeys, treaties and exercises, coded by one rule for Russia and each of 22 states.

Read by build_series.py (rows of series.csv) and, run by itself, writes the rows of quantities.csv that
rest on the years before the war:

    python tools/flagship_events.py            write them
    python tools/flagship_events.py --check    exit code 1 if a row disagrees

The rule is in docs/data.md. An event counts in the month in which it became known; telephone calls are
a sample and count nowhere. What is only recalled is graded F6 and marked assumed.
"""

from __future__ import annotations

import csv
import io
import sys
import tomllib

import pandas as pd
from flagship_io import SCENARIO, plain, shared, table
from scipy.stats import gamma

Row = list[str]
FIRST, AS_OF = "2022-02", "2024-08-10"
BEFORE = ("2014-02", "2022-01")  # eight years
YEARS = 8
MINISTERS = ("foreign_minister", "defence_minister")
WEIGHTS = {
    "treaty": 1.0,
    "declaration": 0.5,
    "exercise": 0.5,
    "minister": 0.5,
}  # assumed; leaders 1
LEADERS = {
    "Vladimir Putin": "RUS",
    "Kim Jong Un": "PRK",
    "Xi Jinping": "CHN",
    "Narendra Modi": "IND",
}
KEEP, EVENT = (0.95, 0.97, 0.99), (0.05, 0.1, 0.2)  # tie.keep and tie.event: low, central, high
REST = (0.15, 0.25, 0.35)  # tie.rest
SOURCE = ("events_coded", "C3", "computed")
RECALLED = ("assumed", "F6", "assumed")


def suppliers() -> list[str]:
    """Codes of the suppliers, as the scenario lists them."""
    text = (SCENARIO / "scenario.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["sets"]["supplier"]["members"])


def meetings() -> pd.DataFrame:
    """Face-to-face meetings of Russia with a supplier, with the month in which each became known."""
    found = pd.read_csv(shared("facts/m_meetings.csv"))
    found = found[(found["state_a"] == "RUS") & (found["kind"] != "call")]
    found = found[found["known_on"] <= AS_OF]
    return found.assign(month=found["known_on"].str[:7])


def acts() -> pd.DataFrame:
    """Treaties, declarations and exercises with Russia, with the month in which each became known."""
    found = pd.read_csv(shared("facts/m_treaties_exercises.csv"))
    found = found[(found["state_a"] == "RUS") & found["type"].isin(WEIGHTS)]
    found = found[found["date"].notna() & (found["known_on"] <= AS_OF)]
    return found.assign(month=found["known_on"].str[:7])


def grouped(found: pd.DataFrame, value: pd.Series, series: str) -> list[Row]:
    """Rows of a series: sums by state and month since the war began; graded by what was read."""
    out = []
    states = suppliers()
    for (state, month), rows in found.groupby(["state_b", "month"]):
        if state not in states or month < FIRST:
            continue
        source, grade, status = SOURCE if (rows["basis"] == "read").any() else RECALLED
        amount = plain(float(value[rows.index].sum()))
        known = str(rows["known_on"].min())
        out.append([series, state, "", "", month, amount, "1", source, known, grade, status])
    return out


def weighed() -> tuple[pd.DataFrame, pd.Series]:
    """What feeds a tie beside meetings of leaders, and the weight of each."""
    seen, signed = meetings(), acts()
    seen = seen[seen["level"].isin(MINISTERS)].assign(type="minister")
    columns = ["state_b", "month", "basis", "known_on", "type"]
    both = pd.concat([seen[columns], signed[columns]], ignore_index=True)
    return both, both["type"].map(WEIGHTS)


def series() -> list[Row]:
    """Meetings, journeys, what else feeds a tie, and signals of ministers and exercises."""
    seen, signed = meetings(), acts()
    leaders = seen[seen["level"] == "leader"]
    one = pd.Series(1.0, leaders.index)
    out = grouped(leaders, one, "journeys.met") + grouped(*weighed(), "tie.events")
    ministers = seen[seen["level"] == "defence_minister"]
    drills = signed[signed["type"] == "exercise"]
    for name, rows in (("visit", ministers), ("exercise", drills)):
        first = rows.drop_duplicates(["state_b", "month"])
        found = grouped(rows, pd.Series(0.0, rows.index).where(~rows.index.isin(first.index), 1.0),
                        f"visibility.{name}")  # fmt: skip
        out += found
    return out + journeys()


def journeys() -> list[Row]:
    """Journeys abroad of leaders, the year's number spread over its months up to the as-of month."""
    found = pd.read_csv(shared("facts/m_journeys_yearly.csv"))
    out = []
    for row in found[found["leader"].isin(LEADERS) & (found["year"] >= 2022)].itertuples():
        months = [f"{row.year}-{m:02d}" for m in range(1, 13)]
        months = [m for m in months if FIRST <= m <= AS_OF[:7]]
        count = 12 if row.year < 2024 else len(months)
        for month in months:
            source, grade, status = SOURCE if row.of_which_read == row.visits_counted else RECALLED
            known = min(f"{row.year}-12-31", AS_OF)
            value = plain(row.visits_counted / count)
            out.append(
                ["journeys.abroad", LEADERS[row.leader], "", "", month, value, "1", source, known,
                 grade, status]
            )  # fmt: skip
    return out


def interval(count: float, years: float) -> tuple[float, float, float]:
    """5 %, mean and 95 % of a yearly rate after `count` events in `years` (gamma, half an event prior)."""
    law = gamma(count + 0.5, scale=1 / years)
    return float(law.ppf(0.05)), float(law.mean()), float(law.ppf(0.95))


def opening(weight: pd.Series, months: pd.Series) -> tuple[float, float, float]:
    """Tie at the start of the war by the law's own recursion over the eight years before it."""
    first = pd.Period(BEFORE[1], "M")
    age = months.map(lambda m: (first - pd.Period(m, "M")).n)
    whole = [float((weight * KEEP[1] ** age).sum()) * event for event in EVENT]
    return tuple(rest + more for rest, more in zip(REST, whole, strict=True))


def openness() -> dict[str, tuple[str, tuple[float, float, float], str]]:
    """Months with a signal of each kind in the eight years before the war: of the mean state, and of
    each over it."""
    seen, drills = meetings(), acts()
    drills = drills[drills["type"] == "exercise"]
    kinds = {
        "summit": (seen[seen["level"] == "leader"], "meeting of leaders"),
        "visit": (seen[seen["level"] == "defence_minister"], "meeting of defence ministers"),
        "exercise": (drills, "joint exercise"),
    }
    out: dict[str, tuple[str, tuple[float, float, float], str]] = {}
    for kind, (rows, word) in kinds.items():
        rows = rows[(rows["month"] >= BEFORE[0]) & (rows["month"] <= BEFORE[1])]
        months = rows.drop_duplicates(["state_b", "month"])["state_b"].value_counts()
        rates = {s: interval(int(months.get(s, 0)), YEARS) for s in suppliers()}
        mean = sum(rate[1] for rate in rates.values()) / len(rates)
        whole = int(months.reindex(suppliers()).fillna(0).sum())
        out[f"visibility-background-{kind}"] = (
            "visibility.background",
            tuple(one / 12 for one in interval(whole, YEARS * len(rates))),
            f"{whole} months with a {word} of {len(rates)} states from February 2014 to January 2022",
        )
        for s, rate in rates.items():
            many = int(months.get(s, 0))
            said = (
                f"{many} month{'s' * (many != 1)} with a {word} from February 2014 to January 2022"
            )
            out[f"visibility-openness-{kind}-{s.lower()}"] = (
                "visibility.openness",
                tuple(one / mean for one in rate),
                f"{said}, over the mean state",
            )
    return out


def before() -> dict[str, tuple[str, tuple[float, float, float], str]]:
    """Rows of quantities.csv by id: parameter, low, central and high, note."""
    seen = meetings()
    seen = seen[(seen["month"] >= BEFORE[0]) & (seen["month"] <= BEFORE[1])]
    leaders = seen[seen["level"] == "leader"]
    other, weight = weighed()
    other = other[(other["month"] >= BEFORE[0]) & (other["month"] <= BEFORE[1])]
    fed = pd.concat([other, leaders[["state_b", "month"]]], ignore_index=True)
    fed["weight"] = [*weight[other.index], *[1.0] * len(leaders)]
    out: dict[str, tuple[str, tuple[float, float, float], str]] = {}
    states = suppliers()
    rates = {s: interval((leaders["state_b"] == s).sum(), YEARS) for s in states}
    for s, rate in rates.items():
        count = int((leaders["state_b"] == s).sum())
        said = f"{count} meeting{'s' * (count != 1)} of leaders from February 2014 to January 2022"
        out[f"journeys-rate-{s.lower()}"] = ("journeys.rate", rate, said)
        mine = fed[fed["state_b"] == s]
        out[f"tie-opening-{s.lower()}"] = (
            "tie.opening", opening(mine["weight"], mine["month"]),
            f"{len(mine)} events of eight years, faded as the law fades them; range of the weight of an event",
        )  # fmt: skip
    out |= openness()
    yearly = pd.read_csv(shared("facts/m_journeys_yearly.csv"))
    for leader, s in LEADERS.items():
        mine = yearly[(yearly["leader"] == leader) & yearly["year"].between(2017, 2021)]
        rate = tuple(x / 12 for x in interval(mine["visits_counted"].sum(), len(mine)))
        said = f"{int(mine['visits_counted'].sum())} journeys abroad in {len(mine)} years to 2021"
        out[f"journeys-usual-{s.lower()}"] = ("journeys.usual", rate, said)
    return out


def main(arguments: list[str]) -> int:
    """Write the rows, or with --check say which disagree."""
    want = {}
    for name, (parameter, values, note) in before().items():
        low, central, high = (plain(v) for v in values)
        unit = {"journeys.rate": "1/year", "journeys.usual": "1/month"}.get(parameter, "1")
        label = name.split("-")[2] if parameter.startswith("visibility") else ""
        actor = "" if parameter == "visibility.background" else name.rsplit("-", 1)[1].upper()
        want[name] = [
            name, parameter, actor, "", "", "", label, "", low, central, high, unit,
            "triangular", "events_coded", "2022-01-31", "C3", "computed", note,
        ]  # fmt: skip
    rows = table("quantities.csv")
    have = rows[rows["id"].isin(want)].set_index("id", drop=False)
    stale = [k for k, row in want.items() if k not in have.index or list(have.loc[k]) != row]
    if "--check" in arguments:
        print(*stale or ["as declared"], sep="\n")
        return int(bool(stale))
    path = SCENARIO / "quantities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.split(",", 1)[0] not in want]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(want.values())
    path.write_text("\n".join(kept) + "\n" + text.getvalue(), encoding="utf-8")
    print(f"{len(want)} rows to {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
