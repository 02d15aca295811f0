"""Links that let somebody in once, without a password."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete

from detector.access.keys import digest
from detector.access.sessions import (
    SECRET_BYTES,
    UserSession,
    begin_session,
    may_enter,
)
from detector.access.users import find_user
from detector.errors import LoginFailed
from detector.store.access_tables import SignInLinkRow, UserRow
from detector.store.database import Database
from detector.store.table import utc_now

PREFIX = "dl_"


def make_link(
    database: Database, email: str, *, lifetime: timedelta
) -> tuple[str, datetime]:
    """Make a link's secret part; whoever has it can come in as the user, once.

    Args:
        database: where users are.
        email: whom it lets in.
        lifetime: how long it can be used.

    Returns:
        The secret, which cannot be had a second time, and until when it holds.

    Raises:
        Unknown: there is no such user.
    """
    user = find_user(database, email)
    text = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    now = utc_now()
    with database.write() as session:
        over = SignInLinkRow.expires_at <= now
        session.execute(delete(SignInLinkRow).where(over))
        session.add(
            SignInLinkRow(
                link_sha256=digest(text), user_id=user.id, expires_at=now + lifetime
            )
        )
    return text, now + lifetime


def link_url(console: str, text: str) -> str:
    """Write a link whole; what follows the `#` is in no server's log."""
    return f"{console.rstrip('/')}/sign-in/link#{text}"


def use_link(database: Database, text: str) -> tuple[str, UserSession]:
    """Begin a session with a link, which is used up by it.

    Returns:
        The session's token, and whose session it is.

    Raises:
        LoginFailed: the link was used, is over, or never was; or the user or their
            brand is disabled.
    """
    with database.write() as session:
        link = SignInLinkRow
        user_id = session.scalar(
            delete(link)
            .where(link.link_sha256 == digest(text), link.expires_at > utc_now())
            .returning(link.user_id)
        )
        row = None
        if user_id is not None:
            row = session.get(UserRow, user_id, with_for_update=True)
        if row is None or not may_enter(session, row):
            raise LoginFailed(
                "The link was used already, is over, or is not whole.",
                remedy="Ask for another one: `detector user link` makes it.",
            )
        return begin_session(session, row)
