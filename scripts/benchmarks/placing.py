"""Placing pictures in clusters, in the batches and transactions of a scan."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.look import pack_vectors
from detector.store.clock import next_seq
from detector.store.database import Database
from detector.store.listing_tables import PictureRow
from scripts.benchmarks.looks import Records, as_look

BATCH = 16


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of placing pictures.

    Attributes:
        groups: the true one of each picture, in the order of arrival.
        clusters: the one it ended in.
        twins: place of the picture whose result would be taken over; -1 if none.
        place_s: seconds that each batch took, its commit included.
        twin_s: seconds that looking for each batch's twins took.
    """

    groups: list[int]
    clusters: list[str | None]
    twins: list[int]
    place_s: list[float]
    twin_s: list[float]


def place_all(
    records: Records,
    database: Database,
    *,
    seed: int,
    on_progress: Callable[[int, int], None],
) -> Placed:
    """Place pictures as a scan does, in random order."""
    order = np.random.default_rng([seed, 9]).permutation(len(records))
    records = records[order]
    digests = [digest.decode() for digest in records["sha256"].tolist()]
    places = {digest: place for place, digest in enumerate(digests)}
    known = KnownPictures(database)
    twins: list[int] = []
    place_s: list[float] = []
    twin_s: list[float] = []
    for start in range(0, len(records), BATCH):
        looks = [as_look(record) for record in records[start : start + BATCH]]
        began = time.perf_counter()
        with database.read() as session:
            known.refresh(session)
            found = [known.find_twin(session, look) for look in looks]
        twin_s.append(time.perf_counter() - began)
        twins += [-1 if digest is None else places[digest] for digest in found]
        began = time.perf_counter()
        with database.write() as session:
            first = next_seq(session, "picture", len(looks))
            known.refresh(session)
            for position, (look, twin) in enumerate(zip(looks, found, strict=True)):
                row = PictureRow(
                    sha256=look.sha256,
                    seq=first + position,
                    width=look.width,
                    height=look.height,
                    vectors=pack_vectors(look),
                    perceptual_hash=look.perceptual_hash,
                    thumbnail=look.thumbnail.tobytes(),
                    verdict="no_match",
                    same_as=twin,
                )
                session.add(row)
                session.flush()
                row.cluster_id = known.place(session, look)
                session.flush()
        place_s.append(time.perf_counter() - began)
        if start // BATCH % 256 == 0:
            on_progress(start, len(records))
    with database.read() as session:
        rows = session.query(PictureRow.sha256, PictureRow.cluster_id)
        clusters = {row.sha256: row.cluster_id for row in rows}
    return Placed(
        groups=records["group"].tolist(),
        clusters=[clusters[digest] for digest in digests],
        twins=twins,
        place_s=place_s,
        twin_s=twin_s,
    )
