from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

from detector.catalogue.brands import brand_id
from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import import_folder
from detector.catalogue.health.check import check_catalogue
from detector.catalogue.health.report import HealthReport
from detector.images import ImageLimits
from detector.listings.engine import Engine, load_embedders, open_engine
from detector.store.store import Store, open_store
from tests.detector.matching.products import draw_product, white
from tests.drawing import save

GOOD = ("shoes", "bags", "watches", "bottles", "boxes", "shirts")
SECRET = "zephyrine"
"""In every name of the other brand, and nowhere else."""


def small_product() -> Image.Image:
    sheet = white(480, 480)
    sheet.paste(draw_product("shoes", 1).resize((56, 56)), (200, 210))
    return sheet


def blank() -> Image.Image:
    noise = np.random.default_rng(0).integers(244, 250, (400, 400, 3), np.uint8)
    return Image.fromarray(noise)


def own_files() -> dict[str, bytes]:
    good = {f"{kind}.png": save(draw_product(kind), "PNG") for kind in GOOD}
    resaved = draw_product("boxes").resize((340, 340), Image.Resampling.LANCZOS)
    return good | {
        "again/shoes.png": good["shoes.png"],
        "again/boxes.jpg": save(resaved, "JPEG", quality=70),
        "odd/blank.png": save(blank(), "PNG"),
        "odd/far.png": save(small_product(), "PNG"),
        "odd/stamp.png": save(draw_product("boxes", 1).resize((60, 60)), "PNG"),
    }


def other_files() -> dict[str, bytes]:
    watch = draw_product("watches").resize((420, 420), Image.Resampling.LANCZOS)
    return {
        f"{SECRET}-a.jpg": save(watch, "JPEG", quality=80),
        f"{SECRET}-b.png": save(draw_product("boxes", 2), "PNG"),
    }


@dataclass(frozen=True)
class Checked:
    """A catalogue with planted faults, what is open on it, and its report."""

    store: Store
    engine: Engine
    brand_id: str
    report: HealthReport

    def check(self, **options: Any) -> HealthReport:
        return check(self.engine, **{"brand_id": self.brand_id, **options})


def check(engine: Engine, **options: Any) -> HealthReport:
    return check_catalogue(
        engine.store,
        index=engine.index,
        matcher=engine.matcher,
        extractor=engine.extractor,
        **{"threads": 2, **options},
    )


@pytest.fixture(scope="session")
def checked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("health")
    embedders = load_embedders("compact", None, device="cpu")
    extractor = Extractor(embedders, ImageLimits())
    store = open_store(folder / "data")
    for brand, files in (("Acme", own_files()), (SECRET.title(), other_files())):
        for name, data in files.items():
            path = folder / brand / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        import_folder(
            store, folder / brand, brand=brand, extractor=extractor, threads=2
        )
    engine = open_engine(store, extractor, threads=2, on_note=lambda text: None)
    own = brand_id("Acme")
    report = check(engine, brand_id=own, sample=2, seed=1)
    yield Checked(store, engine, own, report)
    store.close()
