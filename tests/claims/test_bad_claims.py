"""Bad claims: each has one message that says column, finding and remedy."""

from __future__ import annotations

import pytest
from support.claim_case import words
from support.conventions import truth

from kautilya.claims.language.checker import checked
from kautilya.claims.language.syntax import ClaimError, parse

BAD = [
    (
        "stock(RUS, shels) at 2024-08 > 3",
        12,
        "unknown good or set of goods 'shels'",
        "Goods are tank, ifv, gun, mlrs, barrel, tube_round, rocket_round, mortar_round, missile, "
        "drone, fpv, component, fuel, food, technology, credit, cash, person",
    ),
    (
        "stock(RUS, tank) at 2024-08 > 1000 tank",
        1,
        "several outcomes tell stock(RUS, tank): line, store, fleet_prewar, fleet_new, "
        "fleet_restored, fleet_foreign",
        "Name one as the last argument: stock(RUS, tank, line)",
    ),
    (
        "stock(RUS, tank, line) > 1000 tank",
        1,
        "no time is given for this",
        "Add one, such as at 2024-12",
    ),
    (
        "stock(RUS, tank, line) at 2024-08 > 1000",
        37,
        "a number without a unit beside tank",
        "Write 1000 tank",
    ),
    (
        "stock(RUS, tank, line) at 2024-08 > 1000 gun",
        37,
        "gun beside tank",
        "Give it in tank or a multiple of it",
    ),
    (
        "stock(RUS, tank, line) at 2024-08 > 1000 tnak",
        37,
        "unknown unit 'tnak'",
        "Did you mean tank",
    ),
    (
        "stock(RUS, tank, line) during 2024 > 1000 tank",
        1,
        "line is a level: it has a value at a time, not during one",
        "Write at 2024-12, or a reducer: min, max, mean, median, ever, always, first time",
    ),
    (
        "stock(RUS, round) at 2024-08 > 1000 tube_round",
        1,
        "mortar_round and rocket_round and tube_round do not add up",
        "Name one class, or add up what has one unit",
    ),
    (
        "stock(RUS tank) at 2024-08 > 3 tank",
        11,
        "'tank' cannot stand here",
        "Here may stand a time (at, during, from, within), a comparison, and, or, ',' or ')'",
    ),
    (
        "flow(PRK, RUS, tube_round) during 2019 > 1 tube_round",
        28,
        "the run goes from 2022-02 to 2027-12, the claim from 2019-01 to 2019-12",
        "Name a time inside of the run",
    ),
    (
        "flow(PRK, RUS, tube_round) during 2024-08 > 1 tube_round",
        28,
        "shipped is kept by year",
        "Name whole years: during 2024",
    ),
    (
        "flow(PRK, RUS, tube_round) during 2024 > 300 kt",
        42,
        "kt beside tube_round",
        "Give it in tube_round or a multiple of it",
    ),
    (
        "flow(IND, UKR, tank) during 2024 > 1 tank",
        1,
        "no declared outcome tells flow(IND, UKR, tank)",
        "Declared are fired (from belligerent, to battlefield, class munition); destroyed (from "
        "belligerent, to battlefield, class equipment); captured (from belligerent, to *, class "
        "equipment); dead (from belligerent, to battlefield, class person); wounded (from "
        "belligerent, to *, class person); recruited (from population, to belligerent, class person)",
    ),
    (
        "share(PRK, RUS, tube_round) during 2024 > 50 tube_round",
        43,
        "tube_round beside a pure number",
        "Give a pure number, or a share in %",
    ),
    (
        "share(PRK, RUS) during 2024 > 50 %",
        1,
        "share has 2 arguments",
        "Write share(FROM, TO, CLASS)",
    ),
    (
        "shares(PRK, RUS, tube_round) during 2024 > 50 %",
        1,
        "unknown quantity 'shares'",
        "Did you mean share",
    ),
    (
        "suppliers(RUS, arms) = [PRK] during 2024",
        22,
        "'=' cannot stand here",
        "Write == to compare; a single = only names an argument, such as above=0.01",
    ),
    (
        "suppliers(RUS, arms) == [PRC] during 2024",
        26,
        "'PRC' is no possible supplier",
        "Did you mean PRK",
    ),
    (
        "suppliers(RUS, arms) > 2 during 2024",
        1,
        "a set is compared with a number",
        "Compare a set with a list, such as == [PRK], or take its count(...)",
    ),
    (
        "suppliers(RUS, arms, over=0.01) == [PRK] during 2024",
        22,
        "suppliers has no 'over'",
        "Did you mean above",
    ),
    (
        "flow(PRK, RUS, tube_round) during 2024 under no_korean_shells < 1 tube_round",
        40,
        "unknown lever 'no_korean_shells'",
        "Did you mean no_dprk_shells",
    ),
    (
        "flow(PRK, RUS, tube_round) during 2024 compared with baseline < 0",
        40,
        "a comparison of a case with itself",
        "Add under LEVER before it",
    ),
    (
        "max(share(PRK, RUS, tube_round)) > 1 % from 2024-12 to 2024-01",
        40,
        "a time that ends before it begins, 2024-12 to 2024-01",
        "Put the earlier month first",
    ),
    (
        "tie(PRK, RUS) at 2024 - tie(CHN, RUS) at 2024 under no_treaty compared with baseline > 1",
        63,
        "a comparison of cases after one part of a sum or product",
        "Put brackets around all that is compared",
    ),
    (
        "tie(PRK, RUS) at 2024-08 > 1",
        15,
        "tie is kept by year",
        "Name whole years: at 2024, its end",
    ),
    (
        "figure(A999) > 0",
        8,
        "'A999' is not in the table of figure",
        "See figures.csv and context/figures.csv",
    ),
    (
        "event(visits, RUS, PRK) during 2023",
        7,
        "unknown type or id of events 'visits'",
        "Did you mean visit",
    ),
    ("vote(RUS, S2397) == aye", 21, "'aye' is no vote", "Did you mean yes"),
    (
        "vote(RUS, S2397)",
        1,
        "a vote is compared with a word",
        "Write vote(RUS, S2397) == yes; or no, abstain, absent",
    ),
    ("welfare(RUS) during 2024 < -3", 28, "a number without a unit beside %", "Write -3 %"),
    (
        "tie(PRK, RUS) at 2024",
        1,
        "the claim is a number, not something that is true or false",
        "Compare it, such as: ... > 0.5",
    ),
    (
        "PRK",
        1,
        "'PRK' stands alone",
        "Quantities are written with brackets, such as stock(RUS, tube_round)",
    ),
    (
        "share(PRK, RUS, tube_round) during 2024-13 > 1 %",
        36,
        "'2024-13' is no date",
        "Write a year as 2024, a month as 2024-08, a day as 2024-08-10; for a subtraction put "
        "blanks around the minus",
    ),
    (
        "share(PRK, RUS, tube_round) during ٢٠٢٤-٠٨ > 1 %",
        36,
        "'٢٠٢٤-٠٨' is no date",
        "Write a year as 2024, a month as 2024-08, a day as 2024-08-10; for a subtraction put "
        "blanks around the minus",
    ),
    (
        "1 < count(suppliers(RUS, arms)) < 3 during 2024",
        33,
        "'<' cannot stand here",
        "One condition has one comparison; join two with and: x > 1 and x < 2",
    ),
    (
        "first time(stock(RUS, tube_round) < 1 tube_round) during 2025 < 2025",
        1,
        "a month is compared with a number",
        "Write a month, such as 2025-06; first time(...) gives one",
    ),
    (
        "ever(stock(RUS, tube_round)) during 2025",
        6,
        "ever takes a condition, such as x > 1, this is a number",
        "Write ever(CONDITION)",
    ),
    (
        "share(PRK, RUS, tube_round) > 1,000 during 2024",
        32,
        "',' cannot stand here",
        "Write a number without thousands separators",
    ),
    (
        "share(PRK, RUS, tube_round) ≥ 1 % during 2024",
        29,
        "'≥' is no part of the language",
        "Write >=",
    ),
    (
        "level(equipped, RUS) at 2024-12 < 1",
        1,
        "equipped takes 2 labels, not 1",
        "Write level(equipped, BELLIGERENT, EQUIPMENT); BELLIGERENT is one of RUS, UKR; EQUIPMENT is "
        "one of tank, ifv, gun, mlrs",
    ),
    (
        '__import__("os") == 1',
        1,
        "'_' is no part of the language",
        "A name begins with a letter, a number has no '_'",
    ),
    (
        "share(PRK, RUS, tube_round) > 50 % within 12 months of F999",
        36,
        "unknown event 'F999'",
        "None of the 76 known names is near",
    ),
    (
        "not share(PRK, RUS, tube_round) during 2024",
        5,
        "a number beside 'not'",
        "Beside not stand conditions, such as: x > 1",
    ),
    (
        "sum(stock(RUS, tube_round)) during 2024 > 1 tube_round",
        5,
        "a sum over time of what is no flow",
        "Sum a flow, or take the mean",
    ),
    (
        "level(aid, tank) in 2025 < 5 tank",
        26,
        "'<' cannot stand here",
        "Write during 2025, or at 2025; 'in' asks whether a state supplies",
    ),
    (
        "level(aid, tank) in 2025-06",
        21,
        "a time after 'in'",
        "Write during 2025-06, or at 2025-06; 'in' asks whether a state is among suppliers(...)",
    ),
    (
        "stock(RUS, tank, line) by 2025 < 3 tank",
        24,
        "'by' cannot stand here",
        "Write a time as at 2024-12, during 2024, or from 2023-03 to 2024-08",
    ),
    ("flow(CHN, RUS, dual-use) during 2024 > 1", 16, "a name is expected here", "Write dual_use"),
    *(
        (
            f"stock(RUS, tank, line) at 2024-08 > {number} tank",
            37,
            f"{number} is too {what}",
            "Give 0, or a number from 1e-30 to 1e+30",
        )
        for number, what in (
            ("1e31", "large"),
            ("1e999", "large"),
            ("1e-31", "small"),
            ("0.1e-999", "small"),
        )
    ),
]


@pytest.mark.parametrize(("text", "column", "found", "remedy"), BAD, ids=[b[0][:50] for b in BAD])
@truth(
    "recorded",
    reason="a message has no other truth than what a reader needs",
    kills="a message that points elsewhere or does not say what would be right",
)
def test_bad_claims_have_golden_messages(text, column, found, remedy):
    with pytest.raises(ClaimError) as caught:
        checked(parse(text), words())
    assert (caught.value.column, caught.value.found, caught.value.remedy) == (column, found, remedy)
    assert str(caught.value).splitlines()[-1].index("^") == min(column - 1, 60) + 2 + 3 * (
        column > 61
    )


@pytest.mark.parametrize(
    ("word", "good"),
    [
        ("shells", "tube_round"),
        ("rockets", "rocket_round"),
        ("dual_use", "component"),
        ("tanks", "tank"),
        ("guns", "gun"),
        ("drones", "drone"),
        ("tube_rounds", "tube_round"),
    ],
)
@truth(
    "symmetry", source="docs/claim-language.md", kills="words of `why` that a claim does not know"
)
def test_words_of_why_are_understood(word, good):
    """A claim about shells is that about tube rounds."""
    text = "suppliers(RUS, {}) == [PRK] during 2024"
    assert (
        checked(parse(text.format(word)), words()).term
        == checked(parse(text.format(good)), words()).term
    )
