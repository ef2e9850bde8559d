"""Designs on a small scenario: values, accounts and luck from the named points; real workers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.conventions import truth
from support.toy_runs import ready

from kautilya import scenario as scenarios
from kautilya.errors import KautilyaError
from kautilya.runs import designs
from kautilya.runs.numbers import numbers
from kautilya.scenario.assemble import assemble
from kautilya.study import trials as factors
from kautilya.study.sensitivity import Ask, sensitivity


@truth(
    "invariant",
    source="runs/designs.py",
    kills="a factor that takes a neighbour along; luck "
    "that changes with a figure; fed values of the wrong point",
)
def test_a_row_differs_from_its_base_in_one_factor_only(folder: Path):
    made = ready(folder)
    every = factors.by_figure(made, "raw")
    points = factors.points(made, 2, 0)
    rows = designs.saltelli(0, 2, len(every.names))

    def feed(at: np.ndarray) -> list:
        return [(np.array([0]), at + 100.0)]

    values, luck = designs.drawn(made.quantities, designs.Design(every, points, rows), rows, feed)
    k = len(every.names)
    for j in range(k):
        moved = np.flatnonzero(values[:, j + 1] != values[:, 0])
        assert set(moved) == ({0} if every.of[0] == j else set(every.members(j)))
        assert (luck[j + 1] != luck[0]) == (j == every.luck)
    assert (values[0, [0, k + 1]] == [100.0, 101.0]).all()
    assert every.names[-1] == "luck" and len(np.unique(luck)) == 4


@truth("symmetry", source="runs/designs.py", kills="a file that loses the kinds or the swaps")
def test_a_design_comes_back_from_its_file(tmp_path: Path, folder: Path):
    made = ready(folder)
    every = factors.by_law(made, "raw")
    whole = designs.Design(every, factors.points(made, 4, 1), designs.radial(4, len(every.names)))
    designs.save(tmp_path / "design.npz", whole)
    back = designs.load(tmp_path / "design.npz")
    assert back.factors.names == every.names and back.factors.kinds == every.kinds
    assert (back.factors.of == every.of).all() and back.factors.luck == every.luck
    for one, other in ((whole.points, back.points), (whole.rows, back.rows)):
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a, b)


@truth(
    "invariant",
    source="every figure belongs to one factor",
    kills="an uncertain figure that no factor holds",
)
def test_nothing_that_varies_is_left_out(folder: Path):
    made = ready(folder)
    vary = set(factors.varied(made))
    for found in (
        factors.by_law(made, "raw"),
        factors.by_figure(made, "raw"),
        factors.by_figure(made, "raw", [0]),
    ):
        held = [i for k in range(len(found.names)) for i in found.members(k)]
        assert sorted(held) == sorted(vary) and found.luck == len(found.names) - 1
    assert factors.REST in factors.by_figure(made, "raw", [0]).names


@truth("symmetry", source="study/factors.py", kills="points that change with the number of them")
def test_fewer_points_are_the_first_of_more(folder: Path):
    made = ready(folder)
    few, many = factors.points(made, 4, 5), factors.points(made, 16, 5)
    assert np.array_equal(few.u, many.u[:8]) and (many.u > 0).all() and (many.u < 1).all()


@truth(
    "closed-form",
    source="sums and last values by hand",
    kills="a year of a stock that is summed; a label read from the wrong dim",
)
def test_numbers_are_read_where_they_stand(folder: Path):
    made = ready(folder)
    outcome = next(one for one in made.scenario.outcomes if one.kind == "stock")
    from kautilya.scenario.outcomes import coords

    (_, times), *rest = coords(made.scenario, made.model, "why")[outcome.id]
    shape = (2, len(times), *(len(members) for _, members in rest))
    array = np.arange(np.prod(shape)).reshape(shape)
    labels = ",".join(members[-1] for _, members in rest)
    text = f"{outcome.id}[{labels}]"
    _, (last, first) = numbers(made, (text, f"{text}@{times[0]}"))
    assert (last.read(array) == array.reshape(2, -1)[:, -1]).all()
    assert (first.read(array) == array[:, 0].reshape(2, -1)[:, -1]).all()
    stars = ",".join("*" for _ in rest)
    _, (summed,) = numbers(made, (f"{outcome.id}[{stars}]@{times[-1]}",))
    assert (summed.read(array) == array[:, -1].reshape(2, -1).sum(axis=1)).all()
    for bad, says in (
        ("nothing", "unknown outcome"),
        (f"{outcome.id}[", "is no outcome"),
        (f"{outcome.id}", "labels"),
        (f"{outcome.id}[{labels}]@1066", "not a time"),
    ):
        with pytest.raises(KautilyaError, match=says):
            numbers(made, (bad,))


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scenarios.new("my_case", tmp_path_factory.mktemp("starter"))


@truth(
    "invariant",
    source="study/sensitivity.py",
    kills="rounds that are not reused; indices of "
    "another outcome; a design that depends on the number of workers",
)
def test_sensitivity_of_a_whole_scenario(starter: Path):
    """Every round doubles the base points; what an outcome does not depend on carries nothing."""
    made = assemble(scenarios.load(starter))
    stock = next(one for one in made.scenario.outcomes if one.kind == "stock")
    from kautilya.scenario.outcomes import coords

    _, *rest = coords(made.scenario, made.model, "always")[stock.id]
    labels = ",".join(members[0] for _, members in rest)
    ask = Ask((f"{stock.id}[{labels}]",), by="law", base=256, tolerance=1e-6)
    found = sensitivity(str(starter), ask, seed=3)
    k = len(found.names)
    assert [one.base for one in found.rounds] == [128, 256] and found.runs == 256 * (k + 2)
    assert not found.converged and found.lost == 0
    total, error = found.indices.total[:, 0], found.indices.total_error[:, 0]
    assert total.max() > 0.1 and (total > -1e-12).all()
    assert (
        total + 3 * error + 0.02 >= found.indices.first[:, 0] - 3 * found.indices.first_error[:, 0]
    ).all()
    again = sensitivity(str(starter), ask, seed=3)
    assert np.array_equal(again.indices.total, found.indices.total)
    screened = sensitivity(str(starter), Ask(ask.outcomes, "morris", trajectories=4), seed=3)
    sloped = sensitivity(str(starter), Ask(ask.outcomes, "slopes", trajectories=2), seed=3)
    assert (np.nanmax(sloped.slopes.bound) > 0) and np.isnan(sloped.slopes.bound[-1]).all()
    assert screened.runs == 4 * (len(screened.names) + 1) and screened.screen.size.max() > 0


@pytest.mark.parametrize(
    "ask,says",
    [
        (Ask(("x",), base=100), "power of two"),
        (Ask(("x",), method="sobl"), "Did you mean sobol"),
        (Ask(("x",), tolerance=0.0), "above 0"),
        (Ask(("x",), by="country"), "figure"),
        (Ask(("x",), singles=0), "2 or more"),
    ],
)
@truth("invariant", source="bad input", kills="a traceback for a mistake of the user")
def test_bad_questions_are_refused(ask: Ask, says: str, starter: Path):
    with pytest.raises(KautilyaError, match=says):
        sensitivity(str(starter), ask)
