"""What the page lets in: who may ask, from where, how much, and how long it may take.

A page elsewhere must not drive this one. The name in the Host header has to be one that we listen
on (a stranger's name that was pointed at loopback is none: DNS rebinding); what changes anything has
to come from this page itself (its own header, which another site cannot set without asking first,
and no foreign Origin); another host than loopback needs a token. Bodies are short and come quickly.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
HEADER = b"x-kautilya"  # a header of our own: a form or an image of another site cannot send it
COOKIE = "kautilya-token"
LONGEST = 400_000  # bytes of a body
SLOWEST = 10.0  # seconds in which a body has to be there
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Settings(NamedTuple):
    """Where the page listens.

    token   what a visitor from another machine has to bring; "" on loopback
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str = ""


def loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Safety:
    """Wraps an application; see the module."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, said)
        if refusal is None:
            body, refusal = await _body(scope, said, receive)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await self._app(scope, _given(body, receive), _headed(send, self._cookie(scope)))

    def _refusal(self, scope: Message, said: dict[bytes, str]) -> tuple[int, str, str] | None:
        host = _name(said.get(b"host", ""))
        if not self._ours(host):
            return (
                421,
                f"this page is not served under the name {host[:80]!r}",
                "Open its own address",
            )
        if self._settings.token and not self._known(scope, said):
            return 401, "no token", "Open the address with ?token=... that `kautilya serve` printed"
        if scope["method"] in SAFE:
            return None
        origin = said.get(b"origin", "")
        site = said.get(b"sec-fetch-site", "same-origin")
        if origin and origin.casefold().partition("://")[2] != said.get(b"host", "").casefold():
            return 403, "asked by another site", "Open the page itself"
        if site not in ("same-origin", "none") or HEADER not in said:
            return 403, "not asked by the page", "Send the header X-Kautilya: 1"
        return None

    def _ours(self, host: str) -> bool:
        return (
            loopback(host)
            if not self._settings.token
            else host == self._settings.host or loopback(host)
        )

    def _known(self, scope: Message, said: dict[bytes, str]) -> bool:
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        try:
            kept = SimpleCookie(said.get(b"cookie", "")).get(COOKIE)
        except CookieError:
            kept = None
        given = (asked, kept.value if kept else "", said.get(b"x-token", ""))
        return any(
            hmac.compare_digest(one.encode(), self._settings.token.encode()) for one in given
        )

    def _cookie(self, scope: Message) -> bytes:
        """The token as a cookie, once it came in the address."""
        if not self._settings.token or b"token=" not in scope.get("query_string", b""):
            return b""
        return f"{COOKIE}={self._settings.token}; HttpOnly; SameSite=Strict; Path=/".encode()


def _name(host: str) -> str:
    """The name in a Host header, without its port; "" where it is none."""
    try:
        parts = urlsplit("//" + host)
    except ValueError:
        return ""
    return "" if "@" in parts.netloc else parts.hostname or ""


async def _body(
    scope: Message, said: dict[bytes, str], receive: Receive
) -> tuple[bytes, tuple[int, str, str] | None]:
    """The whole body, if it is short enough and comes in time."""
    if scope["method"] in SAFE:
        return b"", None
    long = (413, f"more than {LONGEST:,} bytes", "Paste a part of it")
    length = said.get(b"content-length", "0").lstrip("0")
    if len(length) > len(str(LONGEST)) or not (length or "0").isascii():
        return b"", long
    if length and (not length.isdecimal() or int(length) > LONGEST):
        return b"", long
    data = bytearray()
    try:
        async with asyncio.timeout(SLOWEST):
            while True:
                message = await receive()
                data += message.get("body", b"")
                if len(data) > LONGEST:
                    return b"", long
                if not message.get("more_body", False):
                    return bytes(data), None
    except TimeoutError:
        return b"", (408, f"the text did not come within {SLOWEST:g} seconds", "Send it again")


def _given(body: bytes, receive: Receive) -> Receive:
    """A receiver that gives the body that was read, then waits as before."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_part() -> Message:
        return parts.pop() if parts else await receive()

    return next_part


def _headed(send: Send, cookie: bytes) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            mine = [(b"set-cookie", cookie)] if cookie else []
            given = list(message.get("headers", ()))
            said = {name for name, _ in given}  # what never changes says itself how long it keeps
            message["headers"] = [*given, *(one for one in HEADERS if one[0] not in said), *mine]
        await send(message)

    return headed


async def _refuse(send: Send, status: int, found: str, remedy: str) -> None:
    data = json.dumps({"error": {"found": found, "remedy": remedy}}).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*head, *HEADERS]})
    await send({"type": "http.response.body", "body": data})
