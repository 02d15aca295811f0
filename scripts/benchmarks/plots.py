"""A plot of each part of a run, as SVG, readable on white and on black."""

import io
import math

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from scripts.benchmarks.report import as_number
from scripts.benchmarks.rows import PartRow

BAR, INK = "#4f8fd0", "#7d8590"
"""Both stand out from white as from black: nothing is drawn behind them."""
WIDTH_IN, ROW_IN, MARGIN_IN = 8.0, 0.3, 0.9
MOST_CHARACTERS = 62
SEED = "benchmark"  # of ids in the file, so that the same plot is the same file


def draw_part(part: PartRow) -> bytes | None:
    """Draw a part's times for one item or, where nothing was timed, its figures.

    Times are medians where each item was timed, else means; their axis is logarithmic.
    Figures are those with the unit of the first.

    Returns:
        An SVG file; None if there is nothing to draw.
    """
    bars = [
        (row["name"], row["mean_ms"] if row["median_ms"] is None else row["median_ms"])
        for row in part["timings"]
    ]
    unit = "ms for one item"
    if not bars and part["figures"]:
        unit = part["figures"][0]["unit"]
        bars = [(f["name"], f["value"]) for f in part["figures"] if f["unit"] == unit]
    bars = [(name, value) for name, value in bars if value > 0]
    if not bars:
        return None
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": SEED, "svg.fonttype": "none"}):
        figure = _draw(part["name"], unit, bars, is_log=bool(part["timings"]))
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
    return file.getvalue()


def _draw(
    title: str, unit: str, bars: list[tuple[str, float]], *, is_log: bool
) -> Figure:
    figure = Figure(
        figsize=(WIDTH_IN, MARGIN_IN + ROW_IN * len(bars)), layout="constrained"
    )
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    places = range(len(bars))
    drawn = axes.barh(places, [value for _, value in bars], color=BAR)
    axes.bar_label(
        drawn, [as_number(value) for _, value in bars], padding=3, color=INK, fontsize=8
    )
    axes.set_yticks(places, [_short(name) for name, _ in bars], fontsize=8)
    axes.invert_yaxis()
    if is_log:
        axes.set_xscale("log")
        # A whole power of ten below the shortest bar, so that none vanishes.
        shortest = min(value for _, value in bars)
        axes.set_xlim(left=10 ** math.floor(math.log10(shortest / 2)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    right = axes.get_xlim()[1]
    axes.set_xlim(right=right * 2 if is_log else right * 1.1)
    axes.set_title(title, fontsize=10, color=INK)
    axes.set_xlabel(unit, fontsize=8, color=INK)
    axes.tick_params(which="both", colors=INK, labelsize=8)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(INK)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= MOST_CHARACTERS else f"{name[: MOST_CHARACTERS - 1]}…"
