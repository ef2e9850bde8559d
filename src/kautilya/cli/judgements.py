"""Claims: verdicts, one in full, contradictions, and one page for a memo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, Verbatim, only, split
from kautilya.cli.options import AsOf, Claims, File, Futures, Json, Quick, Scenario, Seed, Stored
from kautilya.wording import listed, many

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
    compare: Annotated[
        str,
        typer.Option(help="a later edition: each verdict as of the day it was said, then and now"),
    ] = "",
    futures: Futures = 2000,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Judge what commentators assert: what holds, what fails, what nobody can say, and why.

    Example: kautilya claims russia_dprk_2024 --id sole-supplier
    """
    with Door(json) as door:
        if compare:
            only(context, ("as_of", "under", "id", "run", "flips", "quick"), "with --compare")
            door.tell(_then_and_now(scenario, compare, (file, futures, seed, whole)))
            return
        from kautilya.claims.judge import Asked, judge, keep
        from kautilya.cli.sentences import every

        if id:
            only(context, ("short",), "with --id")
        if run:
            only(context, ("futures", "seed"), "with --run")
        asked = Asked(file, as_of, split(under), id, run, flips, quick, futures, seed)
        with door.futures(scenario) as tell:
            found = judge(scenario, asked, progress=tell)
            keep(found)
        door.tell(one(found, whole) if id else every(found, short, whole))


def _then_and_now(first: str, second: str, how: tuple[str, int, int, bool]) -> Shown:
    from kautilya.claims.hindsight import compared
    from kautilya.claims.judge import Asked
    from kautilya.cli.revisions import then_and_now

    file, futures, seed, whole = how
    asked = Asked(file, futures=futures, seed=seed)
    return then_and_now(compared(first, second, asked), whole)


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
        with door.futures(scenario) as tell:
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
        with door.futures(scenario) as tell:
            page = api.brief(scenario, asked, to, out, tell)
        door.tell(_written(page))


def _written(page: Any) -> Any:
    said: list[Block] = [f"Brief: {page.file}"] if page.file else [Verbatim(page.text)]
    return Shown({"format": page.format, "file": page.file, "text": page.text}, said)


def discord(found: Any) -> Shown:
    """What cannot be true together, alone, and what only seems to contradict, in sentences."""
    blocks: list[Block] = [_bottom(found)]
    blocks += [_clashes(found)] if found.clashes else []
    if found.alone:
        rows = [[found.says[one], f"{p:.3f}", f"{high:.3f}"] for one, p, high in found.alone]
        columns = [Column("claim"), Column("probability", True), Column("at most", True)]
        blocks.append(Table("Hardly true on their own", columns, rows))
    if found.apart:
        columns = [
            Column("one says"),
            Column("the other"),
            Column("what separates them"),
            Column("both true", True),
            Column("without that", True),
        ]
        rows = [_apart(one, found) for one in found.apart]
        blocks.append(Table("They only seem to contradict", columns, rows))
    if found.readings:
        columns = [Column("reading"), Column("probability", True)]
        rows = [row for one in found.readings for row in _answers(one, found.says)]
        blocks.append(Table("One sentence, several answers", columns, rows))
    notes = [
        f"{many(int(found.run.manifest['futures']), 'future')}; at most: upper end of the 95 % interval",
        "if unrelated: product of the probabilities alone" if found.clashes else "",
        "without that: chance of both, were that the same in both" if found.apart else "",
    ]
    blocks.append("; ".join(filter(None, notes)) + ".")
    return Shown(found.as_json(), blocks)


def _bottom(found: Any) -> str:
    """How many of each kind, in a sentence."""
    kinds = [
        (len(found.alone), "is hardly true on its own", "are hardly true on their own"),
        (len(found.apart), "pair only seems to contradict", "pairs only seem to contradict"),
        (len(found.readings), "has several answers", "have several answers"),
    ]
    rest = [f"{many} {one if many == 1 else more}" for many, one, more in kinds if many]
    if found.clashes:
        many = len(found.clashes)
        said = f"{many} {'set' if many == 1 else 'sets'} of claims can hardly all be true"
    else:
        said = "No claims that are possible one by one exclude each other, up to three at a time"
    return f"{said}. Of {len(found.says)} sentences {listed(rest)}." if rest else f"{said}."


def _apart(one: Any, found: Any) -> list[str]:
    """A pair, and what they say of the aspect that separates them."""
    from kautilya.scenario.lexicon import Names

    names = Names(found.scenario)
    apart = "; ".join(_labels(names, one.aspect, said) for said in (one.first, one.second))
    chances = [f"{each.value:.2f}" for each in (one.joint, one.joint_if_same)]
    return [*(found.says[each] for each in one.claims), apart, *chances]


def _labels(names: Any, aspect: str, said: str) -> str:
    return listed([_label(names, aspect, part) for part in said.split(", ")]) or "any"


def _label(names: Any, aspect: str, label: str) -> str:
    """A case by what its lever says, a class or a state by its name, a date as it is."""
    if aspect != "case":
        return label if aspect == "date" else names.of(label)
    return "as it stands" if label == "baseline" else f'"{names.lever(label)}"'


def _answers(one: Any, says: Mapping[str, str]) -> list[list[str]]:
    """A sentence, and under it its other readings, or the days as of which it is judged."""
    if one.separated_by == "date":
        rows = [[f"as of {day}", f"{p:.2f}"] for day, p in one.readings]
        return [[says[one.claim], ""], *rows]
    return [
        [("" if k == 0 else "or: ") + says[name], f"{p:.2f}"]
        for k, (name, p) in enumerate(one.readings)
    ]


def _clashes(found: Any) -> Table:
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
        [_clash(one, found.says) for one in found.clashes],
    )


def _clash(one: Any, says: Mapping[str, str]) -> list[str]:
    alone = ", ".join(f"{p:.2f}" for p in one.alone)
    return [
        " And: ".join(says[each] for each in one.claims),
        f"{one.joint.value:.3f}",
        f"{one.joint.high:.3f}",
        f"{one.unrelated:.2f}",
        alone,
        one.over,
    ]


COMMANDS = (claims, contradictions, brief)
