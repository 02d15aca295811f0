"""The kinds of work that are done in the background, and who does each."""

from collections.abc import Callable, Mapping

from detector.catalogue import health_job, imports
from detector.catalogue.features import Extractor
from detector.catalogue.health_job import HealthJob, Searching
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.import_job import ImportJob
from detector.store.store import Store
from detector.store.worker import Context, Handler


def job_handlers(
    store: Store,
    extractor: Callable[[], Extractor],
    *,
    searching: Callable[[], Searching],
    fetcher: ImageFetcher,
    threads: int,
    max_upload_bytes: int,
) -> Mapping[str, Handler]:
    """Name the handler of each kind of job.

    Args:
        store: where the catalogue is.
        extractor: gives what computes features of pictures, as it is at the time.
        searching: opens what listings are searched with; may take a while.
        fetcher: of pictures on the web.
        threads: pictures that a job works on at once.
        max_upload_bytes: that an uploaded ZIP may have once unpacked.
    """

    def take(context: Context) -> None:
        ImportJob(store, extractor(), fetcher, threads, max_upload_bytes).run(context)

    checking = HealthJob(store, searching, threads)
    return {imports.JOB_KIND: take, health_job.JOB_KIND: checking.run}
