import pytest

from tests.detector.console.brand.forms import (
    HOSTILE,
    browser_of,
    fill,
    look,
    require_inert,
)
from tests.detector.console.brand.shops import MANAGER, open_shop

BIDI = "abc\u202egnp.exe"


@pytest.fixture(scope="module")
def shop(office):
    return open_shop(office, "Nordlicht")


def test_whoever_is_of_a_brand_is_led_to_its_catalogue_and_others_to_choose(shop):
    for room in ("/catalogue", "/imports", "/health-checks"):
        for who, led in ((MANAGER, f"{room}/{shop.brand_id}"), ("adm", "/brands")):
            client, cookie, _ = browser_of(shop.office, who)
            answer = client.send("GET", room, headers=cookie)
            assert (answer.status, answer.headers["location"]) == (303, led)


def test_an_empty_catalogue_says_what_to_do_first(office):
    empty = open_shop(office, "Leer")
    source = look(empty.office, MANAGER, empty.page())
    assert "Nothing here yet: begin with your pictures" in source
    assert 'id="choose-files"' in source
    assert 'id="choose-folder"' in source
    for rest, words in (
        ("/products", "No products yet"),
        ("/references", "No pictures yet"),
    ):
        source = look(empty.office, MANAGER, empty.page(rest))
        assert words in source
        assert f'href="{empty.page()}#add"' in source


@pytest.mark.parametrize("rest", ["", "/products", "/references"])
def test_another_brand_s_catalogue_is_none_that_there_is(office, shop, rest):
    path = f"/catalogue/{office.cases.world.brand_id('zeta')}{rest}"
    there = look(shop.office, MANAGER, path, status=404)
    nowhere = look(shop.office, MANAGER, f"/catalogue/none{rest}", status=404)
    assert "No brand has the id" in there
    assert "No brand has the id" in nowhere


def test_those_who_may_only_look_are_offered_nothing_to_change(shop):
    product = shop.add_product(product_id="LOOK-1", title="Looked at")
    (reference,) = shop.add_pictures({"look.png": 50}, product_id="LOOK-1")
    for rest in ("", f"/products/{product}", f"/references/{reference}"):
        source = look(shop.office, "ann", shop.page(rest))
        assert "<h1>" in source
        assert 'id="add"' not in source
        assert f'action="{shop.page(rest)}' not in source
    answer = fill(
        shop.office, "ann", shop.page(f"/references/{reference}/state"), state="active"
    )
    assert answer.status == 403


def test_an_overview_counts_and_warns(office):
    shop = open_shop(office, "Gezählt")
    shop.add_product(product_id="P1", title="With a picture")
    shop.add_product(product_id="P2", title="Without")
    first, _ = shop.add_pictures({"a.png": 51, "b.png": 52}, product_id="P1")
    fill(
        shop.office, MANAGER, shop.page(f"/references/{first}/state"), state="disabled"
    )
    source = look(shop.office, MANAGER, shop.page())
    assert f'<a href="{shop.page("/products")}">2</a>' in source
    for state in ("active", "disabled"):
        assert f'<a href="{shop.page("/references")}?state={state}">1</a>' in source
    assert "Products without a picture: 1" in source
    assert "No health check yet" in source


def test_products_are_searched_and_come_in_pages(office):
    shop = open_shop(office, "Viele")
    for number in range(26):
        shop.add_product(product_id=f"P{number}", title=f"Shoe {number}")
    source = look(shop.office, MANAGER, shop.page("/products?q=shoe"))
    assert source.count('class="tile"') == 24
    path = source.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert "q=shoe" in path
    rest = look(shop.office, MANAGER, path.replace("&amp;", "&"))
    assert rest.count('class="tile"') == 2
    source = look(shop.office, MANAGER, shop.page("/products?q=Shoe+17"))
    assert source.count('class="tile"') == 1
    look(shop.office, MANAGER, shop.page("/references?state=gone"), status=422)
    assert "No product has that" in look(
        shop.office, MANAGER, shop.page("/products?q=100%25")
    )


def test_a_product_is_changed_and_what_was_typed_is_kept_if_it_is_refused(shop):
    product = shop.add_product(product_id="EDIT-1", title="Old", color="red")
    path = shop.page(f"/products/{product}")
    given = {"title": "New", "gtin": "4006381333931", "description": "One\r\ntwo"}
    sent = fill(shop.office, MANAGER, path, **given)
    assert (sent.status, sent.headers["location"]) == (303, f"{path}?saved=true")
    assert "Saved." in look(shop.office, MANAGER, sent.headers["location"])
    fields = shop.read(f"/products/{product}")["fields"]
    assert fields == given | {"gtin": "04006381333931", "description": "One\ntwo"}
    refused = fill(shop.office, MANAGER, path, title="Newer", gtin="4006381333932")
    source = refused.body.decode()
    assert refused.status == 422
    assert 'role="alert"' in source
    assert 'value="Newer"' in source
    assert shop.read(f"/products/{product}")["fields"]["title"] == "New"


def test_a_product_without_a_title_goes_by_its_number(shop):
    product = shop.add_product(product_id="NAMELESS-1", title="Not for long")
    path = shop.page(f"/products/{product}")
    answer = fill(shop.office, MANAGER, path, title="")
    assert answer.status == 303
    for page in (path, shop.page("/products?q=NAMELESS")):
        source = look(shop.office, MANAGER, page)
        assert "NAMELESS-1" in source
        assert "Not for long" not in source


def test_a_product_is_removed_with_its_pictures(shop):
    product = shop.add_product(product_id="GONE-1", title="Going")
    (reference,) = shop.add_pictures({"going.png": 53}, product_id="GONE-1")
    path = shop.page(f"/products/{product}")
    assert f'action="{path}/remove"' in look(shop.office, MANAGER, path)
    sent = fill(shop.office, MANAGER, f"{path}/remove")
    assert (sent.status, sent.headers["location"]) == (303, shop.page("/products"))
    look(shop.office, MANAGER, path, status=404)
    look(shop.office, MANAGER, shop.page(f"/references/{reference}"), status=404)


def test_a_picture_is_described_switched_off_and_on_and_removed(shop):
    (reference,) = shop.add_pictures({"front.png": 54})
    path = shop.page(f"/references/{reference}")
    fill(shop.office, MANAGER, path, role="packaging", image_rights="owned")
    shown = shop.read(f"/references/{reference}")
    assert (shown["role"], shown["image_rights"]) == ("packaging", "owned")
    for state, words in (("disabled", "Switched off"), ("active", "In use")):
        sent = fill(shop.office, MANAGER, f"{path}/state", state=state)
        assert sent.status == 303
        assert shop.read(f"/references/{reference}")["state"] == state
        assert words in look(shop.office, MANAGER, path)
        filtered = shop.page(f"/references?q=front.png&state={state}")
        assert look(shop.office, MANAGER, filtered).count('class="tile"') == 1
    wrong = fill(shop.office, MANAGER, f"{path}/state", state="nowhere")
    assert wrong.status == 422
    assert 'role="alert"' in wrong.body.decode()
    fill(shop.office, MANAGER, f"{path}/remove")
    look(shop.office, MANAGER, path, status=404)


def test_nothing_is_changed_without_the_word_of_our_pages(shop):
    (reference,) = shop.add_pictures({"kept.png": 55})
    path = shop.page(f"/references/{reference}/remove")
    client, cookie, _ = browser_of(shop.office, MANAGER)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.send("POST", path, b"csrf=wrong", {**cookie, **kind})
    assert answer.status == 403
    assert shop.read(f"/references/{reference}")["state"] == "active"


def test_hostile_titles_and_names_are_shown_as_text(shop):
    product = shop.add_product(product_id="EVIL-1", title=HOSTILE, description=BIDI)
    hostile = HOSTILE.replace('"', "").replace("/", "|")
    (reference,) = shop.add_pictures({hostile: 56}, product_id="EVIL-1")
    for rest in ("/products?q=script", f"/products/{product}"):
        require_inert(look(shop.office, MANAGER, shop.page(rest)))
    for rest in ("/references?q=script", f"/references/{reference}"):
        source = look(shop.office, MANAGER, shop.page(rest))
        assert "<bdi>&lt;script&gt;alert(1)&lt;|script&gt;" in source
    searched = look(
        shop.office,
        MANAGER,
        shop.page("/products?q=" + "%3Cimg src=x%3E".replace(" ", "+")),
    )
    assert 'value="&lt;img src=x&gt;"' in searched


def test_an_admin_adds_a_brand_and_goes_on_to_its_catalogue(office):
    sent = fill(office, "adm", "/brands", name=HOSTILE)
    assert sent.status == 303
    place = sent.headers["location"]
    assert place.startswith("/catalogue/brand_")
    require_inert(look(office, "adm", place))
    brands = look(office, "adm", "/brands")
    require_inert(brands)
    assert f'href="{place}"' in brands
    again = fill(office, "adm", "/brands", name=HOSTILE)
    assert again.status == 409
    require_inert(again.body.decode())
    assert fill(office, "ann", "/brands", name="Mine").status == 403
    assert 'action="/brands"' not in look(office, "ann", "/brands")
