"""The job that lets cases follow flags."""

from detector.review.following import follow_flag
from detector.store.case_tables import FLAG_KIND
from detector.store.jobs import now_of
from detector.store.worker import Context

__all__ = ["FLAG_KIND", "run_flag_job"]

AT_ONCE = 50


def run_flag_job(context: Context) -> None:
    """Open, join, update or close the cases of flags that have changed.

    Each has a transaction of its own: a second listing locked after the first one's
    events were numbered could wait for a scan that waits for these.
    """
    jobs = context.take_more(AT_ONCE - 1)
    for flag_id in {str(job.payload["flag_id"]) for job in jobs}:
        if context.should_stop():
            return
        with context.session() as session:
            follow_flag(session, flag_id, at=now_of(session))
    with context.session() as session:
        context.finish(session, is_forgotten=True)
