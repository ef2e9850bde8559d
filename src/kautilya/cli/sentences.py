"""What sentences come to, on the screen: all of them by group, and one in full.

One in full is at most `LINES` lines, whatever the width: what does not fit is left to --all.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np

from kautilya.claims.verdict import GROUPS, WEAK, span, tally
from kautilya.cli.terminal import Block, Column, Shown, Table, Verbatim, screen
from kautilya.scenario.lexicon import Names
from kautilya.wording import chance, many, number, sentence

WIDTH = 44
BINS = 16
LINES = 12
ORDER = tuple(GROUPS)


def probability(one: Any) -> str:
    """A probability with its error, in percent."""
    return chance(one.value, one.error, one.futures) if one else ""


def share(one: Any) -> str:
    """The probability of a verdict. Only what is on record or follows from the inputs is said to
    be certain: the others, seen in every future or in none, get the end of their interval."""
    made = one.chance
    if one.judged is not None and one.judged.kind == "record" and made.value in (0.0, 1.0):
        return "true" if made.value else "not true"
    if made is None or made.value not in (0.0, 1.0) or one.badge in ("record", "arithmetic"):
        return probability(made)
    return f"over {100 * made.low:.1f} %" if made.value else f"under {100 * made.high:.1f} %"


def spread(one: Any) -> str:
    """The range over the weightings of the evidence, in percent."""
    found = span(one.weighed)
    return f"{100 * found[0]:.0f} to {100 * found[1]:.0f}" if found else ""


def every(found: Any, short: bool, whole: bool = False) -> Shown:
    """All claims, group by group: first the bottom line, which counts each group apart."""
    blocks: list[Block] = [". ".join(tally(found.counts)) + "."]
    for group in ORDER:
        mine = [one for one in found.verdicts if one.group == group]
        if mine:
            blocks.append(_group(group, mine, short, whole))
    return Shown(found.as_json(), [*blocks, made_on(found.stored), _howto(found)])


def _group(group: str, verdicts: Sequence[Any], short: bool, whole: bool) -> Table:
    if group == "untestable":
        return Table(
            GROUPS[group],
            [Column("sentence"), Column("why")],
            [[one.row.says, one.because] for one in verdicts],
        )
    columns = [Column("sentence"), Column("verdict"), Column("%", True)]
    if not short:
        columns.append(Column("on record" if group == "record" else "what decides, or why not"))
    if whole:
        columns += [
            Column("likelihood"),
            Column("weighed", True),
            Column("confidence"),
            Column("grade"),
            Column("badge"),
        ]
    rows = []
    for claim in verdicts:
        readings = () if short else claim.readings
        rows += [_row(one, short, whole) for one in (claim, *readings)]
    return Table(GROUPS[group], columns, rows)


def _row(one: Any, short: bool, whole: bool) -> list[str]:
    cells = [f"· {one.says}" if one.reading else _read_as(one), _verdict(one), share(one)]
    if not short:
        cells.append(_decides(one))
    if whole:
        sure = one.confidence.level if one.confidence else ""
        cells += [one.likelihood, spread(one), sure, one.grade, one.badge]
    return cells


def _read_as(one: Any) -> str:
    """The sentence; of one that fails on the record also how it was read, as that may be narrower."""
    on_record = one.judged is not None and one.judged.kind == "record"
    meant = one.row.meaning.partition(". ")[0].rstrip(".")
    if not (on_record and one.verdict == "fails" and meant):
        return str(one.says)
    return f"{one.says} Meant: {meant}."


def _verdict(one: Any) -> str:
    """The verdict, with what the record says since where that is another."""
    if one.since is None or one.since.verdict == one.verdict:
        return str(one.verdict)
    return f"{one.verdict} on {one.day}; since: {one.since.verdict}"


def _decides(one: Any) -> str:
    if one.verdict in ("not identified", "cannot say") and one.because:
        return str(one.because)
    if one.badge == "imposed":
        return one.made_so or f"gone without what is assumed: {one.without.says}"
    if one.judged is not None and one.judged.kind == "record":
        return "; ".join(r["says"] for r in one.evidence[:2]) or "nothing on record"
    if not one.decisive:
        return "no single figure"
    first = one.decisive[0]
    return f"{first.says} ({100 * first.share:.0f} %)"


def made_on(stored: Any) -> str:
    """Which run claims were judged on, and why that one."""
    manifest = stored.run.manifest
    return (
        f"Judged on {stored.run.folder} ({many(int(manifest['futures']), 'future')}, seed "
        f"{manifest['seed']}): {stored.chosen}."
    )


def _howto(found: Any) -> str:
    settings = found.scenario.head.verdicts
    day = found.asked.as_of
    hidden = (
        (
            f"The record is shown as of {day}; what the model says rests on ranges as of "
            f"{found.scenario.head.as_of}. "
        )
        if day
        else ""
    )
    first = next((one for one in found.verdicts if one.verdict != "untestable"), found.verdicts[0])
    return (
        f"{hidden}holds: above {100 * settings.holds:g} % under every weighting of the evidence; "
        f"fails: below {100 * settings.fails:g} %. '%' is the share of futures ± its Monte-Carlo "
        f"error; a sentence with · is another reading of the one above. One in full: "
        f"{_again(found)} --id {first.row.id}; all columns: --all"
    )


def _again(found: Any) -> str:
    """The command that asks this again, with the file, day, levers and run that were given."""
    asked = found.asked
    said = ["kautilya", "claims", found.name]
    for option, value in (
        ("--file", asked.file),
        ("--as-of", asked.as_of),
        ("--under", ",".join(asked.under)),
        ("--run", asked.run),
    ):
        said += [option, value] if value else []
    return shlex.join(said)


def one(found: Any, whole: bool = True) -> Shown:
    """One claim in full; whole: with all tables, however long."""
    claim = found.verdicts[0]
    data = {
        **found.as_json(),
        "as_of_dates": [{"as_of": day, "probability": p} for day, p in found.dated],
    }
    if claim.verdict == "untestable":
        said = [claim.row.says, f"  {_who(claim.row)}", f"Untestable: {claim.because}"]
        return Shown(data, ["\n".join(said)])
    return Shown(data, _whole(found) if whole else [Verbatim("\n".join(fitted(found)))])


def _who(row: Any) -> str:
    page = f", page of {row.page_on}" if row.page_on else ""
    return f"{row.said_by}, {row.said_on}{page}"


def fitted(found: Any, width: int = 0) -> list[str]:
    """One claim in at most `LINES` lines of a width; 0: that of the screen."""
    width = width or screen().width
    parts = _parts(found.verdicts[0], found)
    chosen = {i for i, (rank, _) in enumerate(parts) if rank == 0}
    room = LINES - sum(len(_lines(parts[i][1], width)) for i in chosen)
    for i in sorted(set(range(len(parts))) - chosen, key=lambda i: (parts[i][0], i)):
        need = len(_lines(parts[i][1], width))
        if need <= room:
            chosen.add(i)
            room -= need
    return [line for i in sorted(chosen) for line in _lines(parts[i][1], width)]


def _lines(text: str, width: int) -> list[str]:
    """A text as lines of a width, indented after its first where it begins a point."""
    from textwrap import wrap

    from kautilya import encode

    inner = "  " if text.startswith(("  ", "· ")) else ""
    return wrap(encode.terminal(text), width, subsequent_indent=inner) or [""]


def _parts(claim: Any, found: Any) -> list[tuple[int, str]]:
    """What is said of a claim, in order, each with its rank: 0 always, the others while they fit."""
    row, names = claim.row, Names(found.scenario)
    parts = [(0, row.says), (0, f"  {_who(row)}"), (0, _finding(claim))]
    if claim.since is not None:
        parts.append((1, _since(claim)))
    parts.append((1, f"Because {_because(claim, names)}."))
    if row.meaning:
        parts.append((2, f"Meant: {row.meaning}"))
    parts += [(3, f"· {_verdict(each)} ({share(each)}): {each.says}") for each in claim.readings]
    flip = claim.flip
    if flip is not None and flip.verified:
        said = "; ".join(
            f"{c.says} is {number(c.value)} {names.unit(c.unit)}".strip() for c in flip.changes
        )
        after = f"{100 * flip.before:.0f} % becomes {100 * flip.after.value:.0f} %"
        parts.append((4, f"It flips where {said} (run again: {after})."))
    if row.needs_observing:
        parts.append((5, f"To settle it, observe: {row.needs_observing}"))
    if row.observed_since:
        parts.append((6, f"Observed since: {row.observed_since}"))
    again = f"All of it: {_again(found)} --id {row.id} --all"
    return [*parts, (0, made_on(found.stored)), (7, again)]


def _finding(claim: Any) -> str:
    """The verdict as one sentence: what, how sure, what kind of statement it is."""
    if claim.judged.kind == "record":
        graded = f", graded {claim.grade}" if claim.grade else ""
        what = "" if claim.verdict == WEAK else f": {share(claim)} on the record"
        return f"{claim.verdict.upper()} as of {claim.day}, when it was said{what}{graded}."
    kinds = {
        "emergent": "a finding of the model",
        "record": "fixed by what is on record",
        "arithmetic": "arithmetic of the inputs",
        "imposed": "imposed by a law, so no finding",
    }
    kind = f"; {kinds[claim.badge]}" if claim.badge in kinds else ""
    sure = f"; confidence {claim.confidence.level}" if claim.confidence else ""
    return (
        f"{claim.verdict.upper()}: true in {share(claim)} of futures ({claim.likelihood})"
        f"{kind}{sure}."
    )


def _since(claim: Any) -> str:
    now = claim.since
    same = "the same" if now.verdict == claim.verdict else now.verdict
    why = "; ".join(r["says"] for r in now.evidence[-2:] if r not in claim.evidence)
    return (
        f"Since then, as of {now.day}: {same}{f' ({why})' if why and same != 'the same' else ''}."
    )


def _because(claim: Any, names: Names) -> str:
    if claim.because:
        return str(claim.because)
    if claim.badge == "imposed":
        return _decides(claim)
    if claim.judged.kind == "record":
        return "; ".join(r["says"] for r in claim.evidence[:3]) or str(claim.confidence.because)
    effect = ""
    if claim.effect is not None:
        effect = f"{_effect(claim.effect, names)}; "
    moving = "; ".join(f"{d.says} ({100 * d.share:.0f} %)" for d in claim.decisive[:2])
    return f"{effect}what decides is {moving}" if moving else f"{effect}{claim.confidence.because}"


def _effect(effect: Any, names: Names) -> str:
    """How large a difference is, and in how many futures there is none."""
    relative = effect.unit == "relative"
    ends = [100 * x if relative else x for x in (effect.mean, effect.low, effect.high)]
    unit = "%" if relative else names.unit(effect.unit)
    mean, low, high = (number(round(x, 6)) for x in ends)
    none = f", none in {100 * effect.none:.0f} % of futures" if effect.none else ""
    return f"the difference is {mean} {unit} on average ({low} to {high}){none}".replace("  ", " ")


def _whole(found: Any) -> list[Block]:
    """Everything of one claim and its other readings."""
    claim, row = found.verdicts[0], found.verdicts[0].row
    blocks: list[Block] = [f"{row.says}\n  {_who(row)}, {row.article}"]
    for each in (claim, *claim.readings):
        blocks += _reading(each, Names(found.scenario))
    if row.needs_observing:
        blocks.append(f"To settle it, observe: {row.needs_observing}")
    if row.observed_since:
        blocks.append(f"Observed since: {row.observed_since}")
    blocks.append(made_on(found.stored))
    if found.dated:
        blocks.append(
            "As of other dates: "
            + "; ".join(
                f"{day}: {'true' if p > 0.5 else 'not true'} on the record"
                for day, p in found.dated
            )
        )
    return blocks


def _reading(one: Any, names: Names) -> list[Block]:
    lines = [
        one.says,
        f"  tested: {one.checked.proposition.text}",
        f"  {one.verdict.upper()}: {share(one)}, {one.likelihood}; "
        f"95 % interval {100 * one.chance.low:.1f} to {100 * one.chance.high:.1f} %",
    ]
    if one.because:
        lines.append(f"  because {one.because}")
    if one.since is not None:
        lines.append(f"  {_since(one)}")
    if one.effect is not None:
        lines.append(f"  {sentence(_effect(one.effect, names))}")
    lines += [f"  {text}" for text in _weighed(one)]
    out: list[Block] = ["\n".join(lines), *_histogram(one)]
    if one.evidence:
        out.append(
            Table(
                "On record",
                [Column("what"), Column("status"), Column("grade"), Column("source")],
                [[r["says"], r["status"], r["grade"], r["source"]] for r in one.evidence],
            )
        )
    return [*out, *_decisive(one), *_flip(one)]


def _weighed(one: Any) -> list[str]:
    """What the verdict and its badge rest on."""
    out = [
        "over the weightings of the evidence: "
        + "; ".join(f"{w.id} {w.low.value:.2f} to {w.high.value:.2f}" for w in one.weighed),
        f"confidence {one.confidence.level}: {one.confidence.because}",
        f"badge {one.badge or 'left blank by --quick'}; evidence graded {one.grade or '-'}",
    ]
    if one.made_so:
        out.append(f"a law makes so by its form: {one.made_so}")
    if one.prior:
        out.append(f"before the evidence (raw ranges, the model drives): {one.prior.value:.2f}")
    if one.without and one.without.figure:
        out.append(
            f"its direction is assumed: {one.without.says}; at zero "
            f"{one.without.zero.value:.2f}, free in sign {one.without.free.value:.2f}"
        )
    if one.bounds:
        out.append(
            f"the published accounts allow {one.bounds.low:,.4g} to "
            f"{one.bounds.high:,.4g}: {one.bounds.says}"
        )
    return out


def _decisive(one: Any) -> list[Block]:
    if not one.decisive:
        return []
    rows = [
        [
            d.says,
            f"{100 * d.share:.0f} %",
            f"{100 * d.low_end:.0f} %",
            f"{100 * d.high_end:.0f} %",
            f"{d.row.grade} {d.row.status}",
            f"{k.ratio:.2f}, {k.how}" if k.ratio is not None else k.how,
        ]
        for d, k in zip(one.decisive, one.known, strict=True)
    ]
    return [
        Table(
            "What decides",
            [
                Column("figure"),
                Column("share of variance", True),
                Column("claim at its low end", True),
                Column("at its high end", True),
                Column("evidence"),
                Column("spread after data"),
            ],
            rows,
        )
    ]


def _flip(one: Any) -> list[Block]:
    out: list[Block] = []
    flip, box = one.flip, one.box
    if flip is not None and flip.changes:
        sets = " ".join(f"--set {c.text}" for c in flip.changes)
        run_again = "run again: " if flip.verified else "run again, not confirmed: "
        out.append(
            f"  smallest change that flips it ({flip.size:.2f} standard deviations): "
            + "; ".join(
                f"{c.says} = {number(c.value)} {c.unit} ({c.z:+.2f} sd)" for c in flip.changes
            )
            + f"\n  {run_again}{flip.before:.2f} becomes {flip.after.value:.2f} ({sets})"
        )
    elif flip is not None:
        out.append(f"  no flip: {flip.note}")
    if box is not None and box.limits:
        out.append(
            "  it comes out the other way mostly where "
            + " and ".join(
                f"{name} is {number(low)} to {number(high)} {unit}"
                for name, low, high, unit in box.limits
            )
            + f" (coverage {box.coverage:.2f}, density {box.density:.2f})"
        )
    elif box is not None:
        out.append(f"  no box: {box.note}")
    return out


def _histogram(one: Any) -> list[str]:
    """The distribution of the compared quantity over futures, the threshold drawn in."""
    value, threshold = one.judged.value, one.judged.threshold
    if value is None:
        return []
    x = np.asarray(value, dtype=float)
    x = x[np.isfinite(x)]
    if x.size < 2 or np.ptp(x) == 0:
        return []
    low, high = np.quantile(x, (0.01, 0.99))
    mark = float(threshold) if np.ndim(threshold) == 0 and threshold is not None else None
    if mark is not None and np.isfinite(mark):
        low, high = min(low, mark), max(high, mark)
    if not high > low:
        return []
    counts, edges = np.histogram(np.clip(x, low, high), BINS, (low, high))
    return ["\n".join(_bars(counts, edges, mark, one.judged.unit))]


def _bars(counts: Any, edges: Any, mark: float | None, unit: str) -> list[str]:
    lines = [f"  futures by {unit or 'value'}:"]
    for k, n in enumerate(counts):
        here = mark is not None and bool(
            edges[k] <= mark < edges[k + 1] or (k + 1 == len(counts) and mark == edges[-1])
        )
        bar = "#" * max(int(round(WIDTH * n / max(counts))), 1 if n else 0)
        lines.append(
            f"  {number(edges[k]):>10} |{bar}"
            + (f"  <- threshold {number(mark or 0.0)}" if here else "")
        )
    return lines
