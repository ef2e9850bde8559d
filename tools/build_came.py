"""What came of the predictions, miss by miss, and the questions that are open: docs/came.md.

    python tools/build_came.py            write it
    python tools/build_came.py --check    write nothing; exit code 1 if it is stale

Made from docs/predictions/*.json and validation/record/predictions.csv (tools/build_resolved.py).
Why something was missed is written here, by hand, for each series; what was changed since is only
what was fitted on months up to the origin.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kautilya import disk
from kautilya.estimation import watched
from kautilya.validation import labels, predictions, scoreboard

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "came.md"
FAR = 0.6  # a chance this far from what came is told
LATEST = "russia_dprk_2025.json"
OWN = {
    "Version 0.1.0": ("0.1.0.json", "version 0.1.0", "Version 0.1.0"),
    "The engine of version 0.2.0": ("0.2.0.json", "engine", "The engine of version 0.2.0"),
}
PICTURES = (
    "Fewer items are recorded with a class: of the items recorded from September 2024 on 24 % (Russia) and 29 % "
    "(Ukraine) have no type, and none by an earlier item of the same system, against 11 and 17 % before. What has "
    "no type counts in no class. The law does not know that recording thins",
    "nothing. That a class is missing more often is now told by `kautilya import`",
)
WHY = {  # first words of a series: why it was missed, what was changed since
    "launch_drone": (
        "Launches had stood at 290 to 550 a month from February to July 2024; they came to 1,960 in October and 4,044 in March "
        "2025, and from late 2024 the reports count decoys. Version 0.1.0 let nothing grow. The engine of 0.2.0 grows at a "
        "damped rate learned from months in which launches hardly grew, and knows of no decoys",
        "the law of 0.1.0 gave way to estimated growth, before these months were opened. Since they were: the second edition "
        "starts from what is on record in March 2025 and widens the output of drones; the law itself is as it was",
    ),
    "launch_cruise": (
        "Version 0.1.0 drew launches of missiles around a level set by hand, with a band too narrow for months of saving and "
        "months of salvos",
        "the level gave way to an estimated process, before these months were opened; its bands held these sums",
    ),
    "claim_aircraft": (
        "A rare count: one to ten a month from December 2023 to August 2024, one in the six months from October. The law lets a rare count fall "
        "to none in a month, and seldom in all",
        "nothing: one series of six months is too little to set a law by",
    ),
    "aid_financial": (
        "One month held 19,079 million euro; the largest month on record until then had 4,765. Loans that are decided once a "
        "year have no place in a law of months",
        "nothing. The series drives nothing in the war",
    ),
    "oryx_ukr_apc": (
        "Recorded losses of Ukrainian carriers rose from 56 in the six months to August 2024, 47 of them alone in March 2025",
        "nothing",
    ),
    "oryx": PICTURES,
}


def main() -> int:
    """Write the page, or say whether it is stale."""
    made = text()
    if "--check" in sys.argv:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


def text() -> str:
    """The whole page."""
    lines = [
        "<!-- made by tools/build_came.py; edit the tool, not this page -->",
        "# What came of it",
        "",
        "Predictions as of 10 August 2024, written down and committed before anybody here looked at the months "
        "([predictions.md](predictions.md)), beside what observers published from October 2024 to March 2025. All "
        "scores stand on the [scoreboard](scoreboard.md). Here stands each miss: what came outside of the band that "
        "was to hold nine of ten, why, and what was changed since because of it. Nothing was fitted on the months "
        "of the misses: a law that is set by them could not be scored on them any more.",
    ]
    for title, (file, forecaster, table) in OWN.items():
        lines += ["", f"## {title}", "", *misses(file, forecaster, table)]
    return "\n".join([*lines, *asked()]) + "\n"


def misses(file: str, forecaster: str, table: str) -> Iterable[str]:
    """Misses of one forecaster, by reason; and of chances those that leaned the wrong way."""
    cases = disk.of_csv(labels.FOLDER / f"{scoreboard.PREDICTED}.csv", comment="#")
    mine = cases[(cases["table"] == table) & (cases["forecaster"] == forecaster)]
    sums = mine[mine["kind"] == "quantity"]
    wrong = sums[sums["in90"] == 0]
    yield (
        f"[{file}](predictions/{file}): {len(sums)} amounts were told; {len(wrong)} came outside, "
        f"where {0.1 * len(sums):.0f} were to be expected."
    )
    for start, (why, since) in WHY.items():
        rows = [row for row in wrong.itertuples() if reason(row.series) == start]
        if rows:
            yield ""
            yield from (told(row) for row in rows)
            yield ""
            yield f"  *Why:* {why}. *Changed since:* {since}."
    evers = mine[mine["kind"] == "ever"]
    far = evers[(evers["said"] - evers["came"]).abs() > FAR]
    if len(evers):
        yield ""
        yield (
            f"{len(evers)} chances that some month passes a threshold: {100 * evers['said'].mean():.0f} % was said on the "
            f"mean, {100 * evers['came'].mean():.0f} % came. Those that were {100 * FAR:.0f} points off or more: "
            + "; ".join(chance(row) for row in far.itertuples())
            + "."
        )
        yield ""
        yield (
            "  *Why:* the noise of single months is drawn too wide for series of pictures, and recording thinned. "
            "*Changed since:* nothing."
        )


def reason(series: str) -> str:
    """The reason that a series, or a sum of several, belongs to."""
    return next(start for start in WHY if start in series)


def told(row: object) -> str:
    """One miss as a sentence."""
    first = pd.Period(str(row.first), "M")
    last = first + int(row.months) - 1
    when = f"in {first}" if row.months == 1 else f"from {first} to {last}"
    side = "above" if row.came > row.high else "below"
    what = watched.says(str(row.series))
    return (
        f"- {what[:1].upper()}{what[1:]} {when}: {row.said:,.0f} was said ({row.low:,.0f} to {row.high:,.0f}); "
        f"{row.came:,.0f} came, {side}."
    )


def chance(row: object) -> str:
    """One chance that leaned the wrong way."""
    label, _, rest = str(row.id).partition(">")
    factor = rest.partition("x@")[0]
    came = "came" if row.came else "did not come"
    months = int(row.months)
    return f"{watched.says(label)} over {factor} times their usual month within {months} months, {100 * row.said:.0f} %, {came}"


def asked() -> Iterable[str]:
    """The questions of the second edition that are open."""
    path = ROOT / "docs" / "predictions" / LATEST
    if not path.is_file():
        return
    found = predictions.read(path)
    about = found.about
    ahead = [one for one in found.questions if predictions.foretold(one, about["published"])]
    lines = [
        "",
        "## Open questions of the second edition",
        "",
        f"[{LATEST}](predictions/{LATEST}): {len(found.questions)} questions as of {about['as_of']}, published "
        f"{about['published']}, from {about['futures']:,} futures of `{about['scenario']}`, seed {about['seed']}. "
        f"{len(ahead)} end {predictions.AHEAD} days after the publication or later: only these are *predictions*. The other "
        f"{len(found.questions) - len(ahead)} are *tests on months nobody here has seen*: the months had passed, or had "
        "begun, when they were written down, and no record of them was fetched.",
        "",
        "**Who can resolve them.** Anyone, without us: take the file that the question names from its publisher "
        "(`kautilya import --list` says where), put it into a folder under the name in the column *source*, and type "
        f"`kautilya resolve docs/predictions/{LATEST} --with FOLDER`. A question counts once the record has reached the last "
        "month of its window. Others' forecasts go beside the engine's in the same file (`--hub` writes the form).",
        "",
        "Predictions that are sums over a window, the middle and the band that is to hold nine of ten:",
        "",
        "| what | from | to | middle | band | source |",
        "|---|---|---|---|---|---|",
    ]
    sums = [one for one in ahead if one.kind == "quantity"]
    for one in sorted(sums, key=lambda q: (q.last, q.id)):
        said = one.forecasts[predictions.ENGINE]
        middle, low, high = (said[level] for level in ("0.5", "0.05", "0.95"))
        lines.append(
            f"| {watched.says('+'.join(one.series))} | {one.first} | {one.last} | {middle:,.0f} | "
            f"{low:,.0f} to {high:,.0f} | `{one.source}` |"
        )
    evers = [one for one in ahead if one.kind == "ever"]
    lines += ["", f"Beside them {len(evers)} chances that a month passes a threshold, in the file."]
    yield from lines


if __name__ == "__main__":
    sys.exit(main())
