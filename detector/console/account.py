"""The page of the viewer's own account."""

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.api.cookies import SESSION_COOKIE
from detector.console.inner_api import ApiProblem
from detector.console.rendering import page
from detector.console.viewer import SignedIn

router = APIRouter(prefix="/account", include_in_schema=False)


@router.get("")
async def show(request: Request, viewer: SignedIn) -> Response:
    """Show who has signed in, and what they may do."""
    return page(request, "account.html", viewer=viewer, problem=None)


@router.post("/password")
async def change_password(
    request: Request,
    viewer: SignedIn,
    old_password: str = Form(""),
    new_password: str = Form(""),
) -> Response:
    """Choose another password, which ends all sessions."""
    given = {"old_password": old_password, "new_password": new_password}
    try:
        await viewer.api.write("PUT", "/me/password", given)
    except ApiProblem as refused:
        return page(
            request,
            "account.html",
            viewer=viewer,
            status=refused.status,
            problem=refused.problem,
        )
    answer = RedirectResponse("/sign-in?next=/account", 303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer
