"""The page of a case: pictures, what speaks for and against, what was done."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.review.decision_bar import decision_bar
from detector.console.viewer import SignedIn, Viewer

STAGE_PX, LARGE_PX, THUMBNAIL_PX = 1024, 2048, 160
DIRECTIONS = ("supports", "against", "unknown", "neutral")
NUM_RELATED = 12

router = APIRouter(include_in_schema=False)


@router.get("/cases/{case_id}")
async def show(request: Request, viewer: SignedIn, case_id: str) -> Response:
    """Show a case."""
    place = path_of("cases", case_id)
    case, pictures = await asyncio.gather(
        viewer.api.read(place), viewer.api.read(f"{place}/pictures")
    )
    bar, earlier, cluster, sightings = await asyncio.gather(
        decision_bar(request, viewer, case),
        _read_earlier(viewer, case),
        _read_cluster(viewer, case, ""),
        _read_cluster(viewer, case, "/sightings"),
    )
    return page(
        request,
        "review/case.html",
        viewer=viewer,
        case=case,
        bar=bar,
        pairs=make_pairs(case, pictures["items"]),
        sees_references=viewer.may("catalogue:read"),
        signals=_by_direction(case["signals"]),
        listing=_first_listing(case),
        earlier=earlier,
        cluster=cluster,
        sightings=sightings["items"] if sightings else [],
        may_comment=viewer.may("cases:decide") or viewer.may("cases:lead"),
        may_pack=viewer.may("audit:read"),
    )


def make_pairs(case: Answer, pictures: Sequence[Answer]) -> list[dict[str, Any]]:
    """Pair the pictures of a case with references, the most telling first.

    Args:
        case: as the API shows it.
        pictures: of it, with their matches.

    Returns:
        What the page's script shows, pair by pair: sizes, regions and addresses.
    """
    at = f"/v1/cases/{case['case_id']}/pictures"
    references = f"/v1/brands/{case['brand']['id']}/references"
    pairs: list[dict[str, Any]] = []
    for picture in pictures:
        address = f"{at}/{picture['sha256']}"
        shown = {
            "position": picture["position"],
            "listing_id": picture["listing_id"],
            "width": picture["width"],
            "height": picture["height"],
            "is_kept": picture["is_kept"],
            "url": f"{address}?width={STAGE_PX}",
            "large": f"{address}?width={LARGE_PX}",
            "thumbnail": f"{address}?width={THUMBNAIL_PX}",
        }
        for match in picture["matches"]:
            place = f"{references}/{match['reference_id']}/image"
            query = urlencode({"reference_id": match["reference_id"]})
            can_lay = match["is_placed"] and picture["is_kept"]
            pairs.append(
                {
                    "picture": shown,
                    "reference": {
                        **match,
                        "url": f"{place}?width={STAGE_PX}",
                        "large": f"{place}?width={LARGE_PX}",
                        "thumbnail": f"{place}?width={THUMBNAIL_PX}",
                    },
                    "aligned": f"{address}/overlay?{query}" if can_lay else None,
                    "difference": f"{address}/overlay?{query}&view=difference"
                    if can_lay
                    else None,
                }
            )
        if not picture["matches"]:
            nothing = {"aligned": None, "difference": None}
            pairs.append({"picture": shown, "reference": None, **nothing})
    return sorted(pairs, key=lambda pair: -_similarity(pair))


def _similarity(pair: Mapping[str, Any]) -> float:
    reference = pair["reference"]
    return 0.0 if reference is None else float(reference["similarity"])


def _by_direction(signals: Mapping[str, Answer]) -> dict[str, list[Answer]]:
    """Sort signals into those for, against, unknown, and the rest."""
    found: dict[str, list[Answer]] = {direction: [] for direction in DIRECTIONS}
    for name, signal in signals.items():
        found.setdefault(signal["direction"], []).append({"name": name, **signal})
    return found


def _first_listing(case: Answer) -> Answer | None:
    ours = case["listing"]["id"]
    parts = case["listings"]
    return next((part for part in parts if part["id"] == ours), None)


async def _read_earlier(viewer: Viewer, case: Answer) -> Sequence[Answer]:
    """Read other cases of the seller, for the platform's people."""
    seller_id = case["listing"]["seller_id"]
    if viewer.brand_id is not None or not seller_id:
        return ()
    found = await viewer.api.read(
        "/cases",
        seller_id=seller_id,
        marketplace_id=case["listing"]["marketplace_id"],
        limit=NUM_RELATED,
    )
    return [each for each in found["items"] if each["case_id"] != case["case_id"]]


async def _read_cluster(viewer: Viewer, case: Answer, part: str) -> Answer | None:
    if case["cluster_id"] is None or not viewer.may("flags:read"):
        return None
    limit = {"limit": NUM_RELATED} if part else {}
    path = path_of("clusters", case["cluster_id"])
    try:
        return await viewer.api.read(f"{path}{part}", **limit)
    except ApiProblem as problem:  # forgotten since, with its pictures
        if problem.status not in (404, 422):
            raise
        return None
