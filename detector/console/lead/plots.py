"""Plots as SVG, readable in black and white."""

import io
from collections.abc import Mapping, Sequence
from threading import Lock

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Row = Mapping[str, float]
Marks = Mapping[str, float]
"""What a line across the plot stands for → similarity."""

SIZE_IN = (6.4, 3.6)
DARK, LIGHT = "#1d4e89", "#f2a65a"
STYLES = ("--", ":", "-.")
SHAPES = ("s", "^", "D")
_WRITING = Lock()
"""The library's settings are the process's; plots are drawn in several threads."""
SEED = "plot"  # of ids in the file, so that the same plot is the same file


def draw_precision_recall(curve: Sequence[Row], marks: Marks, *, title: str) -> bytes:
    """Draw precision over recall.

    Args:
        curve: with `threshold`, `precision` and `recall`, by falling threshold.
        marks: thresholds, to be marked where they cut the curve.
        title: of the plot.
    """
    figure, axes = _begin(title, "recall", "precision")
    recall = [point["recall"] for point in curve]
    precision = [point["precision"] for point in curve]
    axes.plot(recall, precision, color=DARK, linewidth=2, marker="o", markersize=3)
    step = max(1, len(curve) // 6)
    for point in curve[::step]:
        place = (point["recall"], point["precision"])
        axes.annotate(
            f"{point['threshold']:.2f}",
            place,
            textcoords="offset points",
            xytext=(4, -12),
            fontsize=8,
        )
    for shape, (name, at) in zip(SHAPES, marks.items(), strict=False):
        if (point_cut := cut(curve, at)) is None:
            continue
        axes.plot(
            [point_cut["recall"]], [point_cut["precision"]], linestyle="none",
            marker=shape, markersize=9, markerfacecolor="white",
            markeredgecolor="black", markeredgewidth=1.5, label=name,
        )  # fmt: skip
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, loc="best")
    axes.set_xlim(0, 1.05)
    axes.set_ylim(0, 1.05)
    return _end(figure)


def cut(curve: Sequence[Row], threshold: float) -> Row | None:
    """Find what a threshold leaves of a falling curve; None if nothing."""
    above = [point for point in curve if point["threshold"] >= threshold]
    return above[-1] if above else None


def draw_scores(
    bins: Sequence[Row], marks: Marks, *, title: str, labels: tuple[str, str]
) -> bytes:
    """Draw how many cases were confirmed and dismissed, by similarity.

    Args:
        bins: with `lower`, `upper`, `num_confirmed` and `num_dismissed`.
        marks: thresholds to be marked.
        title: of the plot.
        labels: of confirmed and dismissed.
    """
    figure, axes = _begin(title, "similarity", "cases")
    left = [each["lower"] for each in bins]
    width = bins[0]["upper"] - bins[0]["lower"] if bins else 0.05
    confirmed = [each["num_confirmed"] for each in bins]
    dismissed = [each["num_dismissed"] for each in bins]
    axes.bar(
        left, confirmed, width, align="edge", color=DARK, edgecolor="black",
        linewidth=0.6, label=labels[0],
    )  # fmt: skip
    axes.bar(
        left, dismissed, width, bottom=confirmed, align="edge", color=LIGHT,
        edgecolor="black", linewidth=0.6, hatch="///", label=labels[1],
    )  # fmt: skip
    for style, (name, at) in zip(STYLES, marks.items(), strict=False):
        axes.axvline(at, color="black", linestyle=style, linewidth=1.5, label=name)
    axes.set_xlim(0, 1)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8, loc="upper left")
    return _end(figure)


def _begin(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE_IN, layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color="#cccccc", linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _end(figure: Figure) -> bytes:
    file = io.BytesIO()
    with _WRITING, mpl.rc_context({"svg.hashsalt": SEED}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
