"""Routes of standing, and of the figures that reports take."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.list_file import CSV_ANSWER, csv_response
from detector.api.list_schemas import BrandId
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.api.standing_schemas import (
    BrandStanding,
    MetricAnswer,
    ReportAnswer,
    ReportOptions,
    StandingChange,
    StandingOptions,
)
from detector.catalogue.brands import unknown_brand
from detector.catalogue.formats.export import csv_line
from detector.review.standing.report import Metric, measure_all
from detector.review.standing.standing_list import list_standing, show_standing
from detector.review.standing.tier import Tier
from detector.store.standing_tables import StandingRow
from detector.store.table import utc_now
from detector.store.tables import BrandRow

router = APIRouter(prefix="/v1", tags=["standing"], dependencies=[with_key])

Reader = Annotated[Principal, Depends(needs(Capability.STANDING_READ))]
Auditor = Annotated[Principal, Depends(needs(Capability.AUDIT_READ))]


def as_change(row: StandingRow) -> StandingChange:
    """Show a change of standing."""
    return StandingChange.model_validate(
        {
            "standing_id": row.id,
            **{
                name: getattr(row, name)
                for name in StandingChange.model_fields
                if name != "standing_id"
            },
        }
    )


@router.get(
    "/brands/{brand_id}/standing",
    operation_id="show_standing",
    responses=problems({404: "No such brand, or none that the caller sees."}),
)
def show(request: Request, caller: Reader, brand_id: BrandId) -> BrandStanding:
    """Show where a brand stands, by which figures, and what `good_faith` would take."""
    with service_of(request).store.database.read() as session:
        if session.get(BrandRow, brand_id) is None:
            raise unknown_brand(brand_id)
        view = show_standing(session, brand_id, at=utc_now())
        row = view.row
        return BrandStanding.model_validate(
            {
                "brand_id": brand_id,
                "tier": Tier.NEW if row is None else row.tier,
                "since": None if row is None else row.created_at,
                "warned_at": None if row is None else row.warned_at,
                "locked_until": None if row is None else row.locked_until,
                "shortfall": view.shortfall,
                "figures": view.figures.as_json(),
                "conditions": [asdict(each) for each in view.conditions],
            }
        )


@router.get("/standing", operation_id="list_standing")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[StandingOptions, Query()],
) -> Page[StandingChange]:
    """List the changes of standing; a brand sees its own."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_standing(
            session,
            subject=options.subject,
            subject_id=options.subject_id,
            brand_id=caller.brand_id,
            cursor=options.cursor,
            limit=options.limit,
            newest_first=options.newest_first,
        )
        items = [as_change(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/metrics-report", operation_id="show_metrics_report")
def report(
    request: Request, caller: Auditor, options: Annotated[ReportOptions, Query()]
) -> ReportAnswer:
    """Show how detection, review and takedowns do; what the yearly report needs."""
    until = utc_now()
    since = until - timedelta(days=options.days)
    with service_of(request).store.database.read() as session:
        metrics = measure_all(session, since=since, until=until)
    return ReportAnswer(
        since=since,
        until=until,
        metrics=[MetricAnswer.model_validate(asdict(each)) for each in metrics],
    )


@router.get(
    "/metrics-report.csv",
    operation_id="download_metrics_report",
    response_class=Response,
    responses=CSV_ANSWER,
)
def download(
    request: Request, caller: Auditor, options: Annotated[ReportOptions, Query()]
) -> Response:
    """Download the same as a table."""
    until = utc_now()
    since = until - timedelta(days=options.days)
    with service_of(request).store.database.read() as session:
        metrics = measure_all(session, since=since, until=until)
    return csv_response(_lines(metrics), "metrics-report.csv")


def _lines(metrics: list[Metric]) -> Iterator[str]:
    yield csv_line(MetricAnswer.model_fields)
    for each in metrics:
        yield csv_line(asdict(each).values())
