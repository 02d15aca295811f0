import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from detector.errors import Conflict, InvalidInput
from detector.store.backup import write_backup
from detector.store.backup_format import Manifest
from detector.store.event_tables import WebhookEndpointRow
from detector.store.restore import DISABLED, restore_backup
from detector.store.schema import METADATA
from detector.store.tables import (
    BrandRow,
)
from tests.filled_store import ignore, rows_of

Change = Callable[[dict[str, bytes], dict[str, Any]], None]


def test_a_store_that_is_not_empty_is_left_alone(filled, new_store, tmp_path):
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    other = new_store("sqlite")
    with other.database.write() as session:
        session.add(BrandRow(id="a", key="a", name="a"))
    before = rows_of(other)
    with pytest.raises(Conflict, match=r"rows of brand.*new folder"):
        restore_backup(other, tmp_path / "a.zip", on_progress=ignore)
    assert rows_of(other) == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5_000])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def make_foreign(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../evil.txt", "x")


def remade(path: Path, change: Change) -> None:
    """Write an archive anew, whose manifest fits what was changed in it."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    for told in manifest["members"]:
        data = members.get(told["name"])
        if data is not None and "keep" not in told:
            told["num_bytes"] = len(data)
            told["sha256"] = sha256(data).hexdigest()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))


def changing(name: str, data: bytes) -> Callable[[Path], None]:
    """Put other bytes in a member, with a manifest that fits."""

    def change(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
        members[name] = data

    return lambda path: remade(path, change)


def drop_table(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    del members["tables/brand"]


def add_member(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["../evil"] = b"x"


def lie_about_hash(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["members"][3] |= {"sha256": "0" * 64, "keep": True}


def lie_about_size(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["members"][3] |= {"num_bytes": 10**15, "keep": True}


def bomb(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["blobs"] = b"\0" * 300_000_000


def forget_version(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    del manifest["schema"]


def record(*values: object, then: bytes = b"") -> bytes:
    return json.dumps(values).encode() + b"\n" + then


HUGE = 10**12
DAMAGE = {
    "cut": (cut, "not a zip file"),
    "flipped": (flip, "CRC-32"),
    "empty": (empty, "not a zip file"),
    "foreign": (make_foreign, "no manifest"),
    "no zip": (lambda path: path.write_bytes(b"PK hello" * 1_000), "not a zip file"),
    "no table": (lambda path: remade(path, drop_table), "members that a backup has"),
    "one too many": (
        lambda path: remade(path, add_member),
        "members that a backup has",
    ),
    "wrong hash": (lambda path: remade(path, lie_about_hash), "another SHA-256"),
    "wrong size": (lambda path: remade(path, lie_about_size), "another size"),
    "bomb": (lambda path: remade(path, bomb), "Expecting value"),
    "no schema": (lambda path: remade(path, forget_version), "lacks 'schema'"),
    "path up": (
        changing("uploads", record("../../evil", 1, then=b"x")),
        "no name of an upload",
    ),
    "path up inside": (
        changing("uploads", record("imp/..", 1, then=b"x")),
        "no name of an upload",
    ),
    "absolute path": (
        changing("uploads", record("/tmp/evil", 1, then=b"x")),
        "no name of an upload",
    ),
    "hidden file": (
        changing("uploads", record("a/.b", 1, then=b"x")),
        "no name of an upload",
    ),
    "upload too short": (
        changing("uploads", record("a/b", HUGE, then=b"x")),
        "ends too early",
    ),
    "upload below zero": (
        changing("uploads", record("a/b", -1)),
        "no name with a length",
    ),
    "blob of another name": (
        changing("blobs", record("0" * 64, 1, then=b"x")),
        "other bytes",
    ),
    "blob too large": (
        changing("blobs", record("0" * 64, HUGE, then=b"x")),
        "a value of 1000000000000 bytes",
    ),
    "no JSON": (changing("tables/brand", b"{[\n"), "Expecting property name"),
    "deep JSON": (changing("tables/brand", b"[" * 100_000 + b"\n"), "recursion"),
    "no list": (changing("tables/brand", b"{}\n"), "is no list"),
    "too few columns": (changing("tables/brand", record("a")), "shorter"),
    "wrong type": (
        changing("tables/brand", record("a", "a", 3, "active", "2026")),
        "brand.name takes no 3",
    ),
    "bad time": (
        changing("tables/brand", record("a", "a", "a", "active", "2026")),
        "isoformat",
    ),
    "empty value": (
        changing("tables/brand", record(None, "a", "a", "active", "2026")),
        "may not be empty",
    ),
    "reference to nothing": (changing("tables/brand", b""), "contradict each other"),
    "two clocks": (
        changing("tables/catalogue_clock", record(1, 2, "a") * 2),
        "too many values",
    ),
    "number too large": (
        changing("tables/catalogue_clock", record(1, 10**30, "a")),
        "too large",
    ),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_a_bad_file_changes_nothing(filled, new_store, tmp_path, damage, reason):
    path = tmp_path / "a.zip"
    write_backup(filled, path, on_progress=ignore)
    damage(path)
    store = new_store("sqlite")
    before = rows_of(store)
    damaged = rf"a\.zip is damaged, or no backup: .*{reason}"
    with pytest.raises(InvalidInput, match=damaged):
        restore_backup(store, path, on_progress=ignore)
    assert rows_of(store) == before
    assert list(store.uploads_folder.iterdir()) == []
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    ("schema", "remedy"), [("9999", "that version or a newer one"), ("0001", "brings")]
)
def test_another_schema_is_refused(filled, new_store, tmp_path, schema, remedy):
    path = tmp_path / "a.zip"
    write_backup(filled, path, on_progress=ignore)
    remade(path, lambda _members, manifest: manifest.update(schema=schema))
    with pytest.raises(InvalidInput, match=rf"schema {schema}.*{remedy}"):
        restore_backup(new_store("sqlite"), path, on_progress=ignore)


def test_another_format_is_refused(filled, new_store, tmp_path):
    path = tmp_path / "a.zip"
    write_backup(filled, path, on_progress=ignore)
    remade(path, lambda _members, manifest: manifest.update(format_version=2))
    with pytest.raises(InvalidInput, match="format is 2"):
        restore_backup(new_store("sqlite"), path, on_progress=ignore)


def test_a_file_that_is_not_there_is_named(new_store, tmp_path):
    with pytest.raises(InvalidInput, match=r"none\.zip is not there"):
        restore_backup(new_store("sqlite"), tmp_path / "none.zip", on_progress=ignore)


def test_every_type_that_a_table_has_can_be_restored():
    tables = METADATA.tables.values()
    columns = [column for table in tables for column in table.columns]
    kinds = {type(column.type).__name__ for column in columns}
    known = {"String", "Integer", "BigInteger", "Double", "Boolean", "Date"}
    assert kinds == known | {"JSON", "LargeBinary", "UtcDateTime"}


def test_a_manifest_survives():
    now = datetime.now(UTC) + timedelta(days=1)
    manifest = Manifest(now.isoformat(), "1.0", "0005", (), ("a fault",))
    assert Manifest.from_json(manifest.to_json().encode()) == manifest


@pytest.mark.parametrize("keeps", [False, True])
def test_a_copy_sends_nothing_unless_it_takes_the_originals_place(
    filled, new_store, tmp_path, keeps
):
    with filled.database.write() as session:
        for state, reason in (("enabled", None), ("disabled", "Gone.")):
            session.add(
                WebhookEndpointRow(
                    id=state,
                    url="https://hooks.example/in",
                    types=[],
                    secrets=[],
                    state=state,
                    disabled_reason=reason,
                )
            )
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    copy = new_store("sqlite")
    restored = restore_backup(
        copy, tmp_path / "a.zip", keep_webhooks=keeps, on_progress=ignore
    )
    assert restored.num_disabled == (0 if keeps else 1)
    with copy.database.read() as session:
        found = {
            row.id: (row.state, row.disabled_reason)
            for row in session.scalars(select(WebhookEndpointRow))
        }
    assert found["disabled"] == ("disabled", "Gone.")
    assert found["enabled"] == (("enabled", None) if keeps else ("disabled", DISABLED))
