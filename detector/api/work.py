"""Heavy work beside the event loop, with a bound on how much may wait for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from detector.api.errors import Overloaded
from detector.matching.steps import Observe, Step, observe_nothing

Result = TypeVar("Result")


class WorkPool:
    """Threads, one per core, as decoding and comparing release the interpreter.

    A place is taken before a body is read, so that memory is bounded too.
    """

    def __init__(
        self, *, threads: int, max_requests: int, observe: Observe = observe_nothing
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="api")
        self._max_requests = max_requests
        self._observe = observe
        self.num_requests = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Take one of the places.

        Raises:
            Overloaded: all are taken.
        """
        if self.num_requests >= self._max_requests:
            raise Overloaded(
                f"{self._max_requests} requests are being worked on already.",
                remedy="Send the request again after the time in Retry-After.",
            )
        self.num_requests += 1
        try:
            yield
        finally:
            self.num_requests -= 1

    async def run(self, work: Callable[[], Result]) -> Result:
        """Do something in one of the threads."""
        asked_at = time.perf_counter()

        def begin() -> Result:
            self._observe(Step.WAIT, time.perf_counter() - asked_at)
            return work()

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, begin)

    def close(self) -> None:
        """Finish what has begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)
