import re
from dataclasses import replace

from detector.catalogue.health.page import render_html
from detector.catalogue.health.report import OwnReference


def test_the_page_needs_no_other_file(checked):
    page = render_html(checked.report)
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert sources
    assert all(source.startswith("data:image/webp;base64,") for source in sources)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert len(page) < 300_000


def test_the_page_shows_every_finding_with_its_remedy(checked):
    page = render_html(checked.report)
    for finding in checked.report.findings:
        assert finding.reference.external_id in page
        assert finding.remedy.split(",")[0] in page
    assert page.count("<img ") >= len(checked.report.findings)
    assert "Taken for another" in page


def test_names_are_text_and_no_markup(checked):
    first, *rest = checked.report.findings
    name = OwnReference("ref_x", "<img src=x onerror=alert(1)>", "<b>")
    hostile = replace(checked.report, findings=(replace(first, reference=name), *rest))
    page = render_html(hostile)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
