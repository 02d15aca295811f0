"""How long the steps of a match, or of a scan, take, for whoever wants to know."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class Step(StrEnum):
    """A part of what a match takes, or the scan of a batch of listings."""

    WAIT = "wait"
    FETCH = "fetch"
    LOOK = "look"
    DECODE = "decode"
    RETRIEVE = "retrieve"
    VERIFY = "verify"
    SCORE = "score"
    EVIDENCE = "evidence"
    STORE = "store"


Observe = Callable[[Step, float], None]
"""Told a step and the seconds it took; called from any thread."""


def observe_nothing(step: Step, seconds: float) -> None:
    """Take no notice."""


@contextmanager
def timed(observe: Observe, step: Step) -> Iterator[None]:
    """Tell how long a block took, unless it failed."""
    started_at = time.perf_counter()
    yield
    observe(step, time.perf_counter() - started_at)
