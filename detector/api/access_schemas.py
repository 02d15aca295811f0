"""What goes over the wire about keys, roles, users and sessions."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict

from detector.access.roles import Capability, Reach, Role
from detector.access.users import UserState
from detector.api.schemas import AS_WHOLE, Wire

PLAIN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
"""One line of text; PostgreSQL keeps no zero bytes."""
Line = Annotated[str, StringConstraints(max_length=200, pattern=PLAIN)]
Prefix = Annotated[str, StringConstraints(pattern="^[0-9a-f]{8}$")]
UserId = Annotated[str, StringConstraints(pattern="^usr_[0-9a-f]{24}$")]
BrandId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PLAIN)]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=r"^[^@\s\x00-\x20\x7f-\x9f]{1,64}@[^@\s\x00-\x20\x7f-\x9f]+$",
    ),
]
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512, pattern=PLAIN),
    Field(json_schema_extra={"format": "password"}),
]
"""As it was typed; whether it will do is for the rules of passwords to say."""

BRAND_ID = "brand_5f0c0e5c1d2b4a6f8e9d7c3b"
USER_ID = "usr_0a1b2c3d4e5f60718293a4b5"
AT = "2026-06-01T12:00:00Z"
LATER = "2026-06-02T00:00:00Z"
MAX_DAYS = 36_500
MAX_OVERLAP_S = 30 * 86_400

KEY: JsonDict = {
    "prefix": "5f0c0e5c",
    "role": "brand_agent",
    "brand_id": BRAND_ID,
    "marketplace": None,
    "scopes": ["catalogue:read", "catalogue:write"],
    "capabilities": ["catalogue:read", "catalogue:write"],
    "name": "nightly import",
    "state": "active",
    "created_by": f"user:{USER_ID}",
    "replaced_by": None,
    "created_at": AT,
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": LATER,
}
USER: JsonDict = {
    "id": USER_ID,
    "email": "ada@acme.example",
    "name": "Ada",
    "role": "brand_admin",
    "brand_id": BRAND_ID,
    "marketplace": None,
    "state": "active",
    "created_by": None,
    "created_at": AT,
    "last_login_at": LATER,
}
ROLE: JsonDict = {
    "role": "marketplace",
    "reach": "marketplace",
    "purpose": "compares listing pictures",
    "capabilities": ["pictures:compare", "pictures:match"],
    "is_edited": False,
}


def example(value: JsonDict) -> JsonDict:
    """Put an example into a schema."""
    return {"examples": [value]}


class GrantFields(Wire):
    """What a new key or user is given."""

    role: Role = Field(description="GET /v1/roles says what each allows.")
    brand_id: BrandId | None = Field(
        None,
        description="The brand whose data is seen, for roles of a brand; the caller's "
        "own if left out.",
    )
    marketplace: (
        Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=PLAIN)]
        | None
    ) = Field(None, description="That it speaks for, for the role marketplace.")


class NewKey(GrantFields):
    """A key to be made."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            {
                "role": "brand_agent",
                "brand_id": BRAND_ID,
                "scopes": ["catalogue:read", "catalogue:write"],
                "name": "nightly import",
                "expires_in_days": 365,
            }
        )
    }

    scopes: Annotated[list[Capability], Field(min_length=1, max_length=100)] | None = (
        Field(
            None,
            description="All that it may do of what the role allows; all of that if "
            "left out.",
        )
    )
    name: Line = Field("", description="Tells people what it is for.")
    expires_in_days: (
        Annotated[int, Field(strict=True, ge=1, le=MAX_DAYS), AS_WHOLE] | None
    ) = Field(None, description="Never if left out.")


class Rotation(Wire):
    """How a key gives way to another one."""

    overlap_s: Annotated[int, AS_WHOLE] = Field(
        86_400,
        strict=True,
        ge=0,
        le=MAX_OVERLAP_S,
        description="How many seconds the old key goes on, unless it ends before.",
    )


class KeyAnswer(Wire):
    """What is known of a key; never the key itself."""

    model_config = Wire.model_config | {"json_schema_extra": example(KEY)}

    prefix: Prefix = Field(description="The 8 characters after `dk_`; no secret.")
    role: Role
    brand_id: str | None
    marketplace: str | None
    scopes: list[Capability] | None = Field(
        description="What narrows the role; null where nothing does."
    )
    capabilities: list[Capability] = Field(description="What it may do now.")
    name: str
    state: Literal["active", "expired", "revoked"]
    created_by: str | None = Field(
        description="`key:<prefix>` or `user:<id>`; null for the command line."
    )
    replaced_by: str | None = Field(description="Prefix of the key it was rotated to.")
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="A minute late at most.")


class NewKeyAnswer(KeyAnswer):
    """A key, shown this once."""

    model_config = Wire.model_config | {
        "json_schema_extra": example({"key": "dk_5f0c0e5c_" + "A" * 43, **KEY})
    }

    key: str = Field(description="To be sent as `Authorization: Bearer KEY`.")


class RoleAnswer(Wire):
    """A role and what it allows."""

    model_config = Wire.model_config | {"json_schema_extra": example(ROLE)}

    role: Role
    reach: Reach = Field(description="Whose data its holders see.")
    purpose: str
    capabilities: list[Capability]
    is_edited: bool = Field(description="Whether it differs from what was shipped.")


class RoleChange(Wire):
    """What a role is to allow."""

    model_config = Wire.model_config | {
        "json_schema_extra": example({"capabilities": ROLE["capabilities"]})
    }

    capabilities: Annotated[list[Capability], Field(max_length=100)]


class NewUser(GrantFields):
    """A person to be added."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            {
                "email": "ada@acme.example",
                "name": "Ada",
                "password": "vivid otter keeps nine lamps",
                "role": "brand_admin",
                "brand_id": BRAND_ID,
            }
        )
    }

    email: Email
    name: Line = ""
    password: Password = Field(
        description="12 to 128 characters that nobody would guess."
    )


class UserChange(Wire):
    """What to change of a user; what is left out stays as it is."""

    model_config = Wire.model_config | {
        "json_schema_extra": example({"state": "disabled"})
    }

    name: Line | None = None
    role: Role | None = Field(None, description="One that sees the same data.")
    state: UserState | None = Field(
        None, description="Who is disabled is logged out and cannot log in."
    )


class NewPassword(Wire):
    """A password that somebody is given."""

    password: Password = Field(
        description="12 to 128 characters that nobody would guess."
    )


class UserAnswer(Wire):
    """What is known of a person."""

    model_config = Wire.model_config | {"json_schema_extra": example(USER)}

    id: UserId
    email: str
    name: str
    role: Role
    brand_id: str | None
    marketplace: str | None
    state: UserState
    created_by: str | None = Field(
        description="`key:<prefix>` or `user:<id>`; null for the command line."
    )
    created_at: datetime
    last_login_at: datetime | None
