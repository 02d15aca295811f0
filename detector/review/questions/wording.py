"""What brands are asked: templates as data (`questions.toml`)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from detector.errors import InvalidInput
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow
from detector.store.tables import BrandRow

MAX_TITLE = 120


def _load() -> Mapping[str, str]:
    path = Path(__file__).parent / "questions.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: str(given["text"]) for name, given in table.items()}


TEMPLATES: Mapping[str, str] = _load()


def write_question(
    template: str, case: CaseRow, listing: ListingRow, brand: BrandRow
) -> str:
    """Write a question about a case.

    Raises:
        InvalidInput: there is no such template.
    """
    if template not in TEMPLATES:
        raise InvalidInput(
            f"There is no question {template[:60]!r}.",
            remedy=f"Choose one of {', '.join(sorted(TEMPLATES))}.",
        )
    title = str(listing.details.get("title") or listing.external_id)
    best = max(
        case.images,
        key=lambda image: float(str(image.get("similarity") or 0)),
        default=None,
    )
    return TEMPLATES[template].format(
        brand=brand.name,
        title=f"“{title[:MAX_TITLE]}”",
        marketplace=case.marketplace,
        picture="listing" if best is None else f"picture {best['position']}",
        reference=(best and best.get("external_id")) or "(none is named)",
    )
