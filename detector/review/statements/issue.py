"""Statements of reasons are written when an action is sent, and delivered with it."""

from detector.review.move import Move


def deliver_statements(move: Move) -> None:
    """Note that the seller has the statements of what was applied."""
