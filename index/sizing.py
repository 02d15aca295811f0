"""When vectors are searched exactly and when through codes, and with how much effort.

The curve behind these numbers, and how it was measured: `docs/index_at_size.md`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sizing:
    """How an index divides its vectors; the defaults are for 256 dimensions.

    Attributes:
        flat_up_to: vectors that are compared one by one; beyond, codes are made.
        tail_rows: of the newest vectors, so many stay without codes, compared one by
            one; more are coded when they are added.
        rows_at_once: coded in one go, while searches wait: 10 ms.
        block_rows: in one file.
        regrowth: how many times larger than at the last training the index may become
            before it is trained again.
        rows_per_list: taken to train with.
        least_probes: lists searched for a query, or more if there are many lists.
        least_candidates: codes whose vectors are compared, or more for many hits.
    """

    flat_up_to: int = 65_536
    tail_rows: int = 2_048
    rows_at_once: int = 256
    block_rows: int = 131_072
    regrowth: int = 8
    rows_per_list: int = 40
    least_probes: int = 64
    least_candidates: int = 400

    def num_lists(self, num_rows: int) -> int:
        """Lists that so many rows are divided into: a power of two.

        From two to four times the square root, as there may soon be several times more.
        """
        return 1 << math.ceil(math.log2(2 * math.sqrt(num_rows)))

    def num_probes(self, num_lists: int) -> int:
        """Lists that a query looks through."""
        return min(num_lists, max(self.least_probes, 8 * math.isqrt(num_lists)))

    def num_candidates(self, k: int) -> int:
        """Codes that are compared by their vectors to find the k nearest.

        With 4 for each of the 50 nearest of real vectors, 0.970 were found; with 16,
        0.986 in 0.3 ms more.
        """
        return max(self.least_candidates, 16 * k)

    def sample(self, rows: NDArray[np.int64], num_lists: int) -> NDArray[np.int64]:
        """Choose the rows to train so many lists with, always in the same way."""
        num = min(len(rows), self.rows_per_list * num_lists)
        return np.sort(np.random.default_rng(0).choice(rows, num, replace=False))


DEFAULT = Sizing()
