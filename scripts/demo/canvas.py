"""A small studio renderer: parts become color, height and gloss; light comes last.

Every product is drawn into four maps: color, height, gloss and metal. One pass then
turns the height into normals and lights all of it together, so that a stitch, a panel
edge and a bottle's curve catch the same lamp.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.lighting import STUDIO, Light, lit_pixels
from scripts.demo.planes import Color, Plane, blurred, linear, perspective, plane
from scripts.demo.shapes import Outline, along

_SUPERSAMPLE = 3


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


class Canvas:
    """The four maps of one picture, in square pixels.

    Lengths, heights included, are given in design units: 1000 across.
    """

    def __init__(self, size_px: int) -> None:
        shape = (size_px, size_px)
        self.size_px = size_px
        self.scale = size_px / 1000
        self.color: Plane = np.zeros((3, *shape), np.float32)
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
        coverage = np.asarray(image.reduce(ss), dtype=np.float32)
        return Mask(int(x0), int(y0), plane(coverage / 255))

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
        height = plane(base + depth * profile)
        self.surface(mask, color, height, gloss=gloss, metal=metal)

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
        rows, cols = mask.area
        part = self.color[:, rows, cols]
        coverage = mask.coverage if opacity == 1 else mask.coverage * opacity
        if isinstance(color, np.ndarray):
            part += (np.moveaxis(color, 2, 0) - part) * coverage
        else:
            part += (linear(color)[:, None, None] - part) * coverage
        alpha = self.alpha[rows, cols]
        np.maximum(alpha, coverage, out=alpha)

    def dim(self, mask: Mask, factor: Plane) -> None:
        """Multiply the color on the mask's area by a factor (h, w)."""
        rows, cols = mask.area
        self.color[:, rows, cols] *= factor

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
            self.dim(mask, 1 + shade * grain * mask.coverage)

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
        self.dim(mask, 1 - strength * mask.coverage)

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
        self.ink(mask, plane(pixels[..., :3] ** 2))
        return mask

    def finish(self, mask: Mask, gloss: float, metal: float) -> None:
        """Say how a part shines."""
        self._mix(self.gloss, mask, gloss)
        self._mix(self.metal, mask, metal)

    def _mix(self, onto: Plane, mask: Mask, value: Plane | float) -> None:
        rows, cols = mask.area
        part = onto[rows, cols]
        part += (value - part) * mask.coverage

    def lit(self, light: Light = STUDIO) -> Image.Image:
        """Light the maps and return the product cut out, as an RGBA picture."""
        rgba = np.zeros((self.size_px, self.size_px, 4), np.uint8)
        ys, xs = (np.flatnonzero(self.alpha.any(axis=axis)) for axis in (1, 0))
        if ys.size:
            area = slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1)
            rgba[area][..., :3] = lit_pixels(
                self.color[:, area[0], area[1]],
                self.height[area],
                self.gloss[area],
                self.metal[area],
                light,
                scale=self.scale,
                corner=(int(ys[0]), int(xs[0])),
            )
            rgba[area][..., 3] = self.alpha[area] * 255 + 0.5
        return Image.fromarray(rgba)
