"""The `detector` command: each command parses, calls the library, prints."""

import sys
from collections.abc import Sequence

from detector.cli.app import app
from detector.cli.output import ExitCode, complain
from detector.errors import DetectorError, InvalidInput
from index.errors import IndexFault
from models.errors import ModelError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, then exit; the entry point of the installed program.

    Args:
        arguments: those of the process if None.
    """
    for stream in (sys.stdout, sys.stderr):
        # A stream that cannot show a file's name gets an escaped spelling of it.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app(arguments, prog_name="detector")
    except DetectorError as error:
        complain(str(error.args[0]), error.remedy)
        is_misuse = isinstance(error, InvalidInput)
        sys.exit(ExitCode.MISUSED if is_misuse else ExitCode.FAILED)
    except (ModelError, IndexFault) as error:
        complain(str(error))
        sys.exit(ExitCode.FAILED)
