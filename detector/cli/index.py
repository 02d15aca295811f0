"""`detector index …`: the search index, which is derived from the catalogue."""

from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from detector.cli.output import ExitCode, note, print_json, progress_bar, results

app = typer.Typer(no_args_is_help=True, help="Look after the search index.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def info(json: Json = False) -> None:
    """Say what the index on disk holds, and how far it has followed the catalogue."""
    from rich.table import Table

    from detector.catalogue.index_check import describe_snapshots
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        status = describe_snapshots(store)
    if json:
        print_json(status.to_json())
        return
    table = Table("part", "model", "weights", "references", "behind", "MB", box=None)
    for part in status.snapshots:
        table.add_row(
            part.name,
            part.model,
            part.weights_hash[:12],
            f"{part.num_references:,}",
            f"{status.last_change - part.watermark:,}",
            "" if part.num_bytes is None else f"{part.num_bytes / 1e6:.1f}",
        )
    console = results()
    console.print(f"{status.folder}: {status.num_references:,} references")
    console.print(table if status.snapshots else "No index is stored yet.")


@app.command()
def verify(json: Json = False) -> None:
    """Check the index on disk against the catalogue; exit 1 if something is wrong.

    Reads every byte, compares what it holds with the catalogue, and searches for some
    references, each of which has to find itself.
    """
    from detector.catalogue.index_check import verify_index
    from detector.cli.engine import load_extractor
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        extractor = load_extractor(settings, store)
        faults = verify_index(store, extractor, threads=settings.num_threads)
    if json:
        print_json({"faults": faults})
    elif faults:
        for fault in faults:
            results().print(fault, markup=False)
    else:
        results().print("The index is sound and holds every reference.")
    if faults:
        note("Mend it with `detector index rebuild`.")
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def rebuild(json: Json = False) -> None:
    """Make the index anew from the catalogue, and save it."""
    from detector.catalogue.search_index import SearchIndex
    from detector.cli.engine import load_extractor
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        extractor = load_extractor(settings, store)
        index = SearchIndex(
            store, extractor, threads=settings.num_threads, on_note=note, anew=True
        )
        with progress_bar("Computing features") as on_progress:
            index.refresh(on_progress)
        index.save()
    sizes = {part.name: len(part.index) for part in index.parts}
    if json:
        print_json({"watermark": index.watermark, "references": sizes})
    else:
        for name, size in sizes.items():
            results().print(f"{name}: {size:,} references")


@app.command()
def move(
    to: Annotated[
        str,
        typer.Option(
            help="Where to: a URL as in DETECTOR_INDEX_URL, or `files` for the data "
            "folder."
        ),
    ],
    json: Json = False,
) -> None:
    """Fill an index at another place, while the one in use goes on; exit 1 if it fails.

    A move that was interrupted is completed by the same command. It ends with checks:
    counts, references that have to find themselves, and searches whose answers have to
    be those of the index in use. Then set DETECTOR_INDEX_URL to the new place and start
    the services again; what has changed in between is taken in when they do.
    """
    from detector.catalogue.index_move import move_index
    from detector.cli.engine import load_extractor
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with (
        closing(open_store(settings.data_dir, **settings.places)) as store,
        progress_bar("Moving") as on_progress,
    ):
        moved = move_index(
            store,
            load_extractor(settings, store),
            to=None if to == "files" else to,
            threads=settings.num_threads,
            on_note=note,
            on_progress=on_progress,
        )
    if json:
        print_json(asdict(moved))
    else:
        for name, size in moved.references.items():
            results().print(f"{name}: {size:,} references")
        results().print(f"{moved.agreement:.1%} of sampled answers are the same.")
        for fault in moved.faults:
            results().print(fault, markup=False)
    if moved.faults:
        note("The index in use is as it was. Run the same command again.")
        raise typer.Exit(ExitCode.FAILED)
