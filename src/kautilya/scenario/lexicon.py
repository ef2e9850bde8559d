"""Plain English for everything that a reader may meet: the one table of names of a scenario.

Nothing is guessed from spelling. A law, its parameters, records, variables and labels are named
where the law declares them (`plain`, `doc`, `words`), goods and stages in goods.csv, states in
actors.csv, outcomes and levers by what they say in scenario.toml; badges and other words of the
trade in `wording.GLOSSARY`. What stands after ";" explains a name and is no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from kautilya import wording
from kautilya.scenario.scenario import EVERY, Scenario

if TYPE_CHECKING:
    from kautilya.core.law import Law
    from kautilya.scenario.schema import Quantity, Selector

SLOT = re.compile(r"\{(\w+)\??\}")
OPENING = "opening stock"
CODE = re.compile(r"\w+(?:-\w+)*(?:-\*)?")  # words that hyphens join: perhaps an id, or many
BESIDE = re.compile(r"""^\s*id\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)
PACE = re.compile(r" (?:a|an|per|each|in a) (?:day|week|month|quarter|year)\b")
NUMBER = re.compile(r"(?P<name>\w+)(?:\[(?P<labels>[^]]*)\])?(?:@(?P<time>[\d-]+))?", re.ASCII)


class Names:
    """The names of one scenario.

    from kautilya import scenario
    from kautilya.scenario.lexicon import Names

    names = Names(scenario.load("russia_dprk_2024"))
    names.of("PRK")                               # North Korea
    names.of("tube_round")                        # rounds for tube artillery
    names.parameter("choice.on_politics", label="enemy")
                                                  # weight of a common enemy in the decision
    names.number("rounds[RUS,tube_round]@2025-12")
    """

    def __init__(self, scenario: Scenario) -> None:
        from kautilya.mechanisms import registry

        self.scenario = scenario
        self.laws: Mapping[str, Law] = registry()

    @cached_property
    def _plain(self) -> dict[str, str]:
        """States and goods."""
        out = {one.code: one.name for one in self.scenario.actors}
        for row in self.scenario.goods:
            out.setdefault(row.good, wording.label(row.good, row.description))
        return out

    @cached_property
    def _stages(self) -> dict[tuple[str, str], str]:
        """(good, stage): what goods.csv says of it after the name of the good."""
        return {
            (row.good, row.stage): row.description.partition(":")[2].strip()
            for row in self.scenario.goods
        }

    def of(self, code: str, dim: str = "") -> str:
        """A state, a good, or a label of the dim `dim`."""
        if code in self._plain:
            return self._plain[code]
        for law in self.laws.values():
            if code in law.words and (not dim or code in law.labels.get(dim, ())):
                return law.words[code]
        return code.replace("_", " ")

    def unit(self, text: str) -> str:
        """A unit with its goods by their names."""
        return re.sub(r"[A-Za-z]\w*", lambda found: self.of(found[0]), text)

    def stage(self, good: str, stage: str) -> str:
        """What a stage of a good is, such as: stored, good condition."""
        return self._stages.get((good, stage)) or stage.replace("_", " ")

    def law(self, name: str) -> str:
        """A law as it stands in a sentence."""
        return self.laws[name].plain if name in self.laws else name.replace("_", " ")

    def parameter(self, name: str, **labels: str) -> str:
        """A parameter or record `law.name`; labels: actor, partner, good, stage, label, month."""
        law, _, own = name.partition(".")
        if name == "opening.stock":
            good = labels.get("good", "")
            at = self.stage(good, labels.get("stage", "")) if labels.get("stage") else ""
            what = ", ".join(filter(None, (self.of(good) if good else "", at)))
            said = f"{OPENING} of {what}" if what else OPENING
            return _with(said, [self.of(one) for one in _given(labels, "actor")])
        doc = next(
            (
                one.doc
                for one in (
                    *self._params(law),
                    *(self.laws[law].series if law in self.laws else ()),
                )
                if one.name == own
            ),
            own.replace("_", " "),
        )
        return self._filled(law, doc, labels)

    def _params(self, law: str) -> tuple:
        return self.laws[law].params if law in self.laws else ()

    def _filled(self, law: str, doc: str, labels: Mapping[str, str]) -> str:
        """A name with its dims filled in, and the other labels behind it."""
        own = self.laws[law] if law in self.laws else None
        used: set[str] = set()

        def word(found: re.Match[str]) -> str:
            members = own.labels.get(found[1], ()) if own else ()
            named = [
                one for one in _given(labels, "label", "good") if not members or one in members
            ]
            used.update(named)
            said = [own.words.get(one) or self.of(one) if own else one for one in named]
            return wording.listed(said) if said else f"each {found[1].replace('_', ' ')}"

        said = SLOT.sub(word, wording.name(doc))
        rest = [
            (own.words.get(one) if own and key == "label" else None) or self.of(one)
            for key in ("actor", "partner", "good", "label")
            for one in _given(labels, key)
            if one not in used
        ]
        rest += [self.stage(labels.get("good", ""), one) for one in _given(labels, "stage")]
        rest += [f"from {one}" for one in _given(labels, "month")]
        return _with(said, rest)

    def figure(self, row: Quantity | Selector) -> str:
        """A row of quantities.csv, or the selector of a lever: its parameter with its labels."""
        keys = ("actor", "partner", "good", "stage", "label", "month")
        return self.parameter(row.parameter, **{key: getattr(row, key, "") for key in keys})

    def factor(self, name: str) -> str:
        """A factor of a sensitivity or a box: a figure by its id, a law, luck, or the rest."""
        for row in self.scenario.quantities:
            if row.id == name:
                return self.figure(row)
        return self.law(name) if name in self.laws else name.replace("_", " ")

    def outcome(self, name: str, labels: Sequence[str] = (), time: str = "") -> str:
        """A declared outcome, with labels and a month or year."""
        says = {one.id: one.says for one in self.scenario.outcomes}
        said = wording.name(says.get(name, name.replace("_", " ")))
        dims = self._dims(name)
        words = [
            self.of(one, dims[k] if k < len(dims) else "") for k, one in enumerate(labels) if one
        ]
        return ", ".join([": ".join(filter(None, (said, ", ".join(words)))), *filter(None, [time])])

    def yearly(self, text: str, year: str) -> str:
        """A headline number "NAME LABEL/LABEL" of a year: what is counted by the step and added up
        over the year is that of the year, such as: soldiers killed in 2025: Russia."""
        from kautilya.scenario.outcomes import nature_of

        name, _, labels = text.partition(" ")
        said = self.outcome(name, labels.split("/") if labels else ())
        one = next((one for one in self.scenario.outcomes if one.id == name), None)
        laws = [self.laws[law] for law in self.scenario.head.laws if law in self.laws]
        written = {var.name: var for law in laws for var in law.writes}
        known = one is not None and (one.kind != "variable" or one.name in written)
        if one is None or not known or nature_of(one, written) != "amount":
            return said
        return PACE.sub(f" in {year}", said, count=1)

    def _dims(self, name: str) -> tuple[str, ...]:
        one = next((one for one in self.scenario.outcomes if one.id == name), None)
        if one is None or one.kind != "variable":
            return tuple(one.dims) if one else ()
        written = (
            var.dims
            for law in self.scenario.head.laws
            for var in (self.laws[law].writes if law in self.laws else ())
            if var.name == one.name
        )
        return tuple(dim.removesuffix("?") for dim in next(written, ()))

    def plainly(self, text: str) -> str:
        """A sentence that holds codes of states and ids of goods, in words. An id of a row, such as
        CLM-RUS-tank-2023-12, stays whole, and so does one that is an id with an ending."""
        said = {code: name for code, name in self._plain.items() if "_" in code or code.isupper()}

        def word(found: re.Match[str]) -> str:
            whole, star, _ = found[0].partition("-*")
            parts = whole.split("-")
            if len(parts) > 1 and self._is_id(parts, bool(star)):
                return found[0]
            return "-".join(said.get(part, part) for part in parts) + star

        return CODE.sub(word, text)

    def _is_id(self, parts: list[str], many: bool) -> bool:
        """Whether parts joined by hyphens are an id, begin with a whole one, or begin several."""
        whole = "-".join(parts)
        if whole in self._ids or parts[0] in self._ids:
            return True
        return many and any(one.startswith(f"{whole}-") for one in self._ids)

    @cached_property
    def _ids(self) -> frozenset[str]:
        """Ids of the rows of all tables, of levers and outcomes, and of the files beside them."""
        rows = (row for table in self.scenario.printed.values() for row in table)
        found = {str(getattr(row, "id", "")) for row in rows}
        found |= {lever.id for lever in self.scenario.levers}
        found |= {outcome.id for outcome in self.scenario.outcomes}
        for text in self.scenario.beside.values():
            found |= set(BESIDE.findall(text))
        return frozenset(found - {""} - set(self._plain))

    def number(self, text: str) -> str:
        """NAME[LABEL,...]@TIME in words."""
        found = NUMBER.fullmatch(text.replace(" ", ""))
        if found is None:
            return text
        labels = [one for one in (found["labels"] or "").split(",") if one]
        return self.outcome(found["name"], labels, found["time"] or "")

    def lever(self, name: str) -> str:
        """A lever by what it says; a factor of several joined by "+"."""
        says = {one.id: one.says for one in self.scenario.levers}
        return "; ".join(says.get(one, one.replace("_", " ")) for one in name.split("+"))


def _given(labels: Mapping[str, str], *keys: str) -> list[str]:
    """Labels that are named, not all; several joined by "/" apart."""
    found = "/".join(filter(None, (labels.get(key, "") for key in keys)))
    return [part for part in found.split("/") if part not in ("", *EVERY)]


def _with(said: str, rest: Sequence[str]) -> str:
    return f"{said} ({', '.join(rest)})" if rest else said
