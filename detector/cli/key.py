"""`detector key …`: which programs may use the service."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from detector.access.roles import Capability, Role
from detector.cli.access import (
    ROLES,
    as_json,
    brand_option,
    known_brand,
    marketplace_option,
    minute,
    open_database,
)
from detector.cli.output import note, print_json, results

if TYPE_CHECKING:
    from detector.access.api_key import ApiKey

app = typer.Typer(
    no_args_is_help=True, help=f"Say which programs may use the service. {ROLES}"
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Prefix = Annotated[
    str, typer.Argument(metavar="PREFIX", help="The 8 characters after dk_.")
]


@app.command(
    help="Make a key and print it, once: only its hash is kept.\n\n"
    "Programs send it as `Authorization: Bearer KEY`. A running service knows it at "
    f"once.\n\n{ROLES}"
)
def create(
    role: Annotated[Role, typer.Option(help="What it may do, see above.")],
    brand: Annotated[str | None, brand_option] = None,
    marketplace: Annotated[str | None, marketplace_option] = None,
    scope: Annotated[
        list[Capability] | None,
        typer.Option(
            help="All that it may do of what its role allows; may be given several "
            "times."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Tells people whose key it is.")] = "",
    expires: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=36_500,
            metavar="DAYS",
            help="Days until it ends; never if unset.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Make a key."""
    from detector.access.keys import create_key

    with open_database() as database:
        text, key = create_key(
            database,
            role,
            name=name,
            lifetime=None if expires is None else timedelta(days=expires),
            brand_id=known_brand(database, brand),
            marketplace=marketplace,
            scopes=frozenset(scope) if scope else None,
        )
    _print_new(text, key, json=json)


@app.command("list")
def list_all(json: Json = False) -> None:
    """List the keys, without the keys themselves."""
    from rich.table import Table

    from detector.access.keys import list_keys

    with open_database() as database:
        keys, _ = list_keys(database)
    if json:
        print_json([_as_json(key) for key in keys])
        return
    columns = ["prefix", "role", "state", "name", "tied to", "scopes"]
    table = Table(*columns, "created", "expires", "last used", box=None)
    for key in keys:
        times = [minute(t) for t in (key.created_at, key.expires_at, key.last_used_at)]
        tie = key.grant.brand_id or key.grant.marketplace or ""
        scopes = " ".join(sorted(key.grant.scopes or ()))
        row = [key.prefix, key.grant.role, key.state, key.name, tie, scopes]
        table.add_row(*row, *times)
    results().print(table if keys else "There are no keys yet.")


@app.command()
def revoke(prefix: Prefix, json: Json = False) -> None:
    """End a key at once and for good."""
    from detector.access.keys import revoke_key

    with open_database() as database:
        key = revoke_key(database, prefix)
    if json:
        print_json(_as_json(key))
    else:
        note(f"Key {key.prefix} is revoked.")


@app.command()
def rotate(
    prefix: Prefix,
    overlap: Annotated[
        int,
        typer.Option(
            min=0,
            max=720,
            metavar="HOURS",
            help="Hours that the old key goes on, unless it ends before.",
        ),
    ] = 24,
    json: Json = False,
) -> None:
    """Make a key with the rights of another one, and let that end after a while."""
    from detector.access.keys import rotate_key

    with open_database() as database:
        text, key = rotate_key(database, prefix, overlap=timedelta(hours=overlap))
    _print_new(text, key, json=json)


def _print_new(text: str, key: "ApiKey", *, json: bool) -> None:
    if json:
        print_json({"key": text, **_as_json(key)})
    else:
        typer.echo(text)
        note("Keep it safe: it cannot be shown again.")


def _as_json(key: "ApiKey") -> dict[str, object]:
    known = asdict(key)
    return as_json(known | known.pop("grant") | {"state": key.state})
