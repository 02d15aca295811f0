"""Which step the workers of a scan are in, looked at every few milliseconds."""

import sys
import threading
import time
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

STEPS = ("decode", "describe", "embed", "search", "verify", "read", "other")
"""What a scan spends its time on; `read` is what the store keeps of references."""

_ROOT = Path(__file__).parents[2].as_posix() + "/"
_INTERVAL_S = 0.002
_WORKERS = "detector"  # how `detector.workers` begins the names of its threads

# The first that fits, so the particular stands before the general; where it is None,
# who asks decides.
_STEP_OF_CODE = (
    ("detector/image", "decode"),
    ("models/local_features.py", "describe"),
    ("models/calibration.py", "search"),
    ("models/", "embed"),
    ("index/nearest_codes.py", None),
    ("index/", "search"),
    ("detector/matching/retrieve.py", "search"),
    ("detector/matching/describe.py", None),
    ("detector/matching/", "verify"),
    ("detector/catalogue/stored_descriptions.py", "read"),
)


def step_of(frame: FrameType | None) -> str:
    """Name the step that a stack is in: that of its innermost code with a step."""
    while frame is not None:
        path = frame.f_code.co_filename.removeprefix(_ROOT)
        fits = (step for start, step in _STEP_OF_CODE if path.startswith(start))
        step = next(fits, None)
        if step is not None:
            return step
        frame = frame.f_back
    return STEPS[-1]


class StepSampler:
    """Adds up, while it is entered, how long worker threads are in which step.

    Whatever others on the machine take slows all steps of one scan alike, which would
    not hold for steps that are timed one after the other. A look that comes late,
    because a step kept the interpreter to itself, counts for the whole delay.

    Attributes:
        seconds: of all workers together, by step.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STEPS, 0.0)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sampler", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        last = time.perf_counter()
        while not self._is_over.wait(_INTERVAL_S):
            workers = {
                thread.ident
                for thread in threading.enumerate()
                if thread.name.startswith(_WORKERS)
            }
            now = time.perf_counter()
            for number, frame in sys._current_frames().items():
                if number in workers:
                    self.seconds[step_of(frame)] += now - last
            last = now
