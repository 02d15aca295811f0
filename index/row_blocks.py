"""Rows that are only ever added: an id and a vector in half precision for each."""

import secrets
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.vector_index import Vectors

Halves = NDArray[np.float16]
"""(n, d) float16: rows of length 1, but for the rounding."""
Rows = NDArray[np.int64]

_KEPT_BITS = np.int32(0x0FFFE000 - (1 << 31))
"""The sign, eight bits of exponent but for the first three, ten of the fraction."""
_EXPONENT_LACKS = np.float32(2.0**112)

END = b"."
"""After each stored id, because numpy drops the zero bytes that end a string."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that never change again, in arrays that may be mapped files.

    Attributes:
        key: names its files.
        names: (n, w) uint8: each id in UTF-8, `END`, and zeros up to the longest.
        order: (n,) int32: rows by name, then number, so that one can be looked up.
        halves: (n, d) float16.
    """

    key: str
    names: NDArray[np.uint8]
    order: NDArray[np.int32]
    halves: Halves

    def __len__(self) -> int:
        return len(self.order)

    @property
    def packed(self) -> NDArray[np.bytes_]:
        """(n,) bytes: the ids as stored."""
        return self.names.view(f"S{self.names.shape[1]}")[:, 0]

    def find(self, ids: Sequence[bytes]) -> dict[bytes, int]:
        """Look up the packed ids that are here: the last row of each."""
        packed = self.packed
        short = [name for name in ids if len(name) <= packed.itemsize]
        wanted = np.array(short, packed.dtype)
        places = np.searchsorted(packed, wanted, side="right", sorter=self.order)
        rows = self.order[np.maximum(places - 1, 0)]
        found = np.flatnonzero(packed[rows] == wanted)
        return {short[i]: int(rows[i]) for i in found.tolist()}


def seal(names: Sequence[str], halves: Halves) -> Block:
    """Make a block of rows; at least one."""
    packed = np.array([pack_id(name) for name in names])
    return Block(
        secrets.token_hex(8),
        packed.view(np.uint8).reshape(len(packed), packed.itemsize),
        np.argsort(packed, kind="stable").astype(np.int32),
        halves.copy(),
    )


def pack_id(name: str) -> bytes:
    """Encode an id as it is stored; any `str` is allowed, lone surrogates too."""
    return name.encode("utf-8", "surrogatepass") + END


def unpack_id(packed: bytes) -> str:
    """Decode an id; `UnicodeDecodeError` if it is none."""
    return packed[: -len(END)].decode("utf-8", "surrogatepass")


def widen(halves: Halves) -> Vectors:
    """Make the same numbers float32, several times as fast as `astype`.

    Sign, exponent and fraction move to where float32 has them, the sign by way of its
    copies that a signed shift leaves; what the exponent then lacks is a factor. Holds
    for all but infinity and what is no number.
    """
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= _KEPT_BITS
    vectors = bits.view(np.float32)
    vectors *= _EXPONENT_LACKS
    return vectors


class RowBlocks:
    """Rows numbered from 0 in the order of adding; whoever owns them sees to threads.

    Ten million ids as Python strings in a dict would take 1.4 GB, as blocks 0.3 GB.
    The newest rows, less than a block's worth, are open: a list and a dict.
    """

    def __init__(self, dim: int, block_rows: int, blocks: Iterable[Block] = ()) -> None:
        """Take over blocks; the last one is opened again if it is not full."""
        self.blocks: list[Block] = []
        self._starts: list[int] = []
        self._block_rows = block_rows
        self._open_names: list[str] = []
        self._open_rows: dict[str, int] = {}
        self._open_halves: Halves = np.empty((block_rows, dim), np.float16)
        self._open_block: Block | None = None
        for block in blocks:
            self._take(block)
        if self.blocks and len(self.blocks[-1]) < block_rows:
            last = self.blocks.pop()
            self._starts.pop()
            names = [unpack_id(packed) for packed in last.packed.tolist()]
            self._append_open(names, last.halves)

    def __len__(self) -> int:
        return self._open_start + len(self._open_names)

    @property
    def _open_start(self) -> int:
        return self._starts[-1] + len(self.blocks[-1]) if self.blocks else 0

    def append(self, names: Sequence[str], halves: Halves) -> None:
        """Add rows, whose ids are not here or were removed by the owner."""
        done = 0
        while done < len(names):
            room = self._block_rows - len(self._open_names)
            end = min(done + room, len(names))
            self._append_open(names[done:end], halves[done:end])
            done = end
            if len(self._open_names) == self._block_rows:
                self._take(seal(self._open_names, self._open_halves))
                self._open_names, self._open_rows, self._open_block = [], {}, None

    def without_removed(self, is_alive: NDArray[np.bool_]) -> tuple["RowBlocks", Rows]:
        """Begin anew with those full blocks of which at least half is left.

        Whoever adds the rest gives only rows that are left: an id is looked up in the
        newest rows first.

        Args:
            is_alive: (n,) which rows are left.

        Returns:
            the new rows, and the number of each here, ascending.
        """
        kept = [
            (start, block)
            for start, block in zip(self._starts, self.blocks, strict=True)
            if len(block) == self._block_rows
            and 2 * np.count_nonzero(is_alive[start : start + len(block)]) >= len(block)
        ]
        numbers = [np.arange(start, start + len(block)) for start, block in kept]
        dim = self._open_halves.shape[1]
        rows = RowBlocks(dim, self._block_rows, [block for _, block in kept])
        return rows, np.concatenate([np.empty(0, np.int64), *numbers])

    def sealed(self) -> list[Block]:
        """All rows as blocks, those of the open one copied if it has changed."""
        count = len(self._open_names)
        if count and not self._open_block:
            self._open_block = seal(self._open_names, self._open_halves[:count])
        return [*self.blocks, *([self._open_block] if self._open_block else [])]

    def find(self, names: Sequence[str]) -> dict[str, int]:
        """Look up the ids that are here: the last row that each was added under."""
        packed = {pack_id(name): name for name in names}
        keys = [*packed]
        found: dict[str, int] = {}
        for start, block in zip(self._starts, self.blocks, strict=True):
            rows = block.find(keys)
            found |= {packed[key]: start + row for key, row in rows.items()}
        for name in names:
            if name in self._open_rows:
                found[name] = self._open_start + self._open_rows[name]
        return found

    def names(self, rows: Iterable[int]) -> list[str]:
        """Tell the ids of rows."""
        names = []
        for row in rows:
            if row >= self._open_start:
                names.append(self._open_names[row - self._open_start])
            else:
                place = bisect_right(self._starts, row) - 1
                packed = self.blocks[place].names[row - self._starts[place]]
                names.append(unpack_id(packed.tobytes().rstrip(b"\0")))
        return names

    def gather(self, rows: Rows) -> Halves:
        """Copy rows, in this order: (n, d)."""
        order = np.argsort(rows)
        ascending = rows[order]
        in_order = np.empty((len(rows), self._open_halves.shape[1]), np.float16)
        starts = [*self._starts, self._open_start]
        places = np.searchsorted(ascending, starts).tolist()
        ends = [*places[1:], len(rows)]
        arrays = [*(block.halves for block in self.blocks), self._open_halves]
        # `take` lets other threads run; "clip" spares a copy, no row is out of range.
        for array, start, a, b in zip(arrays, starts, places, ends, strict=True):
            if a < b:
                some = ascending[a:b] - start
                array.take(some, axis=0, out=in_order[a:b], mode="clip")
        turns = np.empty_like(order)
        turns[order] = np.arange(len(order))
        return in_order.take(turns, axis=0)

    def _append_open(self, names: Sequence[str], halves: Halves) -> None:
        count = len(self._open_names)
        self._open_halves[count : count + len(names)] = halves
        self._open_names.extend(names)
        self._open_rows.update(
            zip(names, range(count, count + len(names)), strict=True)
        )
        self._open_block = None

    def _take(self, block: Block) -> None:
        self._starts.append(self._open_start)
        self.blocks.append(block)
