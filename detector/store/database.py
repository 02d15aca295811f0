"""The database: one engine, sessions that read, sessions that write, migrations."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from detector.errors import Busy, DetectorError, InvalidInput, StoreFault

HEAD = "0016"
"""The newest migration; a test holds it to the files in `migrations/versions`."""

BUSY_TIMEOUT_S = 60.0
"""How long a writer waits for another; a batch of an import takes well under 1 s."""

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x6465_7465_6374  # "detect": the advisory lock of those who migrate
TURN_LOCKS = MIGRATION_LOCK + 1
POOL_SIZE = 10
MAX_OVERFLOW = 10
KEEPALIVES = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
CUT_OFF_MS = 11_000
"""Client and server give each other up after this time in silence. By default it takes
hours: a host that is cut off would keep others from what it has locked."""
POSTGRESQL_DRIVER = "postgresql+psycopg"
SECRETS = ("password", "sslpassword")
"""Parts of a URL's query that are shown to nobody."""

BUSY_STATES = ("55P03", "40P01")  # lock not available, deadlock
FULL_STATE = "53100"


class Database:
    """Sessions on an up-to-date schema, in SQLite or in PostgreSQL.

    Opening creates what is missing and runs the migrations; several processes may do
    so at once.
    """

    def __init__(
        self, place: Path | str, *, busy_timeout_s: float = BUSY_TIMEOUT_S
    ) -> None:
        """Open a database.

        Args:
            place: file of an SQLite database, or the URL of a PostgreSQL one.
            busy_timeout_s: how long a writer waits for another.

        Raises:
            InvalidInput: a URL of something else.
            StoreFault: it cannot be reached, read or written.
            Busy: another process kept it to itself.
        """
        self.url = database_url(place)
        self._reader: Engine
        self._writer: Engine
        shown = self.url.difference_update_query(SECRETS)
        self.name = shown.render_as_string(hide_password=True)
        if self.is_sqlite:
            self.name = str(self.url.database)
            self._engine = _sqlite_engine(self.url, busy_timeout_s)
            self._reader = self._engine
            self._writer = self._engine.execution_options(is_writer=True)
        else:
            self._engine = _postgresql_engine(self.url, busy_timeout_s)
            self._reader = self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._writer = self._engine
        with _faults(self.name), self._migrating() as connection:
            _migrate(connection, self.name)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state of the database throughout."""
        with _faults(self.name), Session(self._reader, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end, or leaves no trace on an error.

        In SQLite it is the only one that writes. In PostgreSQL several may, each
        seeing what the others committed: lock the row that a decision rests on.
        """
        with _faults(self.name), Session(self._writer) as session, session.begin():
            session.connection()  # takes SQLite's lock now, not at the first query
            yield session

    @contextmanager
    def turn(self, of: str) -> Iterator[None]:
        """Wait until nobody else is inside, in any process; then be alone there.

        For something shared beside the database, which `of` names. A file or a
        connection holds the lock, so that a kill gives it back.

        Raises:
            Busy: another process took too long, in PostgreSQL.
        """
        if self.is_sqlite:
            with _locked(Path(self.name).with_suffix(f".turn-{of}")):
                yield
            return
        lock_sql = text("SELECT pg_advisory_xact_lock(:key)")
        with _faults(self.name), self._writer.begin() as connection:
            connection.execute(lock_sql, {"key": TURN_LOCKS + crc32(of.encode())})
            yield

    def faults(self) -> list[str]:
        """Let the engine check its own files, where it can; list what it finds."""
        if not self.is_sqlite:
            return []
        with self.read() as session:
            found = session.execute(text("PRAGMA quick_check")).scalars()
            return [line for line in found if line != "ok"]

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _migrating(self) -> Iterator[Connection]:
        """Open a transaction that no other process migrates at the same time as."""
        if self.is_sqlite:
            lock = Path(self.name).with_suffix(".lock")
            with _locked(lock), self._writer.begin() as connection:
                yield connection
            return
        with self._writer.begin() as connection:
            lock_sql = text("SELECT pg_advisory_xact_lock(:key)")
            connection.execute(lock_sql, {"key": MIGRATION_LOCK})
            yield connection


def database_url(place: Path | str) -> URL:
    """Understand a file or a URL.

    Raises:
        InvalidInput: not a URL, or of a database that we do not know.
    """
    if isinstance(place, Path):
        return URL.create("sqlite", database=str(place))
    try:
        url = make_url(place)
    except (ArgumentError, ValueError):
        url = URL.create("unknown")
    if url.get_backend_name() == "postgresql":
        return url.set(drivername=POSTGRESQL_DRIVER)
    is_file = url.database not in (None, "", ":memory:") and not url.query
    if url.drivername == "sqlite" and is_file:
        return url
    raise InvalidInput(
        "DETECTOR_DATABASE_URL names no database that is known.",
        remedy="Use postgresql://user:password@host:5432/name or "
        "sqlite:////folder/file.db, or unset it for SQLite in DETECTOR_DATA_DIR.",
    )


def is_conflict(error: BaseException) -> bool:
    """Say whether a change went against what the database holds, as a twin would."""
    return isinstance(error, IntegrityError)


def _sqlite_engine(url: URL, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        url,
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


def _postgresql_engine(url: URL, busy_timeout_s: float) -> Engine:
    options = {"lock_timeout": int(1000 * busy_timeout_s), "timezone": "UTC"}
    options |= {f"tcp_{name}": value for name, value in KEEPALIVES.items()}
    options["tcp_user_timeout"] = CUT_OFF_MS
    return create_engine(
        url,
        isolation_level="READ COMMITTED",
        pool_size=POOL_SIZE,
        max_overflow=MAX_OVERFLOW,
        # A server that was restarted costs one more attempt, not a failed request.
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 10,
            "tcp_user_timeout": CUT_OFF_MS,
            **KEEPALIVES,
            "options": " ".join(f"-c {k}={value}" for k, value in options.items()),
        },
    )


def _migrate(connection: Connection, name: str) -> None:
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
    known = {s.revision for s in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreFault(
            f"{name} has the schema {current!r}, which this version does not know; "
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
    try:
        file = path.open("a")
    except OSError as error:
        raise StoreFault(
            f"{path} cannot be written: {error.strerror}.",
            remedy="Check that its folder is there, and that this user may write to "
            "it.",
        ) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _faults(name: str) -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except IntegrityError:
        raise  # a mistake of ours, not a fault of the file
    except DataError as error:
        raise InvalidInput(
            f"A value cannot be stored: {_first_line(error)}.",
            remedy="Leave NUL signs out of texts, and keep numbers within 64 bits.",
        ) from error
    except PoolTimeout as error:
        raise Busy(
            f"All connections to {name} are in use.", remedy="Try again in a while."
        ) from error
    except DBAPIError as error:
        raise _named(name, error) from error


def _named(name: str, error: DBAPIError) -> DetectorError:
    reason = _first_line(error)
    # PostgreSQL may word its messages in another language; its codes stay.
    state = getattr(error.orig, "sqlstate", None)
    if "locked" in reason or state in BUSY_STATES:
        return Busy(
            f"{name} was locked by another process for too long.",
            remedy="Wait for the other detector command to end, then try again.",
        )
    if "malformed" in reason or "not a database" in reason:
        return StoreFault(
            f"{name} is damaged: {reason}.",
            remedy="Restore it from a backup, or move it away and import again.",
        )
    if "is full" in reason or state == FULL_STATE:
        return StoreFault(
            f"{name} cannot grow: {reason}.", remedy="Free some disk space."
        )
    return StoreFault(
        f"{name} cannot be used: {reason}.",
        remedy="Check that it can be reached and written to by this user, and that it "
        "was made by detector.",
    )


def _first_line(error: DBAPIError) -> str:
    """Say what the driver said; what follows may quote a whole statement."""
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return lines[0].rstrip(".")
