"""Ctrl-C for commands that run until they are told to stop."""

import signal
import threading


def interrupts() -> threading.Event:
    """Be told to stop by Ctrl-C or a service manager; the second time ends it."""
    interrupted = threading.Event()

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        interrupted.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return interrupted
