"""Heavy work beside the event loop, with a bound on how much may wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from detector.api.errors import Overloaded

Result = TypeVar("Result")


class WorkPool:
    """Threads, one per core, as decoding and comparing release the interpreter.

    A place is taken before a body is read, so that memory is bounded too.
    """

    def __init__(self, *, threads: int, max_requests: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="api")
        self._max_requests = max_requests
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
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work)

    def close(self) -> None:
        """Finish what has begun."""
        self._threads.shutdown(wait=True, cancel_futures=True)
