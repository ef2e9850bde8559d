"""Claims: verdicts, one in full, contradictions, and one page for a memo."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, Verbatim, only, split
from kautilya.cli.options import AsOf, Claims, File, Futures, Json, Quick, Scenario, Seed, Stored
from kautilya.wording import number

WIDTH = 44
BINS = 16
Under = Annotated[str, typer.Option(help="levers that are pulled throughout, separated by commas")]


def claims(
    context: typer.Context,
    scenario: Scenario,
    file: Claims = "",
    as_of: AsOf = "",
    under: Under = "",
    id: Annotated[str, typer.Option(help="one claim, in full")] = "",
    run: Stored = "",
    flips: Annotated[
        bool,
        typer.Option(
            "--flips", help="look for the smallest change that flips each verdict, and run it"
        ),
    ] = False,
    short: Annotated[
        bool, typer.Option("--short", help="only the sentence and its verdict")
    ] = False,
    quick: Quick = False,
    futures: Futures = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Judge what commentators assert: verdict, probability, confidence, badge, what decides.

    Example: kautilya claims russia_dprk_2024 --id sole-supplier
    """
    with Door(json) as door:
        from kautilya.claims.judge import Asked, judge, keep

        if id:
            only(context, ("short",), "with --id")
        if run:
            only(context, ("futures", "seed"), "with --run")
        asked = Asked(file, as_of, split(under), id, run, flips, quick, futures, seed)
        with door.progress("futures") as tell:
            found = judge(scenario, asked, progress=tell)
            keep(found)
        door.tell(one(found) if id else every(found, short))


def contradictions(
    context: typer.Context,
    scenario: Scenario,
    file: Claims = "",
    as_of: AsOf = "",
    run: Stored = "",
    quick: Quick = False,
    futures: Futures = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """List claims that cannot, or hardly, all be true, and those that only seem to contradict.

    Example: kautilya contradictions russia_dprk_2024
    """
    with Door(json) as door:
        from kautilya.claims.contradictions import contradictions as found_by
        from kautilya.claims.judge import Asked

        if run:
            only(context, ("futures", "seed"), "with --run")
        asked = Asked(file, as_of, (), "", run, False, quick, futures, seed)
        with door.progress("futures") as tell:
            found = found_by(scenario, asked, progress=tell)
        door.tell(discord(found))


def brief(
    context: typer.Context,
    scenario: Scenario,
    to: Annotated[str, typer.Option(help="markdown, html or docx")] = "markdown",
    out: File = None,
    file: Claims = "",
    as_of: AsOf = "",
    run: Stored = "",
    quick: Quick = False,
    futures: Futures = 2000,
    json: Json = False,
) -> None:
    """Write one page to paste into a memo: bottom line, key judgements, account, alternatives.

    Example: kautilya brief russia_dprk_2024 --to docx --out brief.docx
    """
    with Door(json) as door:
        from kautilya import api
        from kautilya.claims.judge import Asked
        from kautilya.report.brief import check

        if run:
            only(context, ("futures",), "with --run")
        check(to, out)
        asked = Asked(file, as_of, (), "", run, futures=futures, rivals=() if quick else api.RIVALS)
        with door.progress("futures") as tell:
            page = api.brief(scenario, asked, to, out, tell)
        door.tell(_written(page))


def _written(page: Any) -> Any:
    said: list[Block] = [f"Brief: {page.file}"] if page.file else [Verbatim(page.text)]
    return Shown({"format": page.format, "file": page.file, "text": page.text}, said)


def probability(one: Any) -> str:
    """A probability with its error, in percent."""
    from kautilya.wording import chance

    return chance(one.value, one.error) if one else ""


def share(one: Any) -> str:
    """The probability of a verdict. Only what is on record or follows from the inputs is said to
    be certain: the others, seen in every future or in none, get the end of their interval."""
    made = one.chance
    if made is None or made.value not in (0.0, 1.0) or one.badge in ("record", "arithmetic"):
        return probability(made)
    return f"over {100 * made.low:.1f} %" if made.value else f"under {100 * made.high:.1f} %"


def spread(one: Any) -> str:
    """The range over the weightings of the evidence, in percent."""
    from kautilya.claims.verdict import span

    found = span(one.weighed)
    return f"{100 * found[0]:.0f} to {100 * found[1]:.0f}" if found else ""


def every(found: Any, short: bool) -> Shown:
    """All claims: what could have come out either way first."""
    if short:
        return Shown(found.as_json(), [_short(found), _ends(found)])
    rows = [
        _row(one)
        for claim in found.verdicts
        for one in (claim, *claim.readings)
        if one.verdict != "untestable"
    ]
    table = Table(
        f"Claims of {found.scenario.id}",
        [
            Column("claim"),
            Column("verdict"),
            Column("%", True),
            Column("likelihood"),
            Column("weighed", True),
            Column("confidence"),
            Column("grade"),
            Column("badge"),
            Column("what decides"),
        ],
        rows,
    )
    left = [[one.row.id, one.because] for one in found.verdicts if one.verdict == "untestable"]
    out: list[Block] = [table]
    if left:
        out.append(Table("Not addressed by the model", [Column("claim"), Column("why")], left))
    return Shown(found.as_json(), [*out, _ends(found), _howto(found)])


def _row(one: Any) -> list[str]:
    sure = one.confidence.level if one.confidence else ""
    name = f"· {one.reading}" if one.reading else one.id
    return [
        name,
        one.verdict,
        share(one),
        one.likelihood,
        spread(one),
        sure,
        one.grade,
        one.badge,
        _decides(one),
    ]


def _decides(one: Any) -> str:
    if one.judged is not None and one.judged.kind == "record":
        return ", ".join(r["what"] for r in one.evidence[:2]) or "nothing on record"
    if not one.decisive:
        return "no single figure"
    first = one.decisive[0]
    return f"{first.says} ({100 * first.share:.0f} %)"


def _short(found: Any) -> Table:
    tested = [one for one in found.verdicts if one.verdict != "untestable"]
    tested.sort(key=lambda one: one.verdict)
    return Table(
        "What the sentences come to",
        [Column("verdict"), Column("%", True), Column("sentence"), Column("badge")],
        [[one.verdict, share(one), one.row.says, one.badge] for one in tested],
    )


def _ends(found: Any) -> str:
    counts = ", ".join(f"{n} {name}" for name, n in sorted(found.counts.items()))
    badges = [f"{n} {name}" for name, n in found.badges.items() if n]
    if found.asked.quick:
        blank = sum(not one.badge and one.verdict != "untestable" for one in found.verdicts)
        badges.append(f"{blank} left blank by --quick")
    return f"{len(found.verdicts)} claims: {counts}. Badges: {', '.join(badges)}. " + made_on(
        found.stored
    )


def made_on(stored: Any) -> str:
    """Which run claims were judged on, and why that one."""
    manifest = stored.run.manifest
    return (
        f"Judged on {stored.run.folder} ({int(manifest['futures']):,} futures, seed "
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
    return (
        f"{hidden}holds: above {settings.holds:g} under every weighting of the evidence; "
        f"fails: below {settings.fails:g}. '%' is the share of futures ± its Monte-Carlo "
        "error; 'weighed' its range in percent over the weightings. One claim in full: "
        f"{_again(found)} --id {found.verdicts[0].row.id}"
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


def one(found: Any) -> Shown:
    """One claim in full."""
    blocks: list[Block] = []
    claim = found.verdicts[0]
    row = claim.row
    when = f"{row.said_on}" + (f" (page of {row.page_on})" if row.page_on else "")
    blocks.append(f"{row.says}\n  {row.said_by}, {when}, {row.article}")
    if claim.verdict == "untestable":
        return Shown(found.as_json(), [*blocks, f"untestable: {claim.because}"])
    for each in (claim, *claim.readings):
        blocks += _reading(each)
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
    return Shown(
        {
            **found.as_json(),
            "as_of_dates": [{"as_of": day, "probability": p} for day, p in found.dated],
        },
        blocks,
    )


def _reading(one: Any) -> list[Block]:
    said = f"{one.id}: {one.checked.proposition.text}"
    lines = [
        f"  {one.verdict.upper()}: {share(one)} of futures, {one.likelihood}; "
        f"95 % interval {one.chance.low:.3f} to {one.chance.high:.3f}"
    ]
    if one.because:
        lines.append(f"  because {one.because}")
    lines.append(
        "  over the weightings of the evidence: "
        + "; ".join(f"{w.id} {w.low.value:.2f} to {w.high.value:.2f}" for w in one.weighed)
    )
    lines.append(f"  confidence {one.confidence.level}: {one.confidence.because}")
    lines.append(f"  badge {one.badge}; evidence graded {one.grade or '-'}")
    if one.prior:
        lines.append(f"  before the evidence (raw ranges, the model drives): {one.prior.value:.2f}")
    if one.without and one.without.figure:
        lines.append(
            f"  {one.without.says} has an assumed sign: at zero "
            f"{one.without.zero.value:.2f}, free in sign {one.without.free.value:.2f}"
        )
    if one.bounds:
        lines.append(
            f"  the published accounts allow {one.bounds.low:,.4g} to "
            f"{one.bounds.high:,.4g}: {one.bounds.says}"
        )
    out: list[Block] = ["\n".join([said, *lines]), *_histogram(one)]
    if one.evidence:
        out.append(
            Table(
                "On record",
                [Column("what"), Column("status"), Column("grade"), Column("source")],
                [[r["what"], r["status"], r["grade"], r["source"]] for r in one.evidence],
            )
        )
    return [*out, *_decisive(one), *_flip(one)]


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


def discord(found: Any) -> Shown:
    """Contradictions, claims impossible alone, and what only seems to contradict."""
    blocks: list[Block] = []
    blocks.append(
        _clashes(found.clashes)
        if found.clashes
        else "No set of up to three claims is possible one by one and not together."
    )
    if found.alone:
        blocks.append(
            Table(
                "Hardly true on their own",
                [Column("claim"), Column("probability", True), Column("at most", True)],
                [[name, f"{p:.3f}", f"{high:.3f}"] for name, p, high in found.alone],
            )
        )
    if found.apart:
        blocks.append(
            Table(
                "They only seem to contradict",
                [
                    Column("claim"),
                    Column("and"),
                    Column("separated by"),
                    Column("one says"),
                    Column("the other"),
                    Column("both true", True),
                    Column("were it the same", True),
                ],
                [
                    [
                        *a.claims,
                        a.aspect,
                        a.first,
                        a.second,
                        f"{a.joint.value:.2f}",
                        f"{a.joint_if_same.value:.2f}",
                    ]
                    for a in found.apart
                ],
            )
        )
    if found.readings:
        blocks.append(
            Table(
                "One sentence, several answers",
                [Column("claim"), Column("what separates"), Column("readings")],
                [_answers(one) for one in found.readings],
            )
        )
    blocks.append(
        f"{int(found.run.manifest['futures'])} futures; joint probabilities with the "
        "upper end of their 95 % interval. 'if unrelated' is the product of the "
        "probabilities alone."
    )
    return Shown(found.as_json(), blocks)


def _answers(one: Any) -> list[str]:
    answers = "; ".join(f"{name}: {p:.2f}" for name, p in one.readings)
    return [one.claim, one.separated_by, answers]


def _clashes(clashes: Sequence[Any]) -> Table:
    return Table(
        "Claims that can hardly all be true",
        [
            Column("claims"),
            Column("together", True),
            Column("at most", True),
            Column("if unrelated", True),
            Column("alone"),
            Column("over"),
        ],
        [_clash(one) for one in clashes],
    )


def _clash(one: Any) -> list[str]:
    alone = ", ".join(f"{p:.2f}" for p in one.alone)
    return [
        " + ".join(one.claims),
        f"{one.joint.value:.3f}",
        f"{one.joint.high:.3f}",
        f"{one.unrelated:.2f}",
        alone,
        one.over,
    ]


COMMANDS = (claims, contradictions, brief)
