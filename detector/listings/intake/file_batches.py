"""Rows of a file of listing events, read and taken a batch at a time."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from detector.catalogue.formats.addresses import is_inner_path
from detector.errors import DetectorError, UnknownPicture
from detector.images import ImageLimits, read_image_bytes
from detector.listings.intake.event import ListingEvent, read_event
from detector.listings.intake.event_fault import EventFault
from detector.listings.intake.listing_file import FileRow, ListingProblem
from detector.listings.intake.take import take_in

BATCH_ROWS = 100
"""Rows in one transaction: what a kill throws away, and others wait for."""
BATCH_BYTES = 32 << 20
"""Pictures that come along with the rows of a batch lie in memory."""


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row that was read; no event if something is wrong with it."""

    row: int
    event: ListingEvent | None
    problems: tuple[ListingProblem, ...]

    @property
    def num_bytes(self) -> int:
        """How many bytes of pictures came along."""
        images = () if self.event is None else self.event.images
        return sum(len(image.data) for image in images if image.data is not None)


@dataclass(slots=True)
class Tally:
    """What became of rows.

    Attributes:
        num_rows: how many there were.
        counts: `accepted`, `duplicate`, `stale`, `invalid` → how many.
        problems: in the order of the file.
    """

    num_rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[ListingProblem] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count others in."""
        self.num_rows += other.num_rows
        self.counts += other.counts
        self.problems += other.problems


@dataclass(frozen=True, slots=True)
class RowReader:
    """Makes events of rows.

    Attributes:
        marketplace: whose sender it is; None for who may name any.
        limits: of pictures that come along.
        folder: where a picture's `path` leads; None lets no file name one.
    """

    marketplace: str | None
    limits: ImageLimits
    folder: Path | None = None

    def batches(self, rows: Iterable[FileRow]) -> Iterator[list[ReadRow]]:
        """Yield rows in batches that memory has room for."""
        batch: list[ReadRow] = []
        num_bytes = 0
        for row in rows:
            read = self.read(row)
            batch.append(read)
            num_bytes += read.num_bytes
            if len(batch) >= BATCH_ROWS or num_bytes >= BATCH_BYTES:
                yield batch
                batch, num_bytes = [], 0
        if batch:
            yield batch

    def read(self, row: FileRow) -> ReadRow:
        """Read one row."""
        raw = row.parse()
        if isinstance(raw, ListingProblem):
            return ReadRow(row.row, None, (raw,))
        if self.folder is not None:
            raw, faults = _with_pictures(raw, self.folder, self.limits)
            if faults:
                return ReadRow(row.row, None, _problems(row.row, faults))
        event = read_event(
            raw, marketplace=self.marketplace, max_image_bytes=self.limits.max_bytes
        )
        if isinstance(event, tuple):
            return ReadRow(row.row, None, _problems(row.row, event))
        warnings = _problems(row.row, event.warnings, is_warning=True)
        return ReadRow(row.row, event, warnings)


def take_batch(session: Session, batch: Sequence[ReadRow], *, max_queued: int) -> Tally:
    """Take the events of a batch in the caller's transaction.

    Raises:
        QueueFull: there is no room for all of them; none was taken.
    """
    good = [(read.row, read.event) for read in batch if read.event is not None]
    outcomes = take_in(session, [event for _, event in good], max_queued=max_queued)
    tally = Tally(len(batch), Counter(invalid=len(batch) - len(good)))
    tally.problems = [problem for read in batch for problem in read.problems]
    for (row, _), outcome in zip(good, outcomes, strict=True):
        tally.counts[outcome.status] += 1
        tally.problems += _problems(row, outcome.faults)
    tally.problems.sort(key=lambda problem: problem.row)
    tally.counts = +tally.counts
    return tally


def _problems(
    row: int, faults: Iterable[EventFault], *, is_warning: bool = False
) -> tuple[ListingProblem, ...]:
    return tuple(
        ListingProblem(
            row,
            fault.pointer,
            fault.code,
            fault.message,
            fault.remedy,
            "warning" if is_warning else "error",
        )
        for fault in faults
    )


def _with_pictures(
    raw: object, folder: Path, limits: ImageLimits
) -> tuple[object, list[EventFault]]:
    """Put the files that images name by `path` in their places."""
    images = raw.get("images") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(images, list):
        return raw, []
    filled: list[object] = []
    faults: list[EventFault] = []
    for n, image in enumerate(images):
        if not isinstance(image, dict) or not isinstance(image.get("path"), str):
            filled.append(image)
            continue
        rest = {name: value for name, value in image.items() if name != "path"}
        try:
            data = _read_picture(folder, image["path"], limits)
        except DetectorError as error:
            message = str(error.args[0])
            pointer = f"/images/{n}/path"
            faults.append(EventFault(pointer, error.code, message, error.remedy))
        else:
            filled.append({**rest, "data": base64.b64encode(data).decode()})
    return {**raw, "images": filled}, faults


def _read_picture(folder: Path, link: str, limits: ImageLimits) -> bytes:
    """Read a file below a folder, and no other."""
    if not is_inner_path(link):
        raise UnknownPicture(
            f"{link[:200]!r} is no path below the folder of the file.",
            remedy="Put the pictures beside the file, and name them with forward "
            "slashes.",
        )
    path = folder / link
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UnknownPicture(
            f"{link[:200]!r} leads out of the folder of the file.",
            remedy="Put the picture itself there.",
        )
    return read_image_bytes(path, limits=limits)
