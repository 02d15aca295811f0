"""Statements of reasons are written when an action is sent, and delivered with it."""

from sqlalchemy import select

from detector.events.outbox import EventType
from detector.review.move import Move
from detector.review.policy import Policy
from detector.review.statements.basis import Basis, find_basis
from detector.review.statements.record import day_of, make_record
from detector.review.statements.validate import SCHEMA_VERSION
from detector.review.statements.wording import Grounds, Wording, read_wording
from detector.review.tell import tell
from detector.store.takedown_tables import ActionRow, StatementRow


def write_statement(move: Move, action: ActionRow) -> StatementRow:
    """Write what the seller and the register are told; once per action."""
    session = move.session
    found = session.scalar(
        select(StatementRow).where(StatementRow.action_id == action.id)
    )
    if found is not None:
        return found
    basis = find_basis(session, action)
    wording = read_wording(move.policy.language)
    grounds = _grounds(basis, wording)
    id = "sor_" + action.id.removeprefix("act_")
    record = make_record(
        basis, grounds, puid=id, at=move.at, policy_url=move.policy.policy_url
    )
    row = StatementRow(
        id=id,
        case_id=action.case_id,
        action_id=action.id,
        marketplace=action.marketplace,
        state="pending",
        language=wording.language,
        template=wording.name(basis.reason.code),
        text=_letter(basis, wording, grounds, id, move.policy),
        record=record,
        schema_version=None if record is None else SCHEMA_VERSION,
        created_at=move.at,
    )
    session.add(row)
    session.flush()
    return row


def deliver_statements(move: Move) -> None:
    """Note that the seller has the statements of what was applied."""
    query = (
        select(StatementRow, ActionRow)
        .join(ActionRow, ActionRow.id == StatementRow.action_id)
        .where(
            StatementRow.case_id == move.case.id,
            StatementRow.state == "pending",
            ActionRow.state == "applied",
        )
        .order_by(StatementRow.id)
    )
    found = move.session.execute(query).all()
    for row, action in found:
        row.state, row.delivered_at = "delivered", move.at
        if row.record is not None:
            day = day_of(move.at, find_basis(move.session, action))
            row.record = {**row.record, "application_date": day}
    move.session.flush()
    for row, _ in found:
        extra = {
            "statement_id": row.id,
            "action_id": row.action_id,
            "language": row.language,
            "text": row.text,
        }
        tell(move.session, EventType.STATEMENT_ISSUED, move.case, extra)


def _grounds(basis: Basis, wording: Wording) -> Grounds:
    right, decision = basis.right, basis.decision
    named = None
    if right is not None:
        named = {
            "type": right.type,
            "number": str(right.details.get("registration_no") or right.external_id),
            "office": str(right.details.get("office") or ""),
        }
    known = {
        "brand": basis.brand.name,
        "right": wording.name_right(basis.brand.name, named),
        "corroboration": [] if decision is None else decision.corroboration,
        "is_order": basis.is_order,
        "is_notice": basis.notice is not None,
        "is_found_by_software": basis.is_found_by_software,
        "has_likelihood": basis.has_likelihood,
    }
    return wording.explain(basis.reason.code, known)


def _letter(
    basis: Basis, wording: Wording, grounds: Grounds, id: str, policy: Policy
) -> str:
    notice, details = basis.notice, basis.listing.details
    known = {
        "statement_id": id,
        "what": wording.find("what", basis.kind) or basis.kind,
        "listing_id": basis.listing.external_id,
        "title": details.get("title"),
        "url": details.get("url"),
        "marketplace": basis.listing.marketplace,
        "territories": basis.territories,
        "ends_on": basis.ends_on,
        # Who gave notice is named where they agreed to it, and not otherwise.
        "notifier": notice.notifier.get("name")
        if notice is not None and notice.discloses_identity
        else None,
        "is_order": basis.is_order,
        "is_illegal": basis.reason.ground == "illegal",
        "window": wording.name_span(basis.regime.appeal_window),
        "policy_url": policy.policy_url,
        "complaint_url": policy.complaint_url,
        "outside_body_url": policy.outside_body_url,
    }
    return wording.write_letter(grounds, known)
