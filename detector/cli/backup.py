"""`detector backup` and `detector restore`: all that must not be lost, in one file."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.output import ExitCode, note, print_json, progress_bar, results

if TYPE_CHECKING:
    from detector.store.backup_format import Manifest
    from detector.store.store import Store

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="To be written.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is there.")
    ] = False,
    json: Json = False,
) -> None:
    """Copy the catalogue, its pictures, users, keys and jobs into one file.

    The service and imports may go on meanwhile; the copy is of one moment. Keep it
    private. Left out: the search index, which is derived, sessions of the console,
    and answers kept for requests that are repeated. Exit 1 if a picture could not be
    read; the rest is in the file.
    """
    from detector.store.backup import write_backup

    with _store() as store, progress_bar("Backing up") as on_progress:
        manifest = write_backup(store, file, replace=force, on_progress=on_progress)
    for fault in manifest.faults:
        note(f"Left out: {fault}")
    _print(file, manifest, done="Wrote", json=json)
    if manifest.faults:
        raise typer.Exit(ExitCode.FAILED)


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Written by `detector backup`.")
    ],
    keep_webhooks: Annotated[
        bool,
        typer.Option(
            "--keep-webhooks",
            help="Go on sending events: the original is no longer there.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Fill an empty data directory, and an empty database, from a backup.

    Either database can be restored into either. Nothing is ever overwritten. The
    search index is made anew when it is next needed, and jobs go on. Webhooks are
    disabled, so that a copy sends nothing; --keep-webhooks leaves them as they are.
    """
    from detector.store.restore import restore_backup

    with _store() as store, progress_bar("Restoring") as on_progress:
        restored = restore_backup(
            store, file, keep_webhooks=keep_webhooks, on_progress=on_progress
        )
    if restored.num_disabled:
        note(
            f"{restored.num_disabled} webhooks are disabled, and send nothing from "
            "here. If this takes the original's place, restore with --keep-webhooks "
            "into an empty folder; otherwise the owner of each can enable it, with "
            'PATCH /v1/webhooks/{id} and {"state": "enabled"}.'
        )
    _print(
        file,
        restored.manifest,
        done="Restored",
        json=json,
        also={"webhooks_disabled": restored.num_disabled},
    )


@contextmanager
def _store() -> Iterator["Store"]:
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        yield store


def _print(
    file: Path,
    manifest: "Manifest",
    *,
    done: str,
    json: bool,
    also: Mapping[str, object] | None = None,
) -> None:
    num_bytes = file.stat().st_size
    if json:
        print_json(
            {
                "file": str(file),
                "bytes": num_bytes,
                "created_at": manifest.created_at,
                "schema": manifest.schema,
                "records": manifest.counts(),
                "faults": manifest.faults,
                **(also or {}),
            }
        )
        return
    counts = manifest.counts()
    results().print(
        f"{done} {file}: {counts['reference']:,} references, {counts['blobs']:,} "
        f"pictures, {num_bytes / 1e6:.1f} MB",
        markup=False,
    )
