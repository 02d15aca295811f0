import pytest
from sqlalchemy import select

from detector.catalogue.brands import brand_id, brand_key, ensure_brand
from detector.errors import InvalidInput
from detector.store.tables import BrandRow


@pytest.mark.parametrize("name", ["acme", " ACME ", "Acme", "ａｃｍｅ"])  # noqa: RUF001
def test_spellings_of_a_name_are_one_brand(name):
    assert brand_id(name) == brand_id("Acme")


def test_inner_spaces_are_one_space_and_names_differ_otherwise():
    assert brand_key("Acme \t Shoes") == "acme shoes"
    assert brand_id("Acme Shoes") != brand_id("AcmeShoes")


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 201, "a\x1bb"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(InvalidInput, match="is no brand name"):
        brand_id(name)


def test_a_brand_is_added_once_under_its_first_spelling(store):
    with store.database.write() as session:
        ids = {ensure_brand(session, name) for name in ("Acme  Co", "ACME CO")}
        assert len(ids) == 1
        assert session.scalars(select(BrandRow.name)).all() == ["Acme Co"]
