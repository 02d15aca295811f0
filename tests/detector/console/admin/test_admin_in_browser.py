"""What only a browser shows of the pages of those who run the service."""

from urllib.parse import parse_qs, urlsplit

from tests.browser import axe, sign_in, url


def test_times_are_typed_in_the_viewers_zone_and_sent_in_utc(open_context, office):
    adm = office.clients["adm"]
    page = sign_in(open_context(timezone_id="Asia/Tokyo"), adm)
    page.goto(url(adm, "/audit?since=2026-01-01T00:00"))
    since = page.get_by_label("From")
    assert since.input_value() == "2026-01-01T09:00"
    assert page.get_by_text("(Asia/Tokyo)").count() == 2
    since.fill("2026-01-02T08:30")
    with page.expect_navigation():
        page.get_by_role("button", name="Search").click()
    query = parse_qs(urlsplit(page.url).query)
    assert query["since"] == ["2026-01-01T23:30:00.000Z"]
    assert page.get_by_label("From").input_value() == "2026-01-02T08:30"
    axe(page)


def test_a_key_is_made_and_copied(open_context, office):
    adm = office.clients["adm"]
    context = open_context(permissions=["clipboard-read", "clipboard-write"])
    page = sign_in(context, adm)
    page.goto(url(adm, "/keys/new"))
    page.get_by_label("What it is for").fill("nightly import")
    page.get_by_label("Role", exact=True).select_option("auditor")
    page.get_by_role("button", name="Make the key").click()
    shown = page.locator("#secret").input_value()
    assert shown.startswith("dk_")
    axe(page)
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == shown


def test_a_log_shows_by_itself_what_became_of_a_test(context, office):
    adm = office.clients["adm"]
    page = sign_in(context, adm)
    page.goto(url(adm, "/webhooks/new"))
    page.get_by_label("Where to").fill("https://hooks.example/in")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="To the webhook").click()
    page.get_by_role("button", name="Send a test").click()
    row = page.locator("#log tbody tr")
    row.get_by_text("On its way").wait_for()
    page.evaluate("document.querySelector('#log tbody').dataset.old = 'yes'")
    page.locator("#log tbody:not([data-old])").wait_for()
    assert row.count() == 1
    axe(page)
