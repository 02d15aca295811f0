"""How many requests one may make: one key or user, or one stranger's address."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from detector.access.principal import Principal
from detector.api.errors import RateLimited, Unauthorized

WINDOW_S = 60
MAX_CALLERS = 20_000
STRANGER_LIMIT = 600
"""Requests without a valid key from one address, in a window."""
IPV6_SITE_BITS = 64
"""What one customer of a provider holds at least; addresses in it cost nothing."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller may do still (draft-ietf-httpapi-ratelimit-headers).

    Attributes:
        name: of the policy.
        limit: requests in a window.
        remaining: requests that are left now.
        reset_s: until some come back.
    """

    name: str
    limit: int
    remaining: int
    reset_s: int

    @property
    def policy(self) -> str:
        """The header RateLimit-Policy."""
        return f'"{self.name}";q={self.limit};w={WINDOW_S}'

    @property
    def left(self) -> str:
        """The header RateLimit."""
        return f'"{self.name}";r={self.remaining};t={self.reset_s}'


@dataclass(slots=True)
class _Recent:
    """How many requests somebody made in each second of the window."""

    seconds: deque[list[int]] = field(default_factory=deque)
    total: int = 0


class RateLimit:
    """Counts requests in a moving window, to the second.

    No window of that length holds more than the limit. A caller takes 60 counts at
    most, however busy. For one thread: the event loop's.
    """

    def __init__(
        self,
        name: str,
        limit: int,
        *,
        max_callers: int = MAX_CALLERS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count.

        Args:
            name: of the policy.
            limit: requests in a window.
            max_callers: that are remembered; with more, who came longest ago begins
                anew.
            clock: tells seconds.
        """
        self._name = name
        self._limit = limit
        self._max_callers = max_callers
        self._clock = clock
        self._callers: OrderedDict[str, _Recent] = OrderedDict()

    def __len__(self) -> int:
        return len(self._callers)

    def take(self, caller: str) -> tuple[bool, Allowance]:
        """Count a request, unless there are too many already.

        Returns:
            Whether it may be made, and what is left.
        """
        now = int(self._clock())
        recent = self._callers.setdefault(caller, _Recent())
        self._callers.move_to_end(caller)
        if len(self._callers) > self._max_callers:
            self._callers.popitem(last=False)
        seconds = recent.seconds
        while seconds and seconds[0][0] <= now - WINDOW_S - 1:
            recent.total -= seconds.popleft()[1]
        may = recent.total < self._limit
        if may:
            recent.total += 1
            if not seconds or seconds[-1][0] != now:
                seconds.append([now, 0])
            seconds[-1][1] += 1
        reset_s = seconds[0][0] + WINDOW_S + 1 - now
        left = self._limit - recent.total
        return may, Allowance(self._name, self._limit, left, reset_s)


class PrincipalLimit:
    """Bounds what each key or user may ask; stands behind authentication.

    A brand's keys and users have one allowance: it can make as many keys as it likes.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = RateLimit("default", limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or raise RateLimited."""
        principal = scope["state"].get("principal") if "state" in scope else None
        if isinstance(principal, Principal):
            _take(scope, self._limit, principal.brand_id or principal.id)
        await self._app(scope, receive, send)


class StrangerLimit:
    """Bounds how often an address may show no valid key; stands before authentication.

    Who has a valid key passes always: behind a proxy, all share one address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._limit = RateLimit("strangers", STRANGER_LIMIT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it if it is refused."""
        try:
            await self._app(scope, receive, send)
        except Unauthorized:
            _take(scope, self._limit, site_of(scope))
            raise


def site_of(scope: Scope) -> str:
    """Name where a request comes from; one site may have many IPv6 addresses."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 4:
        return host
    return str(ipaddress.ip_network((address, IPV6_SITE_BITS), strict=False))


def _take(scope: Scope, limit: RateLimit, caller: str) -> None:
    may, allowance = limit.take(caller)
    scope["state"]["allowance"] = allowance
    if not may:
        raise RateLimited(
            f"More than {allowance.limit:,} requests in {WINDOW_S} s.",
            remedy="Send fewer, and the next one after the time in Retry-After.",
            retry_after_s=allowance.reset_s,
        )
