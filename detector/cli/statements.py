"""`detector statements …`: records for the EU transparency database."""

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.access import open_database
from detector.cli.output import ExitCode, complain, note, print_json, results

app = typer.Typer(
    no_args_is_help=True,
    help="Export records of restrictions for the EU transparency database.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def export(
    out: Annotated[
        Path,
        typer.Option(file_okay=False, help="Folder for the files; made if missing."),
    ],
    marketplace: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only of this marketplace; all if unset."),
    ] = None,
    json: Json = False,
) -> None:
    """Write the records that nobody has sent yet to files of up to 100.

    Each is the body for POST /api/v1/statements. What the database answers goes to
    POST /v1/statement-exports/ID/response of the service; the file is named by the ID.
    Records that are not valid are left out; exit 1 if there are any.
    """
    from detector.review.statements.export import as_file, make_batch
    from detector.store.table import utc_now

    out.mkdir(parents=True, exist_ok=True)
    files: list[dict[str, object]] = []
    failed: list[dict[str, object]] = []
    with open_database() as database:
        while True:
            with database.write() as session:
                batch = make_batch(session, marketplace=marketplace, at=utc_now())
                for row in batch.failed:
                    failed.append({"statement_id": row.id, "error": row.error})
                if batch.id is not None:
                    path = out / f"{batch.id}.json"
                    # Before the commit: what is marked as exported is in a file.
                    path.write_text(as_file(batch.statements), encoding="utf-8")
                    files.append(
                        {
                            "export_id": batch.id,
                            "file": str(path),
                            "num_statements": len(batch.statements),
                        }
                    )
            if batch.id is None and not batch.failed:
                break
    if json:
        print_json({"files": files, "failed": failed})
    else:
        for file in files:
            results().print(f"{file['file']}: {file['num_statements']} records")
        if not files:
            note("There is nothing to export.")
    for each in failed:
        complain(
            f"{each['statement_id']} is left out: {each['error']}",
            "GET /v1/statements shows its record.",
        )
    if failed:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def validate(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help='JSON: {"statements": […]}, a list of records, or one.',
        ),
    ],
    json: Json = False,
) -> None:
    """Check a file as the EU transparency database does; exit 1 if it has faults."""
    from dataclasses import asdict

    from detector.review.statements.validate import read_records, validate_records

    records = read_records(file.read_bytes())
    faults = validate_records(records)
    if json:
        print_json([asdict(fault) for fault in faults])
    else:
        for fault in faults:
            place = f"statement_{fault.index}" + (fault.field and f".{fault.field}")
            results().print(f"{place}: {fault.message}", markup=False)
        if not faults:
            results().print(f"{len(records)} records, no faults.")
    if faults:
        raise typer.Exit(ExitCode.FAILED)
