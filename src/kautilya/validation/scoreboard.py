"""The record as pages: published numbers, and skill beside baselines, also where there is none."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kautilya.estimation.suppliers import SENTENCE, weights
from kautilya.estimation.watched import says
from kautilya.validation.labels import FOLDER, read
from kautilya.wording import many

MADE = "<!-- made by tools/build_record.py from the record; do not edit -->"
KINDS = {
    "published": "printed by others",
    "other-program": "another program's output",
    "computed": "worked out independently from published inputs",
    "closed-form": "an exact formula",
}
STANDINGS = {
    "outside": "the mechanism was not fitted on it",
    "fitted": "its coefficients come from this event or data",
    "identity": "true of any right implementation",
    "context": "about the world, not about a mechanism",
}


def number(x: float | None, digits: int = 6) -> str:
    """A number as the page prints it; "-" where there is none."""
    if x is None or x != x:
        return "-"
    return f"{float(x):.{digits}g}"


def rows(head: Iterable[str], body: Iterable[Iterable[object]]) -> list[str]:
    """A Markdown table."""
    lines = [list(head)]
    lines += [["---"] * len(lines[0])]
    for row in body:
        lines.append([str(cell).replace("|", "\\|") for cell in row])
    return ["", *("| " + " | ".join(line) + " |" for line in lines), ""]


def validation_page() -> str:
    """docs/validation.md."""
    table = read("validation")
    off = int((~table["ok"].astype(bool)).sum())
    outside = table[table["kind"] != "closed-form"]
    lines = [
        MADE,
        "# Published numbers, expected and obtained",
        "",
        f"`kautilya validate` works out {len(table)} numbers with the mechanisms' own code "
        f"and holds them against what others gave: {len(table) - off} within tolerance, "
        f"{off} off. {len(outside)} of them are no exact formulas and come from "
        f"{outside['source'].nunique()} outside sources. Where an outside file is absent the "
        "command says which, and leaves the numbers that need it unchecked.",
        "",
    ]
    lines += rows(
        ("kind", "means", "numbers"),
        ((kind, said, int((table["kind"] == kind).sum())) for kind, said in KINDS.items()),
    )
    lines += rows(
        ("standing", "means", "numbers"),
        ((one, said, int((table["standing"] == one).sum())) for one, said in STANDINGS.items()),
    )
    lines += [
        "A computed number that comes out is a check of the code, no outside validation. Not "
        "in hand, so not claimed: the estimate tables of Fricker 1998 and Lucas and Turkes "
        "2004, the GSDB regressions, Early 2015, Thurner 2019, Akerman and Seim 2014, "
        "Bennett and Stam 1996, Slantchev 2004, Escribà-Folch and Wright 2010."
    ]
    lines += rows(
        (
            "number",
            "mechanism",
            "source",
            "kind",
            "standing",
            "expected",
            "obtained",
            "tolerance",
            "within",
        ),
        (
            (
                r.name,
                f"`{r.mechanism}`",
                r.source,
                r.kind,
                r.standing,
                number(r.expected, 10),
                number(r.obtained, 10),
                number(r.tolerance, 3),
                "yes" if r.ok else "**no**",
            )
            for r in table.itertuples(index=False)
        ),
    )
    return "\n".join(lines).strip("\n") + "\n"


def scoreboard_page() -> str:
    """docs/scoreboard.md."""
    table = read("skill")
    count = table["verdict"].value_counts()
    lines = [
        MADE,
        "# Scoreboard",
        "",
        "Forecasts made only with what was known then, beside simple baselines. `skill` is "
        "1 − score / baseline's score where a small score is good, and the difference for "
        "average precision and recall; its 90 % interval comes from resampled blocks. Better "
        "or worse is said only where the interval excludes 0. `kautilya scoreboard` prints "
        "these comparisons, `make backtest` makes it anew.",
        "",
        "Comparisons: " + ", ".join(f"{n} {word}" for word, n in count.items()) + ".",
    ]
    for name, part in table.groupby("backtest", sort=False):
        lines += ["", f"## {name} (known to {part['until'].iloc[0]})"]
        lines += rows(
            (
                "what",
                "score",
                "forecast",
                "value",
                "baseline",
                "its value",
                "skill",
                "90 % interval",
                "cases",
                "verdict",
            ),
            (
                (
                    r.what,
                    r.score,
                    r.forecast,
                    number(r.value, 4),
                    r.baseline,
                    number(r.baseline_value, 4),
                    number(r.skill, 3),
                    f"{number(r.low, 3)} to {number(r.high, 3)}",
                    number(r.cases),
                    r.verdict,
                )
                for r in part.itertuples(index=False)
            ),
        )
    lines += [*resolved_section(), *panel_section()]
    return "\n".join(lines).strip("\n") + "\n"


PREDICTED = "predictions"  # the table of the record: cases of predictions that were resolved


def resolved_section() -> list[str]:
    """Predictions that were registered before their months were looked at, beside what came."""
    if not (FOLDER / f"{PREDICTED}.csv").is_file():
        return []
    cases = read(PREDICTED)
    lines = [
        "",
        "## Predictions as of 2024-08-10, resolved",
        "",
        "Registered and committed before anybody here looked at the months ([predictions.md]"
        "(predictions.md)). Only windows that begin in October 2024 or later count: open files ran to "
        "the end of August 2024, some events to September, and version 0.1.0 used a few of them. "
        "`score`: mean pinball loss over the levels, twice, in units of the series' mean month.",
    ]
    for title, part in cases.groupby("table", sort=False):
        lines += ["", f"### {title}"]
        quantity = part[part["kind"] == "quantity"]
        if len(quantity):
            lines += rows(
                ("forecaster", "months", "score", "in 50 %", "in 80 %", "in 90 %", "cases"),
                _pooled(quantity),
            )
        ever = part[part["kind"] == "ever"]
        if len(ever):
            lines += rows(("forecaster", "Brier", "log score", "cases"), _chances(ever))
    single = cases[(cases["table"] != COMMON) & (cases["kind"] == "quantity")]
    lines += [
        "",
        "**Misses**, outside of the central 90 %: "
        + _misses(single)
        + " What both missed from below is "
        "the growth of drones: the record counts decoys from late 2024, which nobody could tell "
        "apart.",
    ]
    return lines


COMMON = "On the common cases"


def _pooled(cases: pd.DataFrame) -> Iterable[Iterable[object]]:
    columns = ["score", "in50", "in80", "in90"]
    for (name, months), part in cases.groupby(["forecaster", "months"], sort=False):
        yield (name, months, *(number(part[one].mean(), 3) for one in columns), len(part))


def _chances(cases: pd.DataFrame) -> Iterable[Iterable[object]]:
    for name, part in cases.groupby("forecaster", sort=False):
        yield name, number(part["brier"].mean(), 3), number(part["log"].mean(), 3), len(part)


def _misses(cases: pd.DataFrame) -> str:
    """Each case outside of its 90 % interval, in words."""
    out = []
    for _, row in cases[cases["in90"] == 0].iterrows():
        side = "above" if row["came"] > row["high"] else "below"
        span = many(row["months"], "month")
        out.append(
            f"{row['forecaster']}: {says(row['series'])}, {span} from {row['first']}: {number(row['came'], 4)} "
            f"came, {side} {number(row['low'], 4)} to {number(row['high'], 4)}"
        )
    return ("; ".join(out) or "none") + "."


def panel_section() -> list[str]:
    """What register and requests say of the engine's own weights, and what they cannot say."""
    table = read("priors")
    given = weights.implied(table)
    cell = {(one.row, one.reading): one.central for one in table.itertuples()}
    names = (weights.ALL, weights.NEW, "requests")
    exposed = table[table["row"] == weights.SANCTIONS]
    zero = int(((exposed["low"] < 0) & (exposed["high"] > 0)).sum())
    least, most = (number(f, 2) for f in (exposed["central"].min(), exposed["central"].max()))
    lines = [
        "",
        "## The flagship's priors from the register and from requests",
        "",
        f"Log odds of the supplier's decision, on years to {weights.UNTIL} without Russia as a recipient: the "
        "register by class with both fits of the decision, and requests and answers of other wars. "
        "The row is the widest 90 % interval, central the mean of the readings; the scenario "
        f"declares a neighbour of it on a grid of {weights.STEP:g}. `python tools/build_priors.py --check` "
        "compares. What each state brings stands in record/priors.csv.",
    ]
    body = []
    shown = [r for r in given.index if r.startswith("choice-") and given["low"].notna()[r]]
    for row in shown:
        read_by = [cell.get((row, name), np.nan) for name in names]
        numbers = [number(x, 3) if x == x else "-" for x in (*given.loc[row], *read_by)]
        body.append((f"`{row}`", *numbers))
    lines += rows(("row", "low", "central", "high", *names), body)
    lines += [
        f"{SENTENCE} The log odds of a delivery move by {least} to {most} with ten points "
        f"of exposure over {len(exposed)} readings; {zero} of the intervals include zero. "
        "`choice.on_sanctions` and `secondary_sanctions.designation` are declared ranges."
    ]
    return lines


def pages() -> dict[str, str]:
    """Pages of docs/ that are made from the record."""
    return {"validation.md": validation_page(), "scoreboard.md": scoreboard_page()}


def scoreboard() -> pd.DataFrame:
    """All comparisons of the record."""
    return read("skill")


HINDCAST = "hindcast"  # the table of the record; `hindcast_skill` beside it
SHOWN = ("horizon", "in80", "in50", "strict80", "strict50", "crps", "log_crps", "cases", "origins")


def hindcast_page(about: dict[str, str]) -> str:
    """docs/hindcast.md, from the record that `tools/build_hindcast.py` writes.

    about   origins, futures, variants and whatever else is told of how the record was made
    """
    tables, skill = read(HINDCAST), read(f"{HINDCAST}_skill")
    worse = skill[skill["skill"] < 0]
    lines = [
        MADE.replace("build_record", "build_hindcast"),
        "# The engine as of past days",
        "",
        f"`{about['command']}`: the engine itself as of each of {about['origins']}, "
        f"{about['futures']} futures each, against what observers published afterwards, beside baselines "
        "fixed beforehand. What is scored and how: [protocol.md](protocol.md), written down before this was "
        f"run. Variants of the law that were scored on these months: {about['variants']}.",
        "",
        "**Where it is worse.** " + _worse(worse),
        "",
        "All months up to 2024-08 lay open when the law was built; reported origins are few. "
        "CRPS is in units of the series' mean month. *closed*: a tie with an end of the interval "
        "counts as inside; *strict*: ties are broken at random.",
        "",
        "## Skill against the best baseline of the development origins",
    ]
    lines += rows(
        ("group", "months", "origins", "best baseline", "CRPS", "its CRPS", "skill", "90 % interval",
         "cases", "verdict"),
        _skill_rows(skill),
    )  # fmt: skip
    for title in ("coverage", "reported origins alone", "sums", "by group", "by series"):
        part = tables[tables["table"] == title]
        names = [one for one in ("series", "group") if part[one].notna().any()]
        head = [*names, "months", "in 80 %", "in 50 %", "strict 80 %", "strict 50 %", "CRPS",
                "log CRPS", "cases", "origins"]  # fmt: skip
        lines += ["", f"## {title[0].upper()}{title[1:]}"]
        told = part[[*names, *SHOWN]].copy()
        told[list(SHOWN)] = told[list(SHOWN)].map(lambda x: number(x, 3))
        lines += rows(head, told.to_numpy().tolist())
    return "\n".join(lines).strip("\n") + "\n"


def _skill_rows(skill: pd.DataFrame) -> Iterable[Iterable[object]]:
    for _, r in skill.iterrows():
        yield (
            r["group"],
            r["horizon"],
            r["origins"],
            r["best baseline"],
            number(r["crps"], 3),
            number(r["its crps"], 3),
            number(r["skill"], 2),
            f"{number(r['low'], 2)} to {number(r['high'], 2)}",
            r["cases"],
            r["verdict"],
        )


def _worse(rows: pd.DataFrame) -> str:
    """Where the engine has the larger CRPS, in words; first on all origins, then on those reported."""
    said = []
    for origins, part in rows.groupby("origins", sort=False):
        told = [_group(str(group), own) for group, own in part.groupby("group", sort=False)]
        said.append(f"On {origins} origins: {'; '.join(told)}.".replace("reported", "the reported"))
    if not said:
        return "Nowhere, pooled or by group."
    return "CRPS above that of the best baseline. " + " ".join(said)


def _group(name: str, rows: pd.DataFrame) -> str:
    told = []
    for _, r in rows.iterrows():
        months = many(r["horizon"], "month")
        told.append(f"{number(-100 * r['skill'], 2)} % at {months}")
    return f"{'all series together' if name == 'all' else name} {', '.join(told)}"
