"""Things that stand around at home and are nobody's product."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.art import artwork
from scripts.demo.brands import NAMES
from scripts.demo.canvas import Canvas
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import PALETTES, Palette, mixed
from scripts.demo.scenes import household_ground, lamp, place, snapped
from scripts.demo.shapes import ellipse, moved, rectangle, spline
from scripts.demo.textures import knit, paper, weave
from scripts.demo.turned import solid


def _mug(canvas: Canvas, rng: np.random.Generator, palette: Palette) -> None:
    wide, tall = rng.uniform(170, 230), rng.uniform(300, 420)
    top = 900 - tall
    loop = canvas.stroke(
        spline([(500 + wide - 20, top + 60), (500 + wide + 120, top + 80),
                (500 + wide + 120, top + tall * 0.6), (500 + wide - 20,
                top + tall * 0.74)],
               closed=False), width=40)  # fmt: skip
    canvas.body(loop, palette.main, depth=34, roundness=20, gloss=0.8)
    profile = spline([(wide, top), (wide, top + tall * 0.6), (wide * 0.97, 880),
                      (wide * 0.9, 900)], closed=False)  # fmt: skip
    body = solid(canvas, profile, palette.main, gloss=0.8)
    stripe = canvas.fill(rectangle(0, 860 - tall * 0.4, 1000, 860)) & body
    canvas.ink(stripe, palette.second)
    rim = canvas.fill(ellipse(500, top, wide, wide * 0.13))
    canvas.surface(rim, mixed(palette.main, palette.light, 0.5),
                   np.full_like(rim.coverage, 10.0), gloss=0.5)  # fmt: skip
    coffee = canvas.fill(ellipse(500, top + 5, wide * 0.93, wide * 0.1))
    canvas.surface(coffee, (66, 38, 24), np.full_like(coffee.coverage, 4.0), gloss=0.6)


def _plant(canvas: Canvas, rng: np.random.Generator, palette: Palette) -> None:
    green = mixed((60, 120, 66), palette.second, 0.15)
    for _ in range(int(rng.integers(12, 20))):
        tip = (500 + rng.uniform(-330, 330), rng.uniform(90, 480))
        bend = (500 + (tip[0] - 500) * 0.3, tip[1] + rng.uniform(60, 160))
        stem = spline([(500 + rng.uniform(-40, 40), 640), bend, tip], closed=False)
        canvas.body(canvas.stroke(stem, width=9), green, depth=8, roundness=5)
        tone = mixed(green, (20, 60, 30), float(rng.uniform(0, 0.6)))
        turn = float(np.arctan2(tip[1] - bend[1], tip[0] - bend[0]))
        leaf = spline([(-0.4, 0), (0.2, -0.32), (1, 0), (0.2, 0.32)])
        long = rng.uniform(90, 170)
        mask = canvas.fill(moved(leaf, scale=long, turn=turn, by=tip))
        canvas.body(mask, tone, depth=16, base=20, roundness=26, gloss=0.5)
        vein = moved([(-0.35, 0), (0.85, 0)], scale=long, turn=turn, by=tip)
        canvas.emboss(canvas.stroke(vein, width=5) & mask, -5, 2)
    wide = rng.uniform(150, 200)
    pot = spline([(wide, 600), (wide * 1.02, 640), (wide * 0.8, 900)], closed=False)
    mask = solid(canvas, pot, palette.main, gloss=0.2)
    canvas.texture(mask, paper(2.0), 1.2, shade=0.08)
    canvas.panel(
        canvas.fill(rectangle(0, 590, 1000, 650)) & mask, palette.second, rise=7
    )


def _books(canvas: Canvas, rng: np.random.Generator, palette: Palette) -> None:
    y = 900.0
    for i in range(int(rng.integers(4, 8))):
        tall, wide = rng.uniform(64, 110), rng.uniform(300, 400)
        x = 500 + rng.uniform(-40, 40)
        color = (palette.main, palette.second, palette.accent, palette.dark)[i % 4]
        outline = rectangle(x - wide, y - tall, x + wide, y, radius=12)
        mask = canvas.fill(outline)
        canvas.body(mask, color, depth=22, roundness=18, gloss=0.15)
        canvas.texture(mask, weave(4), 0.5, shade=0.06)
        title = Image.new("RGBA", (700, 90))
        text = (
            f"{NAMES[int(rng.integers(0, 48))]} and {NAMES[int(rng.integers(0, 48))]}"
        )
        write(ImageDraw.Draw(title), (350, 45), text, fitted(text, 66, 660),
        palette.light,
              weight=0.03)  # fmt: skip
        middle = y - tall / 2
        canvas.picture(title, rectangle(x - wide * 0.7, middle - 26, x + wide * 0.5,
                                        middle + 26), mask)  # fmt: skip
        bands = [rectangle(x + wide * s, y - tall, x + wide * s + 10, y)
                 for s in (-0.86, -0.82, 0.78)]  # fmt: skip
        canvas.panel(canvas.fill(*bands) & mask, palette.light, rise=2)
        y -= tall


def _lamp(canvas: Canvas, rng: np.random.Generator, palette: Palette) -> None:
    foot = spline(
        [(30, 480), (26, 800), (60, 850), (170, 880), (180, 900)], closed=False
    )
    solid(canvas, foot, (224, 190, 130), gloss=0.8, metal=1)
    wide = rng.uniform(220, 290)
    shade = spline([(wide * 0.62, 140), (wide, 500)], closed=False)
    mask = solid(canvas, shade, mixed(palette.light, palette.accent, 0.2), gloss=0.0)
    canvas.texture(mask, weave(6), 0.8, shade=0.08)
    folds = [np.array([(500 + wide * 0.62 * s, 140), (500 + wide * s, 500)])
             for s in np.linspace(-0.9, 0.9, int(rng.integers(7, 19)))]  # fmt: skip
    canvas.emboss(canvas.stroke(*folds, width=6) & mask, -6, 2)


def _cushion(canvas: Canvas, rng: np.random.Generator, palette: Palette) -> None:
    side = rng.uniform(330, 380)
    points = []
    for a in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        r = side / max(abs(np.cos(a)), abs(np.sin(a))) ** 0.72
        points.append((500 + r * np.cos(a), 500 + r * np.sin(a)))
    mask = canvas.fill(spline(points))
    canvas.body(mask, palette.main, depth=130, roundness=240)
    art = artwork(int(rng.integers(0, 10**6)), palette, 600, 600, ground=palette.second)
    canvas.picture(art, rectangle(500 - side, 500 - side, 500 + side, 500 + side), mask)
    canvas.texture(mask, knit(8), 1.3, shade=0.1)


def _plate(canvas: Canvas, rng: np.random.Generator, palette: Palette) -> None:
    for r, depth, color in (
        (430, 30, palette.light), (300, -14, mixed(palette.light, palette.second,
        0.25)),
    ):  # fmt: skip
        disc = canvas.fill(ellipse(500, 500, r, steps=120))
        if depth > 0:
            canvas.body(disc, color, depth=depth, roundness=90, gloss=0.7)
        else:
            canvas.panel(disc, color, rise=depth, soften=10, gloss=0.7)
    for k in range(36):
        a = 2 * np.pi * k / 36
        dot = ellipse(500 + 368 * np.cos(a), 500 + 368 * np.sin(a), 11)
        canvas.ink(canvas.fill(dot), palette.accent if k % 2 else palette.main)
    for _ in range(int(rng.integers(3, 7))):
        x, y = 500 + rng.uniform(-160, 160, 2)
        color = ((206, 60, 48), (236, 190, 60), (120, 160, 60))[int(rng.integers(0, 3))]
        fruit = canvas.fill(ellipse(x, y, rng.uniform(70, 110)))
        canvas.body(fruit, color, depth=90, base=20, roundness=90, gloss=0.6)
        canvas.texture(fruit, paper(2.0), 0.5)
        stalk = np.array([(x, y), (x + 12, y - 40)])
        canvas.body(canvas.stroke(stalk, width=9), (84, 56, 32), depth=10, base=110,
                    roundness=5)  # fmt: skip


_OBJECTS = ((_mug, True), (_plant, True), (_books, True), (_lamp, True),
            (_cushion, False), (_plate, False))  # fmt: skip


def household_photo(rng: np.random.Generator) -> Image.Image:
    """Photograph one or two household things on a textured ground."""
    draw, is_standing = _OBJECTS[int(rng.integers(0, len(_OBJECTS)))]
    size = (int(rng.integers(620, 800)), int(rng.integers(620, 800)))
    ground = household_ground(rng, size, is_standing=is_standing)
    light = lamp(rng)
    num_things = 2 if is_standing and rng.random() < 0.5 else 1
    side = int(min(size) * (0.94 if num_things == 1 else 0.64))
    for i in range(num_things):
        canvas = Canvas(side)
        if i:
            draw = _OBJECTS[int(rng.integers(0, 4))][0]
        draw(canvas, rng, PALETTES[int(rng.integers(0, len(PALETTES)))])
        room = size[0] - side
        x = room // 2 if num_things == 1 else (room if i else 0)
        y = (
            size[1] - side - int(rng.integers(0, 20))
            if is_standing
            else (size[1] - side) // 2
        )
        place(ground, canvas.lit(light), (x, y), is_standing=is_standing)
    return snapped(ground, rng)
