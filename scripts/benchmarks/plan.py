"""How much the benchmark measures."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure.

    Attributes:
        references: pictures in the catalogue.
        copies: edited copies of them to scan.
        innocent: other pictures to scan.
        crowd: how many times as many references the larger catalogue has.
        rounds: scans in the larger catalogue, each beside decoding and embedding alone.
        requests: pictures sent to the service, at full speed and at half of it.
        seed: of everything that is drawn.
        is_quick: whether parts leave out what takes minutes.
    """

    references: int
    copies: int
    innocent: int
    crowd: int
    rounds: int
    requests: int
    seed: int = 7
    is_quick: bool = False


DEFAULT = Plan(1000, 42, 54, crowd=100, rounds=3, requests=120)
QUICK = Plan(200, 14, 18, crowd=500, rounds=1, requests=30, is_quick=True)
