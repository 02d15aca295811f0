"""The command as a process: start-up, signals, pipes, streams."""

import inspect
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from detector.cli.evaluate import evaluate
from detector.cli.scan import scan
from detector.listings.scan import Scanner

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "detector.cli"]
HEAVY = ("torch", "cv2", "faiss", "onnxruntime", "numpy", "sqlalchemy", "PIL")
COMMANDS = [
    [],
    ["catalogue"],
    ["catalogue", "import"],
    ["scan"],
    ["compare"],
    ["evaluate"],
    ["listings"],
    ["listings", "add"],
    ["listings", "watch"],
    ["listings", "list"],
    ["listings", "show"],
    ["index"],
    ["index", "info"],
    ["index", "verify"],
    ["index", "rebuild"],
    ["doctor"],
]


def start(*arguments: str | Path, **options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **options},
        text=True,
    )


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from detector.cli import main\n"
        "try:\n    main(['--help'])\n"
        f"finally:\n    print([m for m in {HEAVY!r} if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does(detector, command):
    done = detector(*command, "--help")
    assert done.code == 0
    assert "Usage: detector" in done.out


def test_the_version_is_told(detector):
    done = detector("--version")
    assert done.code == 0
    assert done.out.startswith("detector 0.")


def test_defaults_of_flags_are_those_of_the_library():
    expected = Scanner.__dataclass_fields__["limit"].default
    for command in (scan, evaluate):
        assert inspect.signature(command).parameters["limit"].default == expected


@pytest.fixture
def many(detector, photos, tmp_path):
    """A filled catalogue, and more pictures than are scanned in a moment."""
    detector("catalogue", "import", photos, "--brand", "Acme")
    folder = tmp_path / "many"
    folder.mkdir()
    data = (photos / "0" / "000.png").read_bytes()
    for i in range(400):
        (folder / f"{i:03}.png").write_bytes(data)
    return folder


def test_an_interrupt_ends_a_scan_quietly_with_130(many):
    process = start("scan", many, "--format", "jsonl")
    assert process.stdout
    assert json.loads(process.stdout.readline())["verdict"] == "match"
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert len(rest.splitlines()) < 399


def test_a_reader_that_goes_away_ends_a_scan_quietly(many):
    process = start("scan", many, "--format", "jsonl", "--no-save")
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) != 0
    assert errors == ""


def test_a_name_that_the_stream_cannot_show_is_escaped(many, tmp_path):
    strange = tmp_path / os.fsdecode(b"caf\xe9 \xe2\x98\x83.png")
    strange.write_bytes((many / "000.png").read_bytes())
    process = start(
        "scan", strange, "--format", "jsonl", "--no-save", PYTHONIOENCODING="ascii"
    )
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert json.loads(out)["image"].endswith("caf\\udce9 ☃.png")


def test_progress_and_notes_stay_off_stdout(many):
    process = start("scan", many / "000.png", "--format", "jsonl")
    out, errors = process.communicate(timeout=60)
    assert len(out.splitlines()) == 1
    assert "1 match" in errors
