import io
import json
import os
import pty
import re
import select
import subprocess
import sys

import pytest

PASSWORD = "vivid otter keeps nine lamps"
OTHER = "seven quiet gulls on a pier"
EMAIL = "ada@acme.example"
CREATE = ["user", "create", "--email", EMAIL]


@pytest.fixture
def typed(detector, monkeypatch):
    """Run a command with a text on stdin."""

    def run(text, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.StringIO(text))
            return detector(*arguments)

    return run


def test_a_user_is_added_and_listed(typed, detector, photos, data_dir):
    assert detector("user", "list").out.strip() == "There are no users yet."
    assert detector("catalogue", "import", photos, "--brand", "Acme").code == 0
    given = ["--role", "brand_admin", "--brand", "Acme", "--name", "Ada"]
    done = typed(PASSWORD + "\n", *CREATE, *given, "--password-stdin", "--json")
    assert done.code == 0
    made = json.loads(done.out)
    assert (made["email"], made["role"], made["state"]) == (
        EMAIL,
        "brand_admin",
        "active",
    )
    assert json.loads(detector("user", "list", "--json").out) == [made]
    assert EMAIL in detector("user", "list").out
    files = [p for p in data_dir.rglob("*") if p.is_file()]
    assert not [p for p in files if PASSWORD.encode() in p.read_bytes()]


def test_a_user_is_disabled_enabled_and_given_a_new_password(typed, detector):
    given = ["--role", "admin", "--password-stdin"]
    assert typed(PASSWORD, *CREATE, *given).code == 0

    def state() -> str:
        (user,) = json.loads(detector("user", "list", "--json").out)
        return str(user["state"])

    assert detector("user", "disable", EMAIL.upper()).code == 0
    assert state() == "disabled"
    assert detector("user", "enable", EMAIL).code == 0
    assert state() == "active"
    done = typed(OTHER + "\r\n", "user", "password", EMAIL, "--password-stdin")
    assert (done.code, done.out) == (0, "")


def test_a_password_is_asked_for_twice_on_a_terminal(data_dir):
    terminal, other_end = pty.openpty()
    program = [sys.executable, "-m", "detector.cli", *CREATE, "--role", "admin"]
    process = subprocess.Popen(
        program,
        stdin=other_end,
        stdout=subprocess.PIPE,
        stderr=other_end,
        start_new_session=True,
        env=os.environ | {"DETECTOR_DATA_DIR": str(data_dir)},
    )
    os.close(other_end)
    shown = b""
    # The space comes once the terminal shows nothing more of what is typed.
    for prompt in (b"Password: ", b"confirmation: "):
        while prompt not in shown:
            assert select.select([terminal], [], [], 60)[0], shown
            shown += os.read(terminal, 1_000)
        os.write(terminal, f"{PASSWORD}\n".encode())
    out, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert (process.returncode, out) == (0, b"")
    assert PASSWORD.encode() not in shown


@pytest.mark.parametrize(
    ("text", "arguments", "code", "told"),
    [
        ("", ["--role", "admin"], 2, "--password-stdin"),
        ("", ["--role", "admin", "--password-stdin"], 2, "0 characters"),
        ("password123456", ["--role", "admin", "--password-stdin"], 2, "tried first"),
        (PASSWORD, ["--role", "king", "--password-stdin"], 2, "king"),
        (PASSWORD, ["--role", "brand_agent", "--password-stdin"], 2, "needs a brand"),
        (
            PASSWORD,
            ["--role", "brand_agent", "--brand", "Nobody", "--password-stdin"],
            1,
            "POST /v1/brands",
        ),
    ],
)
def test_misuse_is_told(typed, text, arguments, code, told):
    done = typed(text, *CREATE, *arguments)
    assert done.code == code
    assert told in done.err


def test_an_unknown_address_is_told(detector):
    for verb in ("disable", "enable", "password"):
        done = detector("user", verb, "nobody@acme.example")
        assert done.code == 1
        assert "detector user list" in done.err


def test_a_link_is_printed_whole_and_lets_one_in(typed, detector):
    given = ["--role", "reviewer", "--password-stdin"]
    assert typed(PASSWORD + "\n", *CREATE, *given).code == 0
    done = detector("user", "link", EMAIL, "--url", "https://x.example/")
    assert re.fullmatch(r"https://x\.example/sign-in/link#dl_[\w-]{43}\n", done.out)
    assert detector("user", "link", "bob@acme.example").code == 1
