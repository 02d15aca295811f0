"""`detector work`: imports and other jobs, without the service."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.interrupts import interrupts
from detector.cli.output import ExitCode, note

if TYPE_CHECKING:
    from detector.settings import Settings
    from detector.store.store import Store
    from detector.store.worker import Handler

STOP_S = 30.0
"""How long a job may take to give itself back."""


def work(
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Pictures worked on at once; as DETECTOR_THREADS says if unset.",
        ),
    ] = None,
) -> None:
    """Work on imports and health checks until interrupted.

    As many of these may run as there is work for, on this machine or, with
    PostgreSQL and a data directory that all of them reach, on several; the service
    does its share too, unless DETECTOR_JOB_THREADS is 0. What is being done when one
    is interrupted, or killed, another goes on with.
    """
    from detector.catalogue.tending import Tender
    from detector.settings import load_settings
    from detector.store.store import open_store
    from detector.store.worker import Worker

    settings = load_settings()
    with (
        closing(open_store(settings.data_dir, settings.database_place)) as store,
        _handlers(settings, store, threads or settings.num_threads) as handlers,
    ):
        worker = Worker(
            store.database,
            handlers,
            lease_s=settings.job_lease_s,
            threads=1,
            on_note=note,
        )
        tender = Tender(store, None)
        interrupted = interrupts()
        worker.start()
        tender.start()
        note(f"Working on jobs of {store.database.name} until Ctrl-C")
        interrupted.wait()
        tender.stop()
        if not worker.stop(STOP_S):
            note("A job did not stop in time; it is taken up again later.")
            raise typer.Exit(ExitCode.FAILED)


@contextmanager
def _handlers(
    settings: "Settings", store: "Store", threads: int
) -> Iterator[Mapping[str, "Handler"]]:
    from detector.catalogue.background import job_handlers
    from detector.catalogue.health_job import Searching
    from detector.catalogue.image_fetch import ImageFetcher
    from detector.cli.engine import load_extractor
    from detector.listings.engine import open_engine
    from detector.network.hosts import AllowedHosts

    hosts = AllowedHosts.parse(settings.image_hosts or "")
    extractor = load_extractor(settings)

    @cache
    def searching() -> Searching:
        """Open the index when it is first wanted: imports go without."""
        engine = open_engine(store, extractor, threads=threads, on_note=note)
        return Searching(engine.index, engine.matcher, engine.extractor)

    fetcher = ImageFetcher(hosts, max_bytes=settings.max_image_bytes)
    with closing(fetcher):
        yield job_handlers(
            store,
            extractor,
            searching=searching,
            fetcher=fetcher,
            threads=threads,
            max_upload_bytes=settings.max_upload_bytes,
        )
