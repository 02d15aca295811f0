"""Write the demo's listing pictures as listing events, one listing a picture.

    python -m scripts.demo_events demo/listings --out demo/events.ndjson \
        --seed 7 --twice --stale 0.2

The events go in with `detector listings add` or `POST /v1/listing-imports`. Disturbed
like a real stream (shuffled, everything twice, old versions after newer ones) they
come to the same.
"""

import argparse
import base64
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

Event = dict[str, object]

MARKET = "https://market.example/items"
FIRST_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEWEST = 2
"""Version of what holds; 1 is what may come late."""


def listing_events(folder: Path, *, paths_from: Path | None = None) -> list[Event]:
    """Make an event for each picture of a folder, in the order of their names.

    Args:
        folder: of pictures; the file's name is the listing's id.
        paths_from: name pictures by their paths below this folder, in which the file
            of events will lie; None puts them into the events.
    """
    events = []
    for n, path in enumerate(sorted(p for p in folder.iterdir() if p.is_file())):
        image: Event = (
            {"data": base64.b64encode(path.read_bytes()).decode()}
            if paths_from is None
            else {"path": path.relative_to(paths_from).as_posix()}
        )
        events.append(_event(path.name, n, NEWEST, image))
    return events


def disturb(
    events: Sequence[Event], *, seed: int, is_twice: bool, stale_share: float
) -> list[Event]:
    """Send events as networks do.

    Args:
        events: one of each listing.
        seed: decides the order.
        is_twice: send everything twice.
        stale_share: listings of which an older version comes late: it shows another
            listing's picture, so that whoever believes it ends elsewhere.
    """
    rng = np.random.default_rng(seed)
    sent = list(events) * (2 if is_twice else 1)
    sent = [sent[i] for i in rng.permutation(len(sent))]
    late = rng.permutation(len(events))[: round(stale_share * len(events))]
    for n in late:
        other = events[(int(n) + 1) % len(events)]
        stale = _older(events[n], other)
        first = next(i for i, event in enumerate(sent) if event is events[n])
        sent.insert(int(rng.integers(first + 1, len(sent) + 1)), stale)
    return sent


def write_events(path: Path, events: Sequence[Event]) -> None:
    """Write events as NDJSON."""
    with path.open("w", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")


def _event(name: str, n: int, version: int, image: Event) -> Event:
    at = FIRST_AT + timedelta(minutes=n, seconds=version)
    return {
        "event_id": f"{name}/{version}",
        "type": "listing.updated",
        "occurred_at": at.isoformat(),
        "listing_id": name,
        "version": version,
        "url": f"{MARKET}/{n}",
        "title": f"Item {n}",
        "price": "49.90",
        "currency": "EUR",
        "condition": "used",
        "images": [{"position": 0, **image}],
        "seller": {"id": f"seller-{n % 17}", "country": "DE"},
        "ships_from": "DE",
    }


def _older(event: Event, other: Event) -> Event:
    return {
        **event,
        "event_id": f"{event['listing_id']}/{NEWEST - 1}",
        "type": "listing.created",
        "occurred_at": FIRST_AT.isoformat(),
        "version": NEWEST - 1,
        "images": other["images"],
    }


def main() -> int:
    """Write the events that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="pictures, one of each listing")
    parser.add_argument("--out", type=Path, required=True, help="NDJSON to write")
    parser.add_argument("--paths", action="store_true", help="name pictures by path")
    parser.add_argument("--seed", type=int, default=0, help="decides the order")
    parser.add_argument("--twice", action="store_true", help="send everything twice")
    parser.add_argument("--stale", type=float, default=0.0, help="share sent late")
    given = parser.parse_args()
    paths_from = given.out.parent if given.paths else None
    events = listing_events(given.folder, paths_from=paths_from)
    sent = disturb(
        events, seed=given.seed, is_twice=given.twice, stale_share=given.stale
    )
    write_events(given.out, sent)
    print(f"{given.out}: {len(sent)} events of {len(events)} listings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
