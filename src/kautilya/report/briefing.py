"""What stands in a brief: bottom line, key judgements, the account, alternatives, indicators."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

from kautilya.report.words import chance, listed, number

KEY = 8  # judgements on the page
RIVALS = ("no_secondary_sanctions", "stock_and_calibre_only", "no_politics")
TERMS = ("opening", "lost", "fired_tube", "dead", "closing")
AGAINST = 0.25  # a probability that a rival answer moves by more speaks against one of them


class Block(NamedTuple):
    """A piece of the page: title, heading, text, list or table."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def blocks(found: Any) -> list[Block]:
    """The whole page from a judgement."""
    key = judgements(found)
    scenario = found.scenario
    out = [Block("title", scenario.head.title),
           Block("text", f"{scenario.head.question} As of "
                 f"{found.asked.as_of or scenario.head.as_of.isoformat()}. "
                 f"{scenario.head.caution}"),
           Block("heading", "Bottom line"), *(Block("text", one) for one in bottom(found, key))]
    if key:
        out += [Block("heading", "Key judgements"), _judged(key)]
    out += _account(scenario)
    out += _alternatives(found, key)
    if key:
        out += [Block("heading", "What would change a judgement"),
                Block("list", items=tuple(_indicator(one) for one in key))]
    return out + [Block("text", _made_on(found))]


def judgements(found: Any) -> list[Any]:
    """The judgements that lead: emergent ones, the firmest first; other badges after them."""
    order = {"emergent": 0, "not identified": 1, "imposed": 2}
    mine = [one for one in found.verdicts if one.badge in order]
    return sorted(mine, key=lambda one: (order[one.badge], one.verdict == "cannot say",
                                         -abs(one.chance.value - 0.5)))[:KEY]


def bottom(found: Any, key: list[Any]) -> list[str]:
    """Two or three sentences, every number from the verdicts."""
    tested = [one for one in found.verdicts if one.verdict != "untestable"]
    counts = Counter(one.verdict for one in tested)
    said = [f"Of {len(found.verdicts)} claims {len(tested)} can be tested: "
            + listed([f"{counts[v]} {one if counts[v] == 1 else more}" for v, one, more in (
                ("holds", "holds", "hold"), ("fails", "fails", "fail"),
                ("cannot say", "cannot be said", "cannot be said"),
                ("not identified", "is not identified", "are not identified")) if counts[v]])
            + "."]
    emergent = sum(one.badge == "emergent" for one in tested)
    said.append(f"Emergent verdicts, which could have come out either way: {emergent}. "
                + " ".join(_sentence(one) for one in key[:2]
                                   if one.verdict in ("holds", "fails")))
    return [one.strip() for one in said]


def _sentence(one: Any) -> str:
    return (f"{one.row.says.rstrip('.')}: {one.verdict}, {one.likelihood} "
            f"({chance(one.chance.value, one.chance.error)}).")


def _judged(key: list[Any]) -> Block:
    rows = tuple((one.row.says, one.verdict, one.likelihood,
                  chance(one.chance.value, one.chance.error),
                  f"{one.confidence.level}: {one.confidence.because}", one.badge) for one in key)
    return Block("table", columns=("judgement", "verdict", "likelihood", "probability",
                                   "confidence", "badge"), rows=rows)


def _account(scenario: Any) -> list[Block]:
    """The account in one table, with who said what it rests on."""
    from pathlib import Path

    from kautilya.accounts import audit

    if not (Path(scenario.folder) / "accounts.toml").is_file():
        return []
    frame = audit(scenario).accounts
    rows = []
    for name in dict.fromkeys(frame["account"]):
        mine = frame[(frame["account"] == name) & frame["whole"] & (frame["node"] != "")]
        first = mine[mine["node"] == mine["node"].iloc[0]]
        cells = [f"{row.term} {number(row.low)} to {number(row.high)}"
                 for row in first.itertuples() if row.term in TERMS]
        if cells:
            rows.append((str(first["says"].iloc[0]), str(first["unit"].iloc[0]),
                         "; ".join(cells), _voices(scenario, str(first["actor"].iloc[0]),
                                                   str(first["unit"].iloc[0]))))
    return [Block("heading", "The account"), Block("table", columns=(
        "account", "unit", "what the published figures imply together", "who said it"),
        rows=tuple(rows))]


def _voices(scenario: Any, actor: str, unit: str) -> str:
    """Originators of the figures of an account, each counted once, with their grades."""
    known = {one.key: one.originator for one in scenario.sources}
    voices: dict[str, set[str]] = {}
    for row in scenario.figures:
        if row.actor == actor and unit in (row.good, row.unit.split("/")[0]):
            voices.setdefault(known.get(row.source, row.source), set()).add(row.grade)
    said = [f"{name} ({'/'.join(sorted(grades))})" for name, grades in sorted(voices.items())]
    return "; ".join(said[:5]) + (f" and {len(said) - 5} more" if len(said) > 5 else "")


def _alternatives(found: Any, key: list[Any]) -> list[Block]:
    """The judgements under rival answers: where they differ, the evidence could tell them apart."""
    from kautilya.claims.judge import judge

    known = {lever.id: lever.says for lever in found.scenario.levers}
    rivals = [name for name in RIVALS if name in known]
    if not rivals or not key:
        return []
    asked = replace(found.asked, run=str(found.run.folder), quick=True, bare=True)
    under = {name: {one.row.id: one for one in judge(
        found.scenario.folder, replace(asked, under=(name,))).verdicts} for name in rivals}
    rows, apart = [], dict.fromkeys(rivals, 0)
    for one in key:
        cells = []
        for name in rivals:
            told = under[name][one.row.id].chance
            there = told.value if told else float("nan")
            moved = abs(there - one.chance.value) > AGAINST
            apart[name] += moved
            cells.append(f"{there:.2f}{' (differs)' if moved else ''}")
        rows.append((one.row.says, f"{one.chance.value:.2f}", *cells))
    said = listed([f"'{known[name]}' by {apart[name]}" for name in rivals])
    return [Block("heading", "Alternatives considered"),
            Block("text", "The same judgements under rival answers, as probabilities. Judgements "
                  f"that differ are what would tell them apart: {said} of {len(key)}."),
            Block("table", columns=("judgement", "as it stands", *(known[r] for r in rivals)),
                  rows=tuple(rows))]


def _indicator(one: Any) -> str:
    said = []
    if one.row.needs_observing:
        said.append(one.row.needs_observing.rstrip("."))
    if one.decisive:
        first = one.decisive[0]
        said.append(f"{first.says}: at the low end of its range the probability is "
                    f"{first.low_end:.2f}, at the high end {first.high_end:.2f}")
    if one.flip is not None and one.flip.verified:
        said.append("it flips where " + listed([f"{c.says} is {number(c.value)} {c.unit}"
                                                for c in one.flip.changes]))
    return f"{one.row.says.rstrip('.')}: {'; '.join(said) or 'no single figure moves it'}."


def _made_on(found: Any) -> str:
    manifest = found.run.manifest
    return (f"Made on {manifest['futures']:,} futures of {found.scenario.id} (digest "
            f"{found.scenario.digest[:12]}, seed {manifest['seed']}). Probabilities are shares of "
            "futures ± their Monte-Carlo standard error; likelihood words are those of ICD 203; "
            "confidence is apart from likelihood. Opinions stay those of who held them.")
