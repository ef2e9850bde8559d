"""When something happens, as a run counts it: steps from its first, a month of the calendar, or never."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kautilya.scenario.calendar import MONTH, month_number
from kautilya.scenario.mistakes import shown
from kautilya.scenario.rules import MAX_MONTHS

if TYPE_CHECKING:
    from kautilya.scenario.schema import Head

NEVER = MAX_MONTHS  # as many as a run may have
FORM = "2024-09"  # a month, where one is shown
ROUNDING = 1e-9  # of a number that was converted, as 100 years are


class Clock(NamedTuple):
    """How a run counts when something happens. A fraction is a part of a step: ranges draw such.

    first   its first month (or day); step: what is counted, from the first, which is 0
    """

    first: str
    step: str = "month"

    @classmethod
    def of(cls, head: Head) -> Clock:
        """The clock of a scenario."""
        return cls(head.start[:7] if head.step == "month" else head.start, head.step)

    @property
    def remedy(self) -> str:
        """What to write where a month of the calendar is taken: `--set` and levers."""
        if self.step != "month":
            return self.counted()
        return f"Write a month as {max(FORM, self.first)}, not before {self.first}, or never"

    def counted(self, like: str = FORM) -> str:
        """What to write where a number is wanted: a cell of a table; like: a month that was meant.

        >>> Clock("2022-02").counted("2024-09")
        'Count months from 2022-02 as 0: 2024-09 is 31, and 1200 is never'
        """
        said = ""
        if self.step == "month":
            try:
                month_number(like[:7])
            except ValueError:
                like = FORM
            month = max(like[:7], self.first)
            said = f"{month} is {month_number(month) - month_number(self.first)}, and "
        return f"Count {self.step}s from {self.first} as 0: {said}{NEVER} is never"

    def steps(self, text: str) -> float | None:
        """Steps until a month of the calendar, or "never" in any case; None for other text.

        Raises ValueError, with the finding, for a month before the first or of no calendar, and for
        one so late that its number would say never.
        """
        if text.casefold() == "never":
            return float(NEVER)
        if self.step != "month" or not MONTH.fullmatch(text):
            return None
        try:
            found = float(month_number(text) - month_number(self.first))
        except ValueError:
            raise ValueError(f"{shown(text)} is no month") from None
        if wrong := self.amiss(found, shown(text)):
            raise ValueError(wrong)
        return found

    def amiss(self, value: float, said: str = "") -> str:
        """What is wrong with a number of steps, as it was `said`; "" for nothing.

        >>> Clock("2022-02").amiss(202409)
        '202409 is 202,409 months from 2022-02, and 1200 is never'
        """
        said = said or f"{value:.10g}"
        if value < 0:
            return f"{said} is before the first {self.step}, {self.first}"
        if value <= NEVER * (1 + ROUNDING):
            return ""
        return f"{said} is {value:,.10g} {self.step}s from {self.first}, and {NEVER} is never"


WRITTEN = re.compile(r"\d{4}[-/]\d{1,2}(?:[-/]\d{1,2})?|never", re.ASCII | re.IGNORECASE)


def in_words(text: str) -> bool:
    """Whether text is written as a date of the calendar or as "never", where a number is wanted."""
    return bool(WRITTEN.fullmatch(text))
