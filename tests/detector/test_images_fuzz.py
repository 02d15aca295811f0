"""Damaged files by the thousand: each ends in a picture or in one of our errors.

`python -m tests.detector.test_images_fuzz SEED COUNT` tries other ones.
"""

import json
import os
import resource
import struct
import subprocess
import sys
import time
import warnings
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from detector.errors import ImageTooLarge, UnreadableImage
from detector.images import ImageLimits, decode_image
from tests.drawing import (
    draw_scene,
    exif_of,
    png,
    png_rows,
    save,
    swapped_profile,
    tiff,
)

NUM_FILES = 5_000
LIMITS = ImageLimits(max_bytes=1_000_000, max_pixels=4_000_000)
SECONDS_PER_FILE = 5.0
MAX_BYTES_OF_CHILD = 2_000_000_000  # of address space: much of it never touched
FORMATS = ("jpeg", "png", "webp", "avif", "gif", "bmp", "tiff")
SAVED_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def draw_corpus() -> list[bytes]:
    """Small sound files of every format and of most of their variants."""
    scene = draw_scene(48, 36)
    gray, bilevel = scene.convert("L"), scene.convert("1")
    clear = scene.copy()
    clear.putalpha(gray)
    deep = np.asarray(gray).astype(np.uint16) * 257
    frames = {"save_all": True, "append_images": [draw_scene(48, 36, seed=1)]}
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rich = {"exif": exif_of(6), "icc_profile": srgb}
    files = [
        save(scene, "JPEG", **rich),
        save(scene, "JPEG", progressive=True),
        save(scene.convert("CMYK"), "JPEG"),
        save(gray, "JPEG", restart_marker_blocks=1),
        save(scene, "PNG", **rich),
        save(clear, "PNG"),
        save(gray.convert("LA"), "PNG"),
        save(bilevel, "PNG"),
        save(scene.quantize(16), "PNG", transparency=3),
        save(Image.fromarray(deep), "PNG"),
        save(scene, "PNG", **frames),
        png(48, 36, depth=16, color=6, rows=png_rows(np.dstack([deep] * 4), 16)),
        save(scene, "WEBP", **rich),
        save(clear, "WEBP", lossless=True),
        save(clear, "WEBP", quality=30),
        save(scene, "WEBP", **frames),
        save(scene, "AVIF", **rich),
        save(clear, "AVIF", speed=10),
        save(scene, "AVIF", speed=10, **frames),
        save(scene, "GIF"),
        save(scene.quantize(8), "GIF", transparency=1),
        save(scene, "GIF", **frames, interlace=1),
        save(scene, "BMP"),
        save(scene.quantize(16), "BMP"),
        save(bilevel, "BMP"),
        save(clear, "BMP"),
        save(Image.fromarray(deep), "TIFF"),
        save(scene.convert("LAB"), "TIFF"),
        save(gray.convert("F"), "TIFF"),
        save(gray.convert("I"), "TIFF"),
        save(clear, "TIFF", **rich),
        save(scene.quantize(16), "TIFF"),
        save(scene, "TIFF", big_tiff=True),
        tiff(
            48,
            36,
            {259: ("H", (1,)), 262: ("H", (1,)), 258: ("H", (8,))},
            gray.tobytes(),
            order=">",
        ),
    ]
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits", "zstd", "lzma"):
        files.append(save(scene, "TIFF", compression=compression))
    for compression in ("group3", "group4", "tiff_ccitt"):
        files.append(save(bilevel, "TIFF", compression=compression))
    for profile in (srgb, swapped_profile()):
        files.append(save(scene, "TIFF", icc_profile=profile))
    return files


def mutate(rng: np.random.Generator, corpus: list[bytes]) -> bytes:
    """Damage a file in one of eight ways, or in several."""
    data = bytearray(corpus[rng.integers(len(corpus))])
    for _ in range(rng.geometric(0.7)):
        if not data:
            break
        head = int(min(len(data), rng.choice((32, 256, len(data)))))
        at = int(rng.integers(head))
        match rng.integers(8):
            case 0:
                for place in rng.integers(0, head, rng.integers(1, 9)):
                    data[place] ^= 1 << rng.integers(8)
            case 1:
                del data[int(rng.integers(len(data))) :]
            case 2:
                number = int(rng.choice(SAVED_NUMBERS))
                width = int(rng.choice((1, 2, 4)))
                order = "<" if rng.random() < 0.5 else ">"
                packed = struct.pack(f"{order}I", number)
                packed = packed[:width] if order == "<" else packed[-width:]
                data[at : at + width] = packed
            case 3:
                span = data[at : at + 4]
                data[at : at + 4] = span[::-1]
            case 4:
                other = corpus[rng.integers(len(corpus))]
                data[at:] = other[int(rng.integers(len(other))) :]
            case 5:
                other = corpus[rng.integers(len(corpus))]
                data[: min(at, 16)] = other[: min(at, 16)]
            case 6:
                length = int(rng.integers(1, 64))
                data[at:at] = data[at : at + length] * int(rng.integers(1, 5))
            case 7:
                del data[at : at + int(rng.integers(1, 64))]
    if rng.random() < 0.5:
        repair_png_checksums(data)
    return bytes(data)


def repair_png_checksums(data: bytearray) -> None:
    """Let damage to a PNG get past its checksums."""
    at = 8
    while data.startswith(b"\x89PNG") and at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if end + 4 <= len(data):
            data[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4)
        at = end + 4


def attempt(data: bytes, target_px: int | None) -> tuple[str, float]:
    """Decode; return how it ended and the seconds that took."""
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            image = decode_image(data, limits=LIMITS, target_px=target_px)
        except (UnreadableImage, ImageTooLarge) as error:
            is_clear = bool(error.remedy) and str(error).isprintable()
            end = error.code if is_clear else "unclear"
        else:
            assert image.pixels.dtype == np.uint8
            assert image.pixels.shape[2] == 3
            assert image.width * image.height <= LIMITS.max_pixels
            long_side = max(image.width, image.height)
            assert max(image.pixels.shape[:2]) == min(target_px or long_side, long_side)
            end = image.format
    if heard:
        end = f"warned: {heard[0].message}"
    return end, time.perf_counter() - start


def peak_of_this_program() -> int:
    """Largest memory of this process, in KiB.

    Linux counts in `ru_maxrss` what the program was before it became this one, which
    for a child of the whole test suite is the suite's own memory.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return int(next(x for x in lines if x.startswith("VmHWM:")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def limit_memory() -> None:
    """Let a decoder that asks for more memory fail."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES_OF_CHILD, MAX_BYTES_OF_CHILD))


def report(seed: int, num_files: int) -> None:
    """Decode damaged files; print how many ended how, the slowest, and peak memory.

    The number of the file at hand is on disk, in case the process dies of it.
    """
    corpus = draw_corpus()
    limit_memory()
    ends: Counter[str] = Counter()
    slowest = 0.0
    for number in range(seed, seed + num_files):
        data = mutate(np.random.default_rng(number), corpus)
        try:
            end, seconds = attempt(data, 32 if number % 2 else None)
        except Exception as error:
            raise AssertionError(f"file of seed {number}") from error
        assert seconds < SECONDS_PER_FILE, f"file of seed {number}: {seconds:.1f} s"
        slowest = max(slowest, seconds)
        ends[end] += 1
    peak_kib = peak_of_this_program()
    print(json.dumps({"ends": ends, "slowest_s": slowest, "peak_kib": peak_kib}))  # noqa: T201


def test_5000_damaged_files_each_end_in_a_picture_or_an_error_of_ours():
    finished = subprocess.run(
        [sys.executable, "-m", "tests.detector.test_images_fuzz", "0", str(NUM_FILES)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "MALLOC_ARENA_MAX": "2"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    result = json.loads(finished.stdout)
    ends = result["ends"]
    assert sum(ends.values()) == NUM_FILES
    assert set(ends) == {"unreadable_image", "image_too_large", *FORMATS}
    assert ends["unreadable_image"] > 1000
    assert ends["image_too_large"] > 50
    assert all(ends[format] > 20 for format in FORMATS), ends
    assert result["peak_kib"] < 400_000


def test_the_corpus_is_sound():
    files = draw_corpus()
    assert {decode_image(data).format for data in files} == set(FORMATS)


if __name__ == "__main__":
    report(int(sys.argv[1]), int(sys.argv[2]))
