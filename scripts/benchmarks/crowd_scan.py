"""Scans in the catalogue that `scripts.benchmarks.crowd` made larger."""

from collections.abc import Sequence
from pathlib import Path

from detector.catalogue.features import Extractor
from detector.catalogue.references import all_reference_ids
from detector.listings.scan import Scanner
from detector.matching.matcher import Matcher
from detector.matching.retrieve import Channel, Kind
from detector.matching.scoring import Scoring
from detector.store.store import Store
from scripts.benchmarks.crowd import CrowdDescriptions, load_vectors
from scripts.benchmarks.scans import LIMIT


def load_channels(extractor: Extractor, folder: Path) -> list[Channel]:
    """Load the larger catalogue's indexes, which lie in a folder by kind."""
    return [
        Channel(embedder, load_vectors(folder / kind), Kind(kind))
        for kind, embedder in extractor.embedders.items()
    ]


def crowd_scanner(
    store: Store, extractor: Extractor, channels: Sequence[Channel]
) -> tuple[Scanner, CrowdDescriptions]:
    """Make a scanner of the larger catalogue, in which nothing votes.

    It is for one thread; nothing that it reads is kept from one to the next.

    Returns:
        The scanner, and where it reads what is stored of a reference.
    """
    with store.database.read() as session:
        references = CrowdDescriptions(store, all_reference_ids(session))
    matcher = Matcher(
        references=references,
        local_index=None,
        channels=channels,
        scoring=Scoring.load(),
    )
    return Scanner(store, extractor, matcher, LIMIT), references
