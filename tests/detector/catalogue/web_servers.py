"""Web servers of this machine, well-behaved and nasty, and a way to them by name."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpcore2

from detector.catalogue.image_fetch import ImageFetcher
from detector.network.hosts import AllowedHosts

CERTIFICATE = Path(__file__).parent / "cdn_acme_test.pem"
"""A key and its certificate for cdn.acme.test, signed by nobody else."""

PUBLIC = "93.184.216.34"

MAX_BYTES = 100_000

Answer = tuple[int, Mapping[str, str], bytes]


def trusting() -> ssl.SSLContext:
    """Trust the certificate."""
    return ssl.create_default_context(cafile=CERTIFICATE)


def encrypt(server: socket.socket) -> ssl.SSLSocket:
    """Show the certificate to whoever connects."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context.wrap_socket(server, server_side=True)


@dataclass
class Website:
    """What a server answers, and what it was asked."""

    port: int
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    clients: set[int] = field(default_factory=set)

    def add(
        self, path: str, body: bytes = b"", status: int = 200, **headers: str
    ) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, names, body)


@contextmanager
def website(*, is_encrypted: bool = False) -> Iterator[Website]:
    """Run an HTTP/1.1 server; unknown pages are 404."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            site.asked.append((self.path, dict(self.headers)))
            site.clients.add(self.client_address[1])
            status, headers, body = site.pages.get(self.path, (404, {}, b"secret"))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # a client may leave at any time

    with Server(("127.0.0.1", 0), Handler) as server:
        site = Website(server.server_port)
        if is_encrypted:
            server.socket = encrypt(server.socket)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def raw_server(
    parts: Callable[[], Iterable[bytes]],
    *,
    pause_s: float = 0,
    is_encrypted: bool = False,
) -> Iterator[int]:
    """Run a server that sends these bytes whatever it is asked; yield its port."""
    is_over = threading.Event()

    def send_all(connection: socket.socket) -> None:
        with connection:
            try:
                if is_encrypted:
                    connection = encrypt(connection)
                connection.recv(65_536)
                for part in parts():
                    connection.sendall(part)
                    if is_over.wait(pause_s):
                        break
            except OSError:
                pass
            finally:
                connection.close()

    def accept_all() -> None:
        while not is_over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=send_all, args=(connection,)))
            threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept_all)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            is_over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


class Detour(httpcore2.SyncBackend):
    """The internet, as far as tests go: every address is this machine.

    Attributes:
        reached: the addresses that were connected to.
        port: where all connections go; by default to the port asked for.
        dead: addresses that take no connection.
        silent: addresses that do not even say so.
    """

    def __init__(
        self,
        port: int | None = None,
        *,
        dead: Iterable[str] = (),
        silent: Iterable[str] = (),
    ) -> None:
        self.reached: list[str] = []
        self.port = port
        self.dead = set(dead)
        self.silent = set(silent)

    def connect_tcp(
        self, host, port, timeout=None, local_address=None, socket_options=None
    ):
        self.reached.append(host)
        if host in self.dead:
            raise httpcore2.ConnectError
        if host in self.silent:
            time.sleep(timeout)
            raise httpcore2.ConnectTimeout
        return super().connect_tcp(
            "127.0.0.1", self.port or port, timeout, local_address, socket_options
        )


@contextmanager
def fetching(
    hosts: str, *, timeout_s: float = 20, **options: Any
) -> Iterator[ImageFetcher]:
    """Make a fetcher for these hosts."""
    opened = ImageFetcher(
        AllowedHosts.parse(hosts), max_bytes=MAX_BYTES, timeout_s=timeout_s, **options
    )
    try:
        yield opened
    finally:
        opened.close()
