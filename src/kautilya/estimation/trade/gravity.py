r"""Gravity: what distance, borders and agreements do to trade, estimated from a table.

    PPML  E[X] = exp(b'z + effects)         OLS  E[ln X] = b'z + effects   where X > 0

    X   trade [value];  z regressors [1];  b coefficients [1], an effect on t^{1-sigma}

Source: santos2006 (PPML), yotov2016 ch. 1; computed by pyfixest.
Holds for: cross-sections and panels with exporter and importer (by year) effects.
Breaks when: a regressor does not vary within the effects; it is then absent from the fit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kautilya.errors import KautilyaError

ESTIMATORS = ("ppml", "ols")
TOLERANCE = 1e-10  # of the deviance; the guide's second step needs six digits of b


class GravityFit(NamedTuple):
    """Coefficients and standard errors by regressor [1], and the rows that were used."""

    coefficients: dict[str, float]
    standard_errors: dict[str, float]
    observations: int


def _check(table: Any, trade: str, others: tuple[str, ...]) -> None:
    import pandas as pd

    for name in (trade, *others):
        if not name.isidentifier():
            raise KautilyaError("estimate_gravity", f"{name!r} cannot stand in a formula",
                                "Rename the column: letters, digits and _ only")
        if name not in table.columns:
            raise KautilyaError("estimate_gravity", f"the table has no column {name!r}",
                                f"It has {', '.join(map(str, table.columns))}")
        missing = table[name].isna()
        if missing.any():
            row = table.index[int(missing.to_numpy().argmax())]
            raise KautilyaError(f"table row {row}, column {name!r}", "missing value",
                                "Drop the row or fill it; a missing flow is not a zero")
    if not pd.api.types.is_numeric_dtype(table[trade]):
        raise KautilyaError(f"column {trade!r}", "not a number", "Give trade as values")
    if (table[trade] < 0).any():
        row = table.index[int((table[trade] < 0).to_numpy().argmax())]
        raise KautilyaError(f"table row {row}, column {trade!r}", "negative trade",
                            "Trade is zero or more")


def fit(table: Any, trade: str, variables: tuple[str, ...], effects: tuple[str, ...],
        estimator: str, cluster: str | None) -> GravityFit:
    """Estimate the equation above; the public door is `kautilya.trade.estimate_gravity`."""
    try:
        import numpy as np
        import pandas as pd
        import pyfixest
    except ImportError as error:
        raise KautilyaError("estimate_gravity", f"{error.name} is not installed",
                            "pip install 'kautilya[trade]'") from error
    if estimator not in ESTIMATORS:
        raise KautilyaError("estimator", f"{estimator!r}", f"One of {', '.join(ESTIMATORS)}")
    if not variables:
        raise KautilyaError("variables", "no regressor", "Name at least one column")
    table = pd.DataFrame(table)
    keys = tuple(part for effect in effects for part in effect.split("^"))
    named = (*variables, *keys, *((cluster,) if cluster else ()))
    _check(table, trade, named)
    right = " + ".join(variables) + (" | " + " + ".join(effects) if effects else "")
    errors = {"CRV1": cluster} if cluster else "hetero"
    if estimator == "ppml":
        found = pyfixest.fepois(f"{trade} ~ {right}", data=table, vcov=errors,
                                iwls_tol=TOLERANCE)
    else:
        some = table[table[trade] > 0]
        some = some.assign(**{trade: np.log(some[trade])})
        found = pyfixest.feols(f"{trade} ~ {right}", data=some, vcov=errors)
    return GravityFit({str(k): float(v) for k, v in found.coef().items()},
                      {str(k): float(v) for k, v in found.se().items()}, int(found._N))
