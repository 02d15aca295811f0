"""API keys: made once, shown once, stored as a hash."""

import hmac
import re
import secrets
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from detector.access.api_key import ApiKey, as_key
from detector.access.edited_roles import read_roles
from detector.access.grants import Grant, check_grant, check_text, require_holder_of
from detector.access.principal import Principal
from detector.access.roles import Capability, Role
from detector.errors import Conflict, InvalidInput, Unknown
from detector.store.access_tables import ApiKeyRow
from detector.store.database import Database
from detector.store.paging import page
from detector.store.table import utc_now
from detector.store.tables import BrandRow

PREFIX_BYTES = 4
SECRET_BYTES = 32
DEFAULT_OVERLAP = timedelta(days=1)
MAX_OVERLAP = timedelta(days=30)
MAX_LIFETIME = timedelta(days=36_500)
_KEY = re.compile(r"dk_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")


def create_key(
    database: Database,
    role: Role,
    *,
    name: str = "",
    lifetime: timedelta | None = None,
    brand_id: str | None = None,
    marketplace: str | None = None,
    scopes: frozenset[Capability] | None = None,
    giver: Principal | None = None,
) -> tuple[str, ApiKey]:
    """Make a key and store its hash.

    Args:
        database: to write to.
        role: of the key.
        name: tells people what it is for.
        lifetime: from now on; None for no end.
        brand_id: the brand that it is tied to, where the role sees one brand.
        marketplace: name of the marketplace, where the role speaks for one.
        scopes: all that it may do of what its role allows; None for all of that.
        giver: who makes it; None for the command line.

    Returns:
        The key, which cannot be had a second time, and what is stored of it.

    Raises:
        InvalidInput: the name is too long, or parts do not fit together.
        UnknownBrand: there is none, or none that the giver may know of.
        Escalation: it would do more than the giver may.
    """
    check_text(name, "a key")
    if lifetime is not None and not timedelta(0) <= lifetime <= MAX_LIFETIME:
        raise InvalidInput(
            f"A key cannot live for {lifetime}.",
            remedy=f"Choose up to {MAX_LIFETIME.days:,} days, or no end.",
        )
    with database.write() as session:
        asked = Grant(role, brand_id, marketplace, scopes)
        grant = check_grant(session, asked, giver)
        text, row = _add(session, grant, name=name, lifetime=lifetime, giver=giver)
        return text, as_key(row)


def find_key(database: Database, text: str) -> ApiKey | None:
    """Look up a key that somebody presents; None unless it is active.

    That of a disabled brand is not. One query by the primary key: this is on the
    path of every request.
    """
    parts = _KEY.fullmatch(text)
    if parts is None:
        return None
    query = (
        select(ApiKeyRow, BrandRow.state)
        .outerjoin(BrandRow, BrandRow.id == ApiKeyRow.brand_id)
        .where(ApiKeyRow.prefix == parts[1])
    )
    with database.read() as session:
        found = session.execute(query).one_or_none()
        # The prefix is no secret, so it may answer faster; the hash is compared in
        # constant time.
        if found is None or not hmac.compare_digest(found[0].key_sha256, digest(text)):
            return None
        key = as_key(found[0])
    return key if key.state == "active" and found[1] in (None, "active") else None


def list_keys(
    database: Database,
    *,
    viewer: Principal | None = None,
    limit: int = 1_000_000,
    cursor: str | None = None,
) -> tuple[list[ApiKey], str | None]:
    """List a page of the keys that the viewer sees, the oldest first.

    Args:
        database: to read.
        viewer: sees the keys of their brand only, if they have one; None sees all.
        limit: most keys to return.
        cursor: what came with the page before.

    Returns:
        The keys, and the cursor of the next page.
    """
    with database.read() as session:
        keys = (ApiKeyRow.created_at, ApiKeyRow.prefix)
        rows, following = page(
            session, _seen_by(viewer), keys=keys, limit=limit, cursor=cursor
        )
        return [as_key(row) for row in rows], following


def show_key(
    database: Database, prefix: str, *, viewer: Principal | None = None
) -> ApiKey:
    """Show what is known of a key.

    Raises:
        Unknown: there is none, or none that the viewer may know of.
    """
    with database.read() as session:
        return as_key(_row(session, _seen_by(viewer), prefix))


def has_keys(database: Database) -> bool:
    """Say whether a key was ever made."""
    with database.read() as session:
        return session.execute(select(func.count(ApiKeyRow.prefix))).scalar_one() > 0


def revoke_key(
    database: Database, prefix: str, *, viewer: Principal | None = None
) -> ApiKey:
    """End a key now and for good; doing so again changes nothing.

    Args:
        database: to write to.
        prefix: the 8 characters after `dk_`; more of the key may follow.
        viewer: who does so; None for the command line.

    Raises:
        Unknown: there is none, or none that the viewer may know of.
    """
    with database.write() as session:
        row = _row(session, _seen_by(viewer).with_for_update(), prefix)
        row.revoked_at = row.revoked_at or utc_now()
        session.flush()
        return as_key(row)


def rotate_key(
    database: Database,
    prefix: str,
    *,
    overlap: timedelta = DEFAULT_OVERLAP,
    giver: Principal | None = None,
) -> tuple[str, ApiKey]:
    """Make a key with the rights of another one, which then ends.

    Args:
        database: to write to.
        prefix: of the other one.
        overlap: how much longer the other one goes on, unless it ends before.
        giver: who does so; None for the command line.

    Returns:
        The new key, and what is stored of it. It lives as long as the other one was
        meant to.

    Raises:
        InvalidInput: an overlap out of bounds.
        Unknown: there is none, or none that the giver may know of.
        Escalation: it may do more than the giver.
        Conflict: it has ended, or was rotated before.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InvalidInput(
            f"The old key cannot go on for {overlap}.",
            remedy=f"Choose an overlap of 0 to {MAX_OVERLAP.days} days.",
        )
    with database.write() as session:
        old = _row(session, _seen_by(giver).with_for_update(), prefix)
        known = as_key(old)
        # Its scopes too, as a role may get back what it has lost meanwhile.
        scopes = known.grant.scopes or frozenset()
        now_allowed = known.grant.capabilities(read_roles(session))
        require_holder_of(scopes | now_allowed, giver)
        if known.state != "active" or known.replaced_by is not None:
            was = "rotated" if known.replaced_by else known.state
            raise Conflict(
                f"The key {known.prefix} is {was} already.",
                remedy="Rotate an active key, or create one.",
            )
        ends = known.expires_at
        lifetime = None if ends is None else ends - known.created_at
        text, row = _add(
            session, known.grant, name=known.name, lifetime=lifetime, giver=giver
        )
        end = row.created_at + overlap
        old.expires_at = min(end, old.expires_at or end)
        old.replaced_by = row.prefix
        return text, as_key(row)


def digest(text: str) -> str:
    """Hash a secret of 256 random bits.

    A fast hash is right for those: nobody can try them out, unlike passwords; a slow
    one would only cost every request its time.
    """
    return sha256(text.encode()).hexdigest()


def _add(
    session: Session,
    grant: Grant,
    *,
    name: str,
    lifetime: timedelta | None,
    giver: Principal | None,
) -> tuple[str, ApiKeyRow]:
    prefix = secrets.token_hex(PREFIX_BYTES)
    text = f"dk_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    now = utc_now()
    row = ApiKeyRow(
        prefix=prefix,
        key_sha256=digest(text),
        role=grant.role,
        name=name,
        brand_id=grant.brand_id,
        marketplace=grant.marketplace,
        capabilities=None if grant.scopes is None else sorted(grant.scopes),
        created_by=None if giver is None else giver.id,
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )
    session.add(row)
    session.flush()
    return text, row


def _seen_by(viewer: Principal | None) -> Select[ApiKeyRow]:
    query = select(ApiKeyRow)
    if viewer is None or viewer.brand_id is None:
        return query
    return query.where(ApiKeyRow.brand_id == viewer.brand_id)


def _row(session: Session, seen: Select[ApiKeyRow], prefix: str) -> ApiKeyRow:
    wanted = prefix.removeprefix("dk_")[: 2 * PREFIX_BYTES]
    row = session.scalars(seen.where(ApiKeyRow.prefix == wanted)).one_or_none()
    if row is None:
        raise Unknown(
            f"No key has the prefix {wanted!r}.",
            remedy="`detector key list` and GET /v1/keys show the prefixes.",
        )
    return row
