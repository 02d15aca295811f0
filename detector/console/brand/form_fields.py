"""What people type into forms, as the API takes it."""

import re
from collections.abc import Sequence

from starlette.datastructures import FormData, UploadFile


def text(form: FormData, name: str) -> str | None:
    """Read a field; None if it is blank. Lines end as they do in JSON."""
    value = form.get(name)
    if not isinstance(value, str):
        return None
    return value.replace("\r\n", "\n").strip() or None


def texts(form: FormData, name: str) -> list[str]:
    """Read all fields of a name, such as ticked boxes."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def parts(form: FormData, name: str) -> list[str]:
    """Read a field that lists things: by commas, bars or lines."""
    pieces = re.split(r"[,|\n]", text(form, name) or "")
    return [piece.strip() for piece in pieces if piece.strip()]


def countries(form: FormData, name: str) -> list[str]:
    """Read a field that lists countries, in whatever case they are written."""
    return [each.upper() for piece in parts(form, name) for each in piece.split()]


async def file_bytes(form: FormData, name: str) -> bytes | None:
    """Read a file; None if none was chosen."""
    chosen = form.get(name)
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        return None
    return await chosen.read()


def typed(form: FormData, names: Sequence[str]) -> dict[str, str]:
    """Keep what was typed, so that a form can show it again."""
    return {name: text(form, name) or "" for name in names}
