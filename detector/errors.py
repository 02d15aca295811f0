"""Everything that can go wrong for a user, each with a status, a code and a remedy.

DetectorError
├── UnreadableImage      422  the bytes are no picture that we can read
├── ImageTooLarge        413  over the byte or pixel limit
├── UnknownBrand         404
├── UnknownReference     404
├── UnknownPicture       422  a catalogue file names a picture that is not there
├── Unknown              404  no such product, import, seller, right or check
├── Conflict             409  what is there already stands against it
│   ├── Refused          409  the rules of a case do not allow it as it stands
│   ├── StaleVersion     409  it was changed since the caller looked
│   └── LeaseHeld        409  somebody else works on it, or no longer the caller
├── WrongRole            403  it takes somebody else to do that
├── InvalidInput         422  a file, table or argument that we cannot use
│   ├── InvalidCursor    422  a page of a list begins nowhere there
│   ├── WeakPassword     422  others would guess it
│   └── WrongPassword    422  the old password is another one
├── LoginFailed          401  address and password do not fit together
├── Escalation           403  it would give more than the giver has
├── NotNow               429  what would be done at another time
│   ├── TooManyAttempts  429  to log in
│   └── QueueFull        429  as many listings as may wait are waiting
├── FetchFailed          422  no picture could be fetched from a URL
│   └── FetchRefused     422  … and none will be: the host is not allowed
├── Busy                 409  another process holds what we need
├── StoreFault           503  the data folder or its database cannot be used
└── NotReady             503  index or model is not loaded
"""

from typing import ClassVar


class DetectorError(Exception):
    """Base of the tree.

    Attributes:
        status: the HTTP status that fits; the one trace of HTTP outside the API.
        code: stable, lower-case, for programs.
        remedy: what the user can do about it.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.args[0]} {self.remedy}"


class UnreadableImage(DetectorError):
    """The bytes are no picture, or a damaged one, or of a format we do not read."""

    status = 422
    code = "unreadable_image"


class ImageTooLarge(DetectorError):
    """The picture is over the byte or the pixel limit."""

    status = 413
    code = "image_too_large"


class UnknownBrand(DetectorError):
    """No brand goes by that name."""

    status = 404
    code = "unknown_brand"


class UnknownReference(DetectorError):
    """No reference has that id."""

    status = 404
    code = "unknown_reference"


class UnknownPicture(DetectorError):
    """A catalogue file names a picture that is nowhere to be found."""

    status = 422
    code = "unknown_picture"


class Unknown(DetectorError):
    """Nothing has that id, or nothing that the caller may know of."""

    status = 404
    code = "unknown_id"


class Conflict(DetectorError):
    """What is there already stands against the change."""

    status = 409
    code = "conflict"


class Refused(Conflict):
    """The rules of a case do not allow something as things stand."""

    code = "refused"


class StaleVersion(Conflict):
    """Something was changed since the caller looked at it."""

    code = "stale_version"


class LeaseHeld(Conflict):
    """Somebody else works on a case, or the caller no longer does."""

    code = "lease_held"


class WrongRole(DetectorError):
    """It takes somebody with another role to do that."""

    status = 403
    code = "wrong_role"


class InvalidInput(DetectorError):
    """A file, a table or an argument cannot be used as it is."""

    status = 422
    code = "invalid_input"


class InvalidCursor(InvalidInput):
    """A cursor that the list has not given out."""

    code = "invalid_cursor"


class WeakPassword(InvalidInput):
    """A password that others would guess."""

    code = "weak_password"


class WrongPassword(InvalidInput):
    """The old password, which a change asks for, is another one."""

    code = "wrong_password"


class LoginFailed(DetectorError):
    """No active user has that address and that password."""

    status = 401
    code = "login_failed"


class Escalation(DetectorError):
    """Somebody would give, or take over, rights that they do not have."""

    status = 403
    code = "escalation"


class NotNow(DetectorError):
    """What would be done at another time; `retry_after_s` says when."""

    status = 429
    code = "not_now"

    def __init__(self, message: str, *, remedy: str, retry_after_s: int) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class TooManyAttempts(NotNow):
    """There were too many attempts to log in lately."""

    code = "too_many_attempts"


class QueueFull(NotNow):
    """As many listings as may wait to be scanned are waiting already."""

    code = "queue_full"


class FetchFailed(DetectorError):
    """No picture could be fetched from a URL."""

    status = 422
    code = "image_fetch_failed"


class FetchRefused(FetchFailed):
    """A URL leads to a host that is not allowed, or into a private network."""

    code = "image_host_not_allowed"


class Busy(DetectorError):
    """Another process holds what this one needs."""

    status = 409
    code = "busy"


class StoreFault(DetectorError):
    """The data folder or its database cannot be read or written."""

    status = 503
    code = "store_fault"


class NotReady(DetectorError):
    """The index or a model is not loaded."""

    status = 503
    code = "not_ready"
