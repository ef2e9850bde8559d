"""Goods trade between pairs of states by year, as BACI and UN Comtrade publish it.

BACI: `t i j k v q`: year, exporter, importer, product, thousands of US dollars, tons; one row a
product, added up over products. Comtrade: reporter, partner, flow and value in US dollars; what the
importer declares is preferred, since it is counted where duty is paid; where only the exporter
declared, that is taken and told.
"""

from __future__ import annotations

import re

from kautilya.errors import KautilyaError
from kautilya.layouts.layout import (
    Entry,
    Found,
    Key,
    Layout,
    Options,
    Origin,
    Reading,
    end_of,
    gather,
    marks,
    needed,
    once,
    states,
    told,
)
from kautilya.layouts.sheet import Line, Sheet, numbers
from kautilya.wording import many

ORIGIN = Origin(
    "trade_pairs",
    "Goods trade between pairs of states",
    "national customs",
    "CEPII (BACI) or United Nations (Comtrade)",
    "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
    "Etalab 2.0 (BACI); Comtrade may be re-used in part, with its terms",
    "yearly sums of pairs, with citation",
)
TOTALS = frozenset({"total", "as", "ag", "all", "0"})
REPORTERS = ("reporteriso", "reporter_iso", "reportercode", "reporter")
PARTNERS = ("partneriso", "partner_iso", "partnercode", "partner")
FLOWS = ("flowcode", "trade_flow", "flowdesc", "trade_flow_code")
MONEY = ("primaryvalue", "trade_value_us", "trade_value")
YEARS = ("refyear", "year", "period")
Pairs = dict[Key, float]


def read(sheet: Sheet, options: Options) -> Reading:
    """Trade of a year in millions of US dollars by exporter and importer."""
    pairs, used, notes = (
        _baci(sheet, options)
        if {"t", "i", "j", "v"} <= set(sheet.head)
        else _comtrade(sheet, options)
    )
    entries = [
        Entry(
            "trade.goods",
            exporter,
            importer,
            "",
            year,
            round(value, 6),
            "USD_m",
            str(options.known or end_of(f"{int(year) + 1}-12")),
        )
        for (exporter, importer, year), value in sorted(pairs.items())
    ]
    return Reading(entries, used, notes)


def _year(line: Line, name: str) -> str:
    said = line.get(name)
    if re.fullmatch(r"(19|20)[0-9][0-9]", said) is None:
        raise KautilyaError(line.place, f"year {said!r}", "Give a year such as 2023")
    return said


def _baci(sheet: Sheet, options: Options) -> tuple[Pairs, int, list[str]]:
    kept, notes = once(sheet)
    values = numbers(sheet, ["v"], decimal=options.decimal)["v"]
    codes = states(line.get(name) for line in sheet.lines for name in ("i", "j"))

    def of(at: int) -> Found:
        line, value = sheet.lines[at], values[at]
        ends = [codes.get(line.get(name).strip(), "") for name in ("i", "j")]
        if not all(ends):
            return line.get("j") if ends[0] else line.get("i")
        return None if value is None else [((*ends, _year(line, "t")), value / 1000.0)]

    sums, nobody, bare = gather(sheet, kept, of)
    notes += told(nobody, "names no state with a code", "name no state with a code")
    notes += [many(bare, "row has no value", "rows have no value")] if bare else []
    return sums, len(kept) - len(nobody) - bare, notes


def _comtrade(sheet: Sheet, options: Options) -> tuple[Pairs, int, list[str]]:
    sides = [needed(sheet, *names) for names in (REPORTERS, PARTNERS)]
    flow, money, year = (needed(sheet, *names) for names in (FLOWS, MONEY, YEARS))
    kept, notes = once(sheet)
    kept, said = _only_totals(sheet, kept)
    values = numbers(sheet, [money], decimal=options.decimal)[money]
    codes = states(line.get(name) for line in sheet.lines for name in sides)

    def of(at: int) -> Found:
        line, value = sheet.lines[at], values[at]
        ends = [codes.get(line.get(name).strip(), "") for name in sides]
        way = _way(line.get(flow))
        if not all(ends) or not way or value is None:
            return line.get(sides[1]) if ends[0] else line.get(sides[0])
        pair = (ends[1], ends[0]) if way == "import" else (ends[0], ends[1])
        return [((*pair, _year(line, year), way), value / 1e6)]

    sums, left, _ = gather(sheet, kept, of)
    told_by = {way: _by_way(sums, way) for way in ("export", "import")}
    only = [key for key in told_by["export"] if key not in told_by["import"]]
    notes += said + told(
        left,
        "has no state with a code, flow or value (World and areas too)",
        "have no state with a code, flow or value (World and areas too)",
    )
    notes += (
        [f"{many(len(only), 'pair is', 'pairs are')} what the exporter declared only"]
        if only
        else []
    )
    return {**told_by["export"], **told_by["import"]}, len(kept) - len(left), notes


def _by_way(sums: Pairs, way: str) -> Pairs:
    return {key[:3]: value for key, value in sums.items() if key[3] == way}


def _only_totals(sheet: Sheet, kept: list[int]) -> tuple[list[int], list[str]]:
    """Rows of the total of all products, where a file has such rows beside those of products."""
    product = next((n for n in ("cmdcode", "commodity_code") if n in sheet.head), "")
    totals = [at for at in kept if sheet.lines[at].get(product).casefold() in TOTALS]
    if not product or not totals or len(totals) == len(kept):
        return kept, []
    said = f"{many(len(kept) - len(totals), 'row')} of single products left out beside the totals"
    return totals, [said]


def _way(cell: str) -> str:
    said = cell.strip().casefold()
    if said in ("m", "1", "import", "imports"):
        return "import"
    return "export" if said in ("x", "2", "export", "exports") else ""


LAYOUT = Layout(
    "bilateral-trade",
    "goods trade between pairs of states by year (BACI, Comtrade)",
    ORIGIN,
    marks(
        "t i j k v",
        "t i j v",
        "refyear reporteriso partneriso flowcode primaryvalue",
        "refyear reportercode partnercode flowcode primaryvalue",
        "year reporter partner trade_flow trade_value_us",
        "year reporter_iso partner_iso trade_flow trade_value_us",
    ),
    read,
    "B2",
    "reported",
)
