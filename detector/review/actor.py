"""Who does something to a case, and as what."""

from dataclasses import dataclass

from detector.review.workflow import Party


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody, or the service itself.

    Attributes:
        id: `key:<prefix>`, `user:<id>` or `system`.
        party: as what they act.
        name: for people; never shown outside the platform.
        is_person: a user who has logged in, not a program with a key.
        brand_id: of a brand's people.
        marketplace: that a marketplace's program speaks for.
    """

    id: str
    party: Party
    name: str
    is_person: bool = False
    brand_id: str | None = None
    marketplace: str | None = None


SYSTEM = Actor("system", Party.SYSTEM, "the service")
