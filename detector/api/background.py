"""What a process does beside requests: jobs of all kinds, and what time asks for."""

import logging
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from enum import StrEnum

from detector.catalogue.background import job_handlers
from detector.catalogue.health_job import Searching
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.tending import Tender
from detector.events.delivery_job import delivery_handlers
from detector.events.sending import WebhookSender
from detector.listings.background import ListingTender, listing_handlers
from detector.listings.pictures import fetch_job
from detector.listings.pictures.fetch_job import FetchJob
from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.scan_job import KIND as SCAN_KIND
from detector.listings.pictures.scan_job import ScanJob
from detector.listings.serving import ServingEngine
from detector.network.hosts import AllowedHosts
from detector.review.background import review_handlers
from detector.review.tending import CaseTender
from detector.settings import Settings
from detector.store.chores import Chore, Chores
from detector.store.counting import Count
from detector.store.store import Store
from detector.store.worker import Handler, OnNote, Worker

log = logging.getLogger(__name__)

SCANS_AT_ONCE = 2
"""While what one batch of listings found is written, the next is looked at."""
FETCHES_AT_ONCE = 4
DELIVERIES_AT_ONCE = 2
FOLLOW_EVERY_S = 1.0
"""How soon a process notices that another model was switched to."""


class Work(StrEnum):
    """A kind of work with threads of its own, so that none keeps another waiting."""

    JOBS = "jobs"
    SCANS = "scans"
    FETCHES = "fetches"
    DELIVERIES = "deliveries"


class Background:
    """Started once the store is open, stopped before it is closed.

    Args:
        settings: limits, hosts and times.
        work: the kinds of it that this process does.
        job_threads: pictures that an import or a health check works on at once.
        scan_threads: pictures of listings that are looked at at once.
        on_note: told what an operator should know.
        count: told what became of things.
    """

    def __init__(
        self,
        settings: Settings,
        work: Collection[Work],
        *,
        job_threads: int,
        scan_threads: int,
        on_note: OnNote,
        count: Count,
    ) -> None:
        self._settings = settings
        self._work = frozenset(work)
        self._job_threads = job_threads
        self._scan_threads = scan_threads
        self._on_note = on_note
        self._count = count
        self._image_hosts = AllowedHosts.parse(settings.image_hosts or "")
        self._webhook_hosts = AllowedHosts.parse(settings.webhook_hosts or "")
        self._workers: list[Worker] = []
        self._tenders: list[Tender | ListingTender | CaseTender | Chores] = []
        self._opened = ExitStack()

    def start(
        self,
        store: Store,
        serving: ServingEngine,
        *,
        keeps_index: bool,
    ) -> None:
        """Begin to work.

        Args:
            store: what to work on.
            serving: opens what pictures are matched with, as it is at the time.
            keeps_index: keep the index in step with the catalogue, and saved; not
                worth it if nobody asks it much.
        """
        self._workers, self._tenders = [], []  # an attempt that failed started none
        fetcher = ImageFetcher(
            self._image_hosts, max_bytes=self._settings.max_image_bytes
        )
        self._opened.callback(fetcher.close)
        if Work.JOBS in self._work:
            self._add_jobs(store, serving, fetcher)
        if Work.SCANS in self._work:
            self._add_scans(store, serving)
        if Work.FETCHES in self._work:
            fetching = FetchJob(store, fetcher)
            handlers = {fetch_job.KIND: fetching.run}
            self._add(store, handlers, threads=FETCHES_AT_ONCE)
        if Work.DELIVERIES in self._work:
            sender = WebhookSender(self._webhook_hosts)
            self._opened.callback(sender.close)
            delivering = delivery_handlers(store.database, sender, count=self._count)
            self._add(store, delivering, threads=DELIVERIES_AT_ONCE)
        settings = self._settings
        tending = ListingTender(
            store,
            sweep_days=settings.sweep_days,
            sweep_max_looks=settings.sweep_max_looks,
            keep_days=settings.keep_ended_days,
            on_asked=self.wake,
        )
        keeping = Tender(
            store, (lambda: serving.engine().index) if keeps_index else None
        )
        following = Chores("follow-model", Chore(FOLLOW_EVERY_S, serving.follow))
        self._tenders += [keeping, tending, CaseTender(store), following]
        for each in (*self._workers, *self._tenders):
            each.start()

    def wake(self) -> None:
        """Say that there is a new job."""
        for worker in self._workers:
            worker.wake()

    def stop(self, timeout: float) -> bool:
        """End; what was being worked on goes on at the next start, or elsewhere.

        Args:
            timeout: seconds that jobs may take to give themselves back.

        Returns:
            Whether all have.
        """
        for worker in self._workers:
            worker.ask_to_stop()
        have_ended = [worker.stop(timeout) for worker in self._workers]
        for tender in self._tenders:
            tender.stop()
        self._opened.close()
        return all(have_ended)

    def _add_jobs(
        self,
        store: Store,
        serving: ServingEngine,
        fetcher: ImageFetcher,
    ) -> None:
        settings = self._settings

        def searching() -> Searching:
            opened = serving.engine()
            return Searching(opened.index, opened.matcher, opened.extractor)

        # A long import of a catalogue keeps no listing waiting.
        catalogue = job_handlers(
            store,
            lambda: serving.extractor,
            searching=searching,
            fetcher=fetcher,
            threads=self._job_threads,
            max_upload_bytes=settings.max_upload_bytes,
        )
        self._add(store, catalogue, threads=1)
        listings = listing_handlers(
            store,
            lambda: serving.extractor.embedders["copy"],
            serving.extractor.limits,
            max_queued=settings.max_queued_listings,
            max_upload_bytes=settings.max_upload_bytes,
            max_line_bytes=settings.max_listings_bytes,
        )
        self._add(store, listings, threads=1)
        self._add(store, review_handlers(), threads=1)

    def _add_scans(self, store: Store, serving: ServingEngine) -> None:
        scanning = ScanJob(
            store,
            serving.engine,
            KnownPictures(store.database),
            threads=self._scan_threads,
            suppressed_sample=self._settings.suppressed_sample,
            count=self._count,
        )
        self._opened.callback(scanning.close)
        self._add(store, {SCAN_KIND: scanning.run}, threads=SCANS_AT_ONCE)

    def _add(
        self, store: Store, handlers: Mapping[str, Handler], *, threads: int
    ) -> None:
        worker = Worker(
            store.database,
            handlers,
            lease_s=self._settings.job_lease_s,
            threads=threads,
            on_note=self._on_note,
        )
        self._workers.append(worker)
