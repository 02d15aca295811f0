"""The benchmark's own pictures: references, edited copies of them, innocent ones.

All are JPEGs of one megapixel, drawn as the demo's pictures are, from a seed.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from scripts.demo.edits import EDITS
from scripts.demo.listings import Listing, draw_listing
from scripts.demo.photos import Photo, catalogue_photos, designs, studio_photo

NUM_PIXELS = 1_000_000
QUALITY = 90
NUM_SPARE = 2
"""Innocent pictures that are only scanned to warm up."""

_GRAIN = 2.5  # gray levels: what a sensor leaves, and an encoder has to keep
_MOST_PICTURES = 1_000_000
_FAMILIES = (*EDITS, "chain", "collage")
_INNOCENT = ("unlisted", "unlisted", "household")
_Task = TypeVar("_Task")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Files that were drawn.

    Attributes:
        references: folder of the references.
        copies: edited copies of references, every family of edits in turn.
        innocent: other products and household things.
        spare: more innocent ones, to warm up with.
    """

    references: Path
    copies: Sequence[Path]
    innocent: Sequence[Path]
    spare: Sequence[Path]

    @property
    def mixed(self) -> list[Path]:
        """All innocent pictures with one copy among every ten, spread evenly."""
        mixed: list[Path] = []
        for place, path in enumerate(self.innocent):
            if place % 9 == 0 and place // 9 < len(self.copies):
                mixed.append(self.copies[place // 9])
            mixed.append(path)
        return mixed


@dataclass(frozen=True, slots=True)
class _Reference:
    path: Path
    photo: Photo
    seed: int


@dataclass(frozen=True, slots=True)
class _Query:
    path: Path
    plan: Listing
    source: Path | None


def draw_pictures(
    folder: Path,
    *,
    num_references: int,
    num_copies: int,
    num_innocent: int,
    seed: int,
    workers: int,
) -> Pictures:
    """Draw everything below `folder`; the same seed gives the same bytes."""
    for name in ("references", "queries"):
        (folder / name).mkdir(parents=True)
    first = seed * _MOST_PICTURES  # of the seeds of this run, which no other has
    catalogues = (catalogue_photos(designs(first + i)) for i in count())
    photos = islice((p for photos in catalogues for p in photos), num_references)
    references = [
        _Reference(folder / "references" / f"{i:06}.jpg", photo, first + i)
        for i, photo in enumerate(photos)
    ]
    queries = folder / "queries"
    picks = np.random.default_rng([seed, 1]).permutation(num_references)
    copies = []
    for i in range(num_copies):
        family, source = (
            _FAMILIES[i % len(_FAMILIES)],
            references[picks[i % len(picks)]],
        )
        plan = Listing(f"copy-{i:04}.jpg", family, first + i, (source.photo,), "jpg")
        copies.append(_Query(queries / plan.name, plan, source.path))
    innocent = []
    for i in range(num_innocent + NUM_SPARE):
        family = _INNOCENT[i % len(_INNOCENT)]
        plan = Listing(f"innocent-{i:04}.jpg", family, first + i, (), "jpg")
        innocent.append(_Query(queries / plan.name, plan, None))
    _draw_all(_draw_reference, references, workers)
    _draw_all(_draw_query, [*copies, *innocent], workers)
    paths = [query.path for query in innocent]
    return Pictures(
        references=folder / "references",
        copies=[query.path for query in copies],
        innocent=paths[:num_innocent],
        spare=paths[num_innocent:],
    )


def _draw_reference(task: _Reference) -> None:
    _save(_with_grain(_resized(studio_photo(task.photo)), task.seed), task.path)


def _draw_query(task: _Query) -> None:
    if task.source is None:
        picture = _with_grain(_resized(draw_listing(task.plan, [])), task.plan.seed)
    else:
        with Image.open(task.source) as image:
            picture = _resized(draw_listing(task.plan, [image.convert("RGB")]))
    _save(picture, task.path)


def _resized(image: Image.Image) -> Image.Image:
    scale = (NUM_PIXELS / (image.width * image.height)) ** 0.5
    size = (round(image.width * scale), round(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC)


def _with_grain(image: Image.Image, seed: int) -> Image.Image:
    rng = np.random.default_rng([seed, 2])
    grain = rng.standard_normal((image.height, image.width, 1), np.float32) * _GRAIN
    values = np.asarray(image, dtype=np.float32) + grain
    return Image.fromarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, "JPEG", quality=QUALITY)


def _draw_all(
    draw: Callable[[_Task], None], tasks: Sequence[_Task], workers: int
) -> None:
    if workers == 1:
        for task in tasks:
            draw(task)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for _ in pool.map(draw, tasks, chunksize=4):
            pass
