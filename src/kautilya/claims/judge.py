"""Judge the claims of a scenario: the one function behind the command, the page and Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from kautilya import disk
from kautilya import scenario as scenarios
from kautilya.claims import flips, verdict
from kautilya.claims.boxes import box
from kautilya.claims.court import (
    FUTURES,
    Court,
    Progress,
    Question,
    Reruns,
    Sizes,
    as_of_dates,
    evaluated,
    questions,
    stored,
)
from kautilya.claims.file import Claims, load
from kautilya.claims.record import record
from kautilya.claims.verdict import Verdict
from kautilya.errors import KautilyaError
from kautilya.scenario.mistakes import near

QUICK = Sizes(levers=256, prior=256, luck=128, sign=128)


@dataclass(frozen=True)
class Asked:
    """What is asked.

    file     claims of one's own; "" those of the scenario
    as_of    a day: hide what was not known then; "" the day of the scenario
    under    levers that are pulled throughout
    id       one claim, in full
    run      folder of a stored run; "" the newest that fits, or a new one
    flips    also look for the smallest change that flips each verdict, and run it
    quick    fewer futures beside the stored run
    bare     the probability alone: no badge, no runs beside those that claims need
    """

    file: str = ""
    as_of: str = ""
    under: tuple[str, ...] = ()
    id: str = ""
    run: str = ""
    flips: bool = False
    quick: bool = False
    bare: bool = False
    futures: int = FUTURES
    seed: int = 0


class Judgement(NamedTuple):
    """Verdicts, emergent ones first, and what they were made on.

    dated   one matter of record as of other days: (day, 1 true or 0 not)
    """

    scenario: Any
    run: Any
    asked: Asked
    verdicts: tuple[Verdict, ...]
    badges: dict[str, int]
    counts: dict[str, int]
    dated: tuple[tuple[str, float], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The stable JSON shape."""
        settings = self.scenario.head.verdicts
        return {"scenario": self.scenario.id, "digest": self.scenario.digest,
                "as_of": self.asked.as_of or self.scenario.head.as_of.isoformat(),
                "model_as_of": self.scenario.head.as_of.isoformat(),
                "under": list(self.asked.under), "run": str(self.run.folder),
                "futures": int(self.run.manifest["futures"]),
                "thresholds": {"holds": settings.holds, "fails": settings.fails,
                               "learned": settings.learned},
                "badges": self.badges, "verdicts": self.counts,
                "claims": [one.as_json() for one in self.verdicts]}


LEAD = {name: i for i, name in enumerate(("emergent", "not identified", "imposed", "arithmetic",
                                         "record", ""))}


def judge(name: str, asked: Asked | None = None, *, progress: Progress | None = None) -> Judgement:
    """Judge the claims of a scenario.

    name   a shipped scenario or the path of a folder
    Raises KautilyaError for claims with mistakes, an unknown claim, lever, day or run.
    """
    asked = asked or Asked()
    scenario, claims, run, reruns = opened(name, asked, progress)
    with reruns:
        if asked.id and claims[asked.id].checked:
            reruns.ahead()
        court = courted(scenario, run, reruns, asked, progress)
        chosen = [claims[asked.id]] if asked.id else list(claims)
        found = judged(court, questions(chosen), asked.bare)
        if asked.flips or asked.id:
            changes = flips.flipped(court, found)
            found = {name: replace(one, flip=changes.get(name)) for name, one in found.items()}
        made = collected(scenario, run, asked, chosen, found)
        if asked.id:
            return in_full(court, made, questions(chosen))
    return made


def in_full(court: Court, made: Judgement, asked: Sequence[Question]) -> Judgement:
    """One claim with the boxes in which it turns and, for a matter of record, other days."""
    claim = made.verdicts[0]
    readings = tuple(boxed(court, one) for one in claim.readings)
    dated = as_of_dates(court, asked[0]) if (
        asked and asked[0].checked.kind == "record") else []
    return made._replace(verdicts=(replace(boxed(court, claim), readings=readings),),
                         dated=tuple(dated))


def opened(name: str, asked: Asked, progress: Progress | None
           ) -> tuple[Any, Claims, Any, Reruns]:
    """The scenario, its claims, the stored run, and where to run what is needed beside it."""
    scenario = scenarios.load(name)
    claims = load(scenario, asked.file or None)
    if asked.id:
        _ = claims[asked.id]
    known = [lever.id for lever in scenario.levers]
    for lever in asked.under:
        if lever not in known:
            raise KautilyaError("--under", f"unknown lever {lever!r}", near(lever, known))
    if asked.as_of:
        _day(asked.as_of)
    run = stored(scenario, asked.run or None, seed=asked.seed, futures=asked.futures,
                 progress=progress)
    drawn = run.manifest["case"].get("posterior", "")
    return scenario, claims, run, Reruns(scenario, int(run.manifest["seed"]), posterior=drawn)


def _day(text: str) -> date:
    """A day; what is none is a mistake."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise KautilyaError("--as-of", f"{text!r} is no day", "Write it as YYYY-MM-DD") from None


def courted(scenario: Any, run: Any, reruns: Reruns, asked: Asked, progress: Progress | None
            ) -> Court:
    """All that verdicts are made from."""
    found = shares(scenario) if scenario.head.verdicts.bound else ()
    _bounds(scenario, [one["share"] for one in found])
    return Court(scenario, run, record(scenario, asked.as_of or None), reruns, asked.under,
                 found, progress, QUICK if asked.quick else Sizes())


def _bounds(scenario: Any, known: Sequence[str]) -> None:
    """Refuse bounds of a share or on an outcome that nobody declares: they would bind nothing."""
    outcomes = [one.id for one in scenario.outcomes]
    for bound in scenario.head.verdicts.bound:
        told = [(bound.share, known, "share of accounts.toml"),
                *((one, outcomes, "outcome") for one in bound.outcomes)]
        for name, names, what in told:
            if name not in names:
                raise KautilyaError("scenario.toml, [[verdicts.bound]]", f"no {what} {name!r}",
                                    near(name, names))


def judged(court: Court, asked: Sequence[Question], bare: bool = False) -> dict[str, Verdict]:
    """A verdict for each case, by its id."""
    found = evaluated(court, asked)
    moving = verdict.decisive(court, found)
    told = [verdict.UNTOLD] * len(asked) if bare else verdict.behind(court, asked, moving)
    return {one.id: verdict.verdict(court, one, f, m, t)
            for one, f, m, t in zip(asked, found, moving, told, strict=True)}


def boxed(court: Court, one: Verdict) -> Verdict:
    """The same with the box in which it turns."""
    if one.judged is None or one.judged.kind == "record":
        return one
    truth = one.judged.truth
    return replace(one, box=box(truth, one.decisive, court.given.cut(len(truth))))


def collected(scenario: Any, run: Any, asked: Asked, chosen: Sequence[Any],
              found: dict[str, Verdict]) -> Judgement:
    """Verdicts in the order of reading: what could have come out either way first."""
    out = []
    for claim in chosen:
        if claim.checked is None:
            out.append(Verdict(claim.row, "", None, "untestable", claim.row.untestable))
            continue
        readings = tuple(found[f"{claim.id}.{v.id}"] for v, _ in claim.variants)
        out.append(replace(found[claim.id], readings=readings))
    out.sort(key=lambda one: LEAD.get(one.badge, len(LEAD)))
    badges = {name: sum(one.badge == name for one in out) for name in LEAD if name}
    counts: dict[str, int] = {}
    for one in out:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    return Judgement(scenario, run, asked, tuple(out), badges, counts)


def shares(scenario: Any) -> list[dict[str, Any]]:
    """The ratios and sums that the accounts bound, kept by digest."""
    if not (Path(scenario.folder) / "accounts.toml").is_file():
        return []
    kept = disk.place("audit", disk.code("accounts")) / f"{scenario.digest[:24]}-shares.json"
    try:
        found: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError):
        pass
    from kautilya.accounts import audit  # slow to import, and mostly not needed

    found = audit(scenario).as_json()["shares"]
    try:
        kept.write_text(json.dumps(found), encoding="utf-8")
    except OSError:
        pass  # a read-only home: it is made again the next time
    return found


def told(scenario: str | Path, id: str = "", *, file: str | Path = "", as_of: str = "",
         under: Sequence[str] | str = (), run: str | Path = "") -> dict[str, Any]:
    """Verdicts on what commentators assert: {"claims": [{"id", "verdict", "probability", ...}]}.

    id     one claim, in full: with the smallest change that flips it and the box where it turns
    file   claims of one's own; as_of: a day, to hide what was not known then
    under  levers that are pulled throughout; run: folder of a stored run
    The shape is that of `kautilya claims --json` (docs/json.md).
    Raises KautilyaError for mistakes in the claims, and for an unknown claim, lever, day or run.
    """
    from kautilya.runs.ensemble import names

    return judge(str(scenario), Asked(str(file), as_of, names(under), id, str(run))).as_json()
