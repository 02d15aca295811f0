"""What was deleted is in no file of SQLite any more."""

import pytest
from sqlalchemy import delete, select

from detector.errors import Busy
from detector.store.database import Database
from detector.store.listing_tables import PictureBytesRow
from detector.store.purge import purge

SECRET = b"a picture that nobody is to see" * 40


def fill(database: Database) -> None:
    with database.write() as session:
        session.add(PictureBytesRow(sha256="0" * 64, data=SECRET))
    with database.write() as session:
        session.execute(delete(PictureBytesRow))


def test_deleted_bytes_leave_the_files(tmp_path):
    database = Database(tmp_path / "a.db")
    fill(database)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET[:31] in written
    purge(database)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert SECRET[:31] not in written
    database.close()


def test_a_database_can_be_purged_while_it_is_open(database):
    fill(database)
    purge(database)
    with database.read() as session:
        assert session.scalars(select(PictureBytesRow.sha256)).all() == []


def test_who_reads_all_the_time_is_told_of(tmp_path):
    database = Database(tmp_path / "a.db")
    fill(database)
    with database.read() as session:
        session.scalars(select(PictureBytesRow.sha256)).all()
        with pytest.raises(Busy, match="in use"):
            purge(database, timeout_s=0.2)
    purge(database)
    database.close()
