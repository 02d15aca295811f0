"""Draw a training log: loss, and figures on the dev set, over minutes."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (900, 320)
MARGIN_PX = 50
CURVES = {
    "loss": ((200, 60, 40), 0),
    "found": ((120, 120, 120), 1),
    "uap": ((30, 90, 200), 1),
    "accuracy_at_1": ((20, 150, 90), 1),
    "recall_at_50": ((150, 90, 190), 1),
}
"""Key in the log → color, and panel: 0 is scaled to its own range, 1 shows 0..1."""

Point = tuple[float, float]


def plot_progress(log_file: Path, out: Path) -> None:
    """Draw what the lines of a log hold; a key that is in none is left out."""
    lines = list(_whole_lines(log_file))
    last = max((line["minutes"] for line in lines), default=0.0) or 1.0
    sheet = Image.new("RGB", SIZE, (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(13)
    panel_width = SIZE[0] // 2
    num_labels = [0, 0]
    for key, (color, panel) in CURVES.items():
        curve = [(line["minutes"] / last, line[key]) for line in lines if key in line]
        if not curve:
            continue
        values = [value for _, value in curve]
        low, high = (0.0, 1.0) if panel else (min(values), max(values))
        span = (high - low) or 1.0
        points = _placed(
            [(share, (value - low) / span) for share, value in curve],
            panel * panel_width,
            panel_width,
        )
        pen.line(points, fill=color, width=2)
        label = f"{key} {values[-1]:.3f}"
        corner = (panel * panel_width + MARGIN_PX, 4 + 15 * (num_labels[panel] // 2))
        shift = 190 * (num_labels[panel] % 2)
        pen.text((corner[0] + shift, corner[1]), label, fill=color, font=font)
        num_labels[panel] += 1
    for left in (0, panel_width):
        corners = _placed([(0, 1), (0, 0), (1, 0)], left, panel_width)
        pen.line(corners, fill=(0, 0, 0))
        pen.text((corners[2][0] - 40, corners[2][1] + 4), f"{last:.0f} min", fill=0)
    sheet.save(out)


def _whole_lines(log_file: Path) -> Iterator[dict[str, float]]:
    """Read a log; a run that was killed may have left half a line."""
    for line in log_file.read_text().splitlines():
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def _placed(shares: Sequence[Point], left: int, width: int) -> list[Point]:
    """Place points of the unit square, y upwards, in a panel."""
    inner_width, inner_height = width - 2 * MARGIN_PX, SIZE[1] - 2 * MARGIN_PX
    return [
        (left + MARGIN_PX + x * inner_width, SIZE[1] - MARGIN_PX - y * inner_height)
        for x, y in shares
    ]
