"""Listing photos: edited copies, other photos of a product, and innocent ones."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from scripts.demo.brands import STRANGERS
from scripts.demo.design import Design
from scripts.demo.edits import EDITS, chain, collage
from scripts.demo.household import household_photo
from scripts.demo.photos import KINDS, Photo, cutout, sibling, studio_photo
from scripts.demo.scenes import household_ground, lamp, place, snapped, turned

FAMILIES: dict[str, int] = {
    **dict.fromkeys(EDITS, 1),
    "collage": 1,
    "chain": 1,
    "other_photo": 2,
    "colourway": 2,
    "unlisted": 4,
    "household": 2,
}
"""Every family, and how many times the number per family it gets."""

_FORMATS = {"jpg": 0.62, "webp": 0.18, "png": 0.12, "avif": 0.08}


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing photo and the truth about it.

    Attributes:
        name: file name below the listings.
        family: how it came about.
        seed: of everything that is drawn or edited.
        sources: catalogue photos that it shows; for a colorway sibling, the one that
            it resembles, which is not a copy's source.
        format: jpg, png, webp or avif.
    """

    name: str
    family: str
    seed: int
    sources: tuple[Photo, ...]
    format: str

    @property
    def references(self) -> tuple[str, ...]:
        """Paths of the catalogue photos that a search should find."""
        if self.family == "colourway":
            return ()
        return tuple(photo.path for photo in self.sources)


def plan_listings(photos: Sequence[Photo], per_family: int, seed: int) -> list[Listing]:
    """Decide every listing; names are shuffled so that they give nothing away."""
    rng = np.random.default_rng([seed, 1])
    mains = [p for p in photos if p.view == KINDS[p.design.kind][1][0]]
    firsts = [p for p in mains if p.colorway == 0]
    colored = [p for p in firsts if p.design.kind != "watches"] or firsts
    drafts: list[tuple[str, tuple[Photo, ...]]] = []
    for family, times in FAMILIES.items():
        pool: Sequence[Photo] = photos
        if family == "other_photo":
            pool = mains
        elif family == "colourway":
            pool = colored
        count = per_family * times
        picks: list[int] = []
        while len(picks) < count * 2:
            picks += [int(i) for i in rng.permutation(len(pool))]
        for k in range(count):
            sources: tuple[Photo, ...] = (pool[picks[k]],)
            if family in ("unlisted", "household"):
                sources = ()
            elif family == "collage" and k % 3 and len(pool) > 1:
                sources = (pool[picks[2 * k]], pool[picks[2 * k + 1]])
                if sources[0] == sources[1]:
                    sources = sources[:1]
            drafts.append((family, sources))
    names = rng.permutation(len(drafts))
    formats = rng.choice(list(_FORMATS), len(drafts), p=list(_FORMATS.values()))
    plans = []
    for i, (family, sources) in enumerate(drafts):
        kind = "jpg" if family == "low_quality" else str(formats[i])
        name = f"listing-{names[i]:04d}.{kind}"
        plans.append(Listing(name, family, seed * 100_000 + i, sources, kind))
    return sorted(plans, key=lambda plan: plan.name)


def draw_listing(plan: Listing, originals: Sequence[Image.Image]) -> Image.Image:
    """Draw a listing photo.

    Args:
        plan: what to draw.
        originals: the catalogue pictures of its sources, as saved; not needed for
            families that are drawn afresh.
    """
    rng = np.random.default_rng([plan.seed, 2])
    if plan.family == "household":
        return household_photo(rng)
    if plan.family == "unlisted":
        return _unlisted(plan.seed, rng)
    if plan.family == "colourway":
        return studio_photo(sibling(plan.sources[0]))
    if plan.family == "other_photo":
        return _other_photo(plan.sources[0], rng)
    if plan.family == "chain":
        return chain(originals[0], rng)
    if plan.family == "collage":
        images = list(originals)
        for k in range(int(rng.integers(1, 3))):
            images.append(studio_photo(_stranger(plan.seed + 50_000 * (k + 1), rng)))
        return collage([images[i] for i in rng.permutation(len(images))], rng)
    return EDITS[plan.family](originals[0], rng)


def encoded(image: Image.Image, plan: Listing) -> bytes:
    """Encode a listing photo the way its seller did."""
    rng = np.random.default_rng([plan.seed, 3])
    buffer = io.BytesIO()
    quality = int(rng.integers(68, 93))
    if plan.format == "jpg":
        if plan.family in ("low_quality", "chain") and image.width < 400:
            quality = int(rng.integers(18, 36))
        image.save(buffer, "JPEG", quality=quality)
    elif plan.format == "webp":
        image.save(buffer, "WEBP", quality=quality, method=2)
    elif plan.format == "avif":
        image.save(buffer, "AVIF", quality=quality - 8, speed=9, max_threads=1)
    else:
        image.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def _stranger(seed: int, rng: np.random.Generator) -> Photo:
    brand = STRANGERS[int(rng.integers(0, len(STRANGERS)))]
    kind = list(KINDS)[int(rng.integers(0, len(KINDS)))]
    design = Design(kind, brand, seed)
    return Photo(design, int(rng.integers(0, 6)), KINDS[kind][1][0])


def _unlisted(seed: int, rng: np.random.Generator) -> Image.Image:
    """Another product: on paper or at home, sometimes edited as copies are."""
    photo = _stranger(seed, rng)
    image = studio_photo(photo) if rng.random() < 0.6 else _at_home(photo, rng, 0.4)
    if rng.random() < 0.35:
        names = [name for name in EDITS if name != "resaved"]
        image = EDITS[names[int(rng.integers(0, len(names)))]](image, rng)
    return image


def _at_home(photo: Photo, rng: np.random.Generator, strength: float) -> Image.Image:
    size = (int(rng.integers(700, 860)), int(rng.integers(700, 860)))
    is_standing = photo.is_standing
    ground = household_ground(rng, size, is_standing=is_standing)
    side = int(min(size) * rng.uniform(0.86, 0.98))
    shown = turned(cutout(photo, side, lamp(rng)), rng, strength)
    at = ((size[0] - side) // 2, (size[1] - side) * (3 if is_standing else 2) // 4)
    place(ground, shown, at, is_standing=is_standing, strength=0.6)
    return snapped(ground, rng)


def _other_photo(photo: Photo, rng: np.random.Generator) -> Image.Image:
    """The product again: from elsewhere, at home, under another lamp."""
    return _at_home(photo, rng, 1.0)
