"""`detector scan`: which listing pictures resemble a reference."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.output import ExitCode, note, progress_bar
from detector.cli.scan_format import ScanFormat

if TYPE_CHECKING:
    from detector.listings.scan import ScanWriter


def scan(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Pictures, and folders of pictures."),
    ],
    format: Annotated[
        ScanFormat,
        typer.Option(
            help="`table` shows what was flagged; `jsonl` and `csv` give every "
            "picture as soon as it is done; `html` is one file with pictures."
        ),
    ] = ScanFormat.TABLE,
    out: Annotated[
        Path | None, typer.Option(help="Write to this file instead of stdout.")
    ] = None,
    no_save: Annotated[
        bool, typer.Option("--no-save", help="Do not keep the scan in the database.")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, max=100, help="Most matches of one picture.")
    ] = 10,
) -> None:
    """Compare pictures with all references.

    Every picture gets a verdict: `match`, `review` or `no_match`. A similar picture is
    never by itself proof of anything: somebody who knows the brand decides. Pictures
    that cannot be read are reported among the others; exit 1 if none could be read.
    """
    from detector.cli.engine import load_extractor
    from detector.cli.scan_output import open_writer
    from detector.cli.scanner import open_scanner
    from detector.listings.scan import find_files, run_scan
    from detector.listings.scan_record import ScanRecord
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    files = find_files(paths)
    with ExitStack() as stack:
        writers: list[ScanWriter] = [stack.enter_context(open_writer(format, out))]
        store = open_store(settings.data_dir, **settings.places)
        stack.callback(store.close)
        scanner, engine = open_scanner(
            store,
            load_extractor(settings, store),
            threads=settings.num_threads,
            limit=limit,
            with_pictures=format is ScanFormat.HTML,
        )
        if not no_save:
            writers.append(ScanRecord(store, engine.basis))
        with progress_bar("Scanning") as on_progress:
            counts = run_scan(
                scanner,
                files,
                writers,
                threads=settings.num_threads,
                on_progress=on_progress,
            )
    if format is not ScanFormat.TABLE or out:
        note(counts.summary())
    if counts.unreadable == len(files):
        raise typer.Exit(ExitCode.FAILED)
