"""The demo's listings as a stream: what is told of them is what a scan flags.

With `--full` it is all of what `make demo` draws.
"""

import json
import logging
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.folder_import import import_folder
from detector.cli.engine import load_extractor
from detector.cli.scanner import open_scanner
from detector.listings.scan import ScannedImage, ScanWriter, find_files, run_scan
from detector.listings.scan_record import ScanRecord
from detector.matching.match import Match, Verdict
from detector.matching.matcher import conclude
from detector.settings import Settings
from detector.store.store import open_store
from scripts.demo_events import NEWEST, disturb, listing_events
from scripts.draw_demo import draw_demo
from scripts.run_demo import Collected
from tests.listing_stream import new_events, pages, post_events
from tests.live_service import Client
from tests.service_process import start_service
from tests.webhook_receiver import Receiver, receiving

log = logging.getLogger(__name__)

STALE = 0.3
"""Share of the listings of which an older version comes late."""
MAX_BATCH = 25
JSON = {"Content-Type": "application/json"}
PATIENCE_S = 900.0

Flags = dict[tuple[str, str], Verdict]
"""Listing and brand → verdict."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A drawn demo in a store, and what a scan says of its listings.

    Attributes:
        folder: of what was drawn.
        settings: of a service on its store.
        flagged: listings that the scan flags.
        flags: which brands' pictures they resemble.
    """

    folder: Path
    settings: Settings
    flagged: frozenset[str]
    flags: Flags


@pytest.fixture(scope="module")
def demo(request, tmp_path_factory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    if request.config.getoption("--full"):
        draw_demo(folder)
    else:
        draw_demo(folder, num_products=6, per_family=1)
    settings = Settings(data_dir=folder / "data", threads=2)
    collected = Collected()
    with closing(open_store(settings.data_dir)) as store:
        extractor = load_extractor(settings)
        for brand in sorted(p for p in (folder / "catalogue").iterdir() if p.is_dir()):
            import_folder(
                store, brand, brand=brand.name, extractor=extractor, threads=2
            )
        scanner, engine = open_scanner(store, extractor, threads=2, limit=10)
        files = find_files([str(folder / "listings")])
        writers: list[ScanWriter] = [collected, ScanRecord(store, engine.basis)]
        run_scan(scanner, files, writers, threads=2)
    scoring = engine.matcher.scoring
    flags: Flags = {}
    for scanned in collected.scans:
        for brand_name, matches in by_brand(scanned).items():
            verdict = conclude(
                matches,
                match_threshold=scoring.match_threshold,
                review_threshold=scoring.review_threshold,
            )
            if verdict is not Verdict.NO_MATCH:
                flags[scanned.path.name, brand_name] = verdict
    flagged = frozenset(
        scanned.path.name
        for scanned in collected.scans
        if scanned.result and scanned.result.verdict is not Verdict.NO_MATCH
    )
    assert flagged == {name for name, _ in flags}
    assert 0 < len(flagged) < len(collected.scans)
    return Demo(folder, settings, flagged, flags)


def by_brand(scanned: ScannedImage) -> dict[str, list[Match]]:
    found = defaultdict(list)
    assert scanned.result is not None
    for match in scanned.result.matches:
        found[scanned.references[match.reference_id].brand].append(match)
    return found


@dataclass(frozen=True, slots=True)
class Market:
    """A service on the demo's store, a marketplace's client, and its receiver."""

    client: Client
    receiver: Receiver


@pytest.fixture
def market(demo, tmp_path) -> Iterator[Market]:
    """Run the service on a copy of the store, where no listing is known yet."""
    data_dir = tmp_path / "data"
    shutil.copytree(demo.settings.data_dir, data_dir)
    with closing(open_store(data_dir)) as store:
        key, _ = create_key(store.database, Role.MARKETPLACE, marketplace="shop")
    with receiving() as receiver:
        settings = demo.settings.model_copy(
            update={"data_dir": data_dir, "webhook_hosts": receiver.hosts}
        )
        service = start_service(settings, key, loads_models=True)
        try:
            service.client.wait_until("/readyz")
            receiver.secret = add_webhook(service.client, receiver.url)
            yield Market(service.client, receiver)
        finally:
            service.kill()


def test_events_of_a_disturbed_stream_are_what_a_scan_flags_each_once(
    demo, market, record_property
):
    events = listing_events(demo.folder / "listings")
    sent = disturb(events, seed=3, is_twice=True, stale_share=STALE)
    rng = np.random.default_rng(4)
    # What is late stays late: the file has been taken in before the rest is sent.
    start = len(sent) // 2
    started_at = time.monotonic()
    outcomes = upload(market.client, sent[:start])
    while start < len(sent):
        end = start + int(rng.integers(1, MAX_BATCH))
        results = post_events(lambda: market.client, sent[start:end])
        outcomes.update(result["status"] for result in results)
        start = end
    num_stale = round(STALE * len(events))
    assert outcomes == {
        "accepted": len(events),
        "duplicate": len(events),
        "stale": num_stale,
    }

    listings = wait_until_scanned(market.client, len(events))
    seconds = time.monotonic() - started_at
    log.info("%s listings, %s flags, %.0f s", len(events), len(demo.flags), seconds)
    record_property("seconds", round(seconds, 1))
    assert {each["version"] for each in listings} == {NEWEST}
    assert {x["listing_id"] for x in listings if x["verdict"] != "no_match"} == (
        demo.flagged
    )

    everything, _ = new_events(market.client, None, limit=7)
    polled = [each for each in everything if not each["type"].startswith("case.")]
    assert {event["type"] for event in polled} == {"match.created"}
    assert len({event["id"] for event in polled}) == len(polled)
    assert len({event["data"]["flag_id"] for event in polled}) == len(polled)
    assert len(polled) == len(demo.flags)
    assert flags_of(event["data"] for event in polled) == demo.flags

    received = market.receiver.wait_for(len(polled), timeout_s=60)
    assert all(each.is_genuine for each in received)
    assert Counter(each.id for each in received) == Counter(e["id"] for e in polled)
    assert flags_of(each.data for each in received) == demo.flags
    time.sleep(1)  # nothing comes twice, or late
    assert len(market.receiver.received) == len(polled)
    shown = pages(market.client, "/v1/flags")
    assert {each["flag_id"] for each in shown} == {
        event["data"]["flag_id"] for event in polled
    }


def add_webhook(client: Client, url: str) -> str:
    types = ["match.created", "match.updated", "match.withdrawn", "listing.failed"]
    body = json.dumps({"url": url, "types": types}).encode()
    made = client.send("POST", "/v1/webhooks", body, JSON)
    assert made.status == 201, made.body
    secret: str = made.json["secret"]
    return secret


def upload(client: Client, events: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Send events as a file, and wait for its end; what became of them."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    path = "/v1/listing-imports"
    kind = {"Content-Type": "application/x-ndjson"}
    answer = client.send("POST", path, lines.encode(), kind)
    assert answer.status == 202, answer.body
    deadline = time.monotonic() + PATIENCE_S
    while (made := client.send("GET", f"{path}/{answer.json['id']}").json)["state"] in (
        "queued",
        "running",
    ):
        assert time.monotonic() < deadline, made
        time.sleep(0.1)
    assert made["state"] == "done", made
    return Counter({k: n for k, n in made["counts"].items() if n})


def wait_until_scanned(client: Client, count: int) -> list[Any]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        listings = list(pages(client, "/v1/listings"))
        assert {each["state"] for each in listings} <= {"queued", "scanned"}
        if sum(each["state"] == "scanned" for each in listings) == count:
            return listings
        assert time.monotonic() < deadline
        time.sleep(0.2)


def flags_of(data: Iterable[Any]) -> Flags:
    return {
        (each["listing"]["listing_id"], each["brand"]["name"]): Verdict(each["verdict"])
        for each in data
    }
