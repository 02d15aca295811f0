"""Routes of whoever asks: logging in and out, who they are, their own password."""

from collections.abc import Callable

from fastapi import APIRouter, Request

from detector.access.principal import Principal
from detector.access.sessions import UserSession, log_out
from detector.access.users import User
from detector.api.access_schemas import UserAnswer
from detector.api.authentication import bearer_token
from detector.api.cookies import session_token
from detector.api.errors import Forbidden
from detector.api.openapi import problems
from detector.api.permission import AnyPrincipal, with_key
from detector.api.rate_limit import site_of
from detector.api.service import Service, service_of
from detector.api.session_schemas import (
    Credentials,
    LinkUse,
    MeAnswer,
    PasswordChange,
    SessionAnswer,
)
from detector.api.small_body import SmallBody
from detector.api.users import as_answer

USER = "user:"

door = APIRouter(tags=["sessions"], route_class=SmallBody)
"""What somebody without a key can reach."""
router = APIRouter(
    prefix="/v1", tags=["sessions"], dependencies=[with_key], route_class=SmallBody
)


@door.post(
    "/sessions",
    operation_id="log_in",
    status_code=201,
    responses=problems(
        {
            401: "Address and password do not fit together.",
            429: "Too many attempts: try again after the time in Retry-After.",
        }
    ),
)
async def log_in(request: Request, given: Credentials) -> SessionAnswer:
    """Begin a session of 12 hours with an address and a password; needs no key."""
    service = service_of(request)
    address = site_of(request.scope)

    def work() -> tuple[str, UserSession]:
        return service.door.log_in(given.email, given.password, address=address)

    return await _begin(service, work)


@door.post(
    "/sessions/by-link",
    operation_id="log_in_by_link",
    status_code=201,
    responses=problems(
        {
            401: "The link was used already, is over, or never was.",
            429: "Too many attempts: try again after the time in Retry-After.",
        }
    ),
)
async def log_in_by_link(request: Request, given: LinkUse) -> SessionAnswer:
    """Begin a session with a link that `detector user link` made; needs no key."""
    service = service_of(request)
    address = site_of(request.scope)

    def work() -> tuple[str, UserSession]:
        return service.door.use_link(given.link, address=address)

    return await _begin(service, work)


async def _begin(
    service: Service, work: Callable[[], tuple[str, UserSession]]
) -> SessionAnswer:
    async with service.pool.place():
        token, session = await service.pool.run(work)
    return SessionAnswer(
        token=token, expires_at=session.expires_at, user=as_answer(session.user)
    )


@router.get("/me", operation_id="show_me")
def show_me(caller: AnyPrincipal) -> MeAnswer:
    """Say who the caller is, and what they may do."""
    return MeAnswer(
        id=caller.id,
        name=caller.name,
        role=caller.role,
        capabilities=sorted(caller.capabilities),
        brand_id=caller.brand_id,
        marketplace=caller.marketplace,
    )


@router.put(
    "/me/password",
    operation_id="change_my_password",
    responses=problems(
        {
            403: "A key has no password.",
            429: "Too many attempts: try again after the time in Retry-After.",
        }
    ),
)
async def change_my_password(
    request: Request, caller: AnyPrincipal, change: PasswordChange
) -> UserAnswer:
    """Choose another password; ends all sessions of the caller, this one too."""
    service = service_of(request)
    user_id = _user_id(caller)
    address = site_of(request.scope)

    def work() -> User:
        return service.door.change_password(
            user_id,
            old=change.old_password,
            new=change.new_password,
            address=address,
        )

    async with service.pool.place():
        return as_answer(await service.pool.run(work))


@router.delete(
    "/session",
    operation_id="log_out",
    status_code=204,
    responses=problems({403: "A key has no session."}),
)
def end_session(request: Request, caller: AnyPrincipal) -> None:
    """End the session whose token is sent."""
    _user_id(caller)
    token = bearer_token(request.headers) or session_token(request.headers)
    if token is not None:
        log_out(service_of(request).store.database, token)


def _user_id(caller: Principal) -> str:
    if not caller.id.startswith(USER):
        raise Forbidden(
            "The caller is a key, which has neither a session nor a password.",
            remedy="Log in: POST /sessions.",
        )
    return caller.id.removeprefix(USER)
