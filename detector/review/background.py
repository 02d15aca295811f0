"""What is done about cases in the background."""

from collections.abc import Mapping

from detector.review.flag_job import FLAG_KIND, run_flag_job
from detector.review.notices.notice_job import JOB_KIND, run_notice_job
from detector.store.worker import Handler


def review_handlers() -> Mapping[str, Handler]:
    """Name the handlers of what cases follow."""
    return {FLAG_KIND: run_flag_job, JOB_KIND: run_notice_job}
