"""Tables of who may do what: API keys, users, sessions, links, edited roles."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now


class ApiKeyRow(Table):
    """What a program shows to be let in; the key itself is not kept.

    `brand_id` ties it to a brand, `marketplace` names the marketplace it speaks for.
    `capabilities` narrows what its role allows; null leaves all of it.
    """

    __tablename__ = "api_key"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    key_sha256: Mapped[str]
    role: Mapped[str]
    name: Mapped[str]
    brand_id: Mapped[str | None] = mapped_column(ForeignKey("brand.id"))
    marketplace: Mapped[str | None]
    capabilities: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_by: Mapped[str | None]
    replaced_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class UserRow(Table):
    """A person with a password (argon2); `email_key` is the address without case."""

    __tablename__ = "user_account"

    id: Mapped[str] = mapped_column(primary_key=True)
    email_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    brand_id: Mapped[str | None] = mapped_column(ForeignKey("brand.id"))
    marketplace: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="active")
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    last_login_at: Mapped[datetime | None]


class UserSessionRow(Table):
    """A person who has logged in; the token is kept as a hash only."""

    __tablename__ = "user_session"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]


class SignInLinkRow(Table):
    """A link that lets somebody in once; what it shows is kept as a hash only."""

    __tablename__ = "sign_in_link"

    link_sha256: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    expires_at: Mapped[datetime]


class RoleRow(Table):
    """A role whose capabilities an admin has changed; others are as shipped."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(primary_key=True)
    capabilities: Mapped[list[str]] = mapped_column(JSON)
    updated_by: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
