"""Health checks that were asked for: recorded, then done in the background."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.catalogue.features import Extractor
from detector.catalogue.health.check import check_catalogue
from detector.catalogue.health.page import render_html
from detector.catalogue.search_index import SearchIndex
from detector.errors import Conflict, DetectorError, Unknown
from detector.matching.matcher import Matcher
from detector.store.jobs import enqueue
from detector.store.paging import SortKey, page
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.work_tables import HealthCheckRow
from detector.store.worker import Context

JOB_KIND = "health_check"
MAX_OPEN = 5
"""Checks of one brand that may wait, in a queue that all share."""


@dataclass(frozen=True, slots=True)
class Searching:
    """What listings are searched with, which is what the self-test tests.

    Attributes:
        index: live; brought up to date before a check.
        matcher: on that index.
        extractor: decodes pictures as scans do.
    """

    index: SearchIndex
    matcher: Matcher
    extractor: Extractor


def ask_for_check(
    session: Session,
    *,
    check_id: str,
    brand_id: str,
    sample: int,
    seed: int,
    created_by: str,
) -> HealthCheckRow:
    """Record a check and its job in one transaction.

    Raises:
        Conflict: so many are waiting that another one would tell nothing new.
    """
    query = select(func.count()).where(
        HealthCheckRow.brand_id == brand_id,
        HealthCheckRow.state.in_(("queued", "running")),
    )
    if session.execute(query).scalar_one() >= MAX_OPEN:
        raise Conflict(
            f"{MAX_OPEN} checks of the brand are waiting already.",
            remedy="Wait for the first of them; GET lists them.",
        )
    row = HealthCheckRow(
        id=check_id,
        brand_id=brand_id,
        sample=sample,
        seed=seed,
        state="queued",
        num_done=0,
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    enqueue(session, JOB_KIND, payload={"check_id": check_id})
    return row


def find_check(session: Session, *, brand_id: str, check_id: str) -> HealthCheckRow:
    """Look a check of a brand up.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such check.
    """
    find_brand(session, brand_id)
    row = session.get(HealthCheckRow, check_id)
    if row is None or row.brand_id != brand_id:
        raise Unknown(
            f"The brand has no health check {check_id[:100]!r}.",
            remedy="The list of checks names the ids.",
        )
    return row


def list_checks(
    session: Session,
    *,
    brand_id: str,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> tuple[list[HealthCheckRow], str | None]:
    """List a brand's checks in pages, the oldest first unless asked otherwise."""
    find_brand(session, brand_id)
    query = select(HealthCheckRow).where(HealthCheckRow.brand_id == brand_id)
    keys: list[SortKey] = [HealthCheckRow.created_at, HealthCheckRow.id]
    return page(
        session,
        query,
        keys=keys,
        cursor=cursor,
        limit=limit,
        is_descending=newest_first,
    )


@dataclass(frozen=True, slots=True)
class HealthJob:
    """Handles jobs of the kind `health_check`.

    Attributes:
        store: where the catalogue is.
        searching: opens what listings are searched with; may take a while.
        threads: pictures worked on at once.
    """

    store: Store
    searching: Callable[[], Searching]
    threads: int

    def run(self, context: Context) -> None:
        """Check; begins anew if it was cut short, as nothing of it is kept."""
        check_id = str(context.job.payload["check_id"])
        with context.session() as session:
            row = session.get_one(HealthCheckRow, check_id)
            row.state, row.started_at = "running", utc_now()
            row.finished_at = row.error = None
            brand_id, sample, seed = row.brand_id, row.sample, row.seed
        last_told = -1.0

        def tell(done: int, total: int) -> None:
            nonlocal last_told
            share = done / max(1, total)
            if share - last_told >= 0.01:
                last_told = share
                with context.session() as session:
                    told = session.get_one(HealthCheckRow, check_id)
                    told.num_done, told.num_total = done, total

        live = self.searching()
        live.index.refresh()
        try:
            report = check_catalogue(
                self.store,
                index=live.index,
                matcher=live.matcher,
                extractor=live.extractor,
                brand_id=brand_id,
                sample=sample,
                seed=seed,
                threads=self.threads,
                on_progress=tell,
                should_stop=context.should_stop,
            )
        except DetectorError as error:
            if error.status >= 500:
                raise
            with context.session() as session:
                row = session.get_one(HealthCheckRow, check_id)
                row.state, row.error, row.finished_at = "failed", str(error), utc_now()
                context.finish(session)
            return
        if context.should_stop():
            return
        page = render_html(report).encode()
        with context.session() as session:
            row = session.get_one(HealthCheckRow, check_id)
            row.report, row.page = report.to_json(), page
            row.state, row.finished_at = "done", utc_now()
            context.finish(session)
