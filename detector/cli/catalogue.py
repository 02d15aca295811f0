"""`detector catalogue …`: a brand's genuine pictures."""

import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli import catalogue_report
from detector.cli.output import ExitCode, note, print_json, progress_bar, results
from detector.errors import InvalidInput

if TYPE_CHECKING:
    from detector.catalogue.folder_import import ImportReport

app = typer.Typer(no_args_is_help=True, help="Keep a brand's genuine pictures.")

MAX_NAMES_SHOWN = 20


class Format(StrEnum):
    """What a catalogue can be imported from."""

    AUTO = "auto"
    FOLDER = "folder"


@app.callback()
def catalogue() -> None:
    """Keep a brand's genuine pictures."""


@app.command("import")
def import_catalogue(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="Folder with pictures at any depth.")
    ],
    brand: Annotated[
        str, typer.Option(help="Whose pictures they are; added if it is new.")
    ],
    format: Annotated[
        Format, typer.Option(help="What PATH is; `auto` looks.")
    ] = Format.AUTO,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read every file, change nothing.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the outcome as JSON.")
    ] = False,
) -> None:
    """Make every picture below PATH a reference of the brand.

    A reference is known by its path below PATH. Importing again adds what is new,
    replaces what has changed, skips what is the same, and keeps what is no longer
    there. Files that are no pictures are named with the reason, and the rest goes in.
    An import that was interrupted is completed by the same command.
    """
    from detector.catalogue.folder_import import import_folder
    from detector.catalogue.search_index import SearchIndex
    from detector.cli.engine import load_extractor
    from detector.settings import load_settings
    from detector.store.store import open_store

    if not Path(path).is_dir():
        raise InvalidInput(
            f"{path} is no folder.",
            remedy="Give a folder of pictures; this version imports nothing else.",
        )
    settings = load_settings()
    extractor = load_extractor(settings)
    with ExitStack() as stack:
        data_dir = settings.data_dir
        if dry_run and not settings.database_url and not data_dir.exists():
            data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = open_store(data_dir, settings.database_place)
        stack.callback(store.close)
        with progress_bar("Importing") as on_progress:
            report = import_folder(
                store,
                Path(path),
                brand=brand,
                extractor=extractor,
                threads=settings.num_threads,
                dry_run=dry_run,
                on_progress=on_progress,
            )
        if not dry_run:
            index = SearchIndex(
                store, extractor, threads=settings.num_threads, on_note=note
            )
            with progress_bar("Computing features") as on_progress:
                if index.refresh(on_progress):
                    index.save()
    if json:
        print_json({"brand": brand, "dry_run": dry_run, **asdict(report)})
    else:
        _print_report(report, dry_run=dry_run)
    if not (report.added or report.replaced or report.unchanged):
        raise typer.Exit(ExitCode.FAILED)


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


app.command("report")(catalogue_report.report)
