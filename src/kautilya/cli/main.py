"""`kautilya`: the commands. Heavy parts are imported when a command runs, so that help is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Optional  # noqa: UP035

import typer

from kautilya.cli import calibrate, record, studies
from kautilya.cli import catalogue as shows
from kautilya.cli import claims as about_claims
from kautilya.cli import futures as stored
from kautilya.cli.door import Door, split

app = typer.Typer(
    name="kautilya", no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Who runs out first, who will help them, at what price, and what would change the "
    "answer.\n\nStart with:  kautilya run russia_dprk_2024 --futures 2000\n\n"
    "Every command has --json. Exit code 0, or 2 for a mistake that you can mend.")

Scenario = Annotated[str, typer.Argument(help="a shipped scenario or the path of a folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
Futures = Annotated[int, typer.Option(help="number of futures", min=1)]
Seed = Annotated[int, typer.Option(help="seed of all luck; 0 is a seed", min=0)]
Sets = Annotated[Optional[list[str]], typer.Option(  # noqa: UP045
    "--set", help="change a figure: ID=VALUE, law.param[ACTOR,good]=VALUE or drive=model; "
    "may be given several times")]
Levers = Annotated[str, typer.Option(help="levers, separated by commas; `show` lists them")]
Out = Annotated[Optional[Path], typer.Option(help="folder for the results")]  # noqa: UP045
Accept = Annotated[str, typer.Option(help="which published figures must hold: a profile of the "
                                     "accounts, or raw for draws from the raw ranges")]
Posterior = Annotated[Optional[Path], typer.Option(help="draw from this calibration: the folder "  # noqa: UP045
                                                   "that `kautilya calibrate` wrote")]
Keep = Annotated[str, typer.Option(help="what is stored: always (declared outcomes), why, all, "
                                   "summary (one number a cell for the whole run), or outcomes "
                                   "by name, separated by commas")]


@app.command()
def scenarios(json: Json = False) -> None:
    """List the scenarios that come with Kautilya."""
    with Door(json) as door:
        door.tell(shows.scenarios())


@app.command()
def show(scenario: Scenario, json: Json = False) -> None:
    """Show a scenario: actors, goods, laws, levers, uncertainties, outcomes, grades."""
    with Door(json) as door:
        door.tell(shows.scenario(scenario))


@app.command()
def run(scenario: Scenario, futures: Futures = 2000, seed: Seed = 0, sets: Sets = None,
        levers: Levers = "", out: Out = None, accept: Accept = "run", keep: Keep = "always",
        workers: stored.Workers = 0, cluster: stored.Cluster = "", posterior: Posterior = None,
        json: Json = False) -> None:
    """Run a scenario and write manifest, trajectories (Zarr), summary and report.

    What is finished stays when it is stopped; `kautilya resume` goes on with it.

    Example: kautilya run russia_dprk_2024 --futures 10000 --levers no_dprk_shells
    """
    with Door(json) as door:
        from kautilya.report.whole import run_whole
        from kautilya.runs.cluster import Workers
        from kautilya.runs.ensemble import Case, Plan

        plan = Plan(futures, seed, Case(split(levers), tuple(sets or ()), keep, accept,
                                        str(posterior or "")))
        folder = out or Path("runs") / f"{Path(scenario).name}-{seed}"
        with door.bars("futures", "outcomes summed up") as tell:
            done = run_whole(scenario, plan, out=folder, workers=Workers(workers, cluster),
                             progress=tell)
        door.tell(shows.run(done, folder))


@app.command()
def compare(scenario: Scenario, levers: Levers, futures: Futures = 1024, seed: Seed = 0,
            sets: Sets = None, during: Annotated[str, typer.Option(help="year")] = "",
            by: Annotated[str, typer.Option(help="a figure with two values, such as stock-policy: "
                                            "compare under each of them")] = "",
            out: Out = None, json: Json = False) -> None:
    """Compare each lever with the scenario as it stands, on the same luck.

    Example: kautilya compare russia_dprk_2024 --levers no_dprk_shells --by stock-policy
    --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.compare import compare_by, year_of

        year = during or year_of(scenario)
        with door.progress("futures") as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = compare_by(scenario, split(levers), plan, (by, year), folder=out,
                               progress=tell)
        door.tell(shows.comparison(found, year, futures))


@app.command()
def why(scenario: Scenario,
        recipient: Annotated[str, typer.Argument(help="who buys, such as RUS")],
        good: Annotated[str, typer.Argument(help="a class: shells, dual-use, tank, drone, ...")],
        during: Annotated[str, typer.Option(help="year")] = "2024", futures: Futures = 1024,
        seed: Seed = 0, sets: Sets = None, json: Json = False) -> None:
    """Why them and not others: every candidate supplier, its utility term by term.

    Example: kautilya why russia_dprk_2024 RUS shells --during 2024
    """
    with Door(json) as door:
        from kautilya.runs.ensemble import Case, Plan
        from kautilya.study.why import Question
        from kautilya.study.why import why as asked

        with door.progress("futures") as tell:
            plan = Plan(futures, seed, Case((), tuple(sets or ())))
            found = asked(scenario, Question(recipient, good, during), plan, progress=tell)
        door.tell(shows.why(found, scenario))


stored.register(app)
studies.register(app)


@app.command()
def history(folder: Annotated[Path, typer.Argument(help="folder of a run")],
            json: Json = False) -> None:
    """A stored run beside what was observed: visual evidence, claims, the accounts' bounds."""
    with Door(json) as door:
        from kautilya.runs.ensemble import load_run
        from kautilya.study.history import history as held

        door.tell(shows.history(held(load_run(folder))))


@app.command()
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
          chart: Annotated[Optional[Path], typer.Option(help="write the chart of --figure as one "  # noqa: UP045
                                                        "HTML file")] = None,
          json: Json = False) -> None:
    """Audit the published figures: can they all be true, and what do they imply together?

    Example: kautilya audit russia_dprk_2024 --good tanks --actor RUS --conflicts
    """
    with Door(json) as door:
        from kautilya.accounts import audit as audited
        from kautilya.cli.clashes import audit as shown

        found = audited(scenario, good, actor, accept, as_of=as_of or None, figure=figure,
                        conflicts=conflicts or scenario.endswith(".csv"))
        if chart is not None:
            from kautilya.report.charts import write_steps as written

            written(found, chart)
        door.tell(shown(found, chart))


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="folder of a run")],
           out: Annotated[Optional[Path], typer.Option(help="file to write")] = None,  # noqa: UP045
           json: Json = False) -> None:
    """Write the report of a stored run again: one HTML file that needs no network."""
    with Door(json) as door:
        from kautilya.report.page import write
        from kautilya.runs.ensemble import load_run, scenario_of

        found = load_run(folder)
        path = write(found, out or folder / "report.html",
                     scenario=scenario_of(found.manifest))
        door.tell({"report": str(path)})


@app.command()
def export(folder: Annotated[Path, typer.Argument(help="folder of a run")],
           to: Annotated[str, typer.Option(help="parquet, csv or netcdf")] = "parquet",
           out: Annotated[Optional[Path], typer.Option(help="file to write")] = None,  # noqa: UP045
           json: Json = False) -> None:
    """Export a run: the summary as Parquet or CSV, or all futures as netCDF."""
    with Door(json) as door:
        from kautilya.runs.export import export as exported

        door.tell({"file": str(exported(folder, to, out))})


@app.command()
def new(name: Annotated[str, typer.Argument(help="name of your scenario")],
        folder: Annotated[Path, typer.Option(help="where to put it")] = Path("."),
        json: Json = False) -> None:
    """Write a small scenario that runs, for you to change."""
    with Door(json) as door:
        from kautilya import scenario as rooms

        path = rooms.new(name, folder)
        door.tell({"folder": str(path), "next": f"kautilya check {path}; kautilya run {path}"})


@app.command()
def check(path: Annotated[Path, typer.Argument(help="folder of a scenario")],
          json: Json = False) -> None:
    """List every mistake of a scenario at once, with file, line, finding and remedy."""
    with Door(json) as door:
        from kautilya import scenario as rooms

        mistakes = rooms.check(path)
        if not mistakes:
            from kautilya.accounts.feeds import mistakes as clashes

            mistakes = clashes(path)
        door.tell(shows.mistakes(mistakes, path))
        if mistakes:
            raise typer.Exit(2)


@app.command()
def schema(json: Json = False) -> None:
    """Print the JSON Schema of the scenario format."""
    with Door(True) as door:
        from kautilya import scenario as rooms

        door.tell(shows.Shown(rooms.json_schema(), []))


record.add(app)
about_claims.add(app)
calibrate.add(app)


def main(args: list[str] | None = None) -> Any:
    """Entry point of the command."""
    try:
        return app(args=args, standalone_mode=True)
    except BrokenPipeError:
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    main()
