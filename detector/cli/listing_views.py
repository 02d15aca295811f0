"""`detector listings list` and `show`: what is known of listings."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.access import as_json, minute, open_database
from detector.cli.output import note, print_json, results

if TYPE_CHECKING:
    from detector.listings.intake.listing_list import ListingView
    from detector.store.listing_tables import ListingRow

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class ListingState(StrEnum):
    """How far a listing has come."""

    QUEUED = "queued"
    SCANNED = "scanned"
    FAILED = "failed"
    DELETED = "deleted"


class ListingVerdict(StrEnum):
    """What was concluded of a listing."""

    MATCH = "match"
    REVIEW = "review"
    NO_MATCH = "no_match"


def list_all(
    marketplace: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only of this marketplace.")
    ] = None,
    state: Annotated[
        ListingState | None, typer.Option(help="Only those in this state.")
    ] = None,
    verdict: Annotated[
        ListingVerdict | None, typer.Option(help="Only those with this verdict.")
    ] = None,
    seller: Annotated[
        str | None, typer.Option(metavar="ID", help="Only of this seller.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most listings to show.")] = 50,
    json: Json = False,
) -> None:
    """List listings."""
    from rich.table import Table

    from detector.listings.intake.listing_list import ListingFilter, list_listings

    wanted = ListingFilter(marketplace, state, verdict, seller)
    with open_database() as database, database.read() as session:
        rows, more = list_listings(session, wanted=wanted, cursor=None, limit=limit)
    if json:
        print_json([_row_as_json(row) for row in rows])
        return
    columns = ["id", "marketplace", "listing", "version", "state", "verdict", "title"]
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(
            row.id,
            row.marketplace,
            row.external_id,
            str(row.version),
            row.state,
            row.verdict or "",
            str(row.details.get("title", ""))[:60],
        )
    results().print(table if rows else "There are no such listings.", markup=False)
    if more:
        note("There are more: raise --limit.")


def show(
    listing: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Our id, or with --marketplace the marketplace's own."
        ),
    ],
    marketplace: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose id it is.")
    ] = None,
    json: Json = False,
) -> None:
    """Show a listing: its pictures, what they resemble, and its flags."""
    from detector.listings.intake.listing_list import view_listing
    from detector.listings.intake.take import listing_row_id

    if marketplace is not None:
        listing = listing_row_id(marketplace, listing)
    with open_database() as database, database.read() as session:
        view = view_listing(session, listing, marketplace=None)
    if json:
        print_json(_view_as_json(view))
    else:
        _print(view)


def _print(view: "ListingView") -> None:
    console = results()
    row = view.row
    for name, value in (
        ("id", row.id),
        ("listing", f"{row.external_id} of {row.marketplace}, version {row.version}"),
        ("seller", row.seller_id),
        ("state", row.state),
        ("verdict", row.verdict),
        ("error", row.error),
        ("received", minute(row.received_at)),
        ("scanned", minute(row.scanned_at)),
        *row.details.items(),
    ):
        if value:
            console.print(f"{name}: {value}", markup=False)
    for image in view.images:
        result = view.results.get(image.sha256 or "")
        found = None if result is None else result.error or result.verdict
        place = image.url or image.sha256
        console.print(
            f"picture {image.position}: {place}: {found or image.error or 'waits'}",
            markup=False,
        )
        for match in result.matches if result is not None else ():
            reference = result.references.get(match.reference_id) if result else None
            if reference is not None:
                console.print(
                    f"    {match.similarity:.2f} {match.relation} "
                    f"{reference.brand}/{reference.external_id}",
                    markup=False,
                )
    for flag in view.flags:
        console.print(
            f"flag {flag.row.id}: {flag.brand.name}: {flag.row.verdict}, "
            f"{flag.row.state}",
            markup=False,
        )


def _view_as_json(view: "ListingView") -> dict[str, object]:
    from detector.listings.formats import match_as_json

    images: list[dict[str, object]] = []
    for image in view.images:
        result = view.results.get(image.sha256 or "")
        matches = [
            {
                "reference_id": reference.id,
                "external_id": reference.external_id,
                "brand": reference.brand,
                **match_as_json(match),
            }
            for match in (result.matches if result is not None else ())
            if result and (reference := result.references.get(match.reference_id))
        ]
        images.append(
            {
                "position": image.position,
                "sha256": image.sha256,
                "url": image.url,
                "error": image.error or (result and result.error),
                "verdict": result and result.verdict,
                "matches": matches,
            }
        )
    flags = [
        {
            "id": flag.row.id,
            "brand": flag.brand.name,
            "state": flag.row.state,
            "verdict": flag.row.verdict,
            "similarity": flag.row.similarity,
            "relation": flag.row.relation,
        }
        for flag in view.flags
    ]
    return {**_row_as_json(view.row), "images": images, "flags": flags}


def _row_as_json(row: "ListingRow") -> dict[str, object]:
    values: dict[str, object] = {
        "id": row.id,
        "marketplace_id": row.marketplace,
        "listing_id": row.external_id,
        "version": row.version,
        "state": row.state,
        "verdict": row.verdict,
        "error": row.error,
        "removal": row.removal,
        "seller_id": row.seller_id,
        "details": row.details,
        "occurred_at": row.occurred_at,
        "received_at": row.received_at,
        "scanned_at": row.scanned_at,
        "deleted_at": row.deleted_at,
    }
    return as_json(values)
