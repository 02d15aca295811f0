"""The figures of a run as its JSON file has them."""

from typing import TypedDict

Facts = dict[str, str | int | float]


class TimingRow(TypedDict):
    """How long a number of like items took: see `Timing`."""

    step: str
    name: str
    unit: str
    num: int
    median_ms: float | None
    p95_ms: float | None
    mean_ms: float
    cpu_ms: float
    per_second: float


class FigureRow(TypedDict):
    """Another number: see `Figure`."""

    name: str
    value: float
    unit: str
    goal: str | None
    is_met: bool | None


class PartRow(TypedDict):
    """What one part measured: see `Part`."""

    name: str
    took_s: int
    timings: list[TimingRow]
    figures: list[FigureRow]
    notes: list[str]


class Run(TypedDict):
    """Everything that one run measured, and what it ran on."""

    machine: Facts
    versions: Facts
    settings: Facts
    run: Facts
    parts: list[PartRow]
