"""A browser for the tests of pages: the system's Chromium, driven by Playwright, with axe-core.

Nothing is fetched: Playwright drives the Chromium that is installed (`chromium` of Debian), and
axe-core comes with the Python package axe-playwright-python. Where one of them is absent, the
test is skipped and says which. A page keeps its Content-Security-Policy, so what it forbids
(eval, the network) fails here as it would for a reader.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PHONE, DESK, WALL = 380, 1280, 2560  # pixels of width
WAIT = 60_000  # milliseconds that a page has to draw itself on a busy machine
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Any]:
    """A Playwright browser. Skips the test where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine (`apt-get install chromium` brings it)")
    with sync_api.sync_playwright() as driver:
        # --no-sandbox: a container's root has no other way; the pages are our own
        browser = driver.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield browser
        finally:
            browser.close()


class View:
    """One page in one window, and what went wrong in it.

    page      the Playwright page; requests: addresses that it asked for beside itself
    errors    whatever it wrote to the console, and exceptions
    """

    def __init__(self, browser: Any, place: Path | str, width: int, dark: bool = False):
        self.context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        self.page, self.errors, self.requests = self.context.new_page(), [], []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(place.as_uri() if isinstance(place, Path) else place)

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def _said(self, message: Any) -> None:
        self.errors.append(f"{message.type}: {message.text}")

    def until(self, selector: str) -> View:
        """Wait for an element (a page's policy forbids to wait for an expression)."""
        self.page.wait_for_selector(selector, state="attached", timeout=WAIT)
        return self

    def sideways(self) -> int:
        """Pixels by which the page is wider than its window."""
        wide, room = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        return int(wide - room)

    def violations(self) -> list[str]:
        """What axe-core finds wrong: the rule, how often, and the first place."""
        axe = pytest.importorskip(
            "axe_playwright_python.sync_playwright", reason="axe-core is not installed"
        )
        options = {"resultTypes": ["violations"], "runOnly": RULES}
        found = axe.Axe().run(self.page, options=options).response["violations"]
        return [f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]}" for v in found]

    def paper(self) -> bytes:
        """The page as a PDF, as a browser prints it on A4."""
        return bytes(self.page.pdf(format="A4"))

    def saved(self, selector: str) -> tuple[str, bytes]:
        """Name and bytes of the file that a click saves."""
        with self.page.expect_download(timeout=WAIT) as waiting:
            self.page.click(selector)
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()
