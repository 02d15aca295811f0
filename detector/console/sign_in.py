"""Pages to come in and to go out."""

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.api.cookies import SESSION_COOKIE
from detector.api.errors import Forbidden
from detector.console.inner_api import Answer, ApiProblem
from detector.console.navigation import entries
from detector.console.rendering import page
from detector.console.texts import LANGUAGE_COOKIE, languages
from detector.console.viewer import SignedIn, api_of

SESSION_S = 12 * 3600
YEAR_S = 365 * 24 * 3600

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def show_form(request: Request, next: str = "/") -> Response:
    """Show where to sign in."""
    return page(request, "sign_in.html", next=next, problem=None, email="")


@router.post("/sign-in")
async def sign_in(
    request: Request,
    email: str = Form(""),
    password: str = Form(""),
    next: str = Form("/"),
) -> Response:
    """Begin a session with an address and a password."""
    require_same_site(request)
    given = {"email": email, "password": password}
    try:
        begun = await api_of(request, None).write("POST", "/sessions", given)
    except ApiProblem as refused:
        return page(
            request,
            "sign_in.html",
            status=refused.status,
            next=next,
            problem=refused.problem,
            email=email,
        )
    return enter(request, begun, next)


@router.get("/sign-in/link")
async def show_link(request: Request) -> Response:
    """Ask whether to come in; a link is used up by a click, not by a look at it."""
    return page(request, "sign_in_link.html", problem=None)


@router.post("/sign-in/link")
async def sign_in_by_link(request: Request, link: str = Form("")) -> Response:
    """Begin a session with a link."""
    require_same_site(request)
    try:
        begun = await api_of(request, None).write(
            "POST", "/sessions/by-link", {"link": link}
        )
    except ApiProblem as refused:
        return page(
            request,
            "sign_in_link.html",
            status=refused.status,
            problem=refused.problem,
        )
    return enter(request, begun, "/")


@router.post("/sign-out")
async def sign_out(request: Request, viewer: SignedIn) -> Response:
    """End the session."""
    await viewer.api.write("DELETE", "/session")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.post("/language")
async def choose_language(
    request: Request, language: str = Form(), next: str = Form("/")
) -> Response:
    """Show pages in another language from now on."""
    require_same_site(request)
    answer = RedirectResponse(local_path(next), 303)
    if language in languages():
        answer.set_cookie(
            LANGUAGE_COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax"
        )
    return answer


@router.get("/")
async def go_home(viewer: SignedIn) -> Response:
    """Lead to the first page of whoever has signed in."""
    first, *_ = *(entry.path for entry in entries(viewer)), "/account"
    return RedirectResponse(first, 303)


def enter(request: Request, begun: Answer, next_path: str) -> Response:
    """Give the browser the session that has begun, and go on."""
    answer = RedirectResponse(local_path(next_path), 303)
    is_secure = (
        request.url.scheme == "https"
        # Believed, as a lie costs the liar alone: the cookie is only sent with TLS.
        or request.headers.get("x-forwarded-proto", "") == "https"
    )
    answer.set_cookie(
        SESSION_COOKIE,
        begun["token"],
        max_age=SESSION_S,
        httponly=True,
        secure=is_secure,
        samesite="lax",
    )
    return answer


def require_same_site(request: Request) -> None:
    """See to it that a form of nobody's session was sent by a page of ours.

    Raises:
        Forbidden: by one of another site.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    host = request.headers.get("host", "")
    is_ours = origin is None or origin.partition("://")[2] == host
    if site not in ("same-origin", "none") or not is_ours:
        raise Forbidden(
            "The form was sent by another site.", remedy="Open /sign-in yourself."
        )


def local_path(path: str) -> str:
    """Keep a path of ours; anything else, such as another host, is the home page."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours and path.isprintable() else "/"
