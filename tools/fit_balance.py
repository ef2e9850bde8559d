"""Weights of the law of balance, fitted on signed ties of states in four-year windows.

    python tools/fit_balance.py        prints the weights with 90 % intervals; writes nothing

Logit of the sign four windows later (the next window that shares no year) on the sign now (memory)
and on the third states that are friends of both, enemies of both, or friend of one and enemy of the
other, each over all that have ties to both. Only pairs with a tie in both windows. Intervals from
a bootstrap that draws whole pairs. Also: skill out of time against memory alone.
Needs the outside data folder (data/cow_signed_windows_01_30.csv; doreian2015).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from flagship_io import shared

NAMES = ("base", "memory", "friends", "enemies", "conflict")
GAP = 4  # windows; they move by one year and cover four
TRAINED = 20  # windows up to here are trained on, later ones are scored
DRAWS = 400


def window(rows: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """States and signs [n, n] of one window."""
    names = sorted(set(rows["a"]) | set(rows["b"]))
    place = {name: i for i, name in enumerate(names)}
    sign = np.zeros((len(names), len(names)))
    a, b = rows["a"].map(place), rows["b"].map(place)
    sign[a, b] = sign[b, a] = rows["sign"]
    return names, sign


def table() -> pd.DataFrame:
    """One row for each pair and window: regressors, and the sign four windows later."""
    rows = pd.read_csv(shared("data/cow_signed_windows_01_30.csv"))
    by = {number: window(part) for number, part in rows.groupby("window_no")}
    out = []
    for number, (names, sign) in by.items():
        if number + GAP not in by:
            continue
        later, after = by[number + GAP]
        plus, minus = np.maximum(sign, 0), np.maximum(-sign, 0)
        friends, enemies, mixed = plus @ plus, minus @ minus, plus @ minus + minus @ plus
        both = np.maximum(friends + enemies + mixed, 1)
        where = {name: i for i, name in enumerate(later)}
        for i, j in zip(*np.triu(sign).nonzero(), strict=True):
            a, b = where.get(names[i]), where.get(names[j])
            if a is None or b is None or after[a, b] == 0:
                continue
            shares = (one[i, j] / both[i, j] for one in (friends, enemies, mixed))
            out.append((number, f"{names[i]}-{names[j]}", sign[i, j], *shares, after[a, b] > 0))
    return pd.DataFrame(out, columns=["window", "pair", "sign", *NAMES[2:], "later"])


def design(data: pd.DataFrame, columns: tuple[str, ...] = NAMES[2:]) -> np.ndarray:
    """Regressors with the signs of the card: conflict counts against."""
    parts = [data[name] * (-1 if name == "conflict" else 1) for name in columns]
    return np.column_stack([np.ones(len(data)), data["sign"], *parts])


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Logit by Newton's method, with a ridge of 1e-6 so that a draw without a case is defined."""
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        slope = x.T @ (weight * (y - p)) - 1e-6 * beta
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(len(beta))
        move = np.linalg.solve(curve, slope)
        beta = beta + move
        if np.abs(move).max() < 1e-10:
            break
    return beta


def log_score(x: np.ndarray, y: np.ndarray, beta: np.ndarray) -> float:
    """Mean log score."""
    u = x @ beta
    return float(np.mean(np.where(y, np.logaddexp(0, -u), np.logaddexp(0, u))))


def main() -> None:
    """Print the weights and the scores."""
    data = table()
    y = data["later"].to_numpy(float)
    x = design(data)
    pairs, number = np.unique(data["pair"], return_inverse=True)
    best = fit(x, y, np.ones(len(y)))
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(DRAWS):
        count = np.bincount(rng.integers(len(pairs), size=len(pairs)), minlength=len(pairs))
        draws.append(fit(x, y, count[number].astype(float)))
    low, high = np.quantile(draws, [0.05, 0.95], axis=0)
    print(
        f"{len(y)} pair-windows, {len(pairs)} pairs, "
        f"{int((data['sign'] != np.where(y > 0, 1, -1)).sum())} signs turned"
    )
    for name, a, b, c in zip(NAMES, low, best, high, strict=True):
        print(f"  {name:9s} {b:7.2f}  [{a:7.2f}, {c:7.2f}]")
    old, new = data["window"] + GAP <= TRAINED, data["window"] >= TRAINED
    for label, columns in (("memory alone", ()), ("with third states", NAMES[2:])):
        z = design(data, columns)
        beta = fit(z[old], y[old], np.ones(old.sum()))
        turned = new & (data["sign"] != np.where(y > 0, 1, -1))
        print(
            f"  {label:18s} log score of later windows {log_score(z[new], y[new] > 0, beta):.4f}"
            f", of ties that turned {log_score(z[turned], y[turned] > 0, beta):.3f}"
        )


if __name__ == "__main__":
    main()
