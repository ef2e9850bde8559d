"""What is said: a pasted text beside the claims that were judged, and a claim of one's own.

Nothing is asserted that is not a claim of the scenario or the reader's own, and no model reads the
text. An own claim is written in the claim language; it is judged on the run that is open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from kautilya.errors import KautilyaError
from kautilya.web.passages import LONGEST, Known, Matcher, sentences
from kautilya.web.site import Cells, Site

if TYPE_CHECKING:
    from kautilya.claims.court import Court
    from kautilya.claims.file import Claim, Claims
    from kautilya.claims.language.checker import Checked
    from kautilya.claims.record import Vocabulary

Progress = Callable[[int, int], None]
SHOWN = 3  # figures that decide
MOSTLY = 0.8  # of an article's sentences that a copy of it has


class Sayings:
    """The claims of a site's scenario, ready to be looked for, and the court for new ones."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = Lock()  # the court keeps what it ran
        self._convened = Event()

    def warm(self) -> None:
        """Read what the first text and the first claim need."""
        _ = self.matcher, self.vocabulary

    @property
    def _claims(self) -> Claims | None:
        from kautilya.claims.file import NAME, load

        scenario = self._site.scenario
        there = (Path(scenario.folder) / NAME).is_file()
        return self._site.once("claims", lambda: load(scenario) if there else None)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that a claim may use."""
        from kautilya.claims.record import vocabulary

        return self._site.once("vocabulary", lambda: vocabulary(self._site.scenario))

    @property
    def matcher(self) -> Matcher:
        """The claims of the scenario, ready to be looked for in a text."""
        return self._site.once("matcher", self._matcher)

    def _matcher(self) -> Matcher:
        claims = self._claims
        if claims is None:
            return Matcher([])
        begins = {one.number: one.begins for one in claims.sentences}
        known = []
        for one in claims:
            texts = (one.row.says, *(variant.says for variant, _ in one.variants))
            starts = tuple(begins[number] for number in one.row.sentences if number in begins)
            known.append(Known(one.id, texts, starts))
        return Matcher(known)

    def examples(self) -> list[Cells]:
        """The articles that the scenario's claims are from, as texts to try: the article itself where
        a copy lies on this machine (`articles/` of the outside folder), else its claims as the
        scenario restates them, sentence by sentence."""
        return self._site.once("examples", lambda: list(map(self._example, self._articles())))

    def _articles(self) -> list[list[Claim]]:
        """The claims of each article in the order of its sentences; those of no sentence only where
        none has one."""
        claims = [one for one in self._claims or () if one.row.sentences] or list(
            self._claims or ()
        )
        claims.sort(key=lambda one: _places(one.row.sentences))
        named: dict[str, list[Claim]] = {}
        for one in claims:
            named.setdefault(one.row.article, []).append(one)
        return list(named.values())

    def _example(self, claims: Sequence[Claim]) -> Cells:
        first = claims[0].row
        numbers = {number for one in claims for number in one.row.sentences}
        begins = [one.begins for one in self._claims.sentences if one.number in numbers]  # type: ignore[union-attr]
        copy = _copy(begins)
        restated = "\n".join(dict.fromkeys(one.row.says for one in claims))
        return {
            "id": first.article,
            "says": f"{first.article.replace('-', ' ')}, {first.said_on}, "
            + ("a copy on this machine" if copy else "restated"),
            "text": copy or restated,
        }

    def read(self, text: str) -> list[Cells]:
        """A text sentence by sentence: the claims that each says, with what was judged of them."""
        says = {one.id: one.row.says for one in self._claims or ()}
        judged = self._site.verdicts()
        out: list[Cells] = []
        for sentence in sentences(text):
            found = self.matcher.match(sentence)
            claims = [_shown(name, says, judged) for name in found.claims]
            out.append({"sentence": sentence, "claims": claims, "covered": bool(claims)})
        return out

    def words(self) -> Cells:
        """What may stand in a claim, for completion: each word, what it is, and an example."""
        from kautilya.claims.language.forms import CONSTRUCTS, FORMS
        from kautilya.scenario.lexicon import Names
        from kautilya.wording import name

        known, names = self.vocabulary, Names(self._site.scenario)
        forms = [
            {"word": word, "says": one.says, "form": one.form, "example": one.example}
            for word, one in FORMS.items()
        ]
        says = {one.id: name(one.says) for one in self._site.scenario.levers}
        rows = [(code, names.of(code)) for code in known.actors]
        rows += [(good, names.of(good)) for good in known.units]
        rows += [
            (one, "set: " + ", ".join(members[:4])) for one, (_, members) in known.sets.items()
        ]
        rows += [(one, name(found.says)) for one, found in known.outcomes.items()]
        rows += [(lever, says.get(lever, "")) for lever in known.levers]
        rows += [(one.written, one.says) for one in CONSTRUCTS.values()]
        return {"forms": forms, "words": [{"word": word, "says": said} for word, said in rows]}

    def checked(self, test: str) -> Checked:
        """A claim, read and checked. Raises ClaimError with column and remedy."""
        from kautilya.claims.language.checker import checked
        from kautilya.claims.language.syntax import parse

        return checked(parse(test, "your claim"), self.vocabulary)

    @property
    def _court(self) -> Court:
        from kautilya.claims.court import Court, Reruns, stored
        from kautilya.claims.record import record

        site = self._site
        if site.run is None:
            raise KautilyaError("run", "no run is open", "Open a run: kautilya serve RUN")

        def make() -> Court:
            run = stored(site.scenario, site.run).run
            return Court(site.scenario, run, record(site.scenario), Reruns.of(site.scenario, run))

        return site.once(f"court {site.run}", make)

    def convene(self) -> None:
        """Read in the background what a verdict needs, once."""
        if self._site.run is not None and not self._convened.is_set():
            self._convened.set()
            Thread(target=self._convene, daemon=True, name="kautilya-court").start()

    def _convene(self) -> None:
        with suppress(Exception):  # what fails here fails again, and is told, with a claim
            _ = self._court.given

    def judge(self, test: str, says: str, progress: Progress) -> Cells:
        """A verdict on a claim of one's own, without the runs that its badge would need.

        Raises KautilyaError where the claim is wrong or no run is open.
        """
        from kautilya.claims.court import Question
        from kautilya.claims.file import Row
        from kautilya.claims.verdict import decided_on

        checked, court = self.checked(test), self._court
        row = Row(
            id="own-claim",
            says=says.strip() or test,
            said_by="you",
            article="own",
            said_on=self._site.scenario.head.as_of,
            test=test,
            grade="F6",
            source="you",
        )
        with self._lock, court.reruns:
            asked = [Question(row, "", checked)]
            found = decided_on(replace(court, progress=progress), asked, True)["own-claim"]
        return {**_own(found.as_json()), "test": test}


def _places(numbers: Sequence[str]) -> list[int]:
    """Where a claim's first sentence stands: article, sentence."""
    return [int(part) for part in re.findall(r"\d+", numbers[0])] if numbers else []


def _copy(begins: Sequence[str]) -> str:
    """The text of the outside folder in which nearly all of these sentences begin; "" without one."""
    from kautilya.estimation import outside
    from kautilya.scenario import reading

    folder = outside.root() / "articles"
    for path in sorted(folder.glob("*.txt")) if begins else ():
        data = reading.contents(folder, path.name, LONGEST)
        said = reading.text(path.name, data) if isinstance(data, bytes) else ""
        if isinstance(said, str) and sum(one in said for one in begins) >= MOSTLY * len(begins):
            return said
    return ""


def _own(said: Mapping[str, object]) -> Cells:
    """What the page shows of a verdict."""
    decisive = said["decisive"]
    assert isinstance(decisive, list)
    return {
        "says": said["says"],
        "verdict": said["verdict"],
        "because": said["because"],
        "probability": said["probability"],
        "error": said["mc_error"],
        "likelihood": said["likelihood"],
        "confidence": said["confidence"],
        "futures": said["futures"],
        "kind": said["kind"],
        "evidence": said["evidence"],
        "decides": [one["says"] for one in decisive[:SHOWN]],
    }


def _shown(name: str, says: dict[str, str], judged: dict[str, Cells]) -> Cells:
    return {"id": name, "says": says[name], **_trust(judged.get(name))}


def _trust(row: Cells | None) -> Cells:
    """Verdict, probability and what it rests on, in words."""
    if row is None:
        return {"verdict": "not judged yet", "rests_on": "", "probability": None}
    return {
        "verdict": row.get("verdict", ""),
        "probability": row.get("probability"),
        "rests_on": row.get("badge", ""),
    }
