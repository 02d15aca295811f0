"""As what somebody who calls acts on cases, and which they see."""

from collections.abc import Mapping

from detector.access.principal import Principal
from detector.access.roles import Role
from detector.api.permission import marketplace_of
from detector.errors import WrongRole
from detector.review.actor import Actor
from detector.review.queue.scope import Scope
from detector.review.workflow import Party

PARTIES: Mapping[Role, Party] = {
    Role.REVIEWER: Party.REVIEWER,
    Role.LEAD: Party.LEAD,
    Role.APPEALS: Party.APPEALS,
    Role.LEGAL: Party.LEGAL,
    Role.BRAND_AGENT: Party.BRAND,
    Role.BRAND_ADMIN: Party.BRAND,
    Role.MARKETPLACE: Party.MARKETPLACE,
}
BLIND = frozenset({Role.REVIEWER, Role.LEAD})
"""Who may be asked for a second opinion, and so does not see the first."""
PERSON = "user:"
"""What the ids of those begin with who have logged in."""


def actor_of(principal: Principal) -> Actor:
    """Say as what a caller acts on cases.

    Raises:
        WrongRole: the role acts on none: whoever runs the service, or watches it, does
            not decide.
    """
    party = PARTIES.get(principal.role)
    if party is None:
        raise WrongRole(
            f"The role {principal.role} does not act on cases.",
            remedy=f"It takes one of {', '.join(sorted(PARTIES))}.",
        )
    return _actor(principal, party)


def recorded_as(principal: Principal) -> Actor:
    """Say as whom the record names a caller who acts on no case, an admin for one."""
    return _actor(principal, PARTIES.get(principal.role, Party.SYSTEM))


def scope_of(principal: Principal) -> Scope:
    """Say which cases a caller sees.

    Raises:
        Forbidden: a marketplace's key that names none.
    """
    return Scope(
        brand_id=principal.brand_id,
        marketplace=marketplace_of(principal),
        person=principal.id,
        is_blind=principal.role in BLIND,
    )


def _actor(principal: Principal, party: Party) -> Actor:
    return Actor(
        principal.id,
        party,
        principal.name,
        is_person=principal.id.startswith(PERSON),
        brand_id=principal.brand_id,
        marketplace=principal.marketplace,
    )
