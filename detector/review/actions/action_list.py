"""Actions, to be read: one, or a list in pages; and that they were fetched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.store.paging import SortKey, page
from detector.store.takedown_tables import ActionRow

ASKED = ("requested", "sent")
"""States of an action that the marketplace is to act on now."""


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """Which actions are wanted; None leaves all.

    Attributes:
        is_waiting: to be acted on and acknowledged, or not.
        state: they are in.
        kind: `restrict` or `lift`.
        case_id: of the case.
        marketplace: that is asked.
        updated_since: changed then or later; the oldest change comes first.
    """

    is_waiting: bool | None = None
    state: str | None = None
    kind: str | None = None
    case_id: str | None = None
    marketplace: str | None = None
    updated_since: datetime | None = None


def list_actions(
    session: Session,
    wanted: ActionFilter,
    *,
    marketplace: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[ActionRow], str | None]:
    """List actions in pages.

    Args:
        session: to read with.
        wanted: which.
        marketplace: that looks, and sees what it was asked for; None for the platform.
        cursor: what came with the page before.
        limit: most to return.
    """
    query = select(ActionRow).where(_seen(marketplace))
    for column, value in (
        (ActionRow.state, wanted.state),
        (ActionRow.kind, wanted.kind),
        (ActionRow.case_id, wanted.case_id),
        (ActionRow.marketplace, wanted.marketplace),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.is_waiting is not None:
        is_asked = ActionRow.state.in_(ASKED)
        query = query.where(is_asked if wanted.is_waiting else ~is_asked)
    keys: list[SortKey] = [ActionRow.id]
    if wanted.updated_since is not None:
        query = query.where(ActionRow.updated_at >= wanted.updated_since)
        keys = [ActionRow.updated_at, ActionRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def mark_fetched(session: Session, actions: Sequence[ActionRow]) -> None:
    """Note that the marketplace has fetched what it was asked for.

    What somebody else just works on is left as it is: nobody waits here.
    """
    query = (
        select(ActionRow)
        .where(
            ActionRow.id.in_([action.id for action in actions]),
            ActionRow.state == "requested",
        )
        .order_by(ActionRow.id)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    for action in session.scalars(query).all():
        action.state = "sent"
    session.flush()


def find_action(
    session: Session, action_id: str, *, marketplace: str | None
) -> ActionRow:
    """Look an action up.

    Raises:
        Unknown: there is none, or the marketplace was not asked for it.
    """
    query = select(ActionRow).where(ActionRow.id == action_id, _seen(marketplace))
    action = session.scalar(query)
    if action is None:
        raise Unknown(
            f"There is no action {action_id[:100]!r}.",
            remedy="GET /v1/actions lists those that this key sees.",
        )
    return action


def _seen(marketplace: str | None) -> ColumnElement[bool]:
    """Say which actions are seen: what can still be undone is nobody's business."""
    if marketplace is None:
        return true()
    return and_(
        ActionRow.marketplace == marketplace, ActionRow.requested_at.is_not(None)
    )
