"""Whole scans with points voting, and with the embedding as the only gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.catalogue.features import Extractor
from detector.catalogue.search_index import SearchIndex
from detector.listings.scan import Scanner
from detector.matching.matcher import Matcher
from detector.matching.retrieve import Channel, Kind
from detector.matching.scoring import Scoring
from detector.store.store import Store
from index.local_index import LocalIndex
from scripts.benchmarks.crowd import (
    CrowdDescriptions,
    crowd_codes,
    crowd_vectors,
    load_codes,
    load_vectors,
    weigh,
)
from scripts.benchmarks.pictures import Pictures
from scripts.benchmarks.scans import LIMIT, WholeScan, scan_whole

COPIES, INNOCENT = "copies", "innocent"
VOTING, EMBEDDING = "points vote, too", "embedding alone"


@dataclass(frozen=True, slots=True)
class GateScan:
    """Scans of as many copies as innocent pictures, in one thread.

    Attributes:
        way: `VOTING` or `EMBEDDING`.
        copies: of edited copies.
        innocent: of other pictures.
        num_examined: references that passed the gate, over all pictures.
    """

    way: str
    copies: WholeScan
    innocent: WholeScan
    num_examined: int

    @property
    def num(self) -> int:
        """Pictures."""
        return self.copies.timing.num + self.innocent.timing.num

    @property
    def cpu_ms(self) -> float:
        """CPU time of one picture, half copies and half innocent ones."""
        return 1e3 * (self.copies.timing.cpu_s + self.innocent.timing.cpu_s) / self.num

    @property
    def per_second(self) -> float:
        """Pictures a second on the clock."""
        wall_s = self.copies.timing.wall_s + self.innocent.timing.wall_s
        return self.num / wall_s

    def as_json(self) -> dict[str, object]:
        """Name every figure, with its unit."""
        return {
            "way": self.way,
            "num": self.num,
            "per_second": self.per_second,
            "cpu_ms": self.cpu_ms,
            "examined_per_picture": self.num_examined / self.num,
            COPIES: self.copies.as_json(),
            INNOCENT: self.innocent.as_json(),
        }


@dataclass(frozen=True, slots=True)
class GateSize:
    """Both ways on the same pictures, in a catalogue of one size.

    Attributes:
        references: in the catalogue, synthetic ones included.
        synthetic: of them.
        voting: with points voting.
        embedding: without.
        voting_bytes: memory that the voting index takes for one reference; None where
            it was not measured.
        embedding_bytes: the same of the vectors and their ids.
    """

    references: int
    synthetic: int
    voting: GateScan
    embedding: GateScan
    voting_bytes: float | None = None
    embedding_bytes: float | None = None

    @property
    def times_as_fast(self) -> dict[str, float]:
        """How much faster the embedding alone is, by CPU time, for what pictures."""
        slow, fast = self.voting, self.embedding
        return {
            "half and half": slow.cpu_ms / fast.cpu_ms,
            COPIES: slow.copies.timing.cpu_ms / fast.copies.timing.cpu_ms,
            INNOCENT: slow.innocent.timing.cpu_ms / fast.innocent.timing.cpu_ms,
        }

    def as_json(self) -> dict[str, object]:
        """Name every figure, with its unit."""
        return {
            "references": self.references,
            "synthetic": self.synthetic,
            "scans": [self.voting.as_json(), self.embedding.as_json()],
            "times_as_fast": self.times_as_fast,
            "voting_bytes_per_reference": self.voting_bytes,
            "embedding_bytes_per_reference": self.embedding_bytes,
        }


class Gate:
    """Scans both ways, in the catalogue as it is and in a crowd around it."""

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        index: SearchIndex,
        local: LocalIndex,
        pictures: Pictures,
    ) -> None:
        """Take what is ready.

        Args:
            store: where the references are described.
            extractor: decodes and embeds.
            index: up to date.
            local: the voting index of the same references.
            pictures: to scan.
        """
        self._store = store
        self._extractor = extractor
        self._models = index.channels
        self._channels = [Channel(e, i, Kind(kind)) for kind, e, i in index.channels]
        self._local = local
        self._pictures = pictures

    def measure(self, num: int) -> GateSize:
        """Scan `num` copies and as many innocent pictures in the catalogue as it is."""
        return GateSize(
            references=len(self._local),
            synthetic=0,
            voting=self._scan(VOTING, self._local, self._channels, num),
            embedding=self._scan(EMBEDDING, None, self._channels, num),
        )

    def measure_crowd(
        self, folder: Path, times: int, num: int, *, seed: int
    ) -> GateSize:
        """Do the same in a catalogue `times` as large, and weigh the indexes.

        Args:
            folder: where the indexes are put, 40 bytes a point and 4 a dimension.
            times: at least 1.
            num: copies, and as many innocent pictures.
            seed: of the synthetic references.
        """
        references = len(self._local) * times
        channels = []
        for kind, embedder, index in self._models:
            crowd_vectors(index, folder / kind, times, seed=seed)
            crowd = load_vectors(folder / kind)
            channels.append(Channel(embedder, crowd, Kind(kind)))
        embedding = self._scan(EMBEDDING, None, channels, num)
        codes = folder / "local"
        crowd_codes(self._local, codes, times, seed=seed)
        weights = [weigh(folder / kind, is_local=False) for kind, *_ in self._models]
        voting_weights = [weigh(codes, is_local=True)]
        return GateSize(
            references=references,
            synthetic=references - len(self._local),
            voting=self._scan(VOTING, load_codes(codes), channels, num),
            embedding=embedding,
            voting_bytes=_for_each(voting_weights, references),
            embedding_bytes=_for_each(weights, references),
        )

    def _scan(
        self,
        way: str,
        local: LocalIndex | None,
        channels: Sequence[Channel],
        num: int,
    ) -> GateScan:
        references = CrowdDescriptions(self._store, sorted(self._local.ids))
        matcher = Matcher(
            references=references,
            local_index=local,
            channels=channels,
            scoring=Scoring.load(),
        )
        copies, innocent = (
            scan_whole(
                Scanner(self._store, self._extractor, matcher, LIMIT),
                name,
                files[:num],
                spare=(),
                threads=1,
            )
            for name, files in (
                (COPIES, self._pictures.copies),
                (INNOCENT, self._pictures.innocent),
            )
        )
        return GateScan(way, copies, innocent, references.num_asked)


def _for_each(weights: Sequence[int | None], references: int) -> float | None:
    known = [weight for weight in weights if weight is not None]
    return sum(known) / references if known else None


def describe_gate(sizes: Sequence[GateSize]) -> list[str]:
    """Lay the sizes out in columns, with what one way gains over the other."""
    if not sizes:
        return []
    lines = [
        "",
        "Gate: whole scans in one thread, half edited copies and half innocent "
        "pictures, points voting or not. Found and flagged: match or review.",
        f"{'references':>10}  {'candidates from':<18}{'n':>4}{'a second':>10}"
        f"{'CPU ms':>9}{'copies':>9}{'innocent':>10}{'examined':>10}"
        f"{'copies found':>14}{'innocent flagged':>18}",
    ]
    for size in sizes:
        for scan in (size.voting, size.embedding):
            found, flagged = (
                f"{each.counts.match + each.counts.review} of {each.counts.total}"
                for each in (scan.copies, scan.innocent)
            )
            lines.append(
                f"{size.references:10,}  {scan.way:<18}{scan.num:4}"
                f"{scan.per_second:10.1f}{scan.cpu_ms:9.1f}"
                f"{scan.copies.timing.cpu_ms:9.1f}{scan.innocent.timing.cpu_ms:10.1f}"
                f"{scan.num_examined / scan.num:10.1f}"
                f"{found:>14}{flagged:>18}"
            )
    for size in sizes:
        gains = ", ".join(
            f"{what} {times:.1f}" for what, times in size.times_as_fast.items()
        )
        lines.append(
            f"{size.references:,} references: the embedding alone is this many times "
            f"as fast, by CPU time: {gains}."
        )
        if size.synthetic:
            lines.append(
                f"  {size.synthetic:,} of them are synthetic: vectors spread like the "
                "real ones, as many codes as a real one has, verified as a real one."
            )
        if size.voting_bytes is not None and size.embedding_bytes is not None:
            lines.append(
                f"  Memory a reference, by growth of a process that loads it: "
                f"{size.embedding_bytes:,.0f} bytes for the embedding's vectors and "
                f"ids, {size.voting_bytes:,.0f} more for voting."
            )
    return lines
