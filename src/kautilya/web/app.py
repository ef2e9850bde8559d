"""The page: six views as HTML, the scripts of its charts, and its addresses as one application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from uvicorn.protocols.http.h11_impl import H11Protocol

from kautilya.encode import tidy
from kautilya.errors import KautilyaError
from kautilya.web.addresses import asking, drawing, reading, recording, working
from kautilya.web.jobs import Busy, Jobs
from kautilya.web.safety import SLOWEST, App, Safety, Settings
from kautilya.web.sayings import Sayings
from kautilya.web.sights import Sights
from kautilya.web.site import Site
from kautilya.web.whatif import WhatIf

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent / "report"
VIEWS = {
    "answer": "Answer",
    "whatif": "What if",
    "articles": "Articles",
    "numbers": "Impossible numbers",
    "record": "Record",
    "assumptions": "Assumptions",
}
DRAWN = ("answer", "whatif")  # views with charts
FOREVER = {"cache-control": "private, max-age=31536000, immutable"}
EXAMPLE = """name,low,high,unit,source,identity
opening,2840,3300,tank,a yearbook,
lost,2552,,tank,pictures,
made,100,400,tank,a ministry,
closing,2000,2500,tank,a think tank,
,,,,,opening + made - lost = closing
"""


def create(where: str, settings: Settings | None = None) -> App:
    """The page of a scenario or of a stored run, as an ASGI application.

    where   a shipped scenario's name, a scenario's folder, or the folder of a stored run
    """
    site, jobs = Site(where), Jobs()
    site.check()
    engine, sights, sayings = WhatIf(site), Sights(site), Sayings(site)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield
        jobs.close()
        engine.close()

    app = FastAPI(
        title="Kautilya",
        description="Wars of attrition, sanctions and alliances: answers, levers, claims, numbers.",
        lifespan=living,
        redoc_url=None,
        docs_url=None,
        default_response_class=Plain,
    )
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _errors(app)
    _views(app, site)
    _charts(app)
    reading(app, site, sights, _Ahead(site, sights, sayings))
    drawing(app, sights)
    asking(app, site, sayings, jobs)
    working(app, site, engine, jobs)
    recording(app)
    return Safety(app, settings or Settings())  # type: ignore[arg-type]


class Plain(JSONResponse):
    """JSON in which what is no finite number is null, as JSON has no other word for it."""

    def render(self, content: object) -> bytes:
        """The bytes of an answer."""
        return super().render(tidy(content))


class Connection(H11Protocol):
    """A connection that is closed where the head of a request does not come in time: of what is sent
    letter by letter nothing is kept for ever."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on where a head has begun and is not whole."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._late is None:
            self._late = self.loop.call_later(SLOWEST, self.transport.close)

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def serve(page: App, host: str, port: int) -> None:
    """Serve a page until it is ended."""
    import uvicorn

    uvicorn.run(
        page,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_level="warning",
        timeout_keep_alive=5,
    )


class _Ahead:
    """What views need next is read once the first answer is on the screen, not before."""

    def __init__(self, site: Site, sights: Sights, sayings: Sayings) -> None:
        self._site, self._sights, self._sayings = site, sights, sayings
        self._begun = threading.Event()

    def __call__(self) -> None:
        if not self._begun.is_set():
            self._begun.set()
            threading.Thread(target=self._read, daemon=True, name="kautilya-ahead").start()

    def _read(self) -> None:
        with suppress(Exception):  # what fails here fails again, and is told, where it is asked for
            if self._site.run is not None:
                self._sights.pictures("first")
            self._sayings.warm()


def _errors(app: FastAPI) -> None:
    def told(status: int, place: str, found: str, remedy: str) -> JSONResponse:
        error = {"place": place, "found": found, "remedy": remedy}
        return JSONResponse({"error": error}, status)

    @app.exception_handler(KautilyaError)
    async def refused(request: Request, error: KautilyaError) -> JSONResponse:
        status = 429 if isinstance(error, Busy) else 422
        return JSONResponse({"error": error.as_dict()}, status)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0] if error.errors() else {}
        place = ".".join(str(part) for part in first.get("loc", ()))
        return told(422, place, str(first.get("msg", "")), "See /openapi.json")

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        remedy = "See /openapi.json for what can be asked"
        made = told(error.status_code, request.url.path[:80], str(error.detail), remedy)
        made.headers.update(error.headers or {})
        return made


def _views(app: FastAPI, site: Site) -> None:
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )

    def view(name: str) -> HTMLResponse:
        page = templates.get_template(f"{name}.html")
        given = {"view": name, "views": VIEWS, "title": VIEWS[name], "head": site.head()}
        return HTMLResponse(page.render(**given, drawn=name in DRAWN, example=EXAMPLE))

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def first() -> HTMLResponse:
        return view("answer")

    @app.get("/view/{name}", response_class=HTMLResponse, include_in_schema=False)
    def named(name: str) -> HTMLResponse:
        if name not in VIEWS:
            raise KautilyaError("view", f"no view {name[:40]!r}", f"Open one of {', '.join(VIEWS)}")
        return view(name)

    @app.get("/docs", response_class=HTMLResponse, include_in_schema=False)
    def documented() -> HTMLResponse:
        page = templates.get_template("docs.html")
        given = {"view": "", "views": VIEWS, "title": "Addresses", "head": site.head()}
        return HTMLResponse(page.render(**given, drawn=False, paths=app.openapi()["paths"]))


def _charts(app: FastAPI) -> None:
    """Scripts and style that the page shares with the report; Vega comes from an installed package."""

    @app.get("/charts/vega.js", include_in_schema=False)
    def vega() -> Response:
        from kautilya.report.parts import bundle

        return Response(
            f"(() => {{\n{bundle()}\n}})();", media_type="text/javascript", headers=FOREVER
        )

    @app.get("/charts/{name}", include_in_schema=False)
    def shared(name: str) -> Response:
        kinds = {"charts.js": "text/javascript", "charts.css": "text/css"}
        if name not in kinds:
            raise KautilyaError("charts", "no such file", f"There are {', '.join(kinds)}")
        return Response((REPORT / name).read_text("utf-8"), media_type=kinds[name])
