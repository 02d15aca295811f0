"""`detector erase …`: data of a seller, listing or brand goes; two people decide."""

from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import as_json, minute, open_database
from detector.cli.output import ExitCode, print_json, results

if TYPE_CHECKING:
    from detector.review.actor import Actor
    from detector.store.takedown_tables import ErasureRow

app = typer.Typer(
    no_args_is_help=True,
    help="Erase what is kept of a seller, listing or brand; two people decide it.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the erasure.")]
Who = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does it, for the record.")
]
COLUMNS = (
    "id",
    "subject",
    "subject_id",
    "subject_sha256",
    "state",
    "reason",
    "proposed_by",
    "approved_by",
    "report",
    "created_at",
    "finished_at",
)


class Subject(StrEnum):
    """What data can be erased of."""

    SELLER = "seller"
    LISTING = "listing"
    BRAND = "brand"


@app.command()
def propose(
    subject: Annotated[Subject, typer.Argument(help="What it is of.")],
    id: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT", help="Our id of a listing or brand; MARKETPLACE/SELLER."
        ),
    ],
    by: Who,
    reason: Annotated[str, typer.Option(help="Why; stays on record.")],
    json: Json = False,
) -> None:
    """Ask for an erasure; nothing happens until somebody else approves it."""
    from detector.review.erasure.erase import propose_erasure
    from detector.store.table import utc_now

    with open_database() as database, database.write() as session:
        row = propose_erasure(
            session,
            kind=subject.value,
            subject_id=id,
            reason=reason,
            actor=_actor(by),
            at=utc_now(),
        )
        _show(row, json=json)


@app.command()
def approve(id: Id, by: Who, json: Json = False) -> None:
    """Approve an erasure, and do it; exit 1 if something is in the way."""
    from detector.review.erasure.erase import approve_erasure
    from detector.settings import load_settings
    from detector.store.store import open_store
    from detector.store.table import utc_now

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        row = approve_erasure(store, id, actor=_actor(by), at=utc_now())
    _show(row, json=json)
    if row.state != "done":
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def reject(id: Id, by: Who, json: Json = False) -> None:
    """Turn an erasure down."""
    from detector.review.erasure.erase import reject_erasure
    from detector.store.table import utc_now

    with open_database() as database, database.write() as session:
        row = reject_erasure(session, id, actor=_actor(by), at=utc_now())
        _show(row, json=json)


@app.command("list")
def list_all(
    limit: Annotated[int, typer.Option(min=1, help="Most to show.")] = 50,
    json: Json = False,
) -> None:
    """List erasures, and what came of them."""
    from rich.table import Table

    from detector.review.erasure.erase import list_erasures

    with open_database() as database, database.read() as session:
        rows, _ = list_erasures(session, state=None, cursor=None, limit=limit)
    if json:
        print_json([_as_json(row) for row in rows])
        return
    table = Table("id", "subject", "whose", "state", "asked", "settled", box=None)
    for row in rows:
        table.add_row(
            row.id,
            row.subject,
            row.subject_id or "",
            row.state,
            minute(row.created_at),
            minute(row.finished_at),
        )
    results().print(table if rows else "There are no erasures.", markup=False)


@app.command()
def finish() -> None:
    """Write the database's files anew, so that nothing that was erased is in them.

    Approving does it; this is for when others used the database all the time.
    """
    from detector.review.erasure.erase import finish_erasure
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    with closing(open_store(settings.data_dir, **settings.places)) as store:
        finish_erasure(store, forgets_index=True)
    results().print("Done.", markup=False)


def _actor(by: str) -> "Actor":
    """Somebody at the command line, by the name that they give."""
    from detector.review.actor import Actor
    from detector.review.workflow import Party

    return Actor(f"cli:{by}", Party.SYSTEM, by, is_person=True)


def _as_json(row: "ErasureRow") -> dict[str, object]:
    return as_json({name: getattr(row, name) for name in COLUMNS})


def _show(row: "ErasureRow", *, json: bool) -> None:
    if json:
        print_json(_as_json(row))
        return
    for name, value in _as_json(row).items():
        if value not in (None, {}):
            results().print(f"{name}: {value}", markup=False)
