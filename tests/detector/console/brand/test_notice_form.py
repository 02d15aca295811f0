"""What only a browser shows of the form to give notice with."""

from playwright.sync_api import FilePayload

from tests.browser import axe, sign_in, url

CSV = b"\xef\xbb\xbflisting_id,url\nb1,https://market.example/b1\nb2,\n"


def test_listings_come_from_a_file_and_two_clicks_give_one_notice(context, office):
    office.cases.add_right()
    acme = office.clients["acme"]
    page = sign_in(context, acme)
    page.goto(url(acme, "/notices/new"))
    file: FilePayload = {"name": "list.csv", "mimeType": "text/csv", "buffer": CSV}
    page.set_input_files("#file", files=[file])
    page.get_by_text("2 of 300 listings").wait_for()
    page.get_by_label("Marketplace").fill("market")
    page.get_by_label("Reason").select_option("counterfeit_mark")
    page.get_by_label("Your right").select_option(index=1)
    page.get_by_label("What infringes, and how do you know?").fill(
        "A test buy showed that the label is not ours."
    )
    page.get_by_label("E-mail address").fill("ada@acme.example")
    for name in ("good_faith", "accuracy"):
        page.check(f"input[value={name}]")
    axe(page)
    before = len(office.read("acme", "/notices?limit=200")["items"])
    page.get_by_role("button", name="Give notice").dblclick()
    page.get_by_text("nothing is missing").wait_for()
    axe(page)
    items = office.read("acme", "/notices?limit=200&newest_first=true")["items"]
    assert len(items) == before + 1
    assert [item["listing_id"] for item in items[0]["items"]] == ["b1", "b2"]
    page.goto(url(acme, "/notices/new"))
    page.get_by_label("Listings, one a line").fill("\n".join(map(str, range(301))))
    page.get_by_text("301 listings: at most 300").wait_for()
