"""The answer as one small picture (SVG) and as the lines of README, both from the stored answer.

Neither runs anything: they draw what `kautilya answer --json` gives. The picture carries a digest
of what it shows, so that a test sees when it is out of date.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from kautilya.report.parts import render
from kautilya.wording import many

BEGIN = "<!-- answer: made by tools/build_screens.py picture -->"
END = "<!-- end of answer -->"
WIDE = 96  # letters of a line of the picture
LINE, ROW, GAP, HEAD = 20, 26, 14, 64  # heights
NOTE = (  # whose numbers these are
    "{futures:,} futures of {version}, as of {as_of}; marked *stored*, made again by "
    "`kautilya answer --fresh`"
)


def shown(document: Mapping[str, Any]) -> str:
    """A digest of what the picture shows."""
    keys = ("question", "futures", "as_of", "version")
    parts = [[one["says"], one["trust"], one["bars"]] for one in document["parts"]]
    text = json.dumps([[document[key] for key in keys], parts], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def drawn(document: Mapping[str, Any]) -> str:
    """The picture: each statement, its shares as bars with their ranges, its trust line."""
    blocks, y = [], HEAD
    for one in document["parts"]:
        block, y = _block(one, y)
        blocks.append(block)
    foot = f"{many(document['futures'], 'future')}, known up to {document['as_of']}. Bars: shares; thin lines: 90 of 100 futures."
    return render(
        "snapshot.jinja",
        shows=shown(document),
        title=textwrap.wrap(str(document["question"]), WIDE),
        blocks=blocks,
        foot=foot,
        height=y + LINE,
    )


def _block(one: Mapping[str, Any], y: int) -> tuple[dict[str, Any], int]:
    lines = [(y + LINE * k, text) for k, text in enumerate(textwrap.wrap(one["says"], WIDE))]
    y += LINE * len(lines)
    bars = [{**bar, "y": y + ROW * k} for k, bar in enumerate(one["bars"])]
    y += ROW * len(bars)
    trust = [(y + LINE * k, text) for k, text in enumerate(textwrap.wrap(one["trust"], WIDE + 10))]
    return {"lines": lines, "bars": bars, "trust": trust}, y + LINE * len(trust) + GAP


def lines_of(document: Mapping[str, Any]) -> str:
    """The statements as a quotation in Markdown, each with its trust line in small letters."""
    out = []
    for one in document["parts"]:
        out += [f"> {one['says']}  ", f"> *{one['trust']}*", ">"]
    note = NOTE.format(**document)
    return "\n".join([*out[:-1], "", f"({note}.)"])


def inserted(page: str, document: Mapping[str, Any]) -> str:
    """A page with the answer between its two marks; as it was where it has none."""
    if BEGIN not in page or END not in page:
        return page
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{lines_of(document)}\n{END}{rest.partition(END)[2]}"


def current(picture: str, document: Mapping[str, Any]) -> bool:
    """Whether a picture shows this answer."""
    return f'data-shows="{shown(document)}"' in picture


def words(parts: Sequence[Mapping[str, Any]]) -> int:
    """Words of the statements and of their trust lines."""
    said = " ".join(f"{one['says']} {one['trust']}" for one in parts)
    return sum(any(sign.isalnum() for sign in word) for word in said.split())
