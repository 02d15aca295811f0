"""What a case's end means for the notices that named it."""

from detector.review.move import Move


def settle_notices(move: Move) -> None:
    """Write the outcome of each item, and tell the notifier once all are settled."""
