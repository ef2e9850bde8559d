"""The page's addresses as a whole: what is described, what made-up requests do, and attacks."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from pathlib import Path

import pytest
from support.conventions import truth

pytest.importorskip("fastapi", reason="the page needs the extra web")
import uvicorn
from starlette.testclient import TestClient
from support.requests_of import operations, sent, wrong

from kautilya.web import app, jobs, safety
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
    found = [pair for one in asked for pair in sent(page, one, 22)]
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


@truth(
    "required",
    kills="a job that was cancelled and runs on, a queue that grows by what was cancelled, a thread "
    "of the queue that a late click ends",
)
def test_a_job_is_cancelled_at_whatever_step() -> None:
    queue, begun, gate, steps = jobs.Jobs(), threading.Event(), threading.Event(), []

    def work(tell: jobs.Progress) -> dict[str, object]:
        begun.set()
        gate.wait(20)
        for step in range(3):
            tell(step, 3)
            steps.append(step)
        return {}

    first = queue.add("first", work)
    begun.wait(20)
    for _ in range(1000):  # never more wait than may
        assert queue.cancel(queue.add("waits", work, 9).id)["state"] == "cancelled"
    assert queue.get(first.id)["state"] == "running" and queue.cancel(first.id)["result"] is None
    last = queue.add("last", work)
    assert queue.get(last.id)["ahead"] == 1
    gate.set()
    for _ in range(400):
        if last.ended:
            break
        time.sleep(0.01)
    assert (first.state, last.state, steps) == ("cancelled", "done", [0, 1, 2])
    assert (
        queue.cancel(last.id)["state"] == "done" and queue.cancel(first.id)["state"] == "cancelled"
    )


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


def refused(page: TestClient, headers: dict[str, str], *parts: bytes) -> int:
    """The code with which a body that comes in parts is refused."""
    said: list[dict] = []
    left = [{"type": "http.request", "body": one, "more_body": True} for one in parts]

    async def receive() -> dict:
        return left.pop(0)

    async def send(message: dict) -> None:
        said.append(message)

    given = {"host": "127.0.0.1", "x-kautilya": "1"} | headers
    raw = [(name.encode(), text.encode("latin-1")) for name, text in given.items()]
    scope = {"type": "http", "method": "POST", "path": "/api/articles", "query_string": b""}
    asyncio.run(page.app(scope | {"headers": raw}, receive, send))
    assert json.loads(said[1]["body"])["error"]["remedy"]
    return said[0]["status"]


@truth("required", kills="a length that is declared crookedly, or a body that is longer than it")
def test_an_oversized_body_is_given_up(page: TestClient) -> None:
    half = b"x" * (safety.LONGEST // 2 + 1)
    assert refused(page, {}, half, half) == 413
    assert refused(page, {"content-length": "3"}, half, half) == 413
    for length in ("-1", "1e3", "\xb2", "9" * 5000, str(safety.LONGEST + 1)):
        assert refused(page, {"content-length": length}) == 413


@truth("required", kills="a head that comes letter by letter and holds its connection for ever")
def test_a_slow_head_is_given_up(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SLOWEST", 0.3)
    config = uvicorn.Config(
        page.app, port=0, http=app.Connection, ws="none", lifespan="off", log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    slow = [socket.create_connection(server.servers[0].sockets[0].getsockname()) for _ in range(50)]
    for one in slow:
        one.settimeout(10)
        one.sendall(b"GET /view/numbers HTTP/1.1\r\nHost: 127")
    quick = slow.pop()
    quick.sendall(b".0.0.1\r\n\r\n")
    assert quick.recv(100).startswith(b"HTTP/1.1 200")
    assert [one.recv(1) for one in slow] == [b""] * 49
    for one in (*slow, quick):
        one.close()
    server.should_exit = True
    thread.join(10)


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
