"""What the end of a case teaches."""

from sqlalchemy import delete, select

from detector.review.guards.people import standing_decision
from detector.review.learning.reference_record import count_references
from detector.review.learning.rules import read_rules
from detector.review.move import Move
from detector.store.case_tables import CaseRow
from detector.store.inserting import insert_missing
from detector.store.listing_tables import PictureRow
from detector.store.standing_tables import DismissedLikenessRow
from detector.store.tables import ReferenceRow


def learn(move: Move) -> None:
    """Remember what the decision says of pairs of pictures and of references.

    What an earlier decision taught is forgotten if the case has come to another end.
    """
    case, session = move.case, move.session
    session.flush()
    reason = _dismissal(move)
    if reason is None:
        session.execute(
            delete(DismissedLikenessRow).where(DismissedLikenessRow.case_id == case.id)
        )
    else:
        _dismiss(move, reason)
    count_references(session, references_of(case), at=move.at)


def references_of(case: CaseRow) -> list[str]:
    """List the references that a case's pictures match, in the order of their ids."""
    found = {
        str(image["reference_id"]) for image in case.images if image["reference_id"]
    }
    return sorted(found)


def _dismissal(move: Move) -> str | None:
    """Say why the pictures are no copies; None if the case does not say that."""
    decision = standing_decision(move)
    if move.case.closure != "no_action" or decision is None:
        return None
    reason = decision.reason_code
    return reason if reason in read_rules().not_this_picture else None


def _dismiss(move: Move, reason: str) -> None:
    case, session = move.case, move.session
    pairs = sorted(
        {
            (str(image["sha256"]), str(image["reference_id"]))
            for image in case.images
            if image["reference_id"]
        }
    )
    kept = set(
        session.scalars(
            select(ReferenceRow.id).where(ReferenceRow.id.in_([r for _, r in pairs]))
        )
    )
    clusters = {
        digest: cluster
        for digest, cluster in session.execute(
            select(PictureRow.sha256, PictureRow.cluster_id).where(
                PictureRow.sha256.in_([digest for digest, _ in pairs])
            )
        )
    }
    insert_missing(
        session,
        DismissedLikenessRow,
        [
            {
                "picture_sha256": digest,
                "reference_id": reference,
                "cluster_id": clusters.get(digest),
                "case_id": case.id,
                "reason_code": reason,
                "created_at": move.at,
            }
            for digest, reference in pairs
            if reference in kept
        ],
    )
