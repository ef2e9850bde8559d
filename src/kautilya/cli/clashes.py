"""The published figures: can they all be true, and what do they imply together?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only
from kautilya.cli.options import Json
from kautilya.wording import listed, many, number


def audit(
    context: typer.Context,
    scenario: Annotated[
        str, typer.Argument(help="a scenario, or your own table of figures (a .csv file)")
    ],
    good: Annotated[str, typer.Option(help="only this good, such as tanks")] = "",
    actor: Annotated[str, typer.Option(help="only this actor, such as RUS")] = "",
    conflicts: Annotated[
        bool,
        typer.Option(
            "--conflicts", help="list the smallest sets of figures that cannot all be true"
        ),
    ] = False,
    figure: Annotated[
        str | None,
        typer.Option(help="one figure: its bounds as the others are added one after another"),
    ] = None,
    accept: Annotated[
        str,
        typer.Option(
            help="which figures count: all, "
            "all_but_belligerents, visual_only, both_sides, "
            "grade:C3, side:UKR"
        ),
    ] = "all",
    as_of: Annotated[str, typer.Option(help="hide what was published later")] = "",
    chart: Annotated[
        Path | None, typer.Option(help="write the chart of --figure as one HTML file")
    ] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="of your own table: numbers stand for themselves, not for what is rounded to them",
        ),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="list every figure and conflict, however many")
    ] = False,
    json: Json = False,
) -> None:
    """Can the published figures all be true, and what do they imply together?

    Example: kautilya audit russia_dprk_2024 --good tanks --actor RUS --conflicts
    """
    with Door(json) as door:
        from kautilya.accounts import audit as audited
        from kautilya.accounts.auditor import is_table
        from kautilya.errors import KautilyaError

        if not is_table(scenario):
            only(context, ("exact",), "on a scenario, whose figures have ranges")
        if chart is not None and figure is None:
            raise KautilyaError("--chart", "there is nothing to draw", "Give --figure as well")
        found = audited(
            scenario,
            good,
            actor,
            accept,
            as_of=as_of or None,
            figure=figure,
            conflicts=conflicts or None,
            exact=exact,
        )
        if chart is not None:
            from kautilya.report.page import write_steps as written

            written(found, chart)
        few = FEW if not everything else len(found.bounds) + 10**6
        door.tell(in_words(shown(found, chart, few), "" if is_table(scenario) else scenario))


def in_words(told: Shown, scenario: str) -> Shown:
    """The same with states and goods of a scenario in words; one's own table keeps its names."""
    if not scenario:
        return told
    from kautilya import scenario as rooms
    from kautilya.scenario.lexicon import Names

    say = Names(rooms.load(scenario)).plainly
    return told._replace(blocks=[_reworded(one, say) for one in told.blocks])


def _reworded(one: Block, say: Callable[[str], str]) -> Block:
    if isinstance(one, str):
        return say(one)
    if isinstance(one, Table):
        return one._replace(title=say(one.title), rows=[list(map(say, row)) for row in one.rows])
    return one


FEW = 8  # figures, names and conflicts that are listed where nobody asked for all


def published(low: Any, high: Any) -> str:
    """An interval as it was published."""
    from kautilya.accounts.figures import span

    return span(float(low), float(high))


def implied(low: Any, high: Any, *others: Any) -> str:
    """An interval that was worked out, told apart from what was published."""
    from kautilya.accounts.figures import near_span

    return near_span(float(low), float(high), *map(float, others))


def shown(found: Any, chart: Path | None, few: int = FEW) -> Shown:
    """Whether the figures can all be true; then conflicts, what they imply, and the figures that
    moved most, or all of it; or the bounds of the figure that was asked for."""
    every = few > FEW
    blocks: list[Block] = [_verdict(found), *_conflicts(found, few)]
    if len(found.steps):
        blocks += [*found.notes, _ladder(found.steps)]
    else:
        own = "whole" not in found.accounts.columns
        blocks += _accounts(found.accounts, few) if own or every else _implied(found.accounts)
        blocks += _bounds(found.bounds, few)
        blocks += [_needs(found.needs)] if len(found.needs) and every else []
        blocks += [_shares(found.shares)] if len(found.shares) and (own or every) else []
        blocks += found.notes if own or every else _reading(found)
    if chart is not None:
        blocks.append(f"Chart: {chart}")
    return Shown(found.as_json() | ({"chart": str(chart)} if chart else {}), blocks)


def _said(found: Any, figure: str) -> str:
    """Who said what; the id where the figure is not among those that are shown."""
    if len(found.bounds) and "figure" in found.bounds:
        rows = found.bounds[found.bounds["figure"] == figure]
        if len(rows) and str(rows["said"].iloc[0]).strip():
            return str(rows["said"].iloc[0])
    return figure


def _verdict(found: Any) -> str:
    """The first line: can they all be true?"""
    if "whole" in found.accounts.columns and len(found.accounts):
        states = found.accounts.groupby("account", sort=False).first()
        off = [str(row.says).partition(" [")[0] for row in states.itertuples() if not row.feasible]
        if off:
            aside = int(found.bounds["set_aside"].sum()) if len(found.bounds) else 0
            return (
                f"No: of {many(len(states), 'account')} {len(off)} cannot be true as published: "
                f"{listed(off)}. {aside} of {many(len(found.bounds), 'figure')} set aside."
            )
        every = "its account" if len(states) == 1 else f"all {len(states)} accounts"
        return f"Yes: the published figures of {every} can be true together."
    if len(found.conflicts):
        count = len(found.conflicts)
        sets = "one set of them contradicts" if count == 1 else f"{count} sets of them contradict"
        return f"No: these figures cannot all be true; {sets} {'itself' if count == 1 else 'themselves'}."
    return "Yes: these figures can all be true together."


def _ends(frame: Any) -> str:
    """What is implied of some terms."""
    return " ".join(implied(row.low, row.high) for row in frame.itertuples()) or "–"


def _implied(frame: Any) -> list[Block]:
    """One row an account: what was there, the largest outflow, what is left, as all imply it."""
    rows = []
    whole = frame[frame["whole"]] if len(frame) else frame
    for (_, says), part in whole.groupby(["account", "says"], sort=False):
        first = part[part["node"] == part["node"].iloc[0]]
        out = first[first["sign"] == "-"].sort_values("high", ascending=False).head(1)
        ends = (first[first["term"] == "opening"], out, first[first["sign"] == "="])
        cells = list(map(_ends, ends))
        word = f" ({str(out['term'].iloc[0]).replace('_', ' ')})" if len(out) else ""
        state = "fit" if part["feasible"].all() else "clash"
        rows.append(
            [f"{says} [{part['unit'].iloc[0]}]", state, cells[0], cells[1] + word, cells[2]]
        )
    if not rows:
        return []
    span = f"{whole['from'].iloc[0]} to {whole['to'].iloc[0]}"
    columns = [Column("account"), Column("figures")]
    columns += [Column(t, True) for t in ("at first", "largest outflow", "left")]
    return [Table(f"What the figures imply together, {span}", columns, rows)]


def _reading(found: Any) -> list[Block]:
    """The notes that change the reading, and where the rest is."""
    told = [one for one in found.notes if one.startswith(("A run accepts other", "The list of"))]
    return [*told, "Every account, figure and note: --all."]


def _accounts(frame: Any, few: int) -> list[Block]:
    if not len(frame):
        return []
    if "whole" not in frame.columns:
        return [
            Table(
                f"Names: what all figures imply{_of(frame, few)}",
                [Column("name"), Column("implied", True), Column("unit")],
                [[r.term, implied(r.low, r.high), r.unit] for r in frame.head(few).itertuples()],
            )
        ]
    whole = frame[frame["whole"]]
    out: list[Block] = []
    for (_, says), rows in whole.groupby(["account", "says"], sort=False):
        unit = rows["unit"].iloc[0]
        state = "feasible" if rows["feasible"].all() else "not feasible as published"
        out.append(
            Table(
                f"{says} [{unit}], {rows['from'].iloc[0]} to {rows['to'].iloc[0]}: {state}",
                [Column("part"), Column("term"), Column(""), Column("implied", True)],
                [[r.node, r.term, r.sign, implied(r.low, r.high)] for r in rows.itertuples()],
            )
        )
    return out


def _of(frame: Any, few: int) -> str:
    return f" ({few} of {len(frame):,}; --all lists them)" if len(frame) > few else ""


def _bounds(frame: Any, few: int) -> list[Block]:
    """The figures; of very many those first that are set aside or narrowed most."""
    if not len(frame):
        return []
    out: list[Block] = []
    chosen = frame
    if len(frame) > few:
        narrowed = int((frame["shrinks"] > 0.01).sum())
        out.append(
            f"{many(len(frame), 'figure')}: {int(frame['set_aside'].sum()):,} set aside, "
            f"{narrowed:,} narrowed by the others."
        )
        chosen = frame.sort_values(["set_aside", "shrinks"], ascending=False, kind="stable").head(
            few
        )
    noted = bool((chosen["note"] != "").any())
    rows = [
        [
            r.said or r.figure,
            published(r.published_low, r.published_high),
            implied(r.implied_low, r.implied_high, r.published_low, r.published_high),
            f"{100 * r.shrinks:.0f} %" if r.shrinks == r.shrinks else "-",
            "set aside" if r.set_aside else "",
            *([r.note] if noted else []),
        ]
        for r in chosen.itertuples()
    ]
    columns = [
        Column("who said what"),
        Column("published", True),
        Column("implied", True),
        Column("shrinks", True),
        Column(""),
    ]
    return [
        *out,
        Table(
            f"Figures: published, and implied by all together{_of(frame, few)}",
            columns + ([Column("note")] if noted else []),
            rows,
        ),
    ]


def _ladder(frame: Any) -> Table:
    first = frame.iloc[0]
    unit, said = first["unit"], published(first["published_low"], first["published_high"])
    return Table(
        f"Bounds on {first['figure']} (published: {said} {unit}) as the other "
        "figures are added, by date of publication",
        [Column("added"), Column(f"implied [{unit}]", True), Column("")],
        [
            [
                r.said or r.added or "declared ranges",
                implied(r.low, r.high),
                "set aside" if r.set_aside else "",
            ]
            for r in frame.itertuples()
        ],
    )


def _needs(frame: Any) -> Table:
    return _plain("Opening stock that each published rate of use would need", frame)


def _shares(frame: Any) -> Table:
    return _plain("Shares", frame)


def _plain(title: str, frame: Any) -> Table:
    columns = [
        c
        for c in frame.columns
        if frame[c].map(lambda v: not isinstance(v, (list, dict, tuple))).all()
    ]
    rows = frame[columns].itertuples(index=False)
    return Table(
        title,
        [Column(c.replace("_", " "), frame[c].dtype.kind in "fi") for c in columns],
        [_cells(row) for row in rows],
    )


def _cells(row: Any) -> list[str]:
    return [number(v) if isinstance(v, float) else str(v) for v in row]


def _alone(assumed: list[str]) -> str:
    """How many of the conflicts need no declared range; nothing where none leans on one."""
    alone = assumed.count("")
    if alone == len(assumed):
        return ""
    if not alone:
        return ". None clashes by the figures alone: declared ranges are part of each"
    clash = "1 clashes" if alone == 1 else f"{alone:,} clash"
    rest = len(assumed) - alone
    others = "the other one" if rest == 1 else f"the other {rest:,}"
    return f". {clash} by the figures alone, {others} only with declared ranges"


def _conflicts(found: Any, few: int) -> list[Block]:
    if not len(found.conflicts):
        return []
    count = len(found.conflicts)
    head = f" ({few} of {count:,}; --all lists them)" if count > few else ""
    title = f"Conflicts: the smallest sets of figures that cannot all be true{head}"
    out: list[Block] = [title + _alone(list(found.conflicts["assumes"]))]
    for i, row in enumerate(found.conflicts.head(few).itertuples()):
        rest = f" {row.needed}" if row.needed else ""
        rest += f" Simplest mend: {row.mend['says']}." if row.mend else ""
        figures = "; ".join(f"{_said(found, one)} ({one})" for one in row.figures)
        leans = f" ({row.assumes})" if row.assumes else ""
        out.append(f"{i + 1}. {figures}{leans}.{rest}")
    if len(found.resolvers) and count > 1:
        out += (
            [_plain("Figures by the number of conflicts that each resolves", found.resolvers)]
            if few > FEW
            else []
        )
    return out


COMMANDS = (audit,)
