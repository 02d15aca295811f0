"""Indices and hands of a dial."""

import numpy as np

from scripts.demo.canvas import Canvas
from scripts.demo.palettes import Palette
from scripts.demo.planes import Color
from scripts.demo.shapes import (
    ellipse,
    moved,
    rectangle,
    spline,
)

MID = 500.0
"""The middle of the canvas, on both axes."""


def indices(
    canvas: Canvas, metal: Color, palette: Palette, dial_r: float, kind: int
) -> None:
    """Set the indices around the dial."""
    marks = []
    for i in range(12):
        turn = 2 * np.pi * i / 12
        if kind == 0:
            shape = rectangle(-6, -dial_r * 0.90, 6, -dial_r * 0.80)
        elif kind == 1:
            shape = ellipse(0, -dial_r * 0.845, dial_r * 0.052)
        elif kind == 2:
            shape = np.array(
                [(-9, -dial_r * 0.9), (9, -dial_r * 0.9), (0, -dial_r * 0.78)]
            )
        else:
            shape = rectangle(-3.5, -dial_r * 0.92, 3.5, -dial_r * 0.82)
        marks.append(moved(shape, turn=turn, by=(MID, MID)))
    mask = canvas.fill(*marks)
    canvas.panel(mask, metal, rise=6, soften=1.2, metal=0.8, gloss=0.7)
    if kind == 1:
        inner = [
            ellipse(
                MID + dial_r * 0.845 * np.sin(t),
                MID - dial_r * 0.845 * np.cos(t),
                dial_r * 0.036,
            )
            for t in np.arange(12) * np.pi / 6
        ]
        lume = canvas.fill(*inner)
        canvas.ink(lume, (226, 240, 214))
        canvas.finish(lume, 0.1, 0)


def hands(
    canvas: Canvas,
    metal: Color,
    palette: Palette,
    dial_r: float,
    rng: np.random.Generator,
) -> None:
    """Set the three hands and the cap over them."""
    minutes = float(rng.integers(0, 60))
    hours = (rng.integers(0, 12) + minutes / 60) / 12
    style = int(rng.integers(0, 3))
    for turn, length, width in ((hours, 0.54, 15.0), (minutes / 60, 0.80, 11.0)):
        long = dial_r * length
        if style == 0:
            shape = np.array(
                [
                    (-width, 0),
                    (-width * 0.6, -long * 0.9),
                    (0, -long),
                    (width * 0.6, -long * 0.9),
                    (width, 0),
                    (0, 30),
                ]
            )
        elif style == 1:
            shape = rectangle(-width * 0.7, -long, width * 0.7, 26, radius=6)
        else:
            shape = spline(
                [
                    (0, 20),
                    (-width * 0.5, -long * 0.2),
                    (-width, -long * 0.6),
                    (0, -long),
                    (width, -long * 0.6),
                    (width * 0.5, -long * 0.2),
                ]
            )
        placed = moved(shape, turn=2 * np.pi * turn, by=(MID, MID))
        canvas.body(
            canvas.fill(placed),
            metal,
            depth=7,
            base=50,
            roundness=9,
            gloss=0.7,
            metal=0.85,
        )
        lume = moved(
            rectangle(-width * 0.3, -long * 0.8, width * 0.3, -long * 0.35),
            turn=2 * np.pi * turn,
            by=(MID, MID),
        )
        canvas.ink(canvas.fill(lume), (236, 244, 226))
    turn = float(rng.uniform(0, 2 * np.pi))
    needle = moved(
        np.array(
            [(-3.2, 50), (-1.6, -dial_r * 0.86), (1.6, -dial_r * 0.86), (3.2, 50)]
        ),
        turn=turn,
        by=(MID, MID),
    )
    canvas.body(canvas.fill(needle), palette.accent, depth=3, base=62, roundness=4)
    canvas.body(
        canvas.fill(ellipse(MID, MID, 15)),
        metal,
        depth=9,
        base=62,
        roundness=12,
        gloss=0.8,
        metal=0.9,
    )
