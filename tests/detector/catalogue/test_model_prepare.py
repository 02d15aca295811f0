"""Another model is prepared beside the one that serves, whatever happens meanwhile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from detector.catalogue.changes import ChangeKind, ChangeLog
from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import import_folder
from detector.catalogue.index_check import verify_index
from detector.catalogue.model_prepare import (
    Prepared,
    prepare_model,
    shadow_extractor,
)
from detector.catalogue.search_index import Progress, SearchIndex
from detector.catalogue.serving_model import list_models, serving_model
from detector.images import ImageLimits
from detector.store.store import Store, open_store
from detector.store.tables import EmbeddingRow, ReferenceRow
from models.compact import CompactEmbedder
from tests.catalogues import (
    draw_folder,
    grid_extractor,
    open_index,
    run_import,
    search_results,
)
from tests.small_models import write_compact_weights

NUM_PICTURES = 36

PREPARE = """
import sys
from pathlib import Path

from detector.catalogue.model_prepare import prepare_model
from detector.store.store import Store, open_store
from models.compact import CompactEmbedder
from tests.catalogues import grid_extractor

def tell(done, total):
    print(done, total, flush=True)
    if done == 20:
        sys.stdin.read()

store = open_store(Path(sys.argv[1]), sys.argv[2] or None)
embedder = CompactEmbedder(Path(sys.argv[3]))
prepare_model(
    store, grid_extractor(), embedder, threads=1, on_note=print, on_progress=tell
)
"""
"""A process that waits to be killed in the middle of its work."""


@pytest.fixture
def url(place):
    return place if isinstance(place, str) else None


@pytest.fixture
def store(tmp_path, url):
    """A catalogue in databases of both kinds."""
    opened = open_store(tmp_path / "data", url)
    run_import(opened, draw_folder(tmp_path / "photos", NUM_PICTURES))
    open_index(opened).save()
    yield opened
    opened.close()


@pytest.fixture
def weights(tmp_path):
    return write_compact_weights(
        tmp_path / "new.safetensors", seed=1, is_calibrated=True
    )


def prepare(
    store: Store,
    weights: Path,
    on_progress: Progress = lambda done, total: None,
) -> Prepared:
    return prepare_model(
        store,
        grid_extractor(),
        CompactEmbedder(weights),
        threads=2,
        on_note=lambda note: None,
        on_progress=on_progress,
    )


def states(store: Store) -> list[str]:
    with store.database.read() as session:
        return [version.state.value for version in list_models(session)]


def num_vectors(store: Store) -> int:
    with store.database.read() as session:
        names = session.scalars(select(EmbeddingRow.model)).all()
    return sum(name != "grid" for name in names)


def test_what_is_killed_goes_on_where_it_was(store, url, weights, tmp_path):
    before = search_results(open_index(store))
    process = subprocess.Popen(
        [sys.executable, "-c", PREPARE, store.folder, url or "", weights],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    with process:
        while process.stdout.readline() != f"20 {NUM_PICTURES}\n":
            assert process.poll() is None
        process.kill()
    num_kept = num_vectors(store)
    assert 16 <= num_kept < NUM_PICTURES
    assert states(store) == ["preparing"]
    assert search_results(open_index(store)) == before
    prepared = prepare(store, weights)
    assert (prepared.embedded, prepared.references) == (
        NUM_PICTURES - num_kept,
        NUM_PICTURES,
    )
    assert states(store) == ["ready"]
    assert serving_model(store.database) is None
    assert search_results(open_index(store)) == before
    alone = shadow_extractor(grid_extractor(), CompactEmbedder(weights))
    assert verify_index(store, alone, threads=1) == []


def test_what_comes_and_goes_meanwhile_is_in_both_or_none(store, weights, tmp_path):
    with store.database.read() as session:
        gone = session.scalars(select(ReferenceRow.id)).all()[:3]

    def change(done: int, total: int) -> None:
        if done == 5:
            folder = draw_folder(tmp_path / "more", 4, seed=9)
            run_import(store, folder, brand="Zeta")
            with store.database.write() as session:
                for name in gone:
                    session.delete(session.get_one(ReferenceRow, name))
                    ChangeLog(session).note(name, ChangeKind.REMOVE)

    prepared = prepare(store, weights, change)
    assert prepared.faults == ()
    assert prepared.references == NUM_PICTURES + 4 - 3
    alone = shadow_extractor(grid_extractor(), CompactEmbedder(weights))
    shadow = SearchIndex(store, alone, threads=1, on_note=print)
    [part] = [p for p in open_index(store).parts if p.name == "copy"]
    assert shadow.parts[0].index.ids == part.index.ids
    assert not shadow.parts[0].index.ids & set(gone)


def test_the_index_is_that_of_a_catalogue_made_with_the_model(tmp_path, weights):
    folder = draw_folder(tmp_path / "photos", 6)
    extractor = Extractor({"copy": CompactEmbedder(weights)}, ImageLimits(), "off")
    migrated, made = (open_store(tmp_path / name) for name in ("migrated", "made"))
    run_import(migrated, folder)
    prepare(migrated, weights)
    import_folder(made, folder, brand="Acme", extractor=extractor, threads=2)
    found = SearchIndex(migrated, extractor, threads=1, on_note=print)
    expected = SearchIndex(made, extractor, threads=1, on_note=print)
    expected.refresh()
    assert search_results(found) == search_results(expected)
    migrated.close()
    made.close()
