"""A catalogue that another model is prepared for, and switched to."""

from dataclasses import dataclass, field
from pathlib import Path

from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import import_folder
from detector.catalogue.model_prepare import prepare_model
from detector.catalogue.serving_model import serving_model
from detector.images import ImageLimits
from detector.listings.engine import open_engine
from detector.listings.serving import ServingEngine, load_serving
from detector.review.model_switch import switch_model
from detector.store.store import Store
from models.registry import load_embedder
from tests.catalogues import draw_folder
from tests.detector.listings.pictures.conftest import SIZE
from tests.small_models import write_compact_weights


@dataclass
class Migration:
    """A catalogue with two models, of which the settings name the first."""

    store: Store
    folder: Path
    old: str
    new: str
    notes: list[str] = field(default_factory=list)

    def load(self) -> Extractor:
        """Load what serves, as any process does."""
        embedders = load_serving(self.store.database, self.old, None, device="cpu")
        return Extractor(embedders, ImageLimits(), "off")

    def serving(self) -> ServingEngine:
        """Open engines as a service does."""
        return ServingEngine(
            lambda: serving_model(self.store.database),
            self.load,
            lambda found: open_engine(
                self.store, found, threads=2, on_note=self.notes.append
            ),
        )

    def prepare(self, name: str) -> None:
        """Prepare a model."""
        prepare_model(
            self.store,
            self.load(),
            load_embedder(name),
            threads=2,
            on_note=self.notes.append,
            on_progress=lambda done, total: None,
        )

    def switch(self, name: str, extractor: Extractor | None = None) -> None:
        """Switch to a model, from what serves or is said to."""
        switch_model(
            self.store,
            extractor or self.load(),
            load_embedder(name),
            threads=2,
            allow_missing=False,
            on_note=self.notes.append,
            on_progress=lambda done, total: None,
        )


def begin_migration(store: Store, folder: Path, *, num_references: int) -> Migration:
    """Write two models' weights into a folder, and import with the first."""
    old, new = (
        f"compact:{write_weights(folder / f'{name}.safetensors', seed)}"
        for seed, name in enumerate(("old", "new"))
    )
    photos = draw_folder(folder / "photos", num_references, size=SIZE)
    migration = Migration(store, photos, old, new)
    import_folder(store, photos, brand="Acme", extractor=migration.load(), threads=2)
    return migration


def write_weights(path: Path, seed: int) -> Path:
    """Write a calibrated model."""
    return write_compact_weights(path, seed=seed, is_calibrated=True)
