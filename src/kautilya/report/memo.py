"""What one page says: bottom line, judgements that discriminate, rivals, indicators, sources.

At most `WORDS` words. Sections give up their last points, the least telling first, until they fit;
the bottom line and three indicators stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.assumptions import RARE, rank
from kautilya.claims.rivals import Split, split
from kautilya.report.answer import classes, leaders, shortages
from kautilya.report.holdings import Holding, imports, line_equipment, usable_rounds
from kautilya.report.reply import Given, reply
from kautilya.report.subject import Subject, subject
from kautilya.scenario.calendar import month_number, month_text
from kautilya.scenario.lexicon import Names
from kautilya.study.indicators import Indicator, parted, sought
from kautilya.study.reasons import HARDLY
from kautilya.wording import listed, many, number, percent, sentence

HERE = "made here"  # ground of a source that is arithmetic of our own
WORDS = 450
LEAST = 3  # indicators that stay whatever the room
SOON, LATER = 12, 36  # months after the as-of month within which an indicator should show, or may
CLEAR = 2.0  # an indicator that is less likelier one way than the other is sought further
MANY = 100.0  # a larger ratio is one of futures that were hardly seen
APART = 1.5  # what is less likelier one way than the other tells nothing


class Block(NamedTuple):
    """A piece of the page: title, heading, text, list or table."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Point(NamedTuple):
    """One point of a section; keep: how long it stays where there is no room (largest last)."""

    text: str
    keep: float


class Outlook(NamedTuple):
    """The run behind a brief, the two ways that its futures go, and what parts them.

    first   [F] True in the futures that are ample: with more of what parts the two ways most
    apart   (what is in hand, median where ample, median where scarce), the most telling first
    held    what the ways are told by
    """

    about: Subject
    first: np.ndarray
    apart: list[tuple[str, float, float]]
    held: list[Holding]


def blocks(found: Any) -> list[Block]:
    """The whole page from `claims.judge.Judgement`."""
    scenario = found.scenario
    view = outlook(found)
    splits = split(found.verdicts, view.first)
    sections = [
        ("Bottom line", bottom(found, view)),
        ("Key judgements", judgements(found, splits, view.apart[0][0] if view.apart else "")),
        ("Rival answers", rival_points(found)),
        ("Indicators", indicators(view)),
        ("What would change a judgement", changes(found, splits)),
        ("Sources", sources(found)),
    ]
    day = found.asked.as_of or scenario.head.as_of.isoformat()
    head = [
        Block("title", scenario.head.title),
        Block("text", f"{scenario.head.question} As of {day}."),
    ]
    end = Block(
        "text",
        f"{many(found.run.manifest['futures'], 'future')} of {scenario.id}, seed "
        f"{found.run.manifest['seed']}. Shares of futures with ICD 203 words; not a forecast.",
    )
    fixed = 1 + sum(_count(one.text) for one in (*head, end))
    return [*head, *_drawn(fitted(sections, WORDS - fixed)), end]


def _count(text: str) -> int:
    return len(text.split())


def _words(name: str, points: Sequence[Point]) -> int:
    """Words of a section with the marks of heading and points; an empty one is not drawn."""
    return 1 + _count(name) + sum(1 + _count(p.text) for p in points) if points else 0


def fitted(sections: Sequence[tuple[str, list[Point]]], room: int) -> list[tuple[str, list[Point]]]:
    """Sections with as many points as fit into so many words."""
    out = [(name, list(points)) for name, points in sections]
    while sum(_words(name, points) for name, points in out) > room:
        spare = [(p.keep, i, j) for i, (_, points) in enumerate(out) for j, p in enumerate(points)]
        keep, i, j = min(spare, default=(np.inf, 0, 0))
        if not np.isfinite(keep):
            break
        del out[i][1][j]
    return out


def _drawn(sections: Sequence[tuple[str, list[Point]]]) -> list[Block]:
    out = []
    for name, points in sections:
        if points:
            out.append(Block("heading", name))
            out.append(Block("list", items=tuple(p.text for p in points)))
    return out


def outlook(found: Any) -> Outlook:
    """What is in hand after the as-of month, and the two ways that it goes."""
    about = subject(found.run, found.scenario)
    held = _firsts(usable_rounds(about) or line_equipment(about)) + _supply(about)
    later = [m > about.as_of for m in about.months]
    columns, labels = [], []
    for one in held:
        late = one.values[:, later] if one.values.shape[1] == len(later) else one.values
        if late.size and np.ptp(late) > 0:
            columns.append(late.mean(axis=1))
            labels.append(f"{about.name(one.good)}, {about.name(one.code)}")
    features = np.stack(columns, axis=1) if columns else np.zeros((about.futures, 0))
    first = parted(features)
    return Outlook(about, first, _apart(features, labels, first), held)


def _firsts(held: Sequence[Holding]) -> list[Holding]:
    """Of each side the first class of rounds and of equipment."""
    seen: dict[tuple[str, str], Holding] = {}
    for one in held:
        seen.setdefault((one.outcome, one.code), one)
    return list(seen.values())


def _supply(about: Subject) -> list[Holding]:
    """What comes from abroad after the as-of year: of the class that is asked for, else imports."""
    rounds = about.members("round")
    for one in about.scenario.outcomes:
        if one.kind == "variable" and one.name == "shipped" and one.id in about.data:
            array = about.data[one.id]
            offers = [str(o) for o in array["offer"].values]
            good = next((g for g in (*rounds, *offers) if g in offers), "")
            years = [str(y) for y in array["year"].values]
            late = [y for y in years if y > about.as_of[:4]] or years[-1:]
            rest = [d for d in array.dims if d not in ("future", "year", "offer")]
            values = array.sel(offer=good, year=late)
            buyers = [str(b) for b in array["buyer"].values] if "buyer" in array.dims else []
            each = [(code, values.sel(buyer=code)) for code in buyers]
            each = each or [(about.members("buyer")[0], values)]
            rest = [d for d in rest if d != "buyer"]
            return [
                Holding(one.id, code, good, mine.sum(rest).transpose("future", "year").values)
                for code, mine in each
            ]
    return [one for one in imports(about) if one.values.size][:2]


def _apart(
    features: np.ndarray, labels: Sequence[str], first: np.ndarray
) -> list[tuple[str, float, float]]:
    """What parts the two ways, the most telling first: its name and the medians."""
    if not 0 < first.sum() < len(first):
        return []
    ranks = np.argsort(np.argsort(features, axis=0, kind="stable"), axis=0)
    gap = np.abs(ranks[first].mean(axis=0) - ranks[~first].mean(axis=0))
    order = np.argsort(-gap, kind="stable")
    return [
        (labels[k], float(np.median(features[first, k])), float(np.median(features[~first, k])))
        for k in order
    ]


def bottom(found: Any, view: Outlook) -> list[Point]:
    """The answer to the scenario's question; then who supplies next year, and what decides."""
    about = view.about
    told: dict[str, str] = {}
    for one in reply(Given(about, {}, None)):  # of several buyers one each
        told[one.kind] = f"{told.get(one.kind, '')} {one.says}.".strip()
    said = [
        *(told.get(kind, "") for kind in ("who", "odds")),
        told.get("short", "").replace("Short after", "Who runs short, after", 1) or _short(about),
        _suppliers(about),
        _decides(found, view),
    ]
    return [Point(text, np.inf) for text in said if text]


def _short(about: Subject) -> str:
    parts = []
    for kind in ("rounds", "equipment"):
        seen: set[str] = set()
        for one in shortages(about):
            p = one["after_as_of"]
            if one["kind"] == kind and one["belligerent"] not in seen and p["value"] >= RARE:
                seen.add(one["belligerent"])
                parts.append(
                    f"{one['name']}: {one['label']} {one['what']} in {percent(p['value'])} "
                    f"({p['word']})"
                )
    return f"Who runs short, after {about.as_of}: {'; '.join(parts) or 'nobody'}."


def _suppliers(about: Subject) -> str:
    parts: list[str] = []
    rounds, inputs = classes(about)
    wanted = [*rounds[:1], *inputs[:1]]
    for one in leaders(about):
        if one["class"] not in wanted or one["year"] <= about.as_of[:4]:
            continue
        wanted.remove(one["class"])
        lead = one["leads"]
        parts.append(
            f"{about.name(one['class'])}: {one['name']} leads in {one['year']} in "
            f"{percent(lead['value'])} of futures"
        )
    if not parts:
        every = imports(about)
        first = {one.code: one for one in reversed(every)}  # of each side the first class
        for held in every if len(first) == 1 else list(first.values())[::-1]:
            x = held.values.sum(axis=1)
            parts.append(
                f"{about.name(held.code)} gets {number(float(np.median(x)))} "
                f"{about.name(held.good)} from abroad (median)"
            )
    return f"Who supplies: {'; '.join(parts[:2])}." if parts else ""


def _decides(found: Any, view: Outlook) -> str:
    """The figure that moves most what the first side has left."""
    given, about = found.given, view.about
    held = view.held[0] if view.held else None
    later = [m > about.as_of for m in about.months]
    if given is None or held is None or held.values.shape[1] != len(later) or not any(later):
        return ""
    low = held.values[:, later].min(axis=1)
    n = min(len(low), given.futures)
    truth = low[:n] < np.median(low)
    moving = rank([truth], [low[:n]], given.cut(n), quantity=True)[0] if n else []
    if not moving:
        return "What decides: no single figure; chance and many assumptions together."
    said = [f"{d.says} ({100 * d.share:.0f} %, {d.row.status})" for d in moving[:2]]
    return (
        f"What decides how many {about.name(held.good)} {about.name(held.code)} has left: "
        f"{listed(said)}."
    )


def judgements(found: Any, splits: Sequence[Split], what: str = "") -> list[Point]:
    """Verdicts that tell the two ways apart; where none does, those that could have come out so.

    what   is ample or scarce: said with the first
    """
    out = []
    for k, one in enumerate(one for one in splits if one.ratio >= APART):
        where = f"where ample ({what})" if what and k == 0 else "where ample"
        text = f"{_judged(one.verdict)}; {percent(one.one)} {where}, {percent(one.other)} where scarce."
        out.append(Point(text, 80.0 - 10 * k))
    if len(out) < 2:
        told = {id(one.verdict) for one in splits if one.ratio >= APART}
        rest = [one for one in found.leading if id(one) not in told]
        out += [Point(f"{_judged(one)}.", 40.0 - 10 * k) for k, one in enumerate(rest[:3])]
    return out[:5]


def _judged(one: Any) -> str:
    if one.verdict == "not identified":
        return f"{one.says.rstrip('.')}: not identified"
    return (
        f"{one.says.rstrip('.')}: {one.verdict}, {one.likelihood} ({percent(one.chance.value)}), "
        f"confidence {one.confidence.level}"
    )


def rival_points(found: Any) -> list[Point]:
    """Each rival answer with its likelihood ratio on the record, where there is one."""
    out = []
    for k, one in enumerate(found.rivals.values()):
        if one.ratio is None:
            text = f"{sentence(one.says).rstrip('.')}: no record tells it apart."
        else:
            size = max(one.ratio, 1 / one.ratio) if one.ratio > 0 else np.inf
            word = "not told apart" if size < HARDLY else "told apart"
            text = (
                f"{sentence(one.says).rstrip('.')}: likelihood ratio {_ratio(one.ratio)} on who "
                f"delivered in {one.year}, {word}."
            )
        out.append(Point(text, 60.0 - 10 * k))
    return out


def _ratio(value: float) -> str:
    if value >= MANY:
        return f"over {MANY:.0f}"
    return f"under {1 / MANY:g}" if value <= 1 / MANY else f"{value:.2g}"


def indicators(view: Outlook) -> list[Point]:
    """What one would see, by when, one way or the other."""
    if not view.apart:
        return []
    what, one, other = view.apart[0]
    share = float(view.first.mean())
    ways = (
        f"Two ways, by {what}: ample ({percent(share)} of futures; {number(_round(one))} on "
        f"average) or scarce ({number(_round(other))})."
    )
    chosen = _chosen(view)
    points = [Point(ways, np.inf)] if chosen else []
    for k, each in enumerate(chosen):
        points.append(Point(_watched(view, each), np.inf if k < LEAST else 50.0 - 10 * k))
    return points


def _round(x: float) -> float:
    return float(f"{x:.2g}")


def _chosen(view: Outlook, most: int = 5) -> list[Indicator]:
    """Indicators of different outcomes: soon if there are any, and not what the ways are told by."""
    about = view.about
    apart = tuple(one.outcome for one in view.held)
    soon, later = (
        min(month_text(month_number(about.as_of) + months), about.months[-1])
        for months in (SOON, LATER)
    )
    searches = [(soon, apart, CLEAR), (later, apart, CLEAR), (soon, (), CLEAR), (later, (), APART)]
    return sought(about.data, about.scenario, view.first, searches, most)


def _watched(view: Outlook, one: Indicator) -> str:
    what = Names(view.about.scenario).outcome(one.outcome, one.labels)
    none = not one.above and one.threshold == 0
    side = "none" if none else f"{'above' if one.above else 'at most'} {number(one.threshold)}"
    way = "ample" if one.first else "scarce"
    times = f"over {MANY:.0f}" if one.ratio > MANY else f"{one.ratio:.2g}"
    short = "Short of that, by" if one.rest else "By"
    return f"{short} {_end(one.when)}: {what}, {side}; then {way}, likelihood ratio {times}."


def _end(when: str) -> str:
    return when if len(when) > 4 else f"the end of {when}"


def changes(found: Any, splits: Sequence[Split]) -> list[Point]:
    """What would turn the first judgements: a figure, or an observation."""
    chosen = [one.verdict for one in splits] or found.leading
    out: list[Point] = []
    for one in [*chosen, *found.leading]:
        said = _turn(one, Names(found.scenario))
        if said and all(said != p.text for p in out):
            out.append(Point(said, 30.0 - 10 * len(out) if out else np.inf))
        if len(out) == 3:
            break
    return out


def _turn(one: Any, names: Names) -> str:
    row = one.row
    if one.flip is not None and one.flip.verified:
        said = listed(
            [
                f"{c.says} is {number(c.value)} {names.unit(c.unit)}".strip()
                for c in one.flip.changes
            ]
        )
        return f"{one.says.rstrip('.')}: flips where {said}."
    if one.decisive and abs(one.decisive[0].high_end - one.decisive[0].low_end) >= 0.05:
        first = one.decisive[0]
        return (
            f"{one.says.rstrip('.')}: {percent(first.low_end)} at the low end of "
            f"{first.says}, {percent(first.high_end)} at the high end."
        )
    if row.needs_observing:
        return f"{one.says.rstrip('.')}: {row.needs_observing.rstrip('.')}."
    return ""


def sources(found: Any) -> list[Point]:
    """Who said the figures, those with most of them first, with the share that is assumed."""
    scenario = found.scenario
    rows = scenario.quantities
    outside = [one for one in scenario.sources if one.ground != HERE]
    known = {one.key: one.originator for one in outside}
    counts = Counter(
        known[row.source]
        for row in rows
        if row.source in known and row.status not in ("assumed", "imposed")
    )
    given = sum(row.status in ("assumed", "imposed") for row in rows)
    voices = "; ".join(name for name, _ in counts.most_common(4))
    text = f"{given:,} of {len(rows):,} figures are assumed or imposed."
    if voices:
        text += f" Most of the others: {voices}."
    return [Point(text, np.inf)]
