"""Gets a scan ready: models, search index, matcher."""

from detector.catalogue.features import Extractor
from detector.catalogue.search_index import SearchIndex
from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.cli.output import note, progress_bar
from detector.listings.illustrate import Illustrator
from detector.listings.scan import Scanner
from detector.listings.scan_record import Basis
from detector.matching.describe import RECIPE
from detector.matching.matcher import Matcher
from detector.matching.retrieve import Channel, Kind
from detector.matching.scoring import Scoring
from detector.store.store import Store


def open_scanner(
    store: Store,
    extractor: Extractor,
    *,
    threads: int,
    limit: int,
    with_pictures: bool = False,
) -> tuple[Scanner, Basis]:
    """Bring the search index up to date and put the matcher on it.

    Returns:
        What scans, and what its matches are computed with.
    """
    index = SearchIndex(store, extractor, threads=threads, on_note=note)
    with progress_bar("Computing features") as on_progress:
        index.refresh(on_progress)
    if index.is_worth_saving:
        index.save()
    if not index.watermark:
        note("The catalogue is empty: fill it with `detector catalogue import`.")
    scoring = Scoring.load()
    matcher = Matcher(
        references=StoredDescriptions(store),
        local_index=index.local,
        channels=[
            Channel(model, part, Kind(kind)) for kind, model, part in index.channels
        ],
        scoring=scoring,
    )
    basis = Basis(
        recipe=RECIPE,
        models=tuple(
            {"kind": kind, "model": e.name, "weights_hash": e.weights_hash}
            for kind, e in extractor.embedders.items()
        ),
        policy=scoring.as_policy(),
        watermark=index.watermark,
    )
    illustrator = Illustrator(store, extractor, scoring.review_threshold)
    draw = illustrator.draw if with_pictures else None
    return Scanner(store, extractor, matcher, limit, draw), basis
