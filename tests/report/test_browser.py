"""The report in a browser: any width, light, dark and on paper, for who sees it and who does not."""

from __future__ import annotations

import csv
import io
import re

import pytest
from support.browser import DESK, PHONE, WALL, View, chromium
from support.conventions import truth
from support.report_case import numbers, run_of

from kautilya import scenario as scenarios
from kautilya.report.page import write
from kautilya.runs.ensemble import load_run

DRAWN = "html[data-drawn=all]"
LARGEST = 3_000_000  # bytes


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def small(starter, whole, tmp_path_factory):
    """The report of the scenario that `kautilya new` writes."""
    run = load_run(whole)
    return write(run, tmp_path_factory.mktemp("small") / "report.html", scenarios.load(starter))


@pytest.fixture(scope="module")
def flagship(tmp_path_factory):
    """The report of the flagship, of a run made by hand."""
    scenario = scenarios.load("russia_dprk_2024")
    run = run_of(scenario, numbers(scenario))
    return write(run, tmp_path_factory.mktemp("flagship") / "report.html", scenario)


def sound(view: View) -> None:
    """Drawn whole, no wider than its window, without fault for axe-core, alone with itself."""
    view.until(DRAWN)
    undrawn = view.page.evaluate(
        "[...document.querySelectorAll('.chart')].filter(c => c.dataset.drawn !== 'yes')"
        ".map(c => c.textContent)"
    )
    assert undrawn == [] and view.errors == []
    assert view.sideways() == 0
    assert view.violations() == []
    assert [one for one in view.requests if not one.startswith(("file:", "data:", "blob:"))] == []


GROUNDS = """[...document.querySelectorAll(".chart svg")].map(
  (one) => getComputedStyle(one).backgroundColor)"""


@truth(
    "other-program",
    source="Chromium; axe-core",
    kills="a chart of a fixed width; a grey too pale on a dark ground; an unnamed button",
)
@pytest.mark.parametrize(("width", "dark"), [(PHONE, False), (DESK, True), (WALL, False)])
def test_any_window_light_or_dark(browser, small, width, dark):
    assert small.stat().st_size < LARGEST
    with View(browser, small, width, dark) as view:
        sound(view)
        if dark:
            back = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert max(map(int, re.findall(r"\d+", back)[:3])) < 64
            grounds = view.page.evaluate(GROUNDS)
            assert set(grounds) == {"rgba(0, 0, 0, 0)"}, "a chart with light text on white"


@truth(
    "other-program",
    source="Chromium; axe-core",
    kills="a heading without a way to it; a link that leads nowhere; an outcome of 22 states too wide",
)
def test_the_flagship_on_a_phone_and_its_contents(browser, flagship):
    assert flagship.stat().st_size < LARGEST
    with View(browser, flagship, PHONE) as view:
        sound(view)
        links = view.page.evaluate(
            "[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href').slice(1))"
        )
        heads = view.page.evaluate(
            "[...document.querySelectorAll('section > h2')].map(h => h.parentElement.id)"
        )
        assert links == heads and len(links) > 8
        bare = view.page.evaluate(
            "[...document.querySelectorAll('.chart')].filter(c => !/\\d/.test(document"
            ".getElementById(c.getAttribute('aria-describedby') ?? '')?.textContent ?? ''))"
            ".map(c => c.id)"
        )
        assert bare == []  # each is told in a sentence with numbers


@truth(
    "other-program",
    source="Chromium; csv",
    kills="a table saved without its rows; a picture that does not say what run it is of",
)
def test_pictures_and_numbers_are_saved_with_what_they_are(browser, small):
    with View(browser, small, DESK) as view:
        view.until(DRAWN)
        name, text = view.saved("button[data-save=csv]")
        rows = list(csv.DictReader(io.StringIO(text.decode())))
        assert name.endswith(".csv") and len(rows) > 20
        assert {"panel", "month", "share", "scenario", "digest", "seed", "version"} <= set(rows[0])
        assert {row["digest"] for row in rows} != {""}
        assert not [key for key in rows[0] if key.startswith("_")]
        name, text = view.saved("button[data-save=svg]")
        assert name.endswith(".svg") and b"<metadata>" in text and b"digest:" in text


@truth(
    "other-program",
    source="Chromium's printer",
    kills="charts in closed parts left blank on paper; parts that stay open after it",
)
def test_on_paper_every_chart_is_there(browser, small):
    with View(browser, small, DESK) as view:
        view.until(DRAWN)
        shut = view.page.locator("details:not([open])").count()
        assert view.paper().startswith(b"%PDF")
        blank = view.page.evaluate(
            "[...document.querySelectorAll('.chart')].filter(c => !c.querySelector('svg path')).length"
        )
        assert blank == 0 and view.page.locator("details:not([open])").count() == shut
