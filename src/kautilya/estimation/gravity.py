r"""Gravity: what distance, borders and agreements do to trade, estimated from a table.

    PPML  E[X] = exp(b'z + effects)         OLS  E[ln X] = b'z + effects   where X > 0

    X   trade [value];  z regressors [1];  b coefficients [1], an effect on t^{1-sigma}

Source: santos2006 (PPML), yotov2016 ch. 1; computed by pyfixest.
Holds for: cross-sections and panels with exporter and importer (by year) effects.
Breaks when: a regressor does not vary within the effects; it is then named in `absorbed`. Rows
that say nothing (a state that never trades, OLS of a zero) are counted in `notes`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from kautilya.errors import KautilyaError, extra
from kautilya.wording import many

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOOR = "estimate_gravity"
ESTIMATORS = ("ppml", "ols")
TOLERANCE = 1e-10  # of the deviance; the guide's second step needs six digits of b
ROW = ("exporter", "importer", "year")  # what a row stands for, where the columns are there
SHOWN = 5


class GravityFit(NamedTuple):
    """Coefficients and standard errors by regressor [1], and the rows that were used.

    absorbed   regressors without a coefficient: the effects or the other regressors hold them
    notes      what was left out of the table, and what looks wrong in it
    """

    coefficients: dict[str, float]
    standard_errors: dict[str, float]
    observations: int
    absorbed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Asked(NamedTuple):
    """Which columns play which part."""

    trade: str
    variables: tuple[str, ...]
    effects: tuple[str, ...]
    cluster: str | None

    def keys(self) -> tuple[str, ...]:
        """Columns of the effects and of the clusters."""
        parts = tuple(part for effect in self.effects for part in effect.split("^"))
        return (*parts, self.cluster) if self.cluster else parts


def _check(table: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """The table with trade and regressors as numbers. Raises KautilyaError."""
    for name in (asked.trade, *asked.variables, *asked.keys()):
        if not name.isidentifier():
            raise KautilyaError(
                DOOR,
                f"{name!r} cannot stand in a formula",
                "Rename the column: letters, digits and _ only",
            )
        if name not in table.columns:
            raise KautilyaError(
                DOOR,
                f"the table has no column {name!r}",
                f"It has {', '.join(map(str, table.columns))}",
            )
        if isinstance(table[name], pd.DataFrame):
            raise KautilyaError(DOOR, f"the table has two columns {name!r}", "Keep one")
        _refuse(
            table,
            name,
            table[name].isna(),
            "missing value",
            "Drop the row or fill it; a missing flow is not a zero",
        )
    out = table.copy()
    for name in (asked.trade, *asked.variables):
        kind = pd.api.types
        if not (kind.is_numeric_dtype(table[name]) or kind.is_bool_dtype(table[name])):
            raise KautilyaError(f"column {name!r}", "not a number", "Give numbers, such as 0 and 1")
        out[name] = table[name].astype(float)
        _refuse(out, name, ~np.isfinite(out[name]), "not finite", "Give a number")
    _refuse(out, asked.trade, out[asked.trade] < 0, "negative trade", "Trade is zero or more")
    return out


def _refuse(table: pd.DataFrame, name: str, wrong: pd.Series, found: str, remedy: str) -> None:
    if wrong.any():
        row = table.index[int(wrong.to_numpy().argmax())]
        raise KautilyaError(f"table row {row}, column {name!r}", found, remedy)


def _doubled(table: pd.DataFrame) -> list[str]:
    """Rows that stand twice, and pairs with two rows in one year."""
    whole = table.duplicated()
    out = []
    if whole.any():
        out.append(f"{whole.sum():,} of {many(len(table), 'row')} stand twice, and count twice")
    key = [name for name in ROW if name in table]
    pairs = table.loc[~whole].duplicated(key) if key[:2] == list(ROW[:2]) else whole & False
    if pairs.any():
        out.append(f"{pairs.sum():,} more rows repeat an {', '.join(key)} with other values")
    return out


def _silent(table: pd.DataFrame, asked: Asked) -> tuple[NDArray[np.bool_], list[str]]:
    """Rows of groups that trade nothing: their effect is minus infinity, and they say nothing."""
    silent, notes = np.zeros(len(table), bool), []
    for effect in asked.effects:
        names = effect.split("^")
        total = table.groupby(names, sort=False)[asked.trade].transform("sum")
        empty = (total == 0).to_numpy()
        if empty.any():
            groups = table.loc[empty, names].drop_duplicates().astype(str)
            said = ["/".join(one) for one in groups.head(SHOWN).itertuples(index=False)]
            more = f" and {len(groups) - SHOWN} more" if len(groups) > SHOWN else ""
            notes.append(
                f"{int(empty.sum()):,} of {many(len(table), 'row')} left out: {effect} "
                f"{', '.join(said)}{more} trades nothing"
            )
            silent |= empty
    return silent, notes


def fit(
    table: pd.DataFrame | Mapping[str, Sequence],
    trade: str,
    variables: tuple[str, ...],
    effects: tuple[str, ...],
    estimator: str,
    cluster: str | None,
) -> GravityFit:
    """Estimate the equation above; the public door is `kautilya.trade.estimate_gravity`."""
    if estimator not in ESTIMATORS:
        raise KautilyaError("estimator", f"{estimator!r}", f"One of {', '.join(ESTIMATORS)}")
    if not variables:
        raise KautilyaError("variables", "no regressor", "Name at least one column")
    extra("pyfixest", "trade")
    asked = Asked(trade, variables, effects, cluster)
    whole = _check(pd.DataFrame(table), asked)
    notes = _doubled(whole)
    if estimator == "ppml":
        silent, said = _silent(whole, asked)
        rows = whole[~silent]
    else:
        rows = whole[whole[trade] > 0]
        zeros = len(whole) - len(rows)
        said = [f"{zeros:,} of {many(len(whole), 'row')} left out: trade is zero"] if zeros else []
    if len(rows) <= len(variables):
        raise KautilyaError(
            DOOR,
            f"{len(rows)} of {many(len(whole), 'row')} with trade that says something",
            f"{len(variables)} coefficients need more rows than that",
        )
    found = _estimated(rows, asked, estimator)
    lost = len(rows) - int(found._N)
    if lost:
        said.append(f"{lost:,} more rows left out: alone in their effect, or told by it")
    coefficients = {str(k): float(v) for k, v in found.coef().items()}
    absorbed = tuple(name for name in dict.fromkeys(variables) if name not in coefficients)
    said += [
        f"{name} has no coefficient: the effects or the other regressors tell it"
        for name in absorbed
    ]
    return GravityFit(
        coefficients,
        {str(k): float(v) for k, v in found.se().items()},
        int(found._N),
        absorbed,
        (*notes, *said),
    )


def _estimated(rows: pd.DataFrame, asked: Asked, estimator: str) -> Any:
    import pyfixest

    right = " + ".join(asked.variables)
    right += " | " + " + ".join(asked.effects) if asked.effects else ""
    formula = f"{asked.trade} ~ {right}"
    errors: Any = {"CRV1": asked.cluster} if asked.cluster else "hetero"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they say stands in the notes
            if estimator == "ppml":
                return pyfixest.fepois(formula, data=rows, vcov=errors, iwls_tol=TOLERANCE)
            logs = rows.assign(**{asked.trade: np.log(rows[asked.trade])})
            return pyfixest.feols(formula, data=logs, vcov=errors)
    except Exception as error:
        said = str(error).strip().splitlines()
        if said and "collinear" in said[0]:
            raise KautilyaError(
                DOOR,
                f"no coefficient for {', '.join(asked.variables)}",
                "The effects tell all of it: give a regressor that varies within them",
            ) from None
        raise KautilyaError(
            DOOR,
            f"nothing can be estimated ({said[0] if said else error!r})",
            "Give regressors that vary within the effects, and trade that is not all zero",
        ) from error
