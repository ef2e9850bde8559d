"""The published figures: can they all be true, and what do they imply together?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table, only
from kautilya.cli.options import Json
from kautilya.wording import number


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
        str, typer.Option(help="one figure: its bounds as the others are added one after another")
    ] = "",
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
    """Audit the published figures: can they all be true, and what do they imply together?

    Example: kautilya audit russia_dprk_2024 --good tanks --actor RUS --conflicts
    """
    with Door(json) as door:
        from kautilya.accounts import audit as audited
        from kautilya.accounts.auditor import is_table
        from kautilya.errors import KautilyaError

        if not is_table(scenario):
            only(context, ("exact",), "on a scenario, whose figures have ranges")
        if chart is not None and not figure:
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
        door.tell(shown(found, chart, FEW if not everything else len(found.bounds) + 10**6))


FEW = 30  # figures, names and conflicts that are listed where nobody asked for all


def published(low: Any, high: Any) -> str:
    """An interval as it was published."""
    from kautilya.accounts.figures import span

    return span(float(low), float(high))


def implied(low: Any, high: Any, *others: Any) -> str:
    """An interval that was worked out, told apart from what was published."""
    from kautilya.accounts.figures import near_span

    return near_span(float(low), float(high), *map(float, others))


def shown(found: Any, chart: Path | None, few: int = FEW) -> Shown:
    """Conflicts first; then accounts and bounds, or those of the figure that was asked for."""
    blocks: list[Block] = [*found.notes, *_conflicts(found, few)]
    if len(found.steps):
        blocks.append(_ladder(found.steps))
    else:
        blocks += [*_accounts(found.accounts, few), *_bounds(found.bounds, few)]
        blocks += [_needs(found.needs)] if len(found.needs) else []
        blocks += [_shares(found.shares)] if len(found.shares) else []
    if chart is not None:
        blocks.append(f"Chart: {chart}")
    return Shown(found.as_json() | ({"chart": str(chart)} if chart else {}), blocks)


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
            f"{len(frame):,} figures: {int(frame['set_aside'].sum()):,} set aside, "
            f"{narrowed:,} narrowed by the others."
        )
        chosen = frame.sort_values(["set_aside", "shrinks"], ascending=False, kind="stable").head(
            few
        )
    noted = bool((chosen["note"] != "").any())
    rows = [
        [
            r.figure,
            r.said,
            published(r.published_low, r.published_high),
            implied(r.implied_low, r.implied_high, r.published_low, r.published_high),
            f"{100 * r.shrinks:.0f} %" if r.shrinks == r.shrinks else "-",
            "set aside" if r.set_aside else "",
            *([r.note] if noted else []),
        ]
        for r in chosen.itertuples()
    ]
    columns = [
        Column("id"),
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
        [Column("added"), Column("who said what"), Column(f"implied [{unit}]", True), Column("")],
        [
            [r.added, r.said, implied(r.low, r.high), "set aside" if r.set_aside else ""]
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


def _conflicts(found: Any, few: int) -> list[Block]:
    if not len(found.conflicts):
        return []
    count = len(found.conflicts)
    head = f" ({few} of {count:,}; --all lists them)" if count > few else ""
    out: list[Block] = [f"Conflicts: the smallest sets of figures that cannot all be true{head}"]
    for i, row in enumerate(found.conflicts.head(few).itertuples()):
        mend = f" Simplest mend: {row.mend['says']}." if row.mend else ""
        out.append(f"{i + 1}. {', '.join(row.figures)}: {row.why}{mend}")
    if len(found.resolvers) and count > 1:
        out.append(
            _plain(
                "Figures by the number of conflicts that each resolves", found.resolvers.head(few)
            )
        )
    return out


COMMANDS = (audit,)
