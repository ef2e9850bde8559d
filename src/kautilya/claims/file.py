"""claims.toml: what was said, by whom and when, and the proposition that stands for it.

A claim has a `test` in the claim language, or says in `untestable` why the model cannot address it.
Its source stands in sources.csv of the scenario, or in a [[source]] of the file itself. All mistakes
of a file are listed at once, with their lines: those of a test also where its claim has others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from kautilya.claims.language.checker import Checked, checked, needs
from kautilya.claims.language.syntax import ClaimError, parse
from kautilya.claims.record import Vocabulary, vocabulary
from kautilya.disk import checksum
from kautilya.errors import KautilyaError
from kautilya.scenario.cells import Filled, Grade, Part, Slug, Status
from kautilya.scenario.mistakes import Mistake, ScenarioErrors, capped, near, shown
from kautilya.scenario.patch import claims_of
from kautilya.scenario.reading import MAX_TOML, contents, problems, text
from kautilya.scenario.scenario import Scenario
from kautilya.scenario.schema import STRICT, Source
from kautilya.scenario.toml_text import line_of
from kautilya.scenario.toml_text import parse as parse_toml

NAME = "claims.toml"
LONGEST = 80  # characters of an id
Model = TypeVar("Model", bound=BaseModel)
Where = dict[tuple[str | int, ...], int]

MOST = 1_000  # tables of one kind in a file of claims


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

    @property
    def tests(self) -> tuple[Checked, ...]:
        """Its test, if it has one, and those of its variants."""
        made = (self.checked, *(test for _, test in self.variants))
        return tuple(test for test in made if test)


@dataclass(frozen=True)
class Claims:
    """The claims of a file, in its order, and the sentences that they cover.

    digest   of the file
    """

    path: Path
    digest: str
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
            raise KautilyaError(
                "--id",
                f"no claim {shown(name)} in {self.path.name}",
                near(name, [one.id for one in self.items]),
            )
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
        return needs(test for one in self.testable for test in one.tests)


def load(scenario: Scenario, file: str | Path | None = None) -> Claims:
    """The claims of a scenario, or of a file of one's own about it.

    file   by default claims.toml in the folder of the scenario
    Raises ScenarioErrors with every mistake: file, line, what was found, what would be right.
    """
    path = Path(file) if file is not None else claims_of(Path(scenario.folder))
    page = _read(path)
    words = vocabulary(scenario)
    top, items = page.claims(words, [one.key for one in scenario.sources])
    if page.mistakes:
        raise ScenarioErrors(str(path), page.ordered())
    return Claims(path, page.digest, words, tuple(items), tuple(top.sentence))


def mistakes(folder: str | Path, scenario: Scenario | None) -> list[Mistake]:
    """What is wrong with the claims.toml of a folder; [] where nothing is, or there is none.

    scenario   None where it has mistakes of its own: then tests and sources are not looked at
    """
    path = claims_of(Path(folder))
    if not (path.exists() or path.is_symlink()):
        return []
    page = _read(path)
    page.claims(
        vocabulary(scenario) if scenario else None,
        [one.key for one in scenario.sources] if scenario else None,
    )
    return page.ordered()


def _read(path: Path) -> _Page:
    """A file as data with lines; one that cannot be read has the mistake that says why."""
    raw = contents(path.parent, path.name, MAX_TOML)
    said = raw if isinstance(raw, Mistake) else text(path.name, raw)
    read = said if isinstance(said, Mistake) else parse_toml(path.name, said)
    if isinstance(read, Mistake):
        page = _Page(path.name, None, {})
        page.mistakes.append(read)
        return page
    page = _Page(path.name, *read)
    page.digest = checksum(raw) if isinstance(raw, bytes) else ""
    for key, values in page.data.items():
        if isinstance(values, list) and len(values) > MOST:
            found = f"{len(values):,} tables [[{key}]]; at most {MOST:,} are read"
            page.wrong(page.line(key), key, found, "Split the file")
            page.data[key] = values[:MOST]
    return page


class _Page:
    """A file while it is read: its data, the lines of its keys, and what is wrong so far."""

    def __init__(self, name: str, data: dict[str, Any] | None, where: Where) -> None:
        self.name, self.data, self.where = name, data or {}, where
        self.readable = data is not None
        self.mistakes: list[Mistake] = []
        self.digest = ""

    def ordered(self) -> list[Mistake]:
        """What is wrong, each once, in the order of lines."""
        return capped(sorted(dict.fromkeys(self.mistakes), key=lambda one: one.line))

    def line(self, *path: str | int) -> int:
        """The line of a key, else of what is around it."""
        return line_of(self.where, path) or 1

    def wrong(self, line: int, column: str, found: str, remedy: str) -> None:
        """One more mistake."""
        self.mistakes.append(Mistake(self.name, line, column, found, remedy))

    def valid(
        self, model: type[Model], value: object, place: tuple[str | int, ...]
    ) -> Model | None:
        """A value as a model; what is wrong with it joins the mistakes."""
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for at, found, remedy in problems(error, model):
                column = shown(".".join(str(part) for part in at))[1:-1]
                self.wrong(self.line(*place, *at), column, found, remedy)
        return None

    def tables(self, key: str) -> list[object]:
        """The tables under [[key]]; none where there are none."""
        values = self.data.get(key, [])
        if isinstance(values, list):
            return values
        self.wrong(self.line(key), key, f"[{key}] with one bracket", f"Write [[{key}]] with two")
        return []

    def sources(self, known: list[str]) -> list[str]:
        """The keys of the sources that the file brings, beside those that the scenario knows."""
        keys: list[str] = []
        for i, value in enumerate(self.tables("source")):
            if isinstance(value, dict) and isinstance(value.get("date"), date):
                value = value | {"date": value["date"].isoformat()}
            row = self.valid(Source, value, ("source", i))
            said = row.key if row else value.get("key") if isinstance(value, dict) else None
            if not isinstance(said, str):
                continue
            if said in known or said in keys:
                place = "this file" if said in keys else "sources.csv of the scenario"
                self.wrong(
                    self.line("source", i, "key"),
                    "key",
                    f"the source {shown(said)} stands in {place} already",
                    "Leave it out here, or give it another key",
                )
            keys.append(said)
        return keys

    def claims(
        self, words: Vocabulary | None, sources: list[str] | None
    ) -> tuple[Top, list[Claim]]:
        """The plain keys and the claims that are in order; what is not joins the mistakes.

        words     of the scenario, sources: keys of its sources.csv; None where it has mistakes
        """
        if not self.readable:
            return Top(), []
        top = (
            self.valid(
                Top,
                {key: value for key, value in self.data.items() if key not in ("claim", "source")},
                (),
            )
            or Top()
        )
        own = self.sources(sources or [])
        items = self._claims(words, [*own, *sources] if sources is not None else None)
        self.covered(top)
        return top, items

    def _claims(self, words: Vocabulary | None, sources: list[str] | None) -> list[Claim]:
        values = self.data.get("claim", [])
        if not isinstance(values, list) or not values:
            self.wrong(
                self.line("claim"),
                "claim",
                "there is no list of claims",
                "Write [[claim]] with two brackets",
            )
            return []
        seen: dict[str, int] = {}
        out = []
        for i, value in enumerate(values):
            row = self.valid(Row, value, ("claim", i))
            if not isinstance(value, dict):
                continue
            said = value.get("id")
            short = isinstance(said, str) and 0 < len(said) <= LONGEST
            one = _Written(self, i, value, str(said) if short else f"claim {i + 1}")
            one.named_once(seen)
            if sources is not None:
                one.sourced(sources)
            main, others = one.tests(words)
            if row:
                one.agrees(row)
                variants = zip(row.variants, others, strict=True)
                out.append(
                    Claim(
                        row,
                        self.line("claim", i),
                        main,
                        tuple((variant, made) for variant, made in variants if made),
                    )
                )
        return out

    def covered(self, top: Top) -> None:
        """Each sentence is covered by a claim or has a reason; a claim names listed ones only."""
        values = self.data.get("claim", [])
        named = {
            (i, number): str(value.get("id"))
            for i, value in enumerate(values if isinstance(values, list) else [])
            if isinstance(value, dict) and isinstance(value.get("sentences"), list)
            for number in value["sentences"]
            if isinstance(number, str)
        }
        covered = {number for _, number in named}
        known = [one.number for one in top.sentence]
        for sentence in top.sentence:
            if (sentence.number in covered) == bool(sentence.reason):
                said = "has a reason and claims" if sentence.reason else "is covered by no claim"
                self.wrong(
                    self.line("sentence"),
                    "sentence",
                    f"sentence {sentence.number} {said}",
                    "Name it in the 'sentences' of a claim, or give a 'reason'",
                )
        for (i, number), name in named.items():
            if known and number not in known:
                self.wrong(
                    self.line("claim", i, "sentences"),
                    "sentences",
                    f"{shown(name)[1:-1]}: no sentence {shown(number)}",
                    near(number, known),
                )


@dataclass(frozen=True)
class _Written:
    """One [[claim]] as it was written, whether its fields are valid or not."""

    page: _Page
    number: int
    value: dict[str, Any]
    id: str

    def wrong(self, path: tuple[str | int, ...], column: str, found: str, remedy: str) -> None:
        """A mistake of this claim."""
        self.page.wrong(
            self.page.line("claim", self.number, *path), column, f"{self.id}: {found}", remedy
        )

    def named_once(self, seen: dict[str, int]) -> None:
        """Each id once."""
        first = self.page.line("claim", self.number)
        if seen.setdefault(self.id, first) != first:
            self.page.wrong(
                self.page.line("claim", self.number, "id"),
                "id",
                f"the id {self.id} stands twice, first in line {seen[self.id]}",
                "Give each its own id",
            )

    def sourced(self, known: list[str]) -> None:
        """The source is one of the scenario's, one of the file's, or assumed."""
        said = self.value.get("source")
        if isinstance(said, str) and said.strip() and said not in (*known, "assumed"):
            self.wrong(
                ("source",),
                "source",
                f"source {shown(said)} is not in sources.csv, and no [[source]] of this file",
                near(said, known, "Add a [[source]] with its key here, or write assumed"),
            )

    def agrees(self, row: Row) -> None:
        """What its fields say together."""
        if bool(row.test) == bool(row.untestable):
            self.wrong(
                (),
                "test",
                "both 'test' and 'untestable' are given"
                if row.test
                else "neither 'test' nor 'untestable' is given",
                "Give one of the two",
            )
        if row.variants and not row.test:
            self.wrong(
                (), "variant", "other readings of a claim without a test", "Give the claim a test"
            )
        if row.page_on and row.page_on < row.said_on:
            self.wrong(
                (),
                "page_on",
                "the page is older than what it says",
                "Let said_on be the earlier day",
            )

    def tests(self, words: Vocabulary | None) -> tuple[Checked | None, list[Checked | None]]:
        """Its test and those of its variants, checked; None where there is none in order."""
        variants = self.value.get("variant", [])
        listed = variants if isinstance(variants, list) else []
        return self._test(words, self.value.get("test"), "test"), [
            self._test(words, one.get("test"), "variant", i, "test")
            if isinstance(one, dict)
            else None
            for i, one in enumerate(listed)
        ]

    def _test(self, words: Vocabulary | None, text: object, *path: str | int) -> Checked | None:
        if not isinstance(text, str) or not text:
            return None
        try:
            said = parse(text, self.id)
            return checked(said, words) if words else None
        except ClaimError as error:
            self.wrong(
                path,
                f"test, column {error.column}",
                f"{error.found}, at {shown(error.pointed)}",
                error.remedy,
            )
            return None
