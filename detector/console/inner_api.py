"""The API as the pages use it: in the same process, as whoever has signed in."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncBaseTransport, AsyncClient, Request, Response

from detector.api.cookies import CSRF_HEADER, SESSION_COOKIE, csrf_token

ADDRESS = "address"
"""From where somebody asks, to the transport."""
Answer = Any
"""What the API answered, as JSON: docs/openapi.json says what is in it."""


class ApiProblem(Exception):
    """The API refused, and says why.

    Attributes:
        status: of HTTP.
        problem: the `application/problem+json` that was answered.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The problem's stable name."""
        return str(self.problem.get("code", ""))


class InnerApi:
    """Calls the API with the cookie of a page's viewer.

    Args:
        client: of the app itself; see `open_client`.
        token: of the viewer's session; None of somebody who has not signed in.
        request_id: of the page's request, so that the log tells what belongs together.
        address: from where the page was asked for: host and port.
    """

    def __init__(
        self,
        client: AsyncClient,
        *,
        token: str | None,
        request_id: str,
        address: tuple[str, int],
    ) -> None:
        self._client = client
        self._from = {ADDRESS: address}
        self._headers = {"X-Request-ID": request_id}
        if token is not None:
            self._headers["Cookie"] = f"{SESSION_COOKIE}={token}"
            self._headers[CSRF_HEADER] = csrf_token(token)

    async def read(self, path: str, **query: object) -> Answer:
        """Read what is at a path below `/v1`.

        Args:
            path: such as `/cases`; see `path_of`.
            query: parameters; those that are None or empty are left out.

        Raises:
            ApiProblem: it was refused.
        """
        answer = await self._client.get(
            f"/v1{path}",
            params=_params(query),
            headers=self._headers,
            extensions=self._from,
        )
        return _json_of(answer)

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        query: Mapping[str, object] | None = None,
    ) -> Answer:
        """Send a write; return what was answered, None if nothing was.

        Args:
            method: of HTTP.
            path: below `/v1`, or `/sessions`.
            body: sent as JSON.
            query: parameters.

        Raises:
            ApiProblem: it was refused.
        """
        place = path if path.startswith("/sessions") else f"/v1{path}"
        answer = await self._client.request(
            method,
            place,
            json=dict(body) if body is not None else None,
            params=_params(query or {}),
            headers=self._headers,
            extensions=self._from,
        )
        return _json_of(answer)

    async def send_file(
        self, method: str, path: str, *, data: bytes, query: Mapping[str, object]
    ) -> Answer:
        """Send a table as `text/csv`; return what was answered.

        Args:
            method: of HTTP.
            path: below `/v1`.
            data: of the file.
            query: parameters; those that are None or empty are left out.

        Raises:
            ApiProblem: it was refused.
        """
        answer = await self._client.request(
            method,
            f"/v1{path}",
            content=data,
            params=_params(query),
            headers={**self._headers, "Content-Type": "text/csv"},
            extensions=self._from,
        )
        return _json_of(answer)


def path_of(*parts: str) -> str:
    """Write a path of parts that others named, such as `cases` and the id of one.

    Each is quoted whole, dots too: whatever it says, it stays one part of the path.
    """
    return "".join(f"/{quote(part, safe='').replace('.', '%2E')}" for part in parts)


def open_client(app: FastAPI) -> AsyncClient:
    """Make the client that all pages share."""
    return AsyncClient(transport=_Inside(app), base_url="http://console.invalid")


class _Inside(AsyncBaseTransport):
    """Hands requests to the app as if they came from where the page was asked for.

    Attempts to log in are counted by that: nobody's keep others out.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def handle_async_request(self, request: Request) -> Response:
        """Answer a request."""
        inside = ASGITransport(app=self._app, client=request.extensions[ADDRESS])
        return await inside.handle_async_request(request)


def _params(query: Mapping[str, object]) -> dict[str, str | Sequence[str]]:
    return {
        name: [_text(each) for each in value]
        if isinstance(value, list | tuple)
        else _text(value)
        for name, value in query.items()
        if value is not None and value != ""
    }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_of(answer: Response) -> Answer:
    if answer.status_code >= 400:
        raise ApiProblem(answer.status_code, answer.json())
    return answer.json() if answer.content else None
