"""What a viewer can give to a user or a key: roles, and whose data they see."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import FormData

from detector.console.brand.form_fields import text
from detector.console.inner_api import Answer
from detector.console.viewer import Viewer

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form offers.

    Attributes:
        roles: as the API shows them, of those that allow no more than the viewer may.
        brands: that the viewer sees; none for who belongs to one, as it is theirs.
    """

    roles: list[Answer]
    brands: list[Answer]


async def read_choices(viewer: Viewer) -> Choices:
    """Find out which roles and brands a viewer can give."""
    roles, brands = await asyncio.gather(viewer.api.read("/roles"), read_brands(viewer))
    return Choices(
        roles=[
            each
            for each in roles["items"]
            if viewer.capabilities.issuperset(each["capabilities"])
            and (viewer.brand_id is None or each["reach"] == "brand")
        ],
        brands=brands,
    )


async def read_brands(viewer: Viewer) -> list[Answer]:
    """Read all brands, for their names; none for who sees one only."""
    brands: list[Answer] = []
    if viewer.brand_id is not None or not viewer.may("brands:read"):
        return brands
    cursor: str | None = None
    while True:
        found = await viewer.api.read("/brands", limit=PAGE_SIZE, cursor=cursor)
        brands += found["items"]
        cursor = found["next_cursor"]
        if cursor is None:
            return brands


def read_grant(form: FormData) -> dict[str, object]:
    """Read what is to be given, as the API takes it."""
    names = ("role", "brand_id", "marketplace")
    return {name: value for name in names if (value := text(form, name)) is not None}
