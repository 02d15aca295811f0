"""A marketplace that sends listings, and knows what should be found of them."""

import io
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.folder_import import import_folder
from detector.cli.engine import load_extractor
from detector.listings.engine import open_engine
from detector.matching.match import Match, Verdict
from detector.matching.matcher import conclude
from detector.settings import Settings
from detector.store.store import Store, open_store
from tests.drawing import draw_scene, save
from tests.listing_stream import listing_event, new_events, pages, post_events
from tests.live_service import Client
from tests.webhook_receiver import Receiver

log = logging.getLogger(__name__)

LEASE_S = 2.0
BRANDS = ("Acme", "Borealis")
NUM_REFERENCES = 12
"""Of each brand."""
COPIED = 0.2
"""Share of the pictures that copy a reference."""
RECOMPRESSED = 0.3
"""Share of the pictures that are another one again, recompressed."""
UPDATED = 0.2
"""Share of the listings of which a second version comes."""
BATCH = 20
DEADLINE_S = 1_800.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    num_listings: int
    num_pictures: int
    num_kills: int
    max_queued: int


def draw_pictures(size: Size, references: Sequence[bytes]) -> list[bytes]:
    """Draw listings' pictures: copies of references, others, and these again."""
    rng = np.random.default_rng(0)
    pictures: list[bytes] = []
    for n in range(size.num_pictures):
        kind = rng.random()
        if pictures and kind < RECOMPRESSED:
            source = pictures[int(rng.integers(len(pictures)))]
        elif kind < RECOMPRESSED + COPIED:
            source = references[int(rng.integers(len(references)))]
        else:
            source = save(draw_scene(240, 180, seed=5_000 + n), "PNG")
        image = Image.open(io.BytesIO(source))
        pictures.append(save(image, "JPEG", quality=int(rng.integers(80, 95))))
    return pictures


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is kept, the key to it, and what should be found.

    Attributes:
        settings: of the service, and of workers.
        key: of a marketplace.
        pictures: that listings show.
        flagged: by picture, the verdict for each brand that is to be told of it.
    """

    settings: Settings
    key: str
    pictures: Sequence[bytes]
    flagged: Sequence[Mapping[str, Verdict]]

    def open(self) -> Store:
        return open_store(self.settings.data_dir, **self.settings.places)


def make_place(folder: Path, url: str | None, size: Size, receiver: Receiver) -> Place:
    settings = Settings.model_validate(
        {
            "data_dir": folder / "data",
            "database_url": url,
            "threads": 2,
            "job_lease_s": LEASE_S,
            "max_queued_listings": size.max_queued,
            "webhook_hosts": receiver.hosts,
            "rate_limit": 1_000_000,
        }
    )
    store = open_store(settings.data_dir, **settings.places)
    extractor = load_extractor(settings)
    references = []
    for brand, name in enumerate(BRANDS):
        photos = folder / name
        photos.mkdir()
        for n in range(NUM_REFERENCES):
            data = save(draw_scene(240, 180, seed=100 * brand + n), "PNG")
            (photos / f"{n}.png").write_bytes(data)
            references.append(data)
        import_folder(store, photos, brand=name, extractor=extractor, threads=2)
    engine = open_engine(store, extractor, threads=2, on_note=log.info)
    scoring = engine.matcher.scoring
    pictures = draw_pictures(size, references)
    flagged = []
    for data in pictures:
        scanned, _ = engine.match(data, limit=10)
        assert scanned.result is not None
        by_brand: dict[str, list[Match]] = defaultdict(list)
        for match in scanned.result.matches:
            by_brand[scanned.references[match.reference_id].brand].append(match)
        verdicts = {
            brand: conclude(
                matches,
                match_threshold=scoring.match_threshold,
                review_threshold=scoring.review_threshold,
            )
            for brand, matches in by_brand.items()
        }
        flagged.append({b: v for b, v in verdicts.items() if v is not Verdict.NO_MATCH})
    assert any(flagged)
    assert not all(flagged)
    key, _ = create_key(store.database, Role.MARKETPLACE, marketplace="shop")
    store.close()
    return Place(settings, key, pictures, flagged)


@dataclass(frozen=True, slots=True)
class Told:
    """What a listing shows in its newest version, and whether there was another."""

    version: int
    shown: tuple[int, ...]


@dataclass
class Marketplace:
    """Sends listings, watches what becomes of them, and forgets nothing."""

    place: Place
    size: Size
    client: Callable[[], Client]
    told: dict[str, Told] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    scans: dict[tuple[str, int], set[str]] = field(
        default_factory=lambda: defaultdict(set)
    )
    events: list[Any] = field(default_factory=list)
    cursor: str | None = None
    seen_until: str = "2026-01-01T00:00:00Z"

    def send_all(self) -> None:
        """Send every listing, some of them in two versions."""
        rng = np.random.default_rng(1)
        plan = [(n, 1) for n in range(self.size.num_listings)]
        for n in np.flatnonzero(rng.random(self.size.num_listings) < UPDATED):
            plan.insert(int(rng.integers(len(plan) + 1)), (int(n), 2))
        for start in range(0, len(plan), BATCH):
            events = [self._event(n, v) for n, v in plan[start : start + BATCH]]
            results = post_events(self.client, events, patience_s=DEADLINE_S)
            for event, result in zip(events, results, strict=True):
                assert result["status"] != "invalid", result
                assert (result["listing_id"], result["version"]) == (
                    event["listing_id"],
                    event["version"],
                )
                self.statuses[result["status"]] += 1

    def _event(self, n: int, version: int) -> dict[str, Any]:
        """A second version shows a picture more than the first."""
        rng = np.random.default_rng([2, n])
        count = int(rng.integers(1, 4)) + version - 1
        shown = tuple(int(k) for k in rng.integers(0, len(self.place.pictures), count))
        name = f"L{n}"
        if name not in self.told or self.told[name].version < version:
            self.told[name] = Told(version, shown)
        pictures = [self.place.pictures[k] for k in shown]
        return listing_event(name, pictures, version=version)

    def watch(self, *, from_start: bool = False) -> None:
        """See what is new: events after the last, and which listings have changed."""
        client = self.client()
        found, self.cursor = new_events(client, self.cursor, limit=50)
        self.events += found
        since = "" if from_start else f"?updated_since={quote(self.seen_until)}"
        for listing in pages(client, f"/v1/listings{since}"):
            self.see(listing)
            self.seen_until = max(self.seen_until, listing["updated_at"])

    def see(self, listing: Any) -> None:
        version = listing["listing_id"], listing["version"]
        if listing["state"] == "scanned":
            self.scans[version].add(listing["scanned_at"])
        else:
            # What was scanned once does not go back.
            assert version not in self.scans, listing
