"""An import that kills its process at the same place each time."""

import io
import os
import signal
import time
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.brands import ensure_brand
from detector.store.job_list import requeue
from detector.store.jobs import MAX_ATTEMPTS
from detector.store.store import open_store
from detector.store.work_tables import JobRow
from models.embedder import RGB, Vectors
from tests.catalogues import GridEmbedder
from tests.drawing import draw_scene, save
from tests.live_service import Client
from tests.service_process import service_process, settings_of, start_service

NUM_ROWS = 12
DEADLY_ROW = 10
DEADLINE_S = 120.0


class DeadlyEmbedder(GridEmbedder):
    """Its process dies of a red picture."""

    def embed(self, images: Sequence[RGB]) -> Vectors:
        if any((image == (255, 0, 0)).all() for image in images):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(images)

    def embed_regions(self, images: Sequence[RGB]) -> NDArray[np.float32]:
        return self.embed(images)[:, None]


def catalogue() -> bytes:
    """A ZIP whose eleventh row of products has a red picture."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        rows = [f"P{n},Product {n},{n}.png\n" for n in range(NUM_ROWS)]
        file.writestr("a.csv", "product_id,title,image_paths\n" + "".join(rows))
        for n in range(NUM_ROWS):
            picture = draw_scene(64, 12, seed=n)
            if n == DEADLY_ROW:
                picture = Image.new("RGB", (64, 12), (255, 0, 0))
            file.writestr(f"{n}.png", save(picture, "PNG"))
    return packed.getvalue()


def state_of(client: Client, path: str) -> Any:
    try:
        return client.send("GET", path).json
    except (ConnectionError, TimeoutError, ValueError):
        return {"state": "unknown"}


def test_an_import_that_kills_its_process_fails_and_can_be_tried_again(tmp_path):
    settings = settings_of(tmp_path, None)
    store = open_store(tmp_path)
    key, _ = create_key(store.database, Role.ADMIN)
    with store.database.write() as session:
        brand = ensure_brand(session, "Acme")
    service = start_service(settings, key, embedder=DeadlyEmbedder())
    service.client.wait_until("/readyz")
    path = f"/v1/brands/{brand}/imports"
    answer = service.client.post_form(path, [("file", catalogue())])
    assert answer.status == 202
    path += f"/{answer.json['id']}"

    num_deaths, deadline = 0, time.monotonic() + DEADLINE_S
    while (found := state_of(service.client, path))["state"] != "failed":
        assert time.monotonic() < deadline, found
        if service.process.is_alive():
            time.sleep(0.05)
            continue
        num_deaths += 1
        service.kill()
        service = start_service(settings, key, embedder=DeadlyEmbedder())
    service.kill()
    assert num_deaths == MAX_ATTEMPTS
    assert "given up" in found["error"]
    assert found["num_rows"] == found["counts"]["products_added"] == 8
    with store.database.write() as session:
        job = session.scalars(select(JobRow)).one()
        assert job.state == "dead"
        assert "died" in (job.last_error or "")
        requeue(session, job.id)
    store.close()

    with service_process(settings, key) as client:  # with an embedder that is mended
        while (found := state_of(client, path))["state"] in ("failed", "running"):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
    assert found["state"] == "done"
    assert found["error"] is None
    assert found["counts"] == {
        "products_added": NUM_ROWS,
        "references_added": NUM_ROWS,
    }
    assert list((tmp_path / "uploads").iterdir()) == []


def test_an_import_whose_files_are_gone_fails_with_a_reason(tmp_path):
    settings = settings_of(tmp_path, None)
    store = open_store(tmp_path)
    key, _ = create_key(store.database, Role.ADMIN)
    with store.database.write() as session:
        brand = ensure_brand(session, "Acme")
    path = f"/v1/brands/{brand}/imports"
    idle = settings.model_copy(update={"job_threads": 0})
    with service_process(idle, key) as client:
        answer = client.post_form(path, [("file", catalogue())])
        assert answer.status == 202
    (folder,) = (tmp_path / "uploads").iterdir()
    (folder / "table").unlink()
    path += f"/{answer.json['id']}"
    with service_process(settings, key) as client:
        deadline = time.monotonic() + DEADLINE_S
        while (found := state_of(client, path))["state"] in ("queued", "running"):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
    assert found["state"] == "failed"
    assert "no longer there" in found["error"]
    with store.database.read() as session:
        assert session.scalars(select(JobRow)).one().state == "done"
    store.close()
    assert list((tmp_path / "uploads").iterdir()) == []
