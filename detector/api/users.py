"""Routes of users: holders of `users:manage`, those of a brand for its own users."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.grants import Grant
from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.access.users import (
    User,
    change_user,
    create_user,
    list_users,
    reset_password,
    show_user,
)
from detector.api.access_schemas import (
    NewPassword,
    NewUser,
    UserAnswer,
    UserChange,
    UserId,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.api.small_body import SmallBody

router = APIRouter(
    prefix="/v1/users",
    tags=["users"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems({403: "The caller's role, or scopes, do not allow it."}),
)
unknown = problems({404: "No such user, or none that the caller may know of."})

Caller = Annotated[Principal, Depends(needs(Capability.USERS_MANAGE))]


@router.post(
    "",
    operation_id="create_user",
    status_code=201,
    responses=problems(
        {
            404: "No such brand, or none that the caller may know of.",
            409: "The address has a user already.",
        }
    ),
)
async def create(
    request: Request, response: Response, caller: Caller, new: NewUser
) -> UserAnswer:
    """Add a person, who can then log in.

    Nobody can add somebody who may do more than they may themselves; whoever belongs
    to a brand adds people of that brand only.
    """
    service = service_of(request)

    def work() -> User:
        return create_user(
            service.store.database,
            Grant(new.role, new.brand_id, new.marketplace),
            email=new.email,
            password=new.password,
            name=new.name,
            giver=caller,
        )

    async with service.pool.place():
        user = await service.pool.run(work)
    response.headers["Location"] = f"{router.prefix}/{user.id}"
    return as_answer(user)


@router.get("", operation_id="list_users")
def list_page(
    request: Request,
    response: Response,
    caller: Caller,
    options: Annotated[PageOptions, Query()],
) -> Page[UserAnswer]:
    """List the users that the caller sees, the oldest first."""
    users, cursor = list_users(
        service_of(request).store.database,
        viewer=caller,
        limit=options.limit,
        cursor=options.cursor,
    )
    return Page(
        items=[as_answer(user) for user in users],
        next_cursor=link_to_next(request, response, cursor),
    )


@router.get("/{user_id}", operation_id="show_user", responses=unknown)
def show(request: Request, caller: Caller, user_id: UserId) -> UserAnswer:
    """Show a user."""
    database = service_of(request).store.database
    return as_answer(show_user(database, user_id, viewer=caller))


@router.patch("/{user_id}", operation_id="change_user", responses=unknown)
def change(
    request: Request, caller: Caller, user_id: UserId, change: UserChange
) -> UserAnswer:
    """Change a user's name or role, disable or enable them.

    Nobody can change somebody who may do more than they may themselves.
    """
    user = change_user(
        service_of(request).store.database,
        user_id,
        name=change.name,
        role=change.role,
        state=change.state,
        giver=caller,
    )
    return as_answer(user)


@router.put("/{user_id}/password", operation_id="reset_password", responses=unknown)
async def reset(
    request: Request, caller: Caller, user_id: UserId, new: NewPassword
) -> UserAnswer:
    """Give somebody a new password; they are logged out everywhere."""
    service = service_of(request)

    def work() -> User:
        database = service.store.database
        return reset_password(database, user_id, password=new.password, giver=caller)

    async with service.pool.place():
        return as_answer(await service.pool.run(work))


def as_answer(user: User) -> UserAnswer:
    """Show a user."""
    known = asdict(user)
    grant = known.pop("grant")
    del grant["scopes"]
    return UserAnswer.model_validate(known | grant)
