"""`detector serve`: the HTTP service and its console."""

import ipaddress
import signal
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.output import note
from detector.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from detector.settings import Settings
    from models.embedder import Embedder

LINK_LIFETIME = timedelta(days=1)
GRACE_S = 30
"""How long requests may go on after the service was told to stop."""


def serve(
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. Others than this machine's own speak plain "
            "HTTP to the network: put a proxy with TLS before them."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="0 takes any that is free.")
    ] = 8000,
    links: Annotated[
        bool,
        typer.Option(
            "--links", help="Print a link for one person of each role to come in with."
        ),
    ] = False,
) -> None:
    """Serve the API and the console, its web pages, until interrupted.

    The catalogue may be changed meanwhile, by other commands too; the next request
    sees it. Pictures that are sent are not kept. If there is no API key yet, one is
    made and printed. The log goes to stderr, one JSON object a line.
    """
    import uvicorn

    from detector.api.app import create_app
    from detector.api.log import log_to_stderr
    from detector.console.app import add_console
    from detector.settings import load_settings

    settings = load_settings()
    with _listen(host, port) as listener:
        port = listener.getsockname()[1]
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        typer.echo(f"Serving {settings.data_dir} at {url} until Ctrl-C")
        embedders = _look_at_store(settings, url)
        if links:
            _print_links(settings, url)
        app = create_app(settings, embedders=embedders)
        add_console(app)
        log_to_stderr()
        config = uvicorn.Config(
            app,
            # Unlike httptools, h11 bounds the size of a request's head.
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=settings.trusted_proxies is not None,
            forwarded_allow_ips=settings.trusted_proxies or [],
            timeout_graceful_shutdown=GRACE_S,
        )
        for number in (signal.SIGINT, signal.SIGTERM):
            # The server stops gracefully, then repeats the signal to what it found
            # here; being told to stop is no failure.
            signal.signal(number, lambda _number, _frame: None)
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise InvalidInput(
            f"Nothing can listen at {host} port {port}: {error.strerror}.",
            remedy="Give another --port (0 takes any that is free) or --host.",
        ) from error
    if not ipaddress.ip_address(address[0]).is_loopback:
        note(f"{host} is open to the network, without TLS.")
    return listener


def _print_links(settings: "Settings", url: str) -> None:
    """Make a link for the first person of each role."""
    from detector.access.links import link_url, make_link
    from detector.access.users import UserState, list_users
    from detector.store.store import open_store

    store = open_store(settings.data_dir, **settings.places)
    try:
        users, _ = list_users(store.database)
        seen = set()
        for user in users:
            if user.grant.role in seen or user.state is not UserState.ACTIVE:
                continue
            seen.add(user.grant.role)
            secret, _ = make_link(store.database, user.email, lifetime=LINK_LIFETIME)
            typer.echo(f"  {user.grant.role:<12} {link_url(url, secret)}")
        typer.echo(
            "Each link lets one person in, once, within a day: sign out to be "
            "somebody else."
            if seen
            else "There are no people yet: `detector user create` adds one."
        )
    finally:
        store.close()


def _look_at_store(settings: "Settings", url: str) -> "Mapping[str, Embedder]":
    """Load the models that serve, make the first key, say what there is to search."""
    from detector.access.keys import create_key, has_keys
    from detector.access.roles import Role
    from detector.catalogue.references import count_references
    from detector.cli.engine import load_models
    from detector.store.store import open_store

    store = open_store(settings.data_dir, **settings.places)
    try:
        embedders = load_models(settings, store)
        with store.database.read() as session:
            num_references = count_references(session)
        if num_references:
            typer.echo(f"The catalogue has {num_references:,} references.")
        else:
            typer.echo(
                "The catalogue is empty: fill it with `detector catalogue import`, "
                "meanwhile if you like."
            )
        if not has_keys(store.database):
            text, _ = create_key(store.database, Role.MARKETPLACE, name="first start")
            typer.echo(
                f"Your API key, shown this once: {text}\n"
                "Try it:\n"
                f"  curl -H 'Authorization: Bearer {text}' "
                f"-H 'Content-Type: image/jpeg' --data-binary @picture.jpg "
                f"{url}/v1/match\n"
                "It compares pictures. `detector key create --role admin` makes one "
                "that keeps catalogues."
            )
        return embedders
    finally:
        store.close()
