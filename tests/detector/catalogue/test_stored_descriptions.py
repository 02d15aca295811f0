from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.errors import StoreFault
from detector.images import read_image_file
from detector.matching.describe import WORKING_PX, describe
from detector.store.tables import DescriptionRow
from tests.catalogues import run_import, table_rows
from tests.drawing import draw_scene, save


@pytest.fixture
def ids(store, folder):
    """External id → reference id."""
    run_import(store, folder)
    return {row[2]: row[0] for row in table_rows(store)["reference"]}


def described(path: Path) -> bytes:
    image = read_image_file(path, target_px=WORKING_PX)
    return describe(image.pixels, image.width, image.height).to_bytes()


@pytest.mark.parametrize("cache_size", [0, 2, 100])
def test_descriptions_are_those_of_the_files(store, folder, ids, cache_size):
    source = StoredDescriptions(store, cache_size=cache_size)
    for _ in range(2):
        found = source.descriptions(list(ids.values()))
        for name, reference_id in ids.items():
            assert found[reference_id].to_bytes() == described(folder / name)


def test_codes_are_those_of_the_descriptions(store, ids):
    source = StoredDescriptions(store)
    codes = source.codes(list(ids.values()))
    for name, description in source.descriptions(list(ids.values())).items():
        np.testing.assert_array_equal(codes[name], description.votes)
    assert len(codes) == len(ids)


def test_unknown_references_are_left_out(store, ids):
    known = ids["0/000.png"]
    source = StoredDescriptions(store)
    assert list(source.codes(["ref_unknown", known])) == [known]
    assert source.codes([]) == {}
    assert list(source.descriptions(["ref_unknown", known])) == [known]
    assert source.descriptions([]) == {}


def test_a_replaced_picture_is_seen_at_once(store, folder, ids):
    source = StoredDescriptions(store)
    changed = ids["0/000.png"]
    before = source.descriptions([changed])[changed].to_bytes()
    (folder / "0" / "000.png").write_bytes(save(draw_scene(seed=77), "PNG"))
    run_import(store, folder)
    after = source.descriptions([changed])[changed].to_bytes()
    assert before != after == described(folder / "0" / "000.png")


def test_a_damaged_description_is_named_with_a_remedy(store, ids):
    with store.database.write() as session:
        session.execute(update(DescriptionRow).values(data=b"damaged"))
    source = StoredDescriptions(store)
    with pytest.raises(StoreFault, match=r"are unusable.*backup"):
        source.descriptions(list(ids.values()))
