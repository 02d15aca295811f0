"""What one part of the benchmark measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.benchmarks.rows import FigureRow, PartRow
from scripts.benchmarks.timing import Timing


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure is to reach.

    Attributes:
        bound: the least or the most that it may be.
        is_least: which of the two.
    """

    bound: float
    is_least: bool

    def is_met(self, value: float) -> bool:
        """Tell on which side of the bound a value is; the bound itself is met."""
        return value >= self.bound if self.is_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'at least' if self.is_least else 'at most'} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that is no time of many like items: a ratio, a size, a recall.

    Attributes:
        name: what it is of.
        value: the number.
        unit: such as `MB` or `times`.
        goal: that it is to reach, if any.
    """

    name: str
    value: float
    unit: str
    goal: Goal | None = None

    def as_row(self) -> FigureRow:
        """Name everything."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "goal": None if self.goal is None else str(self.goal),
            "is_met": None if self.goal is None else self.goal.is_met(self.value),
        }


@dataclass(frozen=True, slots=True)
class Part:
    """Everything that one part measured.

    Attributes:
        name: of the part.
        timings: the most telling first.
        figures: what else there is to say in numbers.
        notes: how the numbers came about, and what is missing and why.
    """

    name: str
    timings: Sequence[Timing] = ()
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()

    def as_row(self, *, took_s: float) -> PartRow:
        """Name everything, and the time that measuring it took."""
        return {
            "name": self.name,
            "took_s": round(took_s),
            "timings": [timing.as_row() for timing in self.timings],
            "figures": [figure.as_row() for figure in self.figures],
            "notes": [*self.notes],
        }


def times_as_fast(ours: Timing, other: Timing, *, goal: Goal | None = None) -> Figure:
    """Compare by CPU time: the machine may be busier while one of the two is timed."""
    name = f"{ours.name}, against {other.name}, by CPU time"
    return Figure(name, other.cpu_ms / ours.cpu_ms, "times as fast", goal)
