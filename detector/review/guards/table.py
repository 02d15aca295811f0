"""The guards, by the names that the table of transitions uses."""

from collections.abc import Mapping

from detector.review.guards import actions, course, grounds, people
from detector.review.guards.refusal import Guard
from detector.review.reasons import ReasonKind

GUARDS: Mapping[str, Guard] = {
    "may_work_queue": people.may_work_queue,
    "is_free": people.is_free,
    "holds_lease": people.holds_lease,
    "lease_is_over": people.lease_is_over,
    "is_person": people.is_person,
    "gave_no_opinion": people.gave_no_opinion,
    "never_decided": people.never_decided,
    "is_decider_or_lead": people.is_decider_or_lead,
    "has_decider": people.has_decider,
    "is_duplicate": grounds.is_duplicate,
    "corroborated": grounds.corroborated,
    "right_in_force": grounds.right_in_force,
    "needs_second": grounds.needs_second,
    "notify_first": grounds.notify_first,
    "regime_forwards": grounds.regime_forwards,
    "good_faith_acts": grounds.good_faith_acts,
    "signed": grounds.signed,
    "only_listings": grounds.only_listings,
    "has_note": grounds.has_note,
    "has_answer": grounds.has_answer,
    "has_document": grounds.has_document,
    "something_was_sent": course.something_was_sent,
    "nothing_was_sent": course.nothing_was_sent,
    "was_told": course.was_told,
    "statement_is_ready": course.statement_is_ready,
    "all_lifted": course.all_lifted,
    "no_other_ground": course.no_other_ground,
    "gave_notice": course.gave_notice,
    "something_is_due": actions.something_is_due,
    "is_untold": actions.is_untold,
    "all_applied": actions.all_applied,
    "may_try_again": actions.may_try_again,
    "nothing_stands": actions.nothing_stands,
    "seller_appealed": course.seller_appealed,
    "claimant_appealed": course.claimant_appealed,
    "no_other_open": course.no_other_open,
    "was_dispatched": course.something_was_sent,
    "restrict_reason": grounds.reason(ReasonKind.RESTRICT),
    "no_action_reason": grounds.reason(ReasonKind.NO_ACTION),
    "has_hold_reason": grounds.reason(ReasonKind.HOLD),
}
