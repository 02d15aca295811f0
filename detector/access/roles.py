"""What API keys are for."""

from enum import StrEnum


class Role(StrEnum):
    """What the holder of a key does; both may compare pictures."""

    ADMIN = "admin"
    MARKETPLACE = "marketplace"
