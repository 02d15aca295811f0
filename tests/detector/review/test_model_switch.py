"""A model is switched to, and back, while pictures are matched."""

from hashlib import sha256

import pytest
from sqlalchemy import select

from detector.errors import Conflict, NotReady
from detector.listings.pictures.known import KnownPictures
from detector.review.model_switch import drop_model
from detector.store.audit_tables import AuditRow
from detector.store.listing_tables import PictureRow
from detector.store.scan_tables import BasisRow
from detector.store.store import open_store
from detector.store.tables import EmbeddingRow
from tests.detector.listings.pictures.conftest import Market, again
from tests.model_migration import begin_migration, write_weights


@pytest.fixture
def migration(place, tmp_path):
    """On databases of both kinds."""
    store = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield begin_migration(store, tmp_path, num_references=4)
    store.close()


def test_matches_before_and_after_keep_their_model(migration):
    serving = migration.serving()
    store = migration.store
    market = Market(
        store, migration.folder, serving.engine(), KnownPictures(store.database)
    )
    first, second = (again(market.photo(n)) for n in (0, 1))
    market.offer("first", first)
    market.scan()
    migration.prepare(migration.new)
    assert not serving.follow()
    migration.switch(migration.new)
    in_use = serving.engine()
    assert serving.follow()
    assert not serving.follow()
    assert serving.engine() is not in_use
    assert in_use.match(second, limit=1)[0].result.matches  # whoever has it goes on
    market.engine = serving.engine()
    market.offer("second", second)
    market.scan()
    models = {row.id: row.models[0]["model"] for row in market.rows(BasisRow)}
    bases = {row.sha256: row.basis_id for row in market.rows(PictureRow)}
    before, after = (bases[sha256(data).hexdigest()] for data in (first, second))
    assert (models[before], models[after]) == (migration.old, migration.new)
    assert {flag.verdict for flag in market.flags()} == {"match"}
    migration.switch(migration.old)
    assert serving.follow()
    assert serving.extractor.embedders["copy"].name == migration.old
    assert serving.engine().basis.id == before
    with store.database.read() as session:
        entries = session.scalars(select(AuditRow).order_by(AuditRow.seq)).all()
    switches = [e for e in entries if e.event == "switch_model"]
    assert [e.versions["model"] for e in switches] == [migration.new, migration.old]
    assert switches[0].data["from"] == migration.old


def test_of_two_who_switch_at_once_the_second_is_told(migration, tmp_path):
    third = write_weights(tmp_path / "third.safetensors", 2)
    migration.prepare(migration.new)
    migration.prepare(f"compact:{third}")
    seen = migration.load()
    migration.switch(migration.new, seen)
    with pytest.raises(Conflict, match="serves by now"):
        migration.switch(f"compact:{third}", seen)


def test_an_engine_goes_on_where_the_new_weights_are_not(migration, tmp_path):
    serving = migration.serving()
    before = serving.engine()
    migration.prepare(migration.new)
    migration.switch(migration.new)
    path = tmp_path / "new.safetensors"
    path.rename(tmp_path / "away")
    assert not serving.follow()
    assert serving.engine() is before
    write_weights(path, 5)
    with pytest.raises(NotReady, match="on record are"):
        migration.load()


def test_what_is_dropped_takes_no_other_with_it(migration):
    migration.prepare(migration.new)
    assert drop_model(migration.store, migration.new, configured=migration.old) == 4
    with migration.store.database.read() as session:
        left = set(session.scalars(select(EmbeddingRow.model)))
    assert left == {migration.old}
    with pytest.raises(Conflict, match="not prepared"):
        migration.switch(migration.new)
