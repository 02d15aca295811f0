"""MilvusIndex: nearest vectors by inner product, in a collection of a Milvus server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from pymilvus import DataType, MilvusException

from index.faiss_index import find_faults
from index.flat_vectors import ROUNDING
from index.milvus_names import (
    MODEL,
    PLACE,
    WATERMARK,
    WEIGHTS,
    alias_of,
    place_of,
    read_id,
    write_id,
)
from index.milvus_server import ASK_S, MAKE_S, MilvusServer
from index.ranking import check_absent, check_new_ids, take_best
from index.vector_index import Hit, Origin, Vectors

ID, VECTOR = "id", "vector"
MAX_ID_BYTES = 1_024
INDEX = {"M": 16, "efConstruction": 200}
EF = 256
"""Candidates that a search of the graph keeps; what recall is measured with."""
SPARE = 4
"""Neighbours asked for beyond k, so that ties at the k-th place show; each costs."""
ROWS_PER_CALL = 1_000
MOST_HITS = 16_384
"""What a server gives for one query, and lists in one answer, at most."""
ANSWER_BYTES = 32_000_000
"""Vectors in one answer; servers send 64 MB at most."""


class MilvusIndex:
    """Searches a collection; implements `VectorIndex`.

    One collection holds the vectors of one model with one weights hash. What it is
    made from and its watermark are properties of the collection, changed in one step.
    It is found under an alias, so that an index made anew takes the place of the old
    one in one step, under the eyes of those who search it.

    Of the levels of consistency that Milvus offers, we use the one that names a time
    (`Customized`): after each write, and when told by `catch_up` that another process
    wrote, we ask for the server's time, which is later than all that it acknowledged;
    a search waits until the server has taken in everything up to then. So what was
    acknowledged is found by the next match, of this process and, once it has followed
    the catalogue, of every other. The first search after a change waits for the
    server's next tick, 0.2 to 0.4 s by default, the others for nothing. (`Strong` waits
    at each search; `Bounded` may leave out the last seconds; `Session` knows nothing
    of what others wrote, nor of deletions in Milvus 2.3.)

    The graph is HNSW (M 16, efConstruction 200, ef 256), which the server makes once it
    seals a segment; before, it searches by an interim index of its own. Both are
    approximate (recall of the 10 nearest among 100,000: 1.00 and 0.96). Scores are
    computed again from the vectors found, in float64 and the one way in which
    `FaissIndex` does: the server's own differ in the last bit with the segment. So what
    is found is ordered alike everywhere, ties included; it takes three times as long.
    Of more than 16,384 vectors that tie, the server chooses.

    Brands have no partition of their own: each scan searches those of all of them, and
    to look through 64 partitions takes nine times as long (`docs/milvus.md`).

    Safe to use from several threads. See `SearchIndex` for who writes when.
    """

    def __init__(self, server: MilvusServer, name: str, dim: int) -> None:
        """Stand for a collection that is there, by its own name or an alias."""
        self._server = server
        self._name = name
        self._dim = dim
        self._last_change = server.now()
        self._most = min(MOST_HITS, ANSWER_BYTES // (4 * dim))

    @classmethod
    def create(cls, server: MilvusServer, name: str, dim: int) -> "MilvusIndex":
        """Make an empty collection."""
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim}")
        with server.asking() as client:
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field(
                ID, DataType.VARCHAR, is_primary=True, max_length=MAX_ID_BYTES
            )
            schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dim)
            graph = client.prepare_index_params()
            graph.add_index(VECTOR, index_type="HNSW", metric_type="IP", params=INDEX)
            client.create_collection(
                name, schema=schema, index_params=graph, timeout=MAKE_S
            )
        return cls(server, name, dim)

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def ids(self) -> frozenset[str]:
        """All ids; a million take some seconds."""
        return frozenset(self._pages())

    def __len__(self) -> int:
        # Counted anew: the server's statistics are behind.
        [row] = self._query("count(*)")
        return int(row["count(*)"])

    def find(self, ids: Sequence[str]) -> frozenset[str]:
        """Tell which of these ids are in the index."""
        return frozenset(
            read_id(row[ID])
            for some in _chunks(ids)
            for row in self._query(ID, ids=[write_id(name) for name in some])
        )

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add one vector per id; see `VectorIndex.add`."""
        self._check_new(ids, vectors)
        check_absent(ids, self.find(ids))
        self._upsert(ids, vectors)

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Hold one vector per id; see `VectorIndex.put`."""
        self._check_new(ids, vectors)
        self._upsert(ids, vectors)

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were."""
        present = sorted(self.find(list(dict.fromkeys(ids))))
        for some in _chunks(present):
            written = [write_id(name) for name in some]
            with self._server.asking() as client:
                client.delete(self._name, ids=written, timeout=ASK_S)
        if present:
            self.catch_up()
        return len(present)

    def search(self, queries: Vectors, k: int) -> list[list[Hit]]:
        """Find the k nearest of each query; see `VectorIndex.search`."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        self._check(queries)
        limit = min(k + SPARE, self._most)
        step = max(1, self._most // limit)
        return [
            self._rank(query, found, limit, k)
            for start in range(0, len(queries), step)
            for query, found in zip(
                queries[start : start + step],
                self._nearest(queries[start : start + step], limit),
                strict=True,
            )
        ]

    def save(self, folder: Path, origin: Origin) -> None:
        """Set the watermark; of a new index, let everybody find it from now on.

        Kept at once and whole, or not at all: a kill before the alias has moved leaves
        a collection that nobody finds, which the next save of a new one deletes.
        """
        alias = alias_of(folder, origin.model, origin.weights_hash)
        properties = {
            PLACE: place_of(folder),
            MODEL: origin.model,
            WEIGHTS: origin.weights_hash,
            WATERMARK: str(origin.watermark),
        }
        with self._server.asking() as client:
            # The alias means a collection, which alone has properties.
            described = client.describe_collection(self._name, timeout=ASK_S)
            name = str(described["collection_name"])
            client.alter_collection_properties(
                name, properties=properties, timeout=ASK_S
            )
        if self._name != alias:
            self._publish(name, alias)

    def stand_for(self, other: "MilvusIndex") -> None:
        """Search another collection from now on."""
        self._name, self._dim = other._name, other._dim
        self.catch_up()

    def catch_up(self) -> None:
        """Let searches find what other processes wrote until now."""
        self._last_change = max(self._last_change, self._server.now())

    def _publish(self, name: str, alias: str) -> None:
        with self._server.asking() as client:
            try:
                client.alter_alias(name, alias, timeout=ASK_S)
            except MilvusException:
                client.create_alias(name, alias, timeout=ASK_S)
            self._name = alias
            for other in client.list_collections(timeout=ASK_S):
                if other.startswith(f"{alias}_") and other != name:
                    client.drop_collection(other, timeout=ASK_S)
        self.catch_up()

    def _check(self, vectors: Vectors) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"expected shape (n, {self._dim}), not {vectors.shape}")
        if vectors.dtype != np.float32:
            raise ValueError(f"expected float32, not {vectors.dtype}")
        faults = find_faults(vectors)
        if faults:
            raise ValueError(f"expected rows of length 1, found {faults}")

    def _check_new(self, ids: Sequence[str], vectors: Vectors) -> None:
        check_new_ids(ids, len(vectors))
        self._check(vectors)
        for name in ids:
            if len(write_id(name)) > MAX_ID_BYTES:
                raise ValueError(f"id {name[:40]!r}… is longer than {MAX_ID_BYTES}")

    def _upsert(self, ids: Sequence[str], vectors: Vectors) -> None:
        for start in range(0, len(ids), ROWS_PER_CALL):
            rows = [
                {ID: write_id(name), VECTOR: vector}
                for name, vector in zip(
                    ids[start : start + ROWS_PER_CALL],
                    vectors[start : start + ROWS_PER_CALL],
                    strict=True,
                )
            ]
            with self._server.asking() as client:
                client.upsert(self._name, rows, timeout=ASK_S)
        if ids:
            self.catch_up()

    def _as_of_last_change(self) -> dict[str, str | int]:
        return {
            "consistency_level": "Customized",
            "guarantee_timestamp": self._last_change,
        }

    def _pages(self) -> Iterator[str]:
        """List all ids, page by page: a server answers in the order of its keys."""
        last = ""
        while True:
            rows = self._query(ID, where=f'{ID} > "{last}"', limit=MOST_HITS)
            yield from (read_id(row[ID]) for row in rows)
            if len(rows) < MOST_HITS:
                return
            last = rows[-1][ID]

    def _query(
        self,
        field: str,
        *,
        where: str = "",
        ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[Mapping[str, str]]:
        with self._server.asking() as client:
            return list(
                client.query(
                    self._name,
                    filter=where,
                    ids=ids,
                    limit=limit,
                    output_fields=[field],
                    timeout=ASK_S,
                    **self._as_of_last_change(),
                )
            )

    def _nearest(self, queries: Vectors, limit: int) -> list[tuple[list[str], Vectors]]:
        """Ask for the nearest of each query: their ids, and their vectors."""
        if not len(queries):
            return []
        with self._server.asking() as client:
            answer = client.search(
                self._name,
                data=list(queries),
                limit=limit,
                output_fields=[VECTOR],
                search_params={"params": {"ef": max(EF, limit)}},
                timeout=ASK_S,
                **self._as_of_last_change(),
            )
        # The vectors of all queries lie in one field, read whole in 0.2 ms; to make a
        # dictionary for each hit, as the client would, takes longer than the search.
        vectors = np.empty((0, self._dim), np.float32)
        for field in (field for hits in answer[:1] for field in hits.lazy_field_data):
            data = np.array(field.vectors.float_vector.data, np.float32)
            vectors = data.reshape(-1, self._dim)
        return [
            (
                [read_id(name) for name in hits.ids],
                vectors[hits.start : hits.start + len(hits.ids)],
            )
            for hits in answer
        ]

    def _rank(
        self, query: Vectors, found: tuple[list[str], Vectors], limit: int, k: int
    ) -> list[Hit]:
        """Order what was found, and look further while more may tie with the k-th."""
        names, vectors = found
        scores = (vectors * query.astype(np.float64)).sum(axis=1).astype(np.float32)
        if len(names) == limit < self._most:
            kth = float(np.partition(scores, -k)[-k])
            if float(scores.min()) >= kth - 2 * ROUNDING:
                limit = min(4 * limit, self._most)
                [found] = self._nearest(query[None], limit)
                return self._rank(query, found, limit, k)
        return take_best(names, scores, k)


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), ROWS_PER_CALL):
        yield names[start : start + ROWS_PER_CALL]
