"""The page's addresses as a whole: what is described, what made-up requests do, and attacks."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest
from support.conventions import truth

pytest.importorskip("fastapi", reason="the page needs the extra web")
from starlette.testclient import TestClient
from support.requests_of import operations, sent, wrong

from kautilya.web import jobs, safety
from kautilya.web.app import create

HOST, MINE = "http://127.0.0.1", {"X-Kautilya": "1"}
SNAPSHOT = Path(__file__).parent / "addresses.txt"


@pytest.fixture(scope="module")
def page(whole: Path):
    """A page of a stored run; a fault of the server is an answer, not an exception."""
    site = create(str(whole))
    with TestClient(site, base_url=HOST, raise_server_exceptions=False) as client:
        yield client


def described(document: dict) -> str:
    """Addresses, what they take and what they say of themselves, a line each."""
    lines = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            lines.append(f"{method.upper()} {path} {' '.join(_takes(document, one))}".strip())
            lines.append(f"    {' '.join(one['description'].split())}")
    return "\n".join(lines) + "\n"


def _takes(document: dict, one: dict) -> list[str]:
    taken = [given["name"] for given in one.get("parameters", ())]
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
    known = document["components"]["schemas"].get(name, {})
    needed = known.get("required", ())
    return taken + [f"{key}{'' if key in needed else '?'}" for key in known.get("properties", ())]


@truth("required", kills="an address that is renamed or forgotten without a word")
def test_addresses_are_those_that_are_described(page: TestClient) -> None:
    found = described(page.get("/openapi.json").json())
    assert found == SNAPSHOT.read_text(), f"if this is meant, write it to {SNAPSHOT.name}"


def idle(self: jobs.Job) -> None:
    """A job that is done at once, with a number that is none in its result."""
    self.result, self.state = {"number": float("nan")}, "done"


@truth(
    "other-program",
    source="schemathesis",
    kills="a request that ends in a fault of the server; a refusal that does not say what to do",
)
def test_made_up_requests(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.Job, "run", idle)  # what jobs do is tried elsewhere
    asked = [one for one in operations(page) if one.path != "/api/report"]  # long; in the stress
    found = [pair for one in asked for pair in sent(page, one, 26)]
    assert len(found) >= 300
    assert [said for case, answer in found if (said := wrong(case, answer))] == []


@truth(
    "invariant", source="JSON", kills="a result with a number that is none, which ends in a fault"
)
def test_what_is_no_number_is_null(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.Job, "run", idle)
    name = page.post("/api/ready", headers=MINE).json()["id"]
    for _ in range(100):
        found = page.get(f"/api/jobs/{name}")
        if found.json()["state"] == "done":
            break
    assert found.status_code == 200 and found.json()["result"] == {"number": None}


@truth("required", kills="a queue without end; a job that cannot be stopped while others wait")
def test_a_thousand_jobs(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(jobs.Job, "run", lambda self: gate.wait(20))
    answers = [page.post("/api/ready", headers=MINE) for _ in range(1000)]
    codes = [one.status_code for one in answers]
    taken = [one.json() for one in answers if one.status_code == 202]
    gate.set()
    assert set(codes) == {202, 429} and codes.count(202) <= jobs.WAITING + 2
    assert taken[5]["ahead"] == 5 and "Wait" in answers[-1].json()["error"]["remedy"]
    for one in taken:
        assert page.delete(f"/api/jobs/{one['id']}", headers=MINE).status_code == 200


@truth("required", kills="a body that never ends and holds its place for ever")
def test_a_slow_body_is_given_up(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safety, "SLOWEST", 0.1)
    said: list[dict] = []

    async def receive() -> dict:
        await asyncio.sleep(0.06)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: dict) -> None:
        said.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/articles", "query_string": b""}
    headers = [(b"host", b"127.0.0.1"), (b"x-kautilya", b"1")]
    asyncio.run(page.app(scope | {"headers": headers}, receive, send))
    assert said[0]["status"] == 408 and json.loads(said[1]["body"])["error"]["remedy"]


@truth("required", kills="a file outside of the page's own, given by a crooked path")
@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/charts/..%2fpage.py",
        "/charts/page.py",
        "/view/..%2f..%2fetc%2fpasswd",
        "/api/jobs/..%2f..%2fetc%2fpasswd",
        "/api/pictures/..%2fshort",
    ],
)
def test_no_path_leads_outside(page: TestClient, path: str) -> None:
    found = page.get(path)
    assert (
        400 <= found.status_code < 500 and "import" not in found.text and "root:" not in found.text
    )


@truth("required", kills="a figure that is left out and counts all the same; a claim misread")
def test_claims_and_terms_that_are_none(page: TestClient) -> None:
    wrong_word = page.post("/api/claims", json={"test": "stock(AAA, tnk) > 1"}, headers=MINE)
    assert wrong_word.status_code == 422 and "column" in wrong_word.json()["error"]
    none = page.post("/api/accounts", json={"account": "nothing"}, headers=MINE)
    assert none.status_code == 422
    words = page.get("/api/words").json()
    assert {one["word"] for one in words["forms"]} >= {"stock", "share"} and words["words"]
