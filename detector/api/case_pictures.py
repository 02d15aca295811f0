"""Routes of a case's pictures: as listings show them, and with references over them."""

import io
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from PIL import Image
from pydantic import ConfigDict, Field, JsonValue

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import scope_of
from detector.api.case_schemas import CaseId
from detector.api.match import FILE
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.schemas import Wire
from detector.api.service import Service, service_of
from detector.api.shown_picture import MAX_WIDTH, Width, picture_response, reduced
from detector.listings.formats import match_as_json
from detector.matching.comparison import align
from detector.matching.evidence import draw_difference, lay_over
from detector.matching.steps import Step, timed
from detector.review.queue.case_list import find_case
from detector.review.queue.case_pictures import (
    CasePicture,
    find_case_picture,
    find_placed_match,
    list_case_pictures,
)

OVERLAY_PX = 1024

router = APIRouter(
    prefix="/v1/cases/{case_id}/pictures",
    tags=["cases"],
    dependencies=[with_key],
    responses=problems(
        {404: "No such case or picture, none that the caller sees, or none kept."}
    ),
)

Reader = Annotated[Principal, Depends(needs(Capability.CASES_READ))]
Sha256 = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
EXAMPLE: dict[str, JsonValue] = {
    "listing_id": "lst_5f0c0e5c1d2b4a6f8e9d7c3b",
    "position": 0,
    "sha256": "9c" * 32,
    "width": 1200,
    "height": 900,
    "is_kept": True,
    "matches": [
        {
            "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
            "external_id": "shoes/runner-red/front.jpg",
            "product_id": "runner-red",
            "role": "official",
            "width": 1000,
            "height": 1000,
            "similarity": 0.932114,
            "likelihood": None,
            "relation": "edited_photo",
            "mirrored": False,
            "num_inliers": 74,
            "query_region": [[10.0, 20.0], [600.0, 20.0], [600.0, 700.0], [10.0, 700]],
            "reference_region": [[0.0, 0.0], [999.0, 0.0], [999.0, 999.0], [0.0, 999]],
            "query_overlap": 0.36,
            "reference_overlap": 0.81,
            "is_placed": True,
            "homography": [[0.6, 0.0, 10.0], [0.0, 0.68, 20.0], [0.0, 0.0, 1.0]],
        }
    ],
}
Corner = tuple[float, float]


class View(StrEnum):
    """What is laid over a listing's picture."""

    ALIGNED = "aligned"
    DIFFERENCE = "difference"


class PlacedReference(Wire):
    """A reference of the case's brand that a picture resembles."""

    reference_id: str
    external_id: str = Field(description="The brand's own name of it.")
    product_id: str | None = Field(description="The brand's own id of the product.")
    role: str
    width: int = Field(description="Of the reference, in pixels.")
    height: int
    similarity: float
    likelihood: float | None
    relation: str
    mirrored: bool
    num_inliers: int
    query_region: list[Corner] | None = Field(
        description="Outline of the reference on the picture, in its pixels."
    )
    reference_region: list[Corner] | None = Field(
        description="The part of the reference that the picture shows, in its pixels."
    )
    query_overlap: float
    reference_overlap: float
    is_placed: bool = Field(description="It can be laid over the picture.")
    homography: list[tuple[float, float, float]] | None = Field(
        description="Three rows that map the reference's pixels onto the picture's."
    )


class CasePictureAnswer(Wire):
    """A picture of a listing of a case."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    listing_id: str = Field(description="Our id of the listing.")
    position: int
    sha256: str
    width: int | None
    height: int | None
    is_kept: bool = Field(description="Its bytes are kept, so that it can be shown.")
    matches: list[PlacedReference] = Field(description="The most similar first.")


class CasePicturesAnswer(Wire):
    """The pictures of a case's listings."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE]}]})

    items: list[CasePictureAnswer]


@router.get("", operation_id="list_case_pictures")
def list_all(request: Request, caller: Reader, case_id: CaseId) -> CasePicturesAnswer:
    """List the pictures of a case's listings, and where references lie on them."""
    service = service_of(request)
    least = _least_similarity(service, caller)
    with service.store.database.read() as session:
        view = find_case(session, case_id, scope=scope_of(caller))
        pictures = list_case_pictures(session, view, least_similarity=least)
    return CasePicturesAnswer(items=[_as_answer(picture) for picture in pictures])


@router.get(
    "/{sha256}",
    operation_id="show_case_picture",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {"schema": FILE}}}},
)
def show(
    request: Request,
    caller: Reader,
    case_id: CaseId,
    sha256: Sha256,
    width: Width = None,
) -> Response:
    """Show a picture of a case, encoded anew as a JPEG."""
    service = service_of(request)
    with service.store.database.read() as session:
        view = find_case(session, case_id, scope=scope_of(caller))
        least = _least_similarity(service, caller)
        find_case_picture(session, view, sha256, least_similarity=least)
    data = service.store.blobs.read(sha256)
    shown = reduced(data, limits=service.limits, width=width or MAX_WIDTH)
    return picture_response(shown, "image/jpeg")


@router.get(
    "/{sha256}/overlay",
    operation_id="show_case_overlay",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": FILE}}}},
)
async def show_overlay(
    request: Request,
    caller: Reader,
    case_id: CaseId,
    sha256: Sha256,
    reference_id: Annotated[
        str | None, Query(max_length=100, description="The best one if left out.")
    ] = None,
    view: View = View.ALIGNED,
) -> Response:
    """Draw a reference where it lies on a picture, as a PNG of the picture's shape.

    `difference` draws what differs instead: pink where the structure does, orange where
    only the colours do. It is transparent where the reference does not lie.
    """
    service = service_of(request)

    def work() -> bytes:
        with service.store.database.read() as session:
            case = find_case(session, case_id, scope=scope_of(caller))
            least = _least_similarity(service, caller)
            picture = find_case_picture(session, case, sha256, least_similarity=least)
            reference, match = find_placed_match(picture, reference_id)
        extractor, blobs = service.engine.extractor, service.store.blobs
        with timed(service.metrics.observe, Step.EVIDENCE):
            query = extractor.decode(blobs.read(sha256))
            original = extractor.decode(blobs.read(reference.image_sha256))
            size, reference_size = (
                (query.width, query.height),
                (original.width, original.height),
            )
            if match.homography is None:
                raise TypeError("find_placed_match finds placed matches alone")
            drawn = original.pixels
            if view is View.DIFFERENCE:
                pair = align(
                    query.pixels,
                    size,
                    original.pixels,
                    reference_size,
                    match.homography,
                    max_px=OVERLAY_PX // 2,
                )
                if pair is not None:
                    drawn = draw_difference(pair)
            laid = lay_over(
                size, drawn, reference_size, match.homography, max_px=OVERLAY_PX
            )
        file = io.BytesIO()
        Image.fromarray(laid).save(file, "PNG")
        return file.getvalue()

    async with service.pool.place():
        return picture_response(await service.pool.run(work), "image/png")


def _least_similarity(service: Service, caller: Principal) -> float:
    """Say from which similarity on matches are shown to a caller.

    Who does not read catalogues, as marketplaces, is shown no reference but those that
    a listing is held against.
    """
    if Capability.CATALOGUE_READ in caller.capabilities:
        return 0.0
    return service.engine.matcher.scoring.review_threshold


def _as_answer(picture: CasePicture) -> CasePictureAnswer:
    result = picture.result
    return CasePictureAnswer.model_validate(
        {
            "listing_id": picture.listing_id,
            "position": picture.position,
            "sha256": picture.sha256,
            "width": result and result.width,
            "height": result and result.height,
            "is_kept": result is not None and result.is_kept,
            "matches": [
                {
                    "reference_id": reference.id,
                    "external_id": reference.external_id,
                    "product_id": reference.product_id,
                    "role": reference.role,
                    "width": picture.sizes[reference.image_sha256][0],
                    "height": picture.sizes[reference.image_sha256][1],
                    **match_as_json(match),
                    "reference_region": match.reference_region,
                    "is_placed": match.homography is not None,
                    "homography": None
                    if match.homography is None
                    else match.homography.tolist(),
                }
                for reference, match in picture.matches
            ],
        }
    )
