"""Where a product is photographed: studio and household grounds, shadows, lenses."""

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from PIL import Image, ImageFilter

from scripts.demo.lighting import Light
from scripts.demo.planes import Color, Plane, perspective, plane
from scripts.demo.shapes import Outline
from scripts.demo.textures import noise

Ground = Callable[[np.random.Generator, tuple[int, int]], Plane]


def _image(values: Plane) -> Image.Image:
    return Image.fromarray(np.clip(values * 255 + 0.5, 0, 255).astype(np.uint8))


def studio(size: tuple[int, int], tint: Color, *, is_standing: bool) -> Image.Image:
    """A paper sweep in a light tint: a wall that runs into a floor, or a table top."""
    return _sweep(size, tint, is_standing).copy()


@lru_cache(maxsize=32)
def _sweep(size: tuple[int, int], tint: Color, is_standing: bool) -> Image.Image:
    w, h = size
    y = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :]
    if is_standing:
        floor = 1 / (1 + np.exp(-(y - 0.80) * 26))
        level = 0.985 - 0.075 * y - 0.055 * x**2 + 0.045 * floor * (1 - 0.6 * np.abs(x))
    else:
        level = 0.985 - 0.09 * ((y - 0.42) ** 2 * 1.8 + (x + 0.15) ** 2 * 0.5)
    return _image(level[..., None] * (np.asarray(tint, np.float32) / 255))


def _wood(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    w, h = size
    tone = np.array([(0.62, 0.44, 0.29), (0.78, 0.62, 0.45), (0.42, 0.30, 0.22),
                     (0.70, 0.66, 0.60)][int(rng.integers(0, 4))],
                     np.float32)  # fmt: skip
    num = int(rng.integers(4, 8))
    grain = np.zeros((h, w), np.float32)
    edges = np.linspace(0, h, num + 1).astype(int)
    y = np.arange(h, dtype=np.float32)[:, None]
    for a, b in pairwise(edges):
        warp = noise(rng, (b - a, w), 170) * 16
        thin = noise(rng, (b - a, max(8, w // 16)), 3)
        fibre = np.asarray(Image.fromarray(thin).resize((w, b - a)))
        rings = np.sin((y[a:b] - a + warp) * rng.uniform(0.25, 0.5))
        grain[a:b] = 0.07 * rings + 0.10 * fibre + rng.uniform(-0.07, 0.07)
        grain[a : a + 2] = -0.4
    return plane(tone * (1 + grain)[..., None])


def _linen(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    w, h = size
    tone = rng.uniform(0.45, 0.85, 3).astype(np.float32)
    tone = 0.5 * tone + 0.5 * tone.mean()
    rows = rng.standard_normal((h, 1)).astype(np.float32)
    cols = rng.standard_normal((1, w)).astype(np.float32)
    slubs = noise(rng, size[::-1], 5) * 0.05
    folds = noise(rng, size[::-1], 260) * 0.10
    level = 1 + 0.035 * rows + 0.035 * cols + slubs + folds
    return plane(tone * level[..., None])


def _marble(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    shape = size[::-1]
    clouds = noise(rng, shape, 190) * 0.6 + noise(rng, shape, 60) * 0.3
    vein = np.abs(clouds + 0.18 * noise(rng, shape, 18))
    dark = np.exp(-vein * 26) * 0.32 + np.exp(-np.abs(vein - 0.3) * 40) * 0.12
    tone = np.array([0.93, 0.92, 0.90], np.float32)
    if rng.random() < 0.35:
        return plane(np.array([0.25, 0.27, 0.29]) * (1 + 1.9 * dark)[..., None])
    return plane(tone * (1 - dark + 0.03 * clouds)[..., None])


def _tiles(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    w, h = size
    side = int(rng.integers(70, 150))
    y, x = np.mgrid[:h, :w]
    shift = (y // side % 2) * (side // 2) * int(rng.integers(0, 2))
    grid = rng.uniform(-0.07, 0.07, (h // side + 2, w // side + 3)).astype(np.float32)
    level = 1 + grid[y // side, (x + shift) // side]
    joint = (y % side < 5) | ((x + shift) % side < 5)
    tone = rng.uniform(0.5, 0.92, 3).astype(np.float32)
    tone = 0.6 * tone + 0.4 * tone.mean()
    level += 0.03 * noise(rng, (h, w), 30)
    return plane(
        np.where(joint[..., None], 0.78 * tone.mean(), tone * level[..., None])
    )


def _brick(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    w, h = size
    tall, wide = 44, 118
    y, x = np.mgrid[:h, :w]
    row = y // tall
    shifted = x + (row % 2) * wide // 2
    grid = rng.uniform(-0.16, 0.16, (h // tall + 2, w // wide + 3)).astype(np.float32)
    level = 1 + grid[row, shifted // wide] + 0.08 * noise(rng, (h, w), 4)
    joint = (y % tall < 6) | (shifted % wide < 6)
    tone = np.array([(0.62, 0.34, 0.26), (0.82, 0.80, 0.77)][int(rng.integers(0, 2))],
                    np.float32)  # fmt: skip
    mortar = 0.72 + 0.05 * noise(rng, (h, w), 3)
    return plane(np.where(joint[..., None], mortar[..., None], tone * level[..., None]))


def _carpet(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    shape = size[::-1]
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    tone, other = rng.uniform(0.3, 0.75, (2, 3)).astype(np.float32)
    tone, other = 0.4 * tone + 0.6 * tone.mean(), 0.5 * other + 0.5 * other.mean()
    pitch = rng.uniform(60, 130)
    motif = np.sin(x / pitch * 6.28) * np.sin(y / pitch * 6.28) > rng.uniform(-0.2, 0.5)
    pile = 1 + 0.16 * noise(rng, shape, 3) + 0.08 * noise(rng, shape, 90)
    return plane(np.where(motif[..., None], tone, other) * pile[..., None])


GROUNDS: tuple[Ground, ...] = (_wood, _linen, _marble, _tiles, _brick, _carpet)


def household_ground(
    rng: np.random.Generator, size: tuple[int, int], *, is_standing: bool
) -> Image.Image:
    """A textured ground; where things stand, a wall with a table before it."""
    table = GROUNDS[int(rng.integers(0, len(GROUNDS)))](rng, size)
    if is_standing:
        w, h = size
        edge = int(h * rng.uniform(0.62, 0.74))
        wall = GROUNDS[int(rng.integers(1, 5))](rng, (w, edge))
        table[:edge] = wall * 0.55 + 0.45 * wall.mean(axis=(0, 1))
        y = np.arange(h - edge, dtype=np.float32)[:, None, None]
        table[edge:] *= 0.80 + 0.20 * np.clip(y / 70, 0, 1)
    x = np.linspace(-1, 1, size[0], dtype=np.float32)[None, :, None]
    light = 1.0 - 0.14 * (x - rng.uniform(-0.8, 0.8)) ** 2
    return _image(table * light)


def place(
    ground: Image.Image,
    cutout: Image.Image,
    at: tuple[int, int],
    *,
    is_standing: bool,
    strength: float = 0.5,
) -> None:
    """Set a cut-out product on the ground with its shadow."""
    box = cutout.getbbox()
    if box is None:
        return
    cutout = cutout.crop(box)
    x, y = at[0] + box[0], at[1] + box[1]
    alpha = cutout.getchannel("A")
    w, h = cutout.size
    if is_standing and _is_level(alpha):
        low = alpha.crop((0, int(h * 0.55), w, h)).resize((w, max(8, w // 9)))
        at_y = y + h - int(low.height * 0.72)
        _shade(ground, low, (x + w // 40, at_y), max(3, w / 42), strength)
        _shade(ground, low, (x, at_y + low.height // 10), 4, 0.33)
    elif is_standing:
        _shade(ground, alpha, (x + w // 50, y + h // 45), max(4, w / 40), strength)
        _shade(ground, alpha, (x + 2, y + max(3, h // 120)), 4, 0.4)
    else:
        spot = (x + w // 60 + 4, y + h // 60 + 6)
        _shade(ground, alpha, spot, max(4, w / 56), strength)
    ground.paste(cutout, (x, y), alpha)


def _is_level(alpha: Image.Image) -> bool:
    """Touches the ground along a level line; a carton seen from a corner does not."""
    covered = np.asarray(alpha)[::-1] > 128
    gaps = np.argmax(covered, axis=0)[covered.any(axis=0)]
    low, high = np.percentile(gaps, (12, 88))
    return bool(high - low < 0.05 * alpha.height)


def _shade(
    ground: Image.Image,
    shape: Image.Image,
    at: tuple[int, int],
    blur_px: float,
    strength: float,
) -> None:
    """Darken the ground in a blurred shape; blurred at half size, where it is cheap."""
    margin = int(blur_px * 3) // 2 * 2 + 2
    w, h = shape.size[0] + 2 * margin, shape.size[1] + 2 * margin
    half = Image.new("L", (w // 2 + 1, h // 2 + 1))
    small = shape.resize((shape.width // 2 + 1, shape.height // 2 + 1))
    half.paste(small, (margin // 2, margin // 2))
    half = half.filter(ImageFilter.GaussianBlur(blur_px / 2))
    dark = half.point([round(v * strength) for v in range(256)])
    dark = dark.resize((half.width * 2, half.height * 2))
    ground.paste((16, 14, 20), (at[0] - margin, at[1] - margin), dark)


def turned(
    cutout: Image.Image, rng: np.random.Generator, strength: float
) -> Image.Image:
    """Show a cut-out from a slightly different viewpoint: perspective and rotation."""
    w, h = cutout.size
    corners: Outline = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float64)
    middle = np.array([w / 2, h / 2])
    angle = rng.uniform(-0.22, 0.22) * strength
    c, s = np.cos(angle), np.sin(angle)
    target = (corners - middle) @ np.array([[c, s], [-s, c]]) * rng.uniform(0.78, 0.90)
    target = target + middle + rng.uniform(-0.07, 0.07, (4, 2)) * strength * (w, h)
    return cutout.transform(
        (w, h),
        Image.Transform.PERSPECTIVE,
        perspective(target, corners),
        Image.Resampling.BICUBIC,
    )


def snapped(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make a clean picture a phone photo: uneven light, warm or cool, grain."""
    values = plane(np.asarray(image, dtype=np.float32) / 255)
    h, w = values.shape[:2]
    y = np.arange(h, dtype=np.float32)[:, None]
    x = np.arange(w, dtype=np.float32)[None, :]
    far = (x / w - rng.uniform(0.3, 0.7)) ** 2 + (y / h - rng.uniform(0.3, 0.7)) ** 2
    level = rng.uniform(0.98, 1.10) - rng.uniform(0.12, 0.35) * far
    cast = 1 + rng.uniform(-0.06, 0.06) * np.array([1.0, 0.1, -1.0], np.float32)
    grain = rng.standard_normal((h, w), np.float32) * rng.uniform(0.006, 0.016)
    for i in range(3):
        values[..., i] *= level * float(cast[i])
        values[..., i] += grain
    return _image(values)


def lamp(rng: np.random.Generator) -> Light:
    """A light from somewhere else than the studio's."""
    x = float(rng.uniform(0.2, 0.7) * (1 if rng.random() < 0.7 else -1))
    return Light(
        direction=(x, float(rng.uniform(-0.8, -0.2)), float(rng.uniform(0.5, 0.8))),
        key=float(rng.uniform(0.62, 0.84)),
        ambient=float(rng.uniform(0.34, 0.5)),
        tint=(1.0, float(rng.uniform(0.94, 1.0)), float(rng.uniform(0.86, 1.0))),
    )
