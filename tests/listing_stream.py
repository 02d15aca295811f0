"""Listings on their way to a service, and the events that come back."""

import base64
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.live_service import Client

JSON = {"Content-Type": "application/json"}


def listing_event(
    listing_id: str, pictures: Sequence[bytes], *, version: int = 1
) -> dict[str, Any]:
    """Say that a listing shows pictures."""
    return {
        "event_id": f"{listing_id}/{version}",
        "type": "listing.updated",
        "occurred_at": f"2026-06-01T12:00:{version:02}Z",
        "listing_id": listing_id,
        "version": version,
        "title": f"Item {listing_id}",
        "seller": {"id": "seller-1"},
        "images": [
            {"position": n, "data": base64.b64encode(data).decode()}
            for n, data in enumerate(pictures)
        ],
    }


def post_events(
    client: Callable[[], Client],
    events: Sequence[Mapping[str, Any]],
    *,
    patience_s: float = 120,
) -> list[Any]:
    """Send events until they are answered, as a marketplace does that loses nothing.

    Args:
        client: of the service that runs now; it may die, and it may be full.
        events: to send.
        patience_s: how long to try.
    """
    body = json.dumps({"listings": list(events)}).encode()
    deadline = time.monotonic() + patience_s
    while True:
        try:
            answer = client().send("POST", "/v1/listings", body, JSON)
        except OSError:
            status, wait_s = None, 0.1
        else:
            if answer.status == 200:
                results: list[Any] = answer.json["results"]
                return results
            status = answer.status
            assert status in (429, 503), answer.body
            wait_s = min(0.5, float(answer.headers["retry-after"]))
        if time.monotonic() > deadline:
            raise TimeoutError(f"events are not taken; the last answer was {status}")
        time.sleep(wait_s)


def pages(client: Client, path: str, limit: int = 200) -> Iterator[Any]:
    """Read all of a list."""
    sign = "&" if "?" in path else "?"
    cursor = ""
    while True:
        answer = client.send("GET", f"{path}{sign}limit={limit}{cursor}")
        assert answer.status == 200, answer.body
        yield from answer.json["items"]
        if not (following := answer.json["next_cursor"]):
            return
        cursor = f"&cursor={following}"


def new_events(client: Client, cursor: str | None, limit: int) -> tuple[list[Any], str]:
    """Read what has come since a cursor, page by page, and the cursor to go on from."""
    found: list[Any] = []
    while True:
        after = "" if cursor is None else f"&cursor={cursor}"
        answer = client.send("GET", f"/v1/events?limit={limit}{after}")
        assert answer.status == 200, answer.body
        found += answer.json["items"]
        cursor = answer.json["next_cursor"]
        assert cursor is not None
        if not answer.json["has_more"]:
            return found, cursor
