"""The commands of `detector`."""

from typing import Annotated

import typer

from detector.cli import (
    backup,
    calibrate,
    cases,
    catalogue,
    compare,
    doctor,
    erase,
    evaluate,
    index,
    jobs,
    key,
    listings,
    model,
    notices,
    scan,
    serve,
    statements,
    user,
    verify_evidence,
    worker,
)
from detector.cli.output import ExitCode

app = typer.Typer(
    name="detector",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(catalogue.app, name="catalogue")
app.command("scan")(scan.scan)
app.command("compare")(compare.compare)
app.command("evaluate")(evaluate.evaluate)
app.command("calibrate")(calibrate.calibrate)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.add_typer(jobs.app, name="jobs")
app.add_typer(listings.app, name="listings")
app.add_typer(cases.app, name="cases")
app.add_typer(notices.app, name="notices")
app.add_typer(statements.app, name="statements")
app.add_typer(erase.app, name="erase")
app.command("verify-evidence")(verify_evidence.verify_evidence)
app.add_typer(key.app, name="key")
app.add_typer(user.app, name="user")
app.add_typer(index.app, name="index")
app.add_typer(model.app, name="model")
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"detector {version('counterfeit-detector')}")
        raise typer.Exit(ExitCode.DONE)


@app.callback()
def detector(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Find copies of a brand's pictures among listing pictures.

    Results go to stdout, progress and messages to stderr. Exit status: 0 done,
    1 failed, 2 misused. Settings are environment variables, see `detector doctor`.
    """
