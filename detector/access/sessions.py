"""Sessions: a person logs in with a password and gets a token for some hours."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from detector.access.keys import digest
from detector.access.passwords import (
    UNKNOWN_HASH,
    hash_password,
    is_outdated,
    is_password,
    normalized,
)
from detector.access.users import User, UserState, as_user, email_key
from detector.errors import LoginFailed
from detector.store.access_tables import UserRow, UserSessionRow
from detector.store.database import Database
from detector.store.table import utc_now
from detector.store.tables import BrandRow

LIFETIME = timedelta(hours=12)
SECRET_BYTES = 32
_TOKEN = re.compile(r"ds_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class UserSession:
    """Somebody who has logged in."""

    user: User
    expires_at: datetime


def log_in(database: Database, email: str, password: str) -> tuple[str, UserSession]:
    """Check a password and begin a session.

    An unknown address costs the time of a wrong password, and is answered alike.

    Returns:
        The token, which cannot be had a second time, and whose session it is.

    Raises:
        LoginFailed: unknown address, wrong password, or a user or brand that is
            disabled.
    """
    with database.read() as session:
        query = select(UserRow).where(UserRow.email_key == email_key(email))
        row = session.scalars(query).one_or_none()
        user_id, stored = (row.id, row.password_hash) if row else ("", UNKNOWN_HASH)
    failed = LoginFailed(
        "The e-mail address and the password do not fit together.",
        remedy="Check both; an admin can set a new password or enable the user.",
    )
    if not is_password(stored, password):
        raise failed
    fresh = hash_password(normalized(password)) if is_outdated(stored) else stored
    with database.write() as session:
        row = session.get(UserRow, user_id, with_for_update=True)
        # The password may have been changed, or the user disabled, this very moment.
        if row is None or row.password_hash != stored or not may_enter(session, row):
            raise failed
        row.password_hash = fresh
        return begin_session(session, row)


def begin_session(session: Session, row: UserRow) -> tuple[str, UserSession]:
    """Begin a session of somebody who has shown who they are.

    Returns:
        The token, which cannot be had a second time, and whose session it is.
    """
    now = row.last_login_at = utc_now()
    over = UserSessionRow.expires_at <= now
    session.execute(
        delete(UserSessionRow).where(UserSessionRow.user_id == row.id, over)
    )
    text = f"ds_{secrets.token_urlsafe(SECRET_BYTES)}"
    expires_at = now + LIFETIME
    session.add(
        UserSessionRow(
            token_sha256=digest(text),
            user_id=row.id,
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    return text, UserSession(as_user(row), expires_at)


def find_session(database: Database, text: str) -> User | None:
    """Look up the user of a session; None if it is over or they are disabled.

    One query by primary keys: this is on the path of every request.
    """
    if _TOKEN.fullmatch(text) is None:
        return None
    query = (
        select(UserRow, BrandRow.state)
        .join(UserSessionRow, UserSessionRow.user_id == UserRow.id)
        .outerjoin(BrandRow, BrandRow.id == UserRow.brand_id)
        .where(
            UserSessionRow.token_sha256 == digest(text),
            UserSessionRow.expires_at > utc_now(),
            UserRow.state == UserState.ACTIVE,
        )
    )
    with database.read() as session:
        found = session.execute(query).one_or_none()
        if found is None or found[1] not in (None, "active"):
            return None
        return as_user(found[0])


def log_out(database: Database, text: str) -> None:
    """End a session; one that is over already stays so."""
    with database.write() as session:
        session.execute(
            delete(UserSessionRow).where(UserSessionRow.token_sha256 == digest(text))
        )


def may_enter(session: Session, row: UserRow) -> bool:
    """Say whether somebody may log in: neither they nor their brand is disabled."""
    brand = None if row.brand_id is None else session.get(BrandRow, row.brand_id)
    is_open = brand is None or brand.state == "active"
    return is_open and row.state == UserState.ACTIVE
