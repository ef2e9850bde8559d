"""claims.toml: what was said, by whom and when, and the proposition that stands for it.

A claim has a `test` in the claim language, or says in `untestable` why the model cannot address it.
All mistakes of a file are listed at once, with their lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from kautilya.claims.language.checker import Checked, checked, needs
from kautilya.claims.language.syntax import ClaimError, parse
from kautilya.claims.vocabulary import Vocabulary, vocabulary
from kautilya.errors import KautilyaError
from kautilya.scenario.mistakes import Mistake, ScenarioErrors, near, shown
from kautilya.scenario.reading import MAX_TOML, contents, problems, text
from kautilya.scenario.schema import STRICT, Filled, Grade, Part, Slug, Status
from kautilya.scenario.toml_text import line_of
from kautilya.scenario.toml_text import parse as parse_toml

NAME = "claims.toml"


class Variant(BaseModel):
    """Another reading of the same sentence, with a test of its own."""

    model_config = STRICT
    id: Slug
    says: Filled
    test: Filled
    meaning: str = ""


class Row(BaseModel):
    """A [[claim]] of claims.toml.

    says        the claim in our words; at most a few are quoted
    said_on     day of what is said; page_on: of the page that carries it, where it is another
    meaning     what a vague word is taken to mean in the test
    untestable  why there is no test
    """

    model_config = STRICT
    id: Slug
    number: str = ""
    says: Filled
    said_by: Filled
    article: Slug
    sentences: list[str] = []
    said_on: date
    page_on: date | None = None
    test: str = ""
    meaning: str = ""
    variants: list[Variant] = Field(default=[], alias="variant")
    untestable: str = ""
    needs_observing: str = ""
    observed_since: str = ""
    parts: list[Part] = []
    grade: Grade
    status: Status = "alleged"
    source: Filled


class Sentence(BaseModel):
    """A sentence of an article, known by its first words; `reason` where no claim covers it."""

    model_config = STRICT
    number: Filled
    begins: Filled
    reason: str = ""


class Top(BaseModel):
    """The plain keys of claims.toml."""

    model_config = STRICT
    format: Literal[1] = Field(default=1, alias="schema")
    sentence: list[Sentence] = []


@dataclass(frozen=True)
class Claim:
    """A claim of a file, with its test checked; None where it is untestable."""

    row: Row
    line: int
    checked: Checked | None
    variants: tuple[tuple[Variant, Checked], ...]

    @property
    def id(self) -> str:
        """Its name."""
        return self.row.id


@dataclass(frozen=True)
class Claims:
    """The claims of a file, in its order, and the sentences that they cover."""

    path: Path
    vocabulary: Vocabulary
    items: tuple[Claim, ...]
    sentences: tuple[Sentence, ...]

    def __iter__(self) -> Iterator[Claim]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, name: str) -> Claim:
        found = next((one for one in self.items if one.id == name), None)
        if found is None:
            raise KautilyaError("--id", f"no claim {shown(name)} in {self.path.name}",
                                near(name, [one.id for one in self.items]))
        return found

    @property
    def testable(self) -> tuple[Claim, ...]:
        """Claims with a test."""
        return tuple(one for one in self.items if one.checked)

    @property
    def untestable(self) -> tuple[Claim, ...]:
        """Claims with a reason instead."""
        return tuple(one for one in self.items if not one.checked)

    @property
    def needs(self) -> tuple[str, ...]:
        """The cases to run beside the baseline, for all tests and variants."""
        return needs(test for one in self.testable
                     for test in (one.checked, *(made for _, made in one.variants)) if test)


def load(scenario: Any, file: str | Path | None = None) -> Claims:
    """The claims of a scenario, or of a file of one's own about it.

    scenario  kautilya.scenario.Scenario; file: by default claims.toml in its folder
    Raises ScenarioErrors with every mistake: file, line, what was found, what would be right.
    """
    path = Path(file) if file is not None else Path(scenario.folder) / NAME
    raw = contents(path.parent, path.name, MAX_TOML)
    said = raw if isinstance(raw, Mistake) else text(path.name, raw)
    read = said if isinstance(said, Mistake) else parse_toml(path.name, said)
    if isinstance(read, Mistake):
        raise ScenarioErrors(str(path), [read])
    words = vocabulary(scenario)
    data, where = read
    top, claims, mistakes = _rows(path.name, data, where)
    items = [_tested(path.name, row, lines, words, mistakes) for row, lines in claims]
    keys = [one.key for one in scenario.sources]
    mistakes += [Mistake(path.name, lines.of("source"), "source", f"{row.id}: source "
                         f"{shown(row.source)} is not in sources.csv",
                         near(row.source, keys, "Add it there, or write assumed"))
                 for row, lines in claims if row.source not in (*keys, "assumed")]
    if mistakes:
        raise ScenarioErrors(str(path), sorted(dict.fromkeys(mistakes), key=lambda m: m.line))
    return Claims(path, words, tuple(items), tuple(top.sentence))


def _rows(name: str, data: dict[str, Any], where: Any
          ) -> tuple[Top, list[tuple[Row, _Lines]], list[Mistake]]:
    """The plain keys, valid rows with their lines, and what is wrong with the others."""
    mistakes: list[Mistake] = []
    plain = {key: value for key, value in data.items() if key != "claim"}
    top = _valid(Top, plain, (), name, where, mistakes) or Top()
    values = data.get("claim", [])
    if not isinstance(values, list) or not values:
        line = line_of(where, ("claim",)) or 1
        return top, [], [*mistakes, Mistake(name, line, "claim", "there is no list of claims",
                                       "Write [[claim]] with two brackets")]
    rows = []
    for i, value in enumerate(values):
        row = _valid(Row, value, ("claim", i), name, where, mistakes)
        if row:
            rows.append((row, _Lines(where, i, line_of(where, ("claim", i)))))
    seen: dict[str, int] = {}
    for row, lines in rows:
        if seen.setdefault(row.id, lines.first) != lines.first:
            mistakes.append(Mistake(name, lines.of("id"), "id", f"the id {row.id} stands twice, "
                                    f"first in line {seen[row.id]}", "Give each its own id"))
    return top, rows, mistakes + list(_uncovered(name, top, rows, line_of(where, ("sentence",))))


def _uncovered(name: str, top: Top, rows: list[tuple[Row, _Lines]], first: int
               ) -> Iterator[Mistake]:
    """Sentences that nobody covers, and claims of a sentence that is not listed."""
    covered = {number for row, _ in rows for number in row.sentences}
    for one in top.sentence:
        if (one.number in covered) == bool(one.reason):
            said = "has a reason and claims" if one.reason else "is covered by no claim"
            yield Mistake(name, first, "sentence", f"sentence {one.number} {said}",
                          "Name it in the 'sentences' of a claim, or give a 'reason'")
    known = [one.number for one in top.sentence]
    for row, lines in rows if known else ():
        for number in row.sentences:
            if number not in known:
                yield Mistake(name, lines.of("sentences"), "sentences",
                              f"{row.id}: no sentence {shown(number)}", near(number, known))


def _valid(model: type[BaseModel], value: Any, place: tuple[str | int, ...], name: str,
           where: Any, mistakes: list[Mistake]) -> Any:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for at, found, remedy in problems(error, model):
            column = ".".join(str(part) for part in at)
            mistakes.append(Mistake(name, line_of(where, (*place, *at)) or 1, shown(column)[1:-1],
                                    found, remedy))
    return None


class _Lines(NamedTuple):
    """Where the keys of a claim stand."""

    where: Any
    number: int
    first: int

    def of(self, *path: str | int) -> int:
        return line_of(self.where, ("claim", self.number, *path)) or self.first


def _tested(name: str, row: Row, lines: _Lines, words: Vocabulary, mistakes: list[Mistake]
            ) -> Claim:
    """A claim with its tests checked; what is wrong with them joins the mistakes."""
    def wrong(column: str, found: str, remedy: str, line: int = 0) -> None:
        mistakes.append(Mistake(name, line or lines.first, column, f"{row.id}: {found}", remedy))

    def test(text: str, *path: str | int) -> Checked | None:
        try:
            return checked(parse(text, row.id), words)
        except ClaimError as error:
            wrong(f"test, column {error.column}", f"{error.found}, at {shown(error.pointed)}",
                  error.remedy, lines.of(*path))
            return None

    if bool(row.test) == bool(row.untestable):
        wrong("test", "both 'test' and 'untestable' are given" if row.test else
              "neither 'test' nor 'untestable' is given", "Give one of the two")
    if row.variants and not row.test:
        wrong("variant", "other readings of a claim without a test", "Give the claim a test")
    if row.page_on and row.page_on < row.said_on:
        wrong("page_on", "the page is older than what it says", "Let said_on be the earlier day")
    main = test(row.test, "test") if row.test else None
    others = [(one, test(one.test, "variant", i, "test")) for i, one in enumerate(row.variants)]
    return Claim(row, lines.first, main, tuple((one, made) for one, made in others if made))
