"""As what somebody who calls acts on a case."""

from collections.abc import Mapping

from detector.access.principal import Principal
from detector.access.roles import Role
from detector.errors import WrongRole
from detector.review.actor import Actor
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
    return Actor(
        principal.id,
        party,
        principal.name,
        is_person=principal.id.startswith(PERSON),
        brand_id=principal.brand_id,
        marketplace=principal.marketplace,
    )
