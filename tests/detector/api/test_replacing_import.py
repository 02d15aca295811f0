import io
import time
import zipfile
from typing import Any

import pytest

from detector.access.roles import Role
from detector.catalogue.brands import brand_id, ensure_brand
from detector.store.store import open_store
from tests.drawing import draw_scene, save
from tests.live_service import Client, make_key, serving

BRAND = f"/v1/brands/{brand_id('Acme')}"
NUM_PRODUCTS = 20
"""More than two batches."""


@pytest.fixture
def admin(tmp_path):
    store = open_store(tmp_path)
    with store.database.write() as session:
        ensure_brand(session, "Acme")
    store.close()
    with serving(tmp_path) as stranger:
        yield Client(stranger.port, make_key(tmp_path, Role.ADMIN))


def packed(names: list[str]) -> bytes:
    """A ZIP of products, one of which has no picture if it is called `none`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        rows = [f"{name},Product {name},{name}.png\n" for name in names]
        archive.writestr("a.csv", "product_id,title,image_paths\n" + "".join(rows))
        for seed, name in enumerate(names):
            if name != "none":
                picture = save(draw_scene(64, 12, seed=seed), "PNG")
                archive.writestr(f"{name}.png", picture)
    return file.getvalue()


def counts_of(admin: Client, names: list[str], query: str = "") -> Any:
    answer = admin.post_form(f"{BRAND}/imports{query}", [("file", packed(names))])
    assert answer.status == 202, answer.body
    path, deadline = answer.headers["location"], time.monotonic() + 60
    while (found := admin.send("GET", path).json)["state"] in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert found["state"] == "done", found
    return found["counts"]


def num_products(admin: Client) -> int:
    return len(admin.send("GET", f"{BRAND}/products?limit=200").json["items"])


def test_a_full_file_removes_what_it_does_not_name_unless_a_row_failed(admin):
    names = [f"P{n}" for n in range(NUM_PRODUCTS)]
    assert counts_of(admin, names) == {
        "products_added": NUM_PRODUCTS,
        "references_added": NUM_PRODUCTS,
    }
    kept = names[:-3]
    expected = {
        "products_unchanged": len(kept),
        "references_unchanged": len(kept),
        "products_removed": 3,
        "references_removed": 3,
    }
    assert counts_of(admin, kept, "?mode=replace&dry_run=true") == expected
    assert num_products(admin) == NUM_PRODUCTS
    with_fault = counts_of(admin, [*kept, "none"], "?mode=replace")
    assert with_fault["removals_withheld"] == with_fault["errors"] == 1
    assert "products_removed" not in with_fault
    assert num_products(admin) == NUM_PRODUCTS + 1
    assert counts_of(admin, kept, "?mode=replace") == expected | {"products_removed": 4}
    assert num_products(admin) == len(kept)
