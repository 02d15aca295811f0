"""Do the main job on the drawn demo, and compare the outcome with the truth.

Imports the catalogue, scans the listings, shows what was flagged. Uses the project as
a program would: the functions behind `detector catalogue import` and `detector scan`,
on a data directory inside the demo's folder.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from detector.catalogue.folder_import import import_folder
from detector.cli.engine import load_extractor
from detector.cli.output import note, progress_bar
from detector.cli.scan_format import ScanFormat
from detector.cli.scan_output import open_writer
from detector.cli.scanner import open_scanner
from detector.listings.evaluation import Evaluation, evaluate_scan
from detector.listings.scan import ScannedImage, ScanWriter, find_files, run_scan
from detector.listings.scan_record import ScanRecord
from detector.listings.truth import Truth, read_truth
from detector.matching.match import Relation, Verdict
from detector.settings import load_settings
from detector.store.store import open_store

COPY = {Relation.SAME_PHOTO, Relation.EDITED_PHOTO}


class Collected:
    """Keeps the results of a scan."""

    def __init__(self) -> None:
        self.scans: list[ScannedImage] = []

    def add(self, scanned: ScannedImage) -> None:
        """Take the next result."""
        self.scans.append(scanned)

    def finish(self) -> None:
        """Nothing waits for the end."""


@dataclass(frozen=True, slots=True)
class FamilyCount:
    """How the pictures of one family fared."""

    pictures: int
    flagged: int
    called_copy: int
    mirrored: int


def main() -> int:
    """Run the demo in the given folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what scripts.draw_demo drew")
    folder = parser.parse_args().folder
    settings = load_settings().model_copy(update={"data_dir": folder / "data"})
    extractor = load_extractor(settings)
    collected = Collected()
    report = folder / "report.html"
    with ExitStack() as stack:
        store = open_store(settings.data_dir)
        stack.callback(store.close)
        for brand in sorted(p for p in (folder / "catalogue").iterdir() if p.is_dir()):
            with progress_bar(f"Importing {brand.name}") as on_progress:
                imported = import_folder(
                    store,
                    brand,
                    brand=brand.name,
                    extractor=extractor,
                    threads=settings.num_threads,
                    on_progress=on_progress,
                )
            note(
                f"{brand.name}: {len(imported.added)} added, "
                f"{len(imported.replaced)} replaced, "
                f"{len(imported.unchanged)} unchanged"
            )
        scanner, engine = open_scanner(
            store, extractor, threads=settings.num_threads, limit=10, with_pictures=True
        )
        writers: list[ScanWriter] = [
            collected,
            ScanRecord(store, engine.basis),
            stack.enter_context(open_writer(ScanFormat.HTML, report)),
            stack.enter_context(open_writer(ScanFormat.TABLE, None)),
        ]
        files = find_files([str(folder / "listings")])
        with progress_bar("Scanning") as on_progress:
            run_scan(
                scanner,
                files,
                writers,
                threads=settings.num_threads,
                on_progress=on_progress,
            )
    truth = read_truth(
        folder / "truth.csv",
        queries=folder / "listings",
        references=folder / "catalogue",
    )
    scans = [name_as_truth(scanned) for scanned in collected.scans]
    console = Console()
    figures = evaluate_scan(truth, scans, limit=10, num_skipped=0)
    show_families(console, truth, scans, figures)
    show_figures(console, figures)
    console.print(f"Pictures side by side: {report}")
    console.print("The same data in the browser: make serve")
    return 0


def name_as_truth(scanned: ScannedImage) -> ScannedImage:
    """Name query and references as truth.csv does: by file, and by brand and file."""
    references = {
        key: replace(each, external_id=f"{each.brand}/{each.external_id}")
        for key, each in scanned.references.items()
    }
    return replace(scanned, image=scanned.path.name, references=references)


def count_families(
    truth: Truth, scans: Sequence[ScannedImage]
) -> dict[str, FamilyCount]:
    """Count, for each family, what was said of its pictures."""
    groups: dict[str, list[ScannedImage]] = defaultdict(list)
    for scanned in scans:
        groups[truth.families[scanned.image]].append(scanned)
    counts = {}
    for family, members in sorted(groups.items()):
        results = [each.result for each in members if each.result is not None]
        flagged = [r for r in results if r.verdict is not Verdict.NO_MATCH]
        best = [r.matches[0] for r in flagged]
        counts[family] = FamilyCount(
            pictures=len(members),
            flagged=len(flagged),
            called_copy=sum(match.relation in COPY for match in best),
            mirrored=sum(match.mirrored for match in best),
        )
    return counts


def show_families(
    console: Console, truth: Truth, scans: Sequence[ScannedImage], figures: Evaluation
) -> None:
    """Print a line for each family, copies first."""
    table = Table(title="What was flagged, against the drawn truth")
    table.add_column("family")
    for name in ("pictures", "flagged", "called a copy", "mirrored", "right reference"):
        table.add_column(name, justify="right")
    counts = count_families(truth, scans)
    for family, count in sorted(
        counts.items(), key=lambda item: item[0] not in figures.accuracy_by_family
    ):
        accuracy = figures.accuracy_by_family.get(family)
        table.add_row(
            family,
            str(count.pictures),
            str(count.flagged),
            str(count.called_copy),
            str(count.mirrored),
            "none is right" if accuracy is None else f"{accuracy:.0%}",
        )
    console.print(table)


def show_figures(console: Console, figures: Evaluation) -> None:
    """Print the figures that `detector evaluate` prints."""
    metrics = figures.metrics
    console.print(
        f"uap {metrics.uap:.3f} · recall_at_p90 {metrics.recall_at_p90:.3f} · "
        f"accuracy_at_1 {metrics.accuracy_at_1:.3f} over {figures.num_queries} "
        f"pictures, {figures.num_without_reference} of which copy nothing"
    )


if __name__ == "__main__":
    sys.exit(main())
