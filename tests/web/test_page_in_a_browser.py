"""The page in a browser: every view opens, works by its buttons, and is sound for who cannot see it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz.test_outputs import hostile
from support.browser import DESK, PHONE, WALL, View, chromium
from support.conventions import truth

pytest.importorskip("fastapi", reason="the page needs the extra web")
import uvicorn

from kautilya.runs.ensemble import run
from kautilya.web.app import VIEWS, create

HOSTILE = "<img src=x onerror=alert(1)> <script>document.title='gone'</script> =1+1"


def spoiled(folder: Path) -> Path:
    """A run whose answer and verdicts a stranger wrote."""
    part = {"says": HOSTILE, "trust": HOSTILE}
    table = {"title": HOSTILE, "columns": [HOSTILE], "rows": [[HOSTILE]]}
    answer = {"sentences": [HOSTILE], "caution": HOSTILE, "parts": [part], "tables": [table]}
    decides = {"figure": HOSTILE, "share": 0.5, "says": HOSTILE}
    claim = {"id": "they-met", "verdict": HOSTILE, "badge": HOSTILE, "decisive": [decides]}
    (folder / "answer.json").write_text(json.dumps(answer))
    (folder / "claims.json").write_text(json.dumps({"claims": [claim]}))
    return folder


@pytest.fixture(scope="module")
def address(starter: Path, tmp_path_factory) -> Iterator[str]:
    """A served page of a stored run; every text of scenario and run is hostile."""
    place = tmp_path_factory.mktemp("hostile")
    case = hostile(starter, place / "case", HOSTILE)
    made = run(str(case), 256, out=place / "run").folder
    config = uvicorn.Config(
        create(str(spoiled(made))), host="127.0.0.1", port=0, ws="none", log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def sound(view: View) -> None:
    """No wider than its window, nothing said to the console, nothing wrong for axe-core, and no
    hostile text that became markup."""
    assert view.sideways() == 0 and view.errors == [] and view.violations() == []
    assert view.page.query_selector("img") is None and "gone" not in view.page.title()


@truth(
    "other-program", source="Chromium; axe-core", kills="a view that does not open, or not for all"
)
def test_every_view_is_sound(browser, address: str) -> None:
    for number, name in enumerate(VIEWS):
        width, dark = ((PHONE, False), (WALL, True))[number % 2]
        with View(browser, f"{address}/view/{name}", width, dark) as view:
            view.page.wait_for_load_state("networkidle")
            if name == "answer":
                view.until("body[data-drawn]")
                assert view.page.locator(".chart[data-drawn=yes]").count() >= 2
                name, data = view.saved("button[data-save=png] >> nth=0")
                assert name.endswith(".png") and data.startswith(b"\x89PNG") and b"seed: " in data
                assert HOSTILE in view.page.inner_text("#answer")
                assert view.page.locator("#stories details").count() >= 2
                assert b"<svg" not in view.saved("#report")[1][:200]
            sound(view)


@truth("required", kills="a clash that is not shown, a figure that stays when it is left out")
def test_a_figure_is_dropped(browser, address: str) -> None:
    with View(browser, f"{address}/view/numbers", PHONE) as view:
        view.page.click("button[type=submit]")
        view.until(".caution")
        assert "cannot all be true" in view.page.inner_text(".caution")
        sound(view)
        view.page.click("button[aria-label*='lost']")
        view.page.wait_for_selector(".caution", state="detached")
        assert "can all be true" in view.page.inner_text("#status")
        bounds, shared = view.page.inner_text("#found"), view.page.url
    with View(browser, shared, DESK) as view:
        view.until("#found table")
        assert view.page.inner_text("#found") == bounds


@truth(
    "required",
    kills="a hostile text that is run, not shown; a claim that is not completed or judged",
)
def test_a_text_is_read_and_a_claim_is_judged(browser, address: str) -> None:
    with View(browser, f"{address}/view/articles", DESK) as view:
        view.until("body[data-ready]")
        view.page.click("#examples button")
        view.until(".sentence.covered")
        view.page.fill("#text", f"{HOSTILE} Nothing else.")
        view.page.click("#articles button")
        view.until("#found >> text=Nothing else.")
        assert "<script>" in view.page.inner_text("#found")
        view.page.click("#test")
        view.page.keyboard.type("stock(AAA, tube_round) at 2023-12 < 1e5 tube_rou")
        view.until("#options li")
        view.page.keyboard.press("ArrowDown")
        view.page.keyboard.press("Enter")
        assert view.page.input_value("#test").endswith("tube_round")
        view.page.fill("#says", HOSTILE)
        view.page.keyboard.press("Enter")
        view.until("#judged .said")
        said = view.page.inner_text("#judged .said")
        assert HOSTILE in said and "%" in said
        sound(view)


DONE = "#side-A[data-futures='4000']"


def guess(view: View) -> None:
    """Give a range first: nothing is shown before it, both after it."""
    view.page.check("input[name=lever-A] >> nth=0")
    assert view.page.inner_text("#says-A") == ""
    view.page.fill("#guess-A input >> nth=0", "-10")
    view.page.fill("#guess-A input >> nth=1", "10")
    view.page.click("#guess-A form button >> nth=0")
    view.until(DONE)
    assert "You said -10 to 10 %" in view.page.inner_text("#guess-A")


MANY = """(() => { const box = document.getElementById("levers-A"), one = box.lastElementChild;
  for (let k = 0; k < 40; k++) box.append(one.cloneNode(true)); })()"""
PLACES = """["levers-A", "says-A"].map((id) => document.getElementById(id).getBoundingClientRect())
  .map((one) => [one.left, one.right, one.top, one.bottom])"""


def near(view: View) -> None:
    """The result stands beside the levers, or within two windows of a phone below the first of
    them, however many they are."""
    view.page.evaluate(MANY)
    levers, says = view.page.evaluate(PLACES)
    assert says[0] > levers[1] and says[2] < levers[3] or says[2] - levers[2] < 600


def cancelled(view: View) -> None:
    """What is under way ends on a click, at whatever step it is, and stays so."""
    view.page.check("input[name=lever-B] >> nth=0")
    view.page.click("#cancel-B")
    assert view.page.inner_text("#at-B") == "cancelled"
    view.until("body[data-ready]").page.wait_for_load_state("networkidle")
    assert view.page.inner_text("#at-B") == "cancelled" and view.page.is_disabled("#cancel-B")
    assert view.page.get_attribute("#side-B", "data-futures") in ("", "256")


@truth(
    "required",
    kills="a state whose shared address does not give the same numbers on both sides; a result "
    "shown before the guess; a guess that is not kept",
)
def test_a_shared_address_gives_the_same_numbers(browser, address: str) -> None:
    with View(browser, f"{address}/view/whatif", WALL) as view:
        cancelled(view)  # while workers are made ready
        near(view)
    with View(browser, f"{address}/view/whatif?guess=1", DESK) as view:
        view.until("#sliders-B .slider")
        guess(view)
        view.page.uncheck("#guessing")
        view.page.fill("#sliders-B input >> nth=0", "90")
        view.until(DONE.replace("A", "B"))
        first = [view.page.inner_text(f"#says-{side}") for side in "AB"]
        shared = view.page.url
        assert "same future" in first[0] and first[0] != first[1]
        name, data = view.saved("#save-csv")
        assert name == "guesses.csv" and b"-10,10" in data
        sound(view)
    with View(browser, shared, PHONE, dark=True) as view:
        view.until(DONE).until(DONE.replace("A", "B"))
        assert [view.page.inner_text(f"#says-{side}") for side in "AB"] == first
        assert view.page.input_value("#sliders-B input >> nth=0") == "90"
        sound(view)
        cancelled(view)
        near(view)
