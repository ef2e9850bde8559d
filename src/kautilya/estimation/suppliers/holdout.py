"""The study itself: estimate, forecast, score, rank, hand over.

Every function takes the table of ``features``: one row per candidate (s, r, year, y, new, terms).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk
from kautilya.errors import KautilyaError, extra
from kautilya.estimation.suppliers.exposure import SENTENCE, Z90
from kautilya.estimation.suppliers.features import features
from kautilya.estimation.suppliers.fits import both, decide, decision, estimate, forecast
from kautilya.estimation.suppliers.panel import load
from kautilya.estimation.suppliers.scores import table
from kautilya.estimation.suppliers.specs import BASELINES, SPECS, TERMS, spec_of
from kautilya.scenario import library

Array = NDArray[np.float64]
CASES = ((630, 2022), (731, 2023), (750, 2023), (732, 2023), (710, 2023), (370, 2023))
RUSSIA = 365
DECISION = "decision"
FOLDS = 5


def _boosted(panel: pd.DataFrame, rows: pd.DataFrame, until: int) -> Array:
    learned = extra("sklearn.ensemble", "study")
    terms = [t for t in TERMS if TERMS[t].block != "sanctions"]
    train = panel[panel["year"] <= until]
    model = learned.HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=150, max_leaf_nodes=15, l2_regularization=1.0, random_state=0
    )
    model.fit(train[terms].to_numpy(float), train["y"].to_numpy(int))
    return np.asarray(model.predict_proba(rows[terms].to_numpy(float))[:, 1])


def forecasts(
    panel: pd.DataFrame, rows: pd.DataFrame, until: int, boosting: bool = False
) -> dict[str, Array]:
    """The decision, its earlier registrations, the engine's own terms, the baselines and, if
    asked, boosting; each [n]."""
    levelled, flat = both(panel, rows, until)
    out = {
        DECISION: levelled,
        "decision without its level": flat,
        "decision, half-life 15": decide(panel, rows, until),
        "decision, half-life 15, split": decide(panel, rows, until, ("standing", "new")),
        "decision, half-life 7": decide(
            panel, rows, until, ("all, half-life 7", "new, half-life 7")
        ),
        "second registration": decide(panel, rows, until, ("all_flat", "new_flat")),
        "first registration": decide(panel, rows, until, ("first_standing", "first_new")),
        "engine's terms": decide(panel, rows, until, ("engine, all", "engine, new")),
        "engine's terms and capacity": decide(
            panel, rows, until, ("engine and capacity, all", "engine and capacity, new")
        ),
        "plain logit": forecast(estimate(panel, until, "plain logit"), rows),
    }
    out |= {name: forecast(estimate(panel, until, name), rows) for name in BASELINES}
    return out | ({"boosting": _boosted(panel, rows, until)} if boosting else {})


def unseen(panel: pd.DataFrame, rows: pd.DataFrame, until: int) -> dict[str, Array]:
    """Decision, network and past-tie forecasts where a recipient's own past is never trained on."""
    order = np.sort(rows["r"].unique())
    names = ("decision", "lags and network", "past-tie detail")
    out = {name: np.zeros(len(rows)) for name in names}
    for fold in range(FOLDS):
        held = order[fold::FOLDS].tolist()
        pick = rows["r"].isin(held).to_numpy()
        if pick.any():
            out["decision"][pick] = decision(panel, rows[pick], until, held)
            for name in names[1:]:
                out[name][pick] = forecast(estimate(panel, until, name, held), rows[pick])
    return out


def scorable(panel: pd.DataFrame, until: int) -> pd.DataFrame:
    """The rows that are forecast and scored. Raises KautilyaError where there is none."""
    rows = panel[(panel["year"] > until) & panel["y"].notna()]
    rows = rows[rows["asked"]] if "asked" in rows else rows
    if rows.empty:
        raise KautilyaError(
            "supplier backtest",
            f"no rows after {until}",
            "choose an earlier --until or give a longer panel",
        )
    return rows


def score(
    panel: pd.DataFrame,
    until: int = 2005,
    draws: int = 300,
    known: dict[str, Array] | None = None,
    held_out: bool = True,
) -> pd.DataFrame:
    """Score table: one row per subset and forecast, 90 % block-bootstrap intervals.

    Subsets: all ties, new ties, both on binding embargoes and, if ``held_out``, both for unseen
    recipients. A subset without a delivery is left out. ``known``: the forecasts, where they have
    been made.
    """
    rows = scorable(panel, until)
    new, bound = rows["new"].to_numpy(bool), rows["binding"].to_numpy(float) == 1
    every = np.ones(len(rows), bool)
    known = forecasts(panel, rows, until) if known is None else known
    parts = {
        "all ties": (every, known),
        "new ties": (new, known),
        "all ties, binding": (bound, known),
        "new ties, binding": (new & bound, known),
    }
    if held_out:
        cut = unseen(panel, rows, until)
        parts |= {
            "all ties, unseen recipients": (every, cut),
            "new ties, unseen recipients": (new, cut),
        }
    y, r, year = (rows[c].to_numpy(float) for c in ("y", "r", "year"))
    out = []
    for subset, (m, given) in parts.items():
        if y[m].sum() > 0:
            told = {name: p[m] for name, p in given.items()}
            out.append(table(y[m], told, r[m], year[m], draws).assign(subset=subset))
    if not out:
        return pd.DataFrame(columns=["subset", "forecast"])
    both = pd.concat(out, ignore_index=True)
    return both[["subset", *(c for c in both.columns if c != "subset")]]


def _place(p: Array, mine: float) -> float:
    return float(1.0 + (p > mine).sum() + ((p == mine).sum() - 1) / 2.0)


def ranks(
    panel: pd.DataFrame,
    until: int = 2005,
    recipient: int = RUSSIA,
    cases: Sequence[tuple[int, int]] = CASES,
    specs: Sequence[str] = (*SPECS, DECISION),
    known: pd.Series | None = None,
) -> pd.DataFrame:
    """Rank of each (supplier, year), by default under every specification tried; 1 = first.

    ``rank`` is among candidates without a tie in 15 years (the case itself counted in), of which
    there are ``candidates``; ``rank_all`` among all suppliers. Equals share their middle rank.
    ``known``: the decision's forecasts by row, where they have been made.
    """
    out, mine_of = [], panel[panel["r"] == recipient]
    field = mine_of[mine_of["year"].isin([year for _, year in cases])]
    told = {
        name: forecast(estimate(panel, until, name), field)
        for name in specs
        if name != DECISION and spec_of(name).candidates != "standing"
    }
    if DECISION in specs:
        told[DECISION] = (
            decision(panel, field, until)
            if known is None
            else np.asarray(known.reindex(field.index), dtype=float)
        )
    for name, every in told.items():
        for supplier, year in cases:
            here = (field["year"] == year).to_numpy()
            rows, p = field[here], every[here]
            mine = (rows["s"] == supplier).to_numpy()
            if not mine.any():
                continue
            among = rows["new"].to_numpy(bool) | mine
            out.append(
                {
                    "specification": name,
                    "supplier": supplier,
                    "year": year,
                    "rank": _place(p[among], p[mine][0]),
                    "candidates": int(among.sum()),
                    "rank_all": _place(p, p[mine][0]),
                    "suppliers": len(rows),
                    "probability": p[mine][0],
                    "had_tie": bool(~rows["new"].to_numpy(bool)[mine][0]),
                }
            )
    return pd.DataFrame(out)


def coefficients_for_scenario(
    panel: pd.DataFrame,
    until: int = 2021,
    spec: str = "new",
    without: Sequence[int] = (),
    exposure: pd.DataFrame | None = None,
    per: str = "sd",
) -> pd.DataFrame:
    """Rows term, low, central, high, unit, mean, sd, note: 90 % intervals, to be used as priors.

        utility = const + sum_k central_k (x_k - mean_k) / sd_k          per year

    With ``per="unit"`` the central_k are already divided by sd_k; the constant stays at the means.
    ``until`` stops before the war whose suppliers the scenario decides. ``exposure`` (the table
    of ``exposure_effect``) adds a row that is flagged as not identified.
    """
    got = estimate(panel, until, spec, without)
    scale = np.r_[1.0, got.sds if per == "unit" else np.ones(len(got.sds))]
    rows = []
    for n, name in enumerate(got.names):
        beta, error = (float(v[n] / scale[n]) for v in (got.coefficients, got.standard_errors))
        low, high = beta - Z90 * error, beta + Z90 * error
        note = "log odds of a delivery in a year, at the means" if n == 0 else TERMS[name].meaning
        unsure = n > 0 and low < 0.0 < high
        rows.append(
            {
                "term": name,
                "low": low,
                "central": beta,
                "high": high,
                "unit": "1" if n == 0 else f"per {per}",
                "mean": np.nan if n == 0 else got.means[n - 1],
                "sd": np.nan if n == 0 else got.sds[n - 1],
                "note": note + ("; sign not settled by the panel" if unsure else ""),
            }
        )
    if exposure is not None:
        pick = exposure[exposure["specification"] == spec]
        rows.append(
            {
                "term": "exposure",
                "low": pick["low"].min(),
                "high": pick["high"].max(),
                "central": pick["coefficient"].median(),
                "unit": "per unit share of GDP",
                "mean": np.nan,
                "sd": np.nan,
                "note": f"not identified: {SENTENCE}",
            }
        )
    return pd.DataFrame(rows)


def backtest_suppliers(
    data: Path | str,
    until: int = 2005,
    out: Path | str | None = None,
    companions: Path | str | None = None,
    draws: int = 300,
) -> pd.DataFrame:
    """Forecast every candidate of ``data`` after ``until``, write Parquet, return the scores.

    The file holds recipient, year, supplier (COW codes) and probability, one row per candidate.
    ``companions`` is the folder of the register, alliances, ideal points and, if ``data`` has no
    years to ``until``, the panel to fit on; by default the folder of ``data``. Raises
    KautilyaError when the panel is absent, lacks columns, or has no rows after ``until``.
    """
    world = load(data, companions)
    panel = features(world).assign(asked=world.panel["asked"])
    rows = scorable(panel, until)
    if out is not None:
        made = pd.DataFrame(
            {
                "recipient": rows["r"],
                "year": rows["year"],
                "supplier": rows["s"],
                "probability": decision(panel, rows, until),
            }
        )
        disk.write(library.result(Path(out)), disk.parquet(made))
    return score(panel, until, draws)
