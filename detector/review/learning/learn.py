"""What the end of a case teaches."""

from detector.review.move import Move


def learn(move: Move) -> None:
    """Remember what the decision says of pairs of pictures and of references."""
