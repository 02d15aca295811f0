"""A marketplace that sends listings to a service, and somebody who reads meanwhile."""

import base64
import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from scripts.load_service import Server

BATCH = 16
"""Listings in a call."""
MOST_WAITING = 96
"""Listings that are posted ahead of the scan: enough that it never runs dry."""
POLL_S = 0.5
READS_PER_S = 5


@dataclass(frozen=True, slots=True)
class Market:
    """A marketplace that sends listings to a service and reads what became of them."""

    server: Server

    def read(self, path: str) -> Any:
        """Read JSON."""
        return json.loads(self.server.call("GET", path))

    def send(self, listings: Mapping[str, Sequence[bytes]]) -> list[str]:
        """Send listings by name with their pictures; return our ids of them."""
        events = [
            {
                "type": "listing.created",
                "occurred_at": "2026-06-01T12:00:00Z",
                "listing_id": name,
                "version": 1,
                "title": f"Item {name}",
                "seller": {"id": "seller-1"},
                "images": [
                    {"position": n, "data": base64.b64encode(data).decode()}
                    for n, data in enumerate(pictures)
                ],
            }
            for name, pictures in listings.items()
        ]
        body = json.dumps({"listings": events}).encode()
        answer = json.loads(
            self.server.call(
                "POST", "/v1/listings", body, content_type="application/json"
            )
        )
        if answer["counts"]["accepted"] != len(listings):
            raise RuntimeError(f"not all were accepted: {answer['counts']}")
        return [result["id"] for result in answer["results"]]

    def wait_for(self, listing_id: str) -> None:
        """Wait until a listing is scanned."""
        while (state := self.read(f"/v1/listings/{listing_id}")["state"]) != "scanned":
            if state != "queued":
                raise RuntimeError(f"{listing_id} is {state}")
            time.sleep(POLL_S)

    def _scan_times(self, ids: frozenset[str]) -> list[float]:
        """Wait until listings are scanned; say when each was, the first first."""
        while True:
            found = {x["id"]: x["scanned_at"] for x in self._all() if x["id"] in ids}
            if found.keys() == ids and all(found.values()):
                return sorted(
                    datetime.fromisoformat(at).timestamp() for at in found.values()
                )
            time.sleep(POLL_S)

    def _all(self) -> Iterator[Any]:
        path = "/v1/listings?limit=200"
        while True:
            page = self.read(path)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            path = f"/v1/listings?limit=200&cursor={page['next_cursor']}"

    def ingest(self, pictures: Sequence[bytes], name: str) -> float:
        """Send pictures as listings of one each, a few ahead of the scan.

        Returns:
            Pictures a second, from when the first listings are scanned to the end:
            filling an idle service does not count.
        """
        ids: list[str] = []
        for start in range(0, len(pictures), BATCH):
            if len(ids) >= MOST_WAITING:
                self.wait_for(ids[len(ids) - MOST_WAITING])
            some = pictures[start : start + BATCH]
            ids += self.send(
                {f"{name}-{start + n}": [data] for n, data in enumerate(some)}
            )
        self.wait_for(ids[-1])
        times = self._scan_times(frozenset(ids))
        # They are scanned in batches, which end all at once.
        first = times[BATCH - 1]
        return sum(at > first for at in times) / (times[-1] - first)


@dataclass
class Reader:
    """Somebody who reads while others write.

    Attributes:
        market: whose lists are read.
        latencies_s: from when each read was due to its answer.
        failures: of reads.
    """

    market: Market
    latencies_s: list[float] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read all the while that the block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._read, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _read(self, over: threading.Event) -> None:
        id = None
        for n in itertools.count():
            due = time.perf_counter()
            path = self._path(n, id)
            try:
                answer = self.market.read(path)
            except Exception as error:
                self.failures.append(error)
                return
            self.latencies_s.append(time.perf_counter() - due)
            if path.startswith("/v1/listings?") and answer["items"]:
                id = answer["items"][-1]["id"]
            if over.wait(max(0.0, due + 1 / READS_PER_S - time.perf_counter())):
                return

    def _path(self, n: int, id: str | None) -> str:
        paths = ["/v1/listings?limit=50", "/v1/flags?limit=50", "/v1/events?limit=50"]
        if id is not None:
            paths.append(f"/v1/listings/{id}")
        return paths[n % len(paths)]
