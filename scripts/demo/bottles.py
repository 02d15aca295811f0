"""Bottles, flasks and jars: turned shapes with a wrapped label."""

import numpy as np
from PIL import Image

from scripts.demo import labels
from scripts.demo.art import artwork
from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.palettes import Palette, mixed
from scripts.demo.planes import Color, Plane, linear
from scripts.demo.shapes import Outline, rectangle, spline
from scripts.demo.textures import paper
from scripts.demo.turned import by_height, drum, pixels, silhouette

_C = 500.0

# Half width at each height, from the shoulder down; then where the label sits.
_SHAPES: tuple[tuple[list[tuple[float, float]], float, float], ...] = (
    ([(56, 250), (64, 262), (150, 320), (186, 390), (190, 500), (190, 900), (176, 960)],
     420, 880),
    ([(60, 190), (62, 300), (80, 360), (150, 450), (164, 520), (164, 900), (150, 962)],
     520, 880),
    ([(120, 220), (206, 240), (214, 300), (206, 600), (214, 900), (196, 958)], 330,
    860),
    ([(48, 300), (52, 320), (190, 360), (230, 420), (236, 560), (236, 880), (210, 950)],
     450, 860),
    ([(140, 200), (168, 226), (172, 300), (172, 900), (160, 960)], 330, 830),
    ([(90, 240), (120, 262), (176, 330), (160, 460), (150, 600), (176, 780), (186, 900),
      (170, 962)], 400, 860),
)  # fmt: skip


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the bottle: view `front`, `turned` (a quarter to the side) or `back`."""
    rng = design.rng()
    points, label_top, label_foot = _SHAPES[int(rng.integers(0, len(_SHAPES)))]
    stretch = rng.uniform(0.85, 1.15)
    profile = spline([(r * stretch, y) for r, y in points], closed=False)
    is_flask = design.brand.name == "Brackmoor" or rng.random() < 0.15
    is_glass = not is_flask and rng.random() < 0.4
    body = silhouette(canvas, profile)
    _color_body(canvas, body, profile, palette, is_flask, is_glass, rng)
    _cap(canvas, palette, float(profile[0, 0]), float(profile[0, 1]), design)
    turn = {"front": 0.0, "turned": 0.9, "back": np.pi}[view]
    if is_flask:
        _printed(canvas, design, palette, profile, body, turn)
        return
    top = label_top + rng.uniform(-20, 40)
    foot = label_foot - rng.uniform(0, 60)
    art = _wrap(design, palette, float(np.interp((top + foot) / 2,
    *by_height(profile))),
                foot - top)  # fmt: skip
    _stick(canvas, art, profile, body, top, foot, turn)


def _color_body(
    canvas: Canvas,
    mask: Mask,
    profile: Outline,
    palette: Palette,
    is_flask: bool,
    is_glass: bool,
    rng: np.random.Generator,
) -> None:
    x, y = pixels(canvas, mask)
    radius = np.interp(y, *by_height(profile)).astype(np.float32)
    across = np.clip(x / np.maximum(radius, 1), -1, 1)
    height = radius * np.sqrt(1 - across**2)
    tone: Color = palette.main
    if is_glass:
        level = float(rng.uniform(330, 460))
        deep = linear(mixed(palette.main, palette.dark, 0.35))
        clear = linear(mixed(palette.main, (255, 255, 255), 0.72))
        thick = np.clip(1.25 - np.abs(across) ** 2.2, 0, 1)[..., None]
        liquid = deep + (linear(mixed(palette.main, palette.light, 0.3)) - deep) * thick
        filled = np.clip((y - level - 9 * np.sqrt(1 - across**2)) / 3, 0, 1)[..., None]
        color = clear * (0.72 + 0.28 * thick) * (1 - filled) + liquid * filled
        canvas.surface(mask, color.astype(np.float32), height, gloss=1.0)
    elif is_flask:
        canvas.surface(mask, tone, height, gloss=0.5)
        canvas.texture(mask, paper(0.8), 0.5, shade=0.05)
        band = canvas.fill(rectangle(0, profile[-1, 1] - 40, 1000, 1000)) & mask
        canvas.ink(band, (206, 208, 212))
        canvas.finish(band, 0.7, 1.0)
    else:
        canvas.surface(mask, tone, height, gloss=0.75)
        if rng.random() < 0.5:
            split = float(rng.uniform(380, 460))
            lower = canvas.fill(rectangle(0, split, 1000, 1000)) & mask
            canvas.ink(lower, palette.second)


def _cap(
    canvas: Canvas, palette: Palette, neck: float, top: float, design: Design
) -> None:
    rng = design.rng(4)
    kind = int(rng.integers(0, 4)) if design.brand.name != "Brackmoor" else 3
    wide = max(neck * rng.uniform(1.05, 1.25), 50)
    tall = min(rng.uniform(90, 150), top - (130 if kind in (1, 3) else 40))
    metal = float(rng.random() < 0.35)
    color = (216, 190, 140) if metal else palette.accent
    if kind == 1:
        color = palette.dark
        stem = [rectangle(_C - 12, top - tall - 70, _C + 12, top - tall)]
        spout = rectangle(
            _C - 96, top - tall - 100, _C + 44, top - tall - 62, radius=16
        )
        drum(canvas, stem[0], color, 0.5, 0)
        canvas.body(canvas.fill(spout), color, depth=24, roundness=18, gloss=0.7)
        tall, metal = tall * 0.7, 0.0
        drum(canvas, rectangle(_C - 34, top - tall - 34, _C + 34, top - tall + 4,
                                radius=8), color, 0.6, 0)  # fmt: skip
    elif kind == 3:
        a = np.linspace(np.pi, 2 * np.pi, 30)
        loop = np.stack(
            [_C + wide * 0.7 * np.cos(a), top - tall + 20 + 92 * np.sin(a)], axis=1
        )
        ring = canvas.stroke(loop, width=26)
        canvas.body(ring, palette.dark, depth=22, roundness=14, gloss=0.4)
    cap = rectangle(_C - wide, top - tall, _C + wide, top + 8, radius=14)
    mask = drum(canvas, cap, color, 0.7, metal)
    if kind in (0, 3):
        angles = np.linspace(-1.5, 1.5, 40)
        ribs = [
            rectangle(
                _C + wide * np.sin(a) - 1.6,
                top - tall + 16,
                _C + wide * np.sin(a) + 1.6,
                top,
            )
            for a in angles
        ]
        canvas.emboss(canvas.fill(*ribs) & mask, -4, 1.0)
    ring = canvas.fill(rectangle(_C - wide, top - 16, _C + wide, top - 10)) & mask
    canvas.emboss(ring, -6, 1.0)
    if kind == 2:
        inked, cut = design.brand.mark.placed(_C, top - tall * 0.5, tall * 0.26)
        canvas.panel(canvas.fill(*inked, holes=cut) & mask, palette.light, rise=2)


def _wrap(design: Design, palette: Palette, radius: float, tall: float) -> Image.Image:
    """Draw the whole label, laid flat: front, side text, back."""
    rng = design.rng(5)
    height = round(tall * 0.95)
    around = round(2 * np.pi * radius * 0.95)
    wide = round(around * 0.40)
    flat = Image.new("RGBA", (around, height))
    front = labels.front(design, palette, wide, height)
    back = labels.back(design, palette, wide, height)
    side = labels.side(design, palette, max(60, (around - 2 * wide) // 2), height)
    if rng.random() < 0.6:
        flat.paste(side, (around // 2 + wide // 2, 0))
        flat.paste(side, (around // 2 - wide // 2 - side.width, 0))
    flat.paste(front, (around // 2 - wide // 2, 0))
    flat.paste(back.crop((wide // 2, 0, wide, height)), (0, 0))
    flat.paste(
        back.crop((0, 0, wide - wide // 2, height)), (around - wide + wide // 2, 0)
    )
    return flat


def _sampled(
    canvas: Canvas,
    art: Image.Image,
    profile: Outline,
    body: Mask,
    box: tuple[float, float],
    turn: float,
) -> tuple[Mask, Plane]:
    """Wrap flat art around the body between two heights: its coverage and light."""
    top, foot = box
    reach = float(profile[:, 0].max()) + 4
    area = canvas.fill(rectangle(_C - reach, top - 10, _C + reach, foot + 30))
    x, y = pixels(canvas, area)
    radius = np.interp(y, *by_height(profile)).astype(np.float32)
    across = x / np.maximum(radius, 1)
    inside = np.abs(across) < 0.999
    angle = np.arcsin(np.clip(across, -1, 1)) + turn
    lean = 0.09 * radius * np.sqrt(np.clip(1 - across**2, 0, 1))
    v = (y - lean - top) / (foot - top)
    u = (angle / (2 * np.pi) + 0.5) % 1.0
    flat = np.asarray(art, dtype=np.float32) / 255
    flat[..., :3] **= 2
    th, tw = flat.shape[:2]
    fx, fy = u * tw - 0.5, np.clip(v, 0, 1) * (th - 1)
    x0, y0 = np.floor(fx).astype(int), np.floor(fy).astype(int)
    dx, dy = (fx - x0)[..., None], (fy - y0)[..., None]
    y1 = np.minimum(y0 + 1, th - 1)
    near = flat[y0, x0 % tw] * (1 - dx) + flat[y0, (x0 + 1) % tw] * dx
    far = flat[y1, x0 % tw] * (1 - dx) + flat[y1, (x0 + 1) % tw] * dx
    out = near * (1 - dy) + far * dy
    edge = np.clip(v * (foot - top) * canvas.scale + 0.5, 0, 1) * np.clip(
        (1 - v) * (foot - top) * canvas.scale + 0.5, 0, 1
    )
    coverage = (out[..., 3] * edge * inside).astype(np.float32)
    return Mask(area.x, area.y, coverage) & body, out[..., :3].astype(np.float32)


def _stick(
    canvas: Canvas,
    art: Image.Image,
    profile: Outline,
    body: Mask,
    top: float,
    foot: float,
    turn: float,
) -> None:
    mask, light = _sampled(canvas, art, profile, body, (top, foot), turn)
    canvas.ink(mask, light)
    canvas.finish(mask, 0.3, 0.0)
    canvas.emboss(mask, 2.0, 0.8)
    canvas.texture(mask, paper(1.0), 0.25)


def _printed(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    profile: Outline,
    body: Mask,
    turn: float,
) -> None:
    """Print straight on a flask: a picture in front, a mark and text behind."""
    rng = design.rng(6)
    top, foot = 360.0 + rng.uniform(-40, 40), 860.0 - rng.uniform(0, 60)
    radius = float(profile[:, 0].max())
    around, height = round(2 * np.pi * radius * 0.95), round((foot - top) * 0.95)
    flat = Image.new("RGBA", (around, height))
    wide = round(around * 0.36)
    tall = round(height * 0.66)
    art = artwork(
        design.seed + 3,
        palette,
        wide,
        tall,
        ground=palette.main if rng.random() < 0.5 else palette.second,
    )
    flat.paste(art, (around // 2 - wide // 2, 0))
    ink = palette.print_color
    name = Image.new("RGBA", (wide, height - tall))
    title_y = (height - tall) * 0.4
    from_mark = min(title_y * 0.8, wide * 0.12)
    design.brand.mark.draw(name, wide * 0.16, title_y, from_mark, ink)
    labels.signature(name, design, ink, wide * 0.33, title_y)
    flat.paste(name, (around // 2 - wide // 2, tall))
    badge = Image.new("RGBA", (wide, height))
    design.brand.mark.draw(badge, wide / 2, height * 0.3, wide * 0.3, ink)
    labels.signature(badge, design, ink, wide * 0.18, height * 0.62)
    flat.paste(badge.crop((wide // 2, 0, wide, height)), (0, 0))
    flat.paste(badge.crop((0, 0, wide // 2, height)), (around - wide // 2, 0))
    mask, light = _sampled(canvas, flat, profile, body, (top, foot), turn)
    canvas.ink(mask, light)
