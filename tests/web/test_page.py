"""The page's addresses: what they answer, and what they refuse."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from support.conventions import shared_file, truth

pytest.importorskip("fastapi", reason="the page needs the extra web")
from starlette.testclient import TestClient

from kautilya.claims.file import load as claims_of
from kautilya.errors import KautilyaError
from kautilya.scenario import load
from kautilya.web.app import EXAMPLE, VIEWS, create
from kautilya.web.passages import Known, Matcher, sentences
from kautilya.web.safety import LONGEST, Settings

MINE = {"X-Kautilya": "1"}
HOST = "http://127.0.0.1"
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(scope="module")
def page():
    """A page of the flagship without a run."""
    with TestClient(create("russia_dprk_2024"), base_url=HOST) as client:
        yield client


@truth("required", kills="a view that does not open, or that another site may frame or script")
def test_views_open_under_a_strict_policy(page: TestClient) -> None:
    for name in VIEWS:
        found = page.get(f"/view/{name}")
        assert found.status_code == 200 and "<h1>" in found.text
        policy = found.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert " style=" not in found.text and " onclick=" not in found.text
    assert page.get("/view/nothing").status_code == 422
    assert page.get("/static/../app.py").status_code == 404


@truth("required", kills="a page elsewhere that drives this one")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Host": ""}, 421),
        ({"Host": "evil.example@127.0.0.1"}, 421),
        ({"Host": "0.0.0.0"}, 421),
        ({"Host": "[::1"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-Kautilya": None}, 403),
        ({}, 200),
    ],
)
def test_who_may_ask(page: TestClient, headers: dict[str, str | None], status: int) -> None:
    given = {name: value for name, value in (MINE | headers).items() if value is not None}
    found = page.post("/api/articles", json={"text": "Nothing."}, headers=given)
    assert found.status_code == status
    if status != 200:
        assert found.json()["error"]["remedy"]


@truth("required", kills="another machine let in without the token")
def test_another_host_needs_the_token() -> None:
    site = create("russia_dprk_2024", Settings("kautilya.example", 80, "secret"))
    client = TestClient(site, base_url="http://kautilya.example")
    assert client.get("/view/numbers").status_code == 401
    assert client.get("/view/numbers?token=wrong").status_code == 401
    assert client.get("/view/numbers?token=secret").status_code == 200
    assert client.get("/view/numbers").status_code == 200  # by the cookie
    assert TestClient(site, base_url="http://else.example").get("/?token=secret").status_code == 421


@truth("required", kills="a body without end, an odd body that ends in a fault of the server")
@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/api/articles", b"x" * (LONGEST + 1), 413),
        ("/api/articles", b"{", 422),
        ("/api/articles", b'{"text": 3}', 422),
        ("/api/articles", b'{"text": "a", "more": 1}', 422),
        ("/api/articles", b'{"text": "\\ud800"}', 422),
        ("/api/articles", b'{"text": "\\u0000\\u202e <script>"}', 200),
        ("/api/numbers", b'{"text": ""}', 422),
        ("/api/numbers", b'{"text": "name,low,high\\na,1e999,2\\n"}', 422),
        ("/api/numbers", b'{"text": "a", "dropped": [1]}', 422),
        ("/api/whatif", b'{"levers": ["../../etc"], "futures": 256}', 422),
        ("/api/whatif", b'{"sets": {"a": NaN}}', 422),
        ("/api/whatif", b'{"sets": {"a=1,b": 1}}', 422),
        ("/api/why", b'{"good": "tube_round", "year": "2024", "dropped": ["<script>"]}', 422),
        ("/api/guesses", b'{"outcome": "x", "low": 1, "high": 2, "job": "none"}', 422),
    ],
)
def test_odd_bodies(page: TestClient, path: str, data: bytes, status: int) -> None:
    found = page.post(path, content=data, headers=MINE | {"Content-Type": "application/json"})
    assert found.status_code == status
    if status >= 400:
        assert found.json()["error"]["found"]


@truth(
    "required", kills="a lever of no name that ends in a fault, a job that nobody hears of again"
)
def test_a_job_that_fails_says_why(page: TestClient) -> None:
    asked = {"levers": ["no_such_lever"], "futures": 256}
    job = page.post("/api/whatif", json=asked, headers=MINE).json()
    for _ in range(400):
        job = page.get(f"/api/jobs/{job['id']}").json()
        if job["state"] not in ("waiting", "running"):
            break
        time.sleep(0.05)
    assert job["state"] == "failed" and "no_such_lever" in str(job["error"])
    assert page.get("/api/jobs/nothing").status_code == 422
    assert {one["name"] for one in page.get("/api/levers").json()["levers"]} >= {"no_dprk_shells"}


@truth("closed-form", kills="a clash that is not seen, a figure that is not left out")
def test_impossible_numbers(page: TestClient) -> None:
    found = page.post("/api/numbers", json={"text": EXAMPLE}, headers=MINE).json()
    assert len(found["conflicts"]) == 1 and "cannot all be true" in found["conflicts"][0]["why"]
    less = page.post("/api/numbers", json={"text": EXAMPLE, "dropped": [3]}, headers=MINE).json()
    assert not less["conflicts"]
    lost = next(one for one in less["bounds"] if one["term"] == "lost")
    assert (lost["low"], lost["high"]) == (
        pytest.approx(2840 + 100 - 2500),
        pytest.approx(3300 + 400 - 2000),
    )


@pytest.fixture(scope="module")
def by_words() -> tuple[Matcher, dict[str, list[str]], dict[str, str]]:
    """The flagship's claims by their words alone; ids by number of sentence; its first words."""
    claims = claims_of(load("russia_dprk_2024"))
    covers: dict[str, list[str]] = {}
    for one in claims:
        for number in one.row.sentences:
            covers.setdefault(number, []).append(one.id)
    known = [Known(one.id, (one.row.says, *(v.says for v, _ in one.variants))) for one in claims]
    return Matcher(known), covers, {one.number: one.begins for one in claims.sentences}


def tally(name: str, found: list[tuple[tuple[str, ...], list[str]]]) -> float:
    """Share of matches that are right; recall is printed."""
    shown = [(claims[0], right) for claims, right in found if claims]
    right = sum(claim in known for claim, known in shown)
    said = sum(bool(known) for _, known in found)
    print(f"{name}: {right} of {len(shown)} matches right; {right} of {said} sentences found")
    assert len(shown) >= 15
    return right / len(shown)


@truth("required", kills="a sentence given a claim that it does not make, or one not found")
def test_articles_match_what_they_say(by_words) -> None:
    matcher, covers, begins = by_words
    found = []
    for number in (1, 2):
        for sentence in sentences(shared_file(f"articles/article_{number}.txt").read_text()):
            mine = [n for n, begin in begins.items() if sentence.startswith(begin)]
            if mine:
                found.append((matcher.match(sentence).claims, covers.get(mine[0], [])))
    assert tally("two articles", found) >= 0.9


@truth("required", kills="a paraphrase given another claim, a loose word that makes a match")
def test_ten_coded_texts_match_what_they_say(by_words) -> None:
    matcher, found = by_words[0], []
    for line in (SUPPORT / "coded_texts.txt").read_text().splitlines():
        if not line.startswith(("#", "=")):
            codes, _, sentence = line.partition(" | ")
            known = [] if codes == "-" else codes.split("+")
            found.append((matcher.match(sentence).claims, known))
    assert len(found) >= 50 and tally("ten texts", found) >= 0.9


@truth("required", kills="a verdict on what the scenario says nothing of")
def test_other_texts_are_not_covered(page: TestClient) -> None:
    text = (SUPPORT / "other_texts.txt").read_text()
    found = page.post("/api/articles", json={"text": text}, headers=MINE).json()
    assert len(found["sentences"]) >= 20
    assert [one for one in found["sentences"] if one["covered"]] == []


@truth("required", kills="a stranger's run folder whose links the page follows")
@pytest.mark.parametrize("name", ["answer.json", "claims.json", "manifest.json"])
def test_a_run_folder_is_read_as_a_strangers(whole: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    secret = tmp_path / "secret.json"
    secret.write_text('{"claims": [{"id": "x", "verdict": "secret"}], "sentences": ["secret"]}')
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    with pytest.raises(KautilyaError, match="link"):
        create(str(folder))


@truth("required", kills="an answer of the wrong form that ends in a fault of the server")
def test_an_answer_of_another_form_is_worked_out_anew(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    (folder / "answer.json").write_text('{"sentences": "gone", "tables": [], "parts": []}')
    (folder / "claims.json").write_text('{"claims": {"id": 1}}')
    with TestClient(create(str(folder)), base_url=HOST) as client:
        assert len(client.get("/api/answer").json()["sentences"]) >= 1
        found = client.post("/api/articles", json={"text": "Nothing."}, headers=MINE)
        assert found.status_code == 200
