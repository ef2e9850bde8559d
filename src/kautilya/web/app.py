"""The page's addresses: six views as HTML, and what they ask for as JSON under /api (see /docs)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from kautilya.errors import KautilyaError
from kautilya.web.jobs import Busy, Jobs
from kautilya.web.passages import LONGEST
from kautilya.web.safety import App, Safety, Settings
from kautilya.web.site import Site, numbers
from kautilya.web.whatif import WhatIf

HERE = Path(__file__).resolve().parent
VIEWS = {
    "answer": "Answer",
    "whatif": "What if",
    "articles": "Articles",
    "numbers": "Impossible numbers",
    "record": "Record",
    "assumptions": "Assumptions",
}
EXAMPLE = """name,low,high,unit,source,identity
opening,2840,3300,tank,a yearbook,
lost,2552,,tank,pictures,
made,100,400,tank,a ministry,
closing,2000,2500,tank,a think tank,
,,,,,opening + made - lost = closing
"""


class Text(BaseModel):
    """A text to read beside the claims."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=LONGEST)


class Figures(BaseModel):
    """A table of published figures; `dropped`: lines that are left out (the header is line 1)."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(max_length=LONGEST)
    dropped: list[Annotated[int, Field(ge=2, le=100_000)]] = Field(default=[], max_length=2_000)


class Question(BaseModel):
    """Levers that are pulled together, and how many futures to run."""

    model_config = ConfigDict(extra="forbid")
    levers: list[Annotated[str, Field(max_length=80)]] = Field(min_length=1, max_length=6)
    futures: int = 256


def create(where: str, settings: Settings | None = None) -> App:
    """The page of a scenario or of a stored run, as an ASGI application.

    where   a shipped scenario's name, a scenario's folder, or the folder of a stored run
    """
    site, jobs = Site(where), Jobs()
    engine = WhatIf(site.name)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield
        engine.close()

    app = FastAPI(
        title="Kautilya",
        description="Wars of attrition, sanctions and alliances: answers, levers, claims, numbers.",
        lifespan=living,
        redoc_url=None,
        docs_url=None,
    )
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    _errors(app)
    _views(app, site)
    _reading(app, site)
    _working(app, engine, jobs)
    return Safety(app, settings or Settings())  # type: ignore[arg-type]


def _errors(app: FastAPI) -> None:
    @app.exception_handler(KautilyaError)
    async def refused(request: Request, error: KautilyaError) -> JSONResponse:
        status = 429 if isinstance(error, Busy) else 422
        return JSONResponse({"error": error.as_dict()}, status)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0] if error.errors() else {}
        place = ".".join(str(part) for part in first.get("loc", ()))
        told = {"place": place, "found": str(first.get("msg", "")), "remedy": "See /openapi.json"}
        return JSONResponse({"error": told}, 422)


def _views(app: FastAPI, site: Site) -> None:
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )

    def view(name: str) -> HTMLResponse:
        page = templates.get_template(f"{name}.html")
        return HTMLResponse(
            page.render(
                view=name, views=VIEWS, head=site.head(), example=EXAMPLE, title=VIEWS[name]
            )
        )

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def first() -> HTMLResponse:
        return view("answer")

    @app.get("/view/{name}", response_class=HTMLResponse, include_in_schema=False)
    def named(name: str) -> HTMLResponse:
        if name not in VIEWS:
            raise KautilyaError("view", f"no view {name[:40]!r}", f"Open one of {', '.join(VIEWS)}")
        return view(name)


def _reading(app: FastAPI, site: Site) -> None:
    @app.get("/api/answer")
    def answer() -> dict[str, object]:
        """The answer of the stored run: sentences, caution, shortages, suppliers."""
        return {**site.head(), **site.answer()}

    @app.get("/api/assumptions")
    def assumptions(
        search: Annotated[str, Query(max_length=200)] = "",
        sort: Annotated[str, Query(max_length=20)] = "id",
    ) -> dict[str, object]:
        """Uncertain figures that have all words of `search`, sorted by a column."""
        return {"rows": site.assumptions(search, sort)}

    @app.post("/api/articles")
    async def articles(text: Text) -> dict[str, object]:
        """A text sentence by sentence: the claims that each says, or that none does."""
        found = await run_in_threadpool(site.read, _whole(text.text))
        return {"sentences": found, "covered": sum(bool(one["covered"]) for one in found)}

    @app.post("/api/numbers")
    async def impossible(figures: Figures) -> dict[str, object]:
        """What cannot all be true of a table, its simplest mend, and bounds on each quantity."""
        return await run_in_threadpool(numbers, _whole(figures.text), tuple(figures.dropped))


def _whole(text: str) -> str:
    """Text without halves of letters, which no encoding has."""
    return text.encode("utf-8", "replace").decode()


def _working(app: FastAPI, engine: WhatIf, jobs: Jobs) -> None:
    @app.get("/api/levers")
    def levers() -> dict[str, object]:
        """The levers of the scenario."""
        return {"levers": engine.levers()}

    @app.post("/api/whatif", status_code=202)
    def whatif(question: Question) -> dict[str, object]:
        """Start a paired rerun; see the job for progress and result."""
        asked = tuple(dict.fromkeys(question.levers))
        job = jobs.add("what if", lambda tell: engine.ask(asked, question.futures, tell))
        return jobs.get(job.id)

    @app.get("/api/jobs/{name}")
    def job(name: str) -> dict[str, object]:
        """State, progress and result of a job."""
        return jobs.get(name)

    @app.delete("/api/jobs/{name}")
    def cancel(name: str) -> dict[str, object]:
        """Stop a job."""
        return jobs.cancel(name)
