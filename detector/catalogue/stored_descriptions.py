"""References' descriptions, read from the store when the matcher wants them."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks, picture_hashes
from detector.errors import StoreFault
from detector.matching.describe import RECIPE, Description
from detector.store.store import Store
from detector.store.tables import DescriptionRow
from models.local_features import ORB_CODE_BYTES

CACHE_SIZE = 512
"""Descriptions kept in memory, about 0.3 MB each."""


class StoredDescriptions:
    """A `ReferenceSource` on the store; keeps those used last in memory.

    Kept by picture and not by reference: a replaced picture is another key, so that
    nothing stale is ever found. Safe to use from several threads.
    """

    def __init__(self, store: Store, *, cache_size: int = CACHE_SIZE) -> None:
        self._store = store
        self._cache_size = cache_size
        self._cache: OrderedDict[str, Description] = OrderedDict()
        self._lock = threading.Lock()

    def descriptions(self, reference_ids: Sequence[str]) -> dict[str, Description]:
        """Read the descriptions of references; unknown ones are left out."""
        with self._store.database.read() as session:
            digests = picture_hashes(session, reference_ids)
            wanted = set(digests.values())
            known = self._recall(wanted)
            known |= self._read(session, sorted(wanted - known.keys()))
        self._keep(known)
        return {
            name: known[digests[name]]
            for name in reference_ids
            if digests.get(name) in known
        }

    def codes(self, reference_ids: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        """Read the codes of references' points: (p, 32); unknown ones are left out."""
        with self._store.database.read() as session:
            digests = picture_hashes(session, reference_ids)
            found = select(DescriptionRow.image_sha256, DescriptionRow.votes).where(
                DescriptionRow.recipe == RECIPE
            )
            stored = {
                digest: np.frombuffer(codes, np.uint8).reshape(-1, ORB_CODE_BYTES)
                for some in chunks(sorted(set(digests.values())))
                for digest, codes in session.execute(
                    found.where(DescriptionRow.image_sha256.in_(some))
                )
            }
        return {
            name: stored[digests[name]]
            for name in reference_ids
            if digests.get(name) in stored
        }

    def _recall(self, digests: set[str]) -> dict[str, Description]:
        with self._lock:
            return {d: self._cache[d] for d in digests if d in self._cache}

    def _read(self, session: Session, digests: Sequence[str]) -> dict[str, Description]:
        columns = select(DescriptionRow.image_sha256, DescriptionRow.data).where(
            DescriptionRow.recipe == RECIPE
        )
        return {
            digest: _unpack(digest, data)
            for some in chunks(digests)
            for digest, data in session.execute(
                columns.where(DescriptionRow.image_sha256.in_(some))
            )
        }

    def _keep(self, used: dict[str, Description]) -> None:
        with self._lock:
            for digest, description in used.items():
                self._cache[digest] = description
                self._cache.move_to_end(digest)
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)


def _unpack(digest: str, data: bytes) -> Description:
    try:
        return Description.from_bytes(data)
    except ValueError as error:
        raise StoreFault(
            f"The stored features of the picture {digest} are unusable: {error}.",
            remedy="Restore the database from a backup, or import again into another "
            "DETECTOR_DATA_DIR.",
        ) from error
