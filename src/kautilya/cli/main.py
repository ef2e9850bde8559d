"""`kautilya`: the commands. Heavy parts are imported when a command runs, so that help is quick."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kautilya import disk
from kautilya.cli import (
    catalogue,
    clashes,
    foresight,
    futures,
    gist,
    judgements,
    public_files,
    questions,
    records,
    revisions,
    serving,
    signals,
    uncertainty,
)
from kautilya.cli.door import refuse

ALL = {
    one.__name__: one
    for room in (
        gist,
        catalogue,
        clashes,
        foresight,
        futures,
        judgements,
        public_files,
        questions,
        records,
        revisions,
        serving,
        uncertainty,
    )
    for one in room.COMMANDS
}
DOORS = ("answer", "run", "why", "compare", "claims", "audit", "new", "serve")  # first of all
QUESTIONS = {  # which the other commands answer
    "What is there?": ("scenarios", "show", "glossary", "runs", "cache"),
    "My own case": ("check", "fill", "import", "update", "schema"),
    "What does the uncertainty do?": ("storylines", "sensitivity", "discover", "robust"),
    "Should I believe it?": (
        "history",
        "validate",
        "scoreboard",
        "backtest",
        "hindcast",
        "register",
        "resolve",
        "calibrate",
    ),  # fmt: skip
    "What do others say?": ("contradictions", "brief"),
    "What has changed?": ("diff",),
    "A run, again and elsewhere": ("resume", "report", "export", "query"),
}


def groups() -> dict[str, list[Any]]:
    """The commands by question, the main doors first; what no question names comes last."""
    found: dict[str, list[Any]] = {}
    left = dict(ALL)
    for title, names in {"Start here": DOORS, **QUESTIONS}.items():
        found[title] = [left.pop(name) for name in names if name in left]
    return found | ({"More": list(left.values())} if left else {})


TRACE = "KAUTILYA_TRACEBACK"  # a developer sees where a fault of the program is


class Commands(TyperGroup):
    """All commands; a mistake in an option is told as any other mistake is."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; its exit code is 0, or 2 for what the user can mend."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, prog_name, complete_var, False, windows_expand_args, **extra)
        except SystemExit as done:  # how Typer ends where the reader of a pipe has gone
            if not isinstance(done.__context__, BrokenPipeError):
                raise
            code = 0
        except Exception as error:
            if not hasattr(error, "format_message"):
                raise
            code = _usage(error, "--json" in words, words)
        if not standalone_mode:
            return code
        sys.exit(code if isinstance(code, int) else 0)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands by what they are about, with their first sentence whole."""
        for title, commands in groups().items():
            rows = [
                (one.__name__, " ".join((one.__doc__ or "").split("\n\n")[0].split()))
                for one in commands
            ]
            with formatter.section(title):
                formatter.write_dl(rows)


def _takes(context: Any, error: Any) -> str:
    """The options of a command, where one was typed that is like none of them."""
    if context is None or getattr(error, "possibilities", True):
        return ""
    options = [max(one.opts, key=len) for one in context.command.params]
    named = ", ".join(one for one in options if one.startswith("--"))
    return f"It takes {named}. " if named else ""


def _usage(error: Any, as_json: bool, words: Sequence[str]) -> int:
    """A mistake in the words of a command."""
    said = error.format_message().strip()
    if not said:  # no command at all: the help has been printed
        return 2
    said = said.rstrip(".") if not said.endswith("?.") else said[:-1]
    context = getattr(error, "ctx", None)
    name = context.command_path if context is not None else _meant(words)
    option = getattr(getattr(error, "param", None), "opts", None)
    place = max(option, key=len) if option else name
    remedy = f"{_takes(context, error)}See `{name} --help`"
    end = "" if said.endswith("?") else "."
    refuse({"place": place, "found": said, "remedy": remedy}, f"{said}{end} {remedy}.", as_json)
    return 2


def _meant(words: Sequence[str]) -> str:
    """The program, with the command that was typed: some mistakes do not say where they are."""
    first = next((one for one in words if not one.startswith("-")), "")
    return f"kautilya {first}" if first in ALL else "kautilya"


app = typer.Typer(
    name="kautilya",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Who runs out first, who will help them, at what price, and what would change the "
    "answer.\n\nStart with:  kautilya answer\n\n"
    "Every command but serve has --json. Exit code 0, or 2 for a mistake that you can mend.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"kautilya {version('kautilya')}")
        raise typer.Exit()


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="print the version and leave", callback=_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options of the program itself; see the help of `app`."""


@app.command("help", hidden=True)
def help_(
    context: typer.Context,
    command: Annotated[str, typer.Argument(help="a command; left out: all of them")] = "",
) -> None:
    """Explain a command, as `--help` does."""
    top: Any = context.find_root()
    one = top.command.get_command(top, command) if command else None
    if command and one is None:
        raise typer.BadParameter(f"There is no command {command!r}.")
    typer.echo(
        top.get_help()
        if one is None
        else one.get_help(top.__class__(one, info_name=command, parent=top))
    )


for _command in ALL.values():
    app.command()(_command)


def main(args: list[str] | None = None) -> Any:
    """Entry point of the command: 0 or 2 ends it, or 128 and the number of a signal; a mistake is
    one line."""
    _streams()
    if args is None:
        _apart()
        signals.watch()
        disk.sweep()
    code: Any = 0
    try:
        app(args=args, standalone_mode=True)
    except signals.Stopped as stopped:
        signals.end(stopped.number)
    except SystemExit as done:
        code = done.code
    except BrokenPipeError:
        _nowhere(sys.stdout)
    except Exception as error:
        if os.environ.get(TRACE):
            raise
        signals.heed()
        code = _fault(error)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF):
            _nowhere(sys.stdout)  # it is said once
    signals.heed()
    sys.exit(_flushed(code))


def _streams() -> None:
    """Closed streams lead nowhere; signs that a stream cannot hold are replaced."""
    lowest = os.open(os.devnull, os.O_RDWR)
    while lowest <= 2:  # or the next file that is opened would be written to by every print
        lowest = os.dup(lowest)
    os.close(lowest)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _apart() -> None:
    """Only what we say ourselves is an answer: what a library prints past Python leads nowhere, or
    to standard error where a developer looks."""
    try:
        if sys.stdout.fileno() != 1:
            return
    except (OSError, ValueError):
        return
    sys.stdout.flush()
    own, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(2 if os.environ.get(TRACE) else nowhere, 1)
    os.close(nowhere)
    lines = 1 if os.isatty(own) else -1
    sys.stdout = open(own, "w", lines, sys.stdout.encoding, "replace")  # noqa: SIM115
    vars(sys)["__stdout__"] = sys.stdout  # whose width is the terminal's


def _flushed(code: Any) -> Any:
    """What is still to be written is written now, where its failure can be told."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _nowhere(stream)
        except (OSError, ValueError) as error:
            _nowhere(stream)
            code = _fault(error)
    return code


def _nowhere(stream: Any) -> None:
    """What a stream still holds is dropped, so that the end of the program cannot fail on it."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        pass


def _fault(error: Exception) -> int:
    """One line for what no command has foreseen."""
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        said = f"{name}{error.strerror or error}"
    elif isinstance(error, MemoryError):
        said = "the memory is full. Free some, or ask for less"
    else:
        said = (
            f"internal error: {type(error).__name__}: {error}. It is a fault of the program; "
            f"please report it. {TRACE}=1 shows where it is"
        )
    try:
        refuse({}, f"{' '.join(said.split())}.", False)
    except (OSError, ValueError):
        _nowhere(sys.stderr)
    return 2


if __name__ == "__main__":
    main()
