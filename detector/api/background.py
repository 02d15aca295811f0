"""What the service does beside its requests: jobs, and the index kept in step."""

import logging

from detector.catalogue.background import job_handlers
from detector.catalogue.health_job import Searching
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.tending import Tender
from detector.listings.engine import Engine
from detector.network.hosts import AllowedHosts
from detector.settings import Settings
from detector.store.store import Store
from detector.store.worker import Worker

log = logging.getLogger(__name__)

STOP_S = 20.0
"""How long jobs may take to give themselves back when the service stops."""


class Background:
    """Started once the engine is there, stopped before the store is closed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._hosts = AllowedHosts.parse(settings.image_hosts or "")
        self._tender: Tender | None = None
        self._worker: Worker | None = None
        self._fetcher: ImageFetcher | None = None

    def start(self, store: Store, engine: Engine) -> None:
        """Begin to work."""
        settings = self._settings
        self._tender = Tender(store, engine.index)
        self._tender.start()
        if not settings.job_threads:
            return
        self._fetcher = ImageFetcher(
            self._hosts,
            max_bytes=settings.max_image_bytes,
        )
        handlers = job_handlers(
            store,
            engine.extractor,
            searching=lambda: Searching(engine.index, engine.matcher, engine.extractor),
            fetcher=self._fetcher,
            threads=settings.job_threads,
            max_upload_bytes=settings.max_upload_bytes,
        )
        self._worker = Worker(
            store.database,
            handlers,
            lease_s=settings.job_lease_s,
            threads=1,
            on_note=log.warning,
        )
        self._worker.start()

    def wake(self) -> None:
        """Say that there is a new job."""
        if self._worker is not None:
            self._worker.wake()

    def stop(self) -> None:
        """End; what was being worked on goes on at the next start."""
        if self._worker is not None:
            self._worker.stop(STOP_S)
        if self._tender is not None:
            self._tender.stop()
        if self._fetcher is not None:
            self._fetcher.close()
