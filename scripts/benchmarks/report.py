"""The figures of a benchmark, as JSON and as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scripts.benchmarks.gate import GateSize, describe_gate
from scripts.benchmarks.scans import WholeScan
from scripts.benchmarks.timing import Timing


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our way against another way to do the same."""

    ours: Timing
    other: Timing

    @property
    def times_as_fast(self) -> float:
        """By CPU time: the machine may be busier while one of the two is timed."""
        return self.other.cpu_ms / self.ours.cpu_ms


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run measured.

    Attributes:
        conditions: groups of facts, by name: machine, versions, settings.
        timings: of the steps on their own, and of what one would use instead.
        scans: whole ones; the first is the one that the summary is about.
        ratios: against what one would use instead.
        gate: with points voting and without, by size of the catalogue.
    """

    conditions: Mapping[str, Mapping[str, str | int | float]]
    timings: Sequence[Timing]
    scans: Sequence[WholeScan]
    ratios: Sequence[Ratio]
    gate: Sequence[GateSize] = ()

    def as_json(self) -> dict[str, object]:
        """Name every figure, with its unit."""
        return {
            **self.conditions,
            "timings": [timing.as_json() for timing in self.timings],
            "scans": [scan.as_json() for scan in self.scans],
            "ratios": [
                {
                    "ours": f"{ratio.ours.step}: {ratio.ours.name}",
                    "other": ratio.other.name,
                    "times_as_fast": ratio.times_as_fast,
                }
                for ratio in self.ratios
            ],
            "gate": [size.as_json() for size in self.gate],
        }

    def as_text(self) -> str:
        """Write everything for a terminal."""
        lines = []
        for title, facts in self.conditions.items():
            listed = " · ".join(f"{name} {value}" for name, value in facts.items())
            lines.append(f"{title}: {listed}")
        lines += [
            "The machine is shared with other processes: the clock runs while they "
            "compute, CPU time hardly does.",
            "",
            *_table([*self.timings, *(scan.timing for scan in self.scans)]),
            "",
            *(f"{scan.timing.name}: {scan.counts.summary()}" for scan in self.scans),
            "",
            *(
                f"{ratio.ours.step}, {ratio.ours.name}: {ratio.times_as_fast:.1f} "
                f"times as fast as {ratio.other.name}, by CPU time"
                for ratio in self.ratios
            ),
            *_summary(self.scans[0]),
            *describe_gate(self.gate),
        ]
        return "\n".join(lines)


def _summary(scan: WholeScan) -> list[str]:
    """Say what one scan spent its time on."""
    whole_ms = scan.timing.mean_ms
    steps = [*scan.shares.items(), ("whole scan", 1.0)]
    return [
        "",
        f"Where the time goes ({scan.timing.name}):",
        f"  {'step':<12}{'share':>7}{'ms a picture':>14}{'images/s':>10}",
        *(
            f"  {step:<12}{share:7.1%}{share * whole_ms:14.1f}"
            f"{_per_second(share * whole_ms):>10}"
            for step, share in steps
        ),
        f"Neither decode nor embed: {scan.share_of_the_rest:.1%} of the scan.",
    ]


def _table(timings: Sequence[Timing]) -> list[str]:
    """Lay timings out in columns."""
    header = (
        f"{'step':<9}{'what':<58}{'n':>5}{'median ms':>11}{'p95 ms':>9}"
        f"{'CPU ms':>9}{'a second':>10}"
    )
    return [
        header,
        "-" * len(header),
        *(
            f"{each.step:<9}{each.name:<58}{each.num:5}{_ms(each.median_ms):>11}"
            f"{_ms(each.p95_ms):>9}{_ms(each.cpu_ms):>9}{each.per_second:10.1f}"
            for each in timings
        ),
    ]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _per_second(ms: float) -> str:
    return f"{1e3 / ms:.1f}" if ms else "-"
