"""What effects do about actions: schedule, drop, lift, raise the alarm."""

from detector.review.move import Move


def schedule_restrictions(move: Move) -> None:
    """Schedule a restriction of each open listing of the case, to be sent later."""


def drop_actions(move: Move) -> None:
    """Set aside what has not been applied."""


def schedule_lifts(move: Move) -> None:
    """Ask for the lift of all that was restricted."""


def alarm(move: Move) -> None:
    """Tell the platform that a lift failed, and ask for it again."""
