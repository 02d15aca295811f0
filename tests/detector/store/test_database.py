import multiprocessing
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from detector.errors import Busy, StoreFault
from detector.store import database
from detector.store.database import Database
from detector.store.schema import METADATA
from detector.store.tables import BrandRow, CatalogueClockRow, ReferenceRow


def brand(name: str) -> BrandRow:
    return BrandRow(id=name, key=name, name=name)


def test_opening_creates_the_tables_that_the_code_describes(tmp_path):
    Database(tmp_path / "a.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_head_is_the_newest_migration_on_disk():
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [database.HEAD]


def test_a_path_with_signs_that_mean_something_in_a_url_is_a_path(tmp_path):
    folder = tmp_path / "50% off? yes#1"
    folder.mkdir()
    Database(folder / "a.db").close()
    assert (folder / "a.db").stat().st_size > 0


def test_what_was_written_is_there_after_reopening(tmp_path):
    first = Database(tmp_path / "a.db")
    with first.write() as session:
        session.add(brand("acme"))
    first.close()
    second = Database(tmp_path / "a.db")
    with second.read() as session:
        assert session.scalars(select(BrandRow.name)).all() == ["acme"]
    second.close()


def test_an_error_inside_a_write_leaves_no_trace(tmp_path):
    opened = Database(tmp_path / "a.db")

    def add_and_fail() -> None:
        with opened.write() as session:
            session.add(brand("acme"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    with opened.read() as session:
        assert session.scalars(select(BrandRow)).all() == []
    opened.close()


def test_a_reader_keeps_the_state_it_began_with(tmp_path):
    opened = Database(tmp_path / "a.db")
    with opened.read() as reader:
        assert reader.scalars(select(BrandRow.id)).all() == []
        with opened.write() as writer:
            writer.add(brand("acme"))
        assert reader.scalars(select(BrandRow.id)).all() == []
    opened.close()


def test_a_reference_to_nothing_is_refused(tmp_path):
    opened = Database(tmp_path / "a.db")
    with pytest.raises(IntegrityError), opened.write() as session:
        session.add(
            ReferenceRow(id="r", brand_id="b", external_id="x", image_sha256="0" * 64)
        )
    opened.close()


def test_times_come_back_in_utc_and_naive_ones_are_refused(tmp_path):
    opened = Database(tmp_path / "a.db")
    noon = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with opened.write() as session:
        session.add(BrandRow(id="a", key="a", name="a", created_at=noon))
    with opened.read() as session:
        stored = session.scalars(select(BrandRow.created_at)).one()
    assert stored == noon
    assert stored.tzinfo is UTC
    naive = datetime(2026, 6, 1)
    with pytest.raises(StatementError, match="time zone"), opened.write() as session:
        session.add(BrandRow(id="b", key="b", name="b", created_at=naive))
    opened.close()


def test_a_file_that_is_no_database_is_named_with_a_remedy(tmp_path):
    (tmp_path / "a.db").write_bytes(b"not a database, but long enough" * 100)
    with pytest.raises(StoreFault, match=r"a\.db is damaged.*Restore it"):
        Database(tmp_path / "a.db")


def test_a_schema_from_the_future_is_refused_and_left_alone(tmp_path):
    opened = Database(tmp_path / "a.db")
    with opened.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(StoreFault, match=r"'9999'.*newer version"):
        Database(tmp_path / "a.db")
    connection = sqlite3.connect(tmp_path / "a.db")
    version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    connection.close()
    assert version == ("9999",)


def test_waiting_too_long_for_another_writer_says_busy(tmp_path):
    opened = Database(tmp_path / "a.db", busy_timeout_s=0.05)
    with opened.write(), pytest.raises(Busy, match="try again"), opened.write():
        pass
    opened.close()


def _count_up(path: Path, times: int) -> None:
    opened = Database(path)
    for _ in range(times):
        with opened.write() as session:
            clock = session.get_one(CatalogueClockRow, 1)
            clock.seq += 1
    opened.close()


def test_processes_that_open_and_write_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    path = tmp_path / "a.db"
    workers = [context.Process(target=_count_up, args=(path, 10)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    opened = Database(path)
    with opened.read() as session:
        assert session.get_one(CatalogueClockRow, 1).seq == 30
    opened.close()
