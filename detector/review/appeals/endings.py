"""How appeals end when the case goes on."""

from detector.events.outbox import EventType
from detector.review.guards.course import COMPLAINT, live_appeal
from detector.review.move import Move
from detector.review.tell import tell, write_time


def end_appeal(move: Move, state: str) -> None:
    """End the appeal that is being dealt with, and tell whoever appealed.

    They learn the decision and its reasons, and where else they can turn to; not who
    decided.

    Args:
        move: the step that ends it; its note is the reasoned decision.
        state: `upheld`, `overturned`, `withdrawn` or `lapsed`.
    """
    appeal = live_appeal(move)
    if appeal is None:
        return
    appeal.state, appeal.decided_at, appeal.updated_at = state, move.at, move.at
    if state in ("upheld", "overturned"):
        appeal.decided_by, appeal.answer = move.actor.id, move.given.note
    move.session.flush()
    tell(
        move.session,
        EventType.APPEAL_DECIDED,
        move.case,
        {
            "appeal_id": appeal.id,
            "outcome": state,
            "answer": appeal.answer,
            "decided_at": write_time(move.at),
            "kind": appeal.kind,
            "outside_body_url": move.policy.outside_body_url or None,
            "is_of_claimant": appeal.kind == COMPLAINT,
        },
    )
