"""What may be called in a claim: the form, what it gives, and an example that runs.

The page on the language is made from this table and from the grammar.
"""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """One word of the language with its arguments.

    least, most   number of arguments; options: named arguments
    """

    form: str
    says: str
    least: int
    most: int
    example: str
    options: tuple[str, ...] = ()


QUANTITIES = {
    "stock": Form(
        "stock(HOLDER, CLASS) or stock(HOLDER, CLASS, OUTCOME)",
        "What an actor holds of a class, at a time. Where several outcomes tell it (with the "
        "forces, in store), the last argument names one.",
        2,
        3,
        "stock(RUS, tank, line) at 2024-12 < 3500 tank",
    ),
    "flow": Form(
        "flow(FROM, TO, CLASS) or flow(FROM, TO, CLASS, OUTCOME)",
        "What moved during a time, from one actor to another or to a place of the outside world "
        "(factory, battlefield, abroad). `any` takes all together.",
        3,
        4,
        "flow(PRK, RUS, tube_round) during 2024 > 1e6 tube_round",
    ),
    "share": Form(
        "share(FROM, TO, CLASS)",
        "The part of a class that comes from one supplier, of all that third states hand over; 0 "
        "where nothing is handed over.",
        3,
        3,
        "share(PRK, RUS, tube_round) during 2024 > 50 %",
    ),
    "suppliers": Form(
        "suppliers(TO, CLASS) or suppliers(TO, CLASS, above=SHARE)",
        "The set of states that supply: at least the scenario's threshold (5 % unless it says "
        "otherwise) of the flow of the class; for a set of classes, of any one of them.",
        2,
        2,
        "suppliers(RUS, arms) == [PRK] during 2024",
        ("above",),
    ),
    "rank": Form(
        "rank(FROM, TO, CLASS)",
        "The place of a supplier by quantity, 1 for the largest; after all others where it "
        "supplies nothing.",
        3,
        3,
        "rank(PRK, RUS, tube_round) during 2024 == 1",
    ),
    "price": Form(
        "price(BUYER, CLASS)",
        "Price of a unit, mean over a time.",
        2,
        2,
        "price(RUS, tube_round) during 2025 > 1000 USD/tube_round",
    ),
    "welfare": Form(
        "welfare(ACTOR)",
        "Real spending against a world without sanctions, mean over a time.",
        1,
        1,
        "welfare(RUS) during 2024 < 0 %",
    ),
    "hazard": Form(
        "hazard(ACTOR)",
        "Probability that the regime has ended since the as-of month.",
        1,
        1,
        "hazard(PRK) at 2027 < 10 %",
    ),
    "tie": Form(
        "tie(ACTOR, ACTOR)",
        "Strength of a tie, at a time.",
        2,
        2,
        "tie(PRK, RUS) at 2024 > tie(PRK, RUS) at 2022",
    ),
    "vote": Form(
        "vote(ACTOR, RESOLUTION) == yes, or vote(DRAFT)",
        "On record: how an actor voted (yes, no, abstain, absent). In the model: the chance that "
        "a draft would pass, mean over a time.",
        1,
        2,
        "vote(RUS, S2397) == yes and vote(repeal) during 2025 < 5 %",
    ),
    "event": Form(
        "event(TYPE or ID, ACTOR, ...) or event(..., status=confirmed, grade=B2)",
        "Whether the record holds an event that names all these actors. Alleged and denied ones "
        "count only where `status` names them; `grade` is the least that counts.",
        1,
        6,
        "event(visit, RUS, PRK) during 2023-07",
        ("status", "grade"),
    ),
    "level": Form(
        "level(OUTCOME, LABEL, ...)",
        "Any declared outcome by its id, one label for each of its dims.",
        1,
        6,
        "level(equipped, RUS, tank) at 2024-12 < 1",
    ),
    "figure": Form(
        "figure(ID)", "A published figure, spread over its range.", 1, 1, "figure(A102) > 0 %"
    ),
    "fact": Form(
        "fact(NAME, ACTOR) or fact(NAME, ACTOR, PARTNER)",
        "A plain fact about an actor or a pair, from covariates.csv, spread over its range.",
        2,
        3,
        "fact(sanctioned, PRK) == 1",
    ),
    "trade": Form(
        "trade(EXPORTER, IMPORTER)",
        "Goods trade of a year, from trade.csv.",
        2,
        2,
        "trade(CHN, USA) > trade(CHN, RUS)",
    ),
}
REDUCERS = {
    "min": Form(
        "min(NUMBER)",
        "The smallest value of a time.",
        1,
        1,
        "min(stock(RUS, tube_round)) during 2025 > 0",
    ),
    "max": Form(
        "max(NUMBER)",
        "The largest value of a time.",
        1,
        1,
        "max(level(equipped, RUS, tank)) from 2024-01 to 2024-12 < 1",
    ),
    "mean": Form(
        "mean(NUMBER)",
        "The mean over the months or years of a time.",
        1,
        1,
        "mean(flow(RUS, battlefield, tube_round)) during 2024 > 2e5 tube_round/month",
    ),
    "median": Form(
        "median(NUMBER)",
        "The median over the months or years of a time.",
        1,
        1,
        "median(stock(UKR, tube_round)) during 2024 < 2e6 tube_round",
    ),
    "sum": Form(
        "sum(NUMBER)",
        "The sum of a flow over a time.",
        1,
        1,
        "sum(flow(PRK, RUS, tube_round)) from 2023 to 2024 > 2e6 tube_round",
    ),
    "ever": Form(
        "ever(CONDITION)",
        "Whether it holds in any period of a time.",
        1,
        1,
        "ever(stock(RUS, tube_round) < 1e6 tube_round) during 2025",
    ),
    "always": Form(
        "always(CONDITION)",
        "Whether it holds in every period of a time.",
        1,
        1,
        "always(level(effectiveness, RUS) > 0.2) from 2024-01 to 2025-12",
    ),
    "first time": Form(
        "first time(CONDITION)",
        "The first month in which it holds; never counts as later than "
        "any month. Of an outcome kept by year, the last month of the first such year.",
        1,
        1,
        "first time(stock(RUS, tube_round) < 1e6 tube_round) from 2024-01 to 2027-12 > 2025-06",
    ),
    "count": Form(
        "count(SET) or count(event(...))",
        "Number of suppliers, or of events.",
        1,
        1,
        "count(suppliers(RUS, arms)) during 2024 >= 2",
    ),
}
FORMS = {**QUANTITIES, **REDUCERS}


class Construct(NamedTuple):
    """A rule of the grammar: how it is written, what it means, an example that runs."""

    written: str
    says: str
    example: str


CONSTRUCTS = {
    "either": Construct(
        "CONDITION or CONDITION",
        "At least one holds, future by future.",
        "event(F019) or event(F025)",
    ),
    "both": Construct(
        "CONDITION and CONDITION", "All hold in the same future.", "event(F019) and event(F025)"
    ),
    "negated": Construct(
        "not CONDITION", "It does not hold.", "not event(exercise, RUS, PRK, status=confirmed)"
    ),
    "compared": Construct(
        "NUMBER < NUMBER, also <=, >, >=, ==, !=",
        "Both sides have units that convert; a bare number stands beside pure numbers only, and 0 "
        "beside anything. Numbers nearer than one in a thousand million are equal.",
        "stock(RUS, tube_round) at 2024-12 < 4e6 tube_round",
    ),
    "member": Construct(
        "NAME in SET, LIST in SET",
        "All named are members.",
        "[PRK, IRN] in suppliers(RUS, arms) during 2024",
    ),
    "arithmetic": Construct(
        "+ - * /",
        "Units are added, multiplied and divided with the numbers.",
        "stock(RUS, tank, store) at 2024-12 / stock(RUS, tank, line) at 2024-12 > 0.5",
    ),
    "minus": Construct("-NUMBER", "The negative.", "welfare(RUS) during 2024 > -20 %"),
    "at": Construct(
        "at 2024-08 or at 2024",
        "A level at the end of a month, or of a year; the amount of a month.",
        "stock(RUS, tube_round) at 2024-08 > 0",
    ),
    "during": Construct(
        "during 2024 or during 2024-08",
        "The sum of a flow, the mean of a price or an index over that time.",
        "flow(PRK, RUS, tube_round) during 2024 > 1e6 tube_round",
    ),
    "span": Construct(
        "from 2023 to 2024, from 2023-03 to 2024-08",
        "The same over several months or years, both ends counted.",
        "flow(RUS, battlefield, tank) from 2022-03 to 2024-07 > 2000 tank",
    ),
    "within": Construct(
        "within 12 months of EVENT",
        "From the month of an event of the ledger to so many months after it.",
        "event(visit, PRK) within 12 months of F025",
    ),
    "under": Construct(
        "under LEVER, under LEVER with LEVER, under baseline",
        "In the run with these levers pulled: the same futures, the same luck.",
        "flow(RUS, battlefield, tube_round) during 2025 under no_dprk_shells > 0",
    ),
    "against": Construct(
        "compared with baseline",
        "The difference to that case, future by future. It belongs to what stands right before it: "
        "put brackets around a sum.",
        "flow(RUS, battlefield, tube_round) during 2025 under no_dprk_shells compared with "
        "baseline < 0",
    ),
    "relative": Construct(
        "relative to baseline",
        "That difference over the amount there.",
        "flow(RUS, battlefield, tube_round) during 2025 under no_dprk_shells "
        "relative to baseline < -20 %",
    ),
    "known": Construct(
        "as of 2023-09-20",
        "The record as it was known on that day; never more than --as-of allows.",
        "event(use, PRK, RUS) as of 2024-03-01",
    ),
    "number": Construct(
        "1200 tank, 0.3 USD_bn, 20 %, 300 USD/t",
        "A number with its unit: those of goods.csv, and time, mass and money.",
        "price(RUS, component) during 2024 > 0.5",
    ),
    "month": Construct(
        "2025-06",
        "A month, to compare with first time(...).",
        "first time(stock(RUS, tube_round) < 1e6 tube_round) from 2024-01 to 2027-12 < 2025-06",
    ),
    "name": Construct(
        "PRK, tube_round, no_dprk_shells",
        "A code of an actor, a good, a set of them, a lever, an event; `any` takes all.",
        "flow(any, RUS, tube_round) during 2024 > 0",
    ),
    "labels": Construct(
        "[PRK, IRN]",
        "A list to compare a set with; [] is none.",
        "suppliers(RUS, tube_round) != [] during 2024",
    ),
    "call": Construct(
        "WORD(...)", "A quantity or a reducer; see the tables below.", "tie(PRK, RUS) at 2024 > 0.5"
    ),
    "first_time": Construct(
        "first time(CONDITION)",
        "See the reducers.",
        "first time(stock(UKR, tube_round) < 1e5 tube_round) from 2024-01 to 2027-12 > 2024-12",
    ),
    "option": Construct(
        "above=5 %, status=alleged, grade=B2",
        "A named argument of a call.",
        "suppliers(RUS, drone, above=5 %) == [IRN] during 2023",
    ),
}
