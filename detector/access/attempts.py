"""How often somebody may try a password."""

import time
from hashlib import sha256

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from detector.access.users import email_key
from detector.errors import TooManyAttempts

PER_ACCOUNT = RateLimitItemPerMinute(10)
PER_ADDRESS = RateLimitItemPerMinute(60)


class Attempts:
    """Counts in the memory of this process; starting anew forgets."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, account: str, address: str) -> None:
        """Count an attempt.

        Args:
            account: the e-mail address, known or not.
            address: of the client on the network.

        Raises:
            TooManyAttempts: for that account, or from that client.
        """
        # The client first, so that one who is refused locks nobody else out.
        self._take(PER_ADDRESS, "address", address)
        # Hashed, as an account can be anything that somebody types.
        name = sha256(email_key(account).encode()).hexdigest()
        self._take(PER_ACCOUNT, "account", name)

    def _take(self, limit: RateLimitItem, kind: str, name: str) -> None:
        if not self._limiter.hit(limit, kind, name):
            stats = self._limiter.get_window_stats(limit, kind, name)
            wait_s = max(1, int(stats.reset_time - time.time()) + 1)
            raise TooManyAttempts(
                f"There were too many attempts to log in: {limit.amount} a minute "
                f"are allowed for one {kind}.",
                remedy=f"Try again in {wait_s} s.",
                retry_after_s=wait_s,
            )
