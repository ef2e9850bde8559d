"""A war in which both sides buy from two suppliers and get aid from two donors."""

from __future__ import annotations

import re
from pathlib import Path

from kautilya.scenario import new

SIDES, SUPPLIERS, DONORS = ("AAA", "AAB"), ("AAC", "AAD"), ("AAE", "AAF")
LAWS = ("need", "spare", "terms", "choice", "ship", "deliveries", "treasury")
GOODS = """tank,tank,surplus,supplier,what a third state could give
tube_round,tube_round,ready,supplier,usable
cash,USD_m,ready,belligerent,money
cash,USD_m,ready,supplier,money
fuel,kt,ready,belligerent,fuel
fuel,kt,ready,supplier,fuel
"""
# parameter, actor, partner, good, label, low, central, high, unit
FIGURES = """need.cover,,,,,3,6,12,month
need.speed,,,,,4,8,18,month
need.stock,AAA,,tank,,,1500,,tank
need.stock,AAB,,tank,,,600,,tank
need.stock,*,,tube_round,,,0,,tube_round
need.use,*,,*,,,0,,{good}/month
spare.release,,,*,,0.01,0.03,0.06,1/month
terms.cost,,,tank,,0.2,0.5,1,USD_m/tank
terms.cost,,,tube_round,,0.0005,0.001,0.002,USD_m/tube_round
terms.ceiling_ratio,,,*,,2,3,6,1
terms.beta,,,,,0.3,0.5,0.7,1
terms.discount,,,,,0.1,0.3,0.6,1
terms.hunger_premium,,,,,,0,,1
terms.premium,,,*,,,0,,1
terms.unit_price,,,cash,,,1,,USD_m/USD_m
terms.unit_price,,,fuel,,0.5,0.7,0.9,USD_m/kt
terms.cap,,,cash,,,1000,,USD_m/month
terms.cap,,,fuel,,,100,,kt/month
choice.record,*,*,*,,,0,,1
choice.customer,*,*,*,,,0,,1
choice.reach,*,*,*,,,0,,1
choice.dealings,AAA,AAC,,,,1,,1
choice.dealings,AAB,AAC,,,,0,,1
choice.dealings,AAA,AAD,,,,0.25,,1
choice.dealings,AAB,AAD,,,,0.75,,1
choice.ask_base,,,*,,1,2,3,1
choice.on_traits,,,,,,1,,1
choice.on_need,,,,,,4,,1
choice.on_spare,,,,,0,0.5,1,1
choice.standing,*,*,,,,0,,1
choice.on_standing,,,,,,0,,1
choice.base,,,*,,-1,0,1,1
choice.on_again,,,,,,1,,1
choice.on_tie,,,,,,1,,1
choice.fade,,,,,,60,,month
choice.binds,,,*,,,1,,1
choice.on_politics,,,*,*,,0,,1
choice.on_gain,,,,,0,0.6,1.5,1
choice.on_sanctions,,,,,,0,,year/percent
choice.on_affinity,,,,,,0,,1
choice.package,*,*,,,,0.25,,1
choice.spread,*,*,,,,1,,1
choice.renewal,,,,,12,24,48,month
choice.permit,*,*,*,,,1,,1
ship.allowed,*,*,*,,,1,,1
treasury.income,AAA,,cash,,80,100,120,USD_m/month
treasury.income,AAB,,cash,,40,50,60,USD_m/month
treasury.income,*,,fuel,,20,30,40,kt/month
treasury.spent,*,,*,,,0.5,,1
aid_pace.mean,*,,,,,100,,USD_m/month
aid_pace.share,AAA,AAE,,,,0.75,,1
aid_pace.share,AAA,AAF,,,,0.25,,1
aid_pace.share,AAB,AAE,,,,0.1,,1
aid_pace.share,AAB,AAF,,,,0.9,,1
aid_pace.level,*,*,,,,1,,1
aid.committed,AAA,,tank,,3,5,8,tank/month
aid.committed,AAB,,tank,,1,2,3,tank/month
aid.committed,*,,tube_round,,10e3,30e3,60e3,tube_round/month
opening.stock,AAC,,tank,,900,1000,1100,tank
opening.stock,AAD,,tank,,400,500,600,tank
opening.stock,AAC,,tube_round,,0.9e6,1e6,1.1e6,tube_round
opening.stock,AAD,,tube_round,,1.8e6,2e6,2.2e6,tube_round
opening.stock,AAA,,cash,,,500,,USD_m
opening.stock,AAB,,cash,,,300,,USD_m
"""
OUTCOMES = """
[[outcome]]
id = "delivered"
says = "goods handed over a year, by buyer and supplier"
kind = "variable"
name = "shipped"
every = "year"
reduce = "sum"
parts = ["S02"]
[[outcome]]
id = "paid"
says = "payments a year, by kind, buyer and supplier"
kind = "variable"
name = "payments"
every = "year"
reduce = "sum"
parts = ["S08"]
[[outcome]]
id = "supply_chance"
says = "mean chance of supply"
kind = "variable"
name = "supply_chance"
every = "year"
reduce = "mean"
parts = ["S02"]
[[outcome]]
id = "given_aid"
says = "aid a year, by side"
kind = "flow"
law = "aid"
from = "abroad"
to = "recipient"
good = "aided"
dims = ["recipient", "aided"]
every = "year"
reduce = "sum"
parts = ["S03"]
"""


def _sets() -> str:
    quoted = {
        name: ", ".join(f'"{code}"' for code in codes)
        for name, codes in (("supplier", SUPPLIERS), ("buyer", SIDES))
    }
    text = "".join(
        f'[sets.{name}]\naxis = "actor"\nmembers = [{codes}]\n\n' for name, codes in quoted.items()
    )
    return text + (
        '[sets.offer]\naxis = "good"\nmembers = ["tank", "tube_round"]\n\n'
        '[sets.payment]\naxis = "good"\nmembers = ["cash", "fuel"]\n\n'
    )


def _rows() -> str:
    out = []
    for number, line in enumerate(FIGURES.splitlines()):
        parameter, actor, partner, good, label, low, central, high, unit = line.split(",")
        shape = "triangular" if low else "fixed"
        stage = "" if parameter != "opening.stock" else "surplus" if good == "tank" else "ready"
        out.append(
            f"own-{number},{parameter},{actor},{partner},{good},{stage},{label},,{low},"
            f"{central},{high},{unit},{shape},assumed,2022-01,F6,assumed,invented"
        )
    return "\n".join(out) + "\n"


def _head(text: str) -> str:
    text = text.replace(
        '"aid", "transit",', '"aid", "transit", ' + ", ".join(f'"{law}"' for law in LAWS) + ","
    )
    text = re.sub(r"(\[sets\.donor\][^\[]*members = )\[[^\]]*\]", r'\1["AAE", "AAF"]', text)
    text = re.sub(r"(\[sets\.recipient\][^\[]*members = )\[[^\]]*\]", r'\1["AAA", "AAB"]', text)
    return text.replace("[sets.equipment]", _sets() + "[sets.equipment]", 1) + OUTCOMES


def _facts(path: Path) -> None:
    head = "name,actor,partner,value,low,high,unit,source,date,grade,status,note\n"
    end = ",,,1,assumed,2022-01,F6,assumed,invented\n"
    everyone = (*SIDES, *SUPPLIERS, *DONORS)
    rows = [f"sanctioned,{code},,0{end}" for code in everyone]
    path.write_text(head + "".join(rows), encoding="utf-8")


def two_importers(name: str, folder: Path) -> Path:
    """The folder of a war with two buyers, two suppliers, two recipients and two donors."""
    made = new(name, folder)
    head = made / "scenario.toml"
    head.write_text(_head(head.read_text(encoding="utf-8")), encoding="utf-8")
    with (made / "goods.csv").open("a", encoding="utf-8") as file:
        file.write(GOODS)
    actors = made / "actors.csv"
    actors.write_text(
        actors.read_text(encoding="utf-8") + "AAD,Second supplier,state,example\n"
        "AAE,First donor,state,example\nAAF,Second donor,state,example\n",
        encoding="utf-8",
    )
    table = made / "quantities.csv"
    kept = [
        line
        for line in table.read_text(encoding="utf-8").splitlines()
        if not re.match(r"[^,#]*,(aid_pace\.(mean|share|level)|aid\.committed),", line)
    ]
    table.write_text("\n".join(kept) + "\n" + _rows(), encoding="utf-8")
    _facts(made / "covariates.csv")
    (made / "claims.toml").unlink()
    return made


def swapped(made: Path, folder: Path) -> Path:
    """The same war with the names of the two sides exchanged everywhere."""
    folder.mkdir(parents=True)
    for path in made.iterdir():
        text = path.read_text(encoding="utf-8").replace("AAA", "@@@")
        text = text.replace("AAB", "AAA").replace("@@@", "AAB")
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder
