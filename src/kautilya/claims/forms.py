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
        "forces, in store), the last argument names one.", 2, 3,
        "stock(RUS, tank, line) at 2024-12 < 3500 tank"),
    "flow": Form(
        "flow(FROM, TO, CLASS) or flow(FROM, TO, CLASS, OUTCOME)",
        "What moved during a time, from one actor to another or to a place of the outside world "
        "(factory, battlefield, abroad). `any` takes all together.", 3, 4,
        "flow(PRK, RUS, tube_round) during 2024 > 1e6 tube_round"),
    "share": Form(
        "share(FROM, TO, CLASS)",
        "The part of a class that comes from one supplier, of all that third states hand over; 0 "
        "where nothing is handed over.", 3, 3,
        "share(PRK, RUS, tube_round) during 2024 > 50 %"),
    "suppliers": Form(
        "suppliers(TO, CLASS) or suppliers(TO, CLASS, above=SHARE)",
        "The set of states that supply: at least the scenario's threshold (5 % unless it says "
        "otherwise) of the flow of the class; for a set of classes, of any one of them.", 2, 2,
        "suppliers(RUS, arms) == [PRK] during 2024", ("above",)),
    "rank": Form(
        "rank(FROM, TO, CLASS)",
        "The place of a supplier by quantity, 1 for the largest; after all others where it "
        "supplies nothing.", 3, 3, "rank(PRK, RUS, tube_round) during 2024 == 1"),
    "price": Form(
        "price(BUYER, CLASS)", "Price of a unit, mean over a time.", 2, 2,
        "price(RUS, tube_round) during 2025 > 1000 USD/tube_round"),
    "welfare": Form(
        "welfare(ACTOR)", "Real spending against a world without sanctions, mean over a time.",
        1, 1, "welfare(RUS) during 2024 < 0 %"),
    "hazard": Form(
        "hazard(ACTOR)", "Probability that the regime has ended since the as-of month.", 1, 1,
        "hazard(PRK) at 2027 < 10 %"),
    "tie": Form(
        "tie(ACTOR, ACTOR)", "Strength of a tie, at a time.", 2, 2,
        "tie(PRK, RUS) at 2024 > tie(PRK, RUS) at 2022"),
    "vote": Form(
        "vote(ACTOR, RESOLUTION) == yes, or vote(DRAFT)",
        "On record: how an actor voted (yes, no, abstain, absent). In the model: the chance that "
        "a draft would pass, mean over a time.", 1, 2,
        "vote(RUS, S2397) == yes and vote(repeal) during 2025 < 5 %"),
    "event": Form(
        "event(TYPE or ID, ACTOR, ...) or event(..., status=confirmed, grade=B2)",
        "Whether the record holds an event that names all these actors. Alleged and denied ones "
        "count only where `status` names them; `grade` is the least that counts.", 1, 6,
        "event(visit, RUS, PRK) during 2023-07", ("status", "grade")),
    "level": Form(
        "level(OUTCOME, LABEL, ...)",
        "Any declared outcome by its id, one label for each of its dims.", 1, 6,
        "level(equipped, RUS, tank) at 2024-12 < 1"),
    "figure": Form(
        "figure(ID)", "A published figure, spread over its range.", 1, 1,
        "figure(A102) > 0 %"),
    "fact": Form(
        "fact(NAME, ACTOR) or fact(NAME, ACTOR, PARTNER)",
        "A plain fact about an actor or a pair, from covariates.csv, spread over its range.", 2, 3,
        "fact(sanctioned, PRK) == 1"),
    "trade": Form(
        "trade(EXPORTER, IMPORTER)", "Goods trade of a year, from trade.csv.", 2, 2,
        "trade(CHN, USA) > trade(CHN, RUS)"),
}
REDUCERS = {
    "min": Form("min(NUMBER)", "The smallest value of a time.", 1, 1,
                "min(stock(RUS, tube_round)) during 2025 > 0"),
    "max": Form("max(NUMBER)", "The largest value of a time.", 1, 1,
                "max(level(equipped, RUS, tank)) from 2024-01 to 2024-12 < 1"),
    "mean": Form("mean(NUMBER)", "The mean over the months or years of a time.", 1, 1,
                 "mean(flow(RUS, battlefield, tube_round)) during 2024 > 2e5 tube_round/month"),
    "median": Form("median(NUMBER)", "The median over the months or years of a time.", 1, 1,
                   "median(stock(UKR, tube_round)) during 2024 < 2e6 tube_round"),
    "sum": Form("sum(NUMBER)", "The sum of a flow over a time.", 1, 1,
                "sum(flow(PRK, RUS, tube_round)) from 2023 to 2024 > 2e6 tube_round"),
    "ever": Form("ever(CONDITION)", "Whether it holds in any period of a time.", 1, 1,
                 "ever(stock(RUS, tube_round) < 1e6 tube_round) during 2025"),
    "always": Form("always(CONDITION)", "Whether it holds in every period of a time.", 1, 1,
                   "always(level(effectiveness, RUS) > 0.2) from 2024-01 to 2025-12"),
    "first time": Form(
        "first time(CONDITION)", "The first month in which it holds; never counts as later than "
        "any month. Of an outcome kept by year, the last month of the first such year.", 1, 1,
        "first time(stock(RUS, tube_round) < 1e6 tube_round) from 2024-01 to 2027-12 > 2025-06"),
    "count": Form("count(SET) or count(event(...))", "Number of suppliers, or of events.", 1, 1,
                  "count(suppliers(RUS, arms)) during 2024 >= 2"),
}
FORMS = {**QUANTITIES, **REDUCERS}
