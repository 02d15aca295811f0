from collections.abc import Callable, Iterator

import pytest

from detector.store.store import Store, open_store


@pytest.fixture
def new_store(tmp_path, postgres) -> Iterator[Callable[[str], Store]]:
    """Open empty stores on a kind of database; they are closed after the test."""
    stores: list[Store] = []

    def make(kind: str) -> Store:
        url = postgres.create_database() if kind == "postgresql" else None
        stores.append(open_store(tmp_path / f"store{len(stores)}", url))
        return stores[-1]

    yield make
    for store in stores:
        store.close()
