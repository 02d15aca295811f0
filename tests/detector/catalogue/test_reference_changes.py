from datetime import timedelta

import pytest

from detector.catalogue.brands import find_brand
from detector.catalogue.changes import ChangeLog
from detector.catalogue.reference_changes import (
    Outcome,
    expire_references,
    put_reference,
    remove_references,
    set_brand_state,
    set_reference_state,
)
from detector.catalogue.references import all_reference_ids, brand_pictures
from detector.store.store import open_store
from detector.store.table import utc_now
from detector.store.tables import ReferenceRow
from tests.catalogues import draw_folder, open_index, run_import


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "data")
    run_import(opened, draw_folder(tmp_path / "a", 3), brand="Acme")
    run_import(opened, draw_folder(tmp_path / "b", 2, seed=1), brand="Bolt")
    yield opened
    opened.close()


def searched(store) -> set[str]:
    return set(open_index(store).parts[0].index.ids)


def rows(session) -> list[ReferenceRow]:
    return [session.get_one(ReferenceRow, name) for name in all_reference_ids(session)]


def test_only_active_references_of_active_brands_are_searched(store):
    with store.database.write() as session:
        log = ChangeLog(session)
        first = rows(session)[0]
        brand_id = first.brand_id
        mine = [row for row in rows(session) if row.brand_id == brand_id]
        set_reference_state(log, first, "disabled", None)
        others = {row.id for row in rows(session)} - {first.id}
        first_id = first.id
        brand_ids = {row.id for row in mine}
    assert searched(store) == others
    with store.database.write() as session:
        log = ChangeLog(session)
        set_brand_state(session, log, find_brand(session, brand_id), "disabled")
    assert searched(store) == others - brand_ids
    with store.database.write() as session:
        log = ChangeLog(session)
        set_brand_state(session, log, find_brand(session, brand_id), "active")
    assert searched(store) == others
    with store.database.write() as session:
        log = ChangeLog(session)
        row = session.get_one(ReferenceRow, first_id)
        set_reference_state(log, row, "active", None)
    assert searched(store) == others | {first_id}


def test_a_running_index_follows_every_change_of_state(store):
    index = open_index(store)
    with store.database.write() as session:
        log = ChangeLog(session)
        row = rows(session)[0]
        set_reference_state(log, row, "disabled", None)
        name = row.id
    index.refresh()
    assert name not in index.parts[0].index.ids
    with store.database.write() as session:
        log = ChangeLog(session)
        set_reference_state(log, session.get_one(ReferenceRow, name), "active", None)
    index.refresh()
    assert name in index.parts[0].index.ids


@pytest.mark.parametrize(("seconds", "state"), [(-1, "expired"), (3600, "active")])
def test_an_end_in_the_past_expires_at_once(store, seconds, state):
    with store.database.write() as session:
        row = rows(session)[0]
        end = utc_now() + timedelta(seconds=seconds)
        set_reference_state(ChangeLog(session), row, "active", end)
        assert row.state == state
        name = row.id
    assert (name in searched(store)) == (state == "active")


def test_references_whose_time_has_come_leave_the_search(store):
    index = open_index(store)
    with store.database.write() as session:
        row = rows(session)[0]
        row.expires_at = utc_now() - timedelta(seconds=1)
        name = row.id
    assert expire_references(store.database) == 1
    assert expire_references(store.database) == 0
    index.refresh()
    assert name not in index.parts[0].index.ids
    with store.database.read() as session:
        assert session.get_one(ReferenceRow, name).state == "expired"


def test_putting_the_same_again_changes_nothing_and_is_not_noted(store):
    index = open_index(store)
    with store.database.write() as session:
        row = rows(session)[0]
        _, outcome = put_reference(
            session,
            ChangeLog(session),
            brand_id=row.brand_id,
            external_id=row.external_id,
            digest=row.image_sha256,
        )
    assert outcome is Outcome.UNCHANGED
    assert index.refresh() == 0


def test_another_picture_keeps_the_id_and_what_was_not_given(store):
    with store.database.write() as session:
        row, other = rows(session)[:2]
        row.role, row.image_rights = "known_fake", "owned"
        before = row.id
        again, outcome = put_reference(
            session,
            ChangeLog(session),
            brand_id=row.brand_id,
            external_id=row.external_id,
            digest=other.image_sha256,
        )
        assert outcome is Outcome.REPLACED
        assert again.id == before
        assert (again.role, again.image_rights) == ("known_fake", "owned")


def test_removing_twice_removes_once(store):
    with store.database.write() as session:
        names = [row.id for row in rows(session)][:2]
        assert remove_references(session, ChangeLog(session), names) == 2
        assert remove_references(session, ChangeLog(session), names) == 0
    assert searched(store).isdisjoint(names)


def test_a_removed_reference_leaves_its_picture_to_others(store, tmp_path):
    run_import(store, tmp_path / "a", brand="Copy")
    with store.database.write() as session:
        mine = [r for r in rows(session) if r.brand_id == rows(session)[0].brand_id]
        remove_references(session, ChangeLog(session), [row.id for row in mine])
    with store.database.read() as session:
        left = {row.brand_id for row in rows(session)}
        assert len(left) == 2
        for brand_id in left:
            for digest in brand_pictures(session, brand_id).values():
                assert store.blobs.read(digest)
