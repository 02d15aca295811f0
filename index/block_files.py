"""Files of blocks of rows, which a generation of a stored index takes from the last."""

import re
from pathlib import Path

from index.manifest import Manifest, StoredFile

BLOCK = re.compile(r"\w+-([0-9a-f]{16})\.npy")


def block_keys(manifest: Manifest) -> list[str]:
    """List the keys of a stored index' blocks, in their order."""
    blocks = filter(None, map(BLOCK.fullmatch, manifest.files))
    return list(dict.fromkeys(block[1] for block in blocks))


def find_blocks(
    folder: Path, manifest: Manifest | None
) -> dict[str, tuple[Path, StoredFile]]:
    """Find the files of the blocks of a stored index, as long as they should be."""
    if manifest is None:
        return {}
    files = {
        name: (folder / manifest.generation / name, stored)
        for name, stored in manifest.files.items()
        if BLOCK.fullmatch(name)
    }
    return {
        name: (path, stored)
        for name, (path, stored) in files.items()
        if path.is_file() and path.stat().st_size == stored.size
    }


def link_file(path: Path, new: Path) -> bool:
    """Give a file a second name; false where the file system cannot."""
    try:
        new.hardlink_to(path)
    except OSError:
        return False
    return True
