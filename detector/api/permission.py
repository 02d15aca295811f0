"""What a route asks of whoever calls it, in one place and readable by tests."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from detector.access.principal import Principal
from detector.access.roles import SHIPPED, Capability, Reach
from detector.api.errors import Forbidden
from detector.catalogue.brands import unknown_brand

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="An API key, or the token of a session. Checked before anything else.",
)
with_key = Security(bearer)
"""Declares in the description that routes want a key; the middleware checks it."""


def principal_of(request: Request) -> Principal:
    """Find out who is asking."""
    found = request.state.principal
    if not isinstance(found, Principal):
        raise TypeError(f"request.state.principal is {found!r}")
    return found


class Needs:
    """A dependency that lets only holders of a capability pass.

    Where the path names a brand, it has to be one that the holder sees; a brand of
    somebody else is answered like one that does not exist.
    """

    def __init__(self, capability: Capability) -> None:
        self.capability = capability

    def __call__(self, request: Request) -> Principal:
        """Check, and hand the principal to the route."""
        principal = principal_of(request)
        if self.capability not in principal.capabilities:
            raise Forbidden(
                f"The role {principal.role} does not allow {self.capability} here.",
                remedy="Use a key whose role and scopes include it.",
            )
        brand_id = request.path_params.get("brand_id")
        if brand_id is not None and not principal.sees(brand_id):
            raise unknown_brand(brand_id)
        return principal


def needs(capability: Capability) -> Callable[[Request], Principal]:
    """Ask for a capability: `principal: Annotated[Principal, Depends(needs(...))]`."""
    return Needs(capability)


def marketplace_of(principal: Principal) -> str | None:
    """Say whose listings somebody may see and send; None if everybody's.

    Raises:
        Forbidden: a marketplace's role, in whose key none is named.
    """
    reach = SHIPPED[principal.role].reach
    if principal.marketplace is None and reach is Reach.MARKETPLACE:
        raise Forbidden(
            "The key does not say which marketplace it is for.",
            remedy="Ask for one that does: detector key create --role "
            f"{principal.role} --marketplace NAME.",
        )
    return principal.marketplace


AnyPrincipal = Annotated[Principal, Depends(principal_of)]
