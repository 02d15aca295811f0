"""The files of a folder, in a fixed order, each with a reason where it is left out."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file that may be a picture, or one that is passed over.

    Attributes:
        name: path below the folder, with `/`, as it can be printed and stored.
        path: where it lies.
        reason: why it is passed over; None if it is not.
        is_hidden: it, or the folder that it stands for, begins with a dot.
    """

    name: str
    path: Path
    reason: str | None = None
    is_hidden: bool = False

    @property
    def has_utf8_name(self) -> bool:
        """Whether `name` is the path itself, and not an escaped spelling of it."""
        return self.path.as_posix().endswith(self.name)


def printable(path: str | Path) -> str:
    r"""Spell a path so that it can be printed: a byte that is no UTF-8 as `\udcff`."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def walk(folder: Path) -> Iterator[FoundFile]:
    """Go through everything below a folder, by name within each folder.

    Links to files inside the folder are followed; links that lead outside are passed
    over, since whoever fills the folder must not choose what else is read. Links to
    folders are passed over too: what they show inside the folder is found at its own
    place.
    """
    root = folder.resolve()
    waiting = [root]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(root).as_posix()
        if path != root:
            reason, is_hidden = _reason(path, root)
            if reason is not None or not path.is_dir():
                yield FoundFile(printable(name), path, reason, is_hidden)
                continue
        try:
            names = sorted(os.listdir(path), reverse=True)  # noqa: PTH208
        except OSError as error:
            yield FoundFile(printable(name), path, f"cannot be read: {error.strerror}")
            continue
        waiting.extend(path / name for name in names)


def _reason(path: Path, root: Path) -> tuple[str | None, bool]:
    """Say why a path is passed over, and whether for being hidden."""
    if path.name.startswith("."):
        return "hidden", True
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            if not path.resolve(strict=True).is_relative_to(root):
                return "a link that leads out of the folder", False
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                return "a link to a folder", False
    except (FileNotFoundError, RuntimeError):
        return "a link that leads nowhere", False
    except OSError as error:
        return f"cannot be read: {error.strerror}", False
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return "not a regular file", False
    return None, False
