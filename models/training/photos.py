"""Training photos in memory, and batches of originals and edited copies of them."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.utils.data import Dataset

from models.training.copies import light_copy, packshot, sibling, squashed, strong_copy

PHOTO_SUFFIXES = {".avif", ".jpeg", ".jpg", ".png", ".webp"}
PHOTO_PX = 176
"""Long side at which photos are kept."""
PACKSHOT_SHARE = 0.4
"""Share of the photos that are set on white first, as a catalogue's are."""


class Batch(NamedTuple):
    """Pictures as (n, side, side, 3) uint8.

    Attributes:
        originals: the photos as a catalogue shows them.
        copies: an edited copy of each, in the same order.
        siblings: negatives: the first photos in another color, or other photos where
            there is no color to change.
    """

    originals: Tensor
    copies: Tensor
    siblings: Tensor


@dataclass(frozen=True, slots=True)
class Photos:
    """Decoded photos in one array, which worker processes share without copying.

    Attributes:
        pixels: all photos one after another, uint8.
        sizes: (n, 2) height and width of each.
        starts: (n,) where each begins in `pixels`.
    """

    pixels: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, i: int) -> Image.Image:
        height, width = (int(side) for side in self.sizes[i])
        start = int(self.starts[i])
        photo = self.pixels[start : start + height * width * 3]
        return Image.fromarray(photo.reshape(height, width, 3))


def load_photos(source: Path) -> Photos:
    """Decode every photo of a folder or a tar archive, in the order of their names.

    Raises:
        ValueError: no photo there, or one that cannot be read.
    """
    arrays = []
    for name, content in sorted(_files(source)):
        try:
            with Image.open(BytesIO(content)) as photo:
                small = photo.convert("RGB")
        except (UnidentifiedImageError, OSError) as error:
            raise ValueError(f"{source}: {name} is no readable photo") from error
        small.thumbnail((PHOTO_PX, PHOTO_PX), Image.Resampling.BILINEAR)
        arrays.append(np.asarray(small))
    if not arrays:
        raise ValueError(f"{source}: no photos ({', '.join(sorted(PHOTO_SUFFIXES))})")
    lengths = np.array([array.size for array in arrays])
    return Photos(
        pixels=np.concatenate([array.ravel() for array in arrays]),
        sizes=np.array([array.shape[:2] for array in arrays]),
        starts=np.concatenate([[0], np.cumsum(lengths)[:-1]]),
    )


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for path in source.rglob("*"):
            if path.suffix.lower() in PHOTO_SUFFIXES:
                yield str(path.relative_to(source)), path.read_bytes()
        return
    with tarfile.open(source) as archive:
        for member in archive:
            if Path(member.name).suffix.lower() in PHOTO_SUFFIXES:
                file = archive.extractfile(member)
                if file is not None:
                    yield member.name, file.read()


class CopyBatches(Dataset[Batch]):
    """Batch number i, the same at every call; each epoch shows each photo once."""

    def __init__(
        self,
        photos: Photos,
        *,
        batch_size: int,
        num_siblings: int,
        side_px: int,
        seed: int,
    ) -> None:
        self._photos = photos
        self._batch_size = min(batch_size, len(photos))
        self._num_siblings = min(num_siblings, self._batch_size)
        self._side_px = side_px
        self._seed = seed

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self._seed, step])
        chosen = self._chosen(step)
        originals, copies, siblings = [], [], []

        def other() -> Image.Image:
            return self._photos[int(rng.integers(len(self._photos)))]

        for n, i in enumerate(chosen):
            photo = self._photos[int(i)]
            if rng.random() < PACKSHOT_SHARE:
                photo = packshot(photo, rng)
            original = light_copy(photo, rng)
            if rng.random() < 0.5:
                original = original.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            originals.append(squashed(original, self._side_px))
            copies.append(squashed(strong_copy(photo, rng, other), self._side_px))
            if n < self._num_siblings:
                negative = sibling(original, rng) or other()
                siblings.append(squashed(negative, self._side_px))
        side = self._side_px
        return Batch(
            torch.from_numpy(np.stack(originals)),
            torch.from_numpy(np.stack(copies)),
            torch.from_numpy(np.array(siblings, np.uint8).reshape(-1, side, side, 3)),
        )

    def _chosen(self, step: int) -> NDArray[np.int64]:
        num_steps = len(self._photos) // self._batch_size
        epoch, place = divmod(step, num_steps)
        order = np.random.default_rng([self._seed, epoch, 0]).permutation(
            len(self._photos)
        )
        return order[place * self._batch_size :][: self._batch_size]
