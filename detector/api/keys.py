"""Routes of API keys: holders of `keys:manage`, those of a brand for its own keys."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.api_key import ApiKey
from detector.access.edited_roles import Bundles
from detector.access.keys import (
    create_key,
    list_keys,
    revoke_key,
    rotate_key,
    show_key,
)
from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.access_schemas import (
    KeyAnswer,
    NewKey,
    NewKeyAnswer,
    Prefix,
    Rotation,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.api.small_body import SmallBody

router = APIRouter(
    prefix="/v1/keys",
    tags=["keys"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems({403: "The caller's role, or scopes, do not allow it."}),
)
unknown = problems({404: "No such key, or none that the caller may know of."})

Caller = Annotated[Principal, Depends(needs(Capability.KEYS_MANAGE))]


@router.post(
    "",
    operation_id="create_key",
    status_code=201,
    responses=problems({404: "No such brand, or none that the caller may know of."}),
)
def create(
    request: Request, response: Response, caller: Caller, new: NewKey
) -> NewKeyAnswer:
    """Make a key, and show it this once: only its hash is kept.

    Nobody can give a key more than they have themselves; whoever belongs to a brand
    makes keys of that brand only.
    """
    service = service_of(request)
    days = new.expires_in_days
    text, key = create_key(
        service.store.database,
        new.role,
        name=new.name,
        lifetime=None if days is None else timedelta(days=days),
        brand_id=new.brand_id,
        marketplace=new.marketplace,
        scopes=None if new.scopes is None else frozenset(new.scopes),
        giver=caller,
    )
    response.headers["Location"] = f"{router.prefix}/{key.prefix}"
    return _with_secret(text, key, service.door.roles.bundles())


@router.get("", operation_id="list_keys")
def list_page(
    request: Request,
    response: Response,
    caller: Caller,
    options: Annotated[PageOptions, Query()],
) -> Page[KeyAnswer]:
    """List the keys that the caller sees, the oldest first, ended ones too."""
    service = service_of(request)
    keys, cursor = list_keys(
        service.store.database,
        viewer=caller,
        limit=options.limit,
        cursor=options.cursor,
    )
    bundles = service.door.roles.bundles()
    return Page(
        items=[_as_answer(key, bundles) for key in keys],
        next_cursor=link_to_next(request, response, cursor),
    )


@router.get("/{prefix}", operation_id="show_key", responses=unknown)
def show(request: Request, caller: Caller, prefix: Prefix) -> KeyAnswer:
    """Show what is known of a key."""
    service = service_of(request)
    key = show_key(service.store.database, prefix, viewer=caller)
    return _as_answer(key, service.door.roles.bundles())


@router.post("/{prefix}/revoke", operation_id="revoke_key", responses=unknown)
def revoke(request: Request, caller: Caller, prefix: Prefix) -> KeyAnswer:
    """End a key at once and for good; doing so again changes nothing."""
    service = service_of(request)
    key = revoke_key(service.store.database, prefix, viewer=caller)
    return _as_answer(key, service.door.roles.bundles())


@router.post(
    "/{prefix}/rotate",
    operation_id="rotate_key",
    status_code=201,
    responses=unknown | problems({409: "It has ended, or was rotated before."}),
)
def rotate(
    request: Request,
    response: Response,
    caller: Caller,
    prefix: Prefix,
    rotation: Rotation,
) -> NewKeyAnswer:
    """Make a key with the rights of another one, which goes on for a while.

    Both open until the overlap is over, so that programs can change over.
    """
    service = service_of(request)
    text, key = rotate_key(
        service.store.database,
        prefix,
        overlap=timedelta(seconds=rotation.overlap_s),
        giver=caller,
    )
    response.headers["Location"] = f"{router.prefix}/{key.prefix}"
    return _with_secret(text, key, service.door.roles.bundles())


def _as_answer(key: ApiKey, bundles: Bundles) -> KeyAnswer:
    return KeyAnswer.model_validate(_fields(key, bundles))


def _with_secret(text: str, key: ApiKey, bundles: Bundles) -> NewKeyAnswer:
    return NewKeyAnswer.model_validate(_fields(key, bundles) | {"key": text})


def _fields(key: ApiKey, bundles: Bundles) -> dict[str, object]:
    known = asdict(key)
    grant = known.pop("grant")
    scopes = key.grant.scopes
    return known | {
        "role": grant["role"],
        "brand_id": grant["brand_id"],
        "marketplace": grant["marketplace"],
        "scopes": None if scopes is None else sorted(scopes),
        "capabilities": sorted(key.grant.capabilities(bundles)),
        "state": key.state,
    }
