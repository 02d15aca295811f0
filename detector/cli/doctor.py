"""`detector doctor`: what is right, and how to mend what is not."""

from dataclasses import asdict
from typing import Annotated

import typer

from detector.cli.output import ExitCode, print_json, results


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check settings, data directory, models, database and index.

    Changes nothing. Exit 1 if something is wrong; each such line says what mends it.
    """
    from rich.text import Text

    from detector.cli.checks import State, run_checks

    marks = {
        State.OK: Text("ok     ", "green"),
        State.WARNING: Text("warning", "yellow"),
        State.FAULT: Text("FAULT  ", "bold red"),
    }
    checks = []
    console = results()
    for check in run_checks():
        checks.append(check)
        if not json:
            console.print(marks[check.state], Text(f" {check.name}: {check.found}"))
            if check.remedy:
                console.print(Text(f"         → {check.remedy}"))
    if json:
        print_json([asdict(check) for check in checks])
    if any(check.state is State.FAULT for check in checks):
        raise typer.Exit(ExitCode.FAILED)
