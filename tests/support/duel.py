"""A duel in which fire is not aimed: the law that no shipped scenario runs."""

from __future__ import annotations

from pathlib import Path

from kautilya.scenario import new


def area_duel(folder: Path) -> Path:
    """The duel that `kautilya new` writes, by Lanchester's linear law."""
    made = new("duel", folder, "duel")
    for path in made.iterdir():
        if path.suffix in (".toml", ".csv"):
            lines = path.read_text().replace("aimed_fire", "area_fire").splitlines()
            by_head = [
                x.replace("1/day", "1/person/day") if "area_fire." in x else x for x in lines
            ]
            path.write_text("\n".join(by_head) + "\n")
    return made
