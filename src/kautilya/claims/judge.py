"""Judge the claims of a scenario: the one function behind the command, the page and Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.claims import flips
from kautilya.claims.assumptions import Assumptions
from kautilya.claims.court import (
    FUTURES,
    Court,
    Progress,
    Question,
    Reruns,
    Stored,
    as_of_dates,
    cold,
    questions,
    stored,
)
from kautilya.claims.file import Claim, Claims, load
from kautilya.claims.record import record, vocabulary
from kautilya.claims.rivals import Rival, rivals
from kautilya.claims.verdict import KEPT, VERDICTS, Verdict, decided_on, kept, untestable
from kautilya.errors import KautilyaError
from kautilya.runs.ensemble import Run, day_of
from kautilya.scenario.mistakes import near
from kautilya.scenario.patch import claims_of
from kautilya.scenario.scenario import Scenario

LEADING = 8  # verdicts on a page
LEAD = ("emergent", "not identified", "imposed", "arithmetic", "record", "")  # order of reading


@dataclass(frozen=True)
class Asked:
    """What is asked.

    file     claims of one's own; "" those of the scenario
    as_of    a day: hide what was not known then; "" the day of the scenario
    under    levers that are pulled throughout
    id       one claim, in full
    run      folder of a stored run; "" the newest that fits, or a new one
    flips    also look for the smallest change that flips each verdict, and run it
    quick    verdicts only: what badges need is not run, and they stay blank
    rivals   levers that are rival answers, where the scenario has them
    bare     a scenario without claims.toml has no claims, and that is no mistake
    """

    file: str = ""
    as_of: str = ""
    under: tuple[str, ...] = ()
    id: str = ""
    run: str = ""
    flips: bool = False
    quick: bool = False
    futures: int = FUTURES
    seed: int = 0
    rivals: tuple[str, ...] = ()
    bare: bool = False


class Judgement(NamedTuple):
    """Verdicts, emergent ones first, and what they were made on.

    name    of the scenario as it was asked for; stored: the run, and how it was chosen
    dated   one matter of record as of other days: (day, 1 true or 0 not)
    rivals  claims that compare no cases, and the record, under rival answers: by lever
    given   the figures behind each future
    """

    name: str
    scenario: Scenario
    claims: Claims
    stored: Stored
    asked: Asked
    verdicts: tuple[Verdict, ...]
    dated: tuple[tuple[str, float], ...] = ()
    rivals: Mapping[str, Rival] = MappingProxyType({})
    given: Assumptions | None = None

    @property
    def run(self) -> Run:
        """The run that the claims were judged on."""
        return self.stored.run

    @property
    def badges(self) -> dict[str, int]:
        """How many claims have each badge."""
        found = Counter(one.badge for one in self.verdicts)
        return {name: found[name] for name in LEAD if name}

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many claims have each verdict, apart for each group: matters of record, arithmetic,
        what a law imposes, findings of the model. Those of no badge (`quick`) stand under ""."""
        out: dict[str, dict[str, int]] = {}
        for name in (*LEAD, "untestable"):
            mine = Counter(one.verdict for one in self.verdicts if one.group == name)
            if mine:
                out[name] = {v: mine[v] for v in VERDICTS if mine[v]}
        return out

    @property
    def leading(self) -> list[Verdict]:
        """Verdicts that lead a page: emergent ones, the firmest first; other badges after them."""
        order = {"emergent": 0, "not identified": 1, "imposed": 2}
        mine = [
            (one, one.chance.value)
            for one in self.verdicts
            if one.badge in order and one.chance is not None
        ]
        mine.sort(
            key=lambda pair: (
                order[pair[0].badge],
                pair[0].verdict == "cannot say",
                -abs(pair[1] - 0.5),
            )
        )
        return [one for one, _ in mine[:LEADING]]

    def as_json(self) -> dict[str, object]:
        """The stable JSON shape."""
        settings, manifest = self.scenario.head.verdicts, self.run.manifest
        return {
            "scenario": self.scenario.id,
            "digest": self.scenario.digest,
            "claims_digest": self.claims.digest,
            "file": self.asked.file,
            "as_of": self.asked.as_of or self.scenario.head.as_of.isoformat(),
            "model_as_of": self.scenario.head.as_of.isoformat(),
            "under": list(self.asked.under),
            "run": str(self.run.folder),
            "run_chosen": self.stored.chosen,
            "futures": int(manifest["futures"]),
            "seed": int(manifest["seed"]),
            "quick": self.asked.quick,
            "flips": self.asked.flips,
            "thresholds": {
                "holds": settings.holds,
                "fails": settings.fails,
                "learned": settings.learned,
            },
            "badges": self.badges,
            "verdicts": self.counts,
            "claims": [one.as_json() for one in self.verdicts],
        }


def judge(name: str, asked: Asked | None = None, *, progress: Progress | None = None) -> Judgement:
    """Judge the claims of a scenario.

    name   a shipped scenario or the path of a folder
    Raises KautilyaError for claims with mistakes, an unknown claim, lever, day or run.
    """
    asked = asked or Asked()
    found = opened(name, asked, progress)
    with found.court.reruns as reruns:
        chosen = [found.claims[asked.id]] if asked.id else list(found.claims)
        if asked.id and any(cold(found.court, one) for one in questions(chosen)):
            reruns.ahead()
        verdicts = decided_on(found.court, questions(chosen), asked.quick)
        if asked.flips or asked.id:
            changes = flips.flipped(found.court, _standing(verdicts))
            verdicts = {key: replace(one, flip=changes.get(key)) for key, one in verdicts.items()}
        made = Judgement(
            name,
            found.court.scenario,
            found.claims,
            found.stored,
            asked,
            tuple(_in_order(chosen, verdicts)),
            given=found.court.given,
        )
        if asked.rivals:
            alone = [one for one in questions(chosen) if not one.checked.needs]
            made = made._replace(rivals=rivals(found.court, alone, asked.rivals))
        return _in_full(found.court, made, questions(chosen)) if asked.id else made


def _standing(found: Mapping[str, Verdict]) -> dict[str, flips.Standing]:
    """Verdicts that may flip: those of what was judged."""
    return {
        key: flips.Standing(one.checked, one.judged, one.chance, one.verdict, one.decisive)
        for key, one in found.items()
        if one.checked and one.judged and one.chance
    }


class Opened(NamedTuple):
    """The claims, the stored run that they are judged on, and the court over it."""

    claims: Claims
    stored: Stored
    court: Court


def opened(name: str, asked: Asked, progress: Progress | None) -> Opened:
    """All that verdicts are made from; what was asked is looked at before anything is run."""
    scenario = scenarios.load(name, day_of(asked.run))
    claims = _claims(scenario, asked)
    if asked.id:
        _ = claims[asked.id]
    known = [lever.id for lever in scenario.levers]
    for lever in asked.under:
        if lever not in known:
            raise KautilyaError("--under", f"unknown lever {lever!r}", near(lever, known))
    day = _day(asked.as_of).isoformat() if asked.as_of else None
    shares = _shares(scenario)
    found = stored(
        scenario, asked.run or None, seed=asked.seed, futures=asked.futures, progress=progress
    )
    reruns = Reruns.of(scenario, found.run)
    return Opened(
        claims,
        found,
        Court(scenario, found.run, record(scenario, day), reruns, asked.under, shares, progress),
    )


def _claims(scenario: Scenario, asked: Asked) -> Claims:
    path = claims_of(Path(scenario.folder))
    if asked.bare and not asked.file and not path.exists():
        return Claims(path, "", vocabulary(scenario), (), ())
    return load(scenario, asked.file or None)


def _day(text: str) -> date:
    """A day; what is none is a mistake."""
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise KautilyaError("--as-of", f"{text!r} is no day", "Write it as YYYY-MM-DD") from None


def _shares(scenario: Scenario) -> Sequence[dict[str, object]]:
    """The ratios and sums that the accounts bound, where a bound of verdicts asks for them.

    Refuses bounds of a share or on an outcome that nobody declares: they would bind nothing.
    """
    bounds = scenario.head.verdicts.bound
    found = _audited(scenario) if bounds else []
    shares = [str(one["share"]) for one in found]
    outcomes = [one.id for one in scenario.outcomes]
    for bound in bounds:
        told = [
            (bound.share, shares, "share of accounts.toml"),
            *((one, outcomes, "outcome") for one in bound.outcomes),
        ]
        for name, names, what in told:
            if name not in names:
                raise KautilyaError(
                    "scenario.toml, [[verdicts.bound]]", f"no {what} {name!r}", near(name, names)
                )
    return found


def _audited(scenario: Scenario) -> list[dict[str, object]]:
    """The shares of the audit, kept by digest of the scenario and code of the accounts."""
    if "accounts.toml" not in scenario.beside:
        return []
    kept = disk.made_here("audit", "accounts") / f"{scenario.digest[:24]}-shares.json"

    def make() -> list[dict[str, object]]:
        from kautilya.accounts import audit  # slow to import, and mostly not needed
        from kautilya.accounts.findings import plain

        return plain(audit(scenario, as_of=scenario.head.as_of).shares)

    found: list[dict[str, object]] = disk.kept(kept, make)
    return found


def _in_order(chosen: Sequence[Claim], found: dict[str, Verdict]) -> list[Verdict]:
    """Verdicts in the order of reading: what could have come out either way first."""
    out = []
    for claim in chosen:
        if claim.checked is None:
            out.append(untestable(claim.row))
            continue
        readings = tuple(found[f"{claim.id}.{variant.id}"] for variant, _ in claim.variants)
        out.append(replace(found[claim.id], readings=readings))
    return sorted(out, key=lambda one: LEAD.index(one.badge))


def _in_full(court: Court, made: Judgement, asked: Sequence[Question]) -> Judgement:
    """One claim with the boxes in which it turns and, for a matter of record, other days."""
    claim = made.verdicts[0]
    readings = tuple(_boxed(court, one) for one in claim.readings)
    dated = as_of_dates(court, asked[0]) if (asked and asked[0].checked.kind == "record") else []
    return made._replace(
        verdicts=(replace(_boxed(court, claim), readings=readings),), dated=tuple(dated)
    )


def _boxed(court: Court, one: Verdict) -> Verdict:
    """The same with the box in which it turns."""
    if one.judged is None or one.judged.kind == "record":
        return one
    truth = one.judged.truth
    return replace(one, box=flips.box(truth, one.decisive, court.given.cut(len(truth))))


def keep(found: Judgement) -> None:
    """Keep the verdicts beside the run that they were made on, for its report.

    Only those of the scenario's own claims as they stand; and what was asked for more (badges,
    flips) is not replaced by what was asked for less.
    """
    asked = found.asked
    if asked.id or asked.file or asked.as_of or asked.under:
        return
    there = kept(found.run.folder, found.scenario)
    if (
        there is not None
        and _told(there) > (not asked.quick, asked.flips)
        and there.get("claims_digest") == found.claims.digest
    ):
        return
    with suppress(KautilyaError):  # a run that may only be read
        disk.write_json(found.run.folder / KEPT, found.as_json())


def _told(kept: dict[str, object]) -> tuple[bool, bool]:
    return not kept.get("quick"), bool(kept.get("flips"))
