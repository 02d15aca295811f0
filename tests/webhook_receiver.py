"""A receiver of webhooks that verifies what it gets with Standard Webhooks' library."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came in, and whether its signature was right."""

    id: str
    type: str
    data: Any
    body: bytes
    headers: Mapping[str, str]
    is_genuine: bool
    at: float


@dataclass
class Receiver:
    """What came in, and what is answered.

    Attributes:
        port: of this machine.
        secret: that messages are verified with; none is right without it.
        status: of all answers, unless `statuses` has more.
        statuses: of the next answers, one each.
        headers: of the answers.
        body: of the answers.
        pause_s: how long an answer takes.
        received: all that came in, in order.
    """

    port: int
    secret: str | None = None
    status: int = 204
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pause_s: float = 0
    received: list[Received] = field(default_factory=list)
    clients: set[int] = field(default_factory=set)
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def hosts(self) -> str:
        """What DETECTOR_WEBHOOK_HOSTS has to be for it."""
        return f"127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.received]

    def of(self, *types: str) -> list[Received]:
        """What came in of some types."""
        return [each for each in self.received if each.type in types]

    def wait_for(self, count: int, *, timeout_s: float = 20) -> list[Received]:
        """Wait until so much has come in."""
        deadline = time.monotonic() + timeout_s
        while len(self.received) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.received)} of {count} came in")
            time.sleep(0.01)
        return self.received[:count]

    def verify(self, body: bytes, headers: Mapping[str, str]) -> tuple[Any, bool]:
        """Read a message, and say whether it is genuine."""
        try:
            if self.secret is None:
                raise WebhookVerificationError("no secret")
            return Webhook(self.secret).verify(body, dict(headers)), True
        except WebhookVerificationError:
            return None, False


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver; a real HTTP/1.1 server of this machine."""
    num_now = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            nonlocal num_now
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed
                self.close_connection = True
                return
            with lock:
                num_now += 1
                receiver.most_at_once = max(receiver.most_at_once, num_now)
            headers = {name.lower(): value for name, value in self.headers.items()}
            read, is_genuine = receiver.verify(body, headers)
            event = read or {"type": "", "data": None}
            with lock:
                receiver.clients.add(self.client_address[1])
                receiver.received.append(
                    Received(
                        headers.get("webhook-id", ""),
                        event["type"],
                        event["data"],
                        body,
                        headers,
                        is_genuine,
                        time.monotonic(),
                    )
                )
                status = (
                    receiver.statuses.pop(0) if receiver.statuses else receiver.status
                )
            is_over.wait(receiver.pause_s)
            with lock:
                num_now -= 1
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(receiver.body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client may leave at any time

    lock, is_over = threading.Lock(), threading.Event()
    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield receiver
        finally:
            is_over.set()
            server.shutdown()
            thread.join()
