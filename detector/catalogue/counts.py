"""How much there is in a brand's catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.store.tables import ProductRow, ReferenceProductRow, ReferenceRow


@dataclass(frozen=True, slots=True)
class CatalogueCounts:
    """What a catalogue holds.

    Attributes:
        num_products: all of them.
        num_products_without_picture: those that no reference shows.
        references: state → how many, states without any left out.
    """

    num_products: int
    num_products_without_picture: int
    references: Mapping[str, int]


def count_catalogue(session: Session, brand_id: str) -> CatalogueCounts:
    """Count a brand's products and references.

    Raises:
        UnknownBrand: there is no such brand.
    """
    find_brand(session, brand_id)
    products = select(func.count()).where(ProductRow.brand_id == brand_id)
    is_shown = exists().where(ReferenceProductRow.product_id == ProductRow.id)
    states = (
        select(ReferenceRow.state, func.count())
        .where(ReferenceRow.brand_id == brand_id)
        .group_by(ReferenceRow.state)
    )
    return CatalogueCounts(
        session.execute(products).scalar_one(),
        session.execute(products.where(~is_shown)).scalar_one(),
        {state: count for state, count in session.execute(states)},
    )
