"""A program that has only the OpenAPI file fills a catalogue and matches listings."""

import csv
import io
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from detector.access.keys import create_key
from detector.access.roles import Role
from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import import_folder
from detector.cli.scanner import open_scanner
from detector.images import ImageLimits
from detector.listings.engine import load_embedders
from detector.listings.formats import as_json
from detector.listings.scan import find_files, run_scan
from detector.store.store import open_store
from scripts.draw_demo import draw_demo
from scripts.export_openapi import TARGET
from scripts.run_demo import Collected
from tests.catalogues import table_rows
from tests.described_api import DescribedApi
from tests.live_service import Client

HOST = "https://img.example"
DEADLINE_S = 600.0
CATALOGUE_TABLES = (
    "catalogue_change",
    "description",
    "embedding",
    "image",
    "product",
    "reference",
    "reference_product",
)


@dataclass(frozen=True, slots=True)
class Product:
    """What the feeds say of a product: all photos of one color of a design."""

    name: str
    kind: str
    paths: tuple[str, ...]

    @property
    def addresses(self) -> list[str]:
        return [f"{HOST}/{path}" for path in self.paths]


def products_of(brand: Path) -> list[Product]:
    def color(path: Path) -> str:
        return path.stem.rpartition("-")[0]

    return [
        Product(
            name,
            photos[0].parent.name,
            tuple(p.relative_to(brand.parent).as_posix() for p in photos),
        )
        for name, group in groupby(sorted(brand.rglob("*.jpg"), key=color), key=color)
        for photos in [sorted(group)]
    ]


def google_xml(brand: str, products: list[Product]) -> bytes:
    items = []
    for product in products:
        first, *others = map(escape, product.addresses)
        more = "".join(
            f"<g:additional_image_link>{each}</g:additional_image_link>"
            for each in others
        )
        items.append(
            f"<item><g:id>{product.name}</g:id><title>{product.name}</title>"
            f"<g:brand>{brand}</g:brand><g:product_type>{product.kind}"
            f"</g:product_type><g:item_group_id>{product.name}</g:item_group_id>"
            f"<g:price>20.00 EUR</g:price><g:image_link>{first}</g:image_link>{more}"
            "</item>"
        )
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:g="http://base.google.com/ns/1.0"><channel><title>All</title>'
        f"{''.join(items)}</channel></rss>"
    ).encode()


def shopify_csv(brand: str, products: list[Product]) -> bytes:
    file = io.StringIO(
        "URL handle,Title,Vendor,Type,Option1 name,Option1 value,Price,"
        "Product image URL,Image position\n"
    )
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file)
    for product in products:
        first, *others = product.addresses
        row = [product.name, product.name, brand, product.kind, "Title"]
        writer.writerow([*row, "Default Title", "20.00", first, 1])
        for position, address in enumerate(others, start=2):
            row = [product.name, "", "", "", "", "", "", address, str(position)]
            writer.writerow(row)
    return file.getvalue().encode()


def pictures_zip(catalogue: Path, products: list[Product]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for path in (path for product in products for path in product.paths):
            file.write(catalogue / path, path)
    return packed.getvalue()


@contextmanager
def served(data_dir: Path) -> Iterator[Client]:
    """Run `detector serve` on a new data directory; gives an admin's client."""
    store = open_store(data_dir)
    key, _ = create_key(store.database, Role.ADMIN)
    store.close()
    command = [sys.executable, "-m", "detector.cli", "serve", "--port", "0"]
    environment = {**os.environ, "DETECTOR_DATA_DIR": str(data_dir)}
    with (
        (data_dir / "log").open("w") as log,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout
            port = re.search(r":(\d+) ", process.stdout.readline())
            assert port
            client = Client(int(port[1]), key)
            client.wait_until("/readyz")
            yield client
        finally:
            process.kill()
    assert "Traceback" not in (data_dir / "log").read_text()


def run_one_import(
    api: DescribedApi, brand_id: str, name: str, table: bytes, images: bytes
) -> dict[str, int]:
    """Upload a table and its pictures, and wait; returns the counts."""
    place = {"brand_id": brand_id}
    files = {"file": (name, table), "images": ("images.zip", images)}
    job = api.call("start_import", path=place, files=files).json
    deadline = time.monotonic() + DEADLINE_S
    place["import_id"] = job["id"]
    while (now := api.call("show_import", path=place).json)["state"] != "done":
        assert now["state"] in ("queued", "running"), now
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert api.call("list_import_problems", path=place).json["items"] == []
    counts: dict[str, int] = now["counts"]
    return counts


def references_of(api: DescribedApi, brand_id: str) -> list[Any]:
    found, query = [], {"limit": 200}
    while True:
        path = {"brand_id": brand_id}
        page = api.call("list_references", path=path, query=query).json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


Result = tuple[str, dict[str, tuple[object, ...]]]


def result_of(answer: Any) -> Result:
    """Name references by their picture; keep what was measured and concluded."""
    return answer["verdict"], {
        f"{match['brand']}/"
        + match["external_id"].removeprefix(f"{HOST}/{match['brand']}/"): (
            match["similarity"],
            match["likelihood"],
            match["relation"],
            match["mirrored"],
            match["num_inliers"],
        )
        for match in answer["matches"]
    }


def demo_results(demo: Path, data_dir: Path) -> dict[str, Result]:
    """Do what `make demo` does."""
    collected = Collected()
    extractor = Extractor(
        load_embedders("compact", None, device="cpu"), ImageLimits(), "auto"
    )
    with ExitStack() as stack:
        store = open_store(data_dir)
        stack.callback(store.close)
        for brand in sorted((demo / "catalogue").iterdir()):
            import_folder(
                store, brand, brand=brand.name, extractor=extractor, threads=2
            )
        scanner, _ = open_scanner(store, extractor, threads=2, limit=10)
        files = find_files([str(demo / "listings")])
        run_scan(scanner, files, [collected], threads=2)
    return {scan.path.name: result_of(as_json(scan)) for scan in collected.scans}


def service_results(demo: Path, data_dir: Path) -> dict[str, Result]:
    """Be the program: import all brands, import them again, match all listings."""
    with served(data_dir) as client:
        api = DescribedApi(TARGET, client)
        brands = {}
        for folder in sorted((demo / "catalogue").iterdir()):
            name = folder.name
            brands[name] = api.call("create_brand", fields={"name": name}).json["id"]
            products = products_of(folder)
            images = pictures_zip(demo / "catalogue", products)
            feed = google_xml(name, products)
            counts = run_one_import(api, brands[name], "feed.xml", feed, images)
            num_pictures = sum(len(product.paths) for product in products)
            assert counts == {
                "products_added": len(products),
                "references_added": num_pictures,
            }
        before = [references_of(api, each) for each in brands.values()]
        rows = catalogue_rows(data_dir)
        watermark = watermark_of(api, demo)
        for name, brand_id in brands.items():
            products = products_of(demo / "catalogue" / name)
            images = pictures_zip(demo / "catalogue", products)
            export = shopify_csv(name, products)
            counts = run_one_import(api, brand_id, "export.csv", export, images)
            assert counts == {
                "products_unchanged": len(products),
                "references_unchanged": sum(len(p.paths) for p in products),
            }
        assert [references_of(api, each) for each in brands.values()] == before
        assert catalogue_rows(data_dir) == rows
        assert watermark_of(api, demo) == watermark > 0
        return {
            path.name: result_of(api.call("match", data=path.read_bytes()).json)
            for path in sorted((demo / "listings").iterdir())
        }


def watermark_of(api: DescribedApi, demo: Path) -> int:
    """Read the last change that a match sees."""
    listing = min((demo / "listings").iterdir())
    basis = api.call("match", data=listing.read_bytes()).json["basis"]
    return int(basis["watermark"])


def catalogue_rows(data_dir: Path) -> dict[str, object]:
    store = open_store(data_dir)
    rows = table_rows(store)
    store.close()
    return {name: rows[name] for name in CATALOGUE_TABLES}


def require_same(results: dict[str, Result], expected: dict[str, Result]) -> None:
    assert results.keys() == expected.keys()
    for name, (verdict, matches) in expected.items():
        found_verdict, found = results[name]
        assert found_verdict == verdict, name
        assert len(found) == len(matches), name
        for reference in found.keys() & matches.keys():
            # Embeddings may have been computed in batches of other sizes.
            measured = pytest.approx(matches[reference], abs=1e-5)
            assert found[reference] == measured, name
        for one, other in ((found, matches), (matches, found)):
            for reference in one.keys() - other.keys():
                # Its id decided between it and others as unlike for the last place.
                assert one[reference] == min(other.values(), key=similarity), name


def similarity(measured: tuple[object, ...]) -> float:
    assert isinstance(measured[0], float)
    return measured[0]


def test_a_program_that_has_only_the_openapi_file_gets_what_make_demo_gets(tmp_path):
    demo = tmp_path / "demo"
    draw_demo(demo, num_products=4, per_family=1, num_workers=2)
    results = service_results(demo, tmp_path / "served")
    expected = demo_results(demo, tmp_path / "scanned")
    verdicts = {verdict for verdict, _ in expected.values()}
    assert {"match", "no_match"} <= verdicts
    require_same(results, expected)
