"""A running service, and a client that sees what really goes over the wire."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.api.app import create_app
from detector.console.app import add_console
from detector.settings import Settings
from detector.store.store import open_store
from tests.catalogues import GridEmbedder, run_import
from tests.drawing import draw_scene, save

PROBLEM_KEYS = {
    "type",
    "title",
    "status",
    "detail",
    "code",
    "remedy",
    "request_id",
}
RETRIED = {
    "idempotency_in_progress",
    "not_ready",
    "overloaded",
    "queue_full",
    "rate_limited",
    "store_fault",
}
"""Codes of failures that come with a Retry-After."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to a port of this machine."""

    port: int
    key: str | None = None
    address: str | None = None
    """Of this machine, to send from; any if None."""

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if self.key is not None:
            sent.setdefault("Authorization", f"Bearer {self.key}")
        source = None if self.address is None else (self.address, 0)
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=60, source_address=source
        )
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def match(self, picture: bytes, query: str = "") -> Answer:
        kind = {"Content-Type": "application/octet-stream"}
        return self.send("POST", f"/v1/match{query}", picture, kind)

    def post_form(self, path: str, fields: list[tuple[str, bytes]]) -> Answer:
        body, content_type = form(fields)
        return self.send("POST", path, body, {"Content-Type": content_type})

    def wait_until(self, path: str) -> Answer:
        """Ask until a path answers 200."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = self.send("GET", path)
            except ConnectionError:
                time.sleep(0.05)
                continue
            if answer.status == 200:
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"{path} at port {self.port} did not answer 200")

    def send_raw(self, data: bytes, *, max_more: int = 0, pause_s: float = 0) -> bytes:
        """Send bytes, then `max_more` times more of them until something comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as sent:
            sent.sendall(data)
            sent.setblocking(False)
            for _ in range(max_more):
                time.sleep(pause_s)
                try:
                    sent.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                except BlockingIOError:
                    time.sleep(0.01)
                except OSError:
                    break
                try:
                    sent.recv(1, socket.MSG_PEEK)
                    break
                except BlockingIOError:
                    continue
                except OSError:
                    break
            sent.settimeout(60)
            received = b""
            while b"}" not in received and (some := sent.recv(65_536)):
                received += some
            return received


def form(fields: list[tuple[str, bytes]]) -> tuple[bytes, str]:
    """Write a form of files; its body and Content-Type."""
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"; '
        f'filename="{name}.png"\r\nContent-Type: image/png\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in fields
    ]
    return b"".join(parts) + b"--XX--\r\n", "multipart/form-data; boundary=XX"


def require_problem(answer: Answer, status: int, code: str) -> Any:
    """Hold a failure to the one shape that all of them have."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem.keys() == PROBLEM_KEYS | {"errors"}
    for field in problem["errors"] or []:
        assert field.keys() == {"detail", "pointer", "parameter"}
        assert field["detail"]
        assert (field["pointer"] is None) != (field["parameter"] is None)
    assert problem["errors"] != []
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["type"] == f"urn:detector:problem:{code}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert all(problem[key] for key in PROBLEM_KEYS)
    assert "Traceback" not in answer.body.decode()
    assert (code in RETRIED) == ("retry-after" in answer.headers)
    return problem


def picture(seed: int) -> bytes:
    """Draw a picture that a matcher can tell from others."""
    return save(draw_scene(360, 270, seed=seed), "PNG")


def draw_catalogue(folder: Path, seeds: range) -> Path:
    """Draw pictures to import, `0.png`, `1.png`, …"""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / f"{seed}.png").write_bytes(picture(seed))
    return folder


def add_references(data_dir: Path, folder: Path) -> None:
    """Import as another process would, through its own store."""
    store = open_store(data_dir)
    run_import(store, folder)
    store.close()


def make_key(
    data_dir: Path, role: Role = Role.MARKETPLACE, place: str | None = None
) -> str:
    """Make a key, in the database at a URL if one is given."""
    store = open_store(data_dir, place)
    text, _ = create_key(store.database, role)
    store.close()
    return text


@contextmanager
def running(app: FastAPI, *, until: str = "/readyz") -> Iterator[Client]:
    """Run an app in a thread, with the server that `detector serve` uses."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http="h11", ws="none", lifespan="on", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        client = Client(listener.getsockname()[1])
        client.wait_until(until)
        yield client
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        listener.close()
        assert not thread.is_alive()


def make_app(data_dir: Path, **settings: float | str) -> FastAPI:
    """Make the service with its pages, on the grid embedder."""
    chosen = Settings(data_dir=data_dir, threads=2, **settings)  # type: ignore[arg-type]
    app = create_app(chosen, embedders={"copy": GridEmbedder()})
    add_console(app)
    return app


@contextmanager
def serving(data_dir: Path, **settings: float | str) -> Iterator[Client]:
    """Run the service."""
    with running(make_app(data_dir, **settings)) as client:
        yield client
