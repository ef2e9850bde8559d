"""Claims: verdicts, one in full, contradictions, and one page for a memo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, Verbatim, only, split
from kautilya.cli.options import AsOf, Claims, File, Futures, Json, Quick, Scenario, Seed, Stored

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
        bool, typer.Option("--short", help="only the sentences and their verdicts")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--all", help="all columns; of one claim, every table")
    ] = False,
    quick: Quick = False,
    futures: Futures = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Judge what commentators assert: what holds, what fails, what nobody can say, and why.

    Example: kautilya claims russia_dprk_2024 --id sole-supplier
    """
    with Door(json) as door:
        from kautilya.claims.judge import Asked, judge, keep
        from kautilya.cli.sentences import every

        if id:
            only(context, ("short",), "with --id")
        if run:
            only(context, ("futures", "seed"), "with --run")
        asked = Asked(file, as_of, split(under), id, run, flips, quick, futures, seed)
        with door.progress("futures") as tell:
            found = judge(scenario, asked, progress=tell)
            keep(found)
        door.tell(one(found, whole) if id else every(found, short, whole))


def one(found: Any, whole: bool = True) -> Shown:
    """One claim in full; whole: with all its tables."""
    from kautilya.cli.sentences import one as told  # its imports take a second

    return told(found, whole)


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
    """Write one page to paste into a memo: bottom line, judgements, rivals, indicators, sources.

    Example: kautilya brief russia_dprk_2024 --to docx --out brief.docx
    """
    with Door(json) as door:
        from kautilya import api
        from kautilya.claims.judge import Asked
        from kautilya.report.brief import check

        if run:
            only(context, ("futures",), "with --run")
        check(to, out)
        rivals = () if quick else api.RIVALS
        asked = Asked(
            file, as_of, (), "", run, quick=quick, futures=futures, rivals=rivals, bare=True
        )
        with door.progress("futures") as tell:
            page = api.brief(scenario, asked, to, out, tell)
        door.tell(_written(page))


def _written(page: Any) -> Any:
    said: list[Block] = [f"Brief: {page.file}"] if page.file else [Verbatim(page.text)]
    return Shown({"format": page.format, "file": page.file, "text": page.text}, said)


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
