"""What the demo's marketplace sells, and what the brands' catalogues say of it.

Listings show the drawn pictures, one to three each. Their titles, prices and sellers
fit what the pictures are: copies are offered by few sellers, cheaply, some in words
that say so; other goods by many.
"""

import base64
import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import numpy as np

Event = dict[str, object]

MARKETPLACE = "market.example"
AUTHORIZED_SELLER = "outlet-north"
PRICES = {
    "bags": 240,
    "bottles": 65,
    "boxes": 35,
    "shirts": 80,
    "shoes": 130,
    "watches": 390,
}
NAMES = {
    "bags": "handbag",
    "bottles": "perfume",
    "boxes": "gift box",
    "shirts": "shirt",
    "shoes": "shoes",
    "watches": "watch",
}
NOT_COPIES = ("unlisted", "household", "colourway", "chain", "family")
NUM_COPIERS, NUM_OTHERS = 6, 40
COLUMNS = ("brand_id", "product_id", "title", "image_paths", "msrp", "msrp_currency")


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn listing picture, and what it is.

    Attributes:
        path: of the file.
        brand: whose photo it copies; empty if nobody's.
        kind: of goods, such as `bags`; empty if it copies nothing.
        family: how it was made.
    """

    path: Path
    brand: str
    kind: str
    family: str


def read_pictures(folder: Path) -> list[Picture]:
    """Read what `scripts.draw_demo` drew, in the order of truth.csv."""
    found: dict[str, Picture] = {}
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            brand, kind = ("", "")
            if row["reference"]:
                brand, kind, _ = PurePosixPath(row["reference"]).parts
            path = folder / "listings" / row["query"]
            found.setdefault(row["query"], Picture(path, brand, kind, row["family"]))
    return list(found.values())


def listing_events(
    pictures: Sequence[Picture], *, now: datetime, seed: int = 0
) -> Iterator[Event]:
    """Make listings of pictures.

    Args:
        pictures: that they show.
        now: the newest was put up a moment before.
        seed: the same listings come of the same seed.
    """
    rng = np.random.default_rng(seed)
    rest = list(pictures)
    n = 0
    while rest:
        first = rest.pop(0)
        mates = [p for p in rest if (p.brand, p.kind) == (first.brand, first.kind)]
        shown = [first, *mates[: int(rng.choice(3, p=[0.6, 0.3, 0.1]))]]
        rest = [p for p in rest if p not in shown]
        at = now - timedelta(minutes=7 * len(rest) + 5)
        yield _event(n, shown, at, rng)
        n += 1


def catalogue_zip(folder: Path, brand: str) -> bytes:
    """Pack a brand's photos with a table of its products."""
    products: dict[tuple[str, str], list[Path]] = {}
    for path in sorted((folder / "catalogue" / brand).rglob("*.jpg")):
        design = path.stem.rpartition("-")[0]
        products.setdefault((path.parent.name, design), []).append(path)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for (kind, design), paths in products.items():
            names = [f"{kind}/{path.name}" for path in paths]
            for name, path in zip(names, paths, strict=True):
                archive.write(path, name)
            title = f"{brand} {NAMES[kind]} {design.partition('-')[0].title()}"
            shown = "|".join(names)
            writer.writerow([brand, design, title, shown, PRICES[kind], "EUR"])
        archive.writestr("catalogue.csv", table.getvalue())
    return packed.getvalue()


def _event(
    n: int, shown: Sequence[Picture], at: datetime, rng: np.random.Generator
) -> Event:
    first = shown[0]
    is_copy = bool(first.brand) and first.family not in NOT_COPIES
    msrp = PRICES.get(first.kind, 60)
    share = rng.uniform(0.12, 0.5) if is_copy else rng.uniform(0.4, 1.0)
    number = rng.integers(NUM_COPIERS if is_copy else NUM_OTHERS)
    seller = f"bargains-{number}" if is_copy else f"shop-{number}"
    if is_copy and rng.random() < 0.08:
        seller = AUTHORIZED_SELLER
    return {
        "event_id": f"demo-{n}",
        "type": "listing.created",
        "occurred_at": at.astimezone(UTC).isoformat(),
        "listing_id": f"{100_000 + n}",
        "version": 1,
        "url": f"https://{MARKETPLACE}/items/{100_000 + n}",
        "title": _title(first, rng) if is_copy else _plain_title(first, rng),
        "description": "Ships within two days. Private sale, no returns."
        if is_copy
        else "In good order, from a tidy home.",
        "price": f"{msrp * share:.2f}",
        "currency": "EUR",
        "condition": "new" if is_copy else str(rng.choice(["new", "used"])),
        "country": "DE",
        "images": [
            {"position": i, "data": base64.b64encode(p.path.read_bytes()).decode()}
            for i, p in enumerate(shown)
        ],
        "seller": {"id": seller, "type": "private", "country": "DE"},
        "ships_from": "DE",
    }


def _title(picture: Picture, rng: np.random.Generator) -> str:
    name = NAMES[picture.kind]
    templates: Mapping[str, float] = {
        f"{picture.brand} {name}, new with tags": 0.35,
        f"Designer {name}, as in the shop": 0.3,
        f"{picture.brand} style {name} 1:1 replica": 0.1,
        f"Elegant {name}, top quality": 0.25,
    }
    return str(rng.choice(list(templates), p=list(templates.values())))


def _plain_title(picture: Picture, rng: np.random.Generator) -> str:
    if picture.family == "household":
        return str(rng.choice(["Things for the kitchen", "From grandmother's house"]))
    name = NAMES.get(picture.kind) or str(rng.choice(list(NAMES.values())))
    return f"{rng.choice(['Nice', 'Vintage', 'Plain'])!s} {name}"
