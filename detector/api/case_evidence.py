"""The route of a case's evidence pack."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import recorded_as, scope_of
from detector.api.case_schemas import CaseId
from detector.api.match import FILE
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.review import audit
from detector.review.evidence.pack import EXPORTED, pack_case
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1/cases",
    tags=["cases"],
    dependencies=[with_key],
    responses=problems({404: "No such case, or none that the caller sees."}),
)

Auditor = Annotated[Principal, Depends(needs(Capability.AUDIT_READ))]


@router.get(
    "/{case_id}/evidence.zip",
    operation_id="download_case_evidence",
    response_class=Response,
    responses={200: {"content": {"application/zip": {"schema": FILE}}}},
)
async def download(request: Request, caller: Auditor, case_id: CaseId) -> Response:
    """Download all that a case rests on, to be checked by `detector verify-evidence`.

    Both pictures and the evidence drawn of them, scores with models and thresholds,
    each step of the record, and a manifest of SHA-256 hashes. No reviewer is named. The
    record tells who took it, and the manifest's hash.
    """
    service = service_of(request)
    scope = scope_of(caller)

    def work() -> bytes:
        pack = pack_case(
            service.store,
            case_id,
            scope=scope,
            decode=service.engine.extractor.decode,
        )
        with service.store.database.write() as session:
            audit.record(
                session,
                recorded_as(caller),
                EXPORTED,
                at=utc_now(),
                subject="case",
                subject_id=case_id,
                case_id=case_id,
                evidence_sha256=pack.manifest_sha256,
            )
        return pack.data

    async with service.pool.place():
        data = await service.pool.run(work)
    return Response(
        data,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{case_id}.zip"'},
    )
