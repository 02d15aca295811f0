"""`detector catalogue …`: a brand's genuine pictures."""

import tempfile
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from detector.cli.catalogue_import import Source, take_file, take_folder
from detector.cli.catalogue_report import report
from detector.cli.output import ExitCode, note, progress_bar
from detector.errors import InvalidInput

app = typer.Typer(no_args_is_help=True, help="Keep a brand's genuine pictures.")


class Format(StrEnum):
    """What a catalogue can be imported from."""

    AUTO = "auto"
    FOLDER = "folder"
    CSV = "csv"
    GOOGLE = "google"
    SHOPIFY = "shopify"
    IMAGES = "images"


class Mode(StrEnum):
    """What becomes of products that a file does not name."""

    DELTA = "delta"
    REPLACE = "replace"


@app.callback()
def catalogue() -> None:
    """Keep a brand's genuine pictures."""


app.command("report")(report)


@app.command("import")
def import_catalogue(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="Folder with pictures at any depth, a catalogue file (our CSV, Google "
            "TSV or XML, Shopify CSV), or a ZIP of either.",
        ),
    ],
    brand: Annotated[
        str, typer.Option(help="Whose pictures they are; added if it is new.")
    ],
    format: Annotated[
        Format, typer.Option(help="What PATH is; `auto` looks.")
    ] = Format.AUTO,
    images: Annotated[
        Path | None,
        typer.Option(
            help="ZIP or folder with the pictures that a catalogue file names; the "
            "folder of the file by default."
        ),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            help="`replace` removes the products that a catalogue file does not name, "
            "unless a row of it has an error."
        ),
    ] = Mode.DELTA,
    problems: Annotated[
        Path | None,
        typer.Option(help="Write what is wrong with rows to this CSV file."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read every file, change nothing.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the outcome as JSON.")
    ] = False,
) -> None:
    """Make the pictures of PATH references of the brand.

    Of a folder, a reference is known by its path below it; of a catalogue file, by
    what the file calls it, and it shows the file's product. Importing again adds what
    is new, replaces what has changed, skips what is the same, and keeps what is no
    longer there. What cannot be used is named with the reason, and the rest goes in.
    An import that was interrupted is completed by the same command.
    """
    from detector.catalogue.search_index import SearchIndex
    from detector.cli.engine import load_extractor
    from detector.settings import load_settings
    from detector.store.store import open_store

    if not Path(path).exists():
        raise InvalidInput(
            f"{path} does not exist.",
            remedy="Give a folder of pictures, a catalogue file or a ZIP.",
        )
    is_folder = Path(path).is_dir()
    if is_folder != (format is Format.FOLDER) and format is not Format.AUTO:
        raise InvalidInput(
            f"{path} is {'a folder' if is_folder else 'a file'}, not {format}.",
            remedy="Leave --format out, or name what PATH is.",
        )
    settings = load_settings()
    with ExitStack() as stack:
        data_dir = settings.data_dir
        if dry_run and not settings.database_url and not data_dir.exists():
            data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = open_store(data_dir, **settings.places)
        stack.callback(store.close)
        extractor = load_extractor(settings, store)
        source = Source(
            Path(path),
            brand,
            images,
            format="auto" if is_folder else format.value,
            mode=mode.value,
            dry_run=dry_run,
        )
        if is_folder:
            is_done = take_folder(store, extractor, settings, source, json=json)
        else:
            is_done = take_file(
                store, extractor, settings, source, json=json, problems=problems
            )
        if not dry_run:
            index = SearchIndex(
                store, extractor, threads=settings.num_threads, on_note=note
            )
            with progress_bar("Computing features") as on_progress:
                if index.refresh(on_progress):
                    index.save()
    if not is_done:
        raise typer.Exit(ExitCode.FAILED)
