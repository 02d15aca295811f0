"""Small drawn catalogues, and what can be said about the state of one."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import DateTime, select

from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import ImportReport, import_folder
from detector.catalogue.search_index import SearchIndex
from detector.images import ImageLimits
from detector.store.schema import METADATA
from detector.store.store import Store, open_store
from models.calibration import Calibration
from models.embedder import RGB, WHOLE, Region, Vectors
from tests.drawing import draw_scene, save


class GridEmbedder:
    """Mean colors of a 4 x 4 grid: an embedder that needs no weights."""

    dim = 48
    input_px = 4
    regions: tuple[Region, ...] = (WHOLE,)
    calibration: Calibration | None = None

    def __init__(self, name: str = "grid", weights_hash: str = "0" * 64) -> None:
        self.name = name
        self.weights_hash = weights_hash

    def embed(self, images: Sequence[RGB]) -> Vectors:
        box = Image.Resampling.BOX
        small = [Image.fromarray(image).resize((4, 4), box) for image in images]
        rows = np.array([np.asarray(one) for one in small], np.float32)
        vectors = rows.reshape(-1, self.dim) - 99.5
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def embed_regions(self, images: Sequence[RGB]) -> NDArray[np.float32]:
        return self.embed(images)[:, None]


def grid_extractor(weights_hash: str = "0" * 64) -> Extractor:
    """An extractor with the grid embedder as its copy embedder."""
    return Extractor({"copy": GridEmbedder(weights_hash=weights_hash)}, ImageLimits())


def draw_folder(
    folder: Path,
    num_pictures: int,
    *,
    seed: int = 0,
    size: tuple[int, int] = (120, 90),
) -> Path:
    """Draw pictures `0/000.png`, `1/001.png`, … that all differ."""
    for i in range(num_pictures):
        path = folder / str(i % 3) / f"{i:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(save(draw_scene(*size, seed=1000 * seed + i), "PNG"))
    return folder


def run_import(
    store: Store, folder: Path, *, brand: str = "Acme", dry_run: bool = False
) -> ImportReport:
    """Import with the grid embedder and two threads."""
    return import_folder(
        store,
        folder,
        brand=brand,
        extractor=grid_extractor(),
        threads=2,
        dry_run=dry_run,
    )


def open_index(store: Store, notes: list[str] | None = None) -> SearchIndex:
    """Load the search index and bring it up to date."""
    log = (lambda text: None) if notes is None else notes.append
    index = SearchIndex(store, grid_extractor(), threads=2, on_note=log)
    index.refresh()
    return index


def import_and_index(data_dir: Path, folder: Path) -> None:
    """Do what `detector catalogue import` does, with the grid embedder."""
    store = open_store(data_dir)
    run_import(store, folder)
    open_index(store).save()
    store.close()


def table_rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Read every table, without times and without the database's own name."""
    rows = {}
    with store.database.read() as session:
        for table in METADATA.sorted_tables:
            columns = [
                column
                for column in table.columns
                if not isinstance(column.type, DateTime)
                and "DateTime" not in type(column.type).__name__
                and column.name != "catalogue_id"
            ]
            found = session.execute(select(*columns).order_by(*table.primary_key))
            rows[table.name] = [tuple(row) for row in found]
    return rows


def blob_files(store: Store) -> dict[str, str]:
    """Read every file of the blob store: path → SHA-256 of what it holds."""
    return {
        path.relative_to(store.folder / "blobs").as_posix(): sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted((store.folder / "blobs").rglob("*"))
        if path.is_file()
    }


def search_results(index: SearchIndex, seed: int = 7) -> list[object]:
    """Search each part of an index for things that depend on all of it."""
    rng = np.random.default_rng(seed)
    results: list[object] = []
    for part in index.parts:
        results.append((part.name, part.watermark, sorted(part.index.ids)))
    codes = rng.integers(0, 256, (5, 40, 32), np.uint8)
    if index.local is not None:
        results.append(index.local.search(list(codes), 1000))
    for _, embedder, vectors in index.channels:
        queries = rng.normal(size=(5, embedder.dim)).astype(np.float32)
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        results.append(vectors.search(queries, 1000))
    return results
