"""What only a request can do wrong; everything else is in `detector.errors`.

DetectorError
├── MalformedBody          400  the body is not what its Content-Type says
├── Unauthorized           401  no valid key
├── Forbidden              403  the role does not allow it
├── NotFound               404  no such route
├── MethodNotAllowed       405
├── BodyTooSlow            408  the body did not arrive in time
├── BodyTooLarge           413
├── UnsupportedMediaType   415
├── InvalidRequest         422  a parameter or field that does not fit
└── Overloaded             503  too many requests are waiting already
"""

from detector.errors import DetectorError


class MalformedBody(DetectorError):
    """The body is cut short, or not what its Content-Type says."""

    status = 400
    code = "malformed_body"


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


class Overloaded(DetectorError):
    """As many requests as may wait are waiting already."""

    status = 503
    code = "overloaded"
