"""The database: one engine, sessions that read, sessions that write, migrations."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from detector.errors import Busy, DetectorError, StoreFault

HEAD = "0002"
"""The newest migration; a test holds it to the files in `migrations/versions`."""

BUSY_TIMEOUT_S = 60.0
"""How long a writer waits for another; a batch of an import takes well under 1 s."""

MIGRATIONS = Path(__file__).parent / "migrations"


class Database:
    """Sessions on an up-to-date schema.

    Opening creates the file and runs the migrations that are missing; several
    processes may do so at once.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._engine = _sqlite_engine(path, busy_timeout_s)
        self._writer = self._engine.execution_options(is_writer=True)
        with _faults(path), _locked(path.with_suffix(".lock")):
            _migrate(self._writer, path)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state of the database throughout."""
        with _faults(self.path), Session(self._engine, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end, or leaves no trace on an error."""
        with _faults(self.path), Session(self._writer) as session, session.begin():
            session.connection()  # takes the write lock now, not at the first query
            yield session

    def faults(self) -> list[str]:
        """Let the engine check its own files; list what it finds."""
        with self.read() as session:
            found = session.execute(text("PRAGMA quick_check")).scalars()
            return [line for line in found if line != "ok"]

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _sqlite_engine(path: Path, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_timeout_s, "check_same_thread": False},
        max_overflow=-1,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver would begin transactions by its own rules; `begin` below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: what was acknowledged survives a power cut, not only a kill.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock at once: a transaction that reads first and writes
        # later fails, without waiting, when another one wrote in between.
        is_writer = connection.get_execution_options().get("is_writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return engine


def _migrate(engine: Engine, path: Path) -> None:
    with engine.connect() as connection, connection.begin():
        current = _version(connection)
        if current == HEAD:
            return
        # Not at the top: alembic takes 0.2 s to import and is needed once in a while.
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        known = {
            s.revision for s in ScriptDirectory.from_config(config).walk_revisions()
        }
        if current is not None and current not in known:
            raise StoreFault(
                f"{path} has the schema {current!r}, which this version does not know; "
                f"its own newest is {HEAD!r}.",
                remedy="Use the newer version of detector that wrote it, or another "
                "DETECTOR_DATA_DIR.",
            )
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version"))
    return version.scalar()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system gives back however the process ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except IntegrityError:
        raise  # a mistake of ours, not a fault of the file
    except DatabaseError as error:
        raise _named(path, str(error.orig)) from error


def _named(path: Path, reason: str) -> DetectorError:
    if "locked" in reason:
        return Busy(
            f"{path} was locked by another process for too long.",
            remedy="Wait for the other detector command to end, then try again.",
        )
    if "malformed" in reason or "not a database" in reason:
        return StoreFault(
            f"{path} is damaged: {reason}.",
            remedy="Restore it from a backup, or move it away and import again.",
        )
    if "full" in reason:
        return StoreFault(
            f"{path} cannot grow: {reason}.", remedy="Free some disk space."
        )
    return StoreFault(
        f"{path} cannot be used: {reason}.",
        remedy="Check that this user may write to the file and its folder, and that "
        "it was made by detector.",
    )
