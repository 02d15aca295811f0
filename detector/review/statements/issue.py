"""Statements of reasons are written when an action is sent, and delivered with it."""

from sqlalchemy import select

from detector.events.outbox import EventType
from detector.review.move import Move
from detector.review.tell import tell
from detector.store.takedown_tables import ActionRow, StatementRow


def write_statement(move: Move, action: ActionRow) -> StatementRow:
    """Write what the seller is told, and what the register is; once per action."""
    session = move.session
    found = session.scalar(
        select(StatementRow).where(StatementRow.action_id == action.id)
    )
    if found is not None:
        return found
    row = StatementRow(
        id="sor_" + action.id.removeprefix("act_"),
        case_id=action.case_id,
        action_id=action.id,
        marketplace=action.marketplace,
        template=action.reason,
        text=action.reason,
        created_at=move.at,
    )
    session.add(row)
    session.flush()
    return row


def deliver_statements(move: Move) -> None:
    """Note that the seller has the statements of what was applied."""
    query = (
        select(StatementRow)
        .join(ActionRow, ActionRow.id == StatementRow.action_id)
        .where(
            StatementRow.case_id == move.case.id,
            StatementRow.state == "pending",
            ActionRow.state == "applied",
        )
        .order_by(StatementRow.id)
    )
    rows = move.session.scalars(query).all()
    for row in rows:
        row.state, row.delivered_at = "delivered", move.at
    move.session.flush()
    for row in rows:
        extra = {"statement_id": row.id, "action_id": row.action_id}
        tell(move.session, EventType.STATEMENT_ISSUED, move.case, extra)
