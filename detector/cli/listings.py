"""`detector listings …`: marketplaces' listings go in, and what is known of them."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli import listing_views
from detector.cli.interrupts import interrupts
from detector.cli.listing_reports import FileReport, print_report
from detector.cli.output import (
    ExitCode,
    OnProgress,
    complain,
    note,
    print_json,
    progress_bar,
    results,
)

if TYPE_CHECKING:
    from detector.errors import QueueFull
    from detector.listings.intake.watched_folder import ReadyFile, WatchedFolder
    from detector.settings import Settings
    from detector.store.store import Store

app = typer.Typer(
    no_args_is_help=True,
    help="Take in marketplaces' listings, and show what is known of them.",
)

app.command("list")(listing_views.list_all)
app.command("show")(listing_views.show)

POLL_MS = 500
"""How often to look at a folder even if the system tells of no change."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Marketplace = Annotated[
    str, typer.Option(metavar="NAME", help="Marketplace whose listings they are.")
]


@app.command()
def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="NDJSON or CSV of listing events, also packed by gzip.",
        ),
    ],
    marketplace: Marketplace,
    json: Json = False,
) -> None:
    """Take files of listing events; exit 1 if something in them was wrong.

    Good rows are taken, others listed with what is wrong with them; the same file
    again changes nothing. An image may be named by `path`, from the folder of the
    file. Waits while as many listings as DETECTOR_MAX_QUEUED_LISTINGS says wait to be
    scanned; the service and `detector worker` scan them.
    """
    with _intake(marketplace) as intake:
        reports = []
        for path in paths:
            with progress_bar(path.name) as on_progress:
                report = intake.take(path, on_progress=on_progress)
            if report is not None:
                reports.append(report)
    if json:
        print_json([report.to_json() for report in reports])
    else:
        for report in reports:
            print_report(report)
    if not all(report.is_good for report in reports):
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def watch(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Where files arrive.")
    ],
    marketplace: Marketplace,
) -> None:
    """Take the files of listing events that arrive in a folder, until interrupted.

    Files that end in .ndjson, .jsonl, .csv or .tsv, with .gz or without, are taken
    once they have not changed for 2 seconds; give one another name until it is
    complete if it may grow more slowly. Each is moved to FOLDER/done, or to
    FOLDER/failed if a row of it was wrong: good rows are taken all the same. A report
    lies beside it. Whatever stops this loses nothing and takes nothing twice.
    """
    from watchfiles import watch as changes

    from detector.listings.intake.watched_folder import WatchedFolder

    interrupted = interrupts()
    with _intake(marketplace, interrupted) as intake:
        watched = WatchedFolder(folder)
        note(f"Watching {folder} until Ctrl-C")
        arrivals = changes(
            folder,
            stop_event=interrupted,
            rust_timeout=POLL_MS,
            yield_on_timeout=True,
            recursive=False,
            raise_interrupt=False,
        )
        for _ in chain([()], arrivals):
            for file in watched.ready():
                if interrupted.is_set():
                    return
                _take_arrived(intake, watched, file)


@dataclass(frozen=True, slots=True)
class _Intake:
    """Takes files into a store, as the settings say."""

    store: "Store"
    settings: "Settings"
    marketplace: str
    stopping: threading.Event

    def take(self, path: Path, *, on_progress: OnProgress) -> FileReport | None:
        """Take a file; None if it was interrupted."""
        from detector.cli.engine import image_limits
        from detector.errors import InvalidInput
        from detector.listings.intake.take_file import take_file

        report = FileReport(path.name, self.marketplace, datetime.now(UTC))
        settings = self.settings
        try:
            tally = take_file(
                self.store,
                path,
                marketplace=self.marketplace,
                limits=image_limits(settings),
                max_queued=settings.max_queued_listings,
                max_bytes=settings.max_upload_bytes,
                max_line_bytes=settings.max_listings_bytes,
                stopping=self.stopping,
                on_progress=on_progress,
                on_wait=_Waiting(),
            )
        except InvalidInput as error:
            return report.failed(str(error))
        return None if tally is None else report.done(tally)


class _Waiting:
    """Tells once that the queue is full, not each time that it still is."""

    def __init__(self) -> None:
        self._has_told = False

    def __call__(self, full: "QueueFull") -> None:
        if not self._has_told:
            self._has_told = True
            note(f"Waiting for room: {full.args[0]}")


@contextmanager
def _intake(
    marketplace: str, stopping: threading.Event | None = None
) -> Iterator[_Intake]:
    from detector.access.grants import check_text
    from detector.errors import InvalidInput
    from detector.settings import load_settings
    from detector.store.store import open_store

    if not check_text(marketplace, "a marketplace").strip():
        raise InvalidInput(
            "The name of the marketplace is blank.",
            remedy="Name the one that its keys speak for.",
        )
    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        yield _Intake(store, settings, marketplace, stopping or threading.Event())


def _take_arrived(intake: _Intake, watched: "WatchedFolder", file: "ReadyFile") -> None:
    """Take a file and file it away, or leave it where it is for another time."""
    from detector.errors import Busy, StoreFault

    try:
        with progress_bar(file.path.name) as on_progress:
            report = intake.take(file.path, on_progress=on_progress)
    except (Busy, StoreFault) as error:
        complain(f"{file.path.name} has to wait: {error.args[0]}", error.remedy)
        watched.wait_again(file)
        return
    except OSError as error:
        complain(f"{file.path.name} has to wait: {error}.")
        watched.wait_again(file)
        return
    # One that changed meanwhile is taken again once it is complete.
    if report is None or not watched.is_as_it_was(file):
        return
    has_failed = not report.is_good
    place = watched.file_away(file, report.to_json(), has_failed=has_failed)
    results().print(f"{place}: {report.summary()}", markup=False)
