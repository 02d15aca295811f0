"""Callers of each role, of a running service, for the tests of who may do what."""

import json
from collections.abc import Mapping
from typing import Any

from tests.live_service import Answer, Client

PASSWORD = "vivid otter keeps nine lamps"
OTHER_PASSWORD = "seven quiet gulls on a pier"
JSON = {"Content-Type": "application/json"}


def ask(
    client: Client, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Answer:
    """Send a request with a JSON body, or without one."""
    if body is None:
        return client.send(method, path)
    return client.send(method, path, json.dumps(body).encode(), JSON)


def made(client: Client, path: str, body: Mapping[str, Any]) -> Any:
    """Make something, and return what is answered."""
    answer = ask(client, "POST", path, body)
    assert answer.status == 201, answer.body
    return answer.json


def with_key(client: Client, **given: Any) -> Client:
    """Let a client make a key; return one that shows it."""
    return Client(client.port, made(client, "/v1/keys", given)["key"])


def log_in(client: Client, email: str, password: str = PASSWORD) -> Client:
    """Log in; return a client that shows the token."""
    given = {"email": email, "password": password}
    return Client(client.port, made(client, "/sessions", given)["token"])
