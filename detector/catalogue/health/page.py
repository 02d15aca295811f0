"""The health report as one HTML file that holds its pictures."""

import base64
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from detector.catalogue.health.report import (
    Code,
    FamilyResult,
    Finding,
    HealthReport,
    Rate,
    Severity,
    rate,
)
from detector.catalogue.health.words import WORDS

FOLDER = Path(__file__).parent

FAMILIES = {
    "crop": "cut to a half to three quarters",
    "frame": "put into a frame",
    "recompress": "saved again, smaller and badly",
    "rotate": "turned by 5 to 25 degrees",
    "text": "written on",
    "stickers": "with stickers",
    "collage": "beside other pictures",
    "mirror": "mirrored",
    "occlude": "partly covered",
    "degrade": "small, blurred and grainy",
    "screenshot": "inside a screenshot",
    "combo": "several of these at once",
    "total": "all together",
}
"""What each family of edits is called for people."""


class _Section(NamedTuple):
    """Findings of one kind; their words are said once."""

    code: Code
    severity: Severity
    title: str
    remedy: str
    findings: Sequence[Finding]


def render_html(report: HealthReport) -> str:
    """Write the report as a page that needs no other file."""
    templates = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
    )
    templates.filters["percent"] = percent
    templates.filters["family_name"] = FAMILIES.__getitem__
    test = report.self_test
    return templates.get_template("health.html").render(
        report=report,
        thresholds=report.policy,
        sections=_sections(report.findings),
        rows=[] if test is None else [_row(family) for family in test.families],
        total=None if test is None else _row(test.total),
        words=WORDS,
        pictures={
            name: "data:image/webp;base64," + base64.b64encode(file).decode()
            for name, file in report.thumbnails.items()
        },
    )


def percent(share: float | None) -> str:
    """Write a share for people: `93 %`."""
    return "none" if share is None else f"{100 * share:.0f} %"


def interval(share: Rate) -> str:
    """Write a 95 % interval for people: `86 to 97 %`."""
    if share.low is None or share.high is None:
        return "none"
    return f"{100 * share.low:.0f} to {100 * share.high:.0f} %"


def _row(family: FamilyResult) -> dict[str, object]:
    recall = rate(family.match, family.num_tested)
    found = rate(family.match + family.review, family.num_tested)
    return {
        "result": family,
        "name": FAMILIES[family.family],
        "recall": recall,
        "recall_interval": interval(recall),
        "found": found,
        "found_interval": interval(found),
    }


def _sections(findings: Sequence[Finding]) -> list[_Section]:
    """Gather findings by kind, in the order of the report."""
    by_code: dict[Code, list[Finding]] = defaultdict(list)
    for each in findings:
        by_code[each.code].append(each)
    return [
        _Section(code, some[0].severity, WORDS[code].title, WORDS[code].remedy, some)
        for code, some in by_code.items()
    ]
