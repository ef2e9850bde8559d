"""Months and days: parsed here and nowhere else.

A month is YYYY-MM; inside it is the number of months since year 0. A date may lack its month
or its day: it then means a span, from `first_day` to `last_day`. Digits of other scripts,
signs, blanks and missing zeros are refused everywhere alike.
"""

from __future__ import annotations

import calendar
import re
from datetime import date

MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MONTH_REMEDY = "Write a month as YYYY-MM, such as 2024-08"
DATE_REMEDY = "Write a date as YYYY, YYYY-MM or YYYY-MM-DD, such as 2024-08-10"
DAY_REMEDY = "Write a day as YYYY-MM-DD, such as 2024-08-10"


def month_number(text: str) -> int:
    """Months since year 0 of YYYY-MM. ValueError for anything else, also for month 13."""
    match = MONTH.fullmatch(text)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        raise ValueError(MONTH_REMEDY)
    return int(match[1]) * 12 + int(match[2]) - 1


def month_text(number: int) -> str:
    """YYYY-MM of months since year 0."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def months(first: str, last: str) -> tuple[str, ...]:
    """All months from the first to the last, both included."""
    return tuple(month_text(m) for m in range(month_number(first), month_number(last) + 1))


def month_of(day: date) -> str:
    """The month in which a day lies."""
    return f"{day.year:04d}-{day.month:02d}"


def day(text: str) -> date:
    """The day of YYYY-MM-DD. ValueError for anything else."""
    if not DAY.fullmatch(text):
        raise ValueError(DAY_REMEDY)
    return first_day(text)


def first_day(text: str) -> date:
    """The first day that a date may mean. ValueError for what is no date of the calendar."""
    match = DATE.fullmatch(text)
    try:
        if not match:
            raise ValueError
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        raise ValueError(DATE_REMEDY) from None


def last_day(text: str) -> date:
    """The last day that a date may mean. ValueError for what is no date of the calendar."""
    first = first_day(text)
    if len(text) == len("YYYY-MM-DD"):
        return first
    if len(text) == len("YYYY-MM"):
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first.replace(month=12, day=31)
