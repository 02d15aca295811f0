"""A marketplace whose listings are really scanned, and the cases that come of it."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from detector.images import DecodedImage, ImageLimits, decode_image
from detector.listings.engine import open_engine
from detector.listings.pictures.known import KnownPictures
from detector.matching.describe import WORKING_PX
from detector.review.following import follow_flag
from detector.store.case_tables import CaseListingRow
from detector.store.listing_tables import FlagRow
from detector.store.store import Store
from tests.catalogues import draw_folder, grid_extractor, run_import
from tests.detector.listings.pictures.conftest import SIZE, Market
from tests.detector.review.review_world import Cases


def decode(data: bytes) -> DecodedImage:
    """Read a picture file as the matcher does."""
    return decode_image(data, limits=ImageLimits(), target_px=WORKING_PX)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a marketplace lists, and what is reviewed of it."""

    market: Market
    cases: Cases

    def case_of(self, listing_id: str) -> str:
        """Name the case of a listing."""
        with self.cases.database.read() as session:
            query = select(CaseListingRow.case_id).where(
                CaseListingRow.listing_id == listing_id
            )
            return session.scalars(query).one()

    def scan(self) -> None:
        """Scan what waits, and open cases for what was found."""
        self.market.scan()
        with self.cases.database.read() as session:
            ids = session.scalars(select(FlagRow.id).order_by(FlagRow.id)).all()
        for flag_id in ids:
            with self.cases.database.write() as session:
                follow_flag(session, flag_id, at=self.cases.now)


def open_market(store: Store, folder: Path) -> Scanned:
    """Import a catalogue of six pictures of Acme, and begin to list."""
    draw_folder(folder, 6, size=SIZE)
    run_import(store, folder)
    engine = open_engine(store, grid_extractor(), threads=2, on_note=lambda text: None)
    market = Market(store, folder, engine, KnownPictures(store.database))
    cases = Cases(store.database)
    cases.set_policy("shop", second_review_share=0, second_review_tiers=[])
    return Scanned(market, cases)
