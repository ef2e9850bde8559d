"""Text for its target: one function a target, and nowhere else is strange text prepared.

Terminal, Markdown, CSV, JSON and the specification of a chart stand here. HTML is made by the
templates of the report, which escape by themselves.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# C0, DEL, C1; line and paragraph separators; marks that turn the direction of writing; tags
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARKDOWN = re.compile(r"([\\`*_\[\]|~$]|(?<=:)/(?=/)|(?<=www)\.|(?<=\w)@(?=\w)|:(?=[a-z+_0-9]+:))")
LEADING = re.compile(r"^([#+=-]|\d+(?=[.)]))")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
Json = None | bool | int | float | str | list[Any] | dict[str, Any]
NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e"}


def _shown(found: re.Match[str]) -> str:
    sign = found[0]
    number = ord(sign)
    return NAMED.get(sign) or (
        f"\\x{number:02x}"
        if number < 256
        else f"\\u{number:04x}"
        if number < 65536
        else f"\\U{number:08x}"
    )


def terminal(text: object) -> str:
    """One line of text whose control and direction marks are shown, not obeyed."""
    return HIDDEN.sub(_shown, str(text))


def lines(text: object) -> str:
    """The same for text of several lines: line feeds stay."""
    return "\n".join(terminal(line) for line in str(text).split("\n"))


def markdown(text: object) -> str:
    """One line of text that Markdown and the HTML within it read as these letters, no more."""
    flat = " ".join(terminal(part) for part in str(text).split())
    out = LEADING.sub(_led, MARKDOWN.sub(r"\\\1", flat))
    return re.sub("[&<>]", lambda found: ENTITIES[found[0]], out)


def _led(found: re.Match[str]) -> str:
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def csv_cell(value: object) -> object:
    """A cell that no spreadsheet reads as a formula, and that stays in its row.

    Numbers stay numbers. A text that begins as a formula does is led by an apostrophe, as OWASP
    advises; marks that break a row or hide are shown as in `terminal`.
    """
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", terminal(value))
    led = text.lstrip().startswith(FORMULA) or value.startswith(FORMULA)
    return f"'{text}" if led and not NUMBER.fullmatch(text) else text


def tidy(value: object) -> Json:
    """The same of JSON types only: no NaN, no infinity, no half of a surrogate pair."""
    if isinstance(value, Mapping):
        return {_key(key): tidy(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [tidy(one) for one in value]
    if isinstance(value, str):
        return _whole(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _other(value)


def _other(value: Any) -> Json:
    """What numpy and pandas give, as JSON types; anything else as its text."""
    if hasattr(value, "tolist"):
        return tidy(value.tolist())
    if hasattr(value, "item"):
        return tidy(value.item())
    return _whole(str(value))


def _key(key: object) -> str:
    return "null" if key is None else _whole(str(key))


def _whole(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def as_json(value: object, indent: int | None = 1) -> str:
    """JSON as RFC 8259 has it, in ASCII."""
    return json.dumps(tidy(value), indent=indent, allow_nan=False)


def in_script(value: object) -> str:
    """JSON that may stand in a script element of HTML: no tag can begin or end in it."""
    text = json.dumps(tidy(value), separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
