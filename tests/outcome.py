"""How a run of the command line ended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Exit status and what was printed."""

    code: int
    out: str
    err: str
