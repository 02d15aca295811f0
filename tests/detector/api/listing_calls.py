"""Calls about listings, of a service that scans nothing."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.store.store import open_store
from tests.live_service import Answer, Client, serving

JSON = {"Content-Type": "application/json"}
LIMIT = 300_000
"""Bytes of a picture; a call may have ten times as many."""


@contextmanager
def serving_markets(data_dir: Path, **settings: float) -> Iterator[dict[str, Client]]:
    """Serve an admin, the marketplaces `shop` and `bazaar`, and one without a name."""
    store = open_store(data_dir)
    keys = {
        "admin": create_key(store.database, Role.ADMIN)[0],
        "nameless": create_key(store.database, Role.MARKETPLACE)[0],
    }
    for name in ("shop", "bazaar"):
        keys[name], _ = create_key(store.database, Role.MARKETPLACE, marketplace=name)
    store.close()
    limits = {"max_listings_bytes": 10 * LIMIT, "max_image_bytes": LIMIT, **settings}
    with serving(
        data_dir, job_threads=0, scan_threads=0, body_timeout_s=5, **limits
    ) as stranger:
        yield {name: Client(stranger.port, key) for name, key in keys.items()}


def post(client: Client, body: bytes) -> Answer:
    return client.send("POST", "/v1/listings", body, JSON)


def send(client: Client, *events: object) -> Any:
    """Post events; return what became of them."""
    answer = post(client, json.dumps({"listings": events}).encode())
    assert answer.status == 200, answer.body
    results = answer.json["results"]
    assert len(results) == len(events)
    counts = answer.json["counts"]
    assert counts == {
        name: sum(result["status"] == name for result in results)
        for name in ("accepted", "duplicate", "stale", "invalid")
    }
    for n, result in enumerate(results):
        assert (result["status"] == "invalid") == bool(result["errors"])
        for fault in result["errors"] + result["warnings"]:
            assert fault["pointer"].startswith(f"/listings/{n}")
            assert fault["detail"]
            assert fault["remedy"]
    return results


def event(name: str, version: int = 1, **fields: object) -> dict[str, object]:
    return {
        "type": "listing.created",
        "occurred_at": "2026-06-01T12:00:00Z",
        "listing_id": name,
        "version": version,
        **fields,
    }


def read_all(client: Client, query: str = "limit=200") -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = []
    path = f"/v1/listings?{query}"
    while path:
        answer = client.send("GET", path)
        assert answer.status == 200, answer.body
        items += answer.json["items"]
        cursor = answer.json["next_cursor"]
        path = f"/v1/listings?{query}&cursor={cursor}" if cursor else ""
    return items
