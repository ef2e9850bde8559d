"""Predictions that can be resolved: dated questions with quantiles or a probability, kept in a file.

    quantity   what an observer publishes in a window of months; forecasts are quantiles
    ever       whether it passes a threshold in some month up to a day; forecasts are probabilities.
               It counts only once that day has come: what happens early is no sooner a yes than
               what does not happen is a no

A file names scenario, digest, seed, futures and versions; its own digest is the sha256 of its text
without the digest, so that nobody mends a prediction unseen. Forecasts of others stand beside the
engine's in the same questions. Hubs of forecasts have a format of their own (hubverse: one row a
quantile, or a class with its probability), which is read and written.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kautilya import disk
from kautilya.errors import KautilyaError
from kautilya.estimation import watched
from kautilya.scenario import library
from kautilya.validation.hindcast import SUMS
from kautilya.validation.origins import foretells, last_known, observed
from kautilya.wording import many

if TYPE_CHECKING:
    from kautilya.runs.ensemble import Run

Array = NDArray[np.float64]
FORMAT = 2
KINDS = ("quantity", "ever")
ENGINE = "engine"
LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
LENGTHS = (1, 3, 6, 12)  # months of the windows that are asked for
TOGETHER = (("launch_cruise", "launch_ballistic"), *SUMS.values())  # sums that are asked for too
PASSES = (1.5, 2.0)  # thresholds of "ever", over the mean month of the last year known
AHEAD = 90  # days from the publication to the end of what is called a prediction
BY = (6, 12)  # months after which "ever" is asked
DIGITS = 6
HUB = ("reference_date", "target", "window_start", "target_end_date", "threshold", "model_id",
       "output_type", "output_type_id", "value")  # fmt: skip
LARGEST = 50_000_000  # bytes of a file of predictions


class Question(NamedTuple):
    """What is asked, and who says what.

    series     one or several of the record, added up; first, last: months of the window
    threshold  of "ever"; NaN for a quantity
    forecasts  by forecaster: quantiles by level ("0.5": 120.0), or {"probability": 0.3}
    """

    id: str
    text: str
    kind: str
    series: tuple[str, ...]
    first: str
    last: str
    threshold: float
    source: str
    forecasts: Mapping[str, Mapping[str, float]]


class Predictions(NamedTuple):
    """A file of predictions: what it says of itself, and its questions."""

    about: dict[str, Any]
    questions: tuple[Question, ...]


def digest(content: Mapping[str, Any]) -> str:
    """sha256 of the content without its digest, keys in order.

    >>> digest({"a": 1}) == digest({"a": 1, "digest": "x"})
    True
    """
    rest = {key: value for key, value in content.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def register(
    run: Run, begin: str = "", data: Path | None = None, today: date | None = None
) -> Predictions:
    """The questions that a stored run answers.

    begin   first month of the windows, several joined by commas; by default the one after the
            as-of month
    data    folder of files of the record, for the thresholds; by default the scenario's own
    today   the day on which they are published: what ends `AHEAD` days after it or later is a
            prediction, the rest a test on months that nobody here has seen
    Raises KautilyaError where nothing that the run keeps is ever published by an observer.
    """
    from kautilya.runs.ensemble import outdated, scenario_of

    scenario = scenario_of(run.manifest)
    if outdated(run.manifest, scenario):
        raise KautilyaError(
            str(run.folder),
            "the scenario has changed since this run",
            "Run it again, and register that",
        )
    drawn, months = observed(scenario, run)
    past = last_known(scenario, data)
    questions: list[Question] = []
    for text in begin.split(","):
        start = _begin(text.strip(), run.manifest["as_of"], months)
        for parts in (p for p in TOGETHER if set(p) <= set(drawn)):
            total = sum(drawn[one] for one in parts)
            source = _source(parts[0], foretells(scenario))
            questions += _quantities(parts, np.asarray(total), months, start, source)
        for label, values in drawn.items():
            source = _source(label, foretells(scenario))
            questions += _quantities((label,), values, months, start, source)
            if label in past and past[label] > 0:
                questions += _evers(label, values, months, (start, past[label]), source)
    manifest = run.manifest
    about = {
        "what": "predictions, not to be changed",
        "format": FORMAT,
        "scenario": manifest["scenario"],
        "scenario_digest": manifest["digest"],
        "as_of": manifest["as_of"],
        **({"published": today.isoformat()} if today else {}),
        "seed": manifest["seed"],
        "futures": manifest["futures"],
        "case": dict(manifest["case"]) | {"posterior": bool(manifest["case"]["posterior"])},
        "versions": manifest["versions"],
        "code": manifest["code"],
        "levels": list(LEVELS),
        "foretold": "what observers publish" if foretells(scenario) else
        "outcomes times what the record was of them over the last year known",
    }  # fmt: skip
    return Predictions(about, tuple(questions))


def foretold(one: Question, published: str) -> bool:
    """Whether a question is a prediction: its window ends long enough after its publication."""
    end = pd.Period(one.last, "M").end_time.date()
    return (end - date.fromisoformat(published)).days >= AHEAD


def _begin(text: str, as_of: str, months: pd.PeriodIndex) -> pd.Period:
    try:
        start = pd.Period(text, "M") if text else pd.Period(as_of[:7], "M") + 1
    except ValueError:
        raise KautilyaError("--begin", repr(text), "Give a month such as 2024-10") from None
    if start not in months or str(start) <= as_of[:7]:
        raise KautilyaError("--begin", str(start), f"Give a month after {as_of[:7]}, in the run")
    return start


def _source(label: str, record: bool) -> str:
    if record and label in watched.LABELS:
        return str(watched.about().loc[label, "file"])
    return "the scenario's own series observed.*"


def plain(x: float) -> float:
    """A number with few digits, as files keep it."""
    return float(f"{float(x):.{DIGITS}g}")


def _quantities(
    series: tuple[str, ...], values: Array, months: pd.PeriodIndex, start: pd.Period, source: str
) -> Iterable[Question]:
    at, label = months.get_loc(start), "+".join(series)
    for n in LENGTHS:
        total = values[:, at : at + n].sum(axis=1)
        if at + n > values.shape[1] or not np.isfinite(total).all():
            continue
        last = start + n - 1
        said = {str(q): plain(x) for q, x in zip(LEVELS, np.quantile(total, LEVELS), strict=True)}
        yield Question(
            f"{label}@{start}+{n}", f"{label}, {start} to {last}: the sum that is published",
            "quantity", series, str(start), str(last), float("nan"), source,
            {ENGINE: said | {"mean": plain(total.mean())}},
        )  # fmt: skip


def _evers(
    label: str, values: Array, months: pd.PeriodIndex, when: tuple[pd.Period, float], source: str
) -> Iterable[Question]:
    start, mean = when
    at = months.get_loc(start)
    for factor in PASSES:
        limit = plain(factor * mean)
        for n in BY:
            if at + n > values.shape[1]:
                continue
            ever = (values[:, at : at + n] > limit).any(axis=1)
            last = start + n - 1
            yield Question(
                f"{label}>{factor:g}x@{start}+{n}",
                f"{label} passes {limit:g} in a month from {start} to {last}",
                "ever", (label,), str(start), str(last), limit, source,
                {ENGINE: {"probability": plain(ever.mean())}},
            )  # fmt: skip


def as_document(found: Predictions) -> dict[str, Any]:
    """What a file holds, with its digest."""
    rows = []
    for one in found.questions:
        row = one._asdict() | {"series": list(one.series)}
        row["forecasts"] = {name: dict(said) for name, said in one.forecasts.items()}
        if one.kind != "ever":
            del row["threshold"]
        rows.append(row)
    said = {**found.about, "questions": rows}
    return {**said, "digest": digest(said)}


def write(path: Path, found: Predictions) -> None:
    """A file of predictions: JSON, or where it ends in .csv or .parquet the format of hubs.

    Raises KautilyaError where others were registered in that file: a record is not written over.
    """
    library.result(path)
    if path.suffix == ".parquet":
        data = disk.parquet(hub(found))
    elif path.suffix == ".csv":
        data = hub(found).to_csv(index=False).encode()
    else:
        data = _lines(as_document(found)).encode()
    if _registered(path, data):
        raise KautilyaError(
            str(path), "other predictions were registered there", "Give another name with --out"
        )
    disk.write(path, data)


def _lines(said: Mapping[str, Any]) -> str:
    """A document with a line a question."""
    lines = [f" {json.dumps(k)}: {json.dumps(v)}" for k, v in said.items() if k != "questions"]
    rows = [f"  {json.dumps(row)}" for row in said["questions"]]
    lines.append(' "questions": [\n' + ",\n".join(rows) + "\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _registered(path: Path, data: bytes) -> bool:
    """Whether other predictions than these lie in a file, whole or damaged."""
    if not path.is_file() or path.is_symlink():  # a link is replaced, and what it names stays
        return False
    if path.suffix == ".parquet":
        return path.read_bytes() != data
    if path.suffix == ".csv":
        before = path.read_bytes()
        return before != data and before.startswith(data.partition(b"\n")[0])
    known = disk.read_json(path)
    return isinstance(known, dict) and "questions" in known and path.read_bytes() != data


def read(path: Path) -> Predictions:
    """A file of predictions, of this format, of version 0.1.0, or of a hub.

    Raises KautilyaError for what is none, and for one that was changed after it was made.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe may never end
            raise KautilyaError(
                str(path), "no regular file", "Give a file that `kautilya register` wrote"
            )
        if path.stat().st_size > LARGEST:
            raise KautilyaError(str(path), f"more than {LARGEST // 10**6} MB", "Split the file")
        if path.suffix in (".csv", ".parquet"):
            return _of_hub(path)
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise KautilyaError(
            str(path), "it cannot be read", "Give a file that `kautilya register` wrote"
        ) from error
    except (ValueError, RecursionError):
        what = "no table of a hub" if path.suffix in (".csv", ".parquet") else "not JSON"
        raise KautilyaError(str(path), what, "Give a file that `kautilya register` wrote") from None
    if not isinstance(said, dict) or "digest" not in said:
        raise KautilyaError(str(path), "no predictions", "Give what `kautilya register` wrote")
    own: Any = said.get("questions")
    if own is None and "outcomes" in said:
        _sound(path, said, str(said["digest"]))
        return Predictions({k: v for k, v in said.items() if k != "outcomes"}, _first_version(said))
    given = {**said, "questions": _engines_alone(own)}
    _sound(path, given if digest(said) != said["digest"] else said, str(said["digest"]))
    try:
        questions = tuple(_possible(path, _question(row)) for row in own)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise KautilyaError(
            str(path), "a question without what it needs",
            "Each has id, text, kind, series, first, last, source and forecasts",
        ) from None  # fmt: skip
    return Predictions({k: v for k, v in said.items() if k != "questions"}, questions)


MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def _possible(path: Path, one: Question) -> Question:
    """The question itself. KautilyaError for one that cannot be asked, and for forecasts that cannot
    be scored."""
    place, months = f"{path}: {one.id[:80]}", (one.first, one.last)
    if not all(map(MONTH.fullmatch, months)) or one.first > one.last:
        raise KautilyaError(place, f"a window from {one.first[:20]} to {one.last[:20]}",
                            "Give months as 2024-09, the earlier one first")  # fmt: skip
    if one.kind not in KINDS or not one.series or not one.forecasts:
        raise KautilyaError(place, f"kind {one.kind[:40]!r}, {many(len(one.series), 'series', 'series')}, "
                            f"{many(len(one.forecasts), 'forecast')}",
                            f"Give {' or '.join(KINDS)}, one series or more and a forecast")  # fmt: skip
    for name, said in one.forecasts.items():
        if wrong := _unsound(one.kind, said):
            raise KautilyaError(place, f"{name[:40]}: {wrong}", "Mend the forecast, or take it out")
    return one


def _unsound(kind: str, said: Mapping[str, float]) -> str:
    """Why a forecast cannot be scored; "" where it can."""
    if not said or not all(map(np.isfinite, said.values())):
        return "no number for what it says"
    if kind == "ever":
        p = said.get("probability", float("nan"))
        return "" if 0.0 <= p <= 1.0 else "no probability from 0 to 1"
    levels = {name: value for name, value in said.items() if name != "mean"}
    try:
        order = sorted((float(name), value) for name, value in levels.items())
    except ValueError:
        return "a level that is no number"
    if any(not 0.0 < level < 1.0 for level, _ in order):
        return "a quantile whose level is not between 0 and 1"
    falls = any(a[1] > b[1] or a[0] == b[0] for a, b in pairwise(order))
    return "quantiles that fall, or a level that stands twice" if falls else ""


CLASSES = {"tank": "claim_tank", "ifv": "claim_apc", "gun": "claim_gun", "mlrs": "claim_mlrs"}
USED = {"drone": ("launch_drone",), "missile": ("launch_cruise", "launch_ballistic")}
OLD = (*(str(q) for q in (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)), "mean")


def _first_version(said: Mapping[str, Any]) -> tuple[Question, ...]:
    """The questions that the file of version 0.1.0 answers: sums over windows of months.

    Its losses are the thing itself, so they are multiplied with what it told of claims over its own
    losses in the last half-year (the median); quantiles of destroyed and captured are added up.
    """
    outcomes = said["outcomes"]
    bias = {one["good"]: one["claimed_over_simulated"]["median"] for one in said["claim_bias"]}
    questions: list[Question] = []
    for good, series in CLASSES.items():
        parts = [outcomes[name].get(f"RUS,{good}", {}) for name in ("destroyed", "captured")]
        if good in bias and all(parts):
            questions += _old(parts, bias[good], (series,), "claimed over simulated losses")
    for good, several in USED.items():
        questions += _old([outcomes["fired"].get(f"RUS,{good}", {})], 1.0, several, "used")
    return tuple(questions)


def _old(
    parts: list[Mapping[str, list[float]]], factor: float, series: tuple[str, ...], how: str
) -> Iterable[Question]:
    for window in (key for key in parts[0] if "+" in key):
        first, n = window.split("+")
        last = str(pd.Period(first, "M") + int(n) - 1)
        total = factor * np.sum([one[window] for one in parts], axis=0)
        yield Question(
            f"{'+'.join(series)}@{window}", f"{'+'.join(series)}, {first} to {last} ({how})",
            "quantity", series, first, last, float("nan"), "",
            {"version 0.1.0": {q: plain(x) for q, x in zip(OLD, total, strict=True)}},
        )  # fmt: skip


def _engines_alone(rows: Any) -> Any:
    """The questions without what others added later: only the engine's words are sealed."""
    if not isinstance(rows, list):
        return rows
    out = []
    for row in rows:
        own = row.get("forecasts", {}).get(ENGINE) if isinstance(row, dict) else None
        if own is not None:
            out.append({**row, "forecasts": {ENGINE: own}})
    return out


def _sound(path: Path, said: Mapping[str, Any], sealed: str) -> None:
    if digest(said) != sealed:
        raise KautilyaError(
            str(path), "its digest is not that of what it says: it was changed after it was made",
            "Take the file as it was registered; others' forecasts may be added beside the engine's",
        )  # fmt: skip


def _question(row: Mapping[str, Any]) -> Question:
    said = {}
    for name, one in row["forecasts"].items():
        said[str(name)] = {str(level): float(value) for level, value in one.items()}
    pd.Period(row["first"], "M"), pd.Period(row["last"], "M")
    series = (row["series"],) if isinstance(row["series"], str) else tuple(row["series"])
    return Question(
        str(row["id"]), str(row["text"]), str(row["kind"]), series, str(row["first"]),
        str(row["last"]), float(row.get("threshold", "nan")), str(row.get("source", "")), said,
    )  # fmt: skip


def joined(files: Iterable[Predictions]) -> Predictions:
    """Several files as one: forecasters of the same question stand side by side."""
    about: dict[str, Any] = {}
    found: dict[tuple[object, ...], Question] = {}
    for one in files:
        about = about or one.about
        for asked in one.questions:
            key = (asked.kind, tuple(sorted(asked.series)), asked.first, asked.last,
                   str(asked.threshold))  # fmt: skip
            there = found.get(key, asked)
            found[key] = there._replace(forecasts={**there.forecasts, **asked.forecasts})
    return Predictions(about, tuple(found.values()))


def hub(found: Predictions) -> pd.DataFrame:
    """Predictions as rows of a hub's model output: quantiles, and yes or no with their chances."""
    rows = []
    for one in found.questions:
        end = pd.Period(one.last, "M").end_time.date().isoformat()
        task = (found.about.get("as_of", ""), "+".join(one.series), one.first, end,
                None if one.kind == "quantity" else one.threshold)  # fmt: skip
        for name, said in one.forecasts.items():
            if one.kind == "ever":
                p = said["probability"]
                rows += [(*task, name, "pmf", "yes", p), (*task, name, "pmf", "no", 1.0 - p)]
            else:
                rows += [
                    (*task, name, "mean" if level == "mean" else "quantile",
                     "" if level == "mean" else level, value)
                    for level, value in said.items()
                ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(HUB))


def _of_hub(path: Path) -> Predictions:
    rows = disk.of_parquet(path) if path.suffix == ".parquet" else disk.of_csv(path)
    missing = [one for one in HUB if one not in rows and one not in ("threshold", "model_id")]
    if missing:
        raise KautilyaError(f"{path}:1", f"no column {missing[0]!r}", f"It needs {', '.join(HUB)}")
    rows = rows.assign(
        model_id=rows.get("model_id", path.stem), threshold=rows.get("threshold", np.nan)
    )
    rows["threshold"] = pd.to_numeric(rows["threshold"])
    questions: list[Question] = []
    one_row = [name for name in HUB if name != "value"]
    if rows.duplicated(one_row).any():
        at = int(np.flatnonzero(rows.duplicated(one_row))[0]) + 2
        raise KautilyaError(f"{path}:{at}", "this row stands twice", "Keep the one that is right")
    keys = ["reference_date", "target", "window_start", "target_end_date", "threshold"]
    for (_, target, first, end, limit), part in rows.groupby(keys, dropna=False, sort=False):
        said = {str(name): _said(one) for name, one in part.groupby("model_id", sort=False)}
        last, series = str(end)[:7], tuple(str(target).split("+"))
        ever = bool(np.isfinite(limit))
        questions.append(
            Question(
                f"{target}@{first}..{last}" + (f">{limit:g}" if ever else ""), str(target),
                "ever" if ever else "quantity", series, str(first)[:7], last, float(limit), "", said,
            )
        )  # fmt: skip
    about = {"as_of": str(rows["reference_date"].iloc[0])} if len(rows) else {}
    return Predictions(about, tuple(_possible(path, one) for one in questions))


def _said(rows: pd.DataFrame) -> dict[str, float]:
    out = {}
    for kind, level, value in zip(
        rows["output_type"], rows["output_type_id"], rows["value"], strict=True
    ):
        if kind == "quantile":
            out[str(float(level))] = float(value)
        elif kind == "mean":
            out["mean"] = float(value)
        elif kind == "pmf" and str(level) == "yes":
            out["probability"] = float(value)
    return out
