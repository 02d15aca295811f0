"""The two ways of `detector catalogue import`: a folder, or a file."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from detector.cli.output import note, print_json, progress_bar, results

if TYPE_CHECKING:
    from detector.catalogue.features import Extractor
    from detector.catalogue.file_import import FileReport
    from detector.catalogue.folder_import import ImportReport
    from detector.settings import Settings
    from detector.store.store import Store

MAX_PROBLEMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be imported, and how."""

    path: Path
    brand: str
    images: Path | None
    format: str
    mode: Literal["delta", "replace"]
    dry_run: bool


def take_folder(
    store: "Store",
    extractor: "Extractor",
    settings: "Settings",
    source: Source,
    *,
    json: bool,
) -> bool:
    """Import a folder and print what came of it; False if nothing went in."""
    from detector.catalogue.folder_import import import_folder

    with progress_bar("Importing") as on_progress:
        report = import_folder(
            store,
            source.path,
            brand=source.brand,
            extractor=extractor,
            threads=settings.num_threads,
            dry_run=source.dry_run,
            on_progress=on_progress,
        )
    if json:
        head = {"brand": source.brand, "dry_run": source.dry_run}
        print_json({**head, **asdict(report)})
    else:
        _print_report(report, dry_run=source.dry_run)
    return bool(report.added or report.replaced or report.unchanged)


def take_file(
    store: "Store",
    extractor: "Extractor",
    settings: "Settings",
    source: Source,
    *,
    json: bool,
    problems: Path | None,
) -> bool:
    """Import a catalogue file and print what came of it; False if nothing went in."""
    from detector.catalogue.catalogue_file import ImportFormat
    from detector.catalogue.file_import import import_file
    from detector.catalogue.formats.export import write_problems
    from detector.catalogue.image_fetch import ImageFetcher
    from detector.network.hosts import AllowedHosts

    fetcher = ImageFetcher(
        AllowedHosts.parse(settings.image_hosts or ""),
        max_bytes=settings.max_image_bytes,
    )
    try:
        with progress_bar("Importing") as on_progress:
            report = import_file(
                store,
                source.path,
                brand=source.brand,
                extractor=extractor,
                fetcher=fetcher,
                threads=settings.num_threads,
                images=source.images,
                format=ImportFormat(source.format),
                mode=source.mode,
                dry_run=source.dry_run,
                max_bytes=settings.max_upload_bytes,
                on_progress=on_progress,
            )
    finally:
        fetcher.close()
    if problems is not None:
        problems.write_text("".join(write_problems(report.problems)), "utf-8")
    if json:
        head = {"brand": source.brand, "dry_run": source.dry_run}
        print_json({**head, **asdict(report)})
    else:
        _print_file_report(report, dry_run=source.dry_run)
        if problems is not None:
            note(f"The problems are in {problems}.")
    return any(n for name, n in report.counts.items() if name.startswith("products"))


def _print_file_report(report: "FileReport", *, dry_run: bool) -> None:
    console = results()
    would = " (nothing was changed)" if dry_run else ""
    console.print(f"{report.format}: {report.num_rows:,} rows{would}", markup=False)
    for name, count in sorted(report.counts.items()):
        console.print(f"{count:7,} {name.replace('_', ' ')}", markup=False)
    for problem in report.problems[:MAX_PROBLEMS_SHOWN]:
        where = f"row {problem.row}" + (f", {problem.column}" if problem.column else "")
        console.print(
            f"{problem.severity}: {where}: {problem.message} {problem.remedy}",
            markup=False,
        )
    num_more = len(report.problems) - MAX_PROBLEMS_SHOWN
    if num_more > 0:
        console.print(f"and {num_more:,} more: name a file with --problems.")


def _print_report(report: "ImportReport", *, dry_run: bool) -> None:
    console = results()
    would = "would be " if dry_run else ""
    for names, meaning in (
        (report.added, f"{would}added"),
        (report.replaced, f"{would}replaced"),
        (report.unchanged, "unchanged"),
        (report.skipped, "skipped"),
    ):
        console.print(f"{len(names):7,} {meaning}", markup=False)
    if report.absent:
        console.print(
            f"{len(report.absent):7,} no longer in the folder, kept", markup=False
        )
    for name, reason in report.skipped:
        console.print(f"skipped {name}: {reason}", markup=False)
