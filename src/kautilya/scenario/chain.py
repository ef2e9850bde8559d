"""Who reads whom: which law uses what another works out, and how far each is from goods that move.

A law acts on the war where a chain of readers leads from it to a law of the phase "flow", the only
ones that move goods, men and money. One from which no chain leads there is a dead end: it measures.
That is allowed where it says so (`Law.meter`), and a fault where it does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kautilya.core.law import Law

FLOW = "flow:"


class Link(NamedTuple):
    """Law `reader` uses the variable `name` of law `writer`, or its settled flows (name "")."""

    writer: str
    name: str
    reader: str


def links(laws: Sequence[Law]) -> list[Link]:
    """All links among the laws of a scenario; a law that reads itself is none.

    laws   in the order of the scenario; what a law of another scenario would write is left out
    """
    owner = {var.name: law.name for law in laws for var in law.writes}
    flows = {FLOW + law.name: law.name for law in laws}
    out = []
    for law in laws:
        for name in (*law.reads, *law.reads_if):
            writer = owner.get(name) or flows.get(name)
            if writer and writer != law.name:
                out.append(Link(writer, "" if name.startswith(FLOW) else name, law.name))
    return out


def ways(laws: Sequence[Law]) -> dict[str, tuple[str, ...]]:
    """The shortest chain from each law to one that moves goods, itself first; () for a dead end.

    Among chains of one length the first in the order of the scenario; a law that moves goods is
    its own chain.
    """
    readers: dict[str, list[str]] = {law.name: [] for law in laws}
    for one in links(laws):
        readers[one.writer].append(one.reader)
    found: dict[str, tuple[str, ...]] = {
        law.name: (law.name,) for law in laws if law.phase == "flow"
    }
    while True:
        more: dict[str, tuple[str, ...]] = {}
        for name, mine in readers.items():
            known = [found[reader] for reader in mine if reader in found]
            if name not in found and known:
                more[name] = (name, *min(known, key=len))
        if not more:
            return {law.name: found.get(law.name, ()) for law in laws}
        found |= more


def dead_ends(laws: Sequence[Law]) -> dict[str, str]:
    """Laws from which no chain leads to goods that move, with why each is only a meter ("" = a fault)."""
    way = ways(laws)
    return {law.name: law.meter for law in laws if not way[law.name]}


def unread(laws: Sequence[Law], told: Iterable[str]) -> list[tuple[str, str]]:
    """(law, variable) that no other law reads, that its own law does not carry on and that no
    outcome (`told`: their variables) tells of: worked out each month for nobody."""
    used = {one.name for one in links(laws)} | set(told)
    return [
        (law.name, var.name)
        for law in laws
        for var in law.writes
        if var.name not in used and var.start is None
    ]


def rows(laws: Sequence[Law]) -> list[tuple[str, list[str], list[str], str]]:
    """Each law with what others read of it, by whom, and its chain to goods, or what it measures."""
    way, all_links = ways(laws), links(laws)
    out = []
    for law in laws:
        mine = [one for one in all_links if one.writer == law.name]
        names = list(dict.fromkeys(one.name or "what it moved" for one in mine))
        readers = list(dict.fromkeys(one.reader for one in mine))
        chain = way[law.name]
        if len(chain) == 1:
            end = "moves goods itself"
        elif chain:
            end = " → ".join(chain[1:])
        else:
            end = f"a meter: {law.meter}" if law.meter else "dead end"
        out.append((law.name, names, readers, end))
    return out


def picture(laws: Sequence[Law]) -> str:
    """The same as a Mermaid flow chart: laws in rows by distance from goods, an arrow a link.

    from kautilya.mechanisms import registry
    from kautilya.scenario.chain import picture

    laws = registry()
    print(picture([laws["treaty"], laws["spare"], laws["ship"]]))
    """
    way = ways(laws)
    far = max((len(chain) for chain in way.values()), default=0)
    lines = ["flowchart LR"]
    for distance in range(far, -1, -1):
        here = [law for law in laws if len(way[law.name]) == distance]
        if not here:
            continue
        title = {0: "meters", 1: "goods, men and money move"}.get(
            distance, f"{distance - 1} before"
        )
        lines.append(f'  subgraph d{distance}["{title}"]')
        lines += [f'    {law.name}["{law.plain or law.name}"]' for law in here]
        lines.append("  end")
    arrows = dict.fromkeys((one.writer, one.reader) for one in links(laws))
    lines += [f"  {writer} --> {reader}" for writer, reader in arrows]
    return "\n".join(lines)
