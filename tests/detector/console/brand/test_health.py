import pytest

from tests.detector.console.brand.forms import HOSTILE, fill, look
from tests.detector.console.brand.shops import MANAGER, Shop, open_shop


@pytest.fixture(scope="module")
def shop(office):
    """A brand whose catalogue has been checked, with what a check can find."""
    shop = open_shop(office, "Gesund")
    hostile = HOSTILE.replace('"', "").replace("/", "|")
    shop.add_pictures({"a.png": 70, "copy of a.png": 70, "b.png": 71, hostile: 72})
    return shop


def start(shop: Shop, **fields: str) -> str:
    """Start a check by the form; return the path of its page."""
    sent = fill(shop.office, MANAGER, f"/health-checks/{shop.brand_id}", **fields)
    assert sent.status == 303, sent.body
    return sent.headers["location"]


@pytest.fixture(scope="module")
def report(shop):
    """The page of a check that is done, and the report in the API."""
    path = start(shop, sample="1")
    check_id = path.rpartition("/")[2]
    shop.wait_for(f"/health/{check_id}")
    return look(shop.office, MANAGER, path), shop.read(f"/health/{check_id}")["report"]


def test_a_report_tells_the_self_test_in_words_and_figures(report):
    source, told = report
    total = told["self_test"]["total"]
    found = total["match"] + total["review"]
    assert f"Of {total['num_tested']} copies" in source
    assert f"{found} were found ({100 * found / total['num_tested']:.0f} %)" in source
    rows = len(told["self_test"]["families"]) + 1
    assert source.count('<svg class="rate"') == rows
    assert f'x1="{100 * total["found"]["low"]}"' in source
    assert "hx-trigger" not in source


def test_a_report_shows_what_was_found_with_pictures(shop, report):
    source, told = report
    assert told["duplicates"]
    assert "The same file more than once" in source
    for reference in told["duplicates"][0]["references"]:
        name = reference["reference_id"]
        assert f'src="{shop.place}/references/{name}/image?width=' in source
        assert f'href="{shop.page("/references/" + name)}"' in source
    assert told["duplicates"][0]["remedy"] in source


def test_hostile_names_are_shown_as_text(shop, report):
    source, told = report
    missed = told["self_test"]["most_missed"]
    named = [each["reference"]["external_id"] for each in told["findings"] + missed]
    assert "<script>alert" not in source
    assert ("&lt;script&gt;alert(1)" in source) == any("<" in name for name in named)


def test_a_check_that_waits_asks_again_by_itself_and_is_listed(shop):
    path = start(shop, sample="0")
    source = look(shop.office, MANAGER, path)
    has_ended = "In short" in source
    assert has_ended != ('hx-trigger="every 1s"' in source)
    listed = look(shop.office, MANAGER, f"/health-checks/{shop.brand_id}")
    assert path in listed
    shop.wait_for(f"/health/{path.rpartition('/')[2]}")
    assert "None was asked for" in look(shop.office, MANAGER, path)


@pytest.mark.parametrize("sample", ["501", "many", "9" * 5_000])
def test_a_sample_that_cannot_be_is_refused_in_words(shop, sample):
    path = f"/health-checks/{shop.brand_id}"
    refused = fill(shop.office, MANAGER, path, sample=sample)
    assert refused.status == 422
    assert 'role="alert"' in refused.body.decode()


def test_an_empty_catalogue_is_not_checked(office):
    empty = open_shop(office, "Ungesund")
    source = look(empty.office, MANAGER, f"/health-checks/{empty.brand_id}")
    assert "There is nothing to check yet" in source
    assert 'name="sample"' not in source


def test_another_brand_s_check_is_none_that_there_is(office, shop):
    check_id = start(shop, sample="0").rpartition("/")[2]
    other = open_shop(office, "Fremd")
    for brand in (other.brand_id, shop.brand_id):
        look(other.office, MANAGER, f"/health-checks/{brand}/{check_id}", status=404)
    shop.wait_for(f"/health/{check_id}")
