"""What the page asks for as JSON, under /api: each address is described in /openapi.json and /docs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import FastAPI, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from kautilya.web import track_record
from kautilya.web.guesses import Guesses
from kautilya.web.jobs import Jobs
from kautilya.web.passages import LONGEST
from kautilya.web.sayings import Sayings
from kautilya.web.sights import Sights
from kautilya.web.site import Cells, Site
from kautilya.web.sums import account, accounts, numbers
from kautilya.web.whatif import MOST_FIGURES, MOST_LEVERS, WhatIf

Name = Annotated[str, Field(max_length=80, pattern=r"^[\w.:@ -]*$")]
Figure = Annotated[str, Field(max_length=160, pattern=r"^[\w.-]+$")]
Token = Annotated[str, Path(max_length=40)]
Amount = Annotated[float, Field(allow_inf_nan=False)]


class Body(BaseModel):
    """What is sent: nothing beside what is named."""

    model_config = ConfigDict(extra="forbid")


class Text(Body):
    """A text to read beside the claims."""

    text: str = Field(max_length=LONGEST)


class Figures(Body):
    """A table of published figures; `dropped`: lines that are left out (the header is line 1)."""

    text: str = Field(max_length=LONGEST)
    dropped: list[Annotated[int, Field(ge=2, le=100_000)]] = Field(default=[], max_length=2_000)


class Account(Body):
    """An account of the scenario, and ids of figures that are left out.

    clashes   whether what cannot all be true is listed; bounds alone come sooner
    """

    account: Annotated[str, Field(max_length=120)]
    dropped: list[Annotated[str, Field(max_length=160)]] = Field(default=[], max_length=500)
    clashes: bool = True


class Own(Body):
    """A claim in the claim language, and what it says in words."""

    test: str = Field(min_length=1, max_length=2_000)
    says: str = Field(default="", max_length=500)


class State(Body):
    """Levers that are pulled together, figures that are set, and how many futures to run."""

    levers: list[Name] = Field(default=[], max_length=MOST_LEVERS)
    sets: dict[Figure, Amount] = Field(default={}, max_length=MOST_FIGURES)
    futures: int = 256


class Candidates(Body):
    """A class of goods, a year, and terms of the decision that are held at their mean."""

    good: Name
    year: Name
    dropped: list[Name] = Field(default=[], max_length=60)


class Guess(Body):
    """A range of the change in percent that is given before the result is shown.

    job   the paired rerun that it is about
    """

    outcome: Annotated[str, Field(max_length=200)]
    low: Amount
    high: Amount
    job: Annotated[str, Field(max_length=40)]
    name: Annotated[str, Field(max_length=40)] = ""


class Foretold(Body):
    """A 90 % range on a question of the record."""

    question: Annotated[str, Field(max_length=120)]
    low: Amount
    high: Amount


class Futures(Body):
    """How many futures to run."""

    futures: int = Field(default=256, ge=1, le=4000)


def reading(app: FastAPI, site: Site, sights: Sights, ahead: Callable[[], None]) -> None:
    """What is read of the scenario and of the run."""

    @app.get("/api/answer")
    def answer() -> Cells:
        """The answer of the stored run: sentences, caution, shortages, suppliers."""
        found = {**site.head(), **site.answer()}
        ahead()
        return found

    @app.get("/api/about")
    def about() -> Cells:
        """What goes along with everything that is saved from the page."""
        return sights.about()

    @app.get("/api/report", response_class=HTMLResponse)
    def report() -> HTMLResponse:
        """The report of the run, as one HTML file that needs no network."""
        name = f"{site.scenario.id}-report.html"
        head = {"content-disposition": f'attachment; filename="{name}"'}
        return HTMLResponse(sights.report(), headers=head)

    @app.get("/api/decisive")
    def decisive() -> Cells:
        """The dozen figures that decide: of the stored answer and of the claims that were judged."""
        return {"rows": site.decisive()}

    @app.get("/api/assumptions")
    def assumptions(
        search: Annotated[str, Query(max_length=200)] = "",
        sort: Annotated[str, Query(max_length=20)] = "id",
    ) -> Cells:
        """Uncertain figures that have all words of `search`, sorted by a column."""
        return {"rows": site.assumptions(search, sort)}


def drawing(app: FastAPI, sights: Sights) -> None:
    """What is drawn of the run."""

    @app.get("/api/pictures/{group}")
    def pictures(group: Name) -> Cells:
        """The pictures of one question, as the report draws them, each with a sentence."""
        return {"pictures": sights.pictures(group)}

    @app.get("/api/storylines")
    def storylines() -> Cells:
        """The futures of the run in a few: share, what sets each apart, the story of a typical one."""
        return sights.storylines()

    @app.get("/api/flows")
    def flowing() -> Cells:
        """Goods and years of which the map of flows may be asked."""
        return sights.flowing()

    @app.get("/api/flows/{good}/{year}")
    def flow(good: Name, year: Name) -> Cells:
        """Who hands over a good to whom in a year: a map, and the same as rows."""
        return sights.flow(good, year)

    @app.get("/api/why")
    def classes() -> Cells:
        """Goods, years, terms and rival answers that may be asked of."""
        return sights.classes()

    @app.post("/api/why")
    def why(asked: Candidates) -> Cells:
        """Candidates by expected volume, with some terms switched off, and their terms as bars."""
        return sights.why(asked.good, asked.year, tuple(dict.fromkeys(asked.dropped)))


def asking(app: FastAPI, site: Site, sayings: Sayings, jobs: Jobs) -> None:
    """Texts and tables that are pasted, and claims that are typed."""

    @app.post("/api/articles")
    async def articles(text: Text) -> Cells:
        """A text sentence by sentence: the claims that each says, or that none does."""
        found = await run_in_threadpool(sayings.read, _whole(text.text))
        return {"sentences": found, "covered": sum(bool(one["covered"]) for one in found)}

    @app.get("/api/examples")
    def examples() -> Cells:
        """The articles that the scenario's claims are from, as texts to try."""
        return {"examples": sayings.examples()}

    @app.get("/api/words")
    def words() -> Cells:
        """What may stand in a claim: forms with examples, states, classes, outcomes, levers."""
        found = sayings.words()
        sayings.convene()
        return found

    @app.post("/api/claims", status_code=202)
    def claim(given: Own) -> Cells:
        """Start to judge a claim of one's own on the run that is open."""
        sayings.checked(given.test)  # what is wrong with it is told at once
        job = jobs.add("claim", lambda tell: sayings.judge(given.test, given.says, tell))
        return jobs.get(job.id)

    @app.post("/api/numbers")
    async def impossible(figures: Figures) -> Cells:
        """What cannot all be true of a table, its simplest mend, and bounds on each quantity."""
        return await run_in_threadpool(numbers, _whole(figures.text), tuple(figures.dropped))

    @app.get("/api/accounts")
    def own() -> Cells:
        """The accounts of the scenario, whose figures may be left out."""
        return {"accounts": accounts(site)}

    @app.post("/api/accounts")
    def less(asked: Account) -> Cells:
        """The same of one account of the scenario, with some figures left out."""
        return account(site, asked.account, asked.dropped, asked.clashes)


def _whole(text: str) -> str:
    """Text without halves of letters, which no encoding has."""
    return text.encode("utf-8", "replace").decode()


def working(app: FastAPI, site: Site, engine: WhatIf, jobs: Jobs) -> None:
    """Long work: each address starts a job, whose progress and result the job's own address tells."""

    @app.get("/api/levers")
    def levers() -> Cells:
        """The levers of the scenario."""
        return {"levers": engine.levers()}

    @app.get("/api/outcomes")
    def outcomes() -> Cells:
        """The numbers that a change is told of, and a guess may be about."""
        return {"outcomes": engine.outcomes()}

    @app.post("/api/sliders", status_code=202)
    def sliders() -> Cells:
        """Start to work out the figures that move most numbers: name, range, share of variance."""
        return jobs.get(jobs.add("sliders", engine.sliders, 1).id)

    @app.post("/api/ready", status_code=202)
    def ready() -> Cells:
        """Start the workers and the run of the scenario as it stands."""
        return jobs.get(jobs.add("getting ready", engine.baseline).id)

    @app.post("/api/whatif", status_code=202)
    def whatif(state: State) -> Cells:
        """Start a paired rerun; see the job for progress and result."""
        asked, sets = tuple(dict.fromkeys(state.levers)), dict(state.sets)
        job = jobs.add(
            "what if", lambda tell: engine.ask(asked, sets, state.futures, tell), state.futures
        )
        return jobs.get(job.id)

    @app.post("/api/run", status_code=202)
    def run(asked: Futures) -> Cells:
        """Start a run of the scenario as it stands, where none is open."""
        job = jobs.add("run", lambda tell: engine.run(asked.futures, tell), asked.futures)
        return jobs.get(job.id)

    @app.post("/api/terms", status_code=202)
    def terms() -> Cells:
        """Start to work out the terms of the decision to supply, where the run keeps none."""
        return jobs.get(jobs.add("terms of the decision", engine.terms, 256).id)

    _guessing(app, jobs)

    @app.get("/api/jobs/{name}")
    def job(name: Token) -> Cells:
        """State, progress and result of a job."""
        return jobs.get(name)

    @app.delete("/api/jobs/{name}")
    def cancel(name: Token) -> Cells:
        """Stop a job."""
        return jobs.cancel(name)


def recording(app: FastAPI) -> None:
    """The record of the engine."""

    @app.get("/api/record")
    def record() -> Cells:
        """Hindcasts, predictions and what came of them, skill, published numbers."""
        return track_record.record()

    @app.post("/api/record")
    def scored(given: Foretold) -> Cells:
        """A reader's 90 % range on something registered, scored with what came."""
        low, high = sorted((given.low, given.high))
        return track_record.scored(given.question, (low, high))


def _guessing(app: FastAPI, jobs: Jobs) -> None:
    guesses = Guesses()

    @app.post("/api/guesses")
    def guess(given: Guess) -> Cells:
        """Keep a guess beside what was found. Of a change that nobody made there is no record."""
        state = jobs.get(given.job)["result"]
        low, high = sorted((given.low, given.high))
        return guesses.add(state, given.outcome, (low, high), given.name)

    @app.get("/api/guesses")
    def kept() -> Cells:
        """All guesses of this page, the latest last."""
        return {"rows": guesses.rows()}
