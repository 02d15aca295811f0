"""What bags are sewn from: hides, straps, zips, buckles, patches."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.art import artwork
from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import Palette, mixed
from scripts.demo.planes import Color, Plane
from scripts.demo.shapes import (
    Outline,
    ellipse,
    rectangle,
    shifted,
)
from scripts.demo.textures import leather, noise, weave

_BRASS: tuple[Color, ...] = ((236, 200, 134), (222, 224, 230), (120, 120, 126))


class BagParts:
    """What every bag is sewn from."""

    def __init__(
        self, canvas: Canvas, design: Design, palette: Palette, view: str
    ) -> None:
        rng = design.rng(30)
        self.canvas, self.design, self.palette = canvas, design, palette
        self.is_front = view == "front"
        self.metal = _BRASS[int(rng.integers(0, 3))]
        self.is_leather = bool(rng.random() < 0.55)
        self.grain: Plane = (
            leather(1600 if rng.random() < 0.5 else 2600)
            if self.is_leather
            else weave(6 if rng.random() < 0.5 else 4, rng.random() < 0.4)
        )
        self.thread = mixed(palette.main, palette.light, 0.75)
        self.trim = (
            palette.dark
            if rng.random() < 0.5
            else mixed(palette.accent, palette.dark, 0.2)
        )
        self.pattern = int(rng.integers(0, 6))

    def hide(
        self,
        outline: Outline,
        color: Color,
        *,
        depth: float,
        roundness: float,
        base: float = 0.0,
    ) -> Mask:
        """Put down a stuffed piece of the bag's material."""
        mask = self.canvas.fill(outline)
        gloss = 0.28 if self.is_leather else 0.05
        self.canvas.body(mask, color, depth=depth, roundness=roundness, base=base,
                         gloss=gloss)  # fmt: skip
        return mask

    def finish(self, mask: Mask) -> None:
        """Press the grain in, and a few soft dents."""
        rng = self.design.rng(31)
        self.canvas.texture(
            mask, self.grain, 0.9 if self.is_leather else 0.8, shade=0.07
        )
        dents = noise(rng, mask.coverage.shape, 170 * self.canvas.scale)
        rows, cols = mask.area
        self.canvas.height[rows, cols] += dents * mask.coverage * 7 * self.canvas.scale

    def applique(self, outline: Outline, color: Color, rise: float = 5.0) -> Mask:
        """Sew a flat piece on, with a seam inside its edge."""
        mask = self.canvas.fill(outline)
        self.canvas.panel(mask, color, rise=rise, soften=2.5,
                          gloss=0.25 if self.is_leather else 0.06)  # fmt: skip
        self.canvas.texture(mask, self.grain, 0.8, shade=0.06)
        middle = outline.mean(axis=0)
        size = np.ptp(outline, axis=0).clip(40)
        inner = middle + (outline - middle) * (1 - 20 / size)
        self.canvas.seam(np.vstack([inner, inner[:1]]), color=self.thread, within=mask)
        return mask

    def strap(self, path: Outline, width: float, color: Color, base: float = 0) -> None:
        """Lay a padded band along a path."""
        mask = self.canvas.stroke(path, width=width, is_round=False)
        self.canvas.body(mask, color, depth=18, roundness=width * 0.4, base=base,
                         gloss=0.25 if self.is_leather else 0.05)  # fmt: skip
        self.canvas.texture(mask, self.grain, 0.8, shade=0.06)
        steps = np.gradient(path, axis=0)
        steps /= np.maximum(np.hypot(*steps.T), 1e-9)[:, None]
        across = np.stack([-steps[:, 1], steps[:, 0]], axis=1) * (width / 2 - 7)
        self.canvas.seam(path + across, path - across, color=self.thread, within=mask,
                         width=2.4)  # fmt: skip

    def hardware(self, mask: Mask, depth: float = 14, base: float = 60) -> None:
        """Put down a piece of cast metal."""
        self.canvas.body(mask, self.metal, depth=depth, base=base, roundness=8,
        gloss=0.8,
                         metal=1)  # fmt: skip

    def rivets(self, *spots: tuple[float, float], radius: float = 10) -> None:
        """Set rivets."""
        for x, y in spots:
            self.hardware(self.canvas.fill(ellipse(x, y, radius)), depth=10)

    def zip(self, path: Outline, base: float = 40) -> None:
        """Run a zip along a path: tape, teeth, slider."""
        canvas = self.canvas
        tape = canvas.stroke(path, width=30, is_round=False)
        canvas.panel(tape, self.palette.dark, rise=2)
        teeth = canvas.dashes(path, width=12, dash=5, gap=5)
        canvas.panel(teeth, self.metal, rise=5, soften=0.8, metal=0.9, gloss=0.6)
        x, y = path[int(len(path) * 0.82)]
        slider = canvas.fill(rectangle(x - 15, y - 12, x + 15, y + 12, radius=6))
        self.hardware(slider, base=base + 30)
        pull = canvas.fill(rectangle(x - 8, y + 8, x + 8, y + 66, radius=7),
                           holes=(ellipse(x, y + 52, 4),))  # fmt: skip
        self.hardware(pull, depth=9, base=base + 34)

    def buckle(self, x: float, y: float, size: float) -> None:
        """Put down a frame buckle with its prong."""
        outer = rectangle(x - size, y - size * 0.8, x + size, y + size * 0.8, radius=10)
        inner = rectangle(x - size * 0.66, y - size * 0.5, x + size * 0.66,
                          y + size * 0.5, radius=5)  # fmt: skip
        self.hardware(self.canvas.fill(outer, holes=(inner,)))
        prong = rectangle(x - 4, y - size * 0.2, x + 4, y + size * 0.86, radius=4)
        self.hardware(self.canvas.fill(prong), base=70)

    def patch(self, x: float, y: float, width: float) -> None:
        """Sew the brand's patch on."""
        tall = width * 0.52
        image = Image.new("RGBA", (600, 312), (*self.palette.light, 255))
        pen = ImageDraw.Draw(image)
        ink = self.palette.dark
        pen.rounded_rectangle((16, 16, 584, 296), 20, outline=ink, width=5)
        self.design.brand.mark.draw(image, 300, 96, 62, ink)
        name = self.design.brand.name.upper() or self.design.model.upper()
        write(
            pen,
            (300, 204),
            name,
            fitted(name, 74, 520, 0.12),
            ink,
            spacing=0.12,
            weight=0.06,
        )
        line = f"{self.design.model} {self.design.code}"
        write(pen, (300, 262), line, fitted(line, 36, 480, 0.06), ink, spacing=0.06)
        box = rectangle(
            x - width / 2, y - tall / 2, x + width / 2, y + tall / 2, radius=6
        )
        mask = self.canvas.fill(box)
        quad = rectangle(x - width / 2, y - tall / 2, x + width / 2, y + tall / 2)
        self.canvas.panel(mask, self.palette.light, rise=4)
        self.canvas.picture(image, quad, mask)
        self.canvas.texture(mask, leather(2200), 0.5, shade=0.04)

    def decorate(self, mask: Mask, box: tuple[float, float, float, float]) -> None:
        """Print or weave the design's pattern into a piece."""
        canvas, palette, design = self.canvas, self.palette, self.design
        rng = design.rng(32)
        x0, y0, x1, y1 = box
        if self.pattern == 0:
            marks: list[Outline] = []
            cuts: list[Outline] = []
            pitch = rng.uniform(78, 110)
            for row, y in enumerate(np.arange(y0, y1 + pitch, pitch * 0.8)):
                for x in np.arange(x0 + (row % 2) * pitch / 2, x1 + pitch, pitch):
                    inked, cut = design.brand.mark.placed(
                        float(x), float(y), pitch * 0.24
                    )
                    marks += inked
                    cuts += cut
            ink = canvas.fill(*marks, holes=tuple(cuts)) & mask
            canvas.ink(ink, palette.accent, 0.85)
        elif self.pattern in (1, 2):
            wide, tall = round((x1 - x0) * 0.8), round((y1 - y0) * 0.8)
            art = artwork(
                design.seed,
                palette,
                wide,
                tall,
                ground=palette.second if self.pattern == 1 else None,
            )
            inset = 0 if self.pattern == 1 else 0.12 * (x1 - x0)
            quad = rectangle(x0 + inset, y0 + inset, x1 - inset, y1 - inset)
            canvas.picture(art, quad, mask)
        elif self.pattern == 3:
            pitch = rng.uniform(60, 90)
            lines = [
                np.array([(x, y0), (x + s * (y1 - y0), y1)])
                for x in np.arange(x0 - 800, x1 + 800, pitch)
                for s in (-1, 1)
            ]
            quilt = canvas.stroke(*lines, width=8, is_round=False) & mask
            canvas.emboss(quilt, -14, 7)
            canvas.panel(canvas.dashes(*lines, width=2.6) & mask, self.thread, rise=2)
        elif self.pattern == 4:
            for k, at in enumerate(np.sort(rng.uniform(x0, x1, 3))):
                width = float(rng.uniform(16, 70))
                band = rectangle(at - width / 2, 0, at + width / 2, 1000)
                color = (palette.accent, palette.second, palette.light)[k]
                canvas.ink(canvas.fill(band) & mask, color)
        else:
            level = float(rng.uniform(y0 + 0.45 * (y1 - y0), y1 - 0.2 * (y1 - y0)))
            lower = canvas.fill(rectangle(0, level, 1000, 1000)) & mask
            canvas.panel(lower, self.trim, rise=4)
            line = np.array([(0.0, level + 14), (1000.0, level + 14)])
            canvas.seam(line, shifted(line, 0, 9), color=self.thread, within=mask)
