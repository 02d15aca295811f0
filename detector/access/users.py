"""Users: people with a password, a role and perhaps a brand."""

import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from detector.access.edited_roles import Bundles, read_roles
from detector.access.grants import Grant, check_grant, check_text, require_holder_of
from detector.access.passwords import check_password, hash_password, is_password
from detector.access.principal import Principal
from detector.access.roles import SHIPPED, Role
from detector.errors import Conflict, InvalidInput, Unknown, WrongPassword
from detector.store.access_tables import SignInLinkRow, UserRow, UserSessionRow
from detector.store.database import Database
from detector.store.inserting import insert_new
from detector.store.paging import page
from detector.store.tables import BrandRow

ID_BYTES = 12
MAX_EMAIL_LENGTH = 254
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+")


class UserState(StrEnum):
    """Whether somebody may log in."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class User:
    """What is known of a person; never the password.

    Attributes:
        id: `usr_…`.
        email: as it was given.
        name: for people.
        grant: what they may do; without scopes.
        state: whether they may log in.
        created_by: `key:<prefix>` or `user:<id>`; None for the command line.
        created_at: when they were added.
        last_login_at: None for never.
    """

    id: str
    email: str
    name: str
    grant: Grant
    state: UserState
    created_by: str | None
    created_at: datetime
    last_login_at: datetime | None

    def principal(self, bundles: Bundles) -> Principal:
        """Who they are to a route, by the roles as they are."""
        return Principal(
            f"user:{self.id}",
            self.name or self.email,
            self.grant.role,
            self.grant.capabilities(bundles),
            self.grant.brand_id,
            self.grant.marketplace,
        )


def email_key(email: str) -> str:
    """Reduce an address to what makes it the same one."""
    return unicodedata.normalize("NFKC", email).casefold()


def create_user(
    database: Database,
    grant: Grant,
    *,
    email: str,
    password: str,
    name: str = "",
    giver: Principal | None = None,
) -> User:
    """Add a person.

    Raises:
        InvalidInput: not an address or a name, or parts do not fit together.
        WeakPassword: others would guess it.
        UnknownBrand: there is none, or none that the giver may know of.
        Escalation: they could do more than the giver.
        Conflict: the address has a user already.
    """
    check_text(name, "a user")
    key = email_key(email)
    is_address = _EMAIL.fullmatch(email) and len(key) <= MAX_EMAIL_LENGTH
    if not is_address or not email.isprintable():
        raise InvalidInput(
            f"{email[:MAX_EMAIL_LENGTH]!r} is no e-mail address.",
            remedy="Give one as in name@example.com.",
        )
    with database.read() as session:
        grant = check_grant(session, grant, giver)
        known = [email, name, *_brand_names(session, grant.brand_id)]
    stored = hash_password(check_password(password, known))
    user_id = "usr_" + secrets.token_hex(ID_BYTES)
    with database.write() as session:
        is_new = insert_new(
            session,
            UserRow,
            id=user_id,
            email_key=key,
            email=email,
            name=name,
            password_hash=stored,
            role=grant.role,
            brand_id=grant.brand_id,
            marketplace=grant.marketplace,
            created_by=None if giver is None else giver.id,
        )
        if not is_new:
            raise Conflict(
                f"{email} cannot be added: an address has one user at most.",
                remedy="Use another address, or change the user that has it.",
            )
        return as_user(session.get_one(UserRow, user_id))


def list_users(
    database: Database,
    *,
    viewer: Principal | None = None,
    limit: int = 1_000_000,
    cursor: str | None = None,
) -> tuple[list[User], str | None]:
    """List a page of the users that the viewer sees, the oldest first."""
    with database.read() as session:
        keys = (UserRow.created_at, UserRow.id)
        rows, following = page(
            session, _seen_by(viewer), keys=keys, limit=limit, cursor=cursor
        )
        return [as_user(row) for row in rows], following


def show_user(
    database: Database, user_id: str, *, viewer: Principal | None = None
) -> User:
    """Show a user.

    Raises:
        Unknown: there is none, or none that the viewer may know of.
    """
    with database.read() as session:
        return as_user(_row(session, _seen_by(viewer), user_id))


def find_user(database: Database, email: str) -> User:
    """Find the user who has an address.

    Raises:
        Unknown: there is none.
    """
    with database.read() as session:
        query = select(UserRow).where(UserRow.email_key == email_key(email))
        row = session.scalars(query).one_or_none()
        if row is None:
            raise Unknown(
                f"No user has the address {email!r}.",
                remedy="`detector user list` shows the addresses.",
            )
        return as_user(row)


def change_user(
    database: Database,
    user_id: str,
    *,
    name: str | None = None,
    role: Role | None = None,
    state: UserState | None = None,
    giver: Principal | None = None,
) -> User:
    """Change what is given; who is disabled is logged out.

    Raises:
        InvalidInput: not a name, or a role that sees other data than the user's.
        Unknown: there is none, or none that the giver may know of.
        Escalation: the user can do, or could then do, more than the giver.
    """
    with database.write() as session:
        row = _row(session, _seen_by(giver).with_for_update(), user_id)
        _require_holder_of(session, row, giver)
        if name is not None:
            row.name = check_text(name, "a user")
        if role is not None:
            if SHIPPED[role].reach is not SHIPPED[Role(row.role)].reach:
                raise InvalidInput(
                    f"The role {role} sees other data than {row.role}.",
                    remedy="Disable the user, and add one with the new role.",
                )
            check_grant(session, Grant(role, row.brand_id, row.marketplace), giver)
            row.role = role
        if state is not None:
            row.state = state
        if row.state != UserState.ACTIVE:
            end_sessions(session, row.id)
        session.flush()
        return as_user(row)


def reset_password(
    database: Database,
    user_id: str,
    *,
    password: str,
    giver: Principal | None = None,
) -> User:
    """Give somebody a new password, and log them out everywhere.

    Raises:
        WeakPassword: others would guess it.
        Unknown: there is none, or none that the giver may know of.
        Escalation: the user can do more than the giver, who could then log in so.
    """
    with database.read() as session:
        row = _row(session, _seen_by(giver), user_id)
        _require_holder_of(session, row, giver)
        known = _known_of(session, row)
    stored = hash_password(check_password(password, known))
    with database.write() as session:
        row = _row(session, _seen_by(giver).with_for_update(), user_id)
        _require_holder_of(session, row, giver)
        row.password_hash = stored
        end_sessions(session, row.id)
        session.flush()
        return as_user(row)


def change_password(database: Database, user_id: str, *, old: str, new: str) -> User:
    """Let somebody change their own password; logs them out everywhere.

    Raises:
        WrongPassword: the old one is another.
        WeakPassword: others would guess the new one.
        Unknown: there is no such user.
    """
    with database.read() as session:
        row = _row(session, select(UserRow), user_id)
        stored, known = row.password_hash, _known_of(session, row)
    wrong = WrongPassword(
        "The old password is another one.",
        remedy="Ask an admin for a new password if you have forgotten it.",
    )
    if not is_password(stored, old):
        raise wrong
    replacement = hash_password(check_password(new, known))
    with database.write() as session:
        row = _row(session, select(UserRow).with_for_update(), user_id)
        if row.password_hash != stored:
            raise wrong  # somebody has changed it at the same moment
        row.password_hash = replacement
        end_sessions(session, row.id)
        session.flush()
        return as_user(row)


def end_sessions(session: Session, user_id: str) -> None:
    """Log a user out everywhere; links that were made for them hold no more."""
    for table in (UserSessionRow, SignInLinkRow):
        session.execute(delete(table).where(table.user_id == user_id))


def as_user(row: UserRow) -> User:
    """Read a row."""
    return User(
        row.id,
        row.email,
        row.name,
        Grant(Role(row.role), row.brand_id, row.marketplace),
        UserState(row.state),
        row.created_by,
        row.created_at,
        row.last_login_at,
    )


def _require_holder_of(session: Session, row: UserRow, giver: Principal | None) -> None:
    """Let nobody change a user who can do more than they can themselves."""
    require_holder_of(as_user(row).grant.capabilities(read_roles(session)), giver)


def _seen_by(viewer: Principal | None) -> Select[UserRow]:
    query = select(UserRow)
    if viewer is None or viewer.brand_id is None:
        return query
    return query.where(UserRow.brand_id == viewer.brand_id)


def _row(session: Session, seen: Select[UserRow], user_id: str) -> UserRow:
    row = session.scalars(seen.where(UserRow.id == user_id)).one_or_none()
    if row is None:
        raise Unknown(
            f"No user has the id {user_id[:100]!r}.",
            remedy="GET /v1/users lists the users that you see.",
        )
    return row


def _known_of(session: Session, row: UserRow) -> Collection[str]:
    return [row.email, row.name, *_brand_names(session, row.brand_id)]


def _brand_names(session: Session, brand_id: str | None) -> Collection[str]:
    brand = None if brand_id is None else session.get(BrandRow, brand_id)
    return [] if brand is None else [brand.name]
