"""Everything that a reader may meet has a plain English name, and names tell things apart."""

from __future__ import annotations

import re
import time

import pytest
from support.conventions import ROOT, truth
from support.walk import nothing

from kautilya import scenario, wording
from kautilya.mechanisms import registry
from kautilya.scenario.lexicon import SLOT, Names

TEMPLATE = ROOT / "src/kautilya/scenario/template"
CODE = re.compile(r"\w*[a-z0-9]_[a-z0-9]\w*|[\[\]@]|\w+\.\w+\[|^[A-Z]{3}$|\b\d = ")
VAGUE = re.compile(r"^(its?|the same|of|that|as)\b|^\d")


def declared():
    """(where, what is said) of every law, parameter, record and variable."""
    for law in registry().values():
        yield law.name, law.plain
        for one in (*law.params, *law.series, *law.writes):
            yield f"{law.name}.{one.name}", one.doc


@truth("invariant", source="house rules", kills="a new law or parameter that has no plain name")
def test_all_that_laws_declare_has_a_name():
    """Fails with the missing one: give `Law.plain`, and a `doc` that stands alone."""
    found = [
        f"{place}: {said!r}"
        for place, said in declared()
        if not wording.name(said)
        or CODE.search(SLOT.sub("", wording.name(said)))
        or VAGUE.search(said)
    ]
    nothing(found, "no plain name (see docs of kautilya.core.law.Param.doc)")


@truth("invariant", source="house rules", kills="two parameters that a reader cannot tell apart")
def test_no_two_parameters_have_one_name():
    """A parameter or record; a variable may be called as the parameter that starts it."""
    seen: dict[str, str] = {}
    found = []
    for law in registry().values():
        for one in (*law.params, *law.series):
            name = wording.name(one.doc)
            if name in seen:
                found.append(f"{law.name}.{one.name} and {seen[name]}: {name!r}")
            seen[name] = f"{law.name}.{one.name}"
    nothing(found, "two things with one name")


@truth("invariant", source="house rules", kills="a label such as own_ban without words; {facter}")
def test_labels_have_words_and_dims_are_spelled_right():
    found = []
    for law in registry().values():
        known = {word for other in registry().values() for word in other.words}
        for name, labels in law.labels.items():
            lessens = [x for x in labels if x not in law.words and x not in known]
            found += [f"{law.name}: label {x!r} of {name}" for x in lessens]
        for one in (*law.params, *law.series, *law.writes):
            dims = {dim.removesuffix("?") for dim in one.dims}
            found += [
                f"{law.name}.{one.name}: {{{slot}}}"
                for slot in SLOT.findall(one.doc)
                if slot not in dims
            ]
    nothing(found, "labels without words, or dims that are not there")


@pytest.mark.parametrize("name", [*scenario.names(), str(TEMPLATE)])
@truth("invariant", source="house rules", kills="a figure, outcome or lever told by its code")
def test_every_scenario_can_be_told_in_words(name: str):
    """Rows of quantities.csv, outcomes with their labels, levers, states, goods and stages."""
    from kautilya.claims.record import vocabulary

    made = scenario.load(name)
    names = Names(made)
    told = {f"figure {row.id}": names.figure(row) for row in made.quantities}
    told |= {f"record {row.series}": names.parameter(row.series) for row in made.series}
    told |= {f"lever {one.id}": names.lever(one.id) for one in made.levers}
    told |= {f"good {good}": names.of(good) for good in made.units}
    told |= {f"stage {g.good} {g.stage}": names.stage(g.good, g.stage) for g in made.goods}
    for name, one in vocabulary(made).outcomes.items():
        labels = [members[0] for members in one.dims.values()]
        told[f"outcome {name}"] = names.outcome(name, labels, "2024-12")
    codes = {*made.codes} - {names.of(code) for code in made.codes}
    found = [
        f"{what}: {said!r}"
        for what, said in told.items()
        if not said or CODE.search(said) or codes & set(re.findall(r"\b[A-Z]{3}\b", said))
    ]
    nothing(found, "no plain name")


@truth("required", source="README.md", kills="a weight told by its code; labels in the wrong place")
def test_names_read_as_a_person_would_say_it():
    names = Names(scenario.load("russia_dprk_2024"))
    for said, wanted in (
        (names.parameter("choice." + "on_politics", label="club"),
         "weight of having the same measures as the buyer in the decision"),
        (names.parameter("opening.stock", actor="RUS", good="tank", stage="store_good"),
         "opening stock of main battle tanks, stored, good condition (Russia)"),
        (names.number("rounds[RUS,tube_round]@2025-12"),
         "usable rounds in stock: Russia, rounds for tube artillery, 2025-12"),
        (names.law("choice"), "the decision to supply"),
    ):  # fmt: skip
        assert said == wanted


@truth("required", source="russia_dprk_2024/scenario.toml: what outcomes say",
       kills="the sum of a year told as that of a month; a mean told as a sum")  # fmt: skip
def test_what_is_added_up_over_a_year_is_told_as_of_the_year():
    names = Names(scenario.load("russia_dprk_2024"))
    assert names.yearly("dead RUS", "2025") == "soldiers killed in 2025: Russia"
    lost = names.yearly("destroyed RUS/tank", "2025")
    assert lost == "equipment lost for good in 2025, captures apart: Russia, main battle tanks"
    for one in names.scenario.outcomes:
        if one.reduce in ("mean", "last") or one.kind == "stock":
            assert names.yearly(one.id, "2025") == names.outcome(one.id)


@truth("required", kills="a code within an id put into words: an id that no command takes")
def test_an_id_keeps_its_codes():
    names = Names(scenario.load("russia_dprk_2024"))
    said = names.plainly("RUS-UKR: the claim (CLM-RUS-tank-2024-08) of RUS, 2022-02, tube_round")
    assert said == (
        "Russia-Ukraine: the claim (CLM-RUS-tank-2024-08) of Russia, 2022-02, "
        "rounds for tube artillery"
    )


@pytest.mark.parametrize("name", ["russia_dprk_2024", "russia_dprk_2025", "iran_iraq_1980"])
@truth("required", kills="an id without a digit put into words, so that no command takes it")
def test_ids_of_all_tables_stay_whole(name):
    made = scenario.load(name)
    names = Names(made)
    ids = [
        row.id
        for rows in made.printed.values()
        for row in rows
        if getattr(row, "id", "") and "-" in row.id
    ]
    assert ids and [names.plainly(f"({one}), {one}.") for one in ids] == [
        f"({one}), {one}." for one in ids
    ]


@truth("required", kills="a code that stays as it stands beside a year, or in part of an id")
def test_codes_beside_years_are_put_into_words():
    names = Names(scenario.load("russia_dprk_2024"))
    for text, wanted in (
        ("RUS-2022, RUS-UKR-2022", "Russia-2022, Russia-Ukraine-2022"),
        ("A046-UKR; ORS-RUS-tank-*: see RUS-*", "A046-UKR; ORS-RUS-tank-*: see Russia-*"),
        ("ORS-RUS-gun-captured-RUS", "ORS-Russia-gun-captured-Russia"),
    ):
        assert names.plainly(text) == wanted


@truth("order", kills="a search that goes over a long word again from each of its parts")
def test_long_joined_words_take_no_longer_than_their_length():
    """Twenty times the text; a quadratic search would take four hundred times as long."""
    names = Names(scenario.load("iran_iraq_1980"))
    names.plainly("warm")
    spent = []
    for count in (10_000, 200_000):
        begun = time.process_time()
        names.plainly("ab-" * count)
        spent.append(time.process_time() - begun)
    assert spent[1] < 100 * max(spent[0], 0.001)
