"""A small studio renderer: parts become color, height and gloss; light comes last.

Every product is drawn into four maps: color, height, gloss and metal. One pass then
turns the height into normals and lights all of it together, so that a stitch, a panel
edge and a bottle's curve catch the same lamp.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from scripts.demo.shapes import Outline, along

Plane = NDArray[np.float32]
Color = tuple[int, int, int]

_SUPERSAMPLE = 3


@dataclass(frozen=True, slots=True)
class Light:
    """A key lamp, a sky and a softbox.

    Attributes:
        direction: towards the lamp: x right, y down, z to the viewer.
        key: strength of the lamp.
        ambient: strength of the sky.
        tint: red, green and blue of the lamp.
    """

    direction: tuple[float, float, float] = (-0.46, -0.60, 0.66)
    key: float = 0.78
    ambient: float = 0.40
    tint: tuple[float, float, float] = (1.0, 0.99, 0.97)


STUDIO = Light()


@dataclass(frozen=True, slots=True)
class Mask:
    """Coverage (h, w) in 0..1 of the canvas, from pixel (x, y) on."""

    x: int
    y: int
    coverage: Plane

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns of the canvas that the mask lies on."""
        h, w = self.coverage.shape
        return slice(self.y, self.y + h), slice(self.x, self.x + w)

    def _of(self, other: "Mask") -> Plane:
        """Bring the coverage of another mask onto this one's area."""
        result = np.zeros_like(self.coverage)
        h, w = self.coverage.shape
        oh, ow = other.coverage.shape
        y0, y1 = max(self.y, other.y), min(self.y + h, other.y + oh)
        x0, x1 = max(self.x, other.x), min(self.x + w, other.x + ow)
        if y0 < y1 and x0 < x1:
            result[y0 - self.y : y1 - self.y, x0 - self.x : x1 - self.x] = (
                other.coverage[y0 - other.y : y1 - other.y, x0 - other.x : x1 - other.x]
            )
        return result

    def __and__(self, other: "Mask") -> "Mask":
        """Keep what both cover."""
        return Mask(self.x, self.y, self.coverage * self._of(other))

    def __sub__(self, other: "Mask") -> "Mask":
        """Cut the other one out."""
        return Mask(self.x, self.y, self.coverage * (1 - self._of(other)))

    def __mul__(self, strength: float) -> "Mask":
        """Weaken the coverage."""
        return Mask(self.x, self.y, self.coverage * np.float32(strength))


def blurred(plane: Plane, sigma: float) -> Plane:
    """Blur a plane like a Gaussian; wide blurs run on a reduced copy."""
    h, w = plane.shape
    if min(h, w) < 2 or sigma <= 0.3:
        return plane
    factor = max(1, min(int(sigma / 1.4), min(h, w) // 2))
    small = plane
    if factor > 1:
        size = (-(-w // factor), -(-h // factor))
        image = Image.fromarray(np.ascontiguousarray(plane))
        small = np.asarray(image.resize(size, Image.Resampling.BOX))
    for _ in range(max(1, round(2 * (sigma / factor) ** 2))):
        small = _softened(small)
    if factor > 1:
        image = Image.fromarray(np.ascontiguousarray(small))
        small = np.asarray(image.resize((w, h), Image.Resampling.BICUBIC))
    return small


def _softened(plane: Plane) -> Plane:
    """Average with the neighbors: 1 2 1 on both axes."""
    p = np.pad(plane, ((1, 1), (0, 0)), mode="edge")
    p = p[:-2] + 2 * p[1:-1] + p[2:]
    p = np.pad(p, ((0, 0), (1, 1)), mode="edge")
    return (p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]) * np.float32(1 / 16)


def linear(color: Color) -> Plane:
    """Display color to (roughly) linear light."""
    return (np.asarray(color, dtype=np.float32) / 255) ** 2


class Canvas:
    """The four maps of one picture, in square pixels.

    Lengths, heights included, are given in design units: 1000 across.
    """

    def __init__(self, size_px: int) -> None:
        shape = (size_px, size_px)
        self.size_px = size_px
        self.scale = size_px / 1000
        self.color: Plane = np.zeros((*shape, 3), np.float32)
        self.alpha: Plane = np.zeros(shape, np.float32)
        self.height: Plane = np.zeros(shape, np.float32)
        self.gloss: Plane = np.zeros(shape, np.float32)
        self.metal: Plane = np.zeros(shape, np.float32)

    # Masks

    def fill(self, *outlines: Outline, holes: tuple[Outline, ...] = ()) -> Mask:
        """Cover the inside of outlines, less the holes."""
        return self._raster(list(outlines), list(holes), None)

    def stroke(self, *paths: Outline, width: float, is_round: bool = True) -> Mask:
        """Cover a line of a width along each path."""
        return self._raster(list(paths), [], (width, is_round))

    def dashes(
        self, *paths: Outline, width: float, dash: float = 9, gap: float = 6
    ) -> Mask:
        """Cover a dashed line along each path: a seam."""
        pieces = []
        for path in paths:
            spots, steps = along(path, dash + gap)
            pieces += [
                np.stack([spot - step * dash / 2, spot + step * dash / 2])
                for spot, step in zip(spots, steps, strict=True)
            ]
        return self._raster(pieces, [], (width, True))

    def _raster(
        self,
        outlines: list[Outline],
        holes: list[Outline],
        line: tuple[float, bool] | None,
    ) -> Mask:
        margin = 2 + (line[0] * self.scale if line else 0)
        points = np.vstack(outlines) * self.scale if outlines else np.zeros((1, 2))
        x0, y0 = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(points.max(axis=0) + margin), self.size_px).astype(
            int
        )
        if x1 - x0 < 1 or y1 - y0 < 1:
            return Mask(0, 0, np.zeros((1, 1), np.float32))
        ss = _SUPERSAMPLE
        image = Image.new("L", ((x1 - x0) * ss, (y1 - y0) * ss))
        draw = ImageDraw.Draw(image)
        for ink, group in ((255, outlines), (0, holes)):
            for outline in group:
                xy = (outline * self.scale - (x0, y0)) * ss
                path = [(float(x), float(y)) for x, y in xy]
                if line is None or ink == 0:
                    draw.polygon(path, fill=ink)
                    continue
                width = max(1.0, line[0] * self.scale * ss)
                draw.line(path, fill=ink, width=round(width), joint="curve")
                if line[1] and width > 3:
                    for x, y in (path[0], path[-1]):
                        r = width / 2
                        draw.ellipse((x - r, y - r, x + r, y + r), fill=ink)
        coverage = np.asarray(image.reduce(ss), dtype=np.float32) / 255
        return Mask(int(x0), int(y0), coverage)

    # Parts

    def body(
        self,
        mask: Mask,
        color: Color,
        *,
        depth: float,
        roundness: float,
        base: float = 0.0,
        gloss: float = 0.1,
        metal: float = 0.0,
    ) -> None:
        """Put down a volume: it bulges by `depth` over `roundness` from its edge."""
        reach = roundness * self.scale
        pad = int(reach) + 2
        padded = np.pad(mask.coverage, pad)
        bulge = np.zeros_like(padded)
        for share in (1.0, 0.5, 0.25):
            soft = blurred(padded, reach * share * 0.6)
            bulge += np.clip(2 * soft - 1, 0, 1)
        t = bulge[pad:-pad, pad:-pad] / 3
        profile = np.sqrt(np.clip(1 - (1 - t) ** 2, 0, 1))
        self.surface(mask, color, base + depth * profile, gloss=gloss, metal=metal)

    def surface(
        self,
        mask: Mask,
        color: Color | Plane,
        height: Plane,
        *,
        gloss: float = 0.1,
        metal: float = 0.0,
    ) -> None:
        """Put down a piece whose height (h, w of the mask) is known."""
        self._mix(self.height, mask, height * self.scale)
        self.ink(mask, color)
        self.finish(mask, gloss, metal)

    def panel(
        self,
        mask: Mask,
        color: Color | None,
        *,
        rise: float = 2.5,
        soften: float = 1.5,
        gloss: float = 0.1,
        metal: float = 0.0,
    ) -> None:
        """Lay a thin piece on top of what is there; None keeps the color below."""
        self.emboss(mask, rise, soften)
        if color is not None:
            self.ink(mask, color)
        self.finish(mask, gloss, metal)

    def emboss(self, mask: Mask, rise: float, soften: float = 1.0) -> None:
        """Raise (or, below zero, sink) what is there."""
        rows, cols = mask.area
        self.height[rows, cols] += (
            blurred(mask.coverage, soften * self.scale) * rise * self.scale
        )

    def ink(self, mask: Mask, color: Color | Plane, opacity: float = 1.0) -> None:
        """Print on what is there: a color, or linear light (h, w, 3) of the mask."""
        tone = color if isinstance(color, np.ndarray) else linear(color)
        rows, cols = mask.area
        part = self.color[rows, cols]
        part += (tone - part) * (mask.coverage * opacity)[..., None]
        alpha = self.alpha[rows, cols]
        np.maximum(alpha, mask.coverage * opacity, out=alpha)

    def texture(
        self, mask: Mask, tile: Plane, depth: float, *, shade: float = 0.0
    ) -> None:
        """Press a tiling grain (-1..1) into the surface; `shade` darkens its pits."""
        rows, cols = mask.area
        h, w = mask.coverage.shape
        ty, tx = tile.shape
        grain = tile[np.arange(mask.y, mask.y + h) % ty][
            :, np.arange(mask.x, mask.x + w) % tx
        ]
        self.height[rows, cols] += grain * mask.coverage * (depth * self.scale)
        if shade:
            self.color[rows, cols] *= (1 + shade * grain * mask.coverage)[..., None]

    def seam(
        self,
        *paths: Outline,
        color: Color,
        within: Mask | None = None,
        width: float = 3,
    ) -> None:
        """Sew along paths: a groove, and the thread in it."""
        groove = self.stroke(*paths, width=width * 1.8, is_round=False)
        thread = self.dashes(*paths, width=width, dash=width * 2.8, gap=width * 1.7)
        if within is not None:
            groove, thread = groove & within, thread & within
        self.emboss(groove, -1.3, 1.5)
        self.panel(thread, color, rise=1.8, soften=1.0, gloss=0.1)

    def darken(self, mask: Mask, strength: float) -> None:
        """Lose light on a part, as in a fold or under a flap."""
        rows, cols = mask.area
        self.color[rows, cols] *= (1 - strength * mask.coverage)[..., None]

    def picture(
        self, image: Image.Image, quad: Outline, within: Mask | None = None
    ) -> Mask:
        """Print an RGBA picture onto the quad (clockwise from top left)."""
        corners = quad * self.scale
        x0, y0 = np.maximum(np.floor(corners.min(axis=0)) - 1, 0).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(axis=0)) + 1, self.size_px).astype(int)
        w, h = int(x1 - x0), int(y1 - y0)
        if w < 1 or h < 1:
            return Mask(0, 0, np.zeros((1, 1), np.float32))
        shrink = np.hypot(*(corners[1] - corners[0])) / image.width
        if shrink < 0.6:
            image = image.reduce(max(1, int(0.5 / shrink) + 1))
        iw, ih = image.size
        source = np.array([[0, 0], [iw, 0], [iw, ih], [0, ih]], dtype=np.float64)
        warped = image.transform(
            (w, h),
            Image.Transform.PERSPECTIVE,
            perspective(corners - (x0, y0), source),
            Image.Resampling.BICUBIC,
        )
        pixels = np.asarray(warped, dtype=np.float32) / 255
        shape = self.fill(quad)
        mask = Mask(int(x0), int(y0), np.ascontiguousarray(pixels[..., 3])) & shape
        if within is not None:
            mask = mask & within
        self.ink(mask, pixels[..., :3] ** 2)
        return mask

    def finish(self, mask: Mask, gloss: float, metal: float) -> None:
        """Say how a part shines."""
        self._mix(self.gloss, mask, gloss)
        self._mix(self.metal, mask, metal)

    def _mix(self, plane: Plane, mask: Mask, value: Plane | float) -> None:
        rows, cols = mask.area
        part = plane[rows, cols]
        part += (value - part) * mask.coverage

    # Light

    def lit(self, light: Light = STUDIO) -> Image.Image:
        """Light the maps and return the product cut out, as an RGBA picture."""
        rgba = np.zeros((self.size_px, self.size_px, 4), np.uint8)
        ys, xs = (np.flatnonzero(self.alpha.any(axis=axis)) for axis in (1, 0))
        if ys.size:
            area = slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1)
            rgba[area] = self._lit_area(area, light)
        return Image.fromarray(rgba)

    def _lit_area(self, area: tuple[slice, slice], light: Light) -> NDArray[np.uint8]:
        height, metal, gloss = self.height[area], self.metal[area], self.gloss[area]
        gy, gx = np.gradient(height)
        nz = 1 / np.sqrt(gx * gx + gy * gy + 1)
        nx, ny = -gx * nz, -gy * nz
        lx, ly, lz = _unit(light.direction)
        lambert = np.clip((nx * lx + ny * ly + nz * lz + 0.18) / 1.18, 0, None)
        hx, hy, hz = _unit((lx, ly, lz + 1))
        logs = np.log(np.clip(nx * hx + ny * hy + nz * hz, 1e-3, 1))
        broad, tight = np.exp(14 * logs), np.exp(110 * logs)
        softbox = _window(nx, -0.78, -0.40, 0.16) * _window(ny, -0.75, 0.45, 0.25)
        rim = _window(nx, 0.66, 0.90, 0.08) * _window(ny, -0.6, 0.6, 0.2)
        occlusion = _occlusion(height, self.scale, lx, ly)
        lamp = np.asarray(light.tint, np.float32) * np.float32(light.key)
        sky = light.ambient * (0.86 - 0.24 * ny) * (0.45 + 0.55 * occlusion)
        edge = 0.45 + 0.55 * np.sqrt(nz)
        sky *= edge
        lambert *= occlusion * edge
        shine = (
            gloss
            * occlusion
            * (0.10 * broad + gloss * (0.55 * tight + 0.62 * softbox + 0.30 * rim))
        )
        rows, cols = area
        down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
        right = np.arange(cols.start, cols.stop, dtype=np.float32)[None, :]
        sweep = np.sin((down * 0.8 + right * 0.6) * (6.5 / self.size_px))
        look = 2 * nz * ny + 0.6 * nx + 0.30 * sweep
        sample = np.linspace(-2, 2, 400)
        table = np.interp(sample, *_STUDIO_WALL).astype(np.float32)
        mirror = table[np.clip((look + 2) * 100, 0, 399).astype(np.int32)]
        mirror = metal * (mirror * (0.5 + 0.5 * occlusion) + 0.55 * tight)
        rest = 1 - metal
        rgba = np.empty((*height.shape, 4), np.uint8)
        for i in range(3):
            level = (sky + lambert * lamp[i]) * rest + mirror
            out = self.color[area][..., i] * level
            out += shine * np.float32(light.tint[i])
            bright = out > 0.75
            out[bright] = 0.75 + 0.35 * np.tanh((out[bright] - 0.75) / 0.35)
            rgba[..., i] = np.clip(np.sqrt(np.clip(out, 0, 1)) * 255 + 0.5, 0, 255)
        rgba[..., 3] = self.alpha[area] * 255 + 0.5
        return rgba


_STUDIO_WALL = (
    [-2.0, -1.0, -0.55, -0.25, -0.05, 0.08, 0.2, 0.42, 0.8, 2.0],
    [1.5, 1.45, 1.25, 0.85, 0.62, 1.05, 1.2, 0.34, 0.5, 0.14],
)
"""What metal mirrors, by how far its normal leans down, from light to dark."""


def _unit(direction: tuple[float, float, float]) -> tuple[float, float, float]:
    norm = float(np.linalg.norm(direction))
    x, y, z = direction
    return x / norm, y / norm, z / norm


def _occlusion(height: Plane, scale: float, lx: float, ly: float) -> Plane:
    """How much light reaches each pixel past its higher neighbors, 0..1."""
    light = np.ones_like(height)
    for reach, strength in ((5.0, 0.20), (16.0, 0.075)):
        around = blurred(height, reach * scale)
        dy, dx = round(-ly * reach * 0.8 * scale), round(-lx * reach * 0.8 * scale)
        h, w = height.shape
        around = around[np.clip(np.arange(h) - dy, 0, h - 1)]
        around = around[:, np.clip(np.arange(w) - dx, 0, w - 1)]
        light /= 1 + strength / scale * np.clip(around - height, 0, 60)
    return light


def _window(plane: Plane, low: float, high: float, edge: float) -> Plane:
    """1 between low and high, falling smoothly to 0 over `edge` on both sides."""
    rise = np.clip((plane - low) / edge + 0.5, 0, 1)
    fall = np.clip((high - plane) / edge + 0.5, 0, 1)
    t = rise * fall
    return t * t * (3 - 2 * t)


def perspective(target: Outline, source: Outline) -> tuple[float, ...]:
    """Pillow's eight coefficients that show `source` corners at `target` corners."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(c) for c in np.linalg.solve(np.array(rows), np.array(values)))
