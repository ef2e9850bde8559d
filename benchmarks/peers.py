"""The same work in other tools, side by side in one run, as ratios.

    python benchmarks/peers.py [--quick]

Every model must give the same numbers before it is timed. Rates are runs a second of processor
time on one core, so that a busy machine changes them little. Needs the extra [bench].
"""

from __future__ import annotations

import os

os.environ |= {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "NPROC": "1",
}  # as in a worker: without, a pool of threads spins beside the one

import argparse  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable  # noqa: E402
from importlib.metadata import version  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, NamedTuple  # noqa: E402

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
import loops  # noqa: E402
import small_war  # noqa: E402

from kautilya.study.prim import prim  # noqa: E402
from kautilya.study.sobol import indices  # noqa: E402
from kautilya.study.sweep import Sweep  # noqa: E402

PACKAGES = ("kautilya", "ema_workbench", "Mesa", "pysd", "SALib", "numba", "jax", "numpy")
AGREE = 1e-9


class Line(NamedTuple):
    """What was done, how many a second of processor time, and how many times ours that is."""

    what: str
    rate: float
    unit: str
    ratio: float
    agrees: str


def rate(work: Callable[[], Any], done: int, rounds: int = 2) -> float:
    """Best of some rounds, after one that warms up."""
    work()
    best = np.inf
    for _ in range(rounds):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return done / max(best, 1e-9)


def same(ours: np.ndarray, theirs: np.ndarray) -> str:
    """Largest relative difference; stops where it is too large."""
    apart = float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1.0)).max())
    if not apart < AGREE:
        raise SystemExit(f"outputs differ by {apart:.1e}: nothing is timed")
    return f"{apart:.0e}"


def small_wars(scale: int) -> list[Line]:
    """The small war in every tool."""
    import mesa_models
    import small_war_vensim

    sweep = Sweep(small_war.model())
    values = small_war.values(np.random.default_rng(0).random((20_000 * scale, 13)))
    table = sweep.table(values)
    own = [i for i, one in enumerate(sweep.accounts) if one[0] in small_war.SIDES]
    ours = sweep.closings(table, 1)[0][own]
    base = rate(lambda: sweep.closings(table, 1), table.shape[1])
    out = [Line("Kautilya, core", base, "runs/s", 1.0, "")]

    def add(what: str, count: int, work: Callable[[int], np.ndarray]) -> None:
        agrees = same(ours[:, :count], work(count))
        found = rate(lambda: work(count), count)
        out.append(Line(what, found, "runs/s", base / found, agrees))

    many, rows, held = loops.compiled(False), np.ascontiguousarray(table.T), np.empty_like(ours.T)
    add("numba, loop by hand", table.shape[1], lambda n: many(rows[:n], held[:n]) or held[:n].T)
    add("NumPy, by hand", 10_000, lambda n: loops.vectorised(table[:, :n]))
    add(
        "Mesa",
        50 * scale,
        lambda n: np.array([mesa_models.small_war(table[:, i].tolist()) for i in range(n)]).T,
    )
    with tempfile.TemporaryDirectory() as folder:
        model = small_war_vensim.load(Path(folder))
        add(
            "PySD",
            10 * scale,
            lambda n: np.array([small_war_vensim.run(model, table[:, i]) for i in range(n)]).T,
        )
    return out + workbench(sweep, base, scale)


def workbench(sweep: Sweep, base: float, scale: int) -> list[Line]:
    """EMA Workbench with a plain function of one experiment, and with our batches."""
    import ema_workbench as ema

    from kautilya.study.ema import Batches, sweep_model, word

    ranges = small_war.ranges()
    bounds = {one.name: (one.low, one.high) for one in ranges if one.low < one.high}
    fixed = {one.name: one.central for one in ranges if one.low == one.high}
    at = ["/".join(filter(None, one)) for one in sweep.accounts].index("A/vehicle/line")
    order = {word(name): k for k, name in enumerate(loops.NAMES)}
    start = np.array([fixed.get(name, 0.0) for name in loops.NAMES])

    def plain(**given: float) -> dict[str, float]:
        p, closing = start.copy(), np.empty(10)
        for name, value in given.items():
            p[order[name]] = value
        loops.one_war(p.tolist(), closing)
        return {"A_vehicle_line": float(closing[0])}

    one = ema.Model("smallwar", function=plain)
    one.uncertainties = [ema.RealParameter(word(name), *ends) for name, ends in bounds.items()]
    one.outcomes = [ema.ScalarOutcome("A_vehicle_line")]
    batch = sweep_model("smallwar", sweep, bounds, fixed, ["A/vehicle/line"])
    out = []
    for what, count, evaluator in (
        ("EMA Workbench, plain function", 200 * scale, ema.SequentialEvaluator(one)),
        ("EMA Workbench, our batches", 2000 * scale, Batches(batch)),
    ):
        experiments, outcomes = evaluator.perform_experiments(scenarios=count)
        values = {name: experiments[word(name)].to_numpy(float) for name in bounds}
        closing = sweep.closings(sweep.table({**fixed, **values}))[0][at]
        agrees = same(closing, outcomes["A_vehicle_line"])
        found = rate(lambda e=evaluator, n=count: e.perform_experiments(scenarios=n), count, 1)
        out.append(Line(what, found, "runs/s", base / found, agrees))
    return out


def designs(scale: int) -> list[Line]:
    """Sampling and analysis of Sobol' indices; PRIM."""
    import pandas as pd
    from ema_workbench.analysis import prim as theirs
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample
    from scipy.stats import qmc

    base, dims = 1024 * scale, 13
    problem = {"num_vars": dims, "names": [f"x{k}" for k in range(dims)], "bounds": [[0, 1]] * dims}
    rows = base * (dims + 2)
    x = sample.sample(problem, base, calc_second_order=False, seed=1)
    y = np.sin(x @ np.arange(1.0, dims + 1))
    ours, salib = indices(y[:, None], dims), analyze.analyze(problem, y, calc_second_order=False)
    agrees = same(ours.total[:, 0], salib["ST"])
    sampled = rate(lambda: qmc.Sobol(2 * dims, rng=np.random.default_rng(0)).random(base), rows)
    their_sample = rate(lambda: sample.sample(problem, base, calc_second_order=False), rows)
    own = rate(lambda: indices(y[:, None], dims), rows)
    their = rate(lambda: analyze.analyze(problem, y, calc_second_order=False), rows)
    rng = np.random.default_rng(0)
    points = rng.random((5000 * scale, dims))
    cases = ((points[:, 0] > 0.6) & (points[:, 1] < 0.4)) ^ (rng.random(len(points)) < 0.03)
    frame = pd.DataFrame(points)
    their_box = theirs.Prim(frame, cases, threshold=0.1).find_box().peeling_trajectory
    box = prim(points, cases)
    alike = same(np.array([one.density for one in box.boxes]), their_box.density.to_numpy())
    fast = rate(lambda: prim(points, cases), 1)
    slow = rate(lambda: theirs.Prim(frame, cases, threshold=0.1).find_box(), 1, 1)
    name = f"PRIM, {len(points):,} x {dims}"
    return [
        Line("base points, Kautilya (rows made when run)", sampled, "rows/s", 1.0, ""),
        Line("sampling, SALib", their_sample, "rows/s", sampled / their_sample, ""),
        Line("Sobol' indices, Kautilya", own, "rows/s", 1.0, ""),
        Line("Sobol' indices, SALib", their, "rows/s", own / their, agrees),
        Line(f"{name}, Kautilya", fast, "1/s", 1.0, ""),
        Line(f"{name}, EMA Workbench", slow, "1/s", fast / slow, alike),
    ]


def supply(scale: int) -> list[Line]:
    """The flagship beside its monthly supply decision in Mesa."""
    import decision_alone
    import jax
    import mesa_models
    import recorded_future
    from support.twins.flagship import PHASES, start
    from support.twins.month import simulate
    from support.twins.recorded import flagship, future, given

    from kautilya.runs import chunk
    from kautilya.scenario.levers import apply

    cases = recorded_future.cases(scale)
    for case in cases:
        worst, other = recorded_future.apart(case, mesa_models.supply(case))
        if not (worst < AGREE and other == 0):
            raise SystemExit(f"Mesa decides otherwise in {other} cases: nothing is timed")
    mesa = rate(lambda: [mesa_models.supply(case) for case in cases], len(cases))
    made, _ = flagship()
    chunk.use_cache()
    ready = chunk.prepare(made, "always")
    given_inputs = chunk.inputs(made, apply(made), 0, np.arange(chunk.TILE))
    whole = rate(lambda: jax.block_until_ready(ready.call(given_inputs)), chunk.TILE)
    call, answer, seen = decision_alone.decider(chunk.TILE)
    assert (answer == seen).all(), "the decision alone differs from the flagship's"
    alone = rate(call, chunk.TILE)
    one = future(made, given(made, 11, range(1), (), ()), 0)
    twin = rate(lambda: simulate(one, PHASES, start), 1, 1)
    return [
        Line("flagship, every law", whole, "futures/s", 1.0, ""),
        Line(
            "Mesa, the supply decision alone",
            mesa,
            "futures/s",
            whole / mesa,
            f"{worst:.0e}, 0 decisions",
        ),
        Line("Kautilya, the supply decision alone", alone, "futures/s", 1.0, "exact"),
        Line("Mesa, the same decision", mesa, "futures/s", alone / mesa, ""),
        Line(
            "plain Python, every law (slow twin)", twin, "futures/s", whole / twin, "in the tests"
        ),
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    scale = 1 if parser.parse_args().quick else 2
    warnings.simplefilter("ignore")
    print("versions: " + ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    for title, lines in (
        ("small war: 10 stocks, 13 parameters, 60 months", small_wars(scale)),
        ("designs", designs(scale)),
        ("flagship", supply(scale)),
    ):
        print(f"\n{title}\n{'':46s}{'a second of a core':>22s}{'ours over it':>14s}  agrees to")
        for one in lines:
            print(f"{one.what:46s}{one.rate:12,.1f} {one.unit:9s}{one.ratio:14,.1f}  {one.agrees}")


if __name__ == "__main__":
    try:
        main()
    except ImportError as missing:
        raise SystemExit(f"{missing.name} is not installed: pip install -e '.[bench]'") from None
