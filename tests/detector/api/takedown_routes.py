"""Routes of what goes out to brands, marketplaces and sellers, and what comes back."""

from detector.access.roles import Capability as C
from tests.detector.api.route_line import Line

CASE = "/v1/cases/{case_id}"
QUESTIONS = "/v1/brand-questions"
NOTICES = "/v1/notices"
NOTICE = {
    "marketplace_id": "shop.example",
    "reason_code": "counterfeit_mark",
    "explanation": "It is none of ours.",
    "items": [{"listing_id": "4711"}],
    "notifier": {"name": "Ada", "email": "ada@acme.example"},
}
TAKEDOWN = [
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
]
