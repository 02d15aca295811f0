"""What an appeal says, and what it has to say under a regime."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from detector.review.clocks.regimes import Regime

MIN_EXPLANATION = 20
GROUNDS = (
    "authorised",
    "genuine_second_hand",
    "own_photo",
    "licensed_photo",
    "not_the_product",
    "right_invalid_or_expired",
    "wrong_item",
    "never_sold",
    "other",
)
STATEMENTS = {
    "truth": "What I say is true and complete as far as I know.",
    "perjury": "Under penalty of perjury, I believe in good faith that the material "
    "was removed as a result of mistake or misidentification.",
    "jurisdiction": "I consent to the jurisdiction of the federal district court for "
    "my address, and will accept service of process from whoever gave notice.",
}
"""What whoever appeals signs, by name; a changed text gets a new name."""
DMCA_CONTACT = ("name", "address", "phone", "signature")
DMCA, CHINA = "US-DMCA", "CN-ECL"


class AppealKind(StrEnum):
    """Who appeals against what."""

    COUNTER_NOTICE = "counter_notice"
    SELLER_COMPLAINT = "seller_complaint"
    NOTIFIER_COMPLAINT = "notifier_complaint"


@dataclass(frozen=True, slots=True)
class GivenAppeal:
    """An appeal as it came in.

    Attributes:
        kind: who appeals.
        grounds: one of `GROUNDS`.
        explanation: in words.
        external_id: the sender's own name of it.
        documents: invoices, letters of authorization and so on: kind and reference.
        signed: names of `STATEMENTS`.
        contact: `name`, `address`, `phone`, `email`, `signature`.
    """

    kind: AppealKind
    grounds: str
    explanation: str
    external_id: str | None = None
    documents: Sequence[Mapping[str, str]] = ()
    signed: Sequence[str] = ()
    contact: Mapping[str, str] = field(default_factory=dict)


def find_missing(given: GivenAppeal, regime: Regime) -> list[dict[str, str]]:
    """List what an appeal lacks: pointer, message and remedy of each."""
    return [
        {"pointer": pointer, "message": message, "remedy": remedy}
        for pointer, message, remedy in _missing(given, regime)
    ]


def _missing(given: GivenAppeal, regime: Regime) -> Iterator[tuple[str, str, str]]:
    if len(given.explanation.strip()) < MIN_EXPLANATION:
        yield (
            "/explanation",
            "The explanation is too short to be looked into.",
            f"Say in {MIN_EXPLANATION} characters or more why it was wrong.",
        )
    is_counter = given.kind is AppealKind.COUNTER_NOTICE
    needed = ["truth"]
    if is_counter and regime.name == DMCA:
        needed += ["perjury", "jurisdiction"]
        for name in DMCA_CONTACT:
            if not given.contact.get(name):
                yield (
                    f"/contact/{name}",
                    f"17 USC 512(g)(3) asks for the {name} of whoever objects.",
                    "Send it: the claimant is given it.",
                )
    if is_counter and regime.name == CHINA:
        if not given.contact.get("name"):
            yield (
                "/contact/name",
                "A declaration of non-infringement names who declares.",
                "Send the name.",
            )
        if not given.documents:
            yield (
                "/documents",
                "A declaration of non-infringement comes with prima facie evidence.",
                "Name at least one document.",
            )
    for name in needed:
        if name not in given.signed:
            yield (
                "/signed",
                f"The statement {name} is not signed.",
                f"Add {name!r} to signed. It stands for: {STATEMENTS[name]}",
            )
