"""What each command has to tell, as JSON and as tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from kautilya.cli.door import Column, Shown, Table


def number(value: Any) -> str:
    """A number as a reader wants it: three digits that count."""
    x = float(value)
    if x != x:
        return "-"
    if abs(x) < 1e-9:
        return "0"
    if abs(x) >= 1000:
        return f"{float(f'{x:.3g}'):,.0f}"
    return f"{x:.3g}"


def percent(value: Any) -> str:
    """A share as percent."""
    return f"{100 * float(value):.0f} %"


def interval(one: dict[str, float]) -> str:
    """Median and 90 % interval."""
    return f"{number(one['median'])} ({number(one['low'])} to {number(one['high'])})"


def scenarios() -> Shown:
    """All shipped scenarios."""
    from kautilya import scenario as rooms

    rows = []
    for name in rooms.names():
        one = rooms.load(name)
        rows.append({"id": name, "title": one.head.title, "question": one.head.question,
                     "start": one.head.start, "horizon": one.head.horizon,
                     "as_of": one.head.as_of.isoformat()})
    table = Table("Scenarios", [Column("id"), Column("months"), Column("question")],
                  [[r["id"], f"{r['start']} to {r['horizon']}", r["question"]] for r in rows])
    return Shown({"scenarios": rows}, [table])


def scenario(name: str) -> Shown:
    """One scenario."""
    from kautilya import scenario as rooms
    from kautilya.mechanisms import registry

    one = rooms.load(name)
    laws = registry()
    used = [laws[law] for law in one.head.laws if law in laws]
    figures: list[Any] = [*one.quantities, *one.figures]
    assumed = sum(row.status in ("assumed", "imposed") for row in one.quantities)
    data = {
        "id": one.id, "title": one.head.title, "question": one.head.question,
        "start": one.head.start, "as_of": one.head.as_of.isoformat(), "horizon": one.head.horizon,
        "digest": one.digest, "caution": one.head.caution,
        "actors": {a.code: a.name for a in one.actors}, "goods": one.units,
        "laws": [{"name": law.name, "phase": law.phase, "parts": law.parts, "imposes": law.imposes,
                  **_label(law)} for law in used],
        "levers": {lever.id: lever.says for lever in one.levers},
        "parts": parts(one, used),
        "uncertainties": sum(row.distribution != "fixed" for row in one.quantities),
        "quantities": len(one.quantities), "assumed": assumed,
        "figures": len(one.figures), "by_grade": dict(sorted(Counter(
            row.grade for row in figures).items())),
        "outcomes": {o.id: {"says": o.says, "parts": o.parts} for o in one.outcomes},
    }
    return Shown(data, _scenario_blocks(data))


def _label(law: Any) -> dict[str, Any]:
    """What the record says of a law, and of the formulas under it."""
    from kautilya.validation.labels import label, rests

    own = label(law.name)
    return {"label": own.word, "because": own.because,
            "rests_on": {name: one.word for name, one in rests(law).items()}}


def parts(one: Any, used: list[Any]) -> dict[str, dict[str, list[str]]]:
    """Each system part: the laws that serve it with their labels, its outcomes and levers."""
    found: dict[str, dict[str, list[str]]] = {}
    for kind, items in (("laws", [(f"{law.name} ({_label(law)['label']})", law.parts)
                                 for law in used]),
                        ("outcomes", [(o.id, o.parts) for o in one.outcomes]),
                        ("levers", [(lever.id, lever.parts) for lever in one.levers])):
        for name, served in items:
            for part in served:
                entry = found.setdefault(part, {"laws": [], "outcomes": [], "levers": []})
                entry[kind].append(name)
    return dict(sorted(found.items()))


def _scenario_blocks(data: dict[str, Any]) -> list[str | Table]:
    grades = ", ".join(f"{grade} {count}" for grade, count in data["by_grade"].items())
    return [
        f"{data['title']} ({data['id']})", data["question"],
        f"{data['start']} to {data['horizon']}, as of {data['as_of']}. {data['caution']}",
        f"{data['assumed']} of {data['quantities']} quantities are assumed or imposed; "
        f"{data['uncertainties']} are uncertain; {data['figures']} published figures. "
        f"Grades: {grades}.",
        "Actors: " + ", ".join(f"{code} {name}" for code, name in data["actors"].items()),
        "Goods: " + ", ".join(f"{good} [{unit}]" for good, unit in data["goods"].items()),
        Table("System parts", [Column("part"), Column("laws (label)"), Column("outcomes"),
                               Column("levers")],
              [[part, *[", ".join(entry[kind]) for kind in ("laws", "outcomes", "levers")]]
               for part, entry in data["parts"].items()]),
        Table("Laws", [Column("law"), Column("phase"), Column("parts"), Column("label"),
                        Column("because"), Column("rests on")],
              [[law["name"], law["phase"], " ".join(law["parts"]), law["label"], law["because"],
                ", ".join(f"{name} ({word})" for name, word in law["rests_on"].items())]
               for law in data["laws"]]),
        Table("Levers", [Column("lever"), Column("what it says")],
              [[key, says] for key, says in data["levers"].items()]),
        Table("Outcomes", [Column("outcome"), Column("what it is"), Column("parts")],
              [[key, o["says"], " ".join(o["parts"])] for key, o in data["outcomes"].items()]),
    ]


def mistakes(found: list[Any], path: Path) -> Shown:
    """All mistakes of a scenario."""
    data = {"path": str(path), "mistakes": [m._asdict() for m in found]}
    if not found:
        return Shown(data, [f"{path}: no mistakes"])
    lines = [f"{m.file}:{m.line}{' ' + m.column if m.column else ''}: {m.found}. {m.remedy}."
             for m in found]
    return Shown(data, [*lines, f"{len(found)} mistake{'s' if len(found) > 1 else ''}"])


def run(done: Any, folder: Path) -> Shown:
    """A finished run: the answer and where things are."""
    answer = done.answer
    manifest = done.run.manifest
    data = {"manifest": manifest, "answer": answer,
            "files": {name: str(folder / file) for name, file in done.files.items()}}
    blocks: list[str | Table] = [*answer.get("sentences", [])]
    for table in answer.get("tables", []):
        blocks.append(Table(table["title"], [Column(c["title"], c.get("right", False))
                                             for c in table["columns"]], table["rows"]))
    blocks.append(f"{manifest['futures']} futures in {manifest['seconds']:.0f} s; largest "
                  f"residual of the accounts {manifest['residual']:.1e}; not finite "
                  f"{manifest['futures_not_finite']}.")
    blocks.append(manifest["caution"])
    blocks.append(f"Report: {folder / done.files['report']}")
    return Shown(data, blocks)


def comparison(rows: list[dict[str, Any]], year: str, futures: int) -> Shown:
    """Differences of paired futures."""
    moved = [r for r in rows if r["unchanged"] < 0.95]
    moved.sort(key=lambda r: (r["lever"], -abs(r["change_percent"]["median"])
                              if r["change_percent"]["median"] ==
                              r["change_percent"]["median"] else 0.0))
    tables: list[str | Table] = []
    for lever, by in dict.fromkeys((r["lever"], r.get("by", "")) for r in rows):
        mine = [r for r in moved if (r["lever"], r.get("by", "")) == (lever, by)][:18]
        title = f"{lever}{', ' + by if by else ''}, {year}"
        tables.append(Table(
            f"{title}: change against the baseline, median and 90 % interval",
            [Column("outcome"), Column("baseline", True), Column("change", True),
             Column("percent", True)],
            [[r["outcome"], interval(r["baseline"]), interval(r["change"]),
              interval(r["change_percent"])] for r in mine]))
        if not mine:
            tables.append("nothing changes in that year")
    data = {"year": year, "futures": futures, "rows": rows}
    return Shown(data, [*tables, f"{futures} paired futures; the same luck with and without."])


def why(found: Any, name: str) -> Shown:
    """Candidates, their terms, and what would change."""
    from kautilya import scenario as rooms

    names = {a.code: a.name for a in rooms.load(name).actors}
    shown = [c for c in found.candidates if c["able"] > 0.05 or c["quantity"] > 0][:14]
    labels = list(shown[0]["terms"]) if shown else []
    first = Table(
        f"Who supplies {found.recipient} with {found.good} in {found.year}",
        [Column("state"), *[Column(t, True) for t in (
            "probability", "expected", "handed over", "leads", "top five", "refuses")]],
        [[f"{c['supplier']} {names.get(c['supplier'], '')}", percent(c["probability"]),
          number(c["quantity"]), number(c["recorded_or_simulated"]["median"]),
          percent(c["leads"]), percent(c["top_five"]), percent(c["refuses"])] for c in shown])
    second = Table("Utility term by term (mean)", [Column("state"), *[
        Column(t.replace("_", " "), True) for t in labels], Column("sum", True)],
        [[c["supplier"], *[f"{c['terms'][t]:+.1f}" for t in labels], f"{c['utility']:+.1f}"]
         for c in shown])
    refusing = Table("What would have to change", [Column("state"), Column("")],
                     [[c["supplier"], c["would_change"]] for c in shown if c["refuses"] > 0.5])
    ranks = ", ".join(f"{code} {low:.0f} to {high:.0f}"
                      for code, (low, high) in found.panel.items())
    imposed = sorted({f"{k}: {v}" for c in shown[:1] for k, v in c["imposed_terms"].items()})
    return Shown(found.as_json(), [
        first, "leads, top five and refuses are shares of the declared parameter range; refuses = "
        "supplying is less likely than not.", second, refusing, *found.notes,
        f"The historical panel alone would rank them, of about 185 states: {ranks}." if ranks
        else "No ranks of the historical panel are given.",
        "Where the terms come from: " + "; ".join(imposed) + "."])


def history(found: dict[str, Any]) -> Shown:
    """Losses beside evidence and bounds; the bias of claims in time."""
    losses = Table(
        "Permanent losses from the start: simulated, beside visual evidence and the accounts",
        [Column("side"), Column("class"), Column("until"), *[Column(t, True) for t in (
            "simulated", "seen", "floor", "above floor", "accounts allow", "inside")]],
        [[r["actor"], r["good"], r["until"], interval(r["simulated"]), number(r["seen"] or 0),
          number(r["floor"]), percent(r["above_floor"] or 0),
          f"{number(r['bounds'][0])} to {number(r['bounds'][1])}", percent(r["inside"])]
         for r in found["losses"]])
    bias = Table("Claims over simulated losses, by half-year: a bias that varies in time",
                 [Column("side"), Column("class"), Column("from"), Column("to"),
                  Column("claimed", True), Column("claimed / simulated", True)],
                 [[r["actor"], r["good"], r["from"], r["to"], number(r["claimed"]),
                   interval(r["claimed_over_simulated"])] for r in found["claim_bias"]])
    return Shown(found, [losses, "floor = seen x share destroyed or captured", bias])
