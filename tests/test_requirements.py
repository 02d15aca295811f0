"""The lock pins everything that pyproject.toml asks for, and names no host."""

import re
import tomllib
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements.lock").read_text()
ENTRIES = re.findall(r"^(\S.*?) \\\n((?:    --hash=\S+(?: \\)?\n)+)", LOCK, re.M)


def pins() -> dict[str, list[Requirement]]:
    """Read the lock: each package with its one or more pinned versions."""
    found: dict[str, list[Requirement]] = {}
    for line, _ in ENTRIES:
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def wanted() -> list[Requirement]:
    """Read what pyproject.toml asks for, development tools and build included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    return [Requirement(line) for line in lines]


def test_every_line_of_the_lock_is_a_pin_with_hashes():
    written = "".join(f"{line} \\\n{hashes}" for line, hashes in ENTRIES)
    assert written == LOCK
    assert len(ENTRIES) > 50
    for line, hashes in ENTRIES:
        assert re.match(r"[a-z0-9.-]+==[\w.]+( ; .+)?$", line), line
        assert re.fullmatch(r"(    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", hashes)


def test_the_lock_names_no_host_and_no_local_path():
    assert "://" not in LOCK
    assert not re.search(r"--(index|extra-index|find-links|trusted)|\s@\s|\./", LOCK)


def test_the_lock_fits_what_the_project_asks_for():
    pinned = pins()
    for requirement in wanted():
        options = pinned.get(canonicalize_name(requirement.name), [])
        here = [p for p in options if not p.marker or p.marker.evaluate()]
        assert len(here) == 1, f"{requirement}: run `make lock`"
        version = next(iter(here[0].specifier)).version
        assert requirement.specifier.contains(version), f"{requirement}: `make lock`"


def test_this_environment_is_a_python_that_the_project_supports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = Requirement(f"python{project['requires-python']}").specifier
    assert supported.contains(Version(default_environment()["python_full_version"]))
