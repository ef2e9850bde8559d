"""The page: `serve`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from kautilya.cli.door import Door

PORT = 8787


def serve(
    where: Annotated[
        str, typer.Argument(help="a scenario, or the folder of a stored run")
    ] = "russia_dprk_2024",
    host: Annotated[str, typer.Option(help="name or address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port", min=1, max=65535)] = PORT,
    token: Annotated[
        str, typer.Option(help="what visitors from other machines must bring; made if left out")
    ] = "",
) -> None:
    """Open the page in a browser on this machine: answer, levers, articles, numbers.

    Listens on this machine only; another host needs a token, which is printed.

    Example: kautilya serve runs/demo
    """
    with Door(False):
        import secrets

        from kautilya.web.safety import Settings, loopback

        _there()
        if not loopback(host):
            token = token or secrets.token_urlsafe(16)
        from kautilya.web import app

        _free(host, port)
        settings = Settings(host, port, token)
        page = app.create(where, settings)
        address = f"http://{'[' + host + ']' if ':' in host else host}:{port}/"
        typer.echo(
            f"The page is at {address}{'?token=' + token if token else ''}  (Ctrl-C ends it)"
        )
        if token:
            typer.echo("Anybody with this address can start runs here and read the scenario.")
        app.serve(page, host, port)


def _there() -> None:
    """Refuse in one line where the extra is not installed."""
    from importlib.util import find_spec

    from kautilya.errors import KautilyaError

    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise KautilyaError(
            "serve", "fastapi and uvicorn are not installed", "pip install 'kautilya[web]'"
        )


def _free(host: str, port: int) -> None:
    """Refuse a name that leads nowhere, and a port that another program has."""
    import socket

    from kautilya.errors import KautilyaError

    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as tried:
            if os.name != "nt":  # there it would share a port that is taken
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise KautilyaError(
            f"{host}:{port}",
            f"the page cannot listen there ({said})",
            "Give another --port, or a --host of this machine",
        ) from None


COMMANDS = (serve,)
