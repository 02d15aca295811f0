"""Progress of a long check, and whether it should stop."""

from collections.abc import Callable

Progress = Callable[[int, int], None]


class Watch:
    """Counts what is done; once asked to stop, it stays so."""

    def __init__(
        self,
        total: int,
        *,
        on_progress: Progress,
        should_stop: Callable[[], bool],
    ) -> None:
        self._total = total
        self._done = 0
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._is_stopping = False

    def advance(self, num: int = 1) -> None:
        """Note that so many more are done."""
        self._done += num
        self._on_progress(self._done, self._total)

    @property
    def is_stopping(self) -> bool:
        """Whether somebody wants the work to end."""
        self._is_stopping = self._is_stopping or self._should_stop()
        return self._is_stopping
