import csv
import zipfile
from pathlib import Path

import pytest

from detector.catalogue.brands import brand_id
from detector.catalogue.changes import last_change
from detector.catalogue.file_import import import_file
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.products import find_product, known_fields, product_row_id
from detector.catalogue.reference_list import (
    ReferenceFilter,
    list_references,
    view_references,
)
from detector.catalogue.references import count_references
from detector.errors import InvalidInput
from detector.network.hosts import AllowedHosts
from detector.store.store import open_store
from tests.catalogues import blob_files, draw_folder, grid_extractor, table_rows


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path):
    return draw_folder(tmp_path / "files" / "pics", 6).parent


@pytest.fixture
def take(store):
    fetcher = ImageFetcher(AllowedHosts.parse(""), max_bytes=10**6, timeout_s=5)

    def run(path: Path, **options):
        return import_file(
            store,
            path,
            brand="Acme",
            extractor=grid_extractor(),
            fetcher=fetcher,
            threads=2,
            max_bytes=10**8,
            **options,
        )

    yield run
    fetcher.close()


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


def references(store) -> dict[str, tuple[str, ...]]:
    """Each reference's own name → the products that it shows."""
    with store.database.read() as session:
        rows, _ = list_references(
            session,
            brand_id=brand_id("Acme"),
            wanted=ReferenceFilter(),
            cursor=None,
            limit=100,
        )
        views = view_references(session, rows)
    return {view.row.external_id: view.product_ids for view in views}


def fields(store, product: str) -> dict[str, object]:
    with store.database.read() as session:
        owner = brand_id("Acme")
        row_id = product_row_id(owner, product)
        return known_fields(find_product(session, brand_id=owner, row_id=row_id))


def test_good_rows_go_in_and_bad_ones_are_told(store, folder, take):
    table = write(
        folder / "a.csv",
        "product_id,title,gtin,image_paths",
        "P1,Shoe,4006381333931,pics/0/000.png|pics/nowhere.png",
        "P2,Bag,4006381333932,pics/1/001.png",
        ",Nameless,,pics/2/002.png",
    )
    report = take(table)
    assert report.counts == {"products_added": 2, "references_added": 2}
    found = [(p.row, p.severity, p.code) for p in report.problems]
    assert (2, "error", "unknown_picture") in found
    assert (3, "error", "gtin_check_digit") in found
    assert {row for row, _, _ in found} == {2, 3, 4}
    assert all(p.message and p.remedy for p in report.problems)
    assert references(store) == {"pics/0/000.png": ("P1",), "pics/1/001.png": ("P2",)}
    assert fields(store, "P1") == {"title": "Shoe", "gtin": "04006381333931"}
    assert fields(store, "P2") == {"title": "Bag"}


def test_the_same_file_twice_changes_nothing(store, folder, take):
    table = write(
        folder / "a.csv",
        "product_id,title,image_paths",
        *(f"P{i},Product {i},pics/{i % 3}/{i:03}.png" for i in range(6)),
    )
    take(table)
    before, blobs = table_rows(store), blob_files(store)
    report = take(table)
    assert report.counts == {"products_unchanged": 6, "references_unchanged": 6}
    assert (table_rows(store), blob_files(store)) == (before, blobs)


def test_a_blank_cell_erases_nothing_and_a_new_value_changes_one(store, folder, take):
    header = "product_id,title,material,image_paths"
    take(write(folder / "a.csv", header, "P1,Shoe,leather,pics/0/000.png"))
    report = take(write(folder / "a.csv", header, "P1,Boot,,pics/0/000.png"))
    assert report.counts == {"products_replaced": 1, "references_unchanged": 1}
    assert fields(store, "P1") == {"title": "Boot", "material": "leather"}


def test_sizes_of_one_shirt_share_their_picture(store, folder, take):
    header = "product_id,title,image_paths"
    sizes = [f"SHIRT-{size},Shirt,pics/0/000.png" for size in "SML"]
    report = take(write(folder / "a.csv", header, *sizes))
    assert report.counts["references_added"] == 1
    shown = ("SHIRT-L", "SHIRT-M", "SHIRT-S")
    assert references(store) == {"pics/0/000.png": shown}


def test_the_same_picture_by_another_name_is_no_second_reference(store, folder, take):
    header = "product_id,title,image_paths"
    take(write(folder / "a.csv", header, "P1,Shoe,pics/0/000.png"))
    (folder / "other.png").write_bytes((folder / "pics/0/000.png").read_bytes())
    with store.database.read() as session:
        before = last_change(session)
    report = take(write(folder / "a.csv", header, "P1,Shoe,other.png"))
    assert report.counts == {"products_unchanged": 1, "references_unchanged": 1}
    with store.database.read() as session:
        assert last_change(session) == before


def test_a_picture_with_new_bytes_replaces_its_reference(store, folder, take):
    header = "product_id,title,image_paths"
    table = write(folder / "a.csv", header, "P1,Shoe,pics/0/000.png")
    take(table)
    new = (folder / "pics/1/001.png").read_bytes()
    (folder / "pics/0/000.png").write_bytes(new)
    report = take(table)
    assert report.counts == {"products_unchanged": 1, "references_replaced": 1}


def test_a_row_can_remove_a_product_and_the_pictures_of_it_alone(store, folder, take):
    header = "product_id,title,image_paths,action"
    take(
        write(
            folder / "a.csv",
            header,
            "P1,Shoe,pics/0/000.png|pics/1/001.png,",
            "P2,Boot,pics/1/001.png,",
        )
    )
    report = take(write(folder / "a.csv", header, "P1,,,delete"))
    assert report.counts == {"products_removed": 1, "references_removed": 1}
    assert references(store) == {"pics/1/001.png": ("P2",)}


def test_a_full_file_removes_what_it_does_not_name(store, folder, take):
    header = "product_id,title,image_paths"
    rows = [f"P{i},Product {i},pics/{i % 3}/{i:03}.png" for i in range(4)]
    take(write(folder / "a.csv", header, *rows))
    report = take(write(folder / "a.csv", header, *rows[:1]), mode="replace")
    assert report.counts["products_removed"] == 3
    assert references(store) == {"pics/0/000.png": ("P0",)}


def test_a_full_file_with_an_error_removes_nothing(store, folder, take):
    header = "product_id,title,image_paths"
    rows = [f"P{i},Product {i},pics/{i % 3}/{i:03}.png" for i in range(3)]
    take(write(folder / "a.csv", header, *rows))
    broken = write(folder / "a.csv", header, rows[0], "P1,Product 1,gone.png")
    report = take(broken, mode="replace")
    assert "products_removed" not in report.counts
    assert len(references(store)) == 3


def test_a_dry_run_counts_and_changes_nothing(store, folder, take):
    table = write(
        folder / "a.csv",
        "product_id,title,image_paths",
        *(f"P{i},Product {i},pics/{i % 3}/{i:03}.png" for i in range(6)),
        "P9,Broken,broken.png",
    )
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    before, blobs = table_rows(store), blob_files(store)
    report = take(table, dry_run=True)
    assert report.counts["references_added"] == 6
    assert [p.code for p in report.problems] == ["unreadable_image"]
    assert (table_rows(store), blob_files(store)) == (before, blobs)
    assert take(table).counts == report.counts


def test_a_zip_holds_the_table_and_its_pictures(store, folder, take, tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a/list.csv", "product_id,title,image_paths\nP1,Shoe,0.png\n")
        packed.write(folder / "pics/0/000.png", "a/0.png")
    assert take(path).counts == {"products_added": 1, "references_added": 1}


def test_a_zip_without_a_table_is_a_folder_of_pictures(store, folder, take, tmp_path):
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folder.rglob("*.png")):
            packed.write(file, file.relative_to(folder).as_posix())
        packed.writestr("../evil.png", b"")
    report = take(path)
    assert report.counts == {"references_added": 6}
    assert [p.code for p in report.problems] == ["refused_member"]
    assert len(references(store)) == 6


def test_a_feed_names_addresses_that_are_found_among_the_pictures(store, folder, take):
    with (folder / "feed.tsv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["id", "title", "image_link", "price"])
        link = "https://img.example/files/pics/0/000.png?v=1"
        writer.writerow(["P1", "Shoe", link, "9.90 EUR"])
        writer.writerow(["P2", "Bag", "https://img.example/z/000.png", "1.00 EUR"])
    report = take(folder / "feed.tsv", images=folder)
    assert report.format == "google"
    assert report.counts == {"products_added": 2, "references_added": 1}
    assert [p.code for p in report.problems] == ["image_host_not_allowed"]
    assert references(store) == {link: ("P1",)}
    assert fields(store, "P1")["msrp"] == "9.90"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b""),
        ("a.csv", b"colour;size\nred;3\n"),
        ("a.zip", b"PK\x03\x04 and nothing more"),
        ("a.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
        ("a.csv", "product_id;title\nA;Größe".encode("cp1252")),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(store, tmp_path, take, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInput) as refusal:
        take(tmp_path / name)
    assert refusal.value.remedy
    assert references_of_all(store) == 0


def references_of_all(store) -> int:
    with store.database.read() as session:
        return count_references(session)
