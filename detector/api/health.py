"""Is it alive, is it ready, how is it: for whoever starts and watches the process."""

from fastapi import APIRouter, Depends, Request

from detector.access.roles import Capability
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.schemas import Alive, Ready, ServiceAnswer
from detector.api.service import service_of

router = APIRouter(tags=["health"])
operator_router = APIRouter(prefix="/v1", tags=["health"], dependencies=[with_key])


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
    """Say whether pictures can be matched now, and with what."""
    return service_of(request).readiness()


@operator_router.get(
    "/service",
    operation_id="show_service",
    dependencies=[Depends(needs(Capability.SERVICE_READ))],
)
def show_service(request: Request) -> ServiceAnswer:
    """Say what is served: how large the catalogue is, what jobs there are."""
    return service_of(request).state()
