"""Routes of what goes out to brands, marketplaces and sellers, and what comes back."""

from detector.access.roles import Capability as C
from tests.detector.api.route_line import Line

CASE = "/v1/cases/{case_id}"
QUESTIONS = "/v1/brand-questions"
NOTICES = "/v1/notices"
HOLDS = "/v1/legal-holds"
ERASURES = "/v1/erasures"
SELLER = {
    "subject": "seller",
    "subject_id": "shop.example/seller-8",
    "reason": "They asked for it.",
}
NOTICE = {
    "marketplace_id": "shop.example",
    "reason_code": "counterfeit_mark",
    "explanation": "It is none of ours.",
    "items": [{"listing_id": "4711"}],
    "notifier": {"name": "Ada", "email": "ada@acme.example"},
}
APPEAL = "/v1/appeals/{appeal_id}"
COMPLAINT = {"kind": "seller_complaint", "grounds": "other", "explanation": "Wrong."}
HELD = {"lease_token": "none"}

ACTIONS = "/v1/actions"
EXPORTS = "/v1/statement-exports"
CALIBRATIONS = "/v1/calibrations"
RECORDS = "/v1/reference-records"
RECORD = RECORDS + "/{learned_reference_id}"
TAKEDOWN = [
    Line("GET", ACTIONS, C.ACTIONS_READ),
    Line("GET", ACTIONS + "/{action_id}", C.ACTIONS_READ),
    Line(
        "POST",
        ACTIONS + "/{action_id}/acknowledgements",
        C.ACTIONS_ACK,
        {"outcome": "applied"},
    ),
    Line("GET", "/v1/statements", C.ACTIONS_READ),
    Line("GET", "/v1/statements/{statement_id}", C.ACTIONS_READ),
    Line("POST", EXPORTS, C.ACTIONS_ACK, {}),
    Line("GET", EXPORTS + "/{export_id}", C.ACTIONS_READ),
    Line("POST", EXPORTS + "/{export_id}/response", C.ACTIONS_ACK, {"status": 201}),
    Line(
        "POST",
        CASE + "/questions",
        C.CASES_DECIDE,
        {"template": "is_it_yours", "lease_token": "none"},
    ),
    Line("GET", QUESTIONS, C.CASES_READ),
    Line("GET", QUESTIONS + "/{question_id}", C.CASES_READ),
    Line("GET", QUESTIONS + "/{question_id}/evidence", C.CASES_READ),
    Line(
        "POST",
        QUESTIONS + "/{question_id}/answer",
        C.QUESTIONS_ANSWER,
        {"answer": "cannot_tell"},
    ),
    Line("POST", NOTICES, C.NOTICES_WRITE, NOTICE),
    Line("POST", NOTICES + "/csv", C.NOTICES_WRITE, b"listing_id\n4711\n", "text/csv"),
    Line("GET", NOTICES, C.NOTICES_READ),
    Line("GET", NOTICES + "/{notice_id}", C.NOTICES_READ),
    Line("PUT", NOTICES + "/{notice_id}", C.NOTICES_WRITE, NOTICE),
    Line("POST", NOTICES + "/{notice_id}/withdraw", C.NOTICES_WRITE, {}),
    Line("GET", "/v1/case-counts", C.CASES_READ),
    Line("POST", CASE + "/appeals", C.APPEALS_WRITE, COMPLAINT),
    Line("GET", "/v1/appeals", C.APPEALS_READ),
    Line("GET", APPEAL, C.APPEALS_READ),
    Line("PUT", APPEAL, C.APPEALS_WRITE, COMPLAINT),
    Line("POST", APPEAL + "/forward", C.APPEALS_DECIDE),
    Line(
        "POST",
        APPEAL + "/claimant-answer",
        C.APPEALS_WRITE,
        {"answer": "withdraws"},
    ),
    Line("POST", APPEAL + "/take", C.APPEALS_DECIDE),
    Line("POST", APPEAL + "/give-back", C.APPEALS_DECIDE, HELD),
    Line(
        "POST",
        APPEAL + "/decision",
        C.APPEALS_DECIDE,
        {**HELD, "outcome": "upheld", "answer": "It was right."},
    ),
    Line("POST", APPEAL + "/withdraw", C.APPEALS_WRITE),
    Line("GET", CASE + "/evidence.zip", C.AUDIT_READ),
    Line("GET", "/v1/decision-scores", C.AUDIT_READ),
    Line("GET", CASE + "/pictures", C.CASES_READ),
    Line("GET", CASE + "/pictures/{sha256}", C.CASES_READ),
    Line("GET", CASE + "/pictures/{sha256}/overlay", C.CASES_READ),
    Line("POST", HOLDS, C.HOLDS_MANAGE, SELLER),
    Line("GET", HOLDS, C.HOLDS_MANAGE),
    Line("GET", HOLDS + "/{hold_id}", C.HOLDS_MANAGE),
    Line("POST", HOLDS + "/{hold_id}/lift", C.HOLDS_MANAGE),
    Line("POST", ERASURES, C.DATA_ERASE, SELLER),
    Line("GET", ERASURES, C.DATA_ERASE),
    Line("GET", ERASURES + "/{erasure_id}", C.DATA_ERASE),
    Line("POST", ERASURES + "/{erasure_id}/approve", C.DATA_ERASE),
    Line("POST", ERASURES + "/{erasure_id}/reject", C.DATA_ERASE),
    Line("GET", "/v1/brands/{brand_id}/standing", C.STANDING_READ),
    Line("GET", "/v1/standing", C.STANDING_READ),
    Line("GET", "/v1/metrics-report", C.AUDIT_READ),
    Line("GET", "/v1/metrics-report.csv", C.AUDIT_READ),
    Line("GET", CALIBRATIONS, C.CALIBRATION_MANAGE),
    Line("POST", CALIBRATIONS, C.CALIBRATION_MANAGE, {"method": "sigmoid"}),
    Line("GET", CALIBRATIONS + "/{calibration_id}", C.CALIBRATION_MANAGE),
    Line("POST", CALIBRATIONS + "/{calibration_id}/apply", C.CALIBRATION_MANAGE),
    Line("POST", CASE + "/known-fake", C.CASES_LEAD, {"position": 0}),
    Line("GET", RECORDS, C.CASES_LEAD),
    Line("POST", RECORD + "/quarantine", C.CASES_LEAD, {"reason": "A plain box."}),
    Line("POST", RECORD + "/release", C.CASES_LEAD),
]
