"""The house rules of docs/architecture.md, read from the sources' syntax trees."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
SOURCE_FOLDERS = ("detector", "index", "models", "scripts")

BASE = {
    "detector.errors",
    "detector.files",
    "detector.images",
    "detector.workers",
    "index",
    "models",
}
FORMATS = {
    "detector.avif_boxes",
    "detector.foreign_files",
    "detector.jpeg_segments",
    "detector.tiff_directory",
}
ENGINES = BASE | {"detector.matching", "detector.store"}
WORLD = {"detector.events", "detector.network"}
DOMAIN = (
    ENGINES | WORLD | {"detector.catalogue", "detector.listings", "detector.review"}
)
SERVICE = DOMAIN | {
    "detector.access",
    "detector.settings",
    "detector.api",
    "detector.console",
}

MAY_IMPORT = {
    "models": set(),
    "index": set(),
    "detector.errors": set(),
    "detector.files": set(),
    "detector.workers": set(),
    "detector.settings": {"detector.errors"},
    "detector.avif_boxes": set(),
    "detector.foreign_files": set(),
    "detector.image_colors": set(),
    "detector.jpeg_segments": {"detector.tiff_directory"},
    "detector.tiff_directory": set(),
    "detector.image_headers": {"detector.errors", *FORMATS},
    "detector.images": {
        "detector.errors",
        "detector.image_colors",
        "detector.image_headers",
        "models",
    },
    "detector.matching": BASE,
    "detector.store": BASE,
    "detector.access": {"detector.errors", "detector.store"},
    "detector.network": {"detector.errors"},
    "detector.events": {"detector.errors", "detector.store", "detector.network"},
    "detector.catalogue": ENGINES | WORLD,
    "detector.listings": ENGINES | WORLD | {"detector.catalogue"},
    "detector.review": ENGINES | WORLD | {"detector.catalogue", "detector.listings"},
    "detector.console": DOMAIN | {"detector.settings", "detector.api"},
    "detector.api": DOMAIN | {"detector.access", "detector.settings"},
    "detector.cli": SERVICE,
    "scripts": SERVICE | {"detector.cli"},
}
"""Room → the other rooms that it may import. A room is a folder or a module."""

SQL = (
    "detector/store",
    "detector/access",
    "detector/catalogue",
    "detector/events",
    "detector/listings",
    "detector/review",
)
WEB = ("detector/api", "detector/console")
PEERS = ("scripts/benchmarks/peer_programs",)
"""Programs of their own, for what one would use instead of the product."""

HOMES = {
    "torch": ("models", *PEERS, "scripts/benchmarks/gpu.py"),
    "torchvision": ("models", *PEERS),
    "open_clip": ("models", *PEERS),
    "onnx": ("models",),
    "onnxruntime": ("models",),
    "safetensors": ("models", "detector/matching/describe.py"),
    "faiss": ("index", *PEERS),
    "pymilvus": ("index",),
    "cv2": (
        "models/local_features.py",
        "models/perceptual_hash.py",
        "detector/matching",
    ),
    "sqlalchemy": SQL,
    "alembic": ("detector/store",),
    "fsspec": ("detector/store",),
    "s3fs": ("detector/store/s3_blobs.py",),
    "aiohttp": ("detector/store/s3_blobs.py",),
    "botocore": ("detector/store/s3_blobs.py",),
    "httpx2": (
        "detector/catalogue",
        "detector/console",
        "detector/events",
        "detector/network",
    ),
    "httpcore2": ("detector/catalogue", "detector/events", "detector/network"),
    "standardwebhooks": ("detector/events",),
    "watchfiles": ("detector/cli",),
    "argon2": ("detector/access",),
    "limits": ("detector/access", "detector/api"),
    "babel": ("detector/console", "scripts/collect_texts.py"),
    "matplotlib": ("detector/console", "scripts/benchmarks/plots.py"),
    "hnswlib": PEERS,
    "imagededup": PEERS,
    "openvino": PEERS,
    "pdqhash": PEERS,
    "usearch": PEERS,
    "playwright": ("tests", "scripts"),
    "fastapi": WEB,
    "starlette": WEB,
    "uvicorn": (*WEB, "detector/cli"),
    "pydantic_settings": ("detector/settings.py",),
    "typer": ("detector/cli",),
}
"""Library → the only places that may import it."""

NAMES_OF_NOTHING = {"common", "core", "helper", "helpers", "manager", "util", "utils"}
MAX_LINES = 320


def room_of(module: str) -> str | None:
    """Name the room that a dotted module belongs to; None for a stranger."""
    fits = [r for r in MAY_IMPORT if module == r or module.startswith(f"{r}.")]
    return max(fits, key=len, default=None)


def module_of(path: PurePosixPath) -> str:
    """Turn `detector/store/__init__.py` into `detector.store`."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports_of(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    """Yield the dotted name of everything imported, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = ".".join(path.parts[: -node.level]) if node.level else ""
            base = ".".join(part for part in (origin, node.module) if part)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_inside(path: PurePosixPath, places: tuple[str, ...]) -> bool:
    """Tell whether the path is one of the places, or below one."""
    return any(path.is_relative_to(place) for place in places)


def import_faults(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    """Say which imports go against the one way, or take a library from its home."""
    module = module_of(path)
    room = room_of(module)
    if room is None and module != "detector":
        yield f"{module} is no room of MAY_IMPORT: say what it may import"
    for name in imports_of(tree, path):
        library = name.partition(".")[0]
        if library in HOMES and not is_inside(path, HOMES[library]):
            yield f"imports {library}, which lives in {' and '.join(HOMES[library])}"
        if library not in SOURCE_FOLDERS or name == "detector.__version__":
            continue
        target = room_of(name)
        if target is None:
            yield f"imports {name}, which is no room of MAY_IMPORT"
        elif room and target != room and target not in MAY_IMPORT[room]:
            yield f"{room} imports {target}"


def call_faults(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    """Say where the environment is read, or something is printed, out of place."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="os"), attr=name):
                touched = name
            case ast.ImportFrom(module="os", names=names):
                touched = " ".join(alias.name for alias in names)
            case ast.Call(func=ast.Name(id="print")):
                if path.parts[0] != "scripts":
                    yield f"line {node.lineno}: print belongs to scripts"
                continue
            case _:
                continue
        reads = {"environ", "environb", "getenv", "putenv"} & set(touched.split())
        if reads and path != PurePosixPath("detector/settings.py"):
            yield f"line {node.lineno}: only settings.py reads the environment"


def shape_faults(source: str, path: PurePosixPath) -> Iterator[str]:
    """Say what is wrong with the file's name and length."""
    for part in path.with_suffix("").parts:
        if part in NAMES_OF_NOTHING:
            yield f"`{part}` says nothing about what is inside"
    if (num_lines := source.count("\n")) > MAX_LINES:
        yield f"{num_lines} lines: look for the second idea"


def faults(path: str, source: str) -> list[str]:
    """List what is wrong with one source file.

    Args:
        path: relative to the project's root, with forward slashes.
        source: its text.
    """
    place = PurePosixPath(path)
    found = list(shape_faults(source, place))
    if place.parts[0] != "tests":
        tree = ast.parse(source, path)
        found += [*import_faults(tree, place), *call_faults(tree, place)]
    return [f"{path}: {fault}" for fault in found]


def python_files(*folders: str) -> list[Path]:
    """List the Python files below the project's folders."""
    return sorted(p for folder in folders for p in (ROOT / folder).rglob("*.py"))


def test_every_source_file_keeps_the_house_rules():
    files = python_files(*SOURCE_FOLDERS, "tests")
    assert len(files) > 10
    found = [
        fault
        for file in files
        for fault in faults(file.relative_to(ROOT).as_posix(), file.read_text())
    ]
    assert not found, "\n".join(["", *found])


def test_the_rules_themselves_allow_no_way_back():
    order = list(TopologicalSorter(MAY_IMPORT).static_order())
    assert set(order) == MAY_IMPORT.keys()


def test_every_folder_of_modules_is_a_package():
    for file in python_files("detector", "index", "models"):
        assert (file.parent / "__init__.py").exists(), f"{file.parent} is none"


def test_test_files_mirror_the_folders_they_test():
    for file in python_files("tests"):
        folder = file.parent.relative_to(ROOT / "tests")
        assert (ROOT / folder).is_dir(), f"{file} tests no folder of the project"


def test_every_folder_with_code_has_tests():
    folders = {ROOT / name for name in SOURCE_FOLDERS}
    folders |= {p for p in (ROOT / "detector").iterdir() if p.is_dir()}
    for folder in folders:
        code = [f for f in folder.glob("*.py") if f.name != "__init__.py"]
        tests = ROOT / "tests" / folder.relative_to(ROOT)
        assert not code or list(tests.glob("test_*.py")), f"{tests} holds no test"


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("index/a.py", "import models.embedder\n", "index imports models"),
        ("models/a.py", "from detector.errors import Busy\n", "models imports"),
        ("detector/matching/a.py", "import detector.store.blobs\n", "matching imports"),
        ("detector/store/a.py", "from detector import listings\n", "store imports"),
        ("detector/matching/a.py", "from ..store import blobs\n", "matching imports"),
        ("detector/catalogue/a.py", "import detector.api\n", "catalogue imports"),
        ("detector/images.py", "from detector.settings import Settings\n", "settings"),
        ("detector/listings/a.py", "def f():\n    import detector.cli\n", "cli"),
        ("detector/store/a.py", "from models.clip import x\nimport torch\n", "torch"),
        ("detector/images.py", "import cv2\n", "cv2"),
        ("detector/matching/a.py", "import faiss\n", "faiss"),
        ("detector/matching/a.py", "from sqlalchemy import select\n", "sqlalchemy"),
        ("detector/review/a.py", "from fastapi import HTTPException\n", "fastapi"),
        ("models/a.py", "import os\nHOME = os.environ['HOME']\n", "line 2"),
        ("models/a.py", "from os import getenv\n", "environment"),
        ("index/a.py", "print('done')\n", "print"),
        ("index/utils.py", "", "says nothing"),
        ("tests/core/test_a.py", "", "says nothing"),
        ("detector/store/a.py", "x = 1\n" * (MAX_LINES + 1), "321 lines"),
        ("detector/stuff.py", "", "no room"),
        ("detector/cli/a.py", "import detector.stuff\n", "no room"),
    ],
)
def test_a_violating_source_is_reported(path, source, fault):
    found = faults(path, source)
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("detector/matching/a.py", "import cv2\nfrom models import embedder\n"),
        ("models/local_features.py", "import cv2\n"),
        ("detector/settings.py", "import os\nHOME = os.environ['HOME']\n"),
        ("detector/review/a.py", "from detector.listings import scan\n"),
        ("scripts/train_compact.py", "from models.training import loop\nprint(loop)\n"),
        ("index/a.py", "import os\nos.replace('a', 'b')\nimport faiss\n"),
        ("detector/store/a.py", "x = 1\n" * MAX_LINES),
    ],
)
def test_a_rightful_source_is_not_reported(path, source):
    assert faults(path, source) == []
