"""Work out from measured costs what a catalogue and a stream of pictures need.

    python -m scripts.capacity [--write]

Prints the tables of `docs/capacity.md`, or writes them into it. What was measured
stands in `MEASURED` below, with where it comes from; everything else follows.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "capacity.md"
START, END = "<!-- capacity: start -->\n", "<!-- capacity: end -->\n"
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured, per picture or reference, on one core of the machine named.

    Attributes:
        decode_and_embed_ms: of a picture of one megapixel.
        search_ms: of its ten regions, by number of references; between and beyond
            them it grows with the square root, as the lists that are searched do.
        verify_ms: the rest of a scan, one picture in ten being a copy.
        store_share: what the service and the worker add to a scan.
        stored_per_s: new pictures whose results one installation stores a second,
            whatever number of workers it has.
        import_ms: of a reference.
        index_bytes: of a reference in memory, by number of references.
        process_bytes: of a worker without any reference.
        database_bytes: of a reference.
        picture_bytes: of a listing's picture, of which no file is kept.
    """

    decode_and_embed_ms: float
    search_ms: dict[int, float]
    verify_ms: float
    store_share: float
    stored_per_s: float
    import_ms: float
    index_bytes: dict[int, float]
    process_bytes: float
    database_bytes: float
    picture_bytes: float

    def scan_ms(self, references: int) -> float:
        """CPU time of one picture, from its bytes to what is stored of it."""
        scan = self.decode_and_embed_ms + self.verify_ms
        return (scan + self._search_ms(references)) * (1 + self.store_share)

    def memory_bytes(self, references: int) -> float:
        """Memory of a worker process that searches by itself."""
        largest = [n for n in self.index_bytes if n <= references]
        each = self.index_bytes[max(largest, default=min(self.index_bytes))]
        return self.process_bytes + references * each

    def _search_ms(self, references: int) -> float:
        nearest = min(
            self.search_ms, key=lambda known: abs(math.log(known / references))
        )
        return self.search_ms[nearest] * math.sqrt(references / nearest)


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nobody measured here; change them to yours.

    Attributes:
        cores: of a machine.
        memory_gb: of a machine.
        machine_month: its price a month, in any currency.
        disk_gb_month: price of a gigabyte of database storage a month.
        bucket_gb_month: price of a gigabyte in a bucket a month.
        peak: busiest hour against the mean.
        load: share of its cores that a machine may be busy at the peak.
        days: that what is known of a listing's picture is kept.
        file_bytes: of a reference's picture.
    """

    cores: int = 16
    memory_gb: int = 64
    machine_month: float = 400
    disk_gb_month: float = 0.10
    bucket_gb_month: float = 0.023
    peak: float = 2.5
    load: float = 0.7
    days: int = 90
    file_bytes: float = 150e3


MEASURED = Costs(
    decode_and_embed_ms=12.9,
    search_ms={100_000: 5.8, 1_000_000: 8.0, 10_000_000: 22.0},
    verify_ms=86.0,
    store_share=0.11,
    stored_per_s=80,
    import_ms=64.2,
    index_bytes={1_000_000: 684, 10_000_000: 610},
    process_bytes=0.3e9,
    database_bytes=157e3,
    picture_bytes=8.8e3,
)

REFERENCES = (1_000_000, 10_000_000, 100_000_000)
PICTURES = (1_000_000, 10_000_000, 100_000_000)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one catalogue and one stream need.

    Attributes:
        references: in the catalogue.
        pictures: a day.
        cores: for scans, at the peak.
        installations: with a database each, between which listings are split.
        machines: that have these cores, and at least one for each installation.
        fits: whether an index fits into a machine's memory; beyond, Milvus holds it.
        memory_gb: of one process with its own index.
        database_gb: of listings' pictures, and of references in each installation.
        bucket_gb: of references' pictures, likewise.
        import_hours: of one machine, to take the catalogue in.
        month: what it costs a month.
    """

    references: int
    pictures: int
    cores: float
    installations: int
    machines: int
    fits: bool
    memory_gb: float
    database_gb: float
    bucket_gb: float
    import_hours: float
    month: float


def work_out(
    references: int, pictures: int, costs: Costs, assumed: Assumptions
) -> Needs:
    """Work out what a catalogue and a stream of pictures a day need."""
    mean_cores = pictures * costs.scan_ms(references) / 1e3 / DAY_S
    cores = mean_cores * assumed.peak / assumed.load
    memory_gb = costs.memory_bytes(references) / 1e9
    kept = pictures * assumed.days
    installations = max(1, math.ceil(pictures / costs.stored_per_s / DAY_S))
    catalogues = installations * references
    database_gb = (catalogues * costs.database_bytes + kept * costs.picture_bytes) / 1e9
    bucket_gb = catalogues * assumed.file_bytes / 1e9
    machines = max(installations, math.ceil(cores / assumed.cores))
    return Needs(
        references,
        pictures,
        cores,
        installations,
        machines,
        memory_gb <= 0.75 * assumed.memory_gb,
        memory_gb,
        database_gb,
        bucket_gb,
        references * costs.import_ms / 3.6e6 / assumed.cores,
        machines * assumed.machine_month
        + database_gb * assumed.disk_gb_month
        + bucket_gb * assumed.bucket_gb_month,
    )


def pictures_a_day(
    machines: int, references: int, costs: Costs, assumed: Assumptions
) -> float:
    """Say how many pictures a day so many machines take, with room for the peak.

    They have as many installations as that takes.
    """
    seconds = machines * assumed.cores * assumed.load * DAY_S / assumed.peak
    by_cores = seconds / costs.scan_ms(references) * 1e3
    return min(by_cores, machines * costs.stored_per_s * DAY_S)


def tables(costs: Costs, assumed: Assumptions) -> Iterator[str]:
    """Yield the lines of the page's tables."""
    yield (
        f"A machine here has {assumed.cores} cores and {assumed.memory_gb} GB and "
        f"costs {assumed.machine_month:,.0f} a month; database storage costs "
        f"{assumed.disk_gb_month:.2f} and a bucket {assumed.bucket_gb_month:.3f} a "
        f"gigabyte and month. The busiest hour is {assumed.peak:g} times the mean, and "
        f"then {assumed.load:.0%} of the cores are busy. What is known of a listing's "
        f"picture is kept for {assumed.days} days; a reference's file has "
        f"{assumed.file_bytes / 1e3:.0f} KB. These are assumptions, not measurements."
    )
    yield ""
    yield from _rows(
        [
            "references",
            "pictures a day",
            "CPU ms a picture",
            "cores",
            "installations",
            "machines",
            "index, GB a process",
            "database, GB",
            "bucket, GB",
            "a month",
        ],
        [
            [
                f"{need.references:,}",
                f"{need.pictures:,}",
                f"{costs.scan_ms(need.references):.0f}",
                f"{need.cores:,.1f}",
                f"{need.installations:,}",
                f"{need.machines:,}",
                f"{need.memory_gb:,.1f}" + ("" if need.fits else " (Milvus)"),
                f"{need.database_gb:,.0f}",
                f"{need.bucket_gb:,.0f}",
                f"{need.month:,.0f}",
            ]
            for need in (
                work_out(references, pictures, costs, assumed)
                for references in REFERENCES
                for pictures in PICTURES
            )
        ],
    )
    yield ""
    yield from _rows(
        ["pictures a day that", *(f"{n:,} references" for n in REFERENCES)],
        [
            [
                name,
                *(
                    f"{pictures_a_day(count, n, costs, assumed) / 1e6:,.1f} million"
                    for n in REFERENCES
                ),
            ]
            for name, count in (
                ("one machine takes", 1),
                ("four machines take", 4),
                ("forty machines take", 40),
            )
        ],
    )
    yield ""
    yield from _rows(
        ["references", "hours to import on one machine"],
        [
            [
                f"{n:,}",
                f"{work_out(n, 0, costs, assumed).import_hours:,.0f}",
            ]
            for n in REFERENCES
        ],
    )


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def with_tables(page: str) -> str:
    """Put the tables where the page marks their place.

    Raises:
        ValueError: the page has no such place.
    """
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"{PAGE}: expected {START.strip()} and {END.strip()}")
    lines = "\n".join(tables(MEASURED, Assumptions()))
    return f"{before}{START}\n{lines}\n\n{END}{after}"


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    if parser.parse_args().write:
        PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
    else:
        print("\n".join(tables(MEASURED, Assumptions())))


if __name__ == "__main__":
    main()
