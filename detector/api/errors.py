"""What only a request can do wrong; everything else is in `detector.errors`.

DetectorError
├── MalformedBody          400  the body is not what its Content-Type says
├── InvalidIdempotencyKey  400
├── Unauthorized           401  no valid key
├── Forbidden              403  the role does not allow it
├── NotFound               404  no such route
├── MethodNotAllowed       405
├── BodyTooSlow            408  the body did not arrive in time
├── IdempotencyInProgress  409  the first request with that key is worked on
├── AnswerNotKept          409  it was done already, and cannot be answered again
│   └── SecretNotKept      409  … as the answer held a secret
├── BodyTooLarge           413
├── UnsupportedMediaType   415
├── InvalidRequest         422  a parameter or field that does not fit
├── IdempotencyKeyReused   422  the key came with another request before
├── RateLimited            429  more requests than one may make
└── Overloaded             503  too many requests are waiting already
"""

from collections.abc import Sequence
from dataclasses import dataclass

from detector.errors import DetectorError, NotNow


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a body, or with one parameter.

    Attributes:
        detail: what is wrong.
        pointer: JSON pointer into the body, as a URI fragment; None for a parameter.
        parameter: its name, in the query, the path or a header; None for a field.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None


class MalformedBody(DetectorError):
    """The body is cut short, or not what its Content-Type says."""

    status = 400
    code = "malformed_body"


class InvalidIdempotencyKey(DetectorError):
    """The Idempotency-Key is none that could be told from others."""

    status = 400
    code = "invalid_idempotency_key"


class Unauthorized(DetectorError):
    """The request carries no key that is valid now."""

    status = 401
    code = "unauthorized"


class Forbidden(DetectorError):
    """The caller is known, and may not do that."""

    status = 403
    code = "forbidden"


class NotFound(DetectorError):
    """There is nothing at that path."""

    status = 404
    code = "not_found"


class MethodNotAllowed(DetectorError):
    """There is something at that path, and it does not take that method."""

    status = 405
    code = "method_not_allowed"


class BodyTooSlow(DetectorError):
    """The body did not arrive in time."""

    status = 408
    code = "body_too_slow"


class IdempotencyInProgress(DetectorError):
    """The first request with that Idempotency-Key has no answer yet."""

    status = 409
    code = "idempotency_in_progress"


class AnswerNotKept(DetectorError):
    """It was done already, and what was answered then was not kept."""

    status = 409
    code = "idempotency_answer_not_kept"


class SecretNotKept(AnswerNotKept):
    """It was done already, and the secret that was answered is not kept."""

    code = "idempotency_secret_not_kept"


class BodyTooLarge(DetectorError):
    """The body is, or is declared to be, over the limit."""

    status = 413
    code = "body_too_large"


class UnsupportedMediaType(DetectorError):
    """The route does not take bodies of that Content-Type."""

    status = 415
    code = "unsupported_media_type"


class InvalidRequest(DetectorError):
    """A parameter or a field of the request does not fit."""

    status = 422
    code = "invalid_request"

    def __init__(
        self, message: str, *, remedy: str, fields: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.fields = fields


class IdempotencyKeyReused(DetectorError):
    """The Idempotency-Key came with another request before."""

    status = 422
    code = "idempotency_key_reused"


class RateLimited(NotNow):
    """More requests than one may make in a while."""

    code = "rate_limited"


class Overloaded(DetectorError):
    """As many requests as may wait are waiting already."""

    status = 503
    code = "overloaded"
