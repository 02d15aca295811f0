"""`detector user …`: which people may log in."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from detector.access.roles import Role
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
from detector.errors import InvalidInput

if TYPE_CHECKING:
    from detector.access.users import User, UserState

app = typer.Typer(no_args_is_help=True, help=f"Say which people may log in. {ROLES}")

MAX_LINE = 1_000

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Email = Annotated[
    str, typer.Argument(metavar="EMAIL", help="Address that they log in with.")
]
FromStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Read the password from the first line of stdin; asked for twice if not "
        "given.",
    ),
]


@app.command(
    help="Add a person with a password of 12 to 128 characters.\n\n"
    "They log in with POST /sessions. A running service knows them at once.\n\n"
    f"{ROLES}"
)
def create(
    email: Annotated[str, typer.Option(help="Address that they log in with.")],
    role: Annotated[Role, typer.Option(help="What they may do, see above.")],
    brand: Annotated[str | None, brand_option] = None,
    marketplace: Annotated[str | None, marketplace_option] = None,
    name: Annotated[str, typer.Option(help="Of the person.")] = "",
    password_stdin: FromStdin = False,
    json: Json = False,
) -> None:
    """Add a person."""
    from detector.access.grants import Grant
    from detector.access.users import create_user

    with open_database() as database:
        grant = Grant(role, known_brand(database, brand), marketplace)
        password = _read_password(from_stdin=password_stdin)
        user = create_user(database, grant, email=email, password=password, name=name)
    _print(user, f"User {user.email} is added.", json=json)


@app.command("list")
def list_all(json: Json = False) -> None:
    """List the users."""
    from rich.table import Table

    from detector.access.users import list_users

    with open_database() as database:
        users, _ = list_users(database)
    if json:
        print_json([_as_json(user) for user in users])
        return
    columns = ["email", "role", "state", "name", "tied to", "created", "last login"]
    table = Table(*columns, box=None)
    for user in users:
        tie = user.grant.brand_id or user.grant.marketplace or ""
        times = [minute(user.created_at), minute(user.last_login_at)]
        table.add_row(user.email, user.grant.role, user.state, user.name, tie, *times)
    results().print(table if users else "There are no users yet.")


@app.command()
def disable(email: Email, json: Json = False) -> None:
    """Keep somebody out, at once."""
    from detector.access.users import UserState

    user = _set_state(email, UserState.DISABLED)
    _print(user, f"User {user.email} is disabled and logged out.", json=json)


@app.command()
def enable(email: Email, json: Json = False) -> None:
    """Let somebody in again."""
    from detector.access.users import UserState

    user = _set_state(email, UserState.ACTIVE)
    _print(user, f"User {user.email} can log in.", json=json)


@app.command()
def password(
    email: Email, password_stdin: FromStdin = False, json: Json = False
) -> None:
    """Give somebody a new password; they are logged out everywhere."""
    from detector.access.users import find_user, reset_password

    with open_database() as database:
        user_id = find_user(database, email).id
        new = _read_password(from_stdin=password_stdin)
        user = reset_password(database, user_id, password=new)
    _print(user, f"User {user.email} has a new password.", json=json)


@app.command()
def link(
    email: Email,
    url: Annotated[
        str, typer.Option(help="Address of the console, as people reach it.")
    ] = "http://127.0.0.1:8000",
    hours: Annotated[
        float, typer.Option(min=0.01, max=168, help="How long it can be used.")
    ] = 1.0,
    json: Json = False,
) -> None:
    """Make a link that lets somebody into the console once, without a password.

    Whoever has the link comes in: hand it to nobody else.
    """
    from datetime import timedelta

    from detector.access.links import link_url, make_link

    with open_database() as database:
        secret, until = make_link(database, email, lifetime=timedelta(hours=hours))
    place = link_url(url, secret)
    if json:
        print_json(as_json({"url": place, "expires_at": until}))
    else:
        results().print(place, soft_wrap=True, markup=False, highlight=False)


def _set_state(email: str, state: "UserState") -> "User":
    from detector.access.users import change_user, find_user

    with open_database() as database:
        return change_user(database, find_user(database, email).id, state=state)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(MAX_LINE).removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise InvalidInput(
            "There is no terminal to ask for a password on.",
            remedy="Give --password-stdin, and the password on stdin.",
        )
    return str(
        typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    )


def _print(user: "User", message: str, *, json: bool) -> None:
    if json:
        print_json(_as_json(user))
    else:
        note(message)


def _as_json(user: "User") -> dict[str, object]:
    known = asdict(user)
    grant = known.pop("grant")
    del grant["scopes"]
    return as_json(known | grant)
