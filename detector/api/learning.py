"""Routes of what decisions teach: calibrations, and references' records."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import recorded_as
from detector.api.case_schemas import CaseId
from detector.api.learning_schemas import (
    CalibrationAnswer,
    CalibrationAnswers,
    CalibrationId,
    CalibrationOptions,
    KnownFakeAnswer,
    LearnedReferenceId,
    NewCalibration,
    NewKnownFake,
    Quarantine,
    RecordOptions,
    ReferenceRecordAnswer,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.api.small_body import SmallBody
from detector.review.learning.calibrate import (
    apply_calibration,
    find_calibration,
    list_calibrations,
    propose_calibrations,
)
from detector.review.learning.fit import Method
from detector.review.learning.known_fake import add_known_fake
from detector.review.learning.reference_list import (
    RecordView,
    find_record,
    list_records,
)
from detector.review.learning.reference_record import (
    quarantine_reference,
    release_reference,
)
from detector.store.standing_tables import CalibrationRow
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1", tags=["learning"], dependencies=[with_key], route_class=SmallBody
)

Manager = Annotated[Principal, Depends(needs(Capability.CALIBRATION_MANAGE))]
Lead = Annotated[Principal, Depends(needs(Capability.CASES_LEAD))]
NO_CALIBRATION = problems({404: "No such calibration."})
NO_REFERENCE = problems({404: "No such reference.", 409: "It is so already."})


def as_calibration(row: CalibrationRow) -> CalibrationAnswer:
    """Show a calibration."""
    return CalibrationAnswer.model_validate(
        {
            "calibration_id": row.id,
            **{
                name: getattr(row, name)
                for name in CalibrationAnswer.model_fields
                if name != "calibration_id"
            },
        }
    )


def as_record(view: RecordView) -> ReferenceRecordAnswer:
    """Show a reference's record."""
    return ReferenceRecordAnswer.model_validate(
        {
            "brand_id": view.brand_id,
            **{
                name: getattr(view.row, name)
                for name in ReferenceRecordAnswer.model_fields
                if name != "brand_id"
            },
        }
    )


@router.get("/calibrations", operation_id="list_calibrations")
def list_page(
    request: Request,
    response: Response,
    caller: Manager,
    options: Annotated[CalibrationOptions, Query()],
) -> Page[CalibrationAnswer]:
    """List calibrations."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_calibrations(
            session, state=options.state, cursor=options.cursor, limit=options.limit
        )
        items = [as_calibration(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.post(
    "/calibrations",
    operation_id="propose_calibrations",
    status_code=201,
    responses=problems({409: "Too few cases were decided."}),
)
def propose(
    request: Request, caller: Manager, new: NewCalibration
) -> CalibrationAnswers:
    """Fit likelihood to what was decided; nothing holds before it is applied."""
    with service_of(request).store.database.write() as session:
        rows = propose_calibrations(
            session,
            Method(new.method),
            actor=recorded_as(caller),
            at=utc_now(),
            brand_id=new.brand_id,
        )
        return CalibrationAnswers(items=[as_calibration(row) for row in rows])


@router.get(
    "/calibrations/{calibration_id}",
    operation_id="show_calibration",
    responses=NO_CALIBRATION,
)
def show(
    request: Request, caller: Manager, calibration_id: CalibrationId
) -> CalibrationAnswer:
    """Show a calibration: how good it is, and which flags would change side."""
    with service_of(request).store.database.read() as session:
        return as_calibration(find_calibration(session, calibration_id))


@router.post(
    "/calibrations/{calibration_id}/apply",
    operation_id="apply_calibration",
    responses=NO_CALIBRATION | problems({409: "It is not proposed."}),
)
def apply(
    request: Request, caller: Manager, calibration_id: CalibrationId
) -> CalibrationAnswer:
    """Let a calibration hold for what is flagged from now on."""
    with service_of(request).store.database.write() as session:
        row = apply_calibration(
            session, calibration_id, actor=recorded_as(caller), at=utc_now()
        )
        return as_calibration(row)


@router.get("/reference-records", operation_id="list_reference_records")
def list_record_page(
    request: Request,
    response: Response,
    caller: Lead,
    options: Annotated[RecordOptions, Query()],
) -> Page[ReferenceRecordAnswer]:
    """List what became of references' matches."""
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_records(
            session,
            is_quarantined=options.quarantined,
            brand_id=options.brand_id,
            cursor=options.cursor,
            limit=options.limit,
        )
        items = [as_record(view) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.post(
    "/reference-records/{learned_reference_id}/quarantine",
    operation_id="quarantine_reference",
    responses=NO_REFERENCE,
)
def quarantine(
    request: Request,
    caller: Lead,
    learned_reference_id: LearnedReferenceId,
    given: Quarantine,
) -> ReferenceRecordAnswer:
    """Let a reference raise no flag any more."""
    with service_of(request).store.database.write() as session:
        quarantine_reference(
            session,
            learned_reference_id,
            given.reason,
            actor=recorded_as(caller),
            at=utc_now(),
        )
        return as_record(find_record(session, learned_reference_id))


@router.post(
    "/reference-records/{learned_reference_id}/release",
    operation_id="release_reference",
    responses=NO_REFERENCE,
)
def release(
    request: Request, caller: Lead, learned_reference_id: LearnedReferenceId
) -> ReferenceRecordAnswer:
    """Let a reference raise flags again; the rule does not hold it back any more."""
    with service_of(request).store.database.write() as session:
        release_reference(
            session, learned_reference_id, actor=recorded_as(caller), at=utc_now()
        )
        return as_record(find_record(session, learned_reference_id))


@router.post(
    "/cases/{case_id}/known-fake",
    operation_id="add_known_fake",
    status_code=201,
    responses=problems(
        {
            404: "No such case, or no such picture in it.",
            409: "Nobody has confirmed it, or the picture shows nothing of the goods.",
        }
    ),
)
async def add_fake(
    request: Request, caller: Lead, case_id: CaseId, given: NewKnownFake
) -> KnownFakeAnswer:
    """Make a picture of a restricted listing a reference of the brand's known fakes.

    Who shows it next is flagged with `known_fake_match`, which corroborates. A copy of
    the brand's own photo is refused: honest sellers show that, too.
    """
    service = service_of(request)
    extractor = service.engine.extractor
    async with service.pool.place():
        added = await service.pool.run(
            lambda: add_known_fake(
                service.store,
                extractor,
                case_id,
                position=given.position,
                actor=recorded_as(caller),
                at=utc_now(),
            )
        )
    return KnownFakeAnswer.model_validate(asdict(added))
