import multiprocessing
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from detector.errors import Busy, InvalidInput, StoreFault
from detector.store.database import HEAD, MIGRATIONS, Database
from detector.store.schema import METADATA
from detector.store.tables import BrandRow, CatalogueClockRow, ReferenceRow
from tests.databases import KINDS, temporary_postgres


@pytest.fixture(params=KINDS)
def place(request, tmp_path) -> Path | str:
    """Name a database that has no table yet."""
    path: Path = tmp_path / "a.db"
    if request.param == "sqlite":
        return path
    url: str = request.getfixturevalue("postgres").create_database()
    return url


def brand(name: str) -> BrandRow:
    return BrandRow(id=name, key=name, name=name)


def test_opening_creates_the_tables_that_the_code_describes(database):
    with database.read() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, METADATA) == []


def test_head_is_the_newest_migration_on_disk():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_path_with_signs_that_mean_something_in_a_url_is_a_path(tmp_path):
    folder = tmp_path / "50% off? yes#1"
    folder.mkdir()
    Database(folder / "a.db").close()
    assert (folder / "a.db").stat().st_size > 0


def test_what_was_written_is_there_after_reopening(opened):
    first = opened()
    with first.write() as session:
        session.add(brand("acme"))
    first.close()
    with opened().read() as session:
        assert session.scalars(select(BrandRow.name)).all() == ["acme"]


def test_an_error_inside_a_write_leaves_no_trace(database):
    def add_and_fail() -> None:
        with database.write() as session:
            session.add(brand("acme"))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    with database.read() as session:
        assert session.scalars(select(BrandRow)).all() == []


def test_a_reader_keeps_the_state_it_began_with(database):
    with database.read() as reader:
        assert reader.scalars(select(BrandRow.id)).all() == []
        with database.write() as writer:
            writer.add(brand("acme"))
        assert reader.scalars(select(BrandRow.id)).all() == []


def test_a_reference_to_nothing_is_refused(database):
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(
            ReferenceRow(id="r", brand_id="b", external_id="x", image_sha256="0" * 64)
        )


def test_times_come_back_in_utc_and_naive_ones_are_refused(database):
    noon = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with database.write() as session:
        session.add(BrandRow(id="a", key="a", name="a", created_at=noon))
    with database.read() as session:
        stored = session.scalars(select(BrandRow.created_at)).one()
    assert stored == noon
    assert stored.tzinfo is UTC
    naive = datetime(2026, 6, 1)
    with pytest.raises(StatementError, match="time zone"), database.write() as session:
        session.add(BrandRow(id="b", key="b", name="b", created_at=naive))


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


def test_waiting_too_long_for_another_writer_says_busy(opened):
    first, second = opened(), opened(busy_timeout_s=0.05)

    def lock(database: Database) -> int:
        with database.write() as session:
            return session.get_one(CatalogueClockRow, 1, with_for_update=True).seq

    with first.write() as session:
        session.get_one(CatalogueClockRow, 1, with_for_update=True)
        with pytest.raises(Busy, match="try again"):
            lock(second)
    assert lock(second) == 0


def _count_up(place: Path | str, times: int) -> None:
    opened = Database(place)
    for _ in range(times):
        with opened.write() as session:
            clock = session.get_one(CatalogueClockRow, 1, with_for_update=True)
            clock.seq += 1
    opened.close()


def test_processes_that_open_and_write_at_once_lose_nothing(place, opened):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_count_up, args=(place, 10)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    with opened().read() as session:
        assert session.get_one(CatalogueClockRow, 1).seq == 30


def test_two_that_lock_each_other_out_are_told_to_try_again(postgres):
    opened = Database(postgres.create_database())
    with opened.write() as session:
        session.add_all([brand("a"), brand("b")])
    both = threading.Barrier(2)

    def lock(first: str, second: str) -> str:
        try:
            with opened.write() as session:
                session.get_one(BrandRow, first, with_for_update=True)
                both.wait(10)
                session.get_one(BrandRow, second, with_for_update=True)
                return "done"
        except Busy:
            return "busy"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lock, "ab", "ba"))
    assert sorted(outcomes) == ["busy", "done"]
    opened.close()


def test_a_value_that_no_database_takes_is_bad_input(postgres):
    opened = Database(postgres.create_database())
    with pytest.raises(InvalidInput, match="NUL"), opened.write() as session:
        session.add(brand("a\0b"))
    opened.close()


def test_a_server_that_was_restarted_costs_no_failed_read():
    with temporary_postgres() as server:
        opened = Database(server.create_database())
        with opened.write() as session:
            session.add(brand("acme"))
        server.stop()
        with pytest.raises(StoreFault, match="reached"), opened.read() as session:
            session.scalars(select(BrandRow.id)).all()
        server.start()
        with opened.read() as session:
            assert session.scalars(select(BrandRow.id)).all() == ["acme"]
        opened.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret@127.0.0.1:1/shop",
        "postgresql://ann@127.0.0.1:1/shop?password=s3cret",
    ],
)
def test_a_server_that_is_down_is_named_without_the_password(url):
    with pytest.raises(StoreFault) as caught:
        Database(url)
    assert "127.0.0.1" in str(caught.value)
    assert "reached" in caught.value.remedy
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a@b/c",
        "postgres",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://a@b:port/c",
    ],
)
def test_other_databases_are_refused_without_quoting_the_url(url):
    with pytest.raises(InvalidInput, match="DETECTOR_DATABASE_URL names") as caught:
        Database(url)
    assert "postgresql://user:password@" in caught.value.remedy


def test_a_file_in_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreFault, match=r"nowhere/a\.lock cannot be written"):
        Database(tmp_path / "nowhere" / "a.db")


def test_one_at_a_time_has_the_turn(opened):
    first, second = opened(), opened()
    has_entered = threading.Event()

    def enter() -> None:
        with second.turn("a"):
            has_entered.set()

    waiting = threading.Thread(target=enter)
    with first.turn("a"):
        with second.turn("b"):  # of something else, for which nobody waits
            pass
        waiting.start()
        assert not has_entered.wait(0.3)
    waiting.join(10)
    assert has_entered.is_set()


def test_who_waits_too_long_for_the_turn_is_told(postgres):
    url = postgres.create_database()
    first, second = Database(url), Database(url, busy_timeout_s=0.2)
    with first.turn("a"), pytest.raises(Busy), second.turn("a"):
        pass
    first.close()
    second.close()


def test_a_process_that_is_killed_gives_its_turn_back(opened, place):
    database = opened()
    context = multiprocessing.get_context("spawn")
    has_it = context.Event()
    process = context.Process(target=keep_the_turn, args=(place, has_it))
    process.start()
    assert has_it.wait(60)
    process.kill()
    process.join()
    with database.turn("a"):
        pass


def keep_the_turn(place: Path | str, has_it: Event) -> None:
    with Database(place).turn("a"):
        has_it.set()
        threading.Event().wait()
