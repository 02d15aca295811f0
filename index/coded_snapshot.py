"""What a stored index holds that has codes, beside its newest vectors.

codes.npy            what faiss writes; parsed after its checksum was compared
alive.npy            a bit for each row: whether it has not been removed
trained.npy          how many rows there were when the codes were learned
blocks.npy           rows of each block, and bytes of an id in it
names-<key>.npy, order-<key>.npy, halves-<key>.npy       see `Block`
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.array_file import bytes_shape
from index.coded_vectors import CodedVectors
from index.coder import Coder
from index.manifest import corrupt
from index.row_blocks import Block, RowBlocks
from index.sizing import Sizing
from index.snapshot import Arrays, Snapshot, load_snapshot

CODED_ENGINE = "coded-inner-product"
CODES = "codes"
ALIVE = "alive"
TRAINED = "trained"
BLOCKS = "blocks"
NAMES = "names"
ORDER = "order"
HALVES = "halves"


def coded_arrays(coded: CodedVectors, is_alive: NDArray[np.bool_]) -> Arrays:
    """Name the arrays of a stored index; no rows may be added meanwhile.

    Args:
        coded: rows and codes.
        is_alive: (n,) which rows had not been removed at the moment to be stored.
    """
    blocks = coded.rows.sealed()
    sizes = [(len(block), block.names.shape[1]) for block in blocks]
    arrays: dict[str, NDArray[np.uint8] | NDArray[np.int64]] = {
        CODES: coded.coder.to_bytes(),
        ALIVE: np.packbits(is_alive),
        TRAINED: np.array([coded.num_trained]),
        BLOCKS: np.array(sizes, np.int64).reshape(-1, 2),
    }
    return arrays | {
        f"{name}-{block.key}": array
        for block in blocks
        for name, array in (
            (NAMES, block.names),
            (ORDER, block.order),
            (HALVES, block.halves),
        )
    }


def load_coded(
    folder: Path, newest: str, sizing: Sizing, *, model: str, weights_hash: str
) -> tuple[Snapshot, CodedVectors]:
    """Load a stored index that has codes; see `load_snapshot`.

    Args:
        folder: where it was saved.
        newest: name of the array of those vectors that have none.
        sizing: as of the index to be.
        model: the model in use.
        weights_hash: of the model in use.
    """
    snapshot = load_snapshot(
        folder,
        engine=CODED_ENGINE,
        names=[newest, CODES, ALIVE, TRAINED, BLOCKS],
        block_names=[NAMES, ORDER, HALVES],
        model=model,
        weights_hash=weights_hash,
    )
    dim = snapshot.manifest.dim
    sizes = snapshot.array(BLOCKS, np.int64, (len(snapshot.keys), 2))
    if (sizes < 1).any():
        raise corrupt(snapshot.path(BLOCKS), "blocks with rows", "none in some")
    blocks = [
        _load_block(snapshot, key, *map(int, size))
        for key, size in zip(snapshot.keys, sizes, strict=True)
    ]
    num_rows = int(sizes[:, 0].sum())
    bits = snapshot.array(ALIVE, np.uint8, ((num_rows + 7) // 8,))
    is_alive = np.unpackbits(bits, count=num_rows).astype(np.bool_)
    count = len(snapshot.ids) + int(np.count_nonzero(is_alive))
    if count != snapshot.manifest.count:
        expected = f"{snapshot.manifest.count} ids with those in ids.json"
        raise corrupt(snapshot.path(ALIVE), expected, f"{count}")
    content = snapshot.contents[CODES]
    codes = snapshot.array(CODES, np.uint8, bytes_shape(content))
    coded = CodedVectors(
        sizing,
        Coder.from_bytes(codes, dim, snapshot.path(CODES)),
        RowBlocks(dim, sizing.block_rows, blocks),
        is_alive=is_alive,
        num_trained=int(snapshot.array(TRAINED, np.int64, (1,))[0]),
    )
    return snapshot, coded


def _load_block(snapshot: Snapshot, key: str, num_rows: int, width: int) -> Block:
    order = snapshot.array(f"{ORDER}-{key}", np.int32, (num_rows,))
    if order.min() < 0 or order.max() >= num_rows:
        path = snapshot.path(f"{ORDER}-{key}")
        raise corrupt(path, f"rows below {num_rows}", "others")
    return Block(
        key,
        snapshot.array(f"{NAMES}-{key}", np.uint8, (num_rows, width)),
        order,
        snapshot.array(
            f"{HALVES}-{key}", np.float16, (num_rows, snapshot.manifest.dim)
        ),
    )
