"""One worker process: reads a job a line, does it, answers a line. Started by `pool`.

It ends with whoever gave the jobs: once standard input is closed there is nobody to answer to.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache, singledispatch
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from kautilya import disk, program
from kautilya.errors import KautilyaError
from kautilya.runs.case import (
    Accounts,
    Answer,
    Audit,
    Chunk,
    Compile,
    Job,
    Rows,
    Source,
    Survival,
    job_of,
    refusal,
)

if TYPE_CHECKING:
    import numpy as np

    from kautilya.core.loop import Inputs, Results
    from kautilya.runs.chunk import Ready
    from kautilya.runs.designs import Design
    from kautilya.runs.numbers import Number
    from kautilya.runs.posterior import Carried, Feed
    from kautilya.scenario.scenario import Scenario

SELDOM = (100_000, 20, 20)  # objects until Python looks for garbage: a model is built of millions


@singledispatch
def work(job: Job) -> Answer:
    """Do one job. Raises KautilyaError for what the user can mend."""
    raise TypeError(f"{type(job).__name__} is no job")


@lru_cache(maxsize=2)
def _loaded(source: Source) -> Scenario:
    from kautilya import scenario as scenarios

    there = (Path(source.folder) / "scenario.toml").is_file()
    found = scenarios.load(
        source.folder if there or not source.shipped else source.shipped, source.as_of
    )
    if source.digest and found.digest != source.digest:
        raise KautilyaError(
            source.folder,
            "the scenario was changed while it ran",
            "Put it back and `kautilya resume`, or run it anew",
        )
    return found


_CALLS: dict[str, Callable[[Inputs], Results]] = {}  # month loops by all that is compiled into them


@lru_cache(maxsize=2)
def _read(source: Source, keep: str) -> Ready:
    """A scenario with its month loop as written, not yet compiled."""
    from kautilya.runs import chunk
    from kautilya.scenario.assemble import assemble

    return chunk.prepare(assemble(_loaded(source)), keep)


@lru_cache(maxsize=2)
def _ready(source: Source, keep: str) -> Ready:
    """The month loop of a scenario, kept from job to job, and from day to day of one scenario."""
    from kautilya.runs import chunk

    made = _read(source, keep)
    mark = chunk.structure(made.assembled, keep)
    if mark not in _CALLS:
        _CALLS[mark] = chunk.ahead(made, keep)
    return made._replace(call=_CALLS[mark])


@lru_cache(maxsize=2)
def _feed(source: Source, keep: str, seed: int, accept: str, posterior: str) -> Feed | None:
    """What feeds the figures of a case, kept from job to job."""
    from kautilya.runs.draws import feeder
    from kautilya.runs.posterior import informed

    assembled = _ready(source, keep).assembled
    return informed(feeder(assembled, seed, accept), posterior, assembled, seed)


@lru_cache(maxsize=2)
def _carried(source: Source, keep: str, seed: int, posterior: str) -> Carried:
    """What the state of the day gives a case, kept from job to job."""
    from kautilya.runs.posterior import carried

    return carried(posterior, _ready(source, keep).assembled, seed)


@lru_cache(maxsize=2)
def _design(path: str) -> Design:
    from kautilya.runs import designs

    return designs.load(Path(path))


@work.register
def _compile(job: Compile) -> Answer:
    if job.read:
        _read(job.scenario, job.keep)
        return Answer()
    _ready(job.scenario, job.keep)
    done = mark(job.scenario.digest, job.keep)
    if done is not None and job.scenario.digest:
        disk.keep(done, "ready", disk.TEXT)
    return Answer()


def mark(digest: str, keep: str) -> Path | None:
    """The file that says that compiled code for this scenario is on disk; None where none can be
    kept."""
    place = disk.compiled()
    name = f"ready-{digest[:16]}-{program.code()}-{disk.checksum(keep.encode())}"
    return place and place / name


@work.register
def _accounts(job: Accounts) -> Answer:
    from kautilya.runs.draws import Blocks, declares, fed

    scenario = _loaded(job.scenario)
    if declares(scenario, job.accept) and fed(scenario):
        source = Blocks(scenario, job.seed, job.accept)
        for number in range(job.blocks):
            source.block(number)
    return Answer()


@work.register
def _survival(job: Survival) -> Answer:
    from kautilya.runs.draws import survived

    survived(_loaded(job.scenario), job.seed, job.accept)
    return Answer()


@work.register
def _audit(job: Audit) -> Answer:
    from kautilya.accounts import full_audit

    full_audit(_loaded(job.scenario))
    return Answer()


@work.register
def _chunk(job: Chunk) -> Answer:
    from kautilya.runs import chunk
    from kautilya.runs.store import commit

    begun, case = time.perf_counter(), job.case
    ready = _ready(job.scenario, case.keep)
    feed = _feed(job.scenario, case.keep, job.seed, case.accept, case.posterior)
    ready = ready.holding(_carried(job.scenario, case.keep, job.seed, case.posterior))
    part = chunk.simulate(ready, case, job.seed, job.first, job.count, feed)
    answer = Answer(
        time.perf_counter() - begun, float(part.residual.max()), int((~part.finite).sum())
    )
    if job.file:
        chunk.save(Path(job.file), part)
    else:
        commit(job, part, answer)
    return answer


@work.register
def _rows(job: Rows) -> Answer:
    import numpy as np

    from kautilya.runs import chunk, designs
    from kautilya.runs.numbers import numbers
    from kautilya.scenario.levers import apply

    case, design = job.case, _design(job.design)
    ready = _ready(job.scenario, case.keep)
    changes = apply(ready.assembled, case.levers, case.sets)
    feed = _feed(job.scenario, case.keep, job.seed, case.accept, case.posterior)
    state = _carried(job.scenario, case.keep, job.seed, case.posterior)
    wanted = numbers(ready.assembled, job.numbers)[1]
    out, last = [], job.first + job.count
    for start in range(job.first, last, chunk.WIDE):
        at = np.minimum(np.arange(start, start + chunk.WIDE), last - 1)
        rows = designs.Rows(*(one[at] for one in design.rows))
        drawn, luck = designs.drawn(ready.assembled.quantities, design, rows, feed)
        for k in range(0, min(chunk.WIDE, last - start), chunk.TILE):
            tile = slice(k, k + chunk.TILE)
            values = np.concatenate([drawn[:, tile], state.rows(luck[tile])])
            given = chunk.filled(state.assembled, changes, job.seed, luck[tile], values)
            out.append(_told(wanted, ready.play(given)))
    np.save(job.file, np.concatenate(out)[: job.count])
    return Answer()


def _told(wanted: list[Number], found: Results) -> np.ndarray:
    """The numbers of a tile [F, numbers]; NaN where a future ended non-finite."""
    import numpy as np

    from kautilya.runs.numbers import read_all

    arrays = {one.name: np.moveaxis(np.asarray(found.outcomes[one.name]), -1, 0) for one in wanted}
    values = read_all(wanted, arrays)
    values[~np.asarray(found.finite)] = np.nan
    return values


def lines() -> Iterator[str]:
    """Lines of standard input. When it closes, whoever gave the jobs is gone, and this process
    ends at once, whatever it is at."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            waiting.put(line)
        os._exit(0)

    Thread(target=read, daemon=True).start()
    return iter(waiting.get, None)


def main(do: Callable[[Job], Answer] = work) -> None:
    """Until standard input ends. Ctrl-C is for whoever gave the jobs."""
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"  # code that JAX found there cannot be kept
    for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(number, signal.SIG_IGN)
    gc.set_threshold(*SELDOM)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints, in C as well, must not look like an answer
    sys.stdout = sys.stderr
    given = lines()
    if do is work:
        from kautilya.runs import chunk  # noqa: F401  (slow to load: before the first job is here)
    for line in given:
        try:
            answer = do(job_of(line))
        except KautilyaError as error:
            answer = refusal(error)
        answers.write(json.dumps(asdict(answer)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
