"""`detector key …`: who may use the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from detector.access.roles import Role
from detector.cli.output import note, print_json, results

if TYPE_CHECKING:
    from detector.access.keys import ApiKey
    from detector.store.database import Database

app = typer.Typer(no_args_is_help=True, help="Say who may use the service.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def create(
    role: Annotated[
        Role,
        typer.Option(
            help="What the key is for: `marketplace` compares pictures, `admin` is for "
            "whoever runs the service."
        ),
    ],
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
    """Make a key and print it, once: only its hash is kept.

    Programs send it as `Authorization: Bearer KEY`. A running service knows it at
    once.
    """
    from detector.access.keys import create_key

    lifetime = None if expires is None else timedelta(days=expires)
    with _database() as database:
        text, key = create_key(database, role, name=name, lifetime=lifetime)
    if json:
        print_json({"key": text, **_as_json(key)})
    else:
        typer.echo(text)
        note("Keep it safe: it cannot be shown again.")


@app.command("list")
def list_all(json: Json = False) -> None:
    """List the keys, without the keys themselves."""
    from rich.table import Table

    from detector.access.keys import list_keys

    with _database() as database:
        keys = list_keys(database)
    if json:
        print_json([_as_json(key) for key in keys])
        return
    table = Table("prefix", "role", "state", "name", "created", "expires", box=None)
    for key in keys:
        times = [_day(key.created_at), _day(key.expires_at)]
        table.add_row(key.prefix, key.role, key.state, key.name, *times)
    results().print(table if keys else "There are no keys yet.")


@app.command()
def revoke(
    prefix: Annotated[
        str, typer.Argument(metavar="PREFIX", help="The 8 characters after dk_.")
    ],
    json: Json = False,
) -> None:
    """End a key at once and for good."""
    from detector.access.keys import revoke_key

    with _database() as database:
        key = revoke_key(database, prefix)
    if json:
        print_json(_as_json(key))
    else:
        note(f"Key {key.prefix} is revoked.")


@contextmanager
def _database() -> Iterator["Database"]:
    from detector.settings import load_settings
    from detector.store.store import open_store

    settings = load_settings()
    store = open_store(settings.data_dir, settings.database_place)
    try:
        yield store.database
    finally:
        store.close()


def _as_json(key: "ApiKey") -> dict[str, object]:
    known = asdict(key) | {"state": key.state}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in known.items()
    }


def _day(time: datetime | None) -> str:
    return "" if time is None else time.strftime("%Y-%m-%d %H:%M UTC")
