"""Where vector indexes are kept, as the settings say."""

from detector.errors import InvalidInput, NotReady
from detector.store.store import Store
from index.index_engine import IndexEngine, open_index_engine


def open_indexes(store: Store) -> IndexEngine:
    """Open the one place where a vector index is made or found.

    Raises:
        InvalidInput: the URL names no index.
        NotReady: a server that cannot be used, as whatever is asked of it later raises.
    """
    try:
        return open_index_engine(
            store.index_url,
            unavailable=lambda message, remedy: NotReady(message, remedy=remedy),
        )
    except ValueError as error:
        raise InvalidInput(
            f"DETECTOR_INDEX_URL names no index that is known: {error}.",
            remedy="Name one, or unset it for an index in DETECTOR_DATA_DIR.",
        ) from error
