"""Reference pictures fetched by URL, from hosts that an administrator allows."""

import re
import ssl
import time

import httpcore2

from detector.errors import FetchFailed, FetchRefused
from detector.network.checked_network import CheckedNetwork, Resolver, look_up
from detector.network.hosts import AllowedHosts
from detector.network.target import Target, is_address

MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEPT_CONNECTIONS = 8
KEPT_S = 2.0  # below what servers keep, so that none closes as we send
SHOWN_LENGTH = 120

TIMEOUT_S = 20.0


class ImageFetcher:
    """Fetches files over HTTP; one serves many threads.

    A name must lead to public addresses only; an address that an administrator
    wrote may be any. Whatever fails, no word of what a server answered is told,
    save the status: it may be one that the asker cannot see.

    Args:
        hosts: where pictures may come from.
        max_bytes: largest file accepted.
        timeout_s: longest time for one picture, its redirects included.
        resolve: looks host names up.
        network: connects to addresses.
        tls: which certificates to trust; the system's by default.
    """

    def __init__(
        self,
        hosts: AllowedHosts,
        *,
        max_bytes: int,
        timeout_s: float = TIMEOUT_S,
        resolve: Resolver = look_up,
        network: httpcore2.NetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = hosts
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._network = CheckedNetwork(
            resolve,
            network or httpcore2.SyncBackend(),
            # An administrator wrote it, knowing where it leads.
            trusts=lambda host, _: is_address(host),
        )
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls or httpcore2.default_ssl_context(),
            max_connections=None,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_S,
            network_backend=self._network,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        self._network.close()

    def fetch(self, url: str) -> bytes:
        """Fetch what a URL names.

        Raises:
            FetchRefused: its host is not allowed, or not public.
            FetchFailed: there is no file, or none within the limits.
        """
        try:
            return self._follow(url, time.monotonic() + self._timeout_s)
        except FetchFailed as error:
            failure = type(error)
            reason, remedy = error.args[0], error.remedy
        except httpcore2.TimeoutException:
            failure = FetchFailed
            reason = f"it took longer than {self._timeout_s:g} s."
            remedy = "Try again later."
        except (httpcore2.NetworkError, httpcore2.ProtocolError):
            failure = FetchFailed
            reason = "its server broke off, or answered with what is no HTTP."
            remedy = "Try again later."
        # Outside of `except`: the cause may quote what a server sent.
        raise failure(
            f"{_shown(url)}: {reason}", remedy=f"{remedy} Or upload the picture."
        )

    def _follow(self, url: str, deadline: float) -> bytes:
        """Ask for a URL, then for what it redirects to."""
        target = Target.parse(url)
        for _ in range(1 + MAX_REDIRECTS):
            if not self._hosts.admits(target.host, target.port):
                raise FetchRefused(
                    "it leads to a host or port that is not allowed.",
                    remedy="Have an administrator allow the host.",
                )
            answer = self._ask(target, deadline)
            if isinstance(answer, bytes):
                return answer
            target = answer
        raise FetchFailed(
            f"it redirects more than {MAX_REDIRECTS} times.", remedy="Correct the URL."
        )

    def _ask(self, target: Target, deadline: float) -> bytes | Target:
        """Send one request; return the file, or the target of a redirect."""
        headers: dict[str | bytes, str | bytes] = {
            "Host": target.host_header,
            "User-Agent": "counterfeit-detector",
            "Accept": "image/*",
            "Accept-Encoding": "identity",
        }
        limits = {"timeout": dict.fromkeys(("connect", "read", "write"), deadline)}
        with self._pool.stream(
            "GET", target.request_url, headers=headers, extensions=limits
        ) as response:
            if response.status in REDIRECTS:
                return _next_target(response, target)
            if response.status != 200:
                raise FetchFailed(
                    f"its server answered with status {response.status}.",
                    remedy="Open the URL in a browser without being signed in, and "
                    "correct it.",
                )
            return self._read(response)

    def _read(self, response: httpcore2.Response) -> bytes:
        """Read a body within the size limit."""
        encodings = _values(response, b"content-encoding")
        if any(encoding not in (b"", b"identity") for encoding in encodings):
            raise FetchFailed(
                "its server compresses what was asked for uncompressed.",
                remedy="Correct the URL.",
            )
        lengths = [int(length) for length in _values(response, b"content-length")]
        body = bytearray()
        if max(lengths, default=0) <= self._max_bytes:
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > self._max_bytes:
                    break
            else:
                return bytes(body)
        raise FetchFailed(
            f"it is larger than {self._max_bytes:,} bytes.",
            remedy="Give the URL of a smaller picture.",
        )


def _values(response: httpcore2.Response, name: bytes) -> list[bytes]:
    """List a header's values, in lower case."""
    return [v.strip().lower() for key, v in response.headers if key.lower() == name]


def _next_target(response: httpcore2.Response, target: Target) -> Target:
    """Read where a redirect leads."""
    places = [v for key, v in response.headers if key.lower() == b"location"]
    try:
        if len(places) != 1:
            raise ValueError("no place, or several")
        following = Target.parse(places[0].decode(), base=target)
    except (ValueError, FetchFailed):
        raise FetchFailed(
            "it redirects to no usable URL.", remedy="Correct the URL."
        ) from None
    if target.url.scheme == "https" and following.url.scheme == "http":
        raise FetchFailed("it redirects from https to http.", remedy="Correct the URL.")
    return following


def _shown(url: str) -> str:
    """Write a URL for a message: no password, no signature, no control characters."""
    bare = re.sub(r"//[^/]*@", "//…@", re.split(r"[?#]", url, maxsplit=1)[0])
    return repr(bare if len(bare) <= SHOWN_LENGTH else f"{bare[:SHOWN_LENGTH]}…")
