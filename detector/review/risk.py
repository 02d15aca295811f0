"""How much there is to lose by leaving a case; orders those that are due alike."""

import math
from collections.abc import Mapping

VERDICTS = {"match": 1.0, "review": 0.5}
SUPPORT = 0.25
"""What each signal that supports it adds."""


def estimate_risk(
    verdict: str | None, similarity: float | None, signals: Mapping[str, object]
) -> float:
    """Weigh how likely a case is upheld with how many people see the picture.

    Args:
        verdict: of the flag.
        similarity: of its strongest match, 0..1.
        signals: of the flag, by name.

    Returns:
        0 or more, up = sooner; only comparable with others of its kind.
    """
    likely = VERDICTS.get(verdict or "", 0.5)
    if similarity is not None:
        likely *= similarity
    given = [signal for signal in signals.values() if isinstance(signal, dict)]
    directions = [signal.get("direction") for signal in given]
    support = directions.count("supports") - directions.count("against")
    size = signals.get("cluster_size")
    seen = size.get("value") if isinstance(size, dict) else None
    exposure = 1 + math.log10(seen) if isinstance(seen, int) and seen > 0 else 1
    return round(likely * max(0.1, 1 + SUPPORT * support) * exposure, 6)
