"""The kinds of cells: numbers, months, dates, codes. Each says what would be right.

Strict on purpose: Python's own float() takes "1_000", "nan" and digits of other scripts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def wrong(remedy: str) -> PydanticCustomError:
    """A validation error whose message is the remedy."""
    return PydanticCustomError("kautilya", "{remedy}", {"remedy": remedy})


def number(value: Any) -> Any:
    """Text of a cell -> float; numbers of TOML pass. Finite only."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise wrong("Give a number")
    if isinstance(value, str):
        text = value.strip()
        if not NUMBER.fullmatch(text):
            if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
                raise wrong("Give a finite number; leave the row out where none is known")
            raise wrong("Give a plain number such as 1500 or 0.25, with a point and no "
                        "thousands separator" if text else "Give a number; the cell is empty")
        value = float(text)
    try:
        value = float(value)
    except OverflowError:
        raise wrong("Give a finite number") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise wrong("Give a finite number; leave the row out where none is known")
    return value


def number_or_none(value: Any) -> Any:
    """As `number`; an empty cell is None."""
    return None if value is None or value == "" else number(value)


def month(value: str) -> str:
    """YYYY-MM."""
    match = MONTH.fullmatch(value)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        raise wrong("Write a month as YYYY-MM, such as 2024-08")
    return value


def day(value: str) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD, a date of the calendar."""
    match = DATE.fullmatch(value)
    try:
        if not match:
            raise ValueError
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        raise wrong("Write a date as YYYY, YYYY-MM or YYYY-MM-DD, such as 2024-08-10") from None
    return value


def link(value: str) -> str:
    """Empty or http(s)."""
    if value and not re.fullmatch(r"https?://\S+", value):
        raise wrong("Give an address that starts with https:// or http://, or leave it empty")
    return value


def _optional(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: check(value) if value else value


def _like(pattern: str, remedy: str) -> Any:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise wrong(remedy)
        return value

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"pattern": pattern})]


NAME = r"[a-z][a-z0-9_]{0,63}"
Number = Annotated[float, BeforeValidator(number)]
NumberOrNone = Annotated[float | None, BeforeValidator(number_or_none)]
Month = Annotated[str, AfterValidator(month)]
MonthOrNone = Annotated[str, AfterValidator(_optional(month))]
Day = Annotated[str, AfterValidator(day)]
DayOrNone = Annotated[str, AfterValidator(_optional(day))]
Link = Annotated[str, AfterValidator(link)]
Filled = _like(r"(?s).*\S.*", "Fill the cell; it may not be empty")
Unit = _like(r"(?s).*\S.*", "Give the unit; write 1 for a pure number")
Id = _like(r"[A-Za-z][A-Za-z0-9_.-]{0,79}",
           "Start an id with a letter; use letters, digits, '_', '-' and '.', at most 80")
Slug = _like(r"[a-z0-9]+(-[a-z0-9]+)*", "Use lower case letters, digits and '-', such as "
             "sole-supplier")
Name = _like(NAME, "Use lower case letters, digits and '_', starting with a letter, at most 64")
Stage = _like(r"([a-z0-9][a-z0-9_]{0,39})?", "Use lower case letters, digits and '_'")
Code = _like(r"[A-Z]{3}", "Use a three-letter code (ISO 3166 alpha-3), such as PRK")
Selector = _like(r"[^\s,;]*", "Name one label, or '*' or nothing for all")
Parameter = _like(rf"{NAME}\.{NAME}", "Write it as law.name, such as fire.rate, or opening.stock")
Part = _like(r"S\d\d", "Name system parts as S01 ... S23")
Mark = _like(r"[A-F][1-6]?|[1-6]", "Use a letter A-F, a digit 1-6, or both, such as F6")
Grade = _like(r"[A-F][1-6]", "Use an Admiralty grade: A-F for the source, 1-6 for the figure, "
                             "such as B2; F6 where it cannot be judged")
Status = Literal["confirmed", "reported", "alleged", "denied", "assumed", "computed", "imposed"]
