"""Months and days: parsed here and nowhere else.

A month is YYYY-MM; inside it is the number of months since year 0. A date may lack its month
or its day: it then means a span, from `first_day` to `last_day`. Digits of other scripts,
signs, blanks and missing zeros are refused everywhere alike.

A run goes by steps of a day, a week, a month, a quarter or a year. A step is named by its end: a
day or a week by its last day, the others by their last month.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MONTH_REMEDY = "Write a month as YYYY-MM, such as 2024-08"
DATE_REMEDY = "Write a date as YYYY, YYYY-MM or YYYY-MM-DD, such as 2024-08-10"
STEP_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}
STEP_MONTHS = {"month": 1, "quarter": 3, "year": 12}
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


def steps(first: str, last: str, step: str) -> tuple[str, ...]:
    """Names of all whole steps from the first day of `first` to the last day of `last`.

    first, last   YYYY-MM or YYYY-MM-DD; step: a key of STEP_DAYS
    """
    if step == "month":
        return months(first[:7], last[:7])
    if step in STEP_MONTHS:
        size = STEP_MONTHS[step]
        begin, end = month_number(first[:7]), month_number(last[:7])
        return tuple(month_text(m) for m in range(begin + size - 1, end + 1, size))
    size = int(STEP_DAYS[step])
    count = ((last_day(last) - first_day(first)).days + 1) // size
    ends = (first_day(first) + timedelta(days=size * (i + 1) - 1) for i in range(count))
    return tuple(end.isoformat() for end in ends)


def place(text: str) -> float:
    """Where a month or a day lies: months since year 0, a day with its share of the month."""
    number = month_number(text[:7])
    if len(text) == 7:
        return float(number)
    first = day(text)
    return number + (first.day - 1) / calendar.monthrange(first.year, first.month)[1]


def within(text: str, step: str) -> tuple[str, ...]:
    """Names of the steps of a day, month, quarter or year whose last day lies in a span.

    text   YYYY, YYYY-Q1 to YYYY-Q4, YYYY-MM or YYYY-MM-DD; () where it is shorter than a step
    """
    first, last = span(text)
    if (last - first).days + 1 < 0.9 * STEP_DAYS[step]:
        return ()
    if step in STEP_MONTHS:
        return steps(month_of(first), month_of(last), step)
    return steps(first.isoformat(), last.isoformat(), step)


QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)


def span(text: str) -> tuple[date, date]:
    """First and last day of YYYY, YYYY-Q1, YYYY-MM or YYYY-MM-DD. ValueError for anything else."""
    match = QUARTER.fullmatch(text)
    if not match:
        return first_day(text), last_day(text)
    year, last = int(match[1]), 3 * int(match[2])
    return date(year, last - 2, 1), last_day(f"{year:04d}-{last:02d}")


def after(one: str, other: str) -> bool:
    """Whether one time begins only after the other has ended."""
    return span(one)[0] > span(other)[1]


def length(text: str) -> float:
    """Days of a year, quarter, month or day as the units of rates count them."""
    if "Q" in text:
        return STEP_DAYS["quarter"]
    return STEP_DAYS[{4: "year", 7: "month"}.get(len(text), "day")]
