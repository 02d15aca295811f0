"""A case on a random way through its life: people do what they may, or may not."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.errors import DetectorError
from detector.review.actions.dispatch import dispatch
from detector.review.actor import Actor
from detector.review.advance import advance
from detector.review.clocks.regimes import REGIMES
from detector.review.move import Given, Move
from detector.review.opening import open_case
from detector.review.reasons import REASONS, ReasonKind
from detector.review.workflow import WORKFLOW
from detector.store.audit_tables import AuditRow
from detector.store.case_tables import (
    CaseRow,
    DecisionRow,
    QuestionRow,
)
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import ActionRow, NoticeItemRow, NoticeRow
from tests.detector.review.facts import (
    add_appeal,
    add_notice,
    add_question,
    has_live_appeal,
    withdraw_notices,
)
from tests.detector.review.review_world import MONDAY

Item = TypeVar("Item")

LENGTH = 30
FORWARD = {
    "open": ["claim"],
    "claimed": ["restrict", "restrict", "restrict", "ask_brand", "dismiss"],
    "awaiting_brand": ["answer", "confirm_and_act", "brand_silent"],
    "awaiting_second": ["claim", "second_agrees", "second_disagrees"],
    "response_window": ["response_window_over", "seller_answers"],
    "action_pending": ["applied", "applied", "applied", "action_failed", "undo"],
    "actioned": ["appeal", "appeal_window_over", "revoke"],
    "appealed": ["take_appeal", "forward", "claimant_withdraws"],
    "awaiting_claimant": ["claimant_sues", "claimant_silent"],
    "appeal_review": ["uphold", "overturn"],
    "reinstating": ["lifted", "lifted", "lift_failed", "dispatch"],
    "closed": ["appeal", "reopen", "undo"],
}
"""What mostly happens; a part of each walk keeps to it, so that walks get far."""
DECIDING = {
    "restrict": "restrict",
    "second_agrees": "restrict",
    "confirm_and_act": "restrict",
    "dismiss": "no_action",
}
DISMISSING = {"dismiss", "second_disagrees"}
EVENTS = sorted({row.event for row in WORKFLOW.transitions} - {"open", "suppress"})
TELLING = {"value": True, "direction": "supports", "text": "Replica."}


@dataclass(frozen=True, slots=True)
class Face:
    """What a refused step must leave as it was."""

    state: str
    closure: str | None
    version: int
    lease_token: str | None
    leased_by: str | None
    leased_until: datetime | None
    queue: str


@dataclass(slots=True)
class Walk:
    """One case on a random way through its life, and what the walk knows of it."""

    session: Session
    rng: np.random.Generator
    actors: list[Actor]
    brand: Actor
    right_id: str
    on_step: "OnStep"
    case_id: str = ""
    at: datetime = MONDAY
    is_told_by_signal: bool = False
    owns_photo: bool = False
    is_hurrying: bool = False
    is_corroborated: bool = False
    num_events: int = 0
    num_steps: int = 0
    seen: set[str] = field(default_factory=set)

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[int(self.rng.integers(len(items)))]

    @property
    def case(self) -> CaseRow:
        return self.session.get_one(CaseRow, self.case_id)

    def begin(self, listing_id: str) -> None:
        listing = self.session.get_one(ListingRow, listing_id)
        case = open_case(
            self.session, listing, self.brand.brand_id or "", flag=None, at=self.at
        )
        self.case_id, case.regime = case.id, self.pick(sorted(REGIMES))
        self.is_told_by_signal = self.chance(0.4)
        self.owns_photo = self.chance(0.3)
        signals = dict(case.signals)
        signals["same_photo"] = TELLING
        signals["price_ratio"] = TELLING
        if self.is_told_by_signal:
            signals["replica_words"] = TELLING
        if self.owns_photo:
            signals["image_rights"] = {"value": "owned", "direction": "neutral"}
        case.signals = signals
        self.session.flush()

    def wander(self) -> None:
        num_hurried = int(self.rng.integers(LENGTH))
        for step in range(LENGTH):
            self.is_hurrying = step < num_hurried
            kind = self.rng.random()
            if self.is_hurrying and kind > 0.68:
                self.speak_for_it()
                self.let_actions_go_on()
            elif kind < 0.68:
                self.try_event()
            elif kind < 0.78:
                self.at += timedelta(hours=float(self.rng.exponential(2)))
            elif kind < 0.86:
                self.speak_for_it()
            else:
                self.let_actions_go_on()

    def speak_for_it(self) -> None:
        """Somebody else adds to what is known: an answer, a notice, an appeal."""
        kind = self.rng.integers(4)
        if kind == 0 and self.case.state == "awaiting_brand":
            answer = self.pick(["genuine", "counterfeit", "cannot_tell"])
            add_question(self.session, self.case, self.brand, self.at, answer=answer)
        elif kind == 1 and self.chance(0.3):
            state = self.pick(["received", "incomplete"])
            add_notice(self.session, self.case, self.brand, state=state)
        elif kind == 2:
            withdraw_notices(self.session, self.case_id)
        elif self.case.state in ("actioned", "closed") and not has_live_appeal(
            self.session, self.case_id
        ):
            kinds = ["seller_complaint", "notifier_complaint"]
            add_appeal(self.session, self.case_id, self.at, kind=self.pick(kinds))

    def let_actions_go_on(self) -> None:
        """The service sends what is due, the marketplace does as it likes."""
        if self.case.state in ("action_pending", "closed") and self.chance(0.7):
            self.at += timedelta(minutes=1)
            dispatch(self.session, self.case_id, self.at)
        for action in self.session.scalars(
            select(ActionRow).where(
                ActionRow.case_id == self.case_id,
                ActionRow.state.in_(("requested", "sent")),
            )
        ):
            action.state = self.pick(["applied", "applied", "applied", "failed"])
            if action.state == "failed":
                action.num_failures = self.pick([1, 3])
        self.session.flush()

    def corroboration(self, reason_code: str | None) -> bool:
        """Say whether more than likeness speaks for it, by what the walk did."""
        answers = self.session.scalars(
            select(QuestionRow.answer)
            .where(QuestionRow.case_id == self.case_id)
            .order_by(QuestionRow.answered_at)
        ).all()
        live = self.session.scalar(
            select(func.count())
            .select_from(NoticeItemRow)
            .join(NoticeRow)
            .where(
                NoticeItemRow.case_id == self.case_id,
                NoticeItemRow.state != "withdrawn",
                NoticeItemRow.state != "rejected",
                NoticeRow.state != "incomplete",
            )
        )
        return bool(
            self.is_told_by_signal
            or "counterfeit" in answers
            or live
            or has_live_appeal(self.session, self.case_id, "notifier_complaint")
            or (self.owns_photo and reason_code == "copied_brand_image")
        )

    def try_event(self) -> None:
        case = self.case
        possible = WORKFLOW.events_from(case.state, case.closure)
        event = self.pick(possible if possible and self.chance(0.8) else EVENTS)
        if self.is_hurrying:
            event = self.pick(FORWARD[case.state])
        rows = WORKFLOW.rows(event, case.state, case.closure)
        fitting = [a for a in self.actors for row in rows if a.party in row.who]
        is_usual = self.is_hurrying or self.chance(0.8)
        actor = self.pick(fitting if fitting and is_usual else self.actors)
        holders = [a for a in fitting if a.id == case.leased_by]
        if self.is_hurrying and holders:
            actor = self.pick(holders)
        given = self.make_given(event)
        before = self.face()
        num_audit = self.num_audit()
        self.is_corroborated = self.corroboration(given.reason_code)
        decision = self.add_decision(event, actor, given)
        is_fresh = self.is_hurrying or self.chance(0.9)
        version = case.version if is_fresh else case.version + 1
        self.num_events += 1
        try:
            move = advance(
                self.session,
                self.case_id,
                event,
                actor=actor,
                at=self.at,
                given=given,
                version=version,
            )
        except DetectorError:
            if decision is not None:
                self.session.delete(decision)
                self.session.flush()
            assert self.face() == before
            assert self.num_audit() == num_audit
            return
        self.num_steps += 1
        self.seen.add(move.transition.number)
        self.on_step(self, move, before, num_audit)

    def make_given(self, event: str) -> Given:
        kind = ReasonKind.NO_ACTION if event in DISMISSING else ReasonKind.RESTRICT
        kind = ReasonKind.HOLD if event == "skip" else kind
        codes = [code for code, reason in REASONS.items() if reason.kind is kind]
        usual = 1.0 if self.is_hurrying else 0.8
        token = self.case.lease_token if self.chance(usual) else "another"
        question = self.session.scalar(
            select(QuestionRow.id).where(QuestionRow.case_id == self.case_id).limit(1)
        )
        data: dict[str, object] = {"document": "doc"} if self.chance(0.7) else {}
        if question is not None:
            data["question_id"] = question
        elif event in ("answer", "confirm_and_act"):
            data["question_id"] = add_question(
                self.session, self.case, self.brand, self.at, answer=None
            )
        failed = self.session.scalar(
            select(ActionRow.id)
            .where(ActionRow.case_id == self.case_id, ActionRow.state == "failed")
            .limit(1)
        )
        if failed is not None:
            data["action_id"] = failed
        return Given(
            reason_code=self.pick(codes if self.chance(usual) else sorted(REASONS)),
            note="For the reasons that were named." if self.chance(usual) else None,
            right_id=self.right_id if self.chance(usual) else None,
            lease_token=token,
            decision_id=uuid.uuid4().hex,
            statements={"good_faith": "1", "accuracy": "1"} if self.chance(0.7) else {},
            data=data,
        )

    def add_decision(
        self, event: str, actor: Actor, given: Given
    ) -> DecisionRow | None:
        kind = DECIDING.get(event)
        if kind is None:
            return None
        row = DecisionRow(
            id=given.decision_id,
            case_id=self.case_id,
            kind=kind,
            state="pending" if event == "restrict" else "effective",
            reason_code=given.reason_code,
            decided_by=actor.id,
            role=actor.party.value,
            decided_at=self.at,
        )
        self.session.add(row)
        self.session.flush()
        return row

    def face(self) -> Face:
        case = self.case
        return Face(
            case.state,
            case.closure,
            case.version,
            case.lease_token,
            case.leased_by,
            case.leased_until,
            case.queue,
        )

    def num_audit(self) -> int:
        query = select(func.count()).select_from(AuditRow)
        return self.session.scalar(query) or 0


OnStep = Callable[[Walk, Move, Face, int], None]
