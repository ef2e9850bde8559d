"""Requests made up from the page's own description of its addresses, by schemathesis.

Each address is asked with whatever its schema allows; none may end in a fault of the server, and each
refusal says what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

OWN = {"X-Kautilya": "1"}


def operations(client: Any) -> list[Any]:
    """The addresses under /api as schemathesis reads them. Skips the test where it is absent."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    return [found.ok() for found in schema.get_all_operations()]


def sent(client: Any, operation: Any, examples: int, seed: int = 0) -> Iterator[tuple[Any, Any]]:
    """(request, answer) of as many requests to one address."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    found: list[tuple[Any, Any]] = []

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        told = case.as_transport_kwargs(base_url=str(client.base_url))
        known = {key: told[key] for key in ("params", "json", "data", "cookies") if told.get(key)}
        if "data" in known:
            known["content"] = known.pop("data")
        answer = client.request(told["method"], told["url"], headers=OWN, **known)
        found.append((case, answer))

    send()
    yield from found


def wrong(case: Any, answer: Any) -> str:
    """What is wrong with an answer; "" for nothing."""
    if answer.status_code >= 500:
        return f"{case.method} {case.formatted_path}: {answer.status_code}"
    if answer.status_code >= 400 and not answer.json()["error"]["remedy"]:
        return f"{case.method} {case.formatted_path}: {answer.status_code} without a remedy"
    return ""
