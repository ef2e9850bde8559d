"""Impossible numbers: what cannot all be true of a pasted table, or of an account of the scenario.

A figure may be left out; the bounds that the others give follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from kautilya.errors import KautilyaError
from kautilya.web.site import Cells, Site


def numbers(text: str, dropped: tuple[int, ...] = ()) -> Cells:
    """What cannot all be true of a table of published figures, and bounds on what nobody said.

    text      CSV as `kautilya audit` reads it
    dropped   numbers of lines whose figures are left out (the header is line 1)

    Raises KautilyaError naming the line of what is wrong.
    """
    from kautilya.accounts.auditor import audit

    with TemporaryDirectory(prefix="kautilya-page-") as folder:
        path = Path(folder) / "pasted.csv"
        path.write_text(_without(text, dropped), encoding="utf-8")
        return _told(audit(path).as_json())


def accounts(site: Site) -> list[Cells]:
    """The accounts of the scenario: id and what they are about; [] where it declares none."""
    from kautilya.accounts.declare import read_accounts
    from kautilya.accounts.figures import ACCOUNTS

    text = site.scenario.beside.get(ACCOUNTS)
    if text is None:
        return []
    return [{"id": one.id, "says": one.says} for one in read_accounts(text).account]


def account(site: Site, name: str, dropped: Iterable[str], clashes: bool) -> Cells:
    """The same as `numbers` of one account of the scenario.

    dropped   ids of figures that are left out; clashes: also list what cannot all be true, which
              takes longer than the bounds
    Raises KautilyaError for an account that is none.
    """
    from kautilya.accounts.auditor import audit

    known = [str(one["id"]) for one in accounts(site)]
    if name not in known:
        raise KautilyaError("account", f"{name[:60]!r}", f"Give one of {', '.join(known)}")
    found = audit(site.scenario, name, conflicts=clashes, without=tuple(dropped))
    return _told(found.as_json())


def _told(said: Cells) -> Cells:
    conflicts, figures = said["conflicts"], said["bounds"]
    assert isinstance(conflicts, list) and isinstance(figures, list)
    return {
        "notes": said["notes"],
        "conflicts": [_clash(one) for one in conflicts],
        "bounds": said["accounts"],
        "figures": [_figure(one) for one in figures],
    }


def _clash(one: Cells) -> Cells:
    """An irreducible conflict in a sentence, with its simplest mend."""
    mend = one.get("mend")
    return {
        "figures": one["figures"],
        "why": one["why"],
        "mend": mend["says"] if isinstance(mend, dict) else "",
    }


def _figure(one: Cells) -> Cells:
    keep = ("figure", "said", "unit", "published", "implied", "others", "set_aside")
    return {name: one[name] for name in keep}


def _without(text: str, dropped: Sequence[int]) -> str:
    """The table less the rows of these lines; the others keep their numbers."""
    lines = text.splitlines()
    kept = ("" if number in dropped else line for number, line in enumerate(lines, 1))
    return "\n".join(kept) + "\n"
