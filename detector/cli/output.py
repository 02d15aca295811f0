"""What commands print with: results on stdout, progress and log on stderr.

Commands import what is heavy when they run, so that `--help` answers at once.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

OnProgress = Callable[[int, int], None]
"""Called with how much is done, and the total."""


UNBOUNDED = 100_000
"""Columns of what is no terminal."""


class ExitCode(IntEnum):
    """What the exit status of a command means."""

    DONE = 0
    FAILED = 1
    MISUSED = 2


def results(file: TextIO | None = None) -> "Console":
    """Open stdout, or a file, for text and tables.

    Without a terminal lines are as long as they need to be, for `grep` and the like.
    """
    from rich.console import Console

    target = file or sys.stdout
    if target.isatty():
        return Console(file=target, highlight=False)
    return Console(file=target, highlight=False, width=UNBOUNDED, soft_wrap=True)


def note(message: str) -> None:
    """Tell the user something on stderr."""
    from rich.console import Console
    from rich.text import Text

    log = Console(stderr=True, highlight=False, soft_wrap=True)
    log.print(Text(message, style="dim"))


def complain(message: str, remedy: str = "") -> None:
    """Say on stderr what went wrong, and what can be done about it."""
    from rich.console import Console
    from rich.text import Text

    log = Console(stderr=True, highlight=False, soft_wrap=True)
    log.print(Text.assemble(("Error: ", "bold red"), message))
    if remedy:
        log.print(Text(remedy))


def print_json(value: object) -> None:
    """Print a JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def progress_bar(what: str) -> Iterator[OnProgress]:
    """Show a bar on stderr while work goes on, if somebody can see it."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    log = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    is_shown = log.is_terminal
    with Progress(
        *columns, console=log, transient=True, disable=not is_shown
    ) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
