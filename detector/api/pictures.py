"""Routes of pictures that listings name by their hash."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.body import FORM_OVERHEAD_BYTES, one_picture, read_body
from detector.api.catalogue_schemas import example
from detector.api.errors import FieldProblem, Forbidden, InvalidRequest
from detector.api.listing_schemas import PlainName
from detector.api.match import FILE, body_of, form_of
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.schemas import Sha256, Wire
from detector.api.service import service_of
from detector.images import check_header
from detector.listings.intake.given_pictures import take_picture

router = APIRouter(prefix="/v1/pictures", tags=["listings"], dependencies=[with_key])

Writer = Annotated[Principal, Depends(needs(Capability.LISTINGS_WRITE))]


class PictureOptions(BaseModel):
    """The query parameters of a picture that is sent."""

    model_config = ConfigDict(extra="forbid")

    marketplace_id: PlainName | None = Field(
        None,
        description="Which marketplace may name it; the key's own if left out.",
    )


class PictureAnswer(Wire):
    """A picture that was sent; listings may name it by its hash now."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(sha256="9c" * 32, num_bytes=48_213)
    }

    sha256: Sha256
    num_bytes: int = Field(ge=1)


@router.post(
    "",
    operation_id="send_picture",
    openapi_extra=body_of(
        **{
            "image/*": {"schema": FILE},
            "application/octet-stream": {"schema": FILE},
            "multipart/form-data": form_of("image"),
        }
    ),
)
async def send_picture(
    request: Request, caller: Writer, options: Annotated[PictureOptions, Query()]
) -> PictureAnswer:
    """Send a picture that listings will name by its hash, as often as they like.

    The body is the picture's bytes, or a form with the field `image`. What no listing
    names is deleted after a while. It is looked at when a listing shows it.
    """
    service = service_of(request)
    marketplace = _sender(caller, options.marketplace_id)
    content_type = request.headers.get("content-type")
    async with service.intake.place():
        body = await read_body(
            request,
            max_bytes=service.limits.max_bytes + FORM_OVERHEAD_BYTES,
            timeout_s=service.settings.body_timeout_s,
        )

        def work() -> PictureAnswer:
            data = one_picture(content_type, body, "image")
            check_header(data, limits=service.limits)
            digest = take_picture(service.store, marketplace, data)
            return PictureAnswer(sha256=digest, num_bytes=len(data))

        return await service.intake.run(work)


def _sender(caller: Principal, asked: str | None) -> str:
    own = marketplace_of(caller)
    if own is not None and asked not in (None, own):
        raise Forbidden(
            "The key is for another marketplace.",
            remedy="Leave marketplace_id out, or use that marketplace's own key.",
        )
    if (marketplace := own or asked) is None:
        wrong = "Nothing says which marketplace may name the picture."
        raise InvalidRequest(
            wrong,
            remedy="Add ?marketplace_id=…",
            fields=[FieldProblem(wrong, parameter="marketplace_id")],
        )
    return marketplace
