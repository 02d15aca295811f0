"""A thread that does what has to be done every so often."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from detector.errors import DetectorError

log = logging.getLogger(__name__)

TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do every so often, for the first time at once.

    Attributes:
        every_s: from one beginning to the next.
        do: the work; what fails is tried again the next time.
    """

    every_s: float
    do: Callable[[], object]


class Chores:
    """Does chores in a thread of its own, one after the other.

    Args:
        name: of the thread.
        chores: in the order in which to do those that are due.
    """

    def __init__(self, name: str, *chores: Chore) -> None:
        self._chores = chores
        self._due_at = [0.0] * len(chores)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def should_stop(self) -> bool:
        """Say whether a chore that takes long is to come to an end."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End, after what is being done."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(TICK_S):
            for number, chore in enumerate(self._chores):
                if time.monotonic() >= self._due_at[number] and not self.should_stop():
                    self._due_at[number] = time.monotonic() + chore.every_s
                    self._do(chore)

    def _do(self, chore: Chore) -> None:
        try:
            chore.do()
        except DetectorError as error:
            log.warning(str(error))
        except Exception:
            # The thread must live on: without it nothing is done any more.
            log.exception("unexpected error in %s", self._thread.name)
