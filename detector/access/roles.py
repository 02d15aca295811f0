"""Roles and what they allow, as data: `roles.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Capability(StrEnum):
    """One thing that somebody may do; also the scope of an API key."""

    BRANDS_READ = "brands:read"
    BRANDS_WRITE = "brands:write"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    RIGHTS_READ = "rights:read"
    RIGHTS_WRITE = "rights:write"
    SELLERS_READ = "sellers:read"
    SELLERS_WRITE = "sellers:write"
    PICTURES_MATCH = "pictures:match"
    PICTURES_COMPARE = "pictures:compare"
    KEYS_MANAGE = "keys:manage"
    USERS_MANAGE = "users:manage"
    ROLES_MANAGE = "roles:manage"
    JOBS_MANAGE = "jobs:manage"
    SERVICE_READ = "service:read"
    LISTINGS_READ = "listings:read"
    LISTINGS_WRITE = "listings:write"
    FLAGS_READ = "flags:read"
    PICTURES_WATCH = "pictures:watch"
    EVENTS_READ = "events:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    CASES_READ = "cases:read"
    CASES_DECIDE = "cases:decide"
    CASES_LEAD = "cases:lead"
    QUESTIONS_ANSWER = "questions:answer"
    NOTICES_READ = "notices:read"
    NOTICES_WRITE = "notices:write"
    ACTIONS_READ = "actions:read"
    ACTIONS_ACK = "actions:ack"
    APPEALS_READ = "appeals:read"
    APPEALS_WRITE = "appeals:write"
    APPEALS_DECIDE = "appeals:decide"
    ORDERS_APPLY = "orders:apply"
    HOLDS_MANAGE = "holds:manage"
    STANDING_READ = "standing:read"
    POLICIES_WRITE = "policies:write"
    AUDIT_READ = "audit:read"
    DATA_ERASE = "data:erase"
    CALIBRATION_MANAGE = "calibration:manage"


class Role(StrEnum):
    """What somebody is; `roles.toml` says what that allows."""

    ADMIN = "admin"
    AUDITOR = "auditor"
    REVIEWER = "reviewer"
    LEAD = "lead"
    APPEALS = "appeals"
    LEGAL = "legal"
    BRAND_AGENT = "brand_agent"
    BRAND_ADMIN = "brand_admin"
    MARKETPLACE = "marketplace"


class Reach(StrEnum):
    """Whose data somebody sees."""

    PLATFORM = "platform"
    BRAND = "brand"
    MARKETPLACE = "marketplace"


PLATFORM_ONLY = frozenset(
    {
        Capability.BRANDS_WRITE,
        Capability.ROLES_MANAGE,
        Capability.JOBS_MANAGE,
        Capability.SERVICE_READ,
        Capability.CASES_DECIDE,
        Capability.CASES_LEAD,
        Capability.APPEALS_DECIDE,
        Capability.ORDERS_APPLY,
        Capability.HOLDS_MANAGE,
        Capability.POLICIES_WRITE,
        Capability.AUDIT_READ,
        Capability.DATA_ERASE,
        Capability.CALIBRATION_MANAGE,
    }
)
OF_MARKETPLACES = frozenset(
    {
        Capability.LISTINGS_READ,
        Capability.LISTINGS_WRITE,
        Capability.FLAGS_READ,
        Capability.PICTURES_MATCH,
    }
)
BEYOND = {
    Reach.PLATFORM: frozenset[Capability](),
    # Matching searches all brands' pictures, of which a brand must learn nothing; a
    # listing shows what other brands were found in it, too.
    Reach.BRAND: PLATFORM_ONLY
    | OF_MARKETPLACES
    | {Capability.PICTURES_WATCH, Capability.ACTIONS_READ, Capability.ACTIONS_ACK},
    Reach.MARKETPLACE: frozenset(Capability)
    - OF_MARKETPLACES
    - {
        Capability.PICTURES_COMPARE,
        Capability.EVENTS_READ,
        Capability.WEBHOOKS_MANAGE,
        Capability.CASES_READ,
        Capability.ACTIONS_READ,
        Capability.ACTIONS_ACK,
        Capability.APPEALS_READ,
        Capability.APPEALS_WRITE,
        Capability.NOTICES_READ,
        Capability.NOTICES_WRITE,
    },
}
"""What a role of that reach can never be given: it would show others' data."""


@dataclass(frozen=True, slots=True)
class RoleBundle:
    """A role as data."""

    role: Role
    reach: Reach
    purpose: str
    capabilities: frozenset[Capability]


def _load() -> Mapping[Role, RoleBundle]:
    text = (Path(__file__).parent / "roles.toml").read_text(encoding="utf-8")
    return {
        Role(name): RoleBundle(
            Role(name),
            Reach(given["scope"]),
            given["purpose"],
            frozenset(map(Capability, given["capabilities"])),
        )
        for name, given in tomllib.loads(text).items()
    }


SHIPPED: Mapping[Role, RoleBundle] = _load()
"""The roles of a new installation."""
