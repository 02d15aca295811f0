"""What is known of an API key."""

from dataclasses import dataclass
from datetime import datetime

from detector.access.edited_roles import Bundles
from detector.access.grants import Grant
from detector.access.principal import Principal
from detector.access.roles import Capability, Role
from detector.store.access_tables import ApiKeyRow
from detector.store.table import utc_now


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; never the key itself.

    Attributes:
        prefix: the 8 characters after `dk_`, by which it is named.
        grant: what it allows.
        name: tells people what it is for.
        created_by: `key:<prefix>` or `user:<id>`; None for the command line.
        replaced_by: prefix of the key that it was rotated to.
        created_at: when it was made.
        expires_at: when it ends; None for never.
        revoked_at: when somebody ended it.
        last_used_at: to the minute.
    """

    prefix: str
    grant: Grant
    name: str
    created_by: str | None
    replaced_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        is_over = self.expires_at is not None and self.expires_at <= utc_now()
        return "expired" if is_over else "active"

    def principal(self, bundles: Bundles) -> Principal:
        """Whom it stands for, by the roles as they are."""
        return Principal(
            f"key:{self.prefix}",
            self.name,
            self.grant.role,
            self.grant.capabilities(bundles),
            self.grant.brand_id,
            self.grant.marketplace,
        )


def as_key(row: ApiKeyRow) -> ApiKey:
    """Read a row."""
    known = row.capabilities
    scopes = None if known is None else frozenset(c for c in Capability if c in known)
    return ApiKey(
        row.prefix,
        Grant(Role(row.role), row.brand_id, row.marketplace, scopes),
        row.name,
        row.created_by,
        row.replaced_by,
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )
