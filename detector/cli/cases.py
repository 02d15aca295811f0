"""`detector cases …`: what waits for people, and what became of it."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import as_json, known_brand, minute, open_database
from detector.cli.output import note, print_json, results

if TYPE_CHECKING:
    from detector.review.queue.audit_list import AuditView
    from detector.review.queue.case_list import CaseView
    from detector.review.queue.case_story import CaseStory
    from detector.review.queue.explanation import Explanation
    from detector.store.case_tables import CommentRow, DecisionRow

app = typer.Typer(no_args_is_help=True, help="Show cases, and what became of them.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class CaseState(StrEnum):
    """How far a case has come."""

    OPEN = "open"
    CLAIMED = "claimed"
    AWAITING_BRAND = "awaiting_brand"
    AWAITING_SECOND = "awaiting_second"
    RESPONSE_WINDOW = "response_window"
    ACTION_PENDING = "action_pending"
    ACTIONED = "actioned"
    APPEALED = "appealed"
    AWAITING_CLAIMANT = "awaiting_claimant"
    APPEAL_REVIEW = "appeal_review"
    REINSTATING = "reinstating"
    CLOSED = "closed"


@app.command("list")
def list_all(
    state: Annotated[
        CaseState | None, typer.Option(help="Only those in this state.")
    ] = None,
    brand: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this brand.")
    ] = None,
    marketplace: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this marketplace.")
    ] = None,
    seller: Annotated[
        str | None, typer.Option(metavar="ID", help="Only of this seller.")
    ] = None,
    queue: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only in this queue.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most cases to show.")] = 50,
    json: Json = False,
) -> None:
    """List cases."""
    from rich.table import Table

    from detector.review.queue.case_list import CaseFilter, list_cases
    from detector.review.queue.scope import Scope

    with open_database() as database:
        wanted = CaseFilter(
            state=state,
            brand_id=known_brand(database, brand),
            marketplace=marketplace,
            seller_id=seller,
            queue=queue,
        )
        with database.read() as session:
            views, more = list_cases(
                session, wanted, scope=Scope(), cursor=None, limit=limit
            )
    if json:
        print_json([_summary(view) for view in views])
        return
    columns = [
        "id",
        "brand",
        "marketplace",
        "listing",
        "state",
        "queue",
        "due",
        "title",
    ]
    table = Table(*columns, box=None)
    for view in views:
        table.add_row(
            view.row.id,
            view.brand.name,
            view.listing.marketplace,
            view.listing.external_id,
            _state(view),
            view.row.queue,
            minute(view.row.due_at),
            str(view.listing.details.get("title", ""))[:60],
        )
    results().print(table if views else "There are no such cases.", markup=False)
    if more:
        note("There are more: raise --limit.")


@app.command()
def show(
    case: Annotated[str, typer.Argument(metavar="ID", help="Id of the case.")],
    json: Json = False,
) -> None:
    """Show a case: why it is there, what was decided, and each step of its life."""
    from detector.review.queue.case_list import find_case
    from detector.review.queue.case_story import tell_story
    from detector.review.queue.explanation import explain
    from detector.review.queue.scope import Scope

    with open_database() as database, database.read() as session:
        view = find_case(session, case, scope=Scope())
        story = tell_story(session, view, scope=Scope())
        reason = explain(view.row.images, story.signals)
    if json:
        print_json(_details(view, story, reason))
    else:
        _print(view, story, reason)


def _print(view: "CaseView", story: "CaseStory", reason: "Explanation") -> None:
    console = results()
    row, listing = view.row, view.listing
    for name, value in (
        ("id", row.id),
        ("brand", view.brand.name),
        ("listing", f"{listing.external_id} of {listing.marketplace}"),
        ("title", listing.details.get("title")),
        ("seller", row.seller_id),
        ("state", _state(view)),
        ("queue", row.queue),
        ("due", minute(row.due_at)),
        ("similarity", row.basis.get("similarity")),
    ):
        if value:
            console.print(f"{name}: {value}", markup=False)
    for head, texts in (
        ("matched", reason.matched),
        ("supports", reason.supports),
        ("against", reason.against),
        ("unknown", reason.unknown),
    ):
        for text in texts:
            console.print(f"{head}: {text}", markup=False)
    console.print(reason.caveat, markup=False)
    for decision in view.decisions:
        console.print(
            f"decision: {decision.kind}, {decision.reason_code}, {decision.state}",
            markup=False,
        )
    for comment in story.comments:
        console.print(f"comment: {comment.text}", markup=False)
    for step in story.history:
        actor = step.actor.name or step.actor.id
        console.print(
            f"{minute(step.row.at)}: {step.row.event} by {actor}", markup=False
        )


def _state(view: "CaseView") -> str:
    return view.state if view.closure is None else f"{view.state}: {view.closure}"


def _details(
    view: "CaseView", story: "CaseStory", reason: "Explanation"
) -> dict[str, object]:
    from dataclasses import asdict

    return {
        **_summary(view),
        "signals": story.signals,
        "reason": asdict(reason),
        "decisions": [_decision(row) for row in view.decisions],
        "comments": [_comment(row) for row in story.comments],
        "history": [_step(step) for step in story.history],
    }


def _summary(view: "CaseView") -> dict[str, object]:
    row, listing = view.row, view.listing
    return as_json(
        {
            "case_id": row.id,
            "state": view.state,
            "closure": view.closure,
            "version": row.version,
            "source": row.source,
            "queue": row.queue,
            "brand": view.brand.name,
            "marketplace_id": row.marketplace,
            "listing_id": listing.external_id,
            "title": listing.details.get("title"),
            "seller_id": row.seller_id,
            "similarity": row.basis.get("similarity"),
            "risk": row.risk,
            "due_at": row.due_at,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
            "updated_at": row.updated_at,
        }
    )


def _decision(row: "DecisionRow") -> dict[str, object]:
    return as_json(
        {
            "id": row.id,
            "kind": row.kind,
            "opinion": row.opinion,
            "state": row.state,
            "reason_code": row.reason_code,
            "right_id": row.right_id,
            "corroboration": row.corroboration,
            "note": row.note,
            "decided_by": row.decided_by,
            "decided_at": row.decided_at,
            "told_at": row.told_at,
        }
    )


def _comment(row: "CommentRow") -> dict[str, object]:
    return as_json(
        {"author": row.author, "text": row.text, "created_at": row.created_at}
    )


def _step(step: "AuditView") -> dict[str, object]:
    row = step.row
    return as_json(
        {
            "seq": row.seq,
            "at": row.at,
            "event": row.event,
            "actor": step.actor.name,
            "role": step.actor.role,
            "from_state": row.from_state,
            "to_state": row.to_state,
            "reason_code": row.reason_code,
        }
    )
