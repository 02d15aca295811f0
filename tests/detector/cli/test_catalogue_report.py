import json
from collections.abc import Callable

import pytest

from tests.outcome import Outcome


@pytest.fixture
def catalogue(detector, photos):
    (photos / "again.png").write_bytes((photos / "0" / "000.png").read_bytes())
    assert detector("catalogue", "import", photos, "--brand", "Acme").code == 0
    return photos


def report(detector: Callable[..., Outcome], *options: object) -> Outcome:
    return detector("catalogue", "report", "--brand", "acme", *options)


def test_the_report_comes_as_table_json_and_page(detector, catalogue, tmp_path):
    options = ("--sample", "1", "--seed", "3")
    table = report(detector, *options)
    assert table.code == 0
    assert "Acme: 7 references, 7 of them can be searched" in table.out
    assert "0/000.png, again.png" in table.out
    assert "screenshot" in table.out
    assert "7 references and 12 edited pictures: about " in table.err
    told = json.loads(report(detector, *options, "--format", "json").out)
    assert told["schema"] == "catalogue-health/1"
    assert told["counts"]["duplicate"] == 1
    assert told["self_test"]["total"]["num_tested"] == 12
    page = tmp_path / "health.html"
    done = report(detector, "--sample", "0", "--format", "html", "--out", page)
    assert done.code == 0
    assert done.out == ""
    assert "Catalogue health: Acme" in page.read_text("utf-8")


def test_a_brand_that_is_not_there_is_a_failure_with_a_remedy(detector, catalogue):
    done = detector("catalogue", "report", "--brand", "Nobody")
    assert done.code == 1
    assert "detector catalogue import" in done.err
    assert "Traceback" not in done.err


def test_misuse_is_told(detector, catalogue):
    for options in (
        ("--sample", "-1"),
        ("--format", "pdf"),
        ("--out", catalogue),
        ("--out", catalogue / "none" / "report.html"),
    ):
        done = report(detector, *options)
        assert done.code == 2
        assert done.out == ""
