"""How long things take: per item, in wall-clock time and in CPU time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from scripts.benchmarks.rows import TimingRow

Item = TypeVar("Item")
NUM_WARM_UP = 2


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a number of like items took.

    Attributes:
        step: what the items go through, such as `decode`.
        name: what was done to them.
        unit: what one item is.
        num: how many there were.
        wall_s: time on the clock for all of them.
        cpu_s: of the whole process meanwhile; more than `wall_s` if several threads
            worked, less if others had the processor.
        latencies_s: of each item; empty where items were worked on side by side.
    """

    step: str
    name: str
    unit: str
    num: int
    wall_s: float
    cpu_s: float
    latencies_s: Sequence[float] = ()

    @property
    def mean_ms(self) -> float:
        """Time on the clock for one item."""
        return 1e3 * self.wall_s / self.num

    @property
    def cpu_ms(self) -> float:
        """CPU time for one item."""
        return 1e3 * self.cpu_s / self.num

    @property
    def per_second(self) -> float:
        """Items a second."""
        return self.num / self.wall_s

    @property
    def median_ms(self) -> float | None:
        """Of the items' latencies, if there are any."""
        return 1e3 * float(np.median(self.latencies_s)) if self.latencies_s else None

    @property
    def p95_ms(self) -> float | None:
        """What 95 percent of the items stayed under, if each was timed."""
        if not self.latencies_s:
            return None
        return 1e3 * float(np.quantile(self.latencies_s, 0.95))

    def as_row(self) -> TimingRow:
        """Name every figure, with its unit."""
        return {
            "step": self.step,
            "name": self.name,
            "unit": self.unit,
            "num": self.num,
            "median_ms": self.median_ms,
            "p95_ms": self.p95_ms,
            "mean_ms": self.mean_ms,
            "cpu_ms": self.cpu_ms,
            "per_second": self.per_second,
        }


def joined(timings: Sequence[Timing]) -> Timing:
    """Count the same work, done several times, as one."""
    return replace(
        timings[0],
        num=sum(each.num for each in timings),
        wall_s=sum(each.wall_s for each in timings),
        cpu_s=sum(each.cpu_s for each in timings),
        latencies_s=[s for each in timings for s in each.latencies_s],
    )


def measure(
    step: str,
    name: str,
    work: Callable[[Item], object],
    items: Sequence[Item],
    *,
    unit: str = "picture",
) -> Timing:
    """Time a function on one item after the other, after a warm-up on the first."""
    for item in items[:NUM_WARM_UP]:
        work(item)
    seconds = []
    cpu_start = time.process_time()
    for item in items:
        start = time.perf_counter()
        work(item)
        seconds.append(time.perf_counter() - start)
    cpu_s = time.process_time() - cpu_start
    return Timing(step, name, unit, len(items), sum(seconds), cpu_s, seconds)
