"""Shirts laid flat: cloth with folds, ribs, seams and a print."""

import numpy as np
from PIL import Image

from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.palettes import Palette, mixed
from scripts.demo.planes import Color
from scripts.demo.prints import MID, print_back, print_chest, print_cloth, print_tag
from scripts.demo.shapes import (
    Outline,
    ellipse,
    mirrored,
    rectangle,
    shifted,
    spline,
)
from scripts.demo.textures import knit, noise, weave


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the shirt: view `front` or `back`."""
    rng = design.rng()
    kind = ("tee", "tee", "polo", "long")[int(rng.integers(0, 4))]
    fit = rng.uniform(-14, 14, 4)
    chest, hem, shoulder = 236 + fit[0], 232 + fit[1], 214 + fit[2]
    length = 930 + fit[3] * 2
    cloth = knit(6) if kind != "polo" else weave(4)
    torso = _torso(chest, hem, shoulder, length)
    body = canvas.fill(torso)
    sleeve_color = palette.second if rng.random() < 0.3 else palette.main
    sleeves = _sleeves(canvas, kind, chest, shoulder, sleeve_color, rng)
    canvas.body(body, palette.main, depth=26, roundness=60, gloss=0.04)
    pattern = int(rng.integers(0, 6))
    for piece in (body, *sleeves):
        print_cloth(canvas, design, palette, piece, pattern)
    _folds(canvas, [body, *sleeves], rng)
    for piece in (body, *sleeves):
        canvas.texture(piece, cloth, 0.7, shade=0.05)
    _seams(canvas, palette, body, torso, length, chest, shoulder)
    _neck(canvas, design, palette, body, kind, view)
    if view == "front":
        print_chest(canvas, design, palette, body, pattern, kind)
    else:
        print_back(canvas, design, palette, body)


def _torso(chest: float, hem: float, shoulder: float, length: float) -> Outline:
    right = [
        (MID + 92, 108), (MID + shoulder * 0.8, 132), (MID + shoulder, 158),
        (MID + shoulder - 14, 250), (MID + chest - 18, 330), (MID + chest,
        390),
        (MID + chest - 6, 600), (MID + hem, 840), (MID + hem + 4, length),
        (MID + hem * 0.5, length + 12),
    ]  # fmt: skip
    left = [(2 * MID - x, y) for x, y in right[::-1]]
    neck = [(MID - 46, 122.0), (MID, 126.0), (MID + 46, 122.0)]
    return spline([*right, *left, *neck], steps=10)


def _sleeves(
    canvas: Canvas,
    kind: str,
    chest: float,
    shoulder: float,
    color: Color,
    rng: np.random.Generator,
) -> list[Mask]:
    edge, side = MID + shoulder, MID + chest
    right: list[tuple[float, float]]
    if kind == "long":
        right = [
            (edge - 30, 142), (edge + 60, 210), (edge + 140, 430), (edge + 196, 760),
            (edge + 204, 800), (edge + 132, 816), (edge + 96, 640), (side - 10, 400),
            (side - 40, 330),
        ]  # fmt: skip
    else:
        drop = float(rng.uniform(-20, 30))
        right = [
            (edge - 30, 142), (edge + 70, 196), (edge + 190, 330 + drop),
            (edge + 196, 350 + drop), (edge + 104, 424 + drop), (edge + 92, 420 + drop),
            (side - 16, 352), (side - 44, 300),
        ]  # fmt: skip
    masks = []
    for outline in (spline(right, steps=10), mirrored(spline(right, steps=10))):
        mask = canvas.fill(outline)
        canvas.body(mask, color, depth=22, roundness=46, gloss=0.04)
        masks.append(mask)
        end = (
            np.array([right[3], right[4]])
            if kind != "long"
            else np.array([right[4], right[5]])
        )
        inward = np.array(right[2 if kind == "long" else 1]) - end[0]
        inward = inward / np.linalg.norm(inward)
        for step in (22.0, 30.0):
            path = end + inward * step
            path = path + (path[1] - path[0]) * np.array([[-0.3], [0.3]])
            path = path if len(masks) == 1 else mirrored(path)
            canvas.seam(path, color=mixed(color, (255, 255, 255), 0.3), within=mask,
                        width=2.2)  # fmt: skip
    return masks


def _folds(canvas: Canvas, pieces: list[Mask], rng: np.random.Generator) -> None:
    size = (canvas.size_px, canvas.size_px)
    broad = noise(rng, size, 190 * canvas.scale)
    ridges = 1 - np.abs(noise(rng, size, 150 * canvas.scale)) * 2.2
    field = broad * 13 + np.clip(ridges, -0.4, 1) * 5
    paths = []
    for side in (-1, 1):
        for _ in range(3):
            x, y = MID + side * rng.uniform(190, 225), rng.uniform(300, 420)
            to = (MID + side * rng.uniform(40, 130), y + rng.uniform(80, 260))
            mid = ((x + to[0]) / 2 + rng.uniform(-20, 20), (y + to[1]) / 2)
            paths.append(spline([(x, y), mid, to], closed=False))
    creases = canvas.stroke(*paths, width=12)
    for piece in pieces:
        rows, cols = piece.area
        canvas.height[rows, cols] += field[rows, cols] * piece.coverage * canvas.scale
        canvas.emboss(creases & piece, 5, 9)


def _seams(
    canvas: Canvas,
    palette: Palette,
    body: Mask,
    torso: Outline,
    length: float,
    chest: float,
    shoulder: float,
) -> None:
    thread = mixed(palette.main, palette.print_color, 0.3)
    hems = [
        spline(
            [
                (0, length - up),
                (MID - 110, length + 10 - up),
                (MID + 110, length + 10 - up),
                (1000, length - up),
            ],
            closed=False,
        )
        for up in (26, 34)
    ]
    canvas.seam(*hems, color=thread, within=body, width=2.2)
    arm = spline([(MID + shoulder - 6, 150), (MID + shoulder - 26, 240),
                  (MID + chest - 14, 350)], closed=False)  # fmt: skip
    groove = canvas.stroke(arm, mirrored(arm), width=5)
    canvas.emboss(groove & body, -6, 3)
    inner = [arm - (9, 0), mirrored(arm - (9, 0))]
    canvas.seam(*inner, color=thread, within=body, width=2.0)


def _neck(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    body: Mask,
    kind: str,
    view: str,
) -> None:
    rng = design.rng(21)
    rib = (
        palette.accent
        if rng.random() < 0.35
        else mixed(palette.main, palette.dark, 0.2)
    )
    deep = (200.0 if rng.random() < 0.6 else 236.0) if view == "front" else 140.0
    inside = spline([(MID - 92, 106), (MID - 40, 118), (MID + 40, 118),
    (MID + 92, 106),
                     (MID + 62, deep - 30), (MID, deep), (MID - 62,
                     deep - 30)])  # fmt: skip
    hole = canvas.fill(inside)
    if view == "front":
        canvas.surface(hole, mixed(palette.main, palette.dark, 0.55),
                       np.full_like(hole.coverage, 6.0), gloss=0)  # fmt: skip
        canvas.texture(hole, knit(6), 0.7, shade=0.05)
        label = rectangle(MID - 44, 124, MID + 44, 168)
        tag = Image.new("RGBA", (264, 132), (*palette.light, 255))
        print_tag(tag, design, palette)
        mask = canvas.picture(tag, label, hole)
        canvas.emboss(mask, 3)
    front_edge = spline([(MID + 96, 104), (MID + 66, deep - 28), (MID,
    deep + 4),
                         (MID - 66, deep - 28), (MID - 96, 104)],
                         closed=False)  # fmt: skip
    collar = canvas.stroke(front_edge, width=26, is_round=False) & body
    canvas.panel(collar, rib, rise=8, soften=5, gloss=0.04)
    along_ribs = [shifted(front_edge, 0, d) for d in (-6, 0, 6)]
    canvas.emboss(canvas.stroke(*along_ribs, width=2) & collar, -2, 0.8)
    canvas.seam(shifted(front_edge, 0, 17), color=mixed(rib, palette.light, 0.4),
    within=body,
                width=2.0)  # fmt: skip
    if kind == "polo":
        _polo(canvas, palette, rib, deep, view)


def _polo(canvas: Canvas, palette: Palette, rib: Color, deep: float, view: str) -> None:
    if view == "front":
        strip = canvas.fill(rectangle(MID - 26, deep - 10, MID + 26, 420, radius=4))
        canvas.panel(strip, rib, rise=4, soften=2)
        canvas.seam(rectangle(MID - 20, deep, MID + 20, 414), color=palette.light,
                    within=strip, width=2)  # fmt: skip
        for y in (deep + 34, deep + 96, deep + 158):
            button = canvas.fill(ellipse(MID, y, 11))
            canvas.body(button, palette.light, depth=6, base=50, roundness=8, gloss=0.7)
            canvas.ink(canvas.fill(*(ellipse(MID + dx, y + dy, 1.8)
                                     for dx in (-4, 4) for dy in (-4, 4))),
                       palette.dark)  # fmt: skip
    wing = np.array([(MID + 98, 96), (MID + 128, 150), (MID + 66, deep + 62),
                     (MID + 4, deep + 4), (MID + 58, deep - 40)])  # fmt: skip
    if view == "back":
        wing = np.array([(MID, 96), (MID + 98, 98), (MID + 128, 160), (MID, 178)])
    for outline in (wing, mirrored(wing)):
        piece = canvas.fill(outline)
        canvas.panel(piece, rib, rise=10, soften=4)
        canvas.texture(piece, weave(4), 0.7, shade=0.05)
        middle = outline.mean(axis=0)
        inner = middle + (np.vstack([outline, outline[:1]]) - middle) * 0.86
        canvas.seam(inner, color=mixed(rib, palette.light, 0.5), within=piece, width=2)
