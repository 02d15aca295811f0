"""A folder that files of listing events are dropped into, and what becomes of them."""

import json
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from detector.errors import InvalidInput

SETTLE_S = 2.0
"""A file that has not changed for so long is complete."""
ENDINGS = (".ndjson", ".jsonl", ".csv", ".tsv")
DONE = "done"
FAILED = "failed"

_Look = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A file that seems to be complete.

    Attributes:
        path: where it lies.
        look: tells whether it changes after all.
    """

    path: Path
    look: _Look


class WatchedFolder:
    """Says which files are ready, and files away what has been taken."""

    def __init__(self, folder: Path, *, settle_s: float = SETTLE_S) -> None:
        """Watch a folder.

        Args:
            folder: which; not the folders in it.
            settle_s: how long a file has to stay as it is.
        """
        self.folder = folder
        self._settle_s = settle_s
        self._seen: dict[Path, tuple[_Look, float]] = {}

    def ready(self) -> list[ReadyFile]:
        """List the files that have stayed as they are, those written first first.

        Raises:
            InvalidInput: the folder cannot be read.
        """
        now = time.monotonic()
        try:
            looks = {
                path: look
                for path in self.folder.iterdir()
                if is_event_file(path.name) and (look := _look_of(path))
            }
        except OSError as error:
            raise InvalidInput(
                f"The folder {self.folder} cannot be read: {error.strerror}.",
                remedy="Name a folder that this user can read and write.",
            ) from error
        self._seen = {
            path: seen
            if (seen := self._seen.get(path, (look, now)))[0] == look
            else (look, now)
            for path, look in looks.items()
        }
        settled = [
            ReadyFile(path, look)
            for path, (look, since) in self._seen.items()
            if now - since >= self._settle_s
        ]
        return sorted(settled, key=lambda file: (file.look[1], file.path.name))

    def is_as_it_was(self, file: ReadyFile) -> bool:
        """Say whether a file is still what was read, so that it can be filed away."""
        return _look_of(file.path) == file.look

    def wait_again(self, file: ReadyFile) -> None:
        """Let a file that could not be taken be ready again later."""
        self._seen.pop(file.path, None)

    def file_away(
        self, file: ReadyFile, report: Mapping[str, object], *, has_failed: bool
    ) -> Path:
        """Put a report into `done` or `failed`, then the file beside it.

        Whoever dies in between leaves the file where it was, to be taken again: that
        changes nothing, and the report is written anew.

        Raises:
            InvalidInput: it cannot be moved there.
        """
        target = self.folder / (FAILED if has_failed else DONE)
        try:
            target.mkdir(exist_ok=True)
            name = _free_name(target, file.path.name)
            part = target / f".{name}.part"
            text = json.dumps(report, indent=2, ensure_ascii=False)
            part.write_text(text + "\n", "utf-8")
            part.replace(target / f"{name}.report.json")
            # Another process that watches the folder may have been first.
            with suppress(FileNotFoundError):
                file.path.rename(target / name)
        except OSError as error:
            raise InvalidInput(
                f"{file.path} was taken and cannot be moved to {target}: "
                f"{error.strerror}.",
                remedy="Make the folder one that this user can write to.",
            ) from error
        return target / name


def is_event_file(name: str) -> bool:
    """Say whether a name is one of a file of events; hidden ones are not."""
    return not name.startswith(".") and name.lower().removesuffix(".gz").endswith(
        ENDINGS
    )


def _look_of(path: Path) -> _Look | None:
    try:
        status = path.lstat()  # a link may lead to what is nobody's to read
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return (status.st_size, status.st_mtime_ns, status.st_ino)


def _free_name(folder: Path, name: str) -> str:
    """Number a name that an earlier file had."""
    candidate, number = name, 1
    while (folder / candidate).exists():
        number += 1
        stem, dot, endings = name.partition(".")
        candidate = f"{stem}-{number}{dot}{endings}"
    return candidate
