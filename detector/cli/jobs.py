"""`detector jobs …`: what waits to be done, what was given up, and what to do then."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import as_json, minute, open_database
from detector.cli.output import (
    ExitCode,
    complain,
    note,
    print_json,
    progress_bar,
    results,
)

if TYPE_CHECKING:
    from detector.store.database import Database
    from detector.store.work_tables import JobRow

app = typer.Typer(
    no_args_is_help=True,
    help="Look after work in the background: imports, scans, events on their way.",
)

STATES = ("ready", "leased", "dead", "canceled", "done")
POLL_S = 0.5
COLUMNS = (
    "id",
    "kind",
    "state",
    "attempts",
    "max_attempts",
    "run_at",
    "created_at",
    "finished_at",
    "last_error",
    "payload",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Kind = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="Only those of this kind, as `list` shows it."),
]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Of jobs.")]


@app.command("list")
def list_all(
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help="Only those that are `ready`, `leased`, `dead` (given up), `canceled` "
            "or `done`; those that are not over if unset.",
        ),
    ] = None,
    kind: Kind = None,
    limit: Annotated[int, typer.Option(min=1, help="Most jobs to list.")] = 100,
    json: Json = False,
) -> None:
    """List jobs, the oldest first."""
    from rich.table import Table

    from detector.store.job_list import list_jobs

    if state is not None and state not in STATES:
        raise typer.BadParameter(
            f"{state!r} is none of {', '.join(STATES)}.", param_hint="--state"
        )
    with open_database() as database, database.read() as session:
        rows, rest = list_jobs(session, limit=limit, kind=kind, state=state)
    if json:
        print_json([_as_json(row) for row in rows])
    elif not rows:
        results().print("There are no such jobs.")
    else:
        table = Table(
            "id", "kind", "state", "attempts", "not before", "error", box=None
        )
        for row in rows:
            attempts = f"{row.attempts}/{row.max_attempts}"
            error = row.last_error or ""
            table.add_row(
                row.id, row.kind, row.state, attempts, minute(row.run_at), error
            )
        results().print(table)
    if rest is not None:
        note(f"There are more than {limit}: give a larger --limit.")


@app.command()
def show(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="Of a job.")],
    json: Json = False,
) -> None:
    """Show a job, and what it works on."""
    from detector.store.job_list import find_job

    with open_database() as database, database.read() as session:
        row = find_job(session, job_id)
    if json:
        print_json(_as_json(row))
        return
    for name, value in _as_json(row).items():
        typer.echo(f"{name}: {'' if value is None else value}")


@app.command()
def retry(
    ids: Ids = None,
    dead: Annotated[
        bool, typer.Option("--dead", help="All that were given up, instead of IDs.")
    ] = False,
    kind: Kind = None,
    json: Json = False,
) -> None:
    """Let jobs that were given up or canceled be tried again, with all attempts."""
    from detector.listings.given_up import retry_job

    if bool(ids) == dead:
        raise typer.BadParameter("Give either IDs or --dead.", param_hint="ID")
    with open_database() as database:

        def retry_one(id: str) -> dict[str, object]:
            with database.write() as session:
                return _as_json(retry_job(session, id))

        chosen = _dead(database, kind) if dead else ids or []
        _change(chosen, retry_one, "are tried again", json=json)


@app.command()
def cancel(
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Of jobs.")],
    json: Json = False,
) -> None:
    """Take jobs out of the queue; what is being done for one is not committed."""
    from detector.store import job_list

    with open_database() as database:

        def cancel_one(id: str) -> dict[str, object]:
            with database.write() as session:
                return _as_json(job_list.cancel(session, id))

        _change(ids, cancel_one, "are canceled", json=json)


@app.command()
def wait(
    kind: Kind = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Longest time; for ever if unset."),
    ] = None,
    json: Json = False,
) -> None:
    """Wait until no job is due, and show meanwhile how many are; exit 1 if some died.

    Those that are due within a minute are waited for, too. How many are left for later
    is told: what failed may be tried again in hours.
    """
    began_at = time.monotonic()
    with open_database() as database, progress_bar(kind or "jobs") as on_progress:
        num_left, num_later, num_dead_before = _left(database, kind)
        total, num_dead, is_late = num_left, num_dead_before, False
        while num_left and not is_late:
            on_progress(total - num_left, total)
            time.sleep(POLL_S)
            num_left, num_later, num_dead = _left(database, kind)
            total = max(total, num_left)
            is_late = timeout is not None and time.monotonic() - began_at > timeout
    waited_s = time.monotonic() - began_at
    num_died = max(0, num_dead - num_dead_before)
    done = total - num_left
    told = {
        "left": num_left,
        "later": num_later,
        "done": done,
        "died": num_died,
        "waited_s": round(waited_s, 1),
        "done_per_s": round(done / waited_s, 1) if waited_s else 0.0,
    }
    if json:
        print_json(told)
    else:
        results().print(
            f"{done:,} jobs in {waited_s:.1f} s, {told['done_per_s']} a second; "
            f"{num_left:,} are left, and {num_later:,} for later."
        )
    if num_died:
        complain(
            f"{num_died} jobs were given up.", "See `detector jobs list --state dead`."
        )
    if num_left:
        complain(
            f"{num_left} jobs are left after {timeout:g} s.",
            "Wait longer, or start more of `detector worker`.",
        )
    if num_left or num_died:
        raise typer.Exit(ExitCode.FAILED)


def _left(database: "Database", kind: str | None) -> tuple[int, int, int]:
    """Count what is to be done soon, what later, and what was given up."""
    from detector.store.job_list import list_queues

    with database.read() as session:
        queues = [q for q in list_queues(session) if kind in (None, q.kind)]
    later = sum(q.later for q in queues)
    left = sum(q.ready + q.leased for q in queues) - later
    return left, later, sum(q.dead for q in queues)


def _dead(database: "Database", kind: str | None) -> list[str]:
    from detector.store.job_list import all_dead

    with database.read() as session:
        return all_dead(session, kind=kind)


def _change(
    ids: list[str],
    change: Callable[[str], dict[str, object]],
    what: str,
    *,
    json: bool,
) -> None:
    """Change jobs one by one: what cannot be done of one leaves the others."""
    from detector.errors import Conflict, Unknown

    changed, num_failed = [], 0
    for id in ids:
        try:
            changed.append(change(id))
        except (Conflict, Unknown) as error:
            complain(str(error.args[0]), error.remedy)
            num_failed += 1
    if json:
        print_json(changed)
    else:
        note(f"{len(changed)} jobs {what}.")
    if num_failed:
        raise typer.Exit(ExitCode.FAILED)


def _as_json(row: "JobRow") -> dict[str, object]:
    return as_json({name: getattr(row, name) for name in COLUMNS})
