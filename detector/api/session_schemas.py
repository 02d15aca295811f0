"""What sessions look like on the wire: logging in, and who somebody is."""

from datetime import datetime

from pydantic import Field

from detector.access.roles import Capability, Role
from detector.api.access_schemas import (
    BRAND_ID,
    LATER,
    USER,
    USER_ID,
    Email,
    Password,
    UserAnswer,
    example,
)
from detector.api.schemas import Wire


class PasswordChange(Wire):
    """A password that somebody chooses."""

    old_password: Password
    new_password: Password = Field(
        description="12 to 128 characters that nobody would guess."
    )


class Credentials(Wire):
    """What somebody logs in with."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            {
                "email": "ada@acme.example",
                "password": "vivid otter keeps nine lamps",
            }
        )
    }

    email: Email
    password: Password


class LinkUse(Wire):
    """A link that lets somebody in once."""

    model_config = Wire.model_config | {
        "json_schema_extra": example({"link": "dl_" + "A" * 43})
    }

    link: str = Field(
        description="What follows the `#` of the link.", min_length=1, max_length=200
    )


class SessionAnswer(Wire):
    """A session that has begun."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            {"token": "ds_" + "A" * 43, "expires_at": LATER, "user": USER}
        )
    }

    token: str = Field(
        description="To be sent as `Authorization: Bearer TOKEN`; shown this once."
    )
    expires_at: datetime
    user: UserAnswer


class MeAnswer(Wire):
    """Who the caller is, and what they may do."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            {
                "id": f"user:{USER_ID}",
                "name": "Ada",
                "role": "brand_agent",
                "capabilities": ["catalogue:read", "catalogue:write"],
                "brand_id": BRAND_ID,
                "marketplace": None,
            }
        )
    }

    id: str = Field(description="`key:<prefix>` or `user:<id>`.")
    name: str
    role: Role
    capabilities: list[Capability]
    brand_id: str | None = Field(
        description="The one brand whose data they see; null for roles of none."
    )
    marketplace: str | None
