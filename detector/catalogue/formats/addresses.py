"""Web addresses, and paths within a ZIP, as files spell them."""

import re
from urllib.parse import unquote, urlsplit

from detector.catalogue.formats.rows import MAX_LINK_CHARS

_DRIVE = re.compile(r"[A-Za-z]:")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def as_web_url(value: str) -> str | None:
    """Return a whole http(s) address, spaces escaped; None where it is none."""
    url = value.replace(" ", "%20")
    if len(url) > MAX_LINK_CHARS or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return url if is_web else None


def as_link(value: str) -> str | None:
    """Return a web address or a path within a ZIP; None where it is neither."""
    if _SCHEME.match(value):
        return as_web_url(value)
    path = value.replace("\\", "/")
    return path if is_inner_path(path) else None


def is_inner_path(value: str) -> bool:
    """Tell whether a path with forward slashes stays below where it starts."""
    if not 0 < len(value) <= MAX_LINK_CHARS or not value.isprintable():
        return False
    return not any(
        path.startswith("/")
        or _DRIVE.match(path)
        or "\\" in path
        or ".." in path.split("/")
        for path in (value, unquote(value))
    )
