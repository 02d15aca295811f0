"""Scans listing pictures: files in, matches out, in the order given."""

import os
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from detector.catalogue.features import Extractor
from detector.catalogue.references import Reference, find_references
from detector.errors import DetectorError, InvalidInput
from detector.files import FoundFile, printable, walk
from detector.images import DecodedImage, read_image_bytes
from detector.listings.report_pictures import MatchPictures
from detector.matching.match import MatchResult, Verdict
from detector.store.store import Store
from detector.workers import map_in_order

BATCH = 8
"""Files scanned together: an index is then read once for eight pictures."""

Draw = Callable[
    [DecodedImage, MatchResult, Mapping[str, Reference]], Mapping[str, MatchPictures]
]


@dataclass(frozen=True, slots=True)
class ScannedImage:
    """What a scan says about one picture.

    Attributes:
        image: the path as given; below a folder, the folder as given and the rest.
        path: where it lies.
        sha256: of its bytes; None if they could not be read.
        result: matches and verdict; None if there is an error.
        references: the matched references by id.
        pictures: of the matches worth looking at, by reference id, if asked for.
        error: why there is no result.
    """

    image: str
    path: Path
    sha256: str | None = None
    result: MatchResult | None = None
    references: Mapping[str, Reference] = field(default_factory=dict)
    pictures: Mapping[str, MatchPictures] = field(default_factory=dict)
    error: str | None = None


class PictureMatcher(Protocol):
    """Finds what a picture resembles, as `Matcher` does."""

    def match_all(
        self, images: Sequence[DecodedImage], *, limit: int
    ) -> list[MatchResult]:
        """Match pictures; at most `limit` matches of each, the most similar first."""
        ...


@dataclass(frozen=True, slots=True)
class Scanner:
    """Everything a scan needs, open and ready.

    Attributes:
        store: knows the references by name.
        extractor: decodes queries on the path that references took.
        matcher: compares them.
        limit: most matches of one picture.
        draw: makes pictures of the matches worth looking at; None makes none.
    """

    store: Store
    extractor: Extractor
    matcher: PictureMatcher
    limit: int = 10
    draw: Draw | None = None

    def scan(
        self, files: Sequence[FoundFile], *, threads: int
    ) -> Generator[ScannedImage, None, None]:
        """Scan files in threads; results come in the order of the files."""
        num = max(1, min(BATCH, len(files) // threads))
        batches = [files[at : at + num] for at in range(0, len(files), num)]
        with closing(map_in_order(self._scan_some, batches, threads=threads)) as done:
            for scanned in done:
                yield from scanned

    def _scan_some(self, files: Sequence[FoundFile]) -> list[ScannedImage]:
        """Scan files together: see `Matcher.match_all`."""
        opened = [self._open(file) for file in files]
        images = [each.image for each in opened if isinstance(each, _Opened)]
        results = iter(self.matcher.match_all(images, limit=self.limit))
        return [
            self._conclude(each, next(results)) if isinstance(each, _Opened) else each
            for each in opened
        ]

    def _open(self, file: FoundFile) -> "_Opened | ScannedImage":
        digest = None
        try:
            if file.reason is not None:
                return ScannedImage(file.name, file.path, error=f"{file.reason}.")
            data = read_image_bytes(file.path, limits=self.extractor.limits)
            digest = sha256(data).hexdigest()
            return _Opened(file, digest, self.extractor.decode(data))
        except DetectorError as error:
            return ScannedImage(file.name, file.path, digest, error=str(error))

    def _conclude(self, opened: "_Opened", result: MatchResult) -> ScannedImage:
        with self.store.database.read() as session:
            ids = [match.reference_id for match in result.matches]
            references = find_references(session, ids)
        pictures = self.draw(opened.image, result, references) if self.draw else {}
        file = opened.file
        return ScannedImage(
            file.name, file.path, opened.sha256, result, references, pictures
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A file that was read and decoded."""

    file: FoundFile
    sha256: str
    image: DecodedImage


def find_files(paths: Sequence[str]) -> list[FoundFile]:
    """List the files that the paths name, in their order; folders in theirs.

    Hidden files are taken only where they are named themselves.

    Raises:
        InvalidInput: a path that names nothing.
    """
    files: list[FoundFile] = []
    for given in paths:
        path = Path(given)
        if not os.path.lexists(path):
            raise InvalidInput(
                f"{printable(given)} does not exist.",
                remedy="Give files or folders that do.",
            )
        if path.is_dir():
            files.extend(
                FoundFile(
                    printable(os.path.join(given, file.name)),  # noqa: PTH118
                    file.path,
                    file.reason,
                )
                for file in walk(path)
                if not file.is_hidden
            )
        else:
            files.append(FoundFile(printable(given), path))
    return files


class ScanWriter(Protocol):
    """Takes the results of a scan one by one, in order."""

    def add(self, scanned: ScannedImage) -> None:
        """Take the next result."""
        ...

    def finish(self) -> None:
        """Write what had to wait for the last one."""
        ...


@dataclass(slots=True)
class ScanCounts:
    """How many pictures got which verdict."""

    match: int = 0
    review: int = 0
    no_match: int = 0
    unreadable: int = 0

    @property
    def total(self) -> int:
        """All pictures."""
        return self.match + self.review + self.no_match + self.unreadable

    def summary(self) -> str:
        """Say it in a line."""
        return (
            f"{self.total:,} pictures: {self.match:,} match, {self.review:,} to "
            f"review, {self.no_match:,} no match, {self.unreadable:,} unreadable"
        )

    def add(self, scanned: ScannedImage) -> None:
        """Count one more."""
        match scanned.result:
            case None:
                self.unreadable += 1
            case MatchResult(verdict=Verdict.MATCH):
                self.match += 1
            case MatchResult(verdict=Verdict.REVIEW):
                self.review += 1
            case _:
                self.no_match += 1


def run_scan(
    scanner: Scanner,
    files: Sequence[FoundFile],
    writers: Sequence[ScanWriter],
    *,
    threads: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ScanCounts:
    """Scan files and give every result to every writer."""
    counts = ScanCounts()
    with closing(scanner.scan(files, threads=threads)) as results:
        for scanned in results:
            counts.add(scanned)
            for writer in writers:
                writer.add(scanned)
            on_progress(counts.total, len(files))
    for writer in writers:
        writer.finish()
    return counts
