r"""What observers say of losses: each with its own bias and delay.

    pictures  O_t ~ NegBin(sum_{u<=t} q (1-q)^{t-u} s_u, phi_o),   q = 1 - exp(-1/delay)
              s_u = share * gone_u / (share of seen items that are gone for good)
    claims    C_t ~ NegBin(b_t gone_t, phi_c),   log b_t a random walk with half-yearly knots
    figures   a published range low..central..high: normal around the model's own number,
              sd = a quarter of the range, at least 5 % of the central value

    share   pictures of permanent losses over permanent losses; a lower bound, dated late
    b_t     claimed over permanent losses of a class; moves in time        all [1]

Where months lie between two counts, their means add up. Source: assumed forms; counts as
cameron1998 (NB2). Holds for: national monthly totals. Breaks when: an observer stops.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr

from kautilya.estimation.calibration.war import LINE, STORES, War
from kautilya.study.history import gone_share

if TYPE_CHECKING:
    import jax

    from kautilya.estimation.calibration.war import Months
    from kautilya.scenario.scenario import Scenario

QUARTER, HALF = 3, 6  # months between knots of intensity and of the claims' bias
SD_OF_RANGE, LEAST_SD = 0.25, 0.05
MEASURES = ("stock", "withdrawn", "restored")


class Counts(NamedTuple):
    """Counts of one observer: rows (side, class), each with months first..last it covers.

    cell int[n, 2]; first, last int[n] (months, inclusive); value [n]
    """

    cell: np.ndarray
    first: np.ndarray
    last: np.ndarray
    value: np.ndarray


class Soft(NamedTuple):
    """Published ranges about stocks and flows: what each is of, its centre and sd."""

    ids: tuple[str, ...]
    kind: tuple[str, ...]
    cell: np.ndarray
    first: np.ndarray
    last: np.ndarray
    value: np.ndarray
    sd: np.ndarray


class Seen(NamedTuple):
    """All that was observed of one war."""

    pictures: Counts
    claims: Counts
    soft: Soft


def counts(given: War, scenario: Scenario, name: str) -> Counts:
    """Monthly counts from the scenario's cumulative record `observed.<name>`."""
    place = {month: t for t, month in enumerate(given.months)}
    found: dict[tuple[int, int], dict[int, float]] = {}
    for row in scenario.series:
        if row.series == f"observed.{name}" and row.good in given.classes and row.month in place:
            cell = given.sides.index(row.actor), given.classes.index(row.good)
            found.setdefault(cell, {})[place[row.month]] = row.value
    rows = []
    for cell, by_month in found.items():
        at, total = -1, 0.0
        for t in sorted(by_month):
            rows.append((*cell, at + 1, t, max(by_month[t] - total, 0.0)))
            at, total = t, by_month[t]
    table = np.array(rows, float).reshape(-1, 5)
    whole = table[:, :4].astype(int)
    return Counts(whole[:, :2], whole[:, 2], whole[:, 3], np.round(table[:, 4]))


def soft(given: War, scenario: Scenario, accept: str = "run") -> Soft:
    """Accepted figures about lines, stores, withdrawals and restorations inside the months."""

    rows: list[tuple[Any, ...]] = []
    if "accounts.toml" in scenario.beside:
        from kautilya.accounts.figures import accepted, inputs, known_by, profile

        read = inputs(scenario)
        known = known_by(read.figures, scenario.head.as_of)
        for one in accepted(known, profile(read.declared, accept), read.declared)[0]:
            rows += _soft_row(given, one)
    ids, kinds, cells, first, last, value, sd = zip(*rows, strict=True) if rows else ((),) * 7
    return Soft(
        tuple(ids),
        tuple(kinds),
        np.array(cells, int).reshape(-1, 2),
        np.array(first, int),
        np.array(last, int),
        np.array(value, float),
        np.array(sd, float),
    )


def _soft_row(given: War, one: Any) -> list[tuple[Any, ...]]:
    """A figure as a row of Soft, or nothing: openings are the prior's, bounds are no ranges."""
    if (
        one.measure not in MEASURES
        or one.good not in given.classes
        or one.actor not in given.sides
        or one.last > given.months[-1]
        or one.last <= given.months[0]
        or not np.isfinite([one.low, one.central, one.high]).all()
    ):
        return []
    stages = set(one.stage.split("|")) if one.stage else set()
    kind = (
        {frozenset(LINE): "line", frozenset(STORES): "stored"}.get(frozenset(stages))
        if one.measure == "stock"
        else one.measure
    )
    if kind is None:
        return []
    first, last = (given.months.index(max(m, given.months[0])) for m in (one.first, one.last))
    value = np.array([one.low, one.central, one.high])
    if kind in ("withdrawn", "restored") and one.unit.endswith("/month"):
        value = value * (last - first + 1)
    sd = max(SD_OF_RANGE * (value[2] - value[0]), LEAST_SD * value[1])
    cell = given.sides.index(one.actor), given.classes.index(one.good)
    return [(one.id, kind, cell, first, last, value[1], sd)]


def bands(given: War) -> list[Band]:
    """The observers' own ranges, in the order of `means`."""
    cells = [(side, good) for side in given.sides for good in given.classes]
    return [
        *(band("seen-share", *cell) for cell in cells),
        *(band("claimed-level", "", good) for good in given.classes),
        *(
            band(name)
            for name in (
                "seen-delay",
                "seen-dispersion",
                "claimed-step",
                "claimed-dispersion",
                "profile-step",
            )
        ),
    ]


def knots(months: int, every: int) -> np.ndarray:
    """Weights [T, knots] of linear interpolation between knots."""
    at = np.arange(0, months + every - 1, every)
    return np.stack([np.interp(np.arange(months), at, row) for row in np.eye(len(at))], axis=1)


def delayed(months: int, delay: jax.Array) -> jax.Array:
    """Share of what is lost in u and recorded in t [T, T, F]."""
    q = 1.0 - jnp.exp(-1.0 / delay)
    lag = np.arange(months)[:, None] - np.arange(months)[None]
    return jnp.where(lag[..., None] >= 0, q * (1.0 - q) ** np.maximum(lag, 0)[..., None], 0.0)


def gone_shares(given: War, scenario: Scenario) -> np.ndarray:
    """Share of seen items that is gone for good [side, class]; 1 where nothing is declared."""
    cells = product(given.sides, given.classes)
    found = np.array([gone_share(scenario, "oryx_lost", *cell) for cell in cells])
    out = found.reshape(len(given.sides), len(given.classes))
    return np.where(np.isfinite(out), out, 1.0)


def summed(x: jax.Array, rows: Counts | Soft) -> jax.Array:
    """Sums of x [T, side, class, F] over the months that each row covers [n, F]."""
    total = jnp.concatenate([jnp.zeros_like(x[:1]), jnp.cumsum(x, axis=0)])
    side, good = rows.cell[:, 0], rows.cell[:, 1]
    return total[rows.last + 1, side, good] - total[rows.first, side, good]


def told(found: Months, rows: Soft) -> jax.Array:
    """The model's own number for each published range [n, F]."""
    flows = {"withdrawn": found.pulled, "restored": found.restored}
    stocks = {"line": found.line, "stored": found.stored}
    out = []
    for i, kind in enumerate(rows.kind):
        side, good = rows.cell[i]
        if kind in flows:
            out.append(flows[kind][rows.first[i] : rows.last[i] + 1, side, good].sum(axis=0))
        else:  # stocks are kept at the begin of a month; a figure counts the end
            series = stocks[kind]
            at = min(rows.last[i] + 1, series.shape[0] - 1)
            out.append(series[at, side, good])
    return jnp.stack(out) if out else jnp.zeros((0, found.gone.shape[-1]))


def shares(given: War, figures: Mapping[str, jax.Array]) -> jax.Array:
    """The share that pictures show [side, class, F]."""
    out = []
    for side in given.sides:
        names = [band("seen-share", side, good).id for good in given.classes]
        out.append(jnp.stack([figures[name] for name in names]))
    return jnp.stack(out)


def biases(given: War, figures: Mapping[str, jax.Array], walk: jax.Array) -> jax.Array:
    """Claimed over permanent losses [T, class, F]; walk: standard normal [knots - 1, class, F]."""
    level = jnp.stack([figures[band("claimed-level", "", good).id] for good in given.classes])
    steps = jnp.concatenate([jnp.zeros_like(walk[:1]), jnp.cumsum(walk, axis=0)])
    moved = jnp.einsum("tk,kcf->tcf", knots(len(given.months), HALF), steps)
    return level[None] * jnp.exp(figures["claimed-step"] * moved)


if TYPE_CHECKING:
    import jax

    from kautilya.scenario.assemble import Range

KINDS = ("triangular", "uniform", "loguniform")


class Band(NamedTuple):
    """A declared range with a name."""

    id: str
    low: float
    central: float
    high: float
    distribution: str


def free(row: Band | Range) -> bool:
    """Whether a figure can be learned: it has a range of a kind that is smooth."""
    return row.distribution in KINDS and row.low < row.high


def values(rows: Sequence[Band | Range], z: jax.Array | np.ndarray) -> jax.Array:
    """Values [rows, F] of ranges at standard normal z [rows, F]."""
    low = jnp.array([row.low for row in rows])[:, None]
    mode = jnp.array([row.central for row in rows])[:, None]
    high = jnp.array([row.high for row in rows])[:, None]
    kind = np.array([KINDS.index(row.distribution) for row in rows])[:, None]
    u, v = ndtr(z), ndtr(-z)  # v = 1 - u without loss of digits
    wide = high - low
    left = u * wide < mode - low
    rise = low + jnp.sqrt(jnp.where(left, u, 0.25) * wide * jnp.maximum(mode - low, 1e-12 * wide))
    fall = high - jnp.sqrt(jnp.where(left, 0.25, v) * wide * jnp.maximum(high - mode, 1e-12 * wide))
    positive = jnp.where(kind == 2, low, 1.0), jnp.where(kind == 2, high, 1.0)
    log = positive[0] * jnp.exp(u * jnp.log(positive[1] / positive[0]))
    return jnp.where(
        kind == 0, jnp.where(left, rise, fall), jnp.where(kind == 1, low + u * wide, log)
    )


@cache
def declared() -> dict[tuple[str, str], Band]:
    """Ranges of observers.csv: (id, class or "") -> band."""
    text = Path(__file__).with_name("observers.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {
        (row["id"], row["class"]): Band(
            row["id"],
            float(row["low"]),
            float(row["central"]),
            float(row["high"]),
            row["distribution"],
        )
        for row in csv.DictReader(lines)
    }


def band(name: str, side: str = "", good: str = "") -> Band:
    """The range of one observer's figure for a side and class."""
    found = declared().get((name, good)) or declared()[name, ""]
    return found._replace(id="-".join(part for part in (name, side, good) if part).lower())
