"""The brand's own references, as a health check reads them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.health.report import OwnReference
from detector.catalogue.references import (
    brand_pictures,
    chunks,
    find_references,
    reference_id,
)
from detector.store.tables import ImageRow


@dataclass(frozen=True, slots=True)
class OwnPicture:
    """A reference of the brand, and the size of its picture."""

    reference_id: str
    external_id: str
    product_id: str | None
    sha256: str
    width: int
    height: int
    num_bytes: int

    @property
    def named(self) -> OwnReference:
        """The reference as a report names it."""
        return OwnReference(self.reference_id, self.external_id, self.product_id)


def own_pictures(session: Session, brand_id: str) -> list[OwnPicture]:
    """List the brand's references, ordered by external id."""
    ids = [reference_id(brand_id, name) for name in brand_pictures(session, brand_id)]
    references = find_references(session, ids).values()
    digests = sorted({reference.image_sha256 for reference in references})
    columns = select(
        ImageRow.sha256, ImageRow.width, ImageRow.height, ImageRow.num_bytes
    )
    sizes = {
        digest: (width, height, num_bytes)
        for some in chunks(digests)
        for digest, width, height, num_bytes in session.execute(
            columns.where(ImageRow.sha256.in_(some))
        )
    }
    found = [
        OwnPicture(
            each.id,
            each.external_id,
            each.product_id,
            each.image_sha256,
            *sizes[each.image_sha256],
        )
        for each in references
    ]
    return sorted(found, key=lambda picture: picture.external_id)
