"""What a product is: enough to draw it again in any view, color and light."""

from dataclasses import dataclass

import numpy as np

from scripts.demo.brands import NAMES, Brand
from scripts.demo.palettes import PALETTES, Palette, distance


@dataclass(frozen=True, slots=True)
class Design:
    """One model of a brand; its seed decides shape, pattern and wording.

    Attributes:
        kind: shoes, bags, watches, bottles, boxes or shirts.
        brand: who makes it.
        seed: of everything but the colors.
    """

    kind: str
    brand: Brand
    seed: int

    def rng(self, salt: int = 0) -> np.random.Generator:
        """A generator of this design's own, the same in every colorway."""
        return np.random.default_rng([self.seed, salt])

    @property
    def model(self) -> str:
        """Its model name."""
        return NAMES[self.seed % len(NAMES)]

    @property
    def code(self) -> str:
        """Its model number, as printed on labels."""
        rng = self.rng(99)
        letters = "".join("ABCDEFGHKLMNPRSTVX"[i] for i in rng.integers(0, 18, 2))
        return f"{letters}-{rng.integers(100, 9999)}"

    def palettes(self) -> list[Palette]:
        """Every colorway in this design's order; the first are the ones on sale.

        The order keeps colorways that look alike apart: each next one is far from all
        those before it.
        """
        rng = self.rng(98)
        rest = [PALETTES[i] for i in rng.permutation(len(PALETTES))]
        first = PALETTES[self.seed * 5 % len(PALETTES)]
        rest.remove(first)
        order = [first]
        while rest:
            gaps = [min(distance(p, q) for q in order) for p in rest]
            far = [k for k, gap in enumerate(gaps) if gap >= 0.6 * max(gaps)]
            order.append(rest.pop(far[0]))
        return order
