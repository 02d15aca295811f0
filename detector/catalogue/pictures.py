"""Pictures on their way in: checked, their features computed, their bytes kept."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.orm import Session

from detector.catalogue.features import Extractor, Features, save_features
from detector.store.store import Store


@dataclass(frozen=True, slots=True)
class TakenPicture:
    """A picture whose bytes are kept; `features` is None if stored already."""

    sha256: str
    features: Features | None

    def save(self, session: Session) -> None:
        """Store what was computed, in the transaction that makes use of it."""
        if self.features is not None:
            save_features(session, self.features)


def take_picture(store: Store, extractor: Extractor, data: bytes) -> TakenPicture:
    """Do all of a picture's work that needs no transaction; for threads.

    Raises:
        UnreadableImage: no picture, or a damaged one.
        ImageTooLarge: over the limits.
        StoreFault: it cannot be kept.
    """
    digest = sha256(data).hexdigest()
    with store.database.read() as session:
        is_known = extractor.is_complete(session, digest)
    features = None if is_known else extractor.extract(data)
    # Also where it is known: this brings back a blob that was lost.
    store.blobs.put(data)
    return TakenPicture(digest, features)


def check_picture(extractor: Extractor, data: bytes) -> TakenPicture:
    """Decode a picture and keep nothing; raises as `take_picture` does."""
    image = extractor.decode(data)
    digest = sha256(data).hexdigest()
    size = (image.width, image.height)
    features = Features(digest, image.format, *size, len(data), None, b"", {})
    return TakenPicture(digest, features)
