"""A service with listings of two marketplaces that were really scanned."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import update

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.authorized_sellers import create_seller
from detector.catalogue.brands import brand_id
from detector.listings.engine import open_engine
from detector.listings.intake.event import EventKind, GivenImage, ListingEvent
from detector.listings.intake.take import listing_row_id, take_events
from detector.listings.pictures.known import KnownPictures
from detector.store.store import Store, open_store
from detector.store.tables import ReferenceRow
from tests.catalogues import draw_folder, grid_extractor, run_import
from tests.detector.listings.pictures.conftest import SIZE, Market, again
from tests.drawing import draw_scene, save
from tests.live_service import Client, serving

ACME = brand_id("Acme")
ZETA = brand_id("Zeta")


@dataclass(frozen=True, slots=True)
class Shops:
    """Two marketplaces, `shop` and `bazaar`, and what was found in their listings.

    Attributes:
        port: of the service.
        keys: by role; those of marketplaces by their name.
        pictures: that the listings show, by name: `bag` and `hat` of Acme, and `coat`,
            a known fake, `shoe` of Zeta, `nothing` of neither.
        store: that the service works on.
    """

    port: int
    keys: Mapping[str, str]
    pictures: Mapping[str, bytes]
    store: Store

    def __getitem__(self, name: str) -> Client:
        return Client(self.port, self.keys[name])

    def sha256(self, name: str) -> str:
        return sha256(self.pictures[name]).hexdigest()


def offer(
    store: Store,
    marketplace: str,
    name: str,
    pictures: Sequence[bytes],
    *,
    seller_id: str = "sam",
    removal: str | None = None,
    version: int = 1,
) -> str:
    """Take in a listing, or that it was deleted; return our id of it."""
    event = ListingEvent(
        marketplace=marketplace,
        listing_id=name,
        version=version,
        event_id=None,
        type=EventKind.CREATED if removal is None else EventKind.DELETED,
        occurred_at=datetime(2026, 6, version, tzinfo=UTC),
        seller_id=seller_id,
        details={"title": f"Acme {name}", "url": f"https://{marketplace}.example/1"},
        images=tuple(
            GivenImage(n, sha256=sha256(data).hexdigest(), data=data)
            for n, data in enumerate(pictures)
        ),
        removal=removal,
    )
    (outcome,) = take_events(store, [event], max_queued=1_000)
    assert outcome.status == "accepted", outcome
    return listing_row_id(marketplace, name)


@contextmanager
def serving_shops(folder: Path) -> Iterator[Shops]:
    """Scan some listings, then serve them."""
    data_dir = folder / "data"
    store = open_store(data_dir)
    acme = draw_folder(folder / "acme", 3, size=SIZE)
    run_import(store, acme)
    run_import(store, draw_folder(folder / "zeta", 1, seed=5, size=SIZE), brand="Zeta")
    files = [path.read_bytes() for path in sorted(acme.rglob("*.png"))]
    pictures = {
        "bag": files[0],
        "bag again": again(files[0], quality=85),
        "hat": files[1],
        "coat": files[2],
        "shoe": next((folder / "zeta").rglob("*.png")).read_bytes(),
        "nothing": save(draw_scene(*SIZE, seed=99_999), "PNG"),
    }
    with store.database.write() as session:
        coat = ReferenceRow.image_sha256 == sha256(pictures["coat"]).hexdigest()
        session.execute(update(ReferenceRow).where(coat).values(role="known_fake"))
        create_seller(
            session,
            brand_id=ACME,
            marketplace="shop",
            seller_id="own",
            fields={"relation": "own_store", "evidence_ref": "contract-7"},
        )
    engine = open_engine(store, grid_extractor(), threads=2, on_note=lambda text: None)
    market = Market(store, acme, engine, KnownPictures(store.database))
    offer(store, "bazaar", "secret", [pictures["bag"]], seller_id="hidden")
    market.scan()
    offer(store, "shop", "both", [pictures["bag again"], pictures["shoe"]], version=2)
    offer(store, "shop", "allowed", [pictures["hat"]], seller_id="own")
    offer(store, "shop", "gone", [pictures["coat"]])
    offer(store, "shop", "innocent", [pictures["nothing"]])
    market.scan()
    offer(store, "shop", "gone", [], removal="taken_down", version=3)
    keys = {
        role: create_key(store.database, Role(role))[0]
        for role in ("admin", "auditor", "lead")
    }
    keys["brand"], _ = create_key(store.database, Role.BRAND_ADMIN, brand_id=ACME)
    keys["nameless"], _ = create_key(store.database, Role.MARKETPLACE)
    for name in ("shop", "bazaar"):
        keys[name], _ = create_key(store.database, Role.MARKETPLACE, marketplace=name)
    with serving(data_dir) as client:
        yield Shops(client.port, keys, pictures, store)
    store.close()
