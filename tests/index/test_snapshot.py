"""A stored index that is damaged, foreign or cut short is refused as a whole."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import faiss
import numpy as np
import pytest

from index.array_file import encode_array
from index.coder import Coder
from index.errors import CorruptIndex
from index.faiss_index import FaissIndex
from index.local_index import LocalIndex
from index.manifest import StoredFile, parse_manifest
from index.snapshot import read_manifest
from tests.index.drawn_codes import draw_vectors
from tests.index.small_sizes import CodedIndex
from tests.index.stored_indexes import (
    ORIGIN,
    Save,
    load,
    save_coded,
    save_codes,
    save_vectors,
    stored_files,
)

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(
    params=[save_vectors, save_coded, save_codes],
    ids=["vectors", "coded vectors", "codes"],
)
def save(request) -> Save:
    chosen: Save = request.param
    return chosen


def refusal(kind: type[FaissIndex] | type[LocalIndex], folder: Path) -> str:
    with pytest.raises(CorruptIndex) as caught:
        load(kind, folder)
    assert "detector index rebuild" in str(caught.value)
    return str(caught.value)


def file_names(save: Save) -> list[str]:
    arrays = ["vectors"]
    if save is save_codes:
        arrays = ["cell_sizes", "code_ids", "codes"]
    if save is save_coded:
        arrays += ["alive", "blocks", "codes", "trained"]
        arrays += 3 * [f"{name}-KEY" for name in ("halves", "names", "order")]
    return ["manifest.json", "ids.json", *(f"{name}.npy" for name in arrays)]


def test_a_stored_index_consists_of_these_files(save, tmp_path):
    save(tmp_path)
    found = [re.sub("-[0-9a-f]{16}", "-KEY", p.name) for p in stored_files(tmp_path)]
    assert sorted(found) == sorted(file_names(save))


def test_a_file_truncated_anywhere_is_refused_by_name(save, tmp_path):
    kind = save(tmp_path)
    for path in stored_files(tmp_path):
        whole = path.read_bytes()
        lengths = {0, 1, len(whole) - 1, *range(0, len(whole), len(whole) // 23 + 1)}
        for length in lengths:
            path.write_bytes(whole[:length])
            assert str(path) in refusal(kind, tmp_path)
        path.write_bytes(whole + b"\0")
        assert str(path) in refusal(kind, tmp_path)
        path.write_bytes(whole)
    load(kind, tmp_path)


def test_a_flipped_bit_anywhere_is_refused_by_name(save, tmp_path):
    kind = save(tmp_path)
    rng = np.random.default_rng(0)
    for path in stored_files(tmp_path):
        whole = path.read_bytes()
        for offset in {0, len(whole) - 1, *rng.integers(len(whole), size=60).tolist()}:
            damaged = bytearray(whole)
            damaged[offset] ^= 1 << int(rng.integers(8))
            path.write_bytes(damaged)
            assert str(tmp_path) in refusal(kind, tmp_path)
        path.write_bytes(whole)
    load(kind, tmp_path)


def test_a_missing_file_is_refused_by_name(save, tmp_path):
    kind = save(tmp_path)
    for path in stored_files(tmp_path):
        whole = path.read_bytes()
        path.unlink()
        if path.name == "manifest.json":
            with pytest.raises(FileNotFoundError, match="detector index rebuild"):
                load(kind, tmp_path)
        else:
            assert f"{path}: expected a file, found none" in refusal(kind, tmp_path)
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("count", 2),
        ("dim", 7),
        ("watermark", 6),
        ("watermark", -1),
        ("watermark", True),
        ("model", "other"),
        ("model", None),
        ("engine", "other"),
        ("generation", "../../elsewhere"),
        ("generation", "generation-0123456789abcdef"),
        ("files", {}),
        ("files", []),
        ("files", {"ids.json": 3}),
        ("files", {"ids.json": {"size": 1, "sha256": "../x"}}),
        ("checksum", "0" * 64),
        ("surplus", 1),
    ],
)
def test_an_edited_manifest_is_refused(save, entry, value, tmp_path):
    kind = save(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), entry: value}))
    assert str(path) in refusal(kind, tmp_path)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_version_is_refused_by_number(save, version, tmp_path):
    kind = save(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": version}))
    assert f"format version 1, found {version!r}" in refusal(kind, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"[" * 90_000, b"[]", b'{"format": "zarr"}', b" " * 2_000_000],
    ids=["empty", "zeros", "nested", "list", "other format", "long"],
)
def test_a_foreign_manifest_is_refused(save, content, tmp_path):
    kind = save(tmp_path)
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    assert str(path) in refusal(kind, tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(save, tmp_path):
    kind = save(tmp_path / "index")
    (tmp_path / "file").write_bytes(b"no folder")
    assert str(tmp_path / "file") in refusal(kind, tmp_path / "file")


def test_an_index_of_another_kind_is_refused(tmp_path):
    save_vectors(tmp_path / "vectors")
    save_codes(tmp_path / "codes")
    assert "of kind binary-cells" in refusal(LocalIndex, tmp_path / "vectors")
    assert "of kind flat-inner-product" in refusal(FaissIndex, tmp_path / "codes")


def forge(folder: Path, name: str, content: bytes) -> None:
    """Put other content into a file, and make size and checksums agree with it."""
    manifest = read_manifest(folder)
    (folder / manifest.generation / name).write_bytes(content)
    stored = StoredFile(len(content), hashlib.sha256(content).hexdigest())
    forged = replace(manifest, files={**manifest.files, name: stored})
    (folder / "manifest.json").write_bytes(forged.serialize())


def npy(array: np.ndarray) -> bytes:
    return b"".join(encode_array(array))


BAD_VECTORS = {
    "no array": b"no array",
    "empty": b"",
    "float64": npy(np.ones((3, 8))),
    "fewer rows": npy(draw_vectors(2, 8, 0)),
    "longer rows": npy(draw_vectors(3, 9, 0)),
    "cut": npy(draw_vectors(3, 8, 0))[:-1],
    "zeros": npy(np.zeros((3, 8), np.float32)),
    "nan": npy(np.full((3, 8), np.nan, np.float32)),
}


@pytest.mark.parametrize("content", BAD_VECTORS.values(), ids=BAD_VECTORS.keys())
def test_vectors_that_do_not_fit_are_refused_though_checksums_agree(content, tmp_path):
    save_vectors(tmp_path)
    forge(tmp_path, "vectors.npy", content)
    assert "vectors.npy" in refusal(FaissIndex, tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"{}", b'["a","b"]', b'["a","b","b"]', b'["a","b",3]', b"\xff", b"[" * 9_999],
)
def test_ids_that_do_not_fit_are_refused_though_checksums_agree(
    save, content, tmp_path
):
    kind = save(tmp_path)
    forge(tmp_path, "ids.json", content)
    assert "ids.json" in refusal(kind, tmp_path)


NUM_CELLS = 2048
ONE_EACH = np.r_[np.ones(7, np.int64), np.zeros(NUM_CELLS - 7, np.int64)]


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("cell_sizes", ONE_EACH[:-1]),
        ("cell_sizes", ONE_EACH - 1),
        ("cell_sizes", np.r_[ONE_EACH[:-1], 1 << 62]),
        ("codes", np.zeros((6, 32), np.uint8)),
        ("codes", np.zeros((7, 31), np.uint8)),
        ("code_ids", np.zeros(7, np.int64)),
        ("code_ids", np.arange(1, 8)),
        ("code_ids", np.r_[np.arange(4), (9 << 16) + np.arange(3)]),
        ("code_ids", np.r_[np.arange(4), -1 - np.arange(3)]),
    ],
)
def test_codes_that_do_not_fit_are_refused_though_checksums_agree(
    name, array, tmp_path
):
    save_codes(tmp_path)
    forge(tmp_path, f"{name}.npy", npy(array))
    refusal(LocalIndex, tmp_path)


def faiss_bytes(index: faiss.Index) -> np.ndarray:
    return faiss.serialize_index(index)


BAD_CODES = {
    "no index": np.arange(100, dtype=np.uint8),
    "empty": np.zeros(0, np.uint8),
    "another kind": faiss_bytes(faiss.IndexFlatIP(8)),
    "another dim": Coder.train(draw_vectors(40, 16, 0), 2).to_bytes(),
}


@pytest.mark.parametrize("codes", BAD_CODES.values(), ids=BAD_CODES.keys())
def test_codes_of_vectors_that_do_not_fit_are_refused_though_checksums_agree(
    codes, tmp_path
):
    save_coded(tmp_path)
    forge(tmp_path, "codes.npy", npy(codes))
    assert "codes.npy" in refusal(CodedIndex, tmp_path)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("alive", np.zeros(9, np.uint8)),
        ("alive", np.full(2, 255, np.uint8)),
        ("trained", np.zeros(2, np.int64)),
        ("blocks", np.zeros((3, 2), np.int64)),
        ("blocks", np.ones((2, 2), np.int64)),
        ("blocks", np.array([[32, 4], [32, 4], [9, 4]])),
        ("order", np.full(32, 32, np.int32)),
        ("halves", np.zeros((32, 7), np.float16)),
        ("names", np.zeros((31, 3), np.uint8)),
    ],
)
def test_blocks_that_do_not_fit_are_refused_though_checksums_agree(
    name, array, tmp_path
):
    save_coded(tmp_path)
    files = read_manifest(tmp_path).files
    first = next(file for file in files if file.startswith(name))
    forge(tmp_path, first, npy(array))
    refusal(CodedIndex, tmp_path)


def test_nothing_is_unpickled(tmp_path):
    save_vectors(tmp_path)
    mark = tmp_path / "unpickled"
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([Touch(mark)], dtype=object), allow_pickle=True)
    forge(tmp_path, "vectors.npy", objects.read_bytes())
    refusal(FaissIndex, tmp_path)
    assert not mark.exists()


class Touch:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_an_index_of_format_version_1_still_loads():
    index, watermark = load(FaissIndex, GOLDEN / "vectors-1")
    assert index.ids == {"a", "b", "c"}
    assert (watermark, index.dim) == (5, 8)
    local, watermark = load(LocalIndex, GOLDEN / "codes-1")
    assert local.ids == {"a", "b", "c"}
    assert (watermark, local.num_codes) == (5, 7)


def test_a_manifest_survives_being_written_and_read(tmp_path):
    save_vectors(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest.origin == ORIGIN
    assert parse_manifest(manifest.serialize(), tmp_path) == manifest
