import json

import pytest

from detector.store.store import open_store
from tests.detector.review.review_world import Cases


@pytest.fixture
def cases(data_dir):
    store = open_store(data_dir)
    yield Cases(store.database)
    store.close()


@pytest.fixture
def options(cases):
    """Of a notice that lacks nothing."""
    return [
        "--brand=acme",
        "--marketplace=market",
        "--reason=counterfeit_mark",
        "--explanation=A test buy showed that the label is not ours.",
        "--name=Ada",
        "--email=ada@acme.example",
        f"--right={cases.add_right()}",
        "--signed=good_faith",
        "--signed=accuracy",
    ]


def test_notice_is_given_by_file_and_listed(detector, tmp_path, options):
    file = tmp_path / "fakes.csv"
    file.write_text("listing_id,url\n4711,https://market.example/4711\n4712,\n")
    given = detector("notices", "add", file, *options)
    assert given.code == 0
    assert ": received, 2 listings" in given.out
    assert "may make whoever gave it liable" in given.err
    (told,) = json.loads(detector("notices", "list", "--json").out)
    assert (told["state"], told["missing"]) == ("received", [])
    assert [item["listing_id"] for item in told["items"]] == ["4711", "4712"]
    shown = detector("notices", "list", "--brand", "acme", "--state", "received")
    assert "2 open" in shown.out
    none = detector("notices", "list", "--state", "withdrawn")
    assert none.out == "There are no such notices.\n"


def test_what_is_wrong_is_told_and_the_rest_is_taken(detector, tmp_path, options):
    file = tmp_path / "fakes.csv"
    file.write_text("listing_id,url\n4711,\n,https://market.example/4712\n")
    given = detector("notices", "add", file, *options[:-1], "--json")
    assert given.code == 1
    (told,) = json.loads(given.out)
    assert told["state"] == "incomplete"
    assert [item["listing_id"] for item in told["items"]] == ["4711"]
    assert "The statement accuracy is not signed" in given.err
    assert "fakes.csv:3" in given.err
    file.write_text("listing_id\n")
    empty = detector("notices", "add", file, *options)
    assert empty.code == 1
    assert "names no listing" in empty.err
