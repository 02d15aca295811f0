"""A confirmed fake becomes a reference, so that the next one is known for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from detector.catalogue.changes import ChangeLog
from detector.catalogue.features import Extractor
from detector.catalogue.pictures import take_picture
from detector.catalogue.reference_changes import put_reference
from detector.errors import Conflict, Unknown
from detector.listings.flags.hits import COPIES, KNOWN_FAKE
from detector.review import audit
from detector.review.actor import Actor
from detector.review.learning.outcome import read_outcomes
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import PictureRow
from detector.store.store import Store


@dataclass(frozen=True, slots=True)
class KnownFake:
    """The reference that a picture became."""

    reference_id: str
    external_id: str
    brand_id: str
    picture_sha256: str


def add_known_fake(
    store: Store,
    extractor: Extractor,
    case_id: str,
    *,
    position: int,
    actor: Actor,
    at: datetime,
) -> KnownFake:
    """Make a picture of a restricted listing a reference of what the brand's fakes are.

    Done twice, it changes nothing more.

    Args:
        store: where pictures are kept.
        extractor: computes what the picture is found by.
        case_id: of the case that was confirmed.
        position: of the picture among the listing's.
        actor: who says so.
        at: when.

    Raises:
        Unknown: there is no such case, or no such picture in it.
        Conflict: it was not confirmed, the picture is no longer kept, or is the brand's
            own photo, which honest sellers show as well.
    """
    with store.database.read() as session:
        digest, brand_id = _find_picture(session, case_id, position)
    picture = take_picture(store, extractor, store.blobs.read(digest))
    external_id = f"known-fake/{digest[:24]}"
    with store.database.write() as session:
        picture.save(session)
        row, _ = put_reference(
            session,
            ChangeLog(session),
            brand_id=brand_id,
            external_id=external_id,
            digest=digest,
            role=KNOWN_FAKE,
        )
        audit.record(
            session,
            actor,
            "add_known_fake",
            at=at,
            subject="reference",
            subject_id=row.id,
            case_id=case_id,
            data={"position": position, "picture_sha256": digest},
        )
        return KnownFake(row.id, external_id, brand_id, digest)


def _find_picture(session: Session, case_id: str, position: int) -> tuple[str, str]:
    case = session.get(CaseRow, case_id)
    if case is None:
        raise Unknown(
            f"There is no case {case_id[:100]!r}.", remedy="GET /v1/cases lists them."
        )
    if read_outcomes(session, [case_id]).get(case_id) is not True:
        raise Conflict(
            "Nobody has found the listing to infringe, or that was overturned.",
            remedy="Only pictures of listings that were restricted become known fakes.",
        )
    found = [image for image in case.images if image["position"] == position]
    if not found:
        raise Unknown(
            f"The case has no picture at position {position}.",
            remedy="GET /v1/cases/{case_id} lists its images with their positions.",
        )
    if found[0]["relation"] in COPIES:
        raise Conflict(
            "It is a copy of a known photo, and shows nothing of the goods.",
            remedy="Choose a picture that the seller has taken.",
        )
    digest = str(found[0]["sha256"])
    picture = session.get(PictureRow, digest)
    if picture is None or not picture.is_kept:
        raise Conflict(
            "The picture is no longer kept.",
            remedy="Upload it as a reference of the brand, with the role known_fake.",
        )
    return digest, case.brand_id
