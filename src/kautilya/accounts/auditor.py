"""The audit: can the published figures all be true, what do they imply, which of them clash?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from kautilya import disk
from kautilya.accounts.bounds import Programme, implied, lost_in, scattered
from kautilya.accounts.build import Built, Meaning, build, figure_rows
from kautilya.accounts.conflicts import Part, parts_of, shrink
from kautilya.accounts.declare import Profile
from kautilya.accounts.figures import (
    Inputs,
    ScenarioLike,
    accepted,
    inputs,
    known_by,
    profile,
    whole,
)
from kautilya.accounts.findings import (
    Audit,
    account_frame,
    bound_frame,
    name_frame,
    need_frame,
    share_frame,
)
from kautilya.accounts.linear import System, published, system
from kautilya.accounts.lookup import find_figure
from kautilya.accounts.mends import Told, explained, resolvers
from kautilya.accounts.own_table import SEPARATORS, Table, graded, read_table
from kautilya.errors import KautilyaError
from kautilya.scenario import Scenario
from kautilya.scenario.lexicon import Names
from kautilya.wording import many

if TYPE_CHECKING:
    import pandas as pd

SHELLS = {
    "shells": "round",
    "ammunition": "round",
    "rounds": "round",
    "artillery": "art",
    "soldiers": "person",
    "men": "person",
    "troops": "person",
    "guns": "art",
    "launchers": "art",
}


class More(TypedDict, total=False):
    """Further settings of an audit."""

    as_of: str | date | None
    conflicts: bool | None
    figure: str | None
    exact: bool
    without: Iterable[str]


class Asked(NamedTuple):
    """What an audit is asked for."""

    good: str = ""
    actor: str = ""
    accept: str = "all"
    as_of: str | date | None = None
    conflicts: bool = False
    figure: str = ""
    exact: bool = False
    without: frozenset[str] = frozenset()


def audit(
    scenario: ScenarioLike,
    good: str | None = None,
    actor: str | None = None,
    accept: str = "all",
    **more: Unpack[More],
) -> Audit:
    """Audit a scenario (name, folder or loaded) or an analyst's own table (a .csv file).

    good, actor   only these accounts ("tanks", "RUS")
    accept        profile of accepted figures: all, all_but_belligerents, visual_only, both_sides,
                  grade:C3, side:UKR, or one that the scenario declares; run: that of its runs
    as_of         a date: figures that were not surely published by then are invisible
    conflicts     also list every irreducible conflict (of an own table they are always listed)
    figure        also bound this one figure as the others are added one after another
    exact         of an own table: numbers stand for themselves, not for what is rounded to them
    without       of a scenario: ids of figures that are left out

    Raises KautilyaError for an unknown scenario, account, profile, figure or a malformed table.
    """
    strange = set(more) - set(More.__annotations__)
    if strange:
        raise KautilyaError(
            "audit",
            f"no setting '{min(strange)}'",
            f"use good, actor, accept, {', '.join(More.__annotations__)}",
        )
    figure = more.get("figure")
    if figure is not None and not figure.strip():
        raise KautilyaError("figure", "it is empty", "give the id of a figure, or words of it")
    asked = Asked(
        good or "",
        actor or "",
        accept,
        more.get("as_of"),
        bool(more.get("conflicts")),
        figure or "",
        bool(more.get("exact")),
        frozenset(more.get("without", ())),
    )
    if is_table(scenario):
        return _audit_table(
            Path(str(scenario)), asked._replace(conflicts=more.get("conflicts") is not False)
        )
    if asked.exact:
        raise KautilyaError(
            "exact",
            "a scenario's figures are taken as they are written",
            "leave it out, or audit a table of your own",
        )
    return _audit_scenario(whole(scenario), asked)


def is_table(scenario: ScenarioLike) -> bool:
    """Whether an analyst's own table is meant, not a scenario."""
    if isinstance(scenario, Scenario):
        return False
    path = Path(scenario)
    return path.suffix.lower() in (".csv", ".tsv", ".txt") or path.is_file()


def _audit_scenario(known: Scenario, asked: Asked) -> Audit:
    given = inputs(known)
    chosen = profile(given.declared, asked.accept)
    dated = known_by(given.figures, asked.as_of)
    visible = [one for one in dated if one.id not in asked.without]
    kept, refused = accepted(visible, chosen, given.declared)
    hidden = {
        f.id: "left out" if f in dated else f"published {f.date}, after the as-of date"
        for f in given.figures
        if f not in visible
    }
    built = build(given.declared, kept, chosen)
    built = built._replace(unused=built.unused | refused | hidden)
    if asked.figure:
        named = find_figure(built, asked.figure, Names(known).plainly, given.figures)
        asked = asked._replace(figure=named)
    wanted = _wanted(built, asked)
    groups = [p for p in parts_of(built) if p.accounts & wanted]
    found = _found(groups, built, asked)
    return _assembled(given, chosen, asked, (built, groups, wanted), found)


def _found(groups: list[Part], built: Built, asked: Asked) -> dict[str, Any]:
    rows: list[Told] = []
    complete = True
    if asked.conflicts:
        for group in groups:
            if group.aside:
                new, searched = explained(group.programme, built)
                group.programme.set_free(group.aside)
                rows, complete = rows + new, complete and searched.complete
    steps = _steps(built, groups, asked.figure) if asked.figure else []
    return {"conflicts": rows, "complete": complete, "steps": steps}


def _audit_table(path: Path, asked: Asked) -> Audit:
    """Audit a CSV of figures and identities: one row of `accounts` for each name.

    Raises KautilyaError with file and line for anything that cannot be read.
    """
    import pandas as pd

    for option, told in (("good", asked.good), ("actor", asked.actor)):
        if told:
            raise KautilyaError(
                option,
                "an own table has names, no goods and no actors",
                "leave the option out; --figure takes a line or a name",
            )
    table = read_table(path, asked.exact)
    kept, unused = _chosen(table, asked)
    names = {name: (0.0, math.inf) for name in table.names()}
    built = Built(system(names, table.rows(kept)), {}, kept, unused)
    if asked.figure:
        every = [meaning.figure for meaning in table.meanings.values()]
        asked = asked._replace(figure=find_figure(built, asked.figure, every=every))
    groups = parts_of(built)
    sharp = _sharp(groups, kept)
    rows: list[Told] = []
    said: list[str] = []
    for group, twin in zip(groups, sharp, strict=True):
        if asked.conflicts and group.aside:
            new, found = explained(group.programme, built, twin)
            group.programme.set_free(group.aside)
            rows += new
            said += [f"{found.left_out}."] if found.left_out else []
            said += (
                []
                if found.complete
                else ["The list of conflicts is not complete: the search was stopped."]
            )
    steps = _steps(built, groups, asked.figure) if asked.figure else []
    terms = name_frame(groups, table)
    notes = [
        *_table_notes(table, kept, asked),
        *_verdict(groups, sharp),
        *said,
        *_far_apart(built.system),
        *_lost(groups, terms),
    ]
    empty = pd.DataFrame()
    return Audit(
        path.name,
        asked.accept,
        str(asked.as_of or ""),
        tuple(notes),
        terms,
        bound_frame(built, groups, {""}),
        pd.DataFrame(rows),
        pd.DataFrame(resolvers(rows)),
        empty,
        empty,
        pd.DataFrame(steps),
        pd.DataFrame([{"figure": k, "why": v} for k, v in unused.items()]),
    )


def _sharp(groups: list[Part], kept: dict[str, Meaning]) -> list[Programme]:
    """The same programmes with every number standing for itself alone."""
    out = []
    for group in groups:
        parts = group.programme.parts
        ends = [
            (r.low, r.high)
            for name in published(parts)
            for r in figure_rows(
                kept[name]._replace(low=kept[name].figure.low, high=kept[name].figure.high)
            )
        ]
        said = [i for i, kind in enumerate(parts.kind) if kind == "published"]
        low, high = parts.row_low.copy(), parts.row_high.copy()
        low[said], high[said] = zip(*ends, strict=True) if ends else ((), ())
        same = (low == parts.row_low).all() and (high == parts.row_high).all()
        out.append(
            group.programme if same else Programme(parts._replace(row_low=low, row_high=high))
        )
    return out


def _chosen(table: Table, asked: Asked) -> tuple[dict[str, Meaning], dict[str, str]]:
    """The figures that count, and why the others do not."""
    kind, _, worst = asked.accept.partition(":")
    if asked.accept != "all" and not (kind == "grade" and re.fullmatch("[A-F][1-6]?", worst)):
        raise KautilyaError(
            "accept",
            f"'{asked.accept}' does not apply to an own table",
            "use all, or grade:C3 with a column `grade`",
        )
    worst = worst if len(worst) != 1 else worst + "6"
    visible = known_by(tuple(m.figure for m in table.meanings.values()), asked.as_of)
    seen = {figure.id for figure in visible}
    unused = {}
    for name, meaning in table.meanings.items():
        date_ = meaning.figure.date
        why = (
            ""
            if name in seen
            else (
                f"published {date_}, after the as-of date"
                if date_
                else "without a date, so perhaps after the as-of date"
            )
        )
        why = why or (graded(meaning, worst) if kind == "grade" else "")
        if why:
            unused[name] = why
    kept = {name: m for name, m in table.meanings.items() if name not in unused}
    if not kept:
        raise KautilyaError(
            "accept",
            f"none of {many(len(unused), 'figure')} counts: "
            f"{next(iter(unused))} is {next(iter(unused.values()))}",
            "accept more, or fill the columns grade and date",
        )
    return kept, unused


def _table_notes(table: Table, kept: dict[str, Meaning], asked: Asked) -> list[str]:
    voices = len({m.figure.originator for m in kept.values()})
    out = [
        f"{len(kept)} {'figure' if len(kept) == 1 else 'figures'} of {voices} "
        f"{'source' if voices == 1 else 'sources'}."
    ]
    if len(kept) < len(table.meanings):
        how = [f"accepted: {asked.accept}"] if asked.accept != "all" else []
        how += [f"as of {asked.as_of}"] if asked.as_of else []
        out.append(
            f"Not counted ({', '.join(how)}): {len(table.meanings) - len(kept)} of "
            f"{many(len(table.meanings), 'figure')}."
        )
    if table.separator != ",":
        out.append(f"Cells are separated by {SEPARATORS[table.separator]}.")
    return [*out, *table.odd]


def _verdict(groups: list[Part], sharp: list[Programme]) -> list[str]:
    """Whether all figures can be true, and whether that hangs on their rounding."""
    aside = [f for g in groups for f in g.aside]
    if aside:
        sure = all(g.cheapest for g in groups)
        return [
            "The figures cannot all be true; bounds hold without "
            + ", ".join(aside[:20])
            + (f" and {len(aside) - 20} more" if len(aside) > 20 else "")
            + "."
            + ("" if sure else " Setting fewer aside may be possible.")
        ]
    strict = [
        twin
        for twin, group in zip(sharp, groups, strict=True)
        if twin is not group.programme and not twin.feasible()
    ]
    if not strict:
        return ["All figures can be true together."]
    names = [
        f for programme in strict for f in sorted(shrink(programme, published(programme.parts)))
    ]
    return [
        "All figures can be true together within the rounding of their published digits "
        f"(half a unit of the last one). Taken exactly they cannot: {', '.join(names[:20])} "
        "clash; --exact shows how."
    ]


def _far_apart(parts: System) -> list[str]:
    return [
        f"{owner}: {big} and {small} differ by a factor of {factor:.0e}, more than 1e9. What "
        f"this row says about {small} is lost in the precision of the arithmetic: put no "
        "weight on its bounds, or give it a row of its own."
        for owner, big, small, factor in scattered(parts)
    ]


def _assembled(
    given: Inputs,
    chosen: Profile,
    asked: Asked,
    state: tuple[Built, list[Part], set[str]],
    found: dict[str, Any],
) -> Audit:
    import pandas as pd

    built, groups, wanted = state
    aside = [name for group in groups for name in group.aside]
    notes = [
        f"Accepted: {chosen.says}.",
        *_other_choice(given, chosen),
        *_notes(built, groups, wanted, aside),
    ]
    if not found["complete"]:
        notes.append("The list of conflicts is not complete: the search was stopped.")
    resolving = resolvers(found["conflicts"])
    frames = (
        account_frame(built, groups, wanted),
        bound_frame(built, groups, wanted),
        pd.DataFrame(found["conflicts"]),
        pd.DataFrame(resolving),
        need_frame(built, groups, wanted),
        share_frame(given.declared, built, groups),
        pd.DataFrame(found["steps"]),
        pd.DataFrame([{"figure": k, "why": v} for k, v in built.unused.items()]),
    )
    return Audit(given.name, chosen.id, str(asked.as_of or ""), tuple(notes), *frames)


def _lost(groups: list[Part], names: pd.DataFrame) -> list[str]:
    high = dict(zip(names["term"], names["high"], strict=True))
    return [
        f"{name} is worked out from amounts that differ from it by a factor of about 1e9 or "
        "more: its digits are lost, put no weight on them."
        for group in groups
        for name in group.programme.parts.names
        if lost_in(group.programme, name, high[name])
    ]


def _other_choice(given: Inputs, chosen: Profile) -> list[str]:
    """Why a run may show other numbers than this audit."""
    run = profile(given.declared, "run")
    if run.id == chosen.id:
        return [
            "A run accepts the same figures; it also holds to the declared ranges of "
            "quantities.csv, so its numbers can only be narrower."
        ]
    return [
        f"A run accepts other figures ({run.id}: {run.says}), so its numbers differ from "
        f"these; `--accept {run.id}` shows what a run is held to."
    ]


def _notes(built: Built, groups: list[Part], wanted: set[str], aside: list[str]) -> list[str]:
    out = []
    for group in groups:
        for name in sorted(group.accounts & wanted):
            says = built.books[name].account.says
            mine = [f for f in group.aside if built.meanings[f].account == name]
            if mine:
                out.append(
                    f"{says}: the accepted figures cannot all be true; bounds hold without "
                    f"{', '.join(mine)}."
                )
            if built.books[name].account.need:
                out += _openings(built, name)
    widened = [n for n, m in built.meanings.items() if m.widened and m.account in wanted]
    if widened:
        out.append(
            f"Untagged figures read as anything from one kind of round to all kinds: "
            f"{', '.join(widened)}."
        )
    voices = {
        built.meanings[n].figure.originator
        for n in built.meanings
        if built.meanings[n].account in wanted
    }
    count = sum(m.account in wanted for m in built.meanings.values())
    out.append(f"{many(count, 'figure')} of {many(len(voices), 'originator')}.")
    return out


def _openings(built: Built, account: str) -> list[str]:
    """What is known of the opening stocks of an account of use."""
    says, known = built.books[account].account.says, founded(built, account)
    bare = [node for node, figures in known.items() if not figures]
    out = []
    for node, figures in known.items():
        if figures:
            said = "; ".join(built.meanings[f].figure.says() for f in figures)
            out.append(f"{says}: the only published opening stock of {node} is {said}.")
    if bare:
        out.append(
            f"{says}: no one published an opening stock of {', '.join(bare)}. Without an "
            "opening stock the account cannot fail: any use can be explained by a larger "
            "stock. The opening ranges are assumed; the audit gives the opening stock "
            "that each published rate of use would need."
        )
    return out


def founded(built: Built, account: str) -> dict[str, list[str]]:
    """Per node, the published figures that bound its opening from above by themselves."""
    book, parts = built.books[account], built.system
    names = {book.opening(node.id): node.id for node in book.account.node}
    out: dict[str, list[str]] = {node: [] for node in names.values()}
    for line, high, kind, owner in zip(
        parts.matrix, parts.row_high, parts.kind, parts.owner, strict=True
    ):
        used = [parts.names[j] for j in line.nonzero()[0]]
        if kind == "published" and high < float("inf") and set(used) <= set(names):
            for name in used:
                out[names[name]].append(owner)
    return out


def _wanted(built: Built, asked: Asked) -> set[str]:
    """The accounts asked for; that of the one figure, where a figure is asked for."""
    if asked.figure:
        return {built.meanings[asked.figure].account}
    word = SHELLS.get(asked.good.lower(), asked.good.lower())
    stem = word[:-1] if word.endswith("s") else word
    out = set()
    for name, book in built.books.items():
        account = book.account
        if asked.actor and account.actor != asked.actor:
            continue
        if not word or stem in (*account.goods, name) or stem in name.split("_"):
            out.add(name)
    if not out:
        known = ", ".join(sorted(built.books))
        raise KautilyaError(
            "audit", f"no account fits '{asked.actor} {asked.good}'", f"the accounts are: {known}"
        )
    return out


def _steps(built: Built, groups: list[Part], name: str) -> list[dict[str, Any]]:
    """Bounds on one figure: declared ranges first, then the others by date of publication."""
    meaning = built.meanings[name]
    group = next(g for g in groups if name in published(g.programme.parts))
    programme = group.programme
    others = sorted(
        (f for f in published(programme.parts) if f != name),
        key=lambda f: built.meanings[f].figure.date,
    )
    free, out = {name, *others}, []
    for added in ["", *others]:
        programme.set_free(free - {added})
        room = implied(programme, meaning)
        if room is None:
            clash = True
        else:
            clash, last = False, room
            free -= {added}
        said = built.meanings[added].figure.says() if added else "declared ranges alone"
        out.append(
            {
                "figure": name,
                "added": added,
                "said": said,
                "low": last.low,
                "high": last.high,
                "set_aside": clash,
                "published_low": meaning.figure.low,
                "published_high": meaning.figure.high,
                "unit": meaning.figure.unit,
            }
        )
    programme.set_free(group.aside)
    return out


def full_audit(scenario: Scenario) -> dict[str, object]:
    """`audit(scenario, conflicts=True)` as JSON has it; from disk where it was done before, or
    once another process that is at it has done it."""
    found: dict[str, object] = disk.kept(
        _file(scenario), lambda: audit(scenario, conflicts=True).as_json()
    )
    return found


def audited(scenario: Scenario) -> bool:
    """Whether the full audit of a scenario is on disk."""
    return disk.look(_file(scenario)) is not None


def _file(scenario: Scenario) -> Path:
    return disk.made_here("audit", "accounts") / f"{scenario.digest[:24]}.json"
