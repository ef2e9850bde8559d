"""The answer of a run in three sentences and two small tables, every number from its futures."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from kautilya.claims.weighing import likelihood, plain
from kautilya.report import frames
from kautilya.report.holdings import imports, line_equipment, usable_rounds, variable
from kautilya.report.outcome_words import told
from kautilya.report.subject import Subject, central, rests_on, subject
from kautilya.runs.summary import share, spread
from kautilya.scenario.lexicon import Names
from kautilya.wording import chance, interval, listed, percent, sentence, shares, unit

COVER = 1.0  # months of planned use under which a side is short of rounds
HALF = 0.5  # share of establishment under which it is short of equipment
VERBS = {
    "under one month of planned use": "fall below one month of planned use",
    "under half of establishment": "fall under half of establishment",
    "under half of the first month's stock": "fall under half of the first month's stock",
}


def answer(run: Any, scenario: Any = None) -> dict[str, Any]:
    """The answer of a run, for people (sentences, tables) and programs (all else).

    run       study.ensemble.Run; scenario: by default the shipped one that the manifest names
    Returns a dict of JSON types: sentences, caution, shortages, suppliers, figures, imposed,
    tables (title, columns, rows of text), as_of, horizon, futures, share_feasible. Shares are
    0 to 1, months YYYY-MM, quantities in the unit named beside them; `error` is the Monte-Carlo
    standard error. Raises KautilyaError where the scenario cannot be found.
    """
    return plain(answer_of(subject(run, scenario)))


def answer_of(about: Subject) -> dict[str, Any]:
    """The answer of a subject; see `answer`."""
    short = shortages(about)
    lead = leaders(about)
    graded = figures(about)
    imposes = [{"law": law.name, "text": one.says} for law in about.laws for one in law.imposes]
    who = [_short_sentence(about, short), _supply_sentence(about, lead) or _import_sentence(about)]
    more = [] if all(who) else told(about)
    said = [*who, *more, _assumed_sentence(about, graded, imposes)]
    return {
        "scenario": about.scenario.id,
        "question": about.scenario.head.question,
        "as_of": about.as_of,
        "horizon": about.months[-1],
        "futures": about.futures,
        "share_feasible": about.manifest.get("share_feasible"),
        "sentences": [sentence(one) for one in said if one],
        "caution": about.scenario.head.caution,
        "shortages": short,
        "suppliers": lead,
        "figures": graded,
        "imposed": imposes,
        "tables": answer_tables(about, short, lead),
    }


class Short(NamedTuple):
    """When a side is short of a good, and what that means.

    kind     rounds or equipment
    short    [future, month], true where it is
    what     in words; planned_use: where the planned use comes from, of rounds
    imposed  what laws impose of it; outcome: id of the outcome that holds the good
    """

    kind: str
    code: str
    good: str
    short: np.ndarray
    what: str
    planned_use: str = ""
    imposed: tuple[str, ...] = ()
    outcome: str = ""


def short_futures(about: Subject) -> list[Short]:
    """Rounds under a month of planned use, equipment under half of what it should be."""
    out = []
    for one in usable_rounds(about):
        planned, how = _planned(about, one.code, one.good)
        if np.isfinite(planned).all() and (planned > 0).all():
            short = one.values < COVER * planned
            what = "under one month of planned use"
            out.append(Short("rounds", one.code, one.good, short, what, how, (), one.outcome))
    return out + _short_equipment(about)


def _short_equipment(about: Subject) -> list[Short]:
    """Under half of establishment, or where none is modelled, under half of the first month's."""
    ratio = variable(about, "equipped")
    if ratio is None:
        return [
            Short(
                "equipment",
                one.code,
                one.good,
                one.values < HALF * one.values[:, :1],
                "under half of the first month's stock",
                outcome=one.outcome,
            )
            for one in line_equipment(about)
        ]
    out, imposed = [], tuple(rests_on(about, "equipped"))
    ratio = ratio.transpose("future", "month", "belligerent", "equipment")
    for code in (str(b) for b in ratio["belligerent"].values):
        for good in (str(g) for g in ratio["equipment"].values):
            short = ratio.sel(belligerent=code, equipment=good).values < HALF
            what = "under half of establishment"
            out.append(Short("equipment", code, good, short, what, "", imposed, str(ratio.name)))
    return out


def shortages(about: Subject) -> list[dict[str, Any]]:
    """When each side falls short: rounds under a month of planned use, equipment under half."""
    return [
        {
            **_first(about, one.code, one.good, one.short),
            "what": one.what,
            **({"planned_use": one.planned_use} if one.planned_use else {}),
            "kind": one.kind,
            "imposed": list(one.imposed),
        }
        for one in short_futures(about)
    ]


def _planned(about: Subject, code: str, good: str) -> tuple[np.ndarray, str]:
    """Planned use a month [months] or [futures, months], and where it comes from."""
    use = variable(about, "planned_use")
    if use is not None and good in use["munition"].values:
        array = use.sel(belligerent=code, munition=good)
        return array.transpose("future", "month").values, "of each future"
    wanted = f"{about.scenario.units[good]}/month"
    return (central(about, "planned", wanted, actor=code, good=good), "central declared plan")


def _first(about: Subject, code: str, good: str, short: np.ndarray) -> dict[str, Any]:
    """When a side is short [futures, months]: over the whole run, and after the as-of month."""
    months = about.months
    known = sum(m <= about.as_of for m in months)
    whole, later = _median_month(short, months), _median_month(short[:, known:], months[known:])
    return {
        "belligerent": code,
        "name": about.name(code),
        "class": good,
        "label": about.name(good),
        "probability": probable(short.any(axis=1)),
        "median_month": whole[0],
        "median_month_error": whole[1],
        "by_as_of": probable(short[:, :known].any(axis=1)),
        "after_as_of": probable(short[:, known:].any(axis=1)),
        "median_month_after": later[0],
        "median_month_after_error": later[1],
        "at_end": probable(short[:, -1]),
        "badge": "emergent",
    }


def _median_month(short: np.ndarray, months: list[str]) -> tuple[str | None, float]:
    """Median of the first months short, over the futures that fall short, and its error."""
    first = short[short.any(axis=1)].argmax(axis=1) if short.size else np.zeros(0)
    if not first.size:
        return None, float("nan")
    return months[int(np.median(first))], median_error(first)


def figures(about: Subject) -> dict[str, Any]:
    """Counts of the figures that fill parameters and opening stocks, by status and grade."""
    rows = about.scenario.quantities
    status = Counter(row.status for row in rows)
    return {
        "total": len(rows),
        "assumed": status["assumed"],
        "imposed": status["imposed"],
        "by_status": dict(sorted(status.items())),
        "by_grade": dict(sorted(Counter(row.grade for row in rows).items())),
    }


def _short_sentence(about: Subject, short: list[dict[str, Any]]) -> str:
    sides = list(dict.fromkeys(one["belligerent"] for one in short))
    parts = []
    for kind in ("rounds", "equipment"):
        said: list[str] = []
        named = ""
        for one in filter(None, (_worst(short, kind, side) for side in sides)):
            label = "" if one["label"] == named else f" {one['label']}"
            verb, named = "" if said else f" {VERBS[one['what']]}", one["label"]
            said.append(f"{one['name']}'s{label}{verb} in {_odds(one)}")
        if said:
            parts.append(listed(said))
    return (
        f"After {about.as_of} and by the end of {about.months[-1]}, {'; '.join(parts)}"
        if parts
        else ""
    )


def _odds(one: dict[str, Any]) -> str:
    after, month = one["after_as_of"], one["median_month_after"]
    when = f"; median first month {month}" if month else ""
    return f"{chance(after['value'], after['error'])} of futures ({after['word']}{when})"


def _worst(short: list[dict[str, Any]], kind: str, side: str) -> dict[str, Any] | None:
    """Rounds: the scenario's first class; equipment: the class most likely to fall short."""
    found = [one for one in short if (one["kind"], one["belligerent"]) == (kind, side)]
    if not found:
        return None
    return found[0] if kind == "rounds" else max(found, key=lambda o: o["after_as_of"]["value"])


def _supply_sentence(about: Subject, lead: list[dict[str, Any]]) -> str:
    rounds, inputs = classes(about)
    buyers = listed([about.name(b) for b in about.members("buyer")])
    parts = []
    for good in (*rounds[:1], *inputs[:1]):
        found = [one for one in lead if one["class"] == good]
        for name in dict.fromkeys(one["name"] for one in found):
            said = [
                f"in {one['year']} in {_leads(one)} with {_share_text(one['share'])} of the total"
                for one in found
                if one["name"] == name
            ]
            parts.append(
                f"{name} leads the supply of {about.name(good)}"
                f"{f' to {buyers}' if buyers else ''} {listed(said)}"
            )
    if not parts:
        return ""
    return "; ".join([*parts, *_model_alone(about, rounds[:1])]) + (
        f"; deliveries up to {about.as_of} are the record, later ones the model's"
        if about.recorded
        else "; the model drives from the first month"
    )


def _import_sentence(about: Subject) -> str:
    """What comes from abroad where nobody decides whom to supply."""
    got: dict[str, list[str]] = {}
    for one in imports(about):
        total = _quantity(around(one.values.sum(axis=1)))
        got.setdefault(one.code, []).append(f"{total} {one_unit(about, one.good)}")
    if not got:
        return ""
    parts = [f"{about.name(code)} gets {listed(said)}" for code, said in got.items()]
    return (
        f"From abroad, {about.months[0]} to {about.months[-1]}, median and 5 to 95 %: "
        f"{'; '.join(parts)}"
    )


def _model_alone(about: Subject, rounds: list[str]) -> list[str]:
    """What the decision model says of the likeliest suppliers, whether or not they supplied."""
    said = []
    for good in rounds:
        year = about.as_of[:4]
        found = (
            [one for one in candidates(about, good, year) if "probability" in one]
            if year in spoken(about)
            else []
        )
        found.sort(key=lambda one: -one["probability"]["value"])
        if found:
            odds = listed(
                [f"{one['name']} {percent(one['probability']['value'])}" for one in found[:6]]
            )
            said.append(
                f"the decision model alone, without the record, gives these odds of "
                f"supplying {about.name(good)} in {year}: {odds} ('kautilya why' says, "
                "term by term, what carries them)"
            )
    return said


def _leads(one: dict[str, Any]) -> str:
    p = one["leads"]
    return f"{chance(p['value'], p['error'])} of futures ({p['word']})"


def _assumed_sentence(about: Subject, graded: dict[str, Any], imposes: list[dict[str, str]]) -> str:
    given = graded["assumed"] + graded["imposed"]
    text = (
        f"{given} of {graded['total']} figures behind this are assumed "
        f"({graded['assumed']}) or imposed ({graded['imposed']}), "
        f"{percent(given / graded['total']) if graded['total'] else '–'} of all"
    )
    if imposes:
        names = Names(about.scenario)
        found = dict.fromkeys(names.law(one["law"]) for one in imposes)
        laws = listed(list(found))
        text += (
            f"; the laws on {laws} impose the direction of an effect, which is therefore no finding"
        )
    return text


def answer_tables(
    about: Subject, short: list[dict[str, Any]], lead: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Who runs short, a table for each meaning of the word, and who supplies; as text."""
    left: list[dict[str, Any]] = [{"title": t} for t in ("side", "class")]
    right = [
        {"title": t, "right": True} for t in (f"after {about.as_of}", "median month", "whole run")
    ]
    out = []
    for what in dict.fromkeys(one["what"] for one in short):
        rows = [
            [
                one["name"],
                one["label"],
                _said(one["after_as_of"]),
                one["median_month_after"] or "–",
                _said(one["probability"], word=False),
            ]
            for one in short
            if one["what"] == what
        ]
        title = f"Who runs short: {what}"
        out.append({"id": "short", "title": title, "columns": [*left, *right], "rows": rows})
    columns: list[dict[str, Any]] = [{"title": t} for t in ("class", "year", "leader")]
    columns += [{"title": t, "right": True} for t in ("leads", "share of total", "quantity")]
    rows = [
        [
            one_unit(about, one["class"]),
            one["year"],
            one["name"],
            _said(one["leads"]),
            _share_text(one["share"]),
            _quantity(one["quantity"]),
            one["badge"],
        ]
        for one in lead
    ]
    columns.append({"title": "badge"})
    out.append({"id": "supply", "title": "Who supplies", "columns": columns, "rows": rows})
    return [table for table in out if table["rows"]]


def one_unit(about: Subject, good: str) -> str:
    """Name of a good, with its unit where it is not counted in pieces."""
    shown = unit(about.scenario.units.get(good, ""))
    return f"{about.name(good)} ({shown})" if shown else about.name(good)


def _said(one: dict[str, Any], word: bool = True) -> str:
    text = chance(one["value"], one["error"])
    return f"{text}, {likelihood(one['value'])}" if word else text


def _share_text(one: dict[str, float]) -> str:
    return shares(one["low"], one["median"], one["high"])


def _quantity(one: dict[str, float]) -> str:
    return interval(one["low"], one["median"], one["high"])


def classes(subject: Subject) -> tuple[list[str], list[str]]:
    """Classes of rounds, and of inputs to industry (sold abroad, not made by belligerents)."""
    offers = subject.members("offer")
    rounds = [g for g in offers if g in subject.members("round")]
    made = subject.members("made")
    return rounds, [g for g in subject.members("exported") if g in offers and g not in made]


def spoken(subject: Subject) -> list[str]:
    """As-of year and the year after, as far as the run has them."""
    if "year" not in subject.data.coords:
        return []
    held = [str(y) for y in subject.data["year"].values]
    now = int(subject.as_of[:4])
    return [str(y) for y in (now, now + 1) if str(y) in held]


def badge(subject: Subject, year: str) -> str:
    """What deliveries of a year rest on: record, emergent, or one after the other."""
    if not subject.recorded or year > subject.as_of[:4]:
        return "emergent"
    if year < subject.as_of[:4] or subject.as_of.endswith("-12"):
        return "record"
    return f"record to {subject.as_of}, then emergent"


def on_record(about: Subject, code: str, good: str, year: str) -> str:
    """What deliveries of a year by a supplier on record rest on, with the grades of the record, and
    until when it goes in a year that is not over."""
    record, then, rest = badge(about, year).partition(" to ")
    grades = _grades_of(about, code, good) if record == "record" else ""
    grades = f"({grades})" if then and " " in grades else grades
    return " ".join(filter(None, (record, grades, then and f"to {rest.partition(',')[0]}")))


def _grades_of(about: Subject, code: str, good: str) -> str:
    """Grades of the deliveries on record of one supplier and class, the best and the worst."""
    rows = [
        row.grade
        for row in about.scenario.quantities
        if row.parameter == frames.full(about, "delivered")
        and (row.actor, row.good) == (code, good)
    ]
    ends = sorted({*rows}, key=lambda g: (g[1], g[0]))
    return " to ".join(dict.fromkeys((ends[0], ends[-1]))) if ends else ""


def probable(hits: Any) -> dict[str, Any]:
    """A probability from futures in which something holds: value, error, word."""
    value, error = share(hits)
    return {"value": value, "error": error, "word": likelihood(value)}


def median_error(values: Any) -> float:
    """Standard error of a median, from the order statistics one standard error around it."""
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if not x.size:
        return float("nan")
    step = 0.5 / np.sqrt(x.size)
    low, high = np.quantile(x, (max(0.5 - step, 0.0), min(0.5 + step, 1.0)))
    return float(high - low) / 2


def around(values: Any) -> dict[str, float]:
    """Low, median and high of a number over futures, with the error of the median."""
    return {**spread(values).as_dict(), "error": median_error(values)}


def candidates(subject: Subject, good: str, year: str, top: int = 6) -> list[dict[str, Any]]:
    """Candidate suppliers of a class by mean quantity: the first by it, and by probability.

    Each has probability (mean over futures and declared ranges, with error and range),
    quantity, leads, share of the total (over futures with any delivery), on_record, badge.
    """
    if "buyer" in subject.data.dims:
        subject = subject.towards(subject.members("buyer")[0])
    if not subject.has("shipped", "year", "supplier", "offer"):
        return []
    cell = {"year": year, "offer": good}
    sent = subject.data["shipped"].sel(cell).transpose("future", "supplier").values.astype(float)
    total = sent.sum(axis=1)
    some = total > 0
    part = sent[some] / total[some][:, None]
    chance = None
    if subject.has("supply_chance", "year", "supplier", "offer"):
        chance = subject.data["supply_chance"].sel(cell).transpose("future", "supplier").values
    known = frames.on_record(subject, year)
    out = []
    for k, code in enumerate(str(s) for s in subject.data["supplier"].values):
        first = some & (sent.argmax(axis=1) == k)
        one = {
            "supplier": code,
            "name": subject.name(code),
            "class": good,
            "year": year,
            "mean_quantity": float(sent[:, k].mean()),
            "quantity": around(sent[:, k]),
            "unit": subject.scenario.units.get(good, ""),
            "leads": probable(first),
            "share": around(part[:, k]),
            "on_record": (code, good) in known,
            "badge": badge(subject, year),
        }
        if chance is not None:
            one["probability"] = _mean(chance[:, k])
        out.append(one)
    out.sort(key=lambda c: (-c["mean_quantity"], -_odds_of(c)))
    likely = sorted(out, key=lambda c: -_odds_of(c))[:top]
    return [
        c
        for i, c in enumerate(out)
        if (i < top and c["mean_quantity"] > 0)
        or (c in likely and _odds_of(c) >= 0.005)
        or c["on_record"]
    ]


def _odds_of(one: dict[str, Any]) -> float:
    return float(one.get("probability", {}).get("value", 0.0))


def _mean(values: Any) -> dict[str, Any]:
    x = np.asarray(values, dtype=float)
    value = float(x.mean()) if x.size else float("nan")
    return {
        "value": value,
        "error": float(x.std() / np.sqrt(max(x.size, 1))),
        "word": likelihood(value),
        **{k: v for k, v in spread(x).as_dict().items() if k != "median"},
    }


def leaders(subject: Subject) -> list[dict[str, Any]]:
    """The state that leads most often, for each class of rounds and inputs and each spoken year."""
    rounds, inputs = classes(subject)
    out = []
    for good in (*rounds, *inputs):
        for year in spoken(subject):
            found = candidates(subject, good, year, top=1000)
            if found and max(c["leads"]["value"] for c in found) > 0:
                out.append(max(found, key=lambda c: c["leads"]["value"]))
    return out
