"""The page of thresholds: what people decided at which similarity."""

import asyncio
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from detector.console.admin.grants import read_brands
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.lead.plots import draw_precision_recall, draw_scores
from detector.console.rendering import page
from detector.console.texts import translations
from detector.console.viewer import SignedIn, Viewer

SVG = "image/svg+xml"

router = APIRouter(include_in_schema=False)


@router.get("/thresholds")
async def show(
    request: Request,
    viewer: SignedIn,
    brand_id: str = "",
    threshold: float | None = Query(None, ge=0, le=1),
) -> Response:
    """Show scores and decisions, and what another threshold would have done."""
    return await _show(request, viewer, brand_id, threshold)


@router.get("/plots/precision-recall.svg")
async def plot_curve(
    viewer: SignedIn,
    brand_id: str = "",
    threshold: float | None = Query(None, ge=0, le=1),
) -> Response:
    """Draw precision over recall."""
    scores = await _read(viewer, brand_id, None)
    say = translations(viewer.language).gettext
    title = say("Precision and recall of decided cases, by threshold")
    marks = _marks(viewer, scores, threshold)
    plot = await asyncio.to_thread(
        draw_precision_recall, scores["curve"], marks, title=title
    )
    return Response(plot, media_type=SVG)


@router.get("/plots/scores.svg")
async def plot_scores(
    viewer: SignedIn,
    brand_id: str = "",
    threshold: float | None = Query(None, ge=0, le=1),
) -> Response:
    """Draw how many cases were confirmed and dismissed, by similarity."""
    scores = await _read(viewer, brand_id, None)
    say = translations(viewer.language).gettext
    plot = await asyncio.to_thread(
        draw_scores,
        scores["histogram"],
        _marks(viewer, scores, threshold),
        title=say("Decided cases by similarity"),
        labels=(say("confirmed"), say("dismissed")),
    )
    return Response(plot, media_type=SVG)


@router.post("/thresholds/calibrations")
async def propose(
    request: Request,
    viewer: SignedIn,
    brand_id: str = Form(""),
    method: str = Form("sigmoid"),
) -> Response:
    """Fit likelihood to what was decided; nothing holds before it is applied."""
    body = {"method": method, "brand_id": brand_id or None}
    try:
        await viewer.api.write("POST", "/calibrations", body)
    except ApiProblem as refused:
        return await _show(request, viewer, brand_id, None, refused)
    query = urlencode({"brand_id": brand_id})
    return RedirectResponse(f"/thresholds?{query}#calibrations", 303)


@router.post("/thresholds/calibrations/{calibration_id}/apply")
async def apply(request: Request, viewer: SignedIn, calibration_id: str) -> Response:
    """Let a calibration hold."""
    path = path_of("calibrations", calibration_id, "apply")
    try:
        await viewer.api.write("POST", path)
    except ApiProblem as refused:
        return await _show(request, viewer, "", None, refused)
    return RedirectResponse("/thresholds#calibrations", 303)


async def _show(
    request: Request,
    viewer: Viewer,
    brand_id: str,
    threshold: float | None,
    refused: ApiProblem | None = None,
) -> Response:
    scores, brands, calibrations = await asyncio.gather(
        _read(viewer, brand_id, threshold),
        read_brands(viewer),
        _read_calibrations(viewer),
    )
    return page(
        request,
        "lead/thresholds.html",
        viewer=viewer,
        status=200 if refused is None else refused.status,
        problem=None if refused is None else refused.problem,
        scores=scores,
        brands=brands,
        names={each["id"]: each["name"] for each in brands},
        brand_id=brand_id,
        threshold=threshold,
        calibrations=calibrations,
        may_calibrate=viewer.may("calibration:manage"),
    )


def _marks(viewer: Viewer, scores: Answer, threshold: float | None) -> dict[str, float]:
    """Name the thresholds that hold, and the one that is tried."""
    say = translations(viewer.language).gettext
    marks = {
        say("flagged from"): scores["review_threshold"],
        say("match from"): scores["match_threshold"],
    }
    return marks if threshold is None else {**marks, say("tried"): threshold}


async def _read(viewer: Viewer, brand_id: str, threshold: float | None) -> Answer:
    return await viewer.api.read(
        "/decision-scores", brand_id=brand_id or None, threshold=threshold
    )


async def _read_calibrations(viewer: Viewer) -> list[Answer]:
    if not viewer.may("calibration:manage"):
        return []
    found: list[Answer] = (await viewer.api.read("/calibrations", limit=200))["items"]
    return found[::-1]
