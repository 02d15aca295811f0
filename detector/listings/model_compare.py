"""What two models make of the same pictures, side by side; nothing is stored."""

import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from detector.catalogue.formats.export import neutralize
from detector.errors import DetectorError, UnreadableImage
from detector.files import FoundFile
from detector.images import ImageLimits, read_image_bytes
from detector.listings.engine import Engine
from detector.matching.match import MatchResult, Verdict
from detector.store.listing_tables import PictureBytesRow, PictureRow
from detector.store.store import Store
from detector.workers import map_in_order

FLAGGED = (Verdict.MATCH, Verdict.REVIEW)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model makes of a picture.

    Attributes:
        verdict: over all matches.
        similarity: of the best, 0..1; 0 if there is none.
        reference_id: that the best is with; None if there is none.
        embedding: how near the model itself puts the best; scales of two models differ.
    """

    verdict: Verdict
    similarity: float
    reference_id: str | None
    embedding: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two models make of a picture.

    Attributes:
        image: its path, or its SHA-256.
        before: the answer of the model that serves; None if there is an error.
        after: of the other one; likewise.
        error: why it was not compared.
    """

    image: str
    before: Answer | None = None
    after: Answer | None = None
    error: str | None = None

    @property
    def is_newly_flagged(self) -> bool:
        """Whether only the other model would flag it."""
        return self._is_flagged == (False, True)

    @property
    def is_no_longer_flagged(self) -> bool:
        """Whether only the model that serves would flag it."""
        return self._is_flagged == (True, False)

    @property
    def is_alike(self) -> bool:
        """Whether both come to one verdict, by the same reference where they flag."""
        before, after = self.before, self.after
        if before is None or after is None or before.verdict != after.verdict:
            return False
        is_flagged = before.verdict in FLAGGED
        return not is_flagged or before.reference_id == after.reference_id

    @property
    def _is_flagged(self) -> tuple[bool, bool] | None:
        if self.before is None or self.after is None:
            return None
        return self.before.verdict in FLAGGED, self.after.verdict in FLAGGED

    def to_json(self) -> dict[str, object]:
        """Write it for programs."""
        return asdict(self) | {
            "is_alike": self.is_alike,
            "newly_flagged": self.is_newly_flagged,
            "no_longer_flagged": self.is_no_longer_flagged,
        }


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of a comparison.

    Attributes:
        pictures: that both models looked at.
        alike: of those, with one answer.
        newly_flagged: only by the other model.
        no_longer_flagged: only by the model that serves.
        errors: pictures that could not be compared.
    """

    pictures: int
    alike: int
    newly_flagged: int
    no_longer_flagged: int
    errors: int


@dataclass(frozen=True, slots=True)
class Given:
    """A picture to compare.

    Attributes:
        image: what it is called.
        data: its file; or why there is none.
    """

    image: str
    data: bytes | DetectorError


def compare_models(
    before: Engine, after: Engine, pictures: Iterable[Given], *, threads: int
) -> Generator[Comparison, None, None]:
    """Match pictures with both models.

    Args:
        before: of the model that serves.
        after: of the other one.
        pictures: read when their turn comes.
        threads: pictures looked at at once.
    """

    def compare(given: Given) -> Comparison:
        try:
            if isinstance(given.data, DetectorError):
                raise given.data
            image = before.extractor.decode(given.data)
        except DetectorError as error:
            return Comparison(given.image, error=str(error))
        return Comparison(
            given.image,
            before=_answer(before.matcher.match(image, limit=1)),
            after=_answer(after.matcher.match(image, limit=1)),
        )

    return map_in_order(compare, pictures, threads=threads)


def tally(comparisons: Sequence[Comparison]) -> Tally:
    """Count what came of it."""
    num_errors = sum(each.error is not None for each in comparisons)
    return Tally(
        pictures=len(comparisons) - num_errors,
        alike=sum(each.is_alike for each in comparisons),
        newly_flagged=sum(each.is_newly_flagged for each in comparisons),
        no_longer_flagged=sum(each.is_no_longer_flagged for each in comparisons),
        errors=num_errors,
    )


def recent_pictures(store: Store, limit: int) -> list[str]:
    """Name the listing pictures looked at last whose files are at hand.

    Those are the flagged ones; of others only what the model in use made of them is
    kept, which another model cannot read.
    """
    waits = exists().where(PictureBytesRow.sha256 == PictureRow.sha256)
    recent = (
        select(PictureRow.sha256)
        .where(PictureRow.is_kept | waits)
        .order_by(PictureRow.seq.desc())
        .limit(limit)
    )
    with store.database.read() as session:
        return list(session.scalars(recent))


def read_files(files: Iterable[FoundFile], limits: ImageLimits) -> Iterator[Given]:
    """Read picture files one by one."""
    for file in files:
        try:
            if file.reason is not None:
                raise UnreadableImage(f"{file.reason}.", remedy="Leave it out.")
            yield Given(file.name, read_image_bytes(file.path, limits=limits))
        except DetectorError as error:
            yield Given(file.name, error)


def read_pictures(store: Store, digests: Iterable[str]) -> Iterator[Given]:
    """Read listing pictures' files one by one."""
    for digest in digests:
        with store.database.read() as session:
            data = _waiting(session, digest)
        try:
            yield Given(digest, store.blobs.read(digest) if data is None else data)
        except DetectorError as error:
            yield Given(digest, error)


def write_csv(comparisons: Sequence[Comparison], file: TextIO) -> None:
    """Write one row for each picture."""
    writer = csv.writer(file)
    names = ("verdict", "similarity", "reference_id", "embedding")
    sides = [f"{side}_{name}" for side in ("before", "after") for name in names]
    marks = ("is_alike", "newly_flagged", "no_longer_flagged")
    writer.writerow(["image", *sides, *marks, "error"])
    for each in comparisons:
        row: list[object] = [neutralize(each.image)]
        for answer in (each.before, each.after):
            row += [""] * 4 if answer is None else asdict(answer).values()
        flags = (each.is_alike, each.is_newly_flagged, each.is_no_longer_flagged)
        row += [str(flag).lower() for flag in flags]
        writer.writerow([*row, neutralize(each.error or "")])


def as_json(comparisons: Sequence[Comparison]) -> dict[str, object]:
    """Say what came of it, and of each picture."""
    return {
        "summary": asdict(tally(comparisons)),
        "pictures": [each.to_json() for each in comparisons],
    }


def _answer(result: MatchResult) -> Answer:
    if not result.matches:
        return Answer(result.verdict, 0.0, None, 0.0)
    best = result.matches[0]
    return Answer(
        result.verdict,
        round(best.similarity, 6),
        best.reference_id,
        round(best.signals.get("copy_embedding", 0.0), 6),
    )


def _waiting(session: Session, digest: str) -> bytes | None:
    query = select(PictureBytesRow.data).where(PictureBytesRow.sha256 == digest)
    return session.scalar(query)
