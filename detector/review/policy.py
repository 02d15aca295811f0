"""How a marketplace wants its cases handled: `policy.toml`, and what it changed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import InvalidInput, StaleVersion
from detector.review.clocks.regimes import read_regime
from detector.review.standing.tier import Tier
from detector.store.inserting import insert_new
from detector.store.standing_tables import CasePolicyRow

EVERYWHERE = ""
"""Names the policy that holds where a marketplace says nothing."""
Hours = Annotated[float, Field(gt=0, le=24 * 365)]
Share = Annotated[float, Field(ge=0, le=1)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Restriction = Annotated[
    str,
    Field(
        pattern="^DECISION_(VISIBILITY_CONTENT_(REMOVED|DISABLED|DEMOTED|LABELLED"
        "|AGE_RESTRICTED|INTERACTION_RESTRICTED)|MONETARY_(SUSPENSION|TERMINATION)"
        "|PROVISION_(PARTIAL|TOTAL)_(SUSPENSION|TERMINATION)"
        "|ACCOUNT_(SUSPENDED|TERMINATED))$"
    ),
]


class Policy(BaseModel):
    """How cases are handled; times in hours where the name ends in `_h`.

    `regime` names the profile of clocks, `territory` where a right has to hold if the
    listing names no country, `territories` what a restriction reaches. Undone can be
    what was decided less than `undo_s` seconds ago. Of restrictions a second opinion is
    asked for a share, for brands of some tiers, for cases of that many listings, and
    for some sellers. `brand_confirmation_acts` lets a brand in good standing act.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    regime: str
    territory: Country
    territories: list[Country]
    language: Annotated[str, Field(pattern="^[a-z]{2}$")]
    undo_s: Annotated[float, Field(ge=0, le=86_400)]
    lease_s: Annotated[float, Field(ge=10, le=86_400)]
    skips_to_leads: Annotated[int, Field(ge=1)]
    random_share: Share
    second_review_share: Share
    second_review_tiers: list[Tier]
    second_review_listings: Annotated[int, Field(ge=1)]
    high_impact_sellers: list[str]
    bulk_max: Annotated[int, Field(ge=1, le=10_000)]
    brand_confirmation_acts: bool
    decide_own_h: Hours
    decide_notice_h: Hours
    decide_trusted_h: Hours
    brand_answer_h: Hours
    appeal_h: Hours
    lift_h: Hours
    acknowledge_h: Hours
    lift_alarm_h: Hours
    restriction: Restriction
    policy_url: str
    complaint_url: str
    outside_body_url: str
    keep_dismissed_days: Annotated[int, Field(ge=0)]
    keep_evidence_days: Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy, and which one it is; version 0 is what ships.

    Attributes:
        policy: what holds.
        version: of the marketplace's, or else of that for everywhere.
    """

    policy: Policy
    version: int


@cache
def _shipped() -> Mapping[str, object]:
    text = (Path(__file__).parent / "policy.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def read_policy(session: Session, marketplace: str) -> PolicyVersion:
    """Find the policy that holds on a marketplace now."""
    values, version = dict(_shipped()), 0
    for name in (EVERYWHERE, marketplace):
        row = read_policy_row(session, name)
        if row is not None:
            values.update(row.given)
            version = row.version
    return PolicyVersion(Policy.model_validate(values), version)


def change_policy(
    session: Session,
    marketplace: str,
    given: Mapping[str, object],
    *,
    by: str,
    version: int | None = None,
) -> PolicyVersion:
    """Write a new version; what is not given is as everywhere, or as shipped.

    Args:
        session: that writes.
        marketplace: whose policy it is, EVERYWHERE for all that say nothing.
        given: setting → value.
        by: who changes it.
        version: of the change before that the caller saw, 0 if there was none; None if
            it does not matter.

    Raises:
        InvalidInput: there is no such setting or regime, or the value does not fit.
        StaleVersion: somebody else has changed it since.
    """
    try:
        checked = Policy.model_validate({**_shipped(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise InvalidInput(
            f"{name}: {first['msg']}.",
            remedy=f"Settings are {', '.join(sorted(Policy.model_fields))}.",
        ) from error
    if "regime" in given:
        read_regime(checked.regime)
    newest = read_policy_row(session, marketplace)
    last = 0 if newest is None else newest.version
    is_new = version in (None, last) and insert_new(
        session,
        CasePolicyRow,
        marketplace=marketplace,
        version=last + 1,
        given=checked.model_dump(mode="json", include=set(given)),
        created_by=by,
    )
    if not is_new:
        raise StaleVersion(
            f"The policy was changed: it has version {last}, not {version}.",
            remedy="Look at it again, and send the change once more.",
        )
    session.flush()
    return read_policy(session, marketplace)


def read_policy_row(session: Session, marketplace: str) -> CasePolicyRow | None:
    """Find what a marketplace has changed; None if nothing."""
    query = (
        select(CasePolicyRow)
        .where(CasePolicyRow.marketplace == marketplace)
        .order_by(CasePolicyRow.version.desc())
        .limit(1)
    )
    return session.scalar(query)
