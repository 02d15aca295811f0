"""The kinds of work that are done in the background, and who does each."""

from collections.abc import Callable, Mapping

from detector.catalogue import health_job, imports
from detector.catalogue.features import Extractor
from detector.catalogue.health_job import HealthJob, Searching
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.import_job import ImportJob
from detector.store.store import Store
from detector.store.worker import Handler


def job_handlers(
    store: Store,
    extractor: Extractor,
    *,
    searching: Callable[[], Searching],
    fetcher: ImageFetcher,
    threads: int,
    max_upload_bytes: int,
) -> Mapping[str, Handler]:
    """Name the handler of each kind of job.

    Args:
        store: where the catalogue is.
        extractor: computes features of pictures.
        searching: opens what listings are searched with; may take a while.
        fetcher: of pictures on the web.
        threads: pictures that a job works on at once.
        max_upload_bytes: that an uploaded ZIP may have once unpacked.
    """
    importing = ImportJob(store, extractor, fetcher, threads, max_upload_bytes)
    checking = HealthJob(store, searching, threads)
    return {imports.JOB_KIND: importing.run, health_job.JOB_KIND: checking.run}
