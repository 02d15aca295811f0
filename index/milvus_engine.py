"""MilvusEngine: the indexes that a Milvus server keeps for all processes."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from index.errors import CorruptIndex
from index.index_engine import StoredIndex, Unavailable
from index.manifest import REMEDY
from index.milvus_index import VECTOR, MilvusIndex
from index.milvus_names import (
    MODEL,
    PLACE,
    WATERMARK,
    WEIGHTS,
    alias_of,
    is_ours,
    place_of,
)
from index.milvus_server import ASK_S, MAKE_S, MilvusServer
from index.snapshot import check_model
from index.vector_index import Origin

Described = Mapping[str, object]


class MilvusEngine:
    """Makes and finds collections; implements `IndexEngine`.

    There is one index object for a name and a model, whichever collection it stands
    for, so that who searches it need not be told of a new one.
    """

    is_shared = True

    def __init__(self, url: str, *, unavailable: Unavailable) -> None:
        self._server = MilvusServer(url, unavailable=unavailable)
        self._opened: dict[str, MilvusIndex] = {}

    def create(
        self, folder: Path, dim: int, *, model: str, weights_hash: str
    ) -> MilvusIndex:
        """Make an empty collection; see `IndexEngine.create`."""
        alias = alias_of(folder, model, weights_hash)
        name = f"{alias}_{secrets.token_hex(4)}"
        return self._keep(alias, MilvusIndex.create(self._server, name, dim))

    def load(
        self, folder: Path, *, model: str, weights_hash: str
    ) -> tuple[MilvusIndex, int]:
        """Find a collection and its watermark; see `IndexEngine.load`."""
        alias = alias_of(folder, model, weights_hash)
        described = self._server.describe(alias)
        where = f"{self._server.name}: {place_of(folder)}"
        if described is None:
            for other in self._stored(place_of(folder)):
                check_model(where, _origin(other), Origin(model, weights_hash, 0))
            raise FileNotFoundError(f"{where}: no index is kept there. {REMEDY}")
        try:
            origin, dim = _origin(described), _dim(described)
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptIndex(
                f"{where}: expected an index of ours, found another collection"
                f" ({error}). {REMEDY}"
            ) from error
        # It may have been let go of; to load what is loaded takes no time.
        with self._server.asking() as client:
            client.load_collection(alias, timeout=MAKE_S)
        index = self._keep(alias, MilvusIndex(self._server, alias, dim))
        return index, origin.watermark

    def drop(self, folder: Path, *, model: str, weights_hash: str) -> None:
        """Delete a collection; see `IndexEngine.drop`."""
        alias = alias_of(folder, model, weights_hash)
        described = self._server.describe(alias)
        if described is not None:
            with self._server.asking() as client:
                client.drop_alias(alias, timeout=ASK_S)
                client.drop_collection(str(described["collection_name"]), timeout=ASK_S)
        self._opened.pop(alias, None)

    def stored(self, catalogue: Path) -> Sequence[StoredIndex]:
        """List what is kept; see `IndexEngine.stored`."""
        return [
            StoredIndex(
                str(_properties(each)[PLACE]).rpartition("/")[2],
                _origin(each),
                len(
                    MilvusIndex(self._server, str(each["collection_name"]), _dim(each))
                ),
            )
            for each in self._stored(f"{catalogue.name}/")
        ]

    def _keep(self, alias: str, index: MilvusIndex) -> MilvusIndex:
        known = self._opened.setdefault(alias, index)
        known.stand_for(index)
        return known

    def _stored(self, place: str) -> list[Described]:
        """Describe the collections that were saved under what begins like this."""
        with self._server.asking() as client:
            names = client.list_collections(timeout=ASK_S)
        ours = (self._server.describe(name) for name in sorted(names) if is_ours(name))
        return [
            each
            for each in ours
            if each and _properties(each).get(PLACE, "").startswith(place)
        ]


def _properties(described: Described) -> Mapping[str, str]:
    properties = described["properties"]
    if not isinstance(properties, Mapping):
        raise TypeError(f"properties are {properties!r}")
    return properties


def _origin(described: Described) -> Origin:
    properties = _properties(described)
    return Origin(properties[MODEL], properties[WEIGHTS], int(properties[WATERMARK]))


def _dim(described: Described) -> int:
    fields = described["fields"]
    if not isinstance(fields, list):
        raise TypeError(f"fields are {fields!r}")
    return int(next(f["params"]["dim"] for f in fields if f["name"] == VECTOR))
