"""The architecture that travels with the weights, and what a region covers."""

import json

import numpy as np
import pytest

from models.compact_graph import Architecture, region_weights
from models.embedder import WHOLE, Region


def test_an_architecture_survives_json():
    architecture = Architecture(
        input_px=96, widths=(8, 16), blocks=(1, 0), pooled=(1,), dim=32
    )
    assert Architecture.from_json(architecture.to_json()) == architecture


@pytest.mark.parametrize(
    "change",
    [
        {"widths": [8]},
        {"input_px": 97},
        {"regions": []},
        {"regions": [[0, 0, 0.5, 1]]},
        {"pooled": [4]},
        {"pooled": []},
        {"mean": [0.5]},
        {"dim": "many"},
        {"input_px": None},
        {"blocks": None},
    ],
    ids=str,
)
def test_an_architecture_that_cannot_be_built_is_refused(change):
    fields = json.loads(Architecture().to_json()) | change
    with pytest.raises((ValueError, TypeError)):
        Architecture.from_json(json.dumps(fields))


def test_a_region_weighs_cells_by_how_much_of_them_it_covers():
    regions = (WHOLE, Region(0.0, 0.0, 0.5, 0.5), Region(0.25, 0.0, 0.75, 1.0))
    whole, corner, middle = region_weights(regions, 3).T.reshape(3, 3, 3)
    assert whole == pytest.approx(np.full((3, 3), 1 / 9))
    shares = np.outer([1, 0.5, 0], [1, 0.5, 0])
    assert corner == pytest.approx(shares / shares.sum())
    column = np.array([1 / 3 - 0.25, 1 / 3, 1 / 3 - 0.25])
    assert middle[0] == pytest.approx(column / column.sum() / 3, abs=1e-6)
