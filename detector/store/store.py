"""One data directory: where the truth lies, and where what is derived from it goes."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from detector.errors import NotReady, StoreFault
from detector.store.blobs import Blobs
from detector.store.database import Database
from detector.store.local_blobs import LocalBlobs, sync_folder


@dataclass(frozen=True, slots=True)
class Store:
    """An open data directory.

    Attributes:
        folder: the directory itself.
        database: brands, references, descriptions, embeddings, scans.
        blobs: the pictures of references, and those that are evidence.
        index_folder: snapshots of the search index; derived, may be deleted.
        index_url: of the server that has the vectors instead; None for none.
        uploads_folder: catalogue files that wait to be imported.
    """

    folder: Path
    database: Database
    blobs: Blobs
    index_folder: Path
    uploads_folder: Path
    index_url: str | None = None

    def sync_uploads(self, folder: Path) -> None:
        """See to it that an upload's folder survives a power cut."""
        for path in (folder, self.uploads_folder):
            sync_folder(path)

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_store(
    folder: Path,
    database: str | None = None,
    *,
    index: str | None = None,
    blobs: str | None = None,
) -> Store:
    """Open a data directory, creating or upgrading it as needed.

    Args:
        folder: the directory.
        database: URL of a database elsewhere; SQLite in the directory if None.
        index: URL of a vector index elsewhere; files in the directory if None.
        blobs: URL of a bucket for the pictures; in the directory if None.

    Raises:
        InvalidInput: a URL of no database, or no bucket, that we know.
        StoreFault: it cannot be created, read or written.
        Busy: another process held the database for too long.
    """
    folder = folder.absolute()
    index_folder = folder / "index"
    uploads_folder = folder / "uploads"
    try:
        # Private: a brand's unpublished pictures may lie here.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        index_folder.mkdir(exist_ok=True)
        uploads_folder.mkdir(exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "not writable", str(folder))
        pictures = open_blobs(folder, blobs)
        opened = Database(database or folder / "detector.db")
    except OSError as error:
        raise StoreFault(
            f"The data directory {folder} cannot be used: {error.strerror}.",
            remedy="Make it a folder that this user can write to, or set "
            "DETECTOR_DATA_DIR to another one.",
        ) from error
    return Store(folder, opened, pictures, index_folder, uploads_folder, index)


def open_blobs(folder: Path, url: str | None) -> Blobs:
    """Open the place of pictures: a bucket, or a folder of the data directory.

    Raises:
        InvalidInput: a URL of no bucket.
        NotReady: what a bucket needs is not installed.
    """
    if url is None:
        return LocalBlobs(folder / "blobs")
    # Late, as it takes half a second that only those who want it should wait.
    try:
        from detector.store.s3_blobs import S3Blobs
    except ModuleNotFoundError as error:
        raise NotReady(
            f"{error.name} is not installed, which pictures in a bucket need.",
            remedy="Install it: pip install 'counterfeit-detector[s3]'.",
        ) from error
    return S3Blobs(url)
