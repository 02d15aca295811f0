"""What the decision bar of a case's page offers whoever looks at it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request

from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.viewer import Viewer

ANY_QUEUE = "any"
"""Names, in a page's path, work on all queues."""
NOTED = ("void", "revoke", "reopen")
"""Steps of leads that ask for nothing but a note."""


@dataclass(frozen=True, slots=True)
class DecisionBar:
    """What can be done with a case, and what that takes.

    Attributes:
        queue: that the viewer works on; None if they only look at one case.
        is_held: the viewer holds the case.
        is_second: a second opinion is asked for.
        can_claim: nobody holds it, and the viewer may.
        can_steal: somebody else does, and the viewer may take it over.
        can_undo: the decision is the viewer's to take back, and not told yet.
        noted: steps with a note that the viewer may take.
        reasons: kind → reason codes in words.
        questions: what the brand can be asked.
        rights: of the brand, that hold today.
        decided: the case that was decided before this one.
    """

    queue: str | None
    is_held: bool
    is_second: bool
    can_claim: bool
    can_steal: bool
    can_undo: bool
    noted: Sequence[str]
    reasons: dict[str, list[Answer]]
    questions: Sequence[Answer]
    rights: Sequence[Answer]
    decided: Answer | None


async def decision_bar(request: Request, viewer: Viewer, case: Answer) -> DecisionBar:
    """Find out what a viewer can do with a case.

    Args:
        request: of the page; names the queue, and the case decided before.
        viewer: who looks.
        case: as the API shows it in full.
    """
    may_decide, may_lead = viewer.may("cases:decide"), viewer.may("cases:lead")
    events, lease = case["events"], case["lease"]
    is_leased = lease is not None and not is_past(lease["until"])
    is_held = may_decide and is_leased and lease["token"] is not None
    gave_opinion = any(
        each["state"] == "pending" and each["decided_by"] == viewer.id
        for each in case["decisions"]
    )
    reasons: dict[str, list[Answer]] = {}
    questions: Sequence[Answer] = ()
    rights: Sequence[Answer] = ()
    if is_held:
        brand_id = case["brand"]["id"]
        reasons, questions, rights = await asyncio.gather(
            read_reasons(viewer), _read_questions(viewer), read_rights(viewer, brand_id)
        )
    return DecisionBar(
        queue=request.query_params.get("queue"),
        is_held=is_held,
        is_second=case["state"] == "awaiting_second",
        can_claim=may_decide and "claim" in events and not (is_leased or gave_opinion),
        can_steal=may_lead and "steal" in events and is_leased and not is_held,
        can_undo=can_undo(viewer, case),
        noted=[each for each in NOTED if may_lead and each in events],
        reasons=reasons,
        questions=questions,
        rights=rights,
        decided=await read_decided(request, viewer),
    )


async def read_decided(request: Request, viewer: Viewer) -> Answer | None:
    """Read the case that the page's path names as decided just now, if undo is left."""
    case_id = request.query_params.get("decided")
    if not case_id:
        return None
    try:
        case = await viewer.api.read(path_of("cases", case_id))
    except ApiProblem:  # whoever made the path up
        return None
    return case if can_undo(viewer, case) else None


def can_undo(viewer: Viewer, case: Answer) -> bool:
    """Say whether a viewer can take a case's decision back."""
    decision = case["decision"]
    if decision is None or "undo" not in case["events"]:
        return False
    is_own = decision["decided_by"] == viewer.id and viewer.may("cases:decide")
    is_untold = decision["told_at"] is None and not is_past(decision["undo_until"])
    return (is_own or viewer.may("cases:lead")) and is_untold


async def read_reasons(viewer: Viewer) -> dict[str, list[Answer]]:
    """Read the reason codes by their kind."""
    found: dict[str, list[Answer]] = {}
    for each in (await viewer.api.read("/reason-codes"))["items"]:
        found.setdefault(each["kind"], []).append(each)
    return found


async def read_rights(viewer: Viewer, brand_id: str) -> Sequence[Answer]:
    """Read a brand's rights that hold today."""
    path = path_of("brands", brand_id, "rights")
    found = await viewer.api.read(path, effective_state="active", limit=200)
    rights: Sequence[Answer] = found["items"]
    return rights


def is_past(time: str | None) -> bool:
    """Say whether a time is over; none never is."""
    return time is not None and datetime.fromisoformat(time) <= datetime.now(UTC)


async def _read_questions(viewer: Viewer) -> Sequence[Answer]:
    questions: Sequence[Answer] = (await viewer.api.read("/question-templates"))[
        "items"
    ]
    return questions
