"""`detector notices …`: what brands claim of listings, and what became of it."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import as_json, known_brand, minute, open_database
from detector.cli.output import ExitCode, complain, note, print_json, results

if TYPE_CHECKING:
    from detector.review.notices.notice_list import NoticeView

app = typer.Typer(
    no_args_is_help=True,
    help="Give notice of listings for brands, and show what became of it.",
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SIGNED = "Statement that the notifier has signed; repeat it for several."


class Statement(StrEnum):
    """What a notifier signs."""

    GOOD_FAITH = "good_faith"
    ACCURACY = "accuracy"
    PERJURY = "perjury"


class NoticeState(StrEnum):
    """How far a notice has come."""

    RECEIVED = "received"
    INCOMPLETE = "incomplete"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PARTLY_ACCEPTED = "partly_accepted"
    WITHDRAWN = "withdrawn"


@app.command()
def add(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="CSV with the column listing_id, and url where it is known.",
        ),
    ],
    brand: Annotated[
        str, typer.Option(metavar="NAME", help="Brand that gives notice.")
    ],
    marketplace: Annotated[
        str, typer.Option(metavar="NAME", help="Marketplace that the listings are on.")
    ],
    reason: Annotated[
        str, typer.Option(metavar="CODE", help="Why, counterfeit_mark for one.")
    ],
    explanation: Annotated[
        str, typer.Option(metavar="TEXT", help="What infringes, and how you know.")
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="Who gives notice.")],
    email: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where the decision goes.")
    ],
    right: Annotated[
        str | None, typer.Option(metavar="ID", help="Right that is infringed.")
    ] = None,
    signed: Annotated[list[Statement] | None, typer.Option(help=SIGNED)] = None,
    json: Json = False,
) -> None:
    """Give notice of the listings of a file; exit 1 if something in it was wrong.

    Of more than 300 listings several notices are given. Good rows are taken, others
    told with what is wrong with them. A notice that lacks something is kept, and waits
    until it is completed: PUT /v1/notices/ID. The service opens the cases.
    """
    from detector.review.actor import Actor
    from detector.review.notices.notice import WARNING, GivenNotice
    from detector.review.notices.notice_file import give_in_parts, read_items
    from detector.review.notices.notice_list import find_notice
    from detector.review.workflow import Party
    from detector.store.table import utc_now

    with file.open("rb") as data:
        items, problems = read_items(data)
    with open_database() as database:
        brand_id = known_brand(database, brand)
        assert brand_id is not None
        with database.write() as session:
            ids = give_in_parts(
                session,
                GivenNotice(
                    marketplace=marketplace,
                    reason_code=reason,
                    explanation=explanation,
                    items=items,
                    notifier={"name": name, "email": email},
                    right_id=right,
                    signed=[each.value for each in signed or ()],
                ),
                actor=Actor("cli", Party.SYSTEM, "the command line"),
                brand_id=brand_id,
                at=utc_now(),
            )
        with database.read() as session:
            views = [find_notice(session, notice_id) for notice_id in ids]
    if json:
        print_json([_summary(view) for view in views])
    for view in views:
        if not json:
            results().print(
                f"{view.row.id}: {view.row.state}, {len(view.items)} listings",
                markup=False,
            )
        for missing in view.row.missing:
            complain(f"{view.row.id}: {missing['message']}", missing["remedy"])
    for problem in problems:
        complain(f"{file}:{problem.row}: {problem.message}", problem.remedy)
    note(WARNING)
    if not views:
        complain(f"{file} names no listing.", "Put one in each row, as listing_id.")
    if problems or not views or any(view.row.missing for view in views):
        raise typer.Exit(ExitCode.FAILED)


@app.command("list")
def list_all(
    state: Annotated[
        NoticeState | None, typer.Option(help="Only those in this state.")
    ] = None,
    brand: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this brand.")
    ] = None,
    marketplace: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only about this marketplace.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most notices to show.")] = 50,
    json: Json = False,
) -> None:
    """List notices, with how many of their listings came to what."""
    from rich.table import Table

    from detector.review.notices.notice_list import NoticeFilter, list_notices

    with open_database() as database:
        wanted = NoticeFilter(
            state=state,
            brand_id=known_brand(database, brand),
            marketplace=marketplace,
        )
        with database.read() as session:
            views, more = list_notices(session, wanted, cursor=None, limit=limit)
    if json:
        print_json([_summary(view) for view in views])
        return
    columns = ["id", "marketplace", "reason", "state", "received", "listings"]
    table = Table(*columns, box=None)
    for view in views:
        counts = Counter(item.state for item in view.items)
        table.add_row(
            view.row.id,
            view.row.marketplace,
            view.row.reason_code,
            view.row.state,
            minute(view.row.received_at),
            ", ".join(f"{num} {name}" for name, num in sorted(counts.items())),
        )
    results().print(table if views else "There are no such notices.", markup=False)
    if more:
        note("There are more: raise --limit.")


def _summary(view: "NoticeView") -> dict[str, object]:
    row = view.row
    return as_json(
        {
            "notice_id": row.id,
            "external_id": row.external_id,
            "state": row.state,
            "brand_id": row.brand_id,
            "marketplace_id": row.marketplace,
            "reason_code": row.reason_code,
            "right_id": row.right_id,
            "missing": row.missing,
            "received_at": row.received_at,
            "decided_at": row.decided_at,
            "items": [
                {
                    "listing_id": item.external_id,
                    "state": item.state,
                    "reason_code": item.reason_code,
                    "case_id": item.case_id,
                }
                for item in view.items
            ],
        }
    )
