"""The published figures: can they all be true, and what do they imply together?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from kautilya.cli.door import Block, Column, Door, Shown, Table
from kautilya.cli.options import Json
from kautilya.wording import number


def audit(scenario: Annotated[str, typer.Argument(help="a scenario, or your own table of figures "
                                                  "(a .csv file)")],
          good: Annotated[str, typer.Option(help="only this good, such as tanks")] = "",
          actor: Annotated[str, typer.Option(help="only this actor, such as RUS")] = "",
          conflicts: Annotated[bool, typer.Option("--conflicts", help="list the smallest sets of "
                                                  "figures that cannot all be true")] = False,
          figure: Annotated[str, typer.Option(help="one figure: its bounds as the others are added "
                                              "one after another")] = "",
          accept: Annotated[str, typer.Option(help="which figures count: all, "
                                              "all_but_belligerents, visual_only, both_sides, "
                                              "grade:C3, side:UKR")] = "all",
          as_of: Annotated[str, typer.Option(help="hide what was published later")] = "",
          chart: Annotated[Path | None, typer.Option(help="write the chart of --figure as one "
                                                        "HTML file")] = None,
          json: Json = False) -> None:
    """Audit the published figures: can they all be true, and what do they imply together?

    Example: kautilya audit russia_dprk_2024 --good tanks --actor RUS --conflicts
    """
    with Door(json) as door:
        from kautilya.accounts import audit as audited

        found = audited(scenario, good, actor, accept, as_of=as_of or None, figure=figure,
                        conflicts=conflicts or scenario.endswith(".csv"))
        if chart is not None:
            from kautilya.report.charts import write_steps as written

            written(found, chart)
        door.tell(shown(found, chart))


def span(low: Any, high: Any) -> str:
    """An interval; an open end is a dash."""
    ends = [number(x) if x == x and abs(x) < 1e300 else "-" for x in (float(low), float(high))]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def shown(found: Any, chart: Path | None) -> Shown:
    """Accounts and bounds, or the bounds on the one figure that was asked for."""
    blocks: list[Block] = [*found.notes]
    if len(found.steps):
        blocks.append(_ladder(found.steps))
    else:
        blocks += [*_accounts(found.accounts), _bounds(found.bounds)]
        blocks += [_needs(found.needs)] if len(found.needs) else []
        blocks += [_shares(found.shares)] if len(found.shares) else []
    blocks += _conflicts(found)
    if chart is not None:
        blocks.append(f"Chart: {chart}")
    return Shown(found.as_json() | ({"chart": str(chart)} if chart else {}), blocks)


def _accounts(frame: Any) -> list[Block]:
    if not len(frame):
        return []
    if "whole" not in frame.columns:
        return [_plain("Identities and names", frame)]
    whole = frame[frame["whole"]]
    out: list[Block] = []
    for (_, says), rows in whole.groupby(["account", "says"], sort=False):
        unit = rows["unit"].iloc[0]
        state = "feasible" if rows["feasible"].all() else "not feasible as published"
        out.append(Table(
            f"{says} [{unit}], {rows['from'].iloc[0]} to {rows['to'].iloc[0]}: {state}",
            [Column("part"), Column("term"), Column(""), Column("implied", True)],
            [[r.node, r.term, r.sign, span(r.low, r.high)] for r in rows.itertuples()]))
    return out


def _bounds(frame: Any) -> Table:
    rows = []
    for r in frame.itertuples():
        rows.append([r.figure, r.said, span(r.published_low, r.published_high),
                     span(r.implied_low, r.implied_high),
                     f"{100 * r.shrinks:.0f} %" if r.shrinks == r.shrinks else "-",
                     "set aside" if r.set_aside else ""])
    return Table("Figures: published, and implied by all together",
                 [Column("id"), Column("who said what"), Column("published", True),
                  Column("implied", True), Column("shrinks", True), Column("")], rows)


def _ladder(frame: Any) -> Table:
    first = frame.iloc[0]
    unit, published = first["unit"], span(first["published_low"], first["published_high"])
    return Table(f"Bounds on {first['figure']} (published: {published} {unit}) as the other "
                 "figures are added, by date of publication",
                 [Column("added"), Column("who said what"), Column(f"implied [{unit}]", True),
                  Column("")],
                 [[r.added, r.said, span(r.low, r.high), "set aside" if r.set_aside else ""]
                  for r in frame.itertuples()])


def _needs(frame: Any) -> Table:
    return _plain("Opening stock that each published rate of use would need", frame)


def _shares(frame: Any) -> Table:
    return _plain("Shares", frame)


def _plain(title: str, frame: Any) -> Table:
    columns = [c for c in frame.columns if frame[c].map(lambda v: not isinstance(
        v, (list, dict, tuple))).all()]
    return Table(title, [Column(c.replace("_", " "), frame[c].dtype.kind in "fi")
                         for c in columns],
                 [[number(v) if isinstance(v, float) else str(v) for v in row]
                  for row in frame[columns].itertuples(index=False)])


def _conflicts(found: Any) -> list[Block]:
    if not len(found.conflicts):
        return []
    out: list[Block] = ["Conflicts: the smallest sets of figures that cannot all be true"]
    out += [f"{i + 1}. {', '.join(row.figures)}: {row.why}"
            for i, row in enumerate(found.conflicts.itertuples())]
    if len(found.resolvers):
        out.append(_plain("Figures by the number of conflicts that each resolves",
                          found.resolvers))
    return out


COMMANDS = (audit,)
