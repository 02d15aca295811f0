"""Names that indexes, their properties and their ids go by in Milvus."""

import hashlib
from pathlib import Path
from urllib.parse import quote, unquote

OURS = "detector_"
PLACE = "detector.place"
MODEL = "detector.model"
WEIGHTS = "detector.weights_hash"
WATERMARK = "detector.watermark"


def place_of(folder: Path) -> str:
    """Name what a folder stands for: catalogue and part."""
    return f"{folder.parent.name}/{folder.name}"


def alias_of(folder: Path, model: str, weights_hash: str) -> str:
    """Name the alias under which one model's index of a place is found."""
    made_from = _digest(f"{model}\0{weights_hash}")
    return f"{OURS}{_digest(place_of(folder))}_{made_from}"


def is_ours(name: str) -> bool:
    """Tell whether a collection may be an index of ours by its name."""
    return name.startswith(OURS)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_id(name: str) -> str:
    """Write an id with letters, digits and signs that no expression minds."""
    return quote(name, safe="", errors="surrogatepass")


def read_id(written: str) -> str:
    """Read an id that was written so."""
    return unquote(written, errors="surrogatepass")
