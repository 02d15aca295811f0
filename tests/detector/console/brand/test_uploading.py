"""What only a browser shows: files dropped or chosen, and how far each has come."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import axe, sign_in, url
from tests.detector.console.brand.shops import Shop, open_shop
from tests.live_service import picture

EVIL = "<img src=x onerror=alert(1)>.png"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as a brand has it: pictures, a table with a bad row, and other files."""
    folder = tmp_path_factory.mktemp("files") / "spring"
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for seed in range(4):
        (pictures / f"{seed}.png").write_bytes(picture(80 + seed))
    (pictures / EVIL).write_bytes(picture(84))
    (pictures / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.docx").write_bytes(b"no table")
    (folder / "products.csv").write_text(
        "product_id,title,gtin,image_paths\n"
        "P1,<b>Runner</b>,,pictures/0.png\n"
        "P2,Bag,4006381333932,pictures/1.png\n",
        encoding="utf-8",
    )
    return folder


def opened(context, shop: Shop) -> Page:
    page = sign_in(context, shop.client)
    # Listened to from the start: a key is faster than the browser's being told to.
    page.on("filechooser", lambda chooser: None)
    page.goto(url(shop.client, "/catalogue"))
    return page


def drop(page: Page, *paths: Path) -> None:
    """Drop files and folders as a hand does, from outside of the browser."""
    area = page.locator("#drop").bounding_box()
    assert area is not None
    session = page.context.new_cdp_session(page)
    place = {"x": area["x"] + 20, "y": area["y"] + 20}
    data = {"items": [], "files": [str(path) for path in paths]}
    for kind in ("dragEnter", "dragOver", "drop"):
        dragged = {**place, "type": kind, "data": {**data, "dragOperationsMask": 1}}
        session.send("Input.dispatchDragEvent", dragged)


def row_of(page: Page, name: str):
    return page.locator("#files-rows tr").filter(has_text=name)


def test_a_folder_is_dropped_and_each_file_tells_what_became_of_it(
    context, office, folder
):
    shop = open_shop(office, "Abgelegt")
    page = opened(context, shop)
    axe(page)
    drop(page, folder)
    plan = page.locator("#plan-list")
    expect(plan).to_contain_text("Pictures: 6")
    expect(plan).to_contain_text("spring/products.csv")
    expect(plan).to_contain_text("spring/notes.docx")
    axe(page)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#told")).to_contain_text("Done, but not all were taken: 1.")
    expect(page.locator("#sum")).to_have_text("7 of 7 files done")
    expect(row_of(page, "0.png")).to_contain_text("Added")
    expect(row_of(page, EVIL)).to_contain_text("Added")
    refused = page.locator("#refused-rows")
    expect(refused).to_contain_text("spring/pictures/broken.jpg")
    expect(refused).to_contain_text("Send JPEG, PNG")
    problem = page.locator("#tables tbody tr")
    expect(problem).to_have_count(1)
    for text in ("3", "gtin", "Error", "4006381333932"):
        expect(problem).to_contain_text(text)
    expect(page.locator("#counts")).to_contain_text("Pictures in use")
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the problems as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "4006381333932" in text
    (runner,) = shop.read("/products?q=P1")["items"]
    shown = shop.read("/references?product_id=P1")["items"]
    assert [each["external_id"] for each in shown] == ["spring/pictures/0.png"]
    assert runner["fields"]["title"] == "<b>Runner</b>"


def test_all_goes_by_keyboard_and_a_check_changes_nothing(context, office, folder):
    shop = open_shop(office, "Getippt")
    page = opened(context, shop)
    page.get_by_role("button", name="Choose files").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(folder / "products.csv")
    expect(page.locator("#plan-title")).to_be_focused()
    page.get_by_label("Only check them").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Upload")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_have_text("All done.")
    expect(page.locator("#files-rows")).to_contain_text("Checked; nothing was changed")
    assert shop.read("/products")["items"] == []


def test_what_failed_is_sent_again_and_nothing_twice(
    context, office, folder, expected_errors
):
    expected_errors.append("status of 413")
    shop = open_shop(office, "Unterbrochen")
    page = opened(context, shop)
    sent: list[str] = []

    def fail_once(route: Route) -> None:
        """Refuse one of two pictures, as a proxy before the service may."""
        sent.append(route.request.url)
        has_it = b'"1.png"' in (route.request.post_data_buffer or b"")
        if has_it and len(sent) <= 3:  # both, the good one alone, this one alone
            route.fulfill(status=413, content_type="text/html", body="too large")
        else:
            route.continue_()

    page.route("**/references", fail_once)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    names = [folder / "pictures" / f"{number}.png" for number in range(2)]
    chooser.value.set_files(names)
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#told")).to_contain_text("Done, but not all were taken: 1.")
    expect(row_of(page, "0.png")).to_contain_text("Added")
    expect(row_of(page, "1.png")).to_contain_text("Not taken")
    expect(page.locator("#refused-rows tr")).to_have_count(1)
    page.get_by_role("button", name="Send the files that failed again").click()
    expect(page.locator("#told")).to_have_text("All done.")
    expect(page.locator("#refused")).to_be_hidden()
    assert len(sent) == 4
    assert len(shop.read("/references")["items"]) == 2


def test_a_break_stops_the_upload_until_it_is_sent_again(
    context, office, folder, expected_errors
):
    expected_errors.append("ERR_FAILED")
    shop = open_shop(office, "Abgerissen")
    page = opened(context, shop)
    page.clock.install()
    page.route("**/references", lambda route: route.abort())
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    page.get_by_role("button", name="Upload").click()
    for seconds in (1, 3, 8):
        told = page.locator("#told")
        expect(told).to_contain_text(f"going on in {seconds} s")
        page.clock.run_for(seconds * 1000 + 100)
    expect(page.locator("#refused-rows")).to_contain_text("The connection broke")
    expect(row_of(page, "products.csv")).to_contain_text("Stopped")
    assert shop.read("/imports")["items"] == []
    page.unroute("**/references")
    page.clock.resume()
    page.get_by_role("button", name="Send the files that failed again").click()
    expect(page.locator("#told")).to_contain_text("Done, but not all were taken: 1.")
    assert len(shop.read("/references")["items"]) == 5


def test_no_page_of_a_catalogue_shuts_anybody_out(open_context, office):
    shop = open_shop(office, "Zugänglich")
    shop.add_product(product_id="P1", title="Shoe")
    (reference, _) = shop.add_pictures({"a.png": 90, "b.png": 90}, product_id="P1")
    import_id = shop.import_table("product_id,title,image_paths\nP2,,a.png\n")
    product = shop.read("/products?q=P1")["items"][0]["id"]
    page = sign_in(open_context(color_scheme="dark"), shop.client)
    page.set_viewport_size({"width": 820, "height": 1100})
    check = f"/health-checks/{shop.brand_id}"
    for path in (
        shop.page(),
        shop.page("/products"),
        shop.page(f"/products/{product}"),
        shop.page("/references"),
        shop.page(f"/references/{reference}"),
        f"/imports/{shop.brand_id}",
        f"/imports/{shop.brand_id}/{import_id}",
        check,
    ):
        page.goto(url(shop.client, path))
        axe(page)
    page.get_by_label("Self-test").select_option("0")
    page.get_by_role("button", name="Start the check").click()
    expect(page.get_by_role("heading", name="In short")).to_be_visible()
    axe(page)


def test_a_page_that_asks_again_goes_on_when_it_was_not_answered(
    context, office, expected_errors
):
    expected_errors.append("status of 503")
    shop = open_shop(office, "Beharrlich")
    shop.add_pictures({f"{seed}.png": seed for seed in range(91, 95)})
    page = sign_in(context, shop.client)
    num_refused = 0

    def refuse(route: Route) -> None:
        nonlocal num_refused
        num_refused += 1
        if num_refused <= 2:
            route.fulfill(status=503, content_type="text/html", body="<p>busy</p>")
        else:
            route.continue_()

    page.goto(url(shop.client, f"/health-checks/{shop.brand_id}"))
    page.get_by_role("button", name="Start the check").click()
    page.wait_for_url("**/health-checks/*/*")
    page.route("**/health-checks/*/*", refuse)
    told = page.get_by_role("heading", name="In short")
    expect(told).to_be_visible(timeout=90_000)
    assert num_refused >= 3


def test_stopping_stops_the_import_in_the_service_too(context, office, tmp_path):
    shop = open_shop(office, "Angehalten")
    table = tmp_path / "long.csv"
    rows = "".join(f"P{number},Shoe,gone.png\n" for number in range(20_000))
    table.write_text("product_id,title,image_paths\n" + rows, encoding="utf-8")
    page = opened(context, shop)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(table)
    page.get_by_role("button", name="Upload").click()
    expect(row_of(page, "long.csv")).to_contain_text("of 20000")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#told")).to_contain_text("Stopped.")
    (begun,) = shop.read("/imports")["items"]
    assert begun["state"] == "canceled"
    assert begun["num_rows"] < 20_000
