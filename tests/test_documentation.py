"""The documentation tells what is there: settings, commands, targets, files."""

import os
import re
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from detector.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
)
MAX_TARGETS = 12


def targets() -> dict[str, str]:
    """Read the Makefile's targets and what each says about itself."""
    rules = re.findall(
        r"^([a-z]+):(?!=)([^\n]*)", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    return {name: rest.partition("## ")[2] for name, rest in rules}


def code_in(page: Path) -> list[str]:
    """List the lines of code blocks and the inline code spans of a page."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    return [*"".join(blocks).splitlines(), *spans]


def detector_commands() -> list[str]:
    """List every `detector …` call that a page shows, without its comment."""
    lines = (line.removeprefix(".venv/bin/") for p in PAGES for line in code_in(p))
    calls = (line for line in lines if line.startswith("detector "))
    return sorted({shlex.join(shlex.split(call, comments=True)) for call in calls})


def settings_table() -> str:
    """Write the table that README has to hold."""
    return "\n".join(
        f"| `{PREFIX}{name.upper()}` "
        f"| {'none' if field.default is None else f'`{field.default}`'} "
        f"| {field.description} |"
        for name, field in Settings.model_fields.items()
    )


def test_readme_has_the_table_of_settings():
    text = (ROOT / "README.md").read_text()
    table = settings_table()
    assert table in text, f"README's table of settings has to be:\n{table}"
    documented = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", text))
    assert documented == {PREFIX + name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_a_page_names_exists(page):
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text())) <= known


def test_the_makefile_is_short_and_help_tells_every_target():
    help_text = subprocess.run(
        ["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert 8 <= len(targets()) <= MAX_TARGETS
    for name, meaning in targets().items():
        assert meaning, f"`make {name}` does not say what it does"
        assert re.search(rf"^ *make {name} +{re.escape(meaning)}$", help_text, re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page):
    for line in code_in(page):
        call = re.match(r"make ([^#]*)", line)
        words = call[1].split() if call else []
        named = {word for word in words if "=" not in word}
        assert named <= targets().keys(), line


def test_pages_show_the_detector_command():
    assert len(detector_commands()) >= 5


@pytest.mark.parametrize("call", detector_commands())
def test_every_command_that_a_page_shows_exists(call):
    words = shlex.split(call)[1:]
    path = list(takewhile(re.compile(r"[a-z]+").fullmatch, words))
    shown = subprocess.run(
        [sys.executable, "-m", "detector.cli", *path, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "250", "NO_COLOR": "1", "TERM": "dumb"},
    )
    assert shown.returncode == 0, shown.stderr
    usage = re.search(r"Usage:.*", shown.stdout)
    assert usage
    assert " ".join(path) in usage[0]
    for flag in (word for word in words if word.startswith("--")):
        assert re.search(rf"{flag}\b", shown.stdout), f"{flag} is unknown"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    for link in links:
        assert (page.parent / link).exists(), link


def test_every_place_in_the_readme_layout_exists():
    layout = (ROOT / "README.md").read_text().split("## Layout")[1].split("## ")[0]
    places = re.findall(r"^\| `([^`]+)`", layout, re.MULTILINE)
    assert len(places) > 5
    for place in places:
        assert (ROOT / place).exists(), place


def test_what_the_architecture_does_not_call_planned_exists():
    text = (ROOT / "docs" / "architecture.md").read_text()
    house = text.split("## The house")[1].split("### ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", house, re.MULTILINE)
    assert len(rows) > 10
    for place, meaning in rows:
        is_planned = meaning.endswith("(planned)")
        files = list((ROOT / place).rglob("*.py")) if place.endswith("/") else []
        is_built = (ROOT / place).is_file() or any(f.stat().st_size for f in files)
        assert is_built != is_planned, place


def test_the_changelog_opens_with_unreleased():
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    unreleased = text.split("## Unreleased")[1].split("\n## ")[0]
    assert re.search(r"^### (Added|Changed|Removed|Fixed)$", unreleased, re.MULTILINE)
