"""Kinds of cells of the scenario format, strict on purpose: Python's own float() takes "1_000",
"nan" and digits of other scripts. Each kind says what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from kautilya.scenario import calendar

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MANTISSA = re.compile("[eE]")
LEAST, LARGEST = 1e-30, 1e30  # sizes of a number; beyond, its square or one over it may be none


def wrong(remedy: str) -> PydanticCustomError:
    """A validation error whose message is the remedy."""
    return PydanticCustomError("kautilya", "{remedy}", {"remedy": remedy})


def number(value: object) -> float:
    """Text of a cell -> float; numbers of TOML pass. Only what can be computed with (`sized`)."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise wrong("Give a number")
    if isinstance(value, str):
        value = _plain_number(value.strip())
    try:
        found = float(value)
    except OverflowError:
        raise wrong("Give a finite number") from None
    vanished = (
        found == 0.0 and isinstance(value, str) and re.search("[1-9]", MANTISSA.split(value)[0])
    )
    return sized(LEAST / 2 if vanished else found)


def sized(found: float) -> float:
    """The number itself: finite, and 0 or of a size whose square and inverse are numbers too."""
    if found != found or found in (float("inf"), float("-inf")):
        raise wrong("Give a finite number; leave the row out where none is known")
    if found and not LEAST <= abs(found) <= LARGEST:
        raise wrong(f"Give 0, or a number from {LEAST:g} to {LARGEST:g} in size")
    return found


def _plain_number(text: str) -> str:
    if NUMBER.fullmatch(text):
        return text
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise wrong("Give a finite number; leave the row out where none is known")
    raise wrong(
        "Give a plain number such as 1500 or 0.25, with a point and no thousands separator"
        if text
        else "Give a number; the cell is empty"
    )


def _end(found: float) -> float:
    """An end of a range: as `sized`, or none where it is infinite."""
    return found if abs(found) == float("inf") else sized(found)


def number_or_text(value: object) -> float | str | None:
    """As `number_or_none`; text that is no number stays, for one who knows whether it may be a month."""
    if isinstance(value, date):  # of TOML
        return value.isoformat()
    try:
        return number_or_none(value)
    except PydanticCustomError:
        if isinstance(value, str) and value.strip():
            return value.strip()
        raise


def number_or_none(value: object) -> float | None:
    """As `number`; an empty cell is None."""
    return None if value is None or value == "" else number(value)


def month(value: str) -> str:
    """YYYY-MM."""
    try:
        calendar.month_number(value)
    except ValueError as error:
        raise wrong(str(error)) from None
    return value


def moment(value: str) -> str:
    """YYYY-MM, or YYYY-MM-DD where a run goes by days or weeks."""
    return value if calendar.DAY.fullmatch(value) and day(value) else month(value)


def period(value: str) -> str:
    """A month, or a longer time: YYYY, YYYY-Q1; or a day."""
    if re.fullmatch(r"\d{4}|\d{4}-Q[1-4]", value, re.ASCII):
        return value
    return moment(value)


def day(value: str) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD, a date of the calendar."""
    try:
        calendar.first_day(value)
    except ValueError as error:
        raise wrong(str(error)) from None
    return value


def link(value: str) -> str:
    """Empty or http(s)."""
    if value and not re.fullmatch(r"https?://\S+", value):
        raise wrong("Give an address that starts with https:// or http://, or leave it empty")
    return value


def _optional(check: Callable[[str], str]) -> Callable[[str], str]:
    return lambda value: check(value) if value else value


class Like(NamedTuple):
    """Text of a pattern, and the remedy for text that is not; for the metadata of a cell."""

    pattern: str
    remedy: str

    def check(self, value: str) -> str:
        """The text itself; a validation error where the pattern does not fit."""
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise wrong(self.remedy)
        return value

    def __get_pydantic_core_schema__(
        self, source: type, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"pattern": self.pattern}


NAME = r"[a-z][a-z0-9_]{0,63}"
Number = Annotated[float, BeforeValidator(number)]
Sized = Annotated[float, AfterValidator(sized)]
Open = Annotated[float, AfterValidator(_end)]
NumberOrNone = Annotated[float | None, BeforeValidator(number_or_none)]
NumberOrMonth = Annotated[float | str | None, BeforeValidator(number_or_text)]
Month = Annotated[str, AfterValidator(month)]
Moment = Annotated[str, AfterValidator(moment)]
MomentOrNone = Annotated[str, AfterValidator(_optional(moment))]
Period = Annotated[str, AfterValidator(period)]
Day = Annotated[str, AfterValidator(day)]
DayOrNone = Annotated[str, AfterValidator(_optional(day))]
YearOrNone = Annotated[str, Like(r"(\d{4})?", "Write the year as 2021, or leave it empty")]
Link = Annotated[str, AfterValidator(link)]
Filled = Annotated[str, Like(r"(?s).*\S.*", "Fill the cell; it may not be empty")]
Person = Annotated[str, Like(r"(?s)(?=.*\S).{1,120}", "Give a name of at most 120 characters")]
Unit = Annotated[str, Like(r"(?s).*\S.*", "Give the unit; write 1 for a pure number")]
Id = Annotated[
    str,
    Like(
        r"[A-Za-z][A-Za-z0-9_.-]{0,79}",
        "Start an id with a letter; use letters, digits, '_', '-' and '.', at most 80",
    ),
]
Slug = Annotated[
    str,
    Like(
        r"[a-z0-9]+(-[a-z0-9]+)*", "Use lower case letters, digits and '-', such as sole-supplier"
    ),
]
Name = Annotated[
    str, Like(NAME, "Use lower case letters, digits and '_', starting with a letter, at most 64")
]
Stage = Annotated[
    str, Like(r"([a-z0-9][a-z0-9_]{0,39})?", "Use lower case letters, digits and '_'")
]
Code = Annotated[str, Like(r"[A-Z]{3}", "Use a three-letter code (ISO 3166 alpha-3), such as PRK")]
Label = Annotated[
    str, Like(r"[^\s,;]*", "Name one label, without spaces, or '*' or nothing for all")
]
Parameter = Annotated[
    str, Like(rf"{NAME}\.{NAME}", "Write it as law.name, such as fire.rate, or opening.stock")
]
Part = Annotated[str, Like(r"S\d\d", "Name system parts as S01 ... S23")]
Mark = Annotated[
    str, Like(r"[A-F][1-6]?|[1-6]", "Use a letter A-F, a digit 1-6, or both, such as F6")
]
Grade = Annotated[
    str,
    Like(
        r"[A-F][1-6]",
        "Use an Admiralty grade: A-F for the source, 1-6 for the figure, such as B2; "
        "F6 where it cannot be judged",
    ),
]
Status = Literal["confirmed", "reported", "alleged", "denied", "assumed", "computed", "imposed"]
