"""Build docs/claim-language.md from the grammar of claims and its tables of words.

python tools/build_claim_docs.py            write it
python tools/build_claim_docs.py --check    write nothing; exit code 1 if it is stale
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kautilya.claims.language.forms import CONSTRUCTS, QUANTITIES, REDUCERS
from kautilya.claims.language.syntax import DEEPEST, GRAMMAR, LONGEST

PAGE = Path(__file__).resolve().parents[1] / "docs" / "claim-language.md"
MADE = "<!-- made by tools/build_claim_docs.py; edit the code, not this page -->"
HEAD = f"""# The claim language

A claim is one condition on the outcomes of a model or on the record. It stands as `test = "..."`
in `claims.toml`. The text is parsed and checked; it is never run as code. At most {LONGEST:,}
characters and {DEEPEST} levels deep. Every mistake is told with its column and what would be
right.

- **Judged** future by future: a claim has a truth in each future, and a probability over them.
- **What is left open** (a time, a lever, a day of knowledge) is taken from what follows in the
  same condition: `a > b during 2024` means both.
- **Words** come from the scenario: actors, goods, sets, levers, declared outcomes, events. A
  quantity reads a declared outcome; where none tells what is asked, that is an error, not a
  guess.
- **Amounts, levels, means.** A flow is summed over its time. A stock or an index has a value at
  a time: write `at`, or a reducer. A price is a mean over its time. An outcome kept by year
  takes whole years.
- **Supplies** means at least the share `supplies` of `[claims]` in scenario.toml, 5 % unless it
  says otherwise, since every flow may be positive in a model with luck.
- **The record** counts an event by its status: alleged and denied ones only where a claim asks
  for them.

"""


def table(words: Mapping[str, Any], first: str) -> Iterator[str]:
    """A table of words, what they mean, and an example of each."""
    yield f"| {first} | what it means | example |"
    yield "|---|---|---|"
    for one in words.values():
        cells = (f"`{one[0]}`", one.says, f"`{one.example}`")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def page() -> str:
    """The whole page."""
    lines = [MADE, "", HEAD.rstrip(), "", "## Constructs", "", *table(CONSTRUCTS, "written")]
    lines += ["## Quantities", "", *table(QUANTITIES, "quantity")]
    lines += ["## Reducers", "", *table(REDUCERS, "reducer")]
    lines += [
        "## Grammar",
        "",
        "For the parser lark, as it is used:",
        "",
        "```text",
        GRAMMAR.read_text(encoding="utf-8").rstrip(),
        "```",
    ]
    return "\n".join(lines) + "\n"


def stale() -> bool:
    """Whether the page is not what the code says."""
    return not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(__doc__ or "")
        return 2
    if arguments:
        return int(stale())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
