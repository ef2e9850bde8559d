"""The commands about claims: verdicts, contradictions, and one page for a memo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional  # noqa: UP035

import typer

from kautilya.cli.door import Door, split

Scenario = Annotated[str, typer.Argument(help="a shipped scenario or the path of a folder")]
Json = Annotated[bool, typer.Option("--json", help="print JSON instead of tables")]
File = Annotated[str, typer.Option(help="claims of your own, in the format of claims.toml")]
AsOf = Annotated[str, typer.Option(help="a day, YYYY-MM-DD: hide what was not known then")]
Under = Annotated[str, typer.Option(help="levers that are pulled throughout, separated by commas")]
Stored = Annotated[str, typer.Option("--run", help="folder of a stored run; left out: the newest "
                                     "of this scenario in ./runs, or a new one")]
Futures = Annotated[int, typer.Option(help="futures of a new run, where none is stored", min=1)]
Seed = Annotated[int, typer.Option(help="seed of a new run", min=0)]
Quick = Annotated[bool, typer.Option("--quick", help="fewer futures in the runs beside the stored "
                                     "one")]


def add(app: typer.Typer) -> None:
    """Give the command line these commands."""
    for command in (claims, contradictions, brief):
        app.command()(command)


def claims(scenario: Scenario, file: File = "", as_of: AsOf = "", under: Under = "",
           id: Annotated[str, typer.Option(help="one claim, in full")] = "", run: Stored = "",
           flips: Annotated[bool, typer.Option("--flips", help="look for the smallest change that "
                                               "flips each verdict, and run it")] = False,
           short: Annotated[bool, typer.Option("--short", help="only the sentence and its "
                                               "verdict")] = False,
           quick: Quick = False, futures: Futures = 2000, seed: Seed = 0,
           json: Json = False) -> None:
    """Judge what commentators assert: verdict, probability, confidence, badge, what decides.

    Example: kautilya claims russia_dprk_2024 --id sole-supplier
    """
    with Door(json) as door:
        from kautilya.claims.judge import Asked, judge
        from kautilya.cli import judgements
        from kautilya.report.sections import keep

        asked = Asked(file, as_of, split(under), id, run, flips, quick, False, futures, seed)
        with door.progress("futures") as tell:
            found = judge(scenario, asked, progress=tell)
            if not (id or file or as_of or under):
                keep(found)
        door.tell(judgements.one(found) if id else judgements.every(found, short))


def contradictions(scenario: Scenario, file: File = "", as_of: AsOf = "", run: Stored = "",
                   quick: Quick = False, futures: Futures = 2000, seed: Seed = 0,
                   json: Json = False) -> None:
    """List claims that cannot, or hardly, all be true, and those that only seem to contradict.

    Example: kautilya contradictions russia_dprk_2024
    """
    with Door(json) as door:
        from kautilya.claims.contradictions import contradictions as found_by
        from kautilya.claims.judge import Asked
        from kautilya.cli import judgements

        asked = Asked(file, as_of, (), "", run, False, quick, False, futures, seed)
        with door.progress("futures") as tell:
            found = found_by(scenario, asked, progress=tell)
        door.tell(judgements.discord(found))


def brief(scenario: Scenario, to: Annotated[str, typer.Option(help="markdown, html or docx")] =
          "markdown", out: Annotated[Optional[Path], typer.Option(  # noqa: UP045
              help="file to write; left out: markdown is printed")] = None,
          file: File = "", as_of: AsOf = "", run: Stored = "", quick: Quick = False,
          futures: Futures = 2000, json: Json = False) -> None:
    """Write one page to paste into a memo: bottom line, key judgements, account, alternatives.

    Example: kautilya brief russia_dprk_2024 --to docx --out brief.docx
    """
    with Door(json) as door:
        from kautilya.claims.judge import Asked, judge
        from kautilya.report import brief as pages

        pages.check(to, out)
        asked = Asked(file, as_of, (), "", run, False, quick, False, futures)
        with door.progress("futures") as tell:
            found = judge(scenario, asked, progress=tell)
        door.tell(_written(pages.write(found, to, out)))


def _written(page: Any) -> Any:
    from kautilya.cli.door import Shown

    said = [f"Brief: {page.file}"] if page.file else [page.text]
    return Shown({"format": page.format, "file": page.file, "text": page.text}, said)
