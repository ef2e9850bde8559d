"""Renew what is printed and shipped: stored answers, golden screens, the picture of README.

python tools/build_screens.py                   all of it, some minutes
python tools/build_screens.py answers [NAME...] scenarios/*/answer.json, with 2,000 futures
python tools/build_screens.py hindsight [N]     verdicts then and now, with N futures
python tools/build_screens.py picture           docs/answer.svg and the figures of README, from them
python tools/build_screens.py screens [NAME...] tests/cli/screens: what the main commands print

A screen is kept as what the command has to tell (NAME.json) and as it looks at each width
(NAME-WIDTH.txt); the tests draw it again from the first and hold the second to its structure.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SCREENS = ROOT / "tests/cli/screens"
SHIPPED = ROOT / "src/kautilya/scenarios"
FLAGSHIP, LATER = "russia_dprk_2024", "russia_dprk_2025"
WIDTHS = ("60", "80", "120", "200", "pipe")
FEW = ["--futures", "64"]
LEVERS = ["--levers", "no_dprk_shells,china_complies"]
TANKS = "stock(RUS, tank, line) at 2025-12 < 1800 tank"
ROUNDS = "rounds[RUS,tube_round]@2025-12"
CLAIMED = "general_staff_claimed_losses_daily_2024_09_to_2025_03.csv"
SALVOS = "ru_missile_drone_salvos_2024_09_to_2025_03.csv"
RUNS = {"RUN": "runs/small", "OWN": "runs/own"}
COMMANDS: dict[str, list[str]] = {  # RUN, OWN: one small run each of the flagship and of a new war
    "answer": ["answer", FLAGSHIP],
    "run": ["run", FLAGSHIP, *FEW, "--out", "RUN"],
    "why": ["why", FLAGSHIP, "RUS", "shells", *FEW],
    "compare": ["compare", FLAGSHIP, *LEVERS, *FEW],
    "claims": ["claims", FLAGSHIP, "--run", "RUN", "--quick"],
    "audit": ["audit", FLAGSHIP],
    "history": ["history", "RUN"],
    "show": ["show", FLAGSHIP],
    "scoreboard": ["scoreboard"],
    "validate": ["validate"],
    "discover": ["discover", FLAGSHIP, "--where", TANKS, "--run", "RUN"],
    "robust": ["robust", FLAGSHIP, *LEVERS, "--outcome", ROUNDS, "--better", "min", *FEW],
    "scenarios": ["scenarios"],
    "fill": ["fill", "own_war"],
    "import": ["import", f"shared/later/{CLAIMED}", f"shared/later/{SALVOS}"],
    "update": [
        "update", FLAGSHIP, "--as-of", "2025-03-31", "--with", "shared/later", "--rate",
        "2025=1.035", "--draws", "0", "--out", "later",
    ],
    "diff": ["diff", FLAGSHIP, LATER, "--quick"],
    "hindcast": [
        "hindcast", FLAGSHIP, "--origins", "2024-02..2024-05/3", "--horizons", "1,3", "--data",
        "shared/data", "--posterior", "none", *FEW,
    ],
    "storylines": ["storylines", "OWN"],
    "register": ["register", "RUN", "--published", "2024-12-01"],
    "resolve": ["resolve", "foretold.json", "--with", "shared/later"],
}  # fmt: skip
# What a command needs beside them is made once in an empty folder: see `prepared`.


def blocks_of(words: Sequence[str]) -> list[Any]:
    """What a command has to tell, before it is drawn for a width."""
    from kautilya.cli import main, terminal

    told: list[Any] = []
    shown, terminal.show = terminal.show, told.extend
    try:
        with contextlib.suppress(SystemExit):
            main.app(args=list(words), standalone_mode=True)
    finally:
        terminal.show = shown
    return told


def as_data(block: Any) -> Any:
    """A block for JSON."""
    from kautilya.cli.terminal import Table, Verbatim

    if isinstance(block, Verbatim):
        return {"verbatim": block.text}
    if not isinstance(block, Table):
        return block
    columns = [[column.title, column.right] for column in block.columns]
    return {"title": block.title, "columns": columns, "rows": block.rows}


def as_block(data: Any) -> Any:
    """A block out of JSON."""
    from kautilya.cli.terminal import Column, Table, Verbatim

    if isinstance(data, str):
        return data
    if "verbatim" in data:
        return Verbatim(data["verbatim"])
    return Table(data["title"], [Column(*one) for one in data["columns"]], data["rows"])


def drawn(blocks: Sequence[Any], width: str) -> str:
    """Blocks as they look at a width, or in a pipe without one; without colour."""
    from kautilya.cli.terminal import show

    before = dict(os.environ)
    os.environ.pop("COLUMNS", None)
    os.environ.update({"NO_COLOR": "1"} | ({} if width == "pipe" else {"COLUMNS": width}))
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            show(blocks)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def prepared(folder: Path) -> None:
    """Outside files by a short name, a war of one's own with a row missing, predictions."""
    from kautilya import scenario
    from kautilya.estimation import outside

    (folder / "shared").symlink_to(outside.root().resolve())
    scenario.new("another_war", folder, "war")
    own = scenario.new("own_war", folder, "war") / "quantities.csv"
    rows = own.read_text(encoding="utf-8").splitlines(keepends=True)
    own.write_text("".join(row for row in rows if ",need.cover," not in row), encoding="utf-8")
    text = (ROOT / "docs/predictions/0.1.0.json").read_text(encoding="utf-8")
    (folder / "foretold.json").write_text(text, encoding="utf-8")


def screens(names: Sequence[str]) -> None:
    """Run the commands, all on one small run, and keep what they print."""
    SCREENS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        here = Path.cwd()
        prepared(Path(folder))
        os.chdir(folder)
        try:
            chosen = list(names or COMMANDS)
            if any("RUN" in COMMANDS[name] for name in chosen):
                chosen = list(dict.fromkeys(["run", *chosen]))
            if any("OWN" in COMMANDS[name] for name in chosen):
                blocks_of(["run", "another_war", *FEW, "--out", RUNS["OWN"]])
            for name in chosen:
                told = blocks_of([RUNS.get(word, word) for word in COMMANDS[name]])
                sys.stderr.write(f"{name}: {len(told)} blocks\n")
                if not names or name in names:
                    keep(name, told)
        finally:
            os.chdir(here)


def keep(name: str, told: Sequence[Any]) -> None:
    """A screen as data, and as it looks at each width."""
    text = json.dumps([as_data(one) for one in told], ensure_ascii=False, indent=1)
    (SCREENS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    for width in WIDTHS:
        (SCREENS / f"{name}-{width}.txt").write_text(drawn(told, width), encoding="utf-8")


def answers(names: Sequence[str]) -> None:
    """Work out the answers of some shipped scenarios, or of all, and keep each beside scenario.toml."""
    from kautilya import api, scenario
    from kautilya.scenario.library import STORED

    for name in names or scenario.names():
        found = api.answer(name)
        text = json.dumps(found, ensure_ascii=False, indent=1)
        (SHIPPED / name / STORED).write_text(text + "\n", encoding="utf-8")
        sys.stderr.write(f"{name}: {len(found['parts'])} statements\n")


def hindsight(words: Sequence[str]) -> None:
    """Judge the sentences as of the day they were said, and as of both editions; kept beside the
    later one. FUTURES: how many, by default 2,000."""
    from kautilya.claims import hindsight as rooms
    from kautilya.claims.judge import Asked

    futures = int(words[0]) if words else 2000
    found = rooms.then_and_now(FLAGSHIP, LATER, Asked(futures=futures))
    text = json.dumps(rooms.as_document(found), ensure_ascii=False, indent=1)
    (SHIPPED / LATER / rooms.STORED).write_text(text + "\n", encoding="utf-8")
    sys.stderr.write(f"{sum(one.moved for one in found.lines)} of {len(found.lines)} moved\n")


def redrawn(_: Sequence[str]) -> None:
    """Draw every kept screen again, after a change of the terminal alone."""
    for path in sorted(SCREENS.glob("*.json")):
        keep(path.stem, [as_block(one) for one in json.loads(path.read_text(encoding="utf-8"))])


def picture(_: Sequence[str]) -> None:
    """The picture of README and the figures in it, from the stored answer."""
    from kautilya.report import snapshot

    document = json.loads((SHIPPED / FLAGSHIP / "answer.json").read_text(encoding="utf-8"))
    (ROOT / "docs/answer.svg").write_text(snapshot.drawn(document), encoding="utf-8")
    readme = ROOT / "README.md"
    readme.write_text(
        snapshot.inserted(readme.read_text(encoding="utf-8"), document), encoding="utf-8"
    )


PARTS: dict[str, Callable[[Sequence[str]], None]] = {
    "answers": answers,
    "picture": picture,
    "screens": screens,
    "redrawn": redrawn,
    "hindsight": hindsight,
}


def main(words: list[str]) -> int:
    """Renew all of it, or one part."""
    if words and words[0] not in PARTS:
        sys.stderr.write(__doc__ or "")
        return 2
    for name in words[:1] or ["answers", "picture", "screens"]:
        PARTS[name](words[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
