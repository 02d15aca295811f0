"""Lets nothing that was deleted be left in the database's files."""

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from detector.errors import Busy
from detector.store.database import BUSY_TIMEOUT_S, Database


def purge(database: Database, *, timeout_s: float = BUSY_TIMEOUT_S) -> None:
    """Write SQLite's file anew, and empty its log.

    PostgreSQL notes that the room is free; its server overwrites it in time.

    Args:
        database: may be in use; others wait meanwhile, as long as it takes to write
            all of it.
        timeout_s: how long to wait for others.

    Raises:
        Busy: others read or write all the time.
    """
    options = {"timeout": timeout_s} if database.is_sqlite else {}
    engine = create_engine(
        database.url, isolation_level="AUTOCOMMIT", connect_args=options
    )
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            is_busy = False
            if database.is_sqlite:
                emptied = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                is_busy = bool(emptied.one()[0])
    except DBAPIError as error:
        raise _in_use(database) from error
    finally:
        engine.dispose()
    if is_busy:
        raise _in_use(database)


def _in_use(database: Database) -> Busy:
    return Busy(
        f"{database.name} is in use, or its disk full, so that its files could not be "
        "written anew.",
        remedy="`detector erase finish` tries again; stop the service if it does not "
        "help, and leave as much room on the disk as the database takes.",
    )
