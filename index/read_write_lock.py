"""A lock that many searches share and a change holds alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ReadWriteLock:
    """Lets readers run together and a writer alone; a waiting writer goes first.

    Chosen over copy-on-write because a change touches a few rows in place, where a
    copy of the whole index would cost a gigabyte; and over a plain lock because faiss
    releases the interpreter's lock, so that searches of several threads run at once.
    Not reentrant.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._num_readers = 0
        self._num_waiting_writers = 0
        self._is_writing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold off changes; other readers may come in."""
        with self._changed:
            while self._is_writing or self._num_waiting_writers:
                self._changed.wait()
            self._num_readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._num_readers -= 1
                self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold off everybody else."""
        with self._changed:
            self._num_waiting_writers += 1
            try:
                while self._is_writing or self._num_readers:
                    self._changed.wait()
                self._is_writing = True
            finally:
                self._num_waiting_writers -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()
