"""Routes that compare pictures; nothing of what they are sent is kept."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.body import (
    FORM_OVERHEAD_BYTES,
    form_pictures,
    one_picture,
    read_body,
)
from detector.api.permission import needs, with_key
from detector.api.schemas import CompareAnswer, MatchAnswer, MatchOptions, Options
from detector.api.service import Service, service_of

router = APIRouter(prefix="/v1", tags=["matching"], dependencies=[with_key])

Matching = Annotated[Principal, Depends(needs(Capability.PICTURES_MATCH))]
Comparing = Annotated[Principal, Depends(needs(Capability.PICTURES_COMPARE))]

FILE = {"type": "string", "format": "binary"}


def body_of(**content: object) -> dict[str, object]:
    """Describe a request body, which the routes read by themselves."""
    return {"requestBody": {"required": True, "content": content}}


def form_of(*names: str) -> dict[str, object]:
    """Describe a form of files."""
    return {
        "schema": {
            "type": "object",
            "properties": dict.fromkeys(names, FILE),
            "required": list(names),
            "additionalProperties": False,
        }
    }


@router.post(
    "/match",
    operation_id="match",
    openapi_extra=body_of(
        **{
            "image/*": {"schema": FILE},
            "application/octet-stream": {"schema": FILE},
            "multipart/form-data": form_of("image"),
        }
    ),
)
async def match(
    request: Request, caller: Matching, options: Annotated[MatchOptions, Query()]
) -> MatchAnswer:
    """Find the references that a picture resembles.

    The body is the picture's bytes, or a form with the field `image`. The answer
    says how alike pictures are and where; it never says that a product is fake.
    """
    service = service_of(request)
    content_type = request.headers.get("content-type")
    async with service.pool.place():
        body = await _read(request, service, num_pictures=1)

        def work() -> MatchAnswer:
            return service.match(
                one_picture(content_type, body, "image"),
                limit=options.limit,
                evidence=options.evidence,
            )

        return await service.pool.run(work)


@router.post(
    "/compare",
    operation_id="compare",
    openapi_extra=body_of(**{"multipart/form-data": form_of("a", "b")}),
)
async def compare(
    request: Request, caller: Comparing, options: Annotated[Options, Query()]
) -> CompareAnswer:
    """Say whether picture `a` shows picture `b`, or a part of it, and where.

    Neither is looked up in the catalogue.
    """
    service = service_of(request)
    content_type = request.headers.get("content-type")
    async with service.pool.place():
        body = await _read(request, service, num_pictures=2)

        def work() -> CompareAnswer:
            a, b = form_pictures(content_type, body, ["a", "b"])
            return service.compare(a, b, evidence=options.evidence)

        return await service.pool.run(work)


async def _read(request: Request, service: Service, *, num_pictures: int) -> bytes:
    settings = service.settings
    return await read_body(
        request,
        max_bytes=num_pictures * settings.max_image_bytes + FORM_OVERHEAD_BYTES,
        timeout_s=settings.body_timeout_s,
    )
