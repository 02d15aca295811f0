"""Which route a request took, as the description names it."""

from starlette.types import Scope


def template_of(scope: Scope) -> str | None:
    """Name the route with its prefixes: `/v1/brands/{brand_id}`; None before routing.

    A route in a router in a router knows its own part only; the framework keeps the
    whole beside it. A test holds this to the description.
    """
    whole = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(whole, "path_format", None)
    if path is None:
        path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else None
