"""What resellers do to a photo: one function for each family of edits."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from scripts.demo.canvas import Canvas
from scripts.demo.inks import bright, ink_on
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import PALETTES
from scripts.demo.planes import Color, perspective
from scripts.demo.screenshots import screenshot
from scripts.demo.shapes import ellipse, spline, star

Edit = Callable[[Image.Image, np.random.Generator], Image.Image]

_SLOGANS = ("NEW WITH TAGS", "Best price!", "FREE SHIPPING", "100% original quality",
            "only 3 left", "50% OFF TODAY", "DM to order", "fast delivery",
            "top seller 2024", "WhatsApp +00 555 0134")  # fmt: skip


def crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Keep 45 to 75 percent of the picture, somewhere about its middle."""
    w, h = image.size
    share = np.sqrt(rng.uniform(0.45, 0.75))
    cw, ch = w * share * rng.uniform(0.92, 1.0), h * share * rng.uniform(0.92, 1.0)
    x, y = (w - cw) * rng.uniform(0.25, 0.75), (h - ch) * rng.uniform(0.3, 0.75)
    return image.crop((round(x), round(y), round(x + cw), round(y + ch)))


def frame(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put a colored border around, with an inner line or ornaments."""
    w, h = image.size
    color = bright(rng)
    border = int(min(w, h) * rng.uniform(0.04, 0.14))
    out = ImageOps.expand(image, border, color)
    pen = ImageDraw.Draw(out)
    ink = ink_on(color)
    kind = int(rng.integers(0, 3))
    if kind == 0:
        inset = border // 2
        pen.rectangle((inset, inset, out.width - inset, out.height - inset),
                      outline=ink, width=max(2, border // 12))  # fmt: skip
    elif kind == 1:
        step = max(14, border)
        for x in range(step // 2, out.width, step):
            for y in (border // 2, out.height - border // 2):
                pen.ellipse((x - 4, y - 4, x + 4, y + 4), fill=ink)
    else:
        bar = int(out.height * 0.12)
        out = ImageOps.expand(out, (0, 0, 0, bar), color)
        text = _SLOGANS[int(rng.integers(0, len(_SLOGANS)))]
        write(
            ImageDraw.Draw(out),
            (out.width / 2, out.height - bar * 0.6),
            text,
            fitted(text, int(bar * 0.6), out.width * 0.8),
            ink,
            weight=0.06,
        )
    return out


def caption(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write on the picture: a banner, a price, a handle."""
    out = image.copy()
    w, h = out.size
    color = bright(rng)
    tall = int(h * rng.uniform(0.09, 0.15))
    y = 0 if rng.random() < 0.4 else h - tall
    veil = Image.new("RGB", (w, tall), color)
    band = (0, y, w, y + tall)
    out.paste(Image.blend(out.crop(band), veil, rng.uniform(0.7, 1.0)), band)
    pen = ImageDraw.Draw(out)
    text = _SLOGANS[int(rng.integers(0, len(_SLOGANS)))]
    size = fitted(text, int(tall * 0.6), w * 0.86)
    write(pen, (w / 2, y + tall / 2), text, size, ink_on(color), weight=0.06)
    price = f"${rng.integers(9, 240)}.{rng.integers(0, 100):02d}"
    at = (w * rng.uniform(0.2, 0.8), h * rng.uniform(0.2, 0.85))
    write(pen, at, price, int(h * rng.uniform(0.06, 0.1)), bright(rng), weight=0.1)
    handle = f"@shop_{rng.integers(100, 9999)}"
    write(pen, (w * 0.97, h * rng.uniform(0.16, 0.84)), handle, int(h * 0.03),
          (60, 60, 64), align="right")  # fmt: skip
    return out


def mirror(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Flip left to right, sometimes trimmed a little."""
    out = ImageOps.mirror(image)
    if rng.random() < 0.5:
        cut = int(min(out.size) * rng.uniform(0.01, 0.05))
        out = ImageOps.crop(out, cut)
    return out


def recolor(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Change the whole picture's light: brightness, contrast, saturation, warmth."""
    out = ImageEnhance.Brightness(image).enhance(float(rng.uniform(0.72, 1.2)))
    out = ImageEnhance.Contrast(out).enhance(float(rng.uniform(0.7, 1.35)))
    out = ImageEnhance.Color(out).enhance(float(rng.uniform(0.35, 1.6)))
    warm = rng.uniform(-0.16, 0.16)
    plane = np.asarray(out, dtype=np.float32) * np.array([1 + warm, 1, 1 - warm])
    return Image.fromarray(np.clip(plane, 0, 255).astype(np.uint8))


def emoji(image: Image.Image, x: float, y: float, r: float) -> None:
    """Stick a smiling face on the picture."""
    pen = ImageDraw.Draw(image)
    pen.ellipse((x - r, y - r, x + r, y + r), fill=(252, 208, 56), outline=(214, 150,
    30),
                width=max(2, int(r / 16)))  # fmt: skip
    for side in (-1, 1):
        cx = x + side * r * 0.36
        pen.ellipse((cx - r * 0.13, y - r * 0.4, cx + r * 0.13, y - r * 0.05),
                    fill=(70, 40, 20))  # fmt: skip
    pen.chord((x - r * 0.6, y - r * 0.3, x + r * 0.6, y + r * 0.7), 10, 170,
              fill=(110, 40, 30))  # fmt: skip


def _hand(image: Image.Image, rng: np.random.Generator) -> None:
    """Hold the picture's edge with four fingers."""
    canvas = Canvas(420)
    skin: Color = ((236, 188, 156), (196, 138, 102), (120, 78, 56))[
        int(rng.integers(0, 3))
    ]
    palm = canvas.fill(spline([(0, 330), (220, 300), (330, 420), (340, 700), (240, 900),
                               (0, 960)]))  # fmt: skip
    canvas.body(palm, skin, depth=70, roundness=120, gloss=0.12)
    for i in range(4):
        y = 340 + 120 * i
        reach = (760, 830, 800, 690)[i]
        path = spline([(180, y + 20), (450, y - 14), (reach, y + 10)], closed=False)
        finger = canvas.stroke(path, width=112)
        canvas.body(finger, skin, depth=60, base=30, roundness=56, gloss=0.14)
        nail = canvas.fill(ellipse(reach + 14, y + 8, 36, 28))
        canvas.panel(nail, (246, 214, 204), rise=4, gloss=0.6)
        for x in (430, 600):
            joint = np.array([(x, y - 30.0), (x + 6, y + 30)])
            canvas.emboss(canvas.stroke(joint, width=6) & finger, -6, 3)
    hand = canvas.lit()
    if rng.random() < 0.5:
        hand = ImageOps.mirror(hand)
        x = image.width - int(hand.width * 0.86)
    else:
        x = -int(hand.width * 0.14)
    image.paste(hand, (x, int(image.height * rng.uniform(0.3, 0.6))), hand)


def occlude(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover a part: a sale sticker, a smiling face, a strip of tape, or a hand."""
    out = image.copy()
    w, h = out.size
    kind = int(rng.integers(0, 4))
    x, y = w * rng.uniform(0.3, 0.7), h * rng.uniform(0.35, 0.7)
    r = min(w, h) * rng.uniform(0.11, 0.17)
    pen = ImageDraw.Draw(out)
    if kind == 0:
        color = bright(rng)
        points = star(x, y, r, r * 0.84, 18)
        pen.polygon([(float(a), float(b)) for a, b in points], fill=color)
        ink = ink_on(color)
        write(pen, (x, y - r * 0.25), "SALE", int(r * 0.5), ink, weight=0.1)
        write(
            pen,
            (x, y + r * 0.25),
            f"-{rng.integers(2, 8)}0%",
            int(r * 0.44),
            ink,
            weight=0.08,
        )
    elif kind == 1:
        emoji(out, x, y, r)
    elif kind == 2:
        strip = Image.new("RGBA", (int(r * 4.4), int(r * 0.8)), (232, 214, 160, 235))
        strip = strip.rotate(float(rng.uniform(-40, 40)), expand=True,
                             resample=Image.Resampling.BICUBIC)  # fmt: skip
        out.paste(strip, (int(x - strip.width / 2), int(y - strip.height / 2)), strip)
        emoji(out, w * rng.uniform(0.2, 0.8), h * 0.8, r * 0.6)
    else:
        _hand(out, rng)
    return out


def rotate(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turn the picture, or show it from an angle, on a plain ground."""
    w, h = image.size
    fill = (245, 245, 245) if rng.random() < 0.5 else (32, 33, 36)
    if rng.random() < 0.5:
        angle = float(rng.uniform(6, 25) * (1 if rng.random() < 0.5 else -1))
        return image.rotate(
            angle, Image.Resampling.BICUBIC, expand=True, fillcolor=fill
        )
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float64)
    middle = np.array([w / 2, h / 2])
    target = (
        middle + (corners - middle) * 0.86 + rng.uniform(-0.08, 0.08, (4, 2)) * (w, h)
    )
    return image.transform((w, h), Image.Transform.PERSPECTIVE,
                           perspective(target, corners), Image.Resampling.BICUBIC,
                           fillcolor=fill)  # fmt: skip


def degrade(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make it small and a little blurred; saving it badly does the rest."""
    out = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.6, 1.8))))
    out.thumbnail((int(rng.integers(230, 340)),) * 2)
    return out


def resave(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Leave the picture as it is: it is only saved again."""
    return image


EDITS: dict[str, Edit] = {
    "resaved": resave,
    "crop": crop,
    "frame": frame,
    "caption": caption,
    "mirror": mirror,
    "recolour": recolor,
    "screenshot": screenshot,
    "occlusion": occlude,
    "rotation": rotate,
    "low_quality": degrade,
}
"""By family. Collages and chains are made of several."""

CHAINS: tuple[tuple[str, ...], ...] = (
    ("crop", "recolour"), ("mirror", "caption"), ("frame", "low_quality"),
    ("mirror", "crop", "recolour"), ("recolour", "caption", "screenshot"),
    ("crop", "frame"), ("rotation", "recolour"), ("occlusion", "mirror"),
    ("caption", "screenshot"), ("crop", "mirror", "low_quality"),
)  # fmt: skip


def chain(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make two or three edits, one after the other."""
    for name in CHAINS[int(rng.integers(0, len(CHAINS)))]:
        image = EDITS[name](image, rng)
    return image


def collage(images: list[Image.Image], rng: np.random.Generator) -> Image.Image:
    """Lay two to four pictures on one sheet: side by side, stacked, or in a grid."""
    gap = int(rng.integers(0, 18))
    color = PALETTES[int(rng.integers(0, len(PALETTES)))].light
    if len(images) == 2 and rng.random() < 0.5:
        cells = [ImageOps.fit(i, (430, 520)) for i in images]
        spots = [(gap, gap), (430 + 2 * gap, gap)]
        size = (860 + 3 * gap, 520 + 2 * gap)
    elif len(images) == 2:
        cells = [ImageOps.pad(i, (640, 440), color=(250, 250, 250)) for i in images]
        spots = [(gap, gap), (gap, 440 + 2 * gap)]
        size = (640 + 2 * gap, 880 + 3 * gap)
    elif len(images) == 3:
        cells = [ImageOps.fit(images[0], (520, 640))]
        cells += [ImageOps.fit(i, (320, 320 - gap // 2)) for i in images[1:]]
        spots = [
            (gap, gap),
            (520 + 2 * gap, gap),
            (520 + 2 * gap, gap + 320 + gap // 2),
        ]
        size = (840 + 3 * gap, 640 + 2 * gap)
    else:
        cells = [ImageOps.fit(i, (420, 420)) for i in images]
        spots = [(gap + (420 + gap) * (k % 2), gap + (420 + gap) * (k // 2))
                 for k in range(4)]  # fmt: skip
        size = (840 + 3 * gap, 840 + 3 * gap)
    sheet = Image.new("RGB", size, color)
    for cell, spot in zip(cells, spots, strict=True):
        sheet.paste(cell, spot)
    return sheet
