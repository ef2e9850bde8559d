"""The question of a scenario, answered in a few plain sentences; each with one line on its trust.

    who     who supplied the class that the scenario asks about, and what sets them apart
    short   which side runs short of it, and of what else, and when
    without what changes where a lever takes the supplier away, on the same luck

A trust line: what the statement rests on (badge), how bands of this kind have held so far (record),
and the uncertain figure that moves it most (decides). No name of a state, good or lever stands
here: they come from `[answer]` of scenario.toml, or from what the run shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

import numpy as np

from kautilya.claims.weighing import likelihood, plain
from kautilya.report import answer, frames, outcome_words
from kautilya.report.holdings import imports
from kautilya.report.subject import Subject
from kautilya.runs.summary import spread
from kautilya.scenario.lawcheck import goes_without, paced
from kautilya.scenario.lexicon import Names
from kautilya.scenario.library import print_of, stored
from kautilya.scenario.outcomes import condensed, nature_of
from kautilya.wording import interval, listed, number, percent, supposed, unit

if TYPE_CHECKING:
    import xarray as xr

    from kautilya.claims.assumptions import Assumptions
    from kautilya.scenario import Scenario

TRACK = "kautilya.validation.track"  # what is known of earlier bands, where it is recorded
NO_RECORD = "no record"
FEW = 0.2  # share of futures from which a second shortage is worth a sentence
NOTHING = 0.5  # percent below which a change is none
LEAST = 3  # statements that a run makes at least, where it has outcomes
USED = "fired"  # the variable: what was used


class Bar(NamedTuple):
    """A share, 0 to 1, for a picture: what it is of, its range, and the number in words."""

    label: str
    value: float
    low: float
    high: float
    text: str


class Part(NamedTuple):
    """One statement: what it says, and how far to trust it.

    kind     who, odds, short or without
    badge    what it rests on; record: how such bands have held; decides: the figure that moves it
    numbers  the same as plain numbers; bars: those that are shares
    """

    kind: str
    says: str
    badge: str
    record: str
    decides: str
    numbers: dict[str, object]
    bars: tuple[Bar, ...] = ()

    @property
    def trust(self) -> str:
        """The line under the statement."""
        decides = f"decides: {self.decides}" if self.decides else ""
        return " · ".join(filter(None, (self.badge, self.record, decides)))


class Given(NamedTuple):
    """What is asked of a run.

    about     the run as it stands; changed: outcomes under each lever, on the same luck
    drawn     the uncertain figures, future by future; None where they are not at hand
    """

    about: Subject
    changed: Mapping[str, xr.Dataset]
    drawn: Assumptions | None

    @property
    def asked(self) -> tuple[str, tuple[str, ...]]:
        """The class that the scenario asks about, and the rivals of who supplied it."""
        said, about = self.about.scenario.head.answer, self.about
        rounds = [*about.members("round"), *about.members("munition")]
        first = next((g for g in rounds if g in about.members("offer") or not _buys(about)), "")
        return said.good or first, tuple(said.rivals)

    @property
    def called(self) -> str:
        """A short word for the class, or its name."""
        return self.about.scenario.head.answer.called or self.about.name(self.asked[0])

    @property
    def names(self) -> Names:
        """Plain English of the scenario."""
        return Names(self.about.scenario)

    def decides(self, values: np.ndarray) -> str:
        """The figure that moves a number or an event [F] most, in words; "" where none is known."""
        from kautilya.claims.assumptions import rank

        x = np.asarray(values, dtype=float)
        if self.drawn is None or x.shape != (self.drawn.futures,) or not np.isfinite(x).any():
            return ""
        middle = np.nanmedian(x)
        above = x > middle if middle < np.nanmax(x) else x >= middle
        found = rank([above], [np.nan_to_num(x)], self.drawn)[0]
        said = found[0].says.partition(" (")[0] if found else "no single figure"
        good = self.asked[0]
        return said.replace(self.about.name(good), self.called) if good else said


class Told(TypedDict):
    """A statement in JSON; trust is the line under it."""

    kind: str
    says: str
    trust: str
    badge: str
    record: str
    decides: str
    numbers: dict[str, object]
    bars: list[dict[str, object]]


class Reply(TypedDict):
    """The whole answer, as `kautilya answer --json` prints it and a scenario keeps it.

    digest    of the scenario's files; version: of Kautilya
    """

    format: int
    scenario: str
    question: str
    as_of: str
    horizon: str
    futures: int
    seed: int
    digest: str
    version: str
    caution: str
    parts: list[Told]


def needed(scenario: Scenario, changed: bool) -> str:
    """What a run must keep for the statements: of a run under a lever only what was fired."""
    used = [one.id for one in scenario.outcomes if one.name == USED]
    if changed:
        return ",".join(used) or scenario.outcomes[0].id
    has = {one.id for one in scenario.outcomes}
    why = [name for name in ("shipped", "supply_chance", "utility_terms") if name in has]
    always = [one.id for one in scenario.outcomes if one.keep == "always"]
    return ",".join(dict.fromkeys([*always, *used, *why]))


def reply_of(given: Given, folder: Path) -> Reply:
    """The answer of a run of the scenario in a folder, to be printed or kept."""
    about = given.about
    head = about.scenario.head
    return {
        "format": 1,
        "scenario": about.scenario.id,
        "question": head.question,
        "as_of": about.as_of,
        "horizon": about.months[-1],
        "futures": about.futures,
        "seed": int(about.manifest["seed"]),
        "digest": print_of(folder),
        "version": version("kautilya"),
        "caution": head.caution,
        "parts": [told(one) for one in reply(given)],
    }


def of_run(about: Subject) -> list[Told]:
    """The statements of any run. What only a second run tells, and which figure decides, comes from
    the answer that is stored with the scenario, where it is one of the same case and of today."""
    parts = [told(one) for one in reply(Given(about, {}, None))]
    known = _kept(about)
    for part in parts:
        same = [
            one for one in known if (one["kind"], one["badge"]) == (part["kind"], part["badge"])
        ]
        if same and same[0]["decides"]:
            known.remove(same[0])
            part["decides"] = same[0]["decides"]
            part["trust"] = f"{part['trust']} · decides: {part['decides']}"
            _reasoned(part, same[0])
    rest = [one for one in known if one["kind"] == "without"]
    stored_ones = [{**one, "trust": f"{one['trust']} · stored"} for one in rest]
    at = next((k for k, one in enumerate(parts) if one["kind"] == "short"), len(parts))
    return [*parts[:at], *stored_ones, *parts[at:]]  # type: ignore[list-item]


AGAINST = "; against "  # the reason that sets the first apart from the likeliest rival


def _reasoned(part: Told, kept: Told) -> None:
    """Give odds that hold no reason, since a run keeps none, that of the stored answer, where the
    same suppliers stand in the same order there."""
    _, mark, reason = kept["says"].partition(AGAINST)
    if mark and AGAINST not in part["says"] and _order(part) == _order(kept):
        part["says"] = f"{part['says'].rstrip('.')}{mark}{reason}"
        part["trust"] += " · reason stored"


def _order(part: Told) -> list[str]:
    """Suppliers, the likeliest first."""
    found = cast(dict[str, dict[str, float]], part["numbers"].get("probability", {}))
    return sorted(found, key=lambda one: -found[one]["value"])


def _kept(about: Subject) -> list[Told]:
    """Statements stored with the scenario; none for a run of another case."""
    case = about.manifest.get("case", {})
    usual = not any(case.get(one) for one in ("levers", "sets", "as_of"))
    usual = usual and case.get("accept", "run") == "run"
    if not usual or about.changed or not Path(about.scenario.folder).is_dir():
        return []
    found = stored(about.scenario.folder)
    return list(cast(Reply, found.document)["parts"]) if found and not found.stale else []


def told(one: Part) -> Told:
    """A statement for JSON."""
    return {
        "kind": one.kind,
        "says": f"{one.says}.",
        "trust": one.trust,
        "badge": one.badge,
        "record": one.record,
        "decides": one.decides,
        "numbers": plain(one.numbers),
        "bars": [plain(bar._asdict()) for bar in one.bars],
    }


def reply(given: Given) -> list[Part]:
    """The statements, in the order in which a reader asks."""
    about = given.about
    for_each = [given._replace(about=about.towards(code)) for code in about.members("buyer")]
    each = for_each or [given]
    deals = [
        *chain.from_iterable(map(_who, each)),
        *_joined(list(chain.from_iterable(map(_odds, each)))),
    ]
    found = [*deals, *_without(given), *_short(given)] or _ends(given)
    return [*found, *_more(about)[: max(LEAST - len(found), 0)]]


MOST = 3  # outcomes that are told of where a scenario asks of no supplier and no shortage


def _ends(given: Given) -> list[Part]:
    """Where nothing of all this is modelled: how the first outcomes stand at the end, by side; an
    amount of each step is added up over the run, and a summary has what it condensed them to."""
    about, out = given.about, []
    laws = [paced(law, about.scenario.head.step) for law in about.laws]
    written = {var.name: var for law in laws for var in law.writes}
    for one in [x for x in about.scenario.outcomes if x.id in about.data][:MOST]:
        array = about.data[one.id]
        time = next(str(dim) for dim in array.dims if dim in ("month", "year", "span"))
        how = "sum" if nature_of(one, written) == "amount" else "last"
        last = array.sum(time) if how == "sum" else array.isel({time: -1})
        how = condensed(one, written) if time == "span" else how
        last = last.stack(cell=[d for d in array.dims if d not in ("future", time)])
        told: list[str] = []
        numbers: dict[str, object] = {}
        for cell in list(last["cell"].values)[:MOST]:
            values = last.sel(cell=cell).values
            who = ", ".join(
                about.name(str(label)) for label in np.atleast_1d(np.asarray(cell, object))
            )
            told.append(f"{who} {interval(*_around(values), 2)}".strip())
            numbers[who] = _spread(values)
        span = f", {about.months[0]} to {about.months[-1]}, "
        when = {"sum": f"{span}added up", "mean": f"{span}mean", "last": " at the end"}[how]
        says = f"{given.names.outcome(one.id)}{when}: {listed(told)}"
        out.append(
            Part("outcome", says[:1].upper() + says[1:], "emergent", _track(one.id), "", numbers)
        )
    return out


def _more(about: Subject) -> list[Part]:
    """What else declared outcomes say, for a scenario of which little else is told."""
    said = sorted(outcome_words.told(about), key=lambda one: outcome_words.ENDS in one)
    return [Part("outcome", one, "emergent", "", "", {}) for one in said]


def _buys(about: Subject) -> bool:
    return bool(about.members("buyer"))


def _track(outcome: str, labels: tuple[str, ...] = ()) -> str:
    """How bands of this kind have held, from the record that comes with the package."""
    try:
        found = import_module(TRACK).line(outcome, labels)
    except (ImportError, AttributeError):
        return NO_RECORD
    if found in ("", "no record"):
        return NO_RECORD
    return str(found).replace("bands of this kind", "such bands").replace(" times in ", " in ")


def _led(given: Given) -> tuple[str, list[dict[str, Any]], dict[str, Any] | None, list]:
    """Year, candidates, who leads by what was handed over, and the rivals that are asked about."""
    about, (good, rivals) = given.about, given.asked
    year = about.as_of[:4]
    if not good or year not in answer.spoken(about):
        return year, [], None, []
    found = answer.candidates(about, good, year, top=1000)
    found = found if any(one["leads"]["value"] > 0 for one in found) else []
    if not found:
        return year, [], None, []
    first = found[0]
    others = [one for one in found if one["supplier"] in rivals] if rivals else found[1:3]
    order = {code: k for k, code in enumerate(rivals)}
    others.sort(key=lambda one: order.get(str(one["supplier"]), 0))
    return year, found, first, others


def _who(given: Given) -> list[Part]:
    """Who supplied the class in the as-of year, or what came from abroad."""
    about, (good, rivals) = given.about, given.asked
    year, _, first, others = _led(given)
    if first is None:
        return _imports(given)
    buyers = listed([about.name(code) for code in _buyers(about)])
    sent = first["quantity"]
    amount = interval(sent["low"], sent["median"], sent["high"], 2)
    there = {str(one["supplier"]) for one in others if one["on_record"]}
    silent = [about.name(code) for code in rivals if code not in there]
    money = unit(about.scenario.units.get(good, ""))
    what = f"{given.called} for {amount} {money}" if money else f"{amount} {given.called}"
    badge = (
        answer.on_record(about, str(first["supplier"]), good, year) if first["on_record"] else ""
    )
    verb = "sends" if not badge or about.as_of < f"{year}-12" else "sent"
    says = f"{first['name']} {verb} {buyers} {what} in {year}"
    told = about.recorded and frames.full(about, "delivered")
    says += f"; {listed(silent)} none on record" if silent and told else ""
    array = about.data["shipped"].sel(year=year, offer=good, supplier=first["supplier"])
    return [
        Part("who", says, badge or "emergent", "", given.decides(array.values), {
            "supplier": first["supplier"], "class": good, "year": year, "quantity": sent,
        })
    ]  # fmt: skip


def _buyers(about: Subject) -> Sequence[str]:
    """The buyers that a subject tells of: the one that was chosen of several, or all."""
    chosen = "buyer" in about.data.coords and not about.data["buyer"].dims
    return [str(about.data["buyer"].values)] if chosen else about.members("buyer")


def _imports(given: Given) -> list[Part]:
    """What each side gets of the class from abroad; of one buyer of several, what it gets."""
    about, (good, _) = given.about, given.asked
    mine = [one for one in imports(about) if one.good == good]
    if len(about.members("buyer")) > 1:
        mine = [one for one in mine if one.code in _buyers(about)]
    out = []
    for one in [x for x in mine if x.values.any()][:MOST] or mine[:1]:
        total = one.values.sum(axis=1)
        says = f"{about.name(one.code)} gets {interval(*_around(total), 2)} {given.called}"
        says += f" from abroad, {about.months[0]} to {about.months[-1]}"
        track = _track(one.outcome, (one.code, good))
        numbers: dict[str, object] = {
            "recipient": one.code,
            "class": good,
            "quantity": _spread(total),
        }
        out.append(Part("who", says, "emergent", track, given.decides(total), numbers))
    return out


def _around(values: np.ndarray) -> tuple[float, float, float]:
    found = _spread(values)
    return found["low"], found["median"], found["high"]


def _spread(values: np.ndarray) -> dict[str, float]:
    x = np.asarray(values, dtype=float)
    return spread(x[np.isfinite(x)]).as_dict()


LEAST_GAP = 0.1  # log odds of a term below which it sets nobody apart
ODDS = "The model alone gives odds of supplying "  # of one of several buyers


def _odds(given: Given) -> list[Part]:
    """What the decision model says without the record, and what sets the first apart."""
    year, _, first, others = _led(given)
    if first is None or "probability" not in first or not others:
        return []
    about, (good, _) = given.about, given.asked
    chance = about.data["supply_chance"].sel(year=year, offer=good)
    says = _odds_words(given, year, first, others)
    rivals = chance.sel(supplier=[one["supplier"] for one in others]).mean("supplier")
    lead = (chance.sel(supplier=first["supplier"]) - rivals).values
    chances = {str(one["supplier"]): one["probability"] for one in (first, *others)}
    numbers: dict[str, object] = {"probability": chances}
    whole = _decides_whole(about)
    track = _track("supply_chance", (str(first["supplier"]), good)) if whole else NO_RECORD
    bars = tuple(_odds_bar(one) for one in (first, *others))
    decides = given.decides(lead)
    return [Part("odds", says, "emergent", track, decides, numbers, bars)]


def _odds_words(given: Given, year: str, first: dict[str, Any], others: Sequence[dict]) -> str:
    """The chances by size where the record has another leader than the model."""
    about, shown = given.about, [first, *others]
    if len(about.members("buyer")) < 2 and about.recorded:
        shown.sort(key=lambda one: -one["probability"]["value"])
    told = listed([f"{one['name']} {percent(one['probability']['value'])}" for one in shown])
    if len(about.members("buyer")) > 1:  # short for each, so that all fit
        return f"{ODDS}{listed([about.name(code) for code in _buyers(about)])}: {told}"
    return f"The model alone: {told}{_apart(given, year, given.asked[0], first, others)}"


def _decides_whole(about: Subject) -> bool:
    """Whether the decision to supply has all its terms, as the one whose record is known."""
    lacks = goes_without(about.scenario)
    writes = {"supply_chance", "utility_terms"}
    return not any(law.name in lacks for law in about.laws if writes & {v.name for v in law.writes})


def _joined(parts: list[Part]) -> list[Part]:
    """The odds of several buyers in one statement, with the trust line of the first."""
    if len(parts) < 2:
        return parts
    says = [parts[0].says, *(one.says.removeprefix(ODDS) for one in parts[1:])]
    bars = tuple(chain.from_iterable(one.bars for one in parts))
    return [parts[0]._replace(says="; ".join(says), bars=bars)]


def _odds_bar(one: Mapping) -> Bar:
    p = one["probability"]
    said = f"{percent(p['value'])}, {p['word']}"
    return Bar(str(one["name"]), p["value"], p["low"], p["high"], said)


def _apart(
    given: Given, year: str, good: str, first: dict[str, Any], others: Sequence[dict]
) -> str:
    """The reason that speaks most for the first against the likeliest rival."""
    about = given.about
    if "utility_terms" not in about.data:
        return ""
    rival = max(others, key=lambda one: float(one["probability"]["value"]))
    terms = about.data["utility_terms"].sel(year=year, offer=good).mean("future")
    own, its = (terms.sel(supplier=one["supplier"]) for one in (first, rival))
    gap = (own - its).values
    if gap.max() < LEAST_GAP:
        return ""
    label = [str(one) for one in terms["term"].values][int(np.argmax(gap))]
    taken = " (imposed)" if _assumed(about, label) else ""
    return f"{AGAINST}{rival['name']}: {given.names.of(label, 'term')}{taken}"


def _assumed(about: Subject, label: str) -> bool:
    """Whether the direction of a term of the decision is taken for granted by its law."""
    for law in about.laws:
        if any(var.name == "utility_terms" for var in law.writes):
            for one in law.params:
                sign = one.sign if isinstance(one.sign, str) else one.sign.get(label, "")
                if sign == "assumed" and (one.name == f"on_{label}" or one.sign != sign):
                    return True
    return False


def _without(given: Given) -> list[Part]:
    """What a lever changes in what is fired of the class in the year after the as-of date."""
    about, (good, _) = given.about, given.asked
    year = str(min(int(about.as_of[:4]) + 1, int(about.months[-1][:4])))
    name = next((one.id for one in about.scenario.outcomes if one.name == USED), "")
    out = []
    for lever, data in given.changed.items():
        if name not in about.data or name not in data:
            continue
        side, change = _most((about.data[name], data[name]), about.members("buyer"), good, year)
        if change is None:
            continue
        low, middle, high = _around(change)
        says = f"{supposed(given.names.lever(lever))}, {about.name(side)} fires {_changed(low, middle, high)}"
        says += f" {given.called} in {year}"
        numbers: dict[str, object] = {
            "lever": lever, "side": side, "year": year, "percent": _spread(change)
        }  # fmt: skip
        track = _track(name, (side, good))
        bars = _change_bar(about.name(side), low, middle, high)
        out.append(Part("without", says, "emergent", track, given.decides(change), numbers, bars))
    return out


def _change_bar(name: str, low: float, middle: float, high: float) -> tuple[Bar, ...]:
    """A loss in percent as a share; a gain has no bar."""
    if middle > 0 or low < -100:
        return ()
    near, far = max(-high, 0.0) / 100, -low / 100
    return (Bar(name, -middle / 100, near, far, _changed(low, middle, high).strip(",")),)


def _most(
    pair: tuple[xr.DataArray, xr.DataArray], buyers: Sequence[str], good: str, year: str
) -> tuple[str, Any]:
    """The side, a buyer where there is one, whose use of a good changes most in a year, and the
    change in percent [F]."""
    before, after = pair
    found: tuple[str, Any] = ("", None)
    goods = next((d for d in map(str, before.dims) if good in before[d].values), "")
    if not goods:  # what is asked about is not fired
        return found
    sides = next(d for d in map(str, before.dims) if d not in ("future", "month", goods))
    for side in [x for x in map(str, before[sides].values) if x in buyers or not buyers]:
        both = []
        for array in (before, after):
            cell = array.sel({sides: side, goods: good})
            at = [str(month)[:4] == year for month in cell["month"].values]
            both.append(cell.isel(month=at).sum("month").values.astype(float))
        some = both[0] > 0
        change = np.full(some.shape, np.nan)
        change[some] = 100 * (both[1][some] / both[0][some] - 1)
        if some.any() and (found[1] is None or abs(np.nanmean(change)) > abs(np.nanmean(found[1]))):
            found = str(side), change
    return found


def _changed(low: float, middle: float, high: float) -> str:
    if middle <= 0:
        low, middle, high, word = -high, -middle, -low, "fewer"
    else:
        word = "more"
    if middle < NOTHING:
        return f"as many in the median, up to {number(high, 2)} % {word},"
    return f"{number(middle, 2)} % ({number(low, 2)} to {number(high, 2)}) {word}"


def _short(given: Given) -> list[Part]:
    """Which side runs short of the class, and of which equipment."""
    good, _ = given.asked
    held = [one.short for one in answer.short_futures(given.about)]
    found = list(zip(answer.shortages(given.about), held, strict=True))
    rounds = [one for one in found if (one[0]["kind"], one[0]["class"]) == ("rounds", good)]
    equipment = [one for one in found if one[0]["kind"] == "equipment"]
    equipment.sort(key=lambda one: -one[0]["after_as_of"]["value"])
    rest = [one for one in equipment[:1] if one[0]["after_as_of"]["value"] >= FEW]
    return [_shortage(given, rounds, rest)] if rounds or rest else []


MEANS = {"rounds": "under a month's use", "equipment": "half strength"}


def _shortage(given: Given, *groups: Sequence[tuple[dict[str, Any], np.ndarray]]) -> Part:
    about = given.about
    told = [
        f"{given.called if group[0][0]['kind'] == 'rounds' else group[0][0]['label']} "
        f"({MEANS[group[0][0]['kind']]}) {', '.join(map(_chance, group))}"
        for group in groups
        if group
    ]
    every = [one for group in groups for one in group]
    first, short = every[0]
    says = f"Short after {about.as_of}: {'; '.join(told)}"
    outcome = "rounds" if first["kind"] == "rounds" else "equipped"
    track = _track(outcome, (str(first["belligerent"]), str(first["class"])))
    known = sum(month <= about.as_of for month in about.months)
    decides = given.decides(short[:, known:].sum(axis=1))
    numbers = {f"{one['belligerent']} {one['class']}": one["after_as_of"] for one, _ in every}
    bars = tuple(_short_bar(one) for one, _ in every)
    return Part("short", says, "emergent", track, decides, numbers, bars)


def _chance(found: tuple[dict[str, Any], np.ndarray]) -> str:
    one, after = found[0], found[0]["after_as_of"]
    month = f", {one['median_month_after']}" if one["median_month_after"] else ""
    return f"{one['name']} {percent(after['value'])} ({likelihood(after['value'])}{month})"


def _short_bar(one: Mapping) -> Bar:
    after = one["after_as_of"]
    p, month = float(after["value"]), one["median_month_after"]
    said = f"{percent(p)}, {likelihood(p)}{f', median {month}' if month else ''}"
    return Bar(f"{one['name']}: {one['label']}", p, p, p, said)
