"""Who looks at a page: signed in, with what they may do, in which language."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from httpx2 import AsyncClient

from detector.api.cookies import (
    SAFE_METHODS,
    csrf_token,
    require_our_page,
    session_token,
)
from detector.console.inner_api import ApiProblem, InnerApi
from detector.console.texts import language_of

MAX_FIELDS = 40_000
"""Of a form; as many as a bulk decision has at most, whatever the policy allows."""
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


class SignInNeeded(Exception):
    """Nobody has signed in, or the session is over.

    Attributes:
        next_path: where to go on afterwards.
    """

    def __init__(self, next_path: str) -> None:
        super().__init__(next_path)
        self.next_path = next_path


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who has signed in.

    Attributes:
        api: the API, as this viewer.
        id: of the principal: `user:<id>`.
        name: how they are called.
        role: such as `reviewer`.
        capabilities: what they may do.
        brand_id: whose data alone they see; None on the platform.
        marketplace: likewise.
        csrf: what writes of their pages show.
        language: of their pages, such as `de`.
    """

    api: InnerApi
    id: str
    name: str
    role: str
    capabilities: frozenset[str]
    brand_id: str | None
    marketplace: str | None
    csrf: str
    language: str

    def may(self, capability: str) -> bool:
        """Say whether the viewer has a capability, such as `cases:decide`."""
        return capability in self.capabilities


async def viewer_of(request: Request) -> Viewer:
    """Find out who looks; a write has to come from a page of ours.

    Raises:
        SignInNeeded: nobody, or not any more.
        Forbidden: a write that some other site asked for.
    """
    token = session_token(request.headers)
    here = request.url.path
    if request.url.query:
        here = f"{here}?{request.url.query}"
    if request.method not in SAFE_METHODS:
        here = "/"  # no page is looked at by its writes
    if token is None:
        raise SignInNeeded(here)
    if request.method not in SAFE_METHODS:
        shown = None
        if is_form(request.headers.get("content-type", "")):
            form = await request.form(max_fields=MAX_FIELDS)
            shown = str(form.get("csrf", "")) or None
        require_our_page(request.headers, token, shown=shown)
    try:
        return await read_viewer(request, token)
    except ApiProblem as problem:
        if problem.status == 401:
            raise SignInNeeded(here) from problem
        raise


def is_form(content_type: str) -> bool:
    """Say whether a body is a form."""
    return content_type.lower().startswith(FORM_TYPES)


async def read_viewer(request: Request, token: str) -> Viewer:
    """Read who has a session.

    Raises:
        ApiProblem: it is over, or whoever has it asks too much.
    """
    api = api_of(request, token)
    me = await api.read("/me")
    return Viewer(
        api=api,
        id=me["id"],
        name=me["name"],
        role=me["role"],
        capabilities=frozenset(me["capabilities"]),
        brand_id=me["brand_id"],
        marketplace=me["marketplace"],
        csrf=csrf_token(token),
        language=language_of(request),
    )


def api_of(request: Request, token: str | None) -> InnerApi:
    """Make the API as somebody uses it."""
    client = request.app.state.console_client
    if not isinstance(client, AsyncClient):
        raise TypeError(f"app.state.console_client is {client!r}")
    return InnerApi(
        client,
        token=token,
        request_id=request.state.request_id,
        address=request.client or ("", 0),
    )


def sign_in_path(next_path: str) -> str:
    """Name the page to sign in on, from where one goes on to another."""
    return "/sign-in" + (f"?next={quote(next_path)}" if next_path != "/" else "")


async def _signed_in(request: Request) -> AsyncIterator[Viewer]:
    try:
        yield await viewer_of(request)
    finally:
        await request.close()  # with the files of its form


SignedIn = Annotated[Viewer, Depends(_signed_in)]
