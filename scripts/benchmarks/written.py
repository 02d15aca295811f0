"""A run's figures, written into a checkout: the page, its plots, the README."""

from pathlib import Path

from scripts.benchmarks.plots import draw_part
from scripts.benchmarks.report import as_page, as_summary, replace_section
from scripts.benchmarks.rows import Run

PAGE, PLOTS, README = "docs/benchmark.md", "docs/images", "README.md"


def write_docs(run: Run, checkout: Path) -> None:
    """Replace the page and its plots, and the README's section.

    Raises:
        ValueError: the README has no such section.
        OSError: something cannot be read or written.
    """
    readme = checkout / README
    text = replace_section(readme.read_text(encoding="utf-8"), as_summary(run))
    folder = checkout / PLOTS
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("benchmark-*.svg"):
        old.unlink()
    plots = {}
    for part in run["parts"]:
        plot = draw_part(part)
        if plot is not None:
            path = folder / f"benchmark-{part['name'].lower()}.svg"
            path.write_bytes(plot)
            plots[part["name"]] = f"{folder.name}/{path.name}"
    (checkout / PAGE).write_text(as_page(run, plots), encoding="utf-8")
    readme.write_text(text, encoding="utf-8")
