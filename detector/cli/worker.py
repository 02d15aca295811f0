"""`detector worker`: imports, scans and other jobs, without the service."""

from contextlib import closing
from typing import Annotated

import typer

from detector.cli.interrupts import interrupts
from detector.cli.output import ExitCode, note

STOP_S = 30.0
"""How long a job may take to give itself back."""
KINDS = ("jobs", "scans", "fetches", "deliveries")


def worker(
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Pictures worked on at once; as DETECTOR_THREADS says if unset.",
        ),
    ] = None,
    kinds: Annotated[
        str,
        typer.Option(
            metavar="KIND,…",
            help="What to work on: `jobs` (imports, health checks, sweeps), `scans` of "
            "listings, `fetches` of their pictures, `deliveries` of events.",
        ),
    ] = ",".join(KINDS),
) -> None:
    """Work on imports, scans of listings and other jobs until interrupted.

    As many of these may run as there is work for, on this machine or, with
    PostgreSQL and a data directory that all of them reach, on several; the service
    does its share too, unless DETECTOR_JOB_THREADS and DETECTOR_SCAN_THREADS are 0.
    What is being done when one is interrupted, or killed, another goes on with.
    """
    from detector.api.background import Background, Work
    from detector.catalogue.serving_model import serving_model
    from detector.cli.engine import load_extractor
    from detector.listings.engine import open_engine
    from detector.listings.serving import ServingEngine
    from detector.settings import load_settings
    from detector.store.counting import count_nothing
    from detector.store.store import open_store

    chosen = [Work(name) for name in _known(kinds)]
    settings = load_settings()
    num_threads = threads or settings.num_threads
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        background = Background(
            settings,
            chosen,
            job_threads=num_threads,
            scan_threads=num_threads,
            on_note=note,
            count=count_nothing,
        )
        interrupted = interrupts()
        serving = ServingEngine(
            lambda: serving_model(store.database),
            lambda: load_extractor(settings, store),
            lambda found: open_engine(store, found, threads=num_threads, on_note=note),
        )
        background.start(store, serving, keeps_index=False)
        note(f"Working on {', '.join(chosen)} of {store.database.name} until Ctrl-C")
        interrupted.wait()
        if not background.stop(STOP_S):
            note("A job did not stop in time; it is taken up again later.")
            raise typer.Exit(ExitCode.FAILED)


def _known(kinds: str) -> list[str]:
    """Take a list of kinds apart."""
    names = [name.strip() for name in kinds.split(",")]
    for name in names:
        if name not in KINDS:
            raise typer.BadParameter(
                f"{name!r} is none of {', '.join(KINDS)}.", param_hint="--kinds"
            )
    return names
