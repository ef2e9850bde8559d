"""Published numbers on battles: Iwo Jima, the Ardennes, the battles of the CDB90 base."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

import kautilya.core  # noqa: F401  (turns on float64)
from kautilya.estimation import outside
from kautilya.mechanisms.formulas import lanchester
from kautilya.study.battle import run_battle

Found = dict[str, float]
IWO_JIMA = Path(__file__).parents[1] / "scenarios" / "iwo_jima_1945"
WEIGHTS = {"tank": 20.0, "apc": 5.0, "art": 40.0}  # men that one item counts for, bracken1995
MONTHS, SHARE = 36, 0.05  # of the check that sub-steps do not drift


def engel() -> Found:
    """The course of the battle from the scenario's own file."""
    course = run_battle(next(IWO_JIMA.glob("*.toml")))
    return {f"engel.{side}.{day}": float(course[code][day])
            for side, code in (("us", "USA"), ("japan", "JPN")) for day in (1, 6, 28, 36)}


def _days(manpower: str, tactical: bool) -> lanchester.BattleDays:
    """Days 1 to 10 of the Ardennes in Bracken's weights; Germans attack on the first five."""
    table = pd.read_csv(outside.need("data/ardennes_1944_daily.csv"), comment="#")
    days = table[table["day"].between(1, 10)]

    def weigh(side: str, men: str, end: str) -> np.ndarray:
        items = sum(w * days[f"{side}_{item}{end}"] for item, w in WEIGHTS.items())
        return (days[f"{side}_{men}"] + items).to_numpy(float)

    attack = np.where(days["day"] <= 5, 1.0, -1.0) * tactical
    strength = [weigh(side, manpower, "") for side in ("blue", "red")]
    lost = [weigh(side, f"cas_{manpower}", "_lost") for side in ("blue", "red")]
    return lanchester.BattleDays(strength[0], strength[1], lost[0], lost[1], attack)


def bracken() -> Found:
    """Sum of squares and R2 of the four models at their published parameters."""
    models = pd.read_csv(outside.need("truth/bracken_ardennes.csv"), comment="#")
    out = {}
    for row in models.itertuples():
        days = _days(row.manpower, row.tactical_factor == "yes")
        law = lanchester.Law(row.a, row.b, row.p, row.q, row.d)
        out[f"bracken.ssr.{row.model}"] = float(lanchester.bracken_ssr(law, days))
        out[f"bracken.r2.{row.model}"] = float(lanchester.bracken_r2(law, days))
    return out


def cdb90() -> Found:
    """Log ratio of fractional losses on log force ratio, battles with all four numbers."""
    table = pd.read_csv(outside.need("data/cdb90_belligerents.csv"))
    wide = table[["isqno", "attacker", "str", "cas"]].pivot(index="isqno", columns="attacker")
    wide = wide[(wide > 0).all(axis=1)]
    strength, lost = (wide[name].to_numpy(float) for name in ("str", "cas"))
    share = np.log(lost / strength)
    force, loss = np.log(strength[:, 1] / strength[:, 0]), share[:, 1] - share[:, 0]
    slope, intercept = np.polyfit(force, loss, 1)
    return {"cdb90.battles": float(len(wide)), "cdb90.slope": float(slope),
            "cdb90.intercept": float(intercept),
            "cdb90.r2": float(np.corrcoef(force, loss)[0, 1] ** 2)}


def slopes() -> Found:
    """The same slope from each law's own losses, and 36 months of sub-steps."""
    out, ratio = {}, np.array([0.5, 1.0, 2.0, 4.0])
    for name, (p, q) in {"square": (1.0, 0.0), "linear": (1.0, 1.0),
                         "logarithmic": (0.0, 1.0)}.items():
        blue, red = 100.0 * ratio, np.full(4, 100.0)
        lost = lanchester.bracken1995(blue, red, lanchester.Law(1e-3, 2e-3, p, q))
        share = np.log((np.asarray(lost[0]) / blue) / (np.asarray(lost[1]) / red))
        out[f"slopes.{name}"] = float(np.polyfit(np.log(ratio), share, 1)[0])
    law = lanchester.Law(SHARE, SHARE, 0.0, 1.0)
    blue, _ = jax.lax.fori_loop(
        0, MONTHS, lambda _, s: tuple(lanchester.substeps(s[0], s[1], law, 1.0)[:2]),
        (jnp.asarray(1.0), jnp.asarray(1.0)))
    return out | {"slopes.substeps": float(blue)}
