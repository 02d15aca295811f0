"""Gets a scan ready: models, search index, matcher."""

from detector.catalogue.features import Extractor
from detector.cli.output import note, progress_bar
from detector.listings.engine import Engine, open_engine
from detector.listings.illustrate import Illustrator
from detector.listings.scan import Scanner
from detector.store.store import Store


def open_scanner(
    store: Store,
    extractor: Extractor,
    *,
    threads: int,
    limit: int,
    with_pictures: bool = False,
) -> tuple[Scanner, Engine]:
    """Bring the search index up to date and put the matcher on it.

    Returns:
        What scans, and what it stands on.
    """
    with progress_bar("Computing features") as on_progress:
        engine = open_engine(
            store, extractor, threads=threads, on_note=note, on_progress=on_progress
        )
    if not engine.index.watermark:
        note("The catalogue is empty: fill it with `detector catalogue import`.")
    scoring = engine.matcher.scoring
    illustrator = Illustrator(store, extractor, scoring.match_threshold)
    draw = illustrator.draw if with_pictures else None
    return Scanner(store, extractor, engine.matcher, limit, draw), engine
