"""The cookie of somebody's browser, which holds the token of their session.

The pages of the console live on the same origin as the API, so that scripts, pictures
and downloads of theirs can use it directly. A write has to show, beside the cookie, a
word that only our own pages know (OWASP, Cross-Site Request Forgery Prevention: a
token bound to the session).
"""

import hmac
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from detector.api.errors import Forbidden

SESSION_COOKIE = "detector_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def session_token(headers: Headers) -> str | None:
    """Read the session's token from the cookie; None without one."""
    return cookie_parser(headers.get("cookie", "")).get(SESSION_COOKIE) or None


def csrf_token(token: str) -> str:
    """Make the word that writes of a session's pages show."""
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


def require_our_page(headers: Headers, token: str, *, shown: str | None = None) -> None:
    """See to it that a write was asked for on a page of ours.

    Args:
        headers: of the request.
        token: of the session that its cookie names.
        shown: the word, where a form has it in place of the header.

    Raises:
        Forbidden: another site asked for it, or nobody knows who.
    """
    site = headers.get("sec-fetch-site", "same-origin")
    given = shown or headers.get(CSRF_HEADER, "")
    is_known = hmac.compare_digest(given.encode(), csrf_token(token).encode())
    if not is_known or site not in ("same-origin", "none"):
        raise Forbidden(
            "The request does not come from a page of this console.",
            remedy="Load the page again and repeat what you did there.",
        )
