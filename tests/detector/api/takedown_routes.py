"""Routes of what goes out to brands, marketplaces and sellers, and what comes back."""

from detector.access.roles import Capability as C
from tests.detector.api.route_line import Line

CASE = "/v1/cases/{case_id}"
QUESTIONS = "/v1/brand-questions"

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
]
