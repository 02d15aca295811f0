"""What a notice of infringement says (Digital Services Act, article 16; 17 USC 512)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MAX_ITEMS = 300
"""Listings that one notice may name, as the Alibaba IPP takes."""
STATEMENTS = {
    "good_faith": "I believe in good faith that the use is not authorized by the owner "
    "of the right, its agent or the law.",
    "accuracy": "What this notice says is accurate and complete as far as I know.",
    "perjury": "Under penalty of perjury: I am authorized to act for the owner of the "
    "right that is infringed.",
}
"""What a notifier signs, by name; a changed text gets a new name."""
WARNING = (
    "A notice that is wrong may make whoever gave it liable; one given in bad faith, "
    "for more than the damage. It counts in the record of the brand."
)


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """One listing that is claimed to infringe.

    Attributes:
        listing_id: the marketplace's own.
        url: of it.
        image_position: of the picture that is meant; None for the listing.
    """

    listing_id: str
    url: str | None = None
    image_position: int | None = None


@dataclass(frozen=True, slots=True)
class GivenNotice:
    """A claim as it came in.

    Attributes:
        marketplace: that the listings are on.
        reason_code: why they are to be restricted.
        explanation: in words, what infringes and how the notifier knows.
        items: the listings.
        notifier: `name`, `email` and `role` (owner, agent, licensee, other).
        right_id: that is infringed.
        external_id: the notifier's own name of the notice.
        contact: `address`, `phone` and `signature`, where the regime asks for them.
        evidence: what else shows it: kind and reference.
        signed: names of `STATEMENTS`.
        territories: where it is infringed; everywhere the right holds if empty.
        message_to_seller: is handed on as it is.
        discloses_identity: the seller may learn who gave notice.
    """

    marketplace: str
    reason_code: str
    explanation: str
    items: Sequence[NoticeItem]
    notifier: Mapping[str, str]
    right_id: str | None = None
    external_id: str | None = None
    contact: Mapping[str, str] = field(default_factory=dict)
    evidence: Sequence[Mapping[str, str]] = ()
    signed: Sequence[str] = ()
    territories: Sequence[str] = ()
    message_to_seller: str | None = None
    discloses_identity: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """What a notice lacks.

    Attributes:
        pointer: JSON pointer to the field.
        message: what is missing.
        remedy: what to send.
    """

    pointer: str
    message: str
    remedy: str

    def as_json(self) -> dict[str, str]:
        """Write it as it is stored."""
        return {
            "pointer": self.pointer,
            "message": self.message,
            "remedy": self.remedy,
        }
