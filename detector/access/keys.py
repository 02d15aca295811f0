"""API keys: made once, shown once, stored as a hash."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select

from detector.access.principal import Principal
from detector.access.roles import SHIPPED, Role
from detector.errors import InvalidInput
from detector.store.access_tables import ApiKeyRow
from detector.store.database import Database
from detector.store.table import utc_now

PREFIX_BYTES = 4
SECRET_BYTES = 32
MAX_NAME_LENGTH = 200
_KEY = re.compile(r"dk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key; never the key itself."""

    prefix: str
    role: Role
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        is_over = self.expires_at is not None and self.expires_at <= utc_now()
        return "expired" if is_over else "active"

    @property
    def principal(self) -> Principal:
        """Whom it stands for."""
        capabilities = SHIPPED[self.role].capabilities
        return Principal(f"key:{self.prefix}", self.name, self.role, capabilities)


def create_key(
    database: Database,
    role: Role,
    *,
    name: str = "",
    lifetime: timedelta | None = None,
) -> tuple[str, ApiKey]:
    """Make a key and store its hash.

    Args:
        database: to write to.
        role: of the key.
        name: tells people what it is for.
        lifetime: from now on; None for no end.

    Returns:
        The key, which cannot be had a second time, and what is stored of it.

    Raises:
        InvalidInput: the name is too long, or has control characters.
    """
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise InvalidInput(
            f"{name!r} cannot name a key.",
            remedy=f"Use at most {MAX_NAME_LENGTH} printable characters.",
        )
    prefix = secrets.token_hex(PREFIX_BYTES)
    text = f"dk_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    now = utc_now()
    row = ApiKeyRow(
        prefix=prefix,
        key_sha256=_digest(text),
        role=role,
        name=name,
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )
    with database.write() as session:
        session.add(row)
        session.flush()
        return text, _as_key(row)


def find_key(database: Database, text: str) -> ApiKey | None:
    """Look up a key that somebody presents; None unless it is active."""
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    with database.read() as session:
        row = session.get(ApiKeyRow, parts[1])
        # The prefix is no secret, so it may answer faster; the hash is compared in
        # constant time.
        if row is None or not hmac.compare_digest(row.key_sha256, _digest(text)):
            return None
        key = _as_key(row)
    return key if key.state == "active" else None


def list_keys(database: Database) -> list[ApiKey]:
    """List all keys, the oldest first."""
    with database.read() as session:
        order = select(ApiKeyRow).order_by(ApiKeyRow.created_at, ApiKeyRow.prefix)
        return [_as_key(row) for row in session.scalars(order)]


def has_keys(database: Database) -> bool:
    """Say whether a key was ever made."""
    with database.read() as session:
        return session.execute(select(func.count(ApiKeyRow.prefix))).scalar_one() > 0


def revoke_key(database: Database, prefix: str) -> ApiKey:
    """End a key now and for good; doing so again changes nothing.

    Args:
        database: to write to.
        prefix: the 8 characters after `dk_`; more of the key may follow.

    Raises:
        InvalidInput: no key has it.
    """
    wanted = prefix.removeprefix("dk_")[: 2 * PREFIX_BYTES]
    with database.write() as session:
        row = session.get(ApiKeyRow, wanted)
        if row is None:
            raise InvalidInput(
                f"No key has the prefix {wanted!r}.",
                remedy="`detector key list` shows the prefixes.",
            )
        row.revoked_at = row.revoked_at or utc_now()
        session.flush()
        return _as_key(row)


def _digest(text: str) -> str:
    # A fast hash is right here: the secret is 256 random bits, which nobody can try
    # out, unlike a password; a slow one would only cost every request its time.
    return sha256(text.encode()).hexdigest()


def _as_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        row.prefix,
        Role(row.role),
        row.name,
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )
