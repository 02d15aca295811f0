"""Searches a data directory for traces, byte by byte."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import select

from detector.store.listing_tables import PictureRow
from detector.store.schema import METADATA
from detector.store.store import Store


def needles_of(
    store: Store, pictures: Iterable[bytes], words: Iterable[str]
) -> dict[str, bytes]:
    """Name everything that must not be found: texts, and parts of pictures."""
    needles = {f"word {word}": word.encode() for word in words}
    for number, data in enumerate(pictures):
        digest = sha256(data).hexdigest()
        with store.database.read() as session:
            row = session.scalars(
                select(PictureRow).where(PictureRow.sha256 == digest)
            ).one()
            assert row.vectors
            assert row.perceptual_hash
            assert row.thumbnail
            parts = {
                "file": data[len(data) // 2 :][:48],
                "vectors": row.vectors[-48:],
                "perceptual hash": row.perceptual_hash,
                "thumbnail": row.thumbnail[1_000:1_048],
            }
        needles |= {f"{name} of {number}": part for name, part in parts.items()}
    return needles


def found_in(store: Store, needles: Mapping[str, bytes]) -> set[str]:
    """Name what is found: in each file of the directory, its name included, and in
    each row of the database."""
    found: set[str] = set()
    for path in [p for p in store.folder.rglob("*") if p.is_file()]:
        found |= _in(path.read_bytes() + str(path).encode(), needles)
    found |= _in(_rows(store), needles)
    return found


def _in(haystack: bytes, needles: Mapping[str, bytes]) -> set[str]:
    return {name for name, needle in needles.items() if needle in haystack}


def _rows(store: Store) -> bytes:
    """Write every row of every table down, as text, and bytes as they are."""
    written: list[bytes] = []
    with store.database.read() as session:
        for table in METADATA.sorted_tables:
            for row in session.execute(select(table)):
                for value in row:
                    if isinstance(value, bytes):
                        written.append(value)
                    else:
                        text = json.dumps(value, ensure_ascii=False, default=str)
                        written.append(text.encode())
    return b"\0".join(written)
