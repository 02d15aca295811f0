"""How appeals end when the case goes on."""

from detector.review.move import Move


def end_appeal(move: Move, state: str) -> None:
    """End the appeal that is being dealt with, and tell whoever appealed."""
