"""Whether a notice says all that it has to, under the regime that it is given in."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from detector.catalogue.right_reach import is_right_in_force
from detector.review.clocks.regimes import read_regime
from detector.review.notices.notice import STATEMENTS, GivenNotice, Missing
from detector.review.policy import read_policy
from detector.review.reasons import REASONS
from detector.store.tables import RightRow

MIN_EXPLANATION = 20
DMCA = "US-DMCA"
DMCA_CONTACT = ("address", "phone", "signature")


def find_missing(
    session: Session, given: GivenNotice, *, brand_id: str, at: datetime
) -> list[Missing]:
    """List what a notice lacks; nothing if it is complete.

    Args:
        session: to look up the right and the marketplace's regime with.
        given: the notice.
        brand_id: whose notice it is.
        at: now: the right has to hold today.
    """
    policy = read_policy(session, given.marketplace).policy
    regime = read_regime(policy.regime).name
    return [
        *_words(given),
        *_notifier(given),
        *_statements(given, needs_perjury=regime == DMCA),
        *_right(session, given, brand_id, given.territories or [policy.territory], at),
        *(_dmca(given) if regime == DMCA else ()),
    ]


def _words(given: GivenNotice) -> Iterator[Missing]:
    if len(given.explanation.strip()) < MIN_EXPLANATION:
        yield Missing(
            "/explanation",
            "The explanation is too short to be looked into.",
            f"Say in {MIN_EXPLANATION} characters or more what infringes, and how you "
            "know.",
        )


def _notifier(given: GivenNotice) -> Iterator[Missing]:
    for name in ("name", "email"):
        if not given.notifier.get(name):
            yield Missing(
                f"/notifier/{name}",
                f"The notifier's {name} is missing.",
                "Send it: the receipt and the decision go there.",
            )


def _statements(given: GivenNotice, *, needs_perjury: bool) -> Iterator[Missing]:
    needed = ["good_faith", "accuracy", *(["perjury"] if needs_perjury else [])]
    for name in needed:
        if name not in given.signed:
            yield Missing(
                "/signed",
                f"The statement {name} is not signed.",
                f"Add {name!r} to signed. It stands for: {STATEMENTS[name]}",
            )


def _right(
    session: Session,
    given: GivenNotice,
    brand_id: str,
    territories: Sequence[str],
    at: datetime,
) -> Iterator[Missing]:
    reason = REASONS[given.reason_code]
    if reason.right == "none":
        return
    right = session.get(RightRow, given.right_id) if given.right_id else None
    if right is None or right.brand_id != brand_id:
        yield Missing(
            "/right_id",
            f"{reason.code} rests on a {reason.right}; none of the brand's is named.",
            "Name one; GET /v1/brands/{brand_id}/rights lists them.",
        )
        return
    if right.type != reason.right:
        yield Missing(
            "/right_id",
            f"{reason.code} rests on a {reason.right}; this is a {right.type}.",
            "Name another right, or another reason_code.",
        )
    if not any(
        is_right_in_force(right, territory=place, on=at.date()) for place in territories
    ):
        yield Missing(
            "/right_id",
            f"The right does not hold in {', '.join(territories)} today.",
            "Name one that does, or the territories where it holds.",
        )


def _dmca(given: GivenNotice) -> Iterator[Missing]:
    if REASONS[given.reason_code].right != "copyright":
        yield Missing(
            "/reason_code",
            "Under 17 USC 512 notice is given of copied works only.",
            "Choose copied_brand_image, or give notice under the marketplace's terms.",
        )
    for name in DMCA_CONTACT:
        if not given.contact.get(name):
            yield Missing(
                f"/contact/{name}",
                f"17 USC 512(c)(3) asks for the notifier's {name}.",
                "Send it; the seller may be given it with a counter-notice.",
            )
