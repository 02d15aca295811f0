"""What a benchmark's figures look like, on a terminal, as a page and in the README."""

import json
import re
from xml.etree import ElementTree

import pytest

from scripts.benchmark import main
from scripts.benchmarks.part import Figure, Goal, Part
from scripts.benchmarks.plots import draw_part
from scripts.benchmarks.report import as_page, as_summary, as_text, replace_section
from scripts.benchmarks.rows import Run
from scripts.benchmarks.timing import Timing

MARKS = "<!-- benchmark -->\nold\n<!-- /benchmark -->"


def make_run() -> Run:
    scan = Part(
        "scan",
        [
            Timing("scan", "among 100,000", "picture", 4, 2.0, 1.0, [0.2, 0.4, 0.4, 1]),
            Timing("scan", "2 threads", "picture", 4, 1.0, 2.0),
            *(Timing("scan", f"set {i}", "picture", 1, 0.02, 0.02) for i in range(3)),
        ],
        [Figure("against peers", 9.5, "times as fast", Goal(10, is_least=True))],
        ["How it was done."],
    )
    memory = Part(
        "memory", figures=[Figure("resident", 234.4, "MB"), Figure("share", 5, "%")]
    )
    return {
        "machine": {"cpu": "Some CPU", "num_cores": 2, "memory_gib": 23.5},
        "versions": {"numpy": "2.0"},
        "settings": {"threads": 2},
        "run": {
            "references": 1000,
            "larger_catalogue": 100_000,
            "seed": 7,
            "measured_at": "2026-01-02T03:04:05+00:00",
        },
        "parts": [
            scan.as_row(took_s=3),
            memory.as_row(took_s=1),
            Part("GPU", notes=["No GPU is here."]).as_row(took_s=0),
        ],
    }


def test_the_terminal_gets_every_figure():
    text = as_text(make_run())
    assert re.search(r"among 100,000 +4 +400 +910 +250 +2\n", text)
    assert re.search(r"2 threads +4 +- +- +500 +4\n", text)
    assert "against peers: 9.5 times as fast (goal: at least 10, missed)" in text
    assert "resident: 234 MB" in text
    for said in ("Some CPU", "numpy 2.0", "seed 7", "How it was done.", "No GPU is"):
        assert said in text


def test_the_page_has_a_table_and_a_plot_of_each_part():
    page = as_page(make_run(), {"scan": "images/scan.svg"})
    assert "| among 100,000 | 4 | 400 | 910 | 250 | 2 |" in page
    assert "![scan](images/scan.svg)" in page
    assert "| scan | against peers | at least 10 times as fast | 9.5 | missed |" in page
    assert page.count("## ") == 3


def test_the_summary_has_the_first_timings_the_day_and_the_machine():
    summary = as_summary(make_run())
    assert "2026-01-02, Some CPU, 2 cores, 23.5 GiB" in summary
    assert "| scan | set 1 | 50.0 a second |" in summary
    assert "| scan | set 2 |" not in summary
    assert "| 2 a second; median 400 ms, p95 910 ms |" in summary
    assert "| memory | resident | 234 MB |" in summary


def test_a_plot_is_the_same_file_each_time_and_has_no_background():
    scan, memory, gpu = make_run()["parts"]
    drawn = draw_part(scan)
    assert drawn is not None
    assert drawn == draw_part(scan)
    words = "".join(ElementTree.fromstring(drawn).itertext())
    assert all(word in words for word in ("among 100,000", "400", "ms for one item"))
    assert b"#ffffff" not in drawn
    weighed = draw_part(memory)
    assert weighed is not None
    words = "".join(ElementTree.fromstring(weighed).itertext())
    assert "resident" in words
    assert "share" not in words
    assert draw_part(gpu) is None


def test_an_earlier_run_is_written_into_a_checkout(tmp_path, capsys):
    figures, readme = tmp_path / "figures.json", tmp_path / "README.md"
    figures.write_text(json.dumps(make_run()))
    readme.write_text(f"Before\n{MARKS}\nafter")
    stale = tmp_path / "docs" / "images" / "benchmark-gone.svg"
    stale.parent.mkdir(parents=True)
    stale.touch()
    assert main(["--from", str(figures), "--docs", str(tmp_path)]) == 0
    assert "Some CPU" in capsys.readouterr().out
    assert {path.name for path in stale.parent.iterdir()} == {
        "benchmark-scan.svg", "benchmark-memory.svg"
    }  # fmt: skip
    page = (tmp_path / "docs" / "benchmark.md").read_text()
    assert "![memory](images/benchmark-memory.svg)" in page
    written = readme.read_text()
    assert written.startswith("Before\n<!-- benchmark -->\n2026-01-02")
    assert written.endswith("<!-- /benchmark -->\nafter")
    assert "old" not in written


@pytest.mark.parametrize("text", ["no marks", MARKS + MARKS, "<!-- benchmark -->"])
def test_a_readme_without_its_section_is_left_as_it_is(tmp_path, capsys, text):
    figures, readme = tmp_path / "figures.json", tmp_path / "README.md"
    figures.write_text(json.dumps(make_run()))
    readme.write_text(text)
    assert main(["--from", str(figures), "--docs", str(tmp_path)]) == 1
    assert readme.read_text() == text
    assert not (tmp_path / "docs").exists()
    assert "once each" in capsys.readouterr().err


def test_a_section_is_replaced_twice_as_once():
    once = replace_section(f"a\n{MARKS}\nb", "new")
    assert once == "a\n<!-- benchmark -->\nnew\n<!-- /benchmark -->\nb"
    assert replace_section(once, "new") == once
