"""Routes of case policies: how a marketplace wants its cases handled."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import ConfigDict, Field, JsonValue

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import recorded_as, scope_of
from detector.api.list_schemas import LINE
from detector.api.openapi import problems
from detector.api.permission import needs, with_key
from detector.api.schemas import AS_WHOLE, Wire
from detector.api.service import service_of
from detector.api.small_body import SmallBody
from detector.errors import Unknown
from detector.review import audit
from detector.review.policy import (
    EVERYWHERE,
    Policy,
    change_policy,
    read_policy,
    read_policy_row,
)
from detector.store.table import utc_now

ALL = "*"
"""Names, in a path, the policy that holds where a marketplace says nothing."""

router = APIRouter(
    prefix="/v1/case-policies",
    tags=["cases"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems({404: "The caller sees no such policy."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.CASES_READ))]
Keeper = Annotated[Principal, Depends(needs(Capability.POLICIES_WRITE))]
Marketplace = Annotated[
    str,
    Path(
        min_length=1,
        max_length=200,
        pattern=LINE,
        description=f"`{ALL}` for what holds where a marketplace says nothing.",
    ),
]


class PolicyChange(Wire):
    """What differs from the policy for everywhere, or from the one that ships."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"version": 0, "given": {"second_review_share": 0.1}}]
        }
    )

    version: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1), AS_WHOLE] = Field(
        description="Of the change before, as it was shown; 0 if there was none."
    )
    given: dict[str, JsonValue] = Field(
        description="Setting → value; all others are as they are everywhere."
    )


class CasePolicyAnswer(Wire):
    """How cases of a marketplace are handled."""

    marketplace: str = Field(description=f"`{ALL}` for all that say nothing.")
    version: int = Field(ge=0, description="Of its own changes; 0 if there was none.")
    given: dict[str, JsonValue] = Field(description="What it has changed.")
    policy: Policy = Field(description="All that holds.")


@router.get("/{marketplace}", operation_id="show_case_policy")
def show(
    request: Request, caller: Reader, marketplace: Marketplace
) -> CasePolicyAnswer:
    """Show how cases are handled; a marketplace sees its own policy."""
    scope = scope_of(caller)
    if scope.is_outside and scope.marketplace != marketplace:
        raise Unknown(
            f"There is no policy of {marketplace[:100]!r}.",
            remedy="A marketplace sees its own.",
        )
    return _answer(request, marketplace)


@router.put(
    "/{marketplace}",
    operation_id="change_case_policy",
    responses=problems({409: "Somebody else has changed it since."}),
)
def change(
    request: Request, caller: Keeper, marketplace: Marketplace, change: PolicyChange
) -> CasePolicyAnswer:
    """Write a new version of a policy; it holds for what happens from then on."""
    name = _name(marketplace)
    with service_of(request).store.database.write() as session:
        changed = change_policy(
            session, name, change.given, by=caller.id, version=change.version
        )
        audit.record(
            session,
            recorded_as(caller),
            "policy_changed",
            at=utc_now(),
            subject="policy",
            subject_id=marketplace,
            data={"version": changed.version, "given": change.given},
        )
    return _answer(request, marketplace)


def _answer(request: Request, marketplace: str) -> CasePolicyAnswer:
    name = _name(marketplace)
    with service_of(request).store.database.read() as session:
        row = read_policy_row(session, name)
        return CasePolicyAnswer.model_validate(
            {
                "marketplace": marketplace,
                "version": 0 if row is None else row.version,
                "given": {} if row is None else row.given,
                "policy": read_policy(session, name).policy,
            }
        )


def _name(marketplace: str) -> str:
    return EVERYWHERE if marketplace == ALL else marketplace
