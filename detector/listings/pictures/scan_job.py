"""Scans listings: many jobs at once, their pictures looked at together."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session, aliased

from detector.catalogue.references import chunks, find_references
from detector.listings.engine import Engine
from detector.listings.failure import fail_listing
from detector.listings.flags.raise_flags import FlagPolicy, raise_flags
from detector.listings.intake.scan_queue import MAX_ATTEMPTS, SCAN_KIND
from detector.listings.pictures.clusters import note_sighting
from detector.listings.pictures.examine import CHUNK, Examined, Examiner
from detector.listings.pictures.fetch_job import ask_for_fetch
from detector.listings.pictures.keep import keep_results, picture_rows
from detector.listings.pictures.known import KnownPictures
from detector.listings.pictures.result import PictureResult, read_results
from detector.listings.pictures.scan_plan import (
    Plan,
    Task,
    digests_of,
    images_of,
    is_current,
    make_plan,
    without_missing,
)
from detector.listings.pictures.standing import Standing
from detector.listings.sweeps.tending import was_passed_over
from detector.matching.steps import Step, timed
from detector.store.counting import Count, Counted, count_nothing
from detector.store.jobs import enqueue
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    PictureBytesRow,
)
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.worker import Context

KIND = SCAN_KIND
BATCH = 16
"""Listings scanned together."""

GONE = "image_gone"
NONE_SEEN = (
    "None of its pictures could be looked at; each says why. Correct them, and send a "
    "new version of the listing."
)
NONE_SEEN_YET = (
    "None of its pictures could be looked at so far; each says why. Those that could "
    "not be fetched are tried again; nothing needs to be sent."
)


class ScanJob:
    """Handles jobs of the kind `listing_scan`.

    Safe to run in several threads; they share the threads that look at pictures.

    Args:
        store: where to.
        engine: opens what pictures are matched with; may take a while.
        known: pictures that were looked at before.
        threads: pictures worked on at once, in all.
        suppressed_sample: share of suppressed flags that is shown all the same.
        count: told what became of pictures.
    """

    def __init__(
        self,
        store: Store,
        engine: Callable[[], Engine],
        known: KnownPictures,
        *,
        threads: int,
        suppressed_sample: float,
        batch: int = BATCH,
        count: Count = count_nothing,
    ) -> None:
        self._store = store
        self._engine = engine
        self._known = known
        self._examiner = Examiner(store, known, threads=threads)
        self._suppressed_sample = suppressed_sample
        self._batch = batch
        self._count = count

    def close(self) -> None:
        """End the threads that look at pictures."""
        self._examiner.close()

    def run(self, context: Context) -> None:
        """Scan as many listings as wait, up to a batch; early if it is to stop."""
        tasks = [Task.of(job) for job in context.take_more(self._batch - 1)]
        engine = self._engine()
        engine.index.refresh()
        standing = Standing(engine, engine.basis)
        with self._store.database.read() as session:
            plan = make_plan(session, tasks, standing, self._store.blobs)
        examined: list[Examined] = []
        for start in range(0, len(plan.wanted), CHUNK):
            if context.should_stop():
                return
            some = plan.wanted[start : start + CHUNK]
            examined += self._examiner.examine(some, standing)
        with timed(engine.observe, Step.STORE), context.session() as session:
            missing = set(plan.wanted) - {each.sha256 for each in examined}
            plan = without_missing(session, plan, missing)
            _lock_listings(session, plan.ready)
            examined += _by_vectors(session, missing & plan.digests, standing)
            keep_results(session, examined, standing=standing, known=self._known)
            self._look_again_if_swept(session, plan, examined, standing)
            for task in plan.to_fetch:
                ask_for_fetch(session, task.listing_id, task.version, task.again)
            images = images_of(session, [task.listing_id for task in plan.ready])
            results = read_results(session, sorted(digests_of(images, plan.ready)))
            for task in sorted(plan.ready, key=lambda task: task.listing_id):
                shown = images.get(task.listing_id, ())
                self._finish(session, task, shown, results, standing)
            _drop_bytes(session, plan.digests)
            context.finish(session, is_forgotten=True)
        self._count_all(plan, examined)

    def _finish(
        self,
        session: Session,
        task: Task,
        images: Sequence[ListingImageRow],
        known: Mapping[str, PictureResult],
        standing: Standing,
    ) -> None:
        """Write a listing's outcome, unless it has moved on meanwhile."""
        listing = session.get(ListingRow, task.listing_id)
        if listing is None or not is_current(listing, task):
            return
        digests = {image.sha256 for image in images if image.sha256 is not None}
        results = {digest: known[digest] for digest in digests & known.keys()}
        for image in images:
            result = results.get(image.sha256 or "")
            if result is not None:
                image.error_code, image.error = result.error_code, result.error
                note_sighting(session, result.sha256, listing)
            elif image.sha256 is not None:
                image.error_code = GONE
                image.error = "Its bytes are no longer here. Send them again."
        scoring = standing.engine.matcher.scoring
        policy = FlagPolicy(
            review_threshold=scoring.review_threshold,
            match_threshold=scoring.match_threshold,
            suppressed_sample=self._suppressed_sample,
        )
        verdict = raise_flags(session, listing, images, results, policy)
        if any(result.verdict is not None for result in results.values()):
            listing.verdict = verdict
            listing.state, listing.error = "scanned", None
        elif task.is_last:
            listing.verdict = None
            fail_listing(session, listing, NONE_SEEN)
        else:
            listing.error = NONE_SEEN_YET
            return
        listing.scanned_at = utc_now()
        session.flush()

    def _look_again_if_swept(
        self,
        session: Session,
        plan: Plan,
        examined: Sequence[Examined],
        standing: Standing,
    ) -> None:
        """Have pictures looked at again that a sweep has just ended without."""
        stored = {each.sha256 for each in examined if each.error is None}
        if not stored or not was_passed_over(session, standing.basis.watermark):
            return
        images = images_of(session, [task.listing_id for task in plan.ready])
        for task in plan.ready:
            again = digests_of(images, [task]) & stored
            if again:
                enqueue(
                    session,
                    KIND,
                    payload={
                        "listing_id": task.listing_id,
                        "version": task.version,
                        "attempt": task.attempt,
                        "again": sorted(again),
                    },
                    max_attempts=MAX_ATTEMPTS,
                )

    def _count_all(self, plan: Plan, examined: Sequence[Examined]) -> None:
        reused = len(plan.digests) - len(plan.wanted)
        self._count(Counted.PICTURE_REUSED_BYTES, reused)
        for each in examined:
            if each.error is not None:
                self._count(Counted.PICTURE_UNREADABLE, 1)
            elif each.same_as is not None:
                self._count(Counted.PICTURE_REUSED_TWIN, 1)
            elif each.look is None:
                self._count(Counted.PICTURE_VECTORS_ONLY, 1)
            else:
                self._count(Counted.PICTURE_MATCHED, 1)


def _by_vectors(
    session: Session, missing: Iterable[str], standing: Standing
) -> list[Examined]:
    """Judge pictures whose bytes are gone by what is kept of them."""
    found = []
    for row in picture_rows(session, sorted(missing)).values():
        if row.error_code is None:
            matches, verdict = standing.judge_vectors(row)
            references = find_references(session, [m.reference_id for m in matches])
            found.append(
                Examined(row.sha256, None, matches, verdict, references=references)
            )
    return found


def _lock_listings(session: Session, tasks: Sequence[Task]) -> None:
    """Lock listings, and read them as they are now.

    All before the first event, and in the order in which those who take events lock
    them: otherwise each could wait for what the other holds.
    """
    for some in chunks(sorted({task.listing_id for task in tasks})):
        query = select(ListingRow).where(ListingRow.id.in_(some))
        session.scalars(
            query.order_by(ListingRow.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()


def _drop_bytes(session: Session, digests: Iterable[str]) -> None:
    """Delete bytes that were looked at, unless another listing waits for them."""
    image, listing = aliased(ListingImageRow), aliased(ListingRow)
    is_waited_for = exists().where(
        image.sha256 == PictureBytesRow.sha256,
        listing.id == image.listing_id,
        listing.state == "queued",
    )
    for some in chunks(sorted(digests)):
        # Those that somebody sends again just now are left to the next scan.
        free = (
            select(PictureBytesRow.sha256)
            .where(PictureBytesRow.sha256.in_(some), ~is_waited_for)
            .with_for_update(skip_locked=True)
        )
        session.execute(
            delete(PictureBytesRow).where(PictureBytesRow.sha256.in_(free)),
            execution_options={"synchronize_session": False},
        )
