import io
import zipfile

import pytest

from tests.detector.console.brand.forms import HOSTILE, fill, look, require_inert
from tests.detector.console.brand.shops import MANAGER, Shop, open_shop
from tests.live_service import picture

HEADING = "product_id,title,gtin,image_paths\n"


@pytest.fixture(scope="module")
def shop(office):
    shop = open_shop(office, "Einfuhr")
    shop.add_pictures({"a.png": 60})
    return shop


def page_of(shop: Shop, import_id: str) -> str:
    return look(shop.office, MANAGER, f"/imports/{shop.brand_id}/{import_id}")


def test_each_problem_is_told_with_its_row_its_column_and_what_to_do(shop):
    table = f"{HEADING}P1,Shoe,,a.png\nP2,,,a.png\nP3,Bag,4006381333932,a.png\n"
    import_id = shop.import_table(table)
    source = page_of(shop, import_id)
    assert "Good rows went in" in source
    assert "What is wrong: 2" in source
    for problem in shop.read(f"/imports/{import_id}/problems")["items"]:
        row = f'<th scope="row" class="number">{problem["row"]}</th>'
        after = source.partition(row)[2].partition("</tr>")[0]
        assert f"<td>{problem['column']}</td>" in after
        assert "Error" in after
        assert after.count("<bdi>") == 2
    csv = f"{shop.place}/imports/{import_id}/problems.csv"
    assert f'href="{csv}" download' in source
    assert shop.client.send("GET", csv).body.decode().count("\r\n") == 3


def test_a_clean_import_says_so_and_a_check_that_it_changed_nothing(shop):
    checked = shop.import_table(f"{HEADING}C1,Hat,,a.png\n", "?dry_run=true")
    source = page_of(shop, checked)
    assert "This was a check: nothing in the catalogue was changed." in source
    assert shop.read("/products?q=C1")["items"] == []
    done = shop.import_table(f"{HEADING}C1,Hat,,a.png\n")
    assert "Every row was taken." in page_of(shop, done)
    assert "hx-trigger" not in page_of(shop, done)


def test_a_file_that_cannot_be_read_tells_why(shop):
    source = page_of(shop, shop.import_table("nothing that we know\n1\n"))
    assert "Failed" in source
    assert 'class="problem"' in source


def test_the_newest_is_at_the_top_of_the_list(shop):
    first = shop.import_table(f"{HEADING}N1,Hat,,a.png\n")
    second = shop.import_table(f"{HEADING}N2,Hat,,a.png\n")
    source = look(shop.office, MANAGER, f"/imports/{shop.brand_id}")
    assert 0 < source.index(second) < source.index(first)
    assert second in look(shop.office, MANAGER, shop.page())


def test_an_import_that_has_ended_cannot_be_stopped(shop):
    import_id = shop.import_table(f"{HEADING}E1,Hat,,a.png\n")
    path = f"/imports/{shop.brand_id}/{import_id}"
    assert f'action="{path}/cancel"' not in look(shop.office, MANAGER, path)
    sent = fill(shop.office, MANAGER, f"{path}/cancel")
    assert sent.status == 409
    assert "is done already" in sent.body.decode()


def test_hostile_cells_are_shown_as_text_and_downloaded_as_such(shop):
    cell = HOSTILE.replace('"', '""')
    table = f'{HEADING}H1,Hat,"{cell}",a.png\n"=1+2",Hat,=cmd|x,"{cell}"\n'
    import_id = shop.import_table(table)
    require_inert(page_of(shop, import_id))
    csv = f"{shop.place}/imports/{import_id}/problems.csv"
    text = shop.client.send("GET", csv).body.decode()
    assert not any(
        cell.strip('"').startswith(("=", "+", "@"))
        for line in text.splitlines()
        for cell in line.split(",")
    )


def test_another_brand_s_import_is_none_that_there_is(office, shop):
    import_id = shop.import_table(f"{HEADING}X1,Hat,,a.png\n")
    other = open_shop(office, "Andere")
    for brand in (other.brand_id, shop.brand_id):
        look(other.office, MANAGER, f"/imports/{brand}/{import_id}", status=404)


def test_nothing_imported_yet_says_what_can_be(office):
    empty = open_shop(office, "Nichts")
    source = look(empty.office, MANAGER, f"/imports/{empty.brand_id}")
    assert "Nothing was imported yet" in source


def test_pictures_without_a_table_remove_no_products(shop):
    shop.add_product(product_id="STAYS", title="Stays")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.png", picture(61))
    import_id = shop.import_file(file.getvalue(), "?mode=replace")
    assert shop.read(f"/imports/{import_id}")["counts"]["removals_withheld"] == 1
    assert len(shop.read("/products?q=STAYS")["items"]) == 1


def test_the_table_to_fill_in_is_one_that_is_read(shop):
    page = look(shop.office, MANAGER, shop.page())
    path = "/static/brand/catalogue-template.csv"
    assert f'href="{path}"' in page
    import_id = shop.import_file(shop.client.send("GET", path).body)
    problems = shop.read(f"/imports/{import_id}/problems")["items"]
    assert {each["code"] for each in problems} == {"unknown_picture"}
    (product,) = shop.read("/products?q=RUN-RED-42")["items"]
    assert product["fields"]["msrp_currency"] == "EUR"
