"""What may be given to a key or a user, and by whom."""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from detector.access.edited_roles import Bundles, listed, read_roles
from detector.access.principal import Principal
from detector.access.roles import Capability, Reach, Role
from detector.errors import Escalation, InvalidInput, UnknownBrand
from detector.store.tables import BrandRow

MAX_TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key or a user is given.

    Attributes:
        role: of the key or user.
        brand_id: the brand, where the role sees one brand's data.
        marketplace: name of the marketplace, where the role speaks for one.
        scopes: all that is left of what the role allows; None leaves all of it.
    """

    role: Role
    brand_id: str | None = None
    marketplace: str | None = None
    scopes: frozenset[Capability] | None = None

    def capabilities(self, bundles: Bundles) -> frozenset[Capability]:
        """What it allows, by the roles as they are."""
        allowed = bundles[self.role].capabilities
        return allowed if self.scopes is None else allowed & self.scopes


def check_grant(session: Session, grant: Grant, giver: Principal | None) -> Grant:
    """Hold a grant to what the role is, and to what the giver has.

    Args:
        session: to look up the brand and the roles with.
        grant: what is asked for.
        giver: None for whoever runs the command line, who owns the database anyway.

    Returns:
        The grant, tied to the giver's brand where it named none.

    Raises:
        InvalidInput: parts of it do not fit together.
        UnknownBrand: there is no such brand, or none that the giver may know of.
        Escalation: it gives more than the giver has.
    """
    bundles = read_roles(session)
    bundle = bundles[grant.role]
    if giver is not None and giver.brand_id is not None:
        if bundle.reach is not Reach.BRAND:
            raise Escalation(
                f"The role {grant.role} sees more than one brand.",
                remedy="Choose a role of a brand; GET /v1/roles lists them.",
            )
        grant = replace(grant, brand_id=grant.brand_id or giver.brand_id)
    _check_ties(session, grant, bundle.reach, giver)
    if grant.scopes is not None:
        if not grant.scopes:
            raise InvalidInput(
                "No scope is given, so nothing could be done with it.",
                remedy="Name at least one, or leave scopes out for all of the role.",
            )
        if foreign := grant.scopes - bundle.capabilities:
            raise InvalidInput(
                f"The role {grant.role} does not allow {listed(foreign)}.",
                remedy=f"It allows {listed(bundle.capabilities)}.",
            )
    require_holder_of(grant.capabilities(bundles), giver)
    return grant


def require_holder_of(
    capabilities: frozenset[Capability], giver: Principal | None
) -> None:
    """Let nobody hand out, or take over, what they do not have.

    Raises:
        Escalation: something is missing.
    """
    if giver is not None and (missing := capabilities - giver.capabilities):
        raise Escalation(
            f"That takes {listed(missing)}, which you do not have.",
            remedy="Narrow it by scopes that you have, or ask an admin.",
        )


def check_text(text: str, what: str) -> str:
    """Refuse a name that no list could show.

    Raises:
        InvalidInput: too long, or with control characters.
    """
    if len(text) > MAX_TEXT_LENGTH or not text.isprintable():
        raise InvalidInput(
            f"{text[:MAX_TEXT_LENGTH]!r} cannot name {what}.",
            remedy=f"Use at most {MAX_TEXT_LENGTH} printable characters.",
        )
    return text


def _check_ties(
    session: Session, grant: Grant, reach: Reach, giver: Principal | None
) -> None:
    if reach is Reach.BRAND:
        if grant.brand_id is None:
            raise InvalidInput(
                f"The role {grant.role} needs a brand.",
                remedy="Name the brand that it is for.",
            )
        is_seen = giver is None or giver.sees(grant.brand_id)
        if not is_seen or session.get(BrandRow, grant.brand_id) is None:
            raise UnknownBrand(
                f"No brand has the id {grant.brand_id[:100]!r}.",
                remedy="GET /v1/brands lists the brands that you see.",
            )
    elif grant.brand_id is not None:
        raise InvalidInput(
            f"The role {grant.role} is of no single brand.",
            remedy="Leave the brand out, or choose brand_agent or brand_admin.",
        )
    if grant.marketplace is not None:
        check_text(grant.marketplace, "a marketplace")
        if reach is not Reach.MARKETPLACE or not grant.marketplace:
            raise InvalidInput(
                f"The role {grant.role} cannot speak for the marketplace "
                f"{grant.marketplace!r}.",
                remedy="Leave it out, or name one and choose the role marketplace.",
            )
