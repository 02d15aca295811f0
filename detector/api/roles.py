"""Routes of roles: everybody may read what each allows, admins may edit it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from detector.access.edited_roles import change_role
from detector.access.principal import Principal
from detector.access.roles import SHIPPED, Capability, Role, RoleBundle
from detector.api.access_schemas import RoleAnswer, RoleChange
from detector.api.openapi import problems
from detector.api.pagination import Page
from detector.api.permission import AnyPrincipal, needs, with_key
from detector.api.service import service_of
from detector.api.small_body import SmallBody

router = APIRouter(
    prefix="/v1/roles", tags=["roles"], dependencies=[with_key], route_class=SmallBody
)

Editor = Annotated[Principal, Depends(needs(Capability.ROLES_MANAGE))]


@router.get("", operation_id="list_roles")
def list_page(request: Request, caller: AnyPrincipal) -> Page[RoleAnswer]:
    """List the roles, on one page, and what each allows."""
    bundles = service_of(request).door.roles.bundles()
    items = [_as_answer(bundle) for bundle in bundles.values()]
    return Page(items=items, next_cursor=None)


@router.get("/{role}", operation_id="show_role")
def show(request: Request, caller: AnyPrincipal, role: Role) -> RoleAnswer:
    """Show what a role allows."""
    return _as_answer(service_of(request).door.roles.bundles()[role])


@router.put(
    "/{role}",
    operation_id="change_role",
    responses=problems({403: "The caller's role, or scopes, do not allow it."}),
)
def change(
    request: Request, caller: Editor, role: Role, change: RoleChange
) -> RoleAnswer:
    """Say what a role allows, for all keys and users that have it.

    It takes effect within seconds. Nobody can add what they do not have, and no role
    of a brand or marketplace can be given what would show others' data.
    """
    service = service_of(request)
    bundle = change_role(
        service.store.database, role, capabilities=change.capabilities, by=caller
    )
    service.door.roles.forget()
    return _as_answer(bundle)


def _as_answer(bundle: RoleBundle) -> RoleAnswer:
    return RoleAnswer(
        role=bundle.role,
        reach=bundle.reach,
        purpose=bundle.purpose,
        capabilities=sorted(bundle.capabilities),
        is_edited=bundle.capabilities != SHIPPED[bundle.role].capabilities,
    )
