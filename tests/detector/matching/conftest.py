"""The catalogue that the whole-flow tests match against."""

import pytest

from detector.matching.matcher import Matcher
from tests.detector.matching.products import (
    CATALOGUE,
    build_matcher,
    described,
    draw_product,
    name_of,
)


@pytest.fixture(scope="session")
def references():
    return {name_of(*each): described(draw_product(*each)) for each in CATALOGUE}


@pytest.fixture(scope="session")
def matcher(references) -> Matcher:
    return build_matcher(references)
