"""Who is asking, and what they may do."""

from dataclasses import dataclass

from detector.access.roles import Capability, Role


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who has shown a key or logged in.

    Attributes:
        id: `key:<prefix>` or `user:<id>`; what records of their doings name.
        name: for people.
        role: of the key or user.
        capabilities: what the role, and the scopes of the key, allow.
        brand_id: the one brand whose data they see; None if tied to none.
        marketplace: that they speak for, if any.
    """

    id: str
    name: str
    role: Role
    capabilities: frozenset[Capability]
    brand_id: str | None = None
    marketplace: str | None = None

    def sees(self, brand_id: str) -> bool:
        """Say whether a brand's data may be shown to them."""
        return self.brand_id is None or self.brand_id == brand_id
