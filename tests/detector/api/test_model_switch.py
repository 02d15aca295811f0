"""A service takes another model while it answers, without a restart."""

import time

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.settings import Settings
from detector.store.store import open_store
from tests.detector.listings.pictures.conftest import again
from tests.model_migration import begin_migration
from tests.service_process import start_service


def test_a_service_takes_the_other_model_and_the_old_one_again(tmp_path):
    store = open_store(tmp_path / "data")
    migration = begin_migration(store, tmp_path, num_references=3)
    settings = Settings(data_dir=store.folder, model=migration.old, threads=1)
    key, _ = create_key(store.database, Role.MARKETPLACE, name="shop")
    service = start_service(settings, key, loads_models=True)
    picture = again(next(migration.folder.rglob("000.png")).read_bytes())

    def serves() -> str:
        answer = service.client.match(picture)
        assert (answer.status, answer.json["verdict"]) == (200, "match")
        return str(answer.json["basis"]["models"][0]["model"])

    try:
        service.client.wait_until("/readyz")
        assert serves() == migration.old
        migration.prepare(migration.new)
        for name in (migration.new, migration.old):
            migration.switch(name)
            deadline = time.monotonic() + 30
            while serves() != name:
                assert time.monotonic() < deadline
    finally:
        service.kill()
        store.close()
