"""Is it alive, is it ready: for whoever starts and watches the process."""

from fastapi import APIRouter, Request

from detector.api.openapi import problems
from detector.api.schemas import Alive, Ready
from detector.api.service import service_of

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez")
async def livez() -> Alive:
    """Say that the process answers; nothing else is looked at."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="readyz",
    responses=problems({503: "Models or index are being loaded, or cannot be."}),
)
def readyz(request: Request) -> Ready:
    """Say whether pictures can be matched now, and against what."""
    return service_of(request).readiness()
