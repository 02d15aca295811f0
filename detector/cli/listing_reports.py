"""What became of a file of listing events, for people and for programs."""

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detector.cli.output import results

if TYPE_CHECKING:
    from detector.listings.intake.file_batches import Tally
    from detector.listings.intake.listing_file import ListingProblem

MAX_PROBLEMS_SHOWN = 20
MAX_PROBLEMS_TOLD = 10_000
"""So many go into a report; a file of another kind could have one in each row."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file.

    Attributes:
        file: its name.
        marketplace: whose listings they are.
        started_at: when it was begun.
        num_rows: of the file, blank ones left out.
        counts: `accepted`, `duplicate`, `stale`, `invalid` → rows.
        problems: of its rows, warnings included.
        error: why it could not be read as a whole.
    """

    file: str
    marketplace: str
    started_at: datetime
    num_rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    problems: "tuple[ListingProblem, ...]" = ()
    error: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether every row was one that could be taken."""
        return self.error is None and not self.counts.get("invalid")

    def done(self, tally: "Tally") -> "FileReport":
        """Add what became of the rows."""
        return replace(
            self,
            num_rows=tally.num_rows,
            counts=dict(tally.counts),
            problems=tuple(tally.problems),
        )

    def failed(self, error: str) -> "FileReport":
        """Add why there is nothing to say of rows."""
        return replace(self, error=error)

    def summary(self) -> str:
        """Say it in a line."""
        if self.error is not None:
            return self.error
        counts = ", ".join(f"{n:,} {name}" for name, n in sorted(self.counts.items()))
        return f"{self.num_rows:,} rows" + (f": {counts}" if counts else "")

    def to_json(self) -> dict[str, object]:
        """Write it for programs."""
        return {
            "file": self.file,
            "marketplace": self.marketplace,
            "started_at": self.started_at.isoformat(),
            "finished_at": datetime.now(UTC).isoformat(),
            "num_rows": self.num_rows,
            "counts": self.counts,
            "num_problems": len(self.problems),
            "problems": [asdict(each) for each in self.problems[:MAX_PROBLEMS_TOLD]],
            "error": self.error,
        }


def print_report(report: FileReport) -> None:
    """Show it to somebody, its first problems included."""
    console = results()
    console.print(f"{report.file}: {report.summary()}", markup=False)
    for problem in report.problems[:MAX_PROBLEMS_SHOWN]:
        where = f"row {problem.row}" + (
            f", {problem.pointer}" if problem.pointer else ""
        )
        console.print(
            f"{problem.severity}: {where}: {problem.message} {problem.remedy}",
            markup=False,
        )
    num_more = len(report.problems) - MAX_PROBLEMS_SHOWN
    if num_more > 0:
        console.print(f"and {num_more:,} more: see --json.")
