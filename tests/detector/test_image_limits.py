"""Pictures that are too large, files that are cut, and files that are no pictures."""

import os
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import DetectorError, ImageTooLarge, UnreadableImage
from detector.images import (
    ImageLimits,
    decode_image,
    read_image_bytes,
    read_image_file,
)
from tests.drawing import (
    LOSSLESS,
    LOSSY,
    PIXELS,
    SCENE,
    distance,
    exif_of,
    png,
    png_chunk,
    save,
    tiff,
)

ONE_PIXEL_LESS = ImageLimits(max_pixels=96 * 64 - 1)


@pytest.mark.parametrize("data", [*LOSSLESS.values(), *LOSSY.values()])
def test_the_limits_hold_on_both_sides(data):
    exact = ImageLimits(max_bytes=len(data), max_pixels=96 * 64)
    assert decode_image(data, limits=exact).width == 96
    with pytest.raises(ImageTooLarge, match="96 x 64 pixels"):
        decode_image(data, limits=ONE_PIXEL_LESS)
    with pytest.raises(ImageTooLarge, match="bytes"):
        decode_image(data, limits=ImageLimits(max_bytes=len(data) - 1))


def test_limits_beyond_what_pillow_takes_are_refused():
    with pytest.raises(ValueError, match="89,000,000"):
        ImageLimits(max_pixels=89_000_001)


@cache
def bombs() -> dict[str, bytes]:
    """Small files that would cost a decoder gigabytes or minutes."""
    rows = (b"\0" + bytes(6250)) * 50_000
    gif = bytearray(LOSSLESS["gif"])
    gif[6:10] = b"\xff" * 4
    webp = bytearray(save(SCENE, "WEBP", exif=exif_of(1)))
    webp[24:30] = b"\xff" * 6
    avif = LOSSY["avif"]
    at = avif.index(b"ispe") + 8
    bmp = struct.pack("<2sIHHIIiiHH", b"BM", 0, 0, 0, 54, 40, 99_999, -99_999, 1, 24)
    gray = {262: ("H", (1,)), 258: ("H", (8,))}
    return {
        "png of 50,000 x 50,000": png(50_000, 50_000, depth=1, color=0, rows=rows),
        "png of 70,000 x 1": png(70_000, 1, depth=8, color=0, rows=bytes(70_001)),
        "gif screen": bytes(gif),
        "webp canvas": bytes(webp),
        "avif box": avif[:at] + b"\0\0\x7f\xff" * 2 + avif[at + 8 :],
        "bmp": bmp.ljust(200, b"\0"),
        "tiff": tiff(65_535, 65_535, gray, b"12345678"),
    }


@pytest.mark.parametrize("name", bombs())
def test_a_bomb_is_too_large(name):
    data = bombs()[name]
    assert len(data) < 400_000
    with pytest.raises(ImageTooLarge, match="pixels"):
        decode_image(data)


def test_an_avif_whose_stream_is_larger_than_its_boxes_is_too_large():
    data = save(Image.new("RGB", (512, 512), (200, 30, 60)), "AVIF")
    at = data.index(b"ispe") + 4
    lying = data[: at + 4] + struct.pack(">II", 64, 64) + data[at + 12 :]
    with pytest.raises(ImageTooLarge, match="512 x 512"):
        decode_image(lying, limits=ImageLimits(max_pixels=500 * 500))


def tags_that_overlap() -> bytes:
    """A TIFF whose long tags all lie in the same place, so that the sum is larger."""
    tags = (258, 320, 339, 347)
    long = tiff(4, 4, {tag: ("H", (8,) * 400) for tag in tags}, bytes(16))
    data = bytearray(long[:24] + struct.pack("<400H", *(8,) * 400))
    directory = bytearray(long[struct.unpack_from("<I", long, 4)[0] :])
    for tag in tags:
        at = directory.index(struct.pack("<HHI", tag, 3, 400)) + 8
        directory[at : at + 4] = struct.pack("<I", 24)
    data[4:8] = struct.pack("<I", len(data))
    return bytes(data + directory)


@cache
def wasteful_files() -> dict[str, bytes]:
    """Files of few pixels that are laid out to keep a reader busy."""
    progressive = save(SCENE, "JPEG", progressive=True)
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    jpeg, png_file, gif = LOSSY["jpeg"], LOSSLESS["png"], LOSSLESS["gif"]
    num_strips = 100_000
    strips = {
        262: ("H", (1,)),
        258: ("H", (8,)),
        273: ("I", (8,) * num_strips),
        278: ("I", (1,)),
    }
    tile = {
        259: ("H", (8,)),
        262: ("H", (1,)),
        258: ("H", (8,)),
        322: ("I", (32_768,)),
        323: ("I", (32_768,)),
        324: ("I", (8,)),
        325: ("I", (20,)),
    }
    rle = struct.pack("<2sIHHIIiiHHI", b"BM", 0, 0, 0, 54, 40, 2000, 2000, 1, 8, 1)
    return {
        "scans": progressive[:-2] + scan * 200 + progressive[-2:],
        "segments": jpeg[:2] + b"\xff\xfe\0\2" * 20_000 + jpeg[2:],
        "chunks": png_file[:33] + png_chunk(b"tEXt", b"") * 200_000 + png_file[33:],
        "blocks": gif[: 13 + 192] + b"!\xfe\0" * 200_000 + gif[13 + 192 :],
        "pieces": tiff(1, num_strips // 2, strips, b"1234"),
        "tags": tags_that_overlap(),
        "tiles": tiff(16, 16, tile, zlib.compress(bytes(1000))),
        "run-length": rle.ljust(2000, b"\1"),
    }


@pytest.mark.parametrize("name", wasteful_files())
def test_a_file_laid_out_to_waste_time_is_refused(name):
    with pytest.raises(UnreadableImage, match=name):
        decode_image(wasteful_files()[name])


def test_huge_metadata_beside_a_picture_is_not_unpacked():
    text = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))
    profile = png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000)))
    data = LOSSLESS["png"]
    loaded = data[:33] + text * 70 + profile + data[33:]
    assert np.array_equal(decode_image(loaded).pixels, PIXELS)


def test_a_size_of_zero_is_refused():
    zero = bytearray(LOSSLESS["bmp"])
    zero[18:22] = bytes(4)
    with pytest.raises(UnreadableImage, match="0 x 64"):
        decode_image(bytes(zero))


def test_a_jpeg_that_lost_its_end_is_read():
    data = LOSSY["jpeg"]
    assert np.array_equal(decode_image(data[:-2]).pixels, decode_image(data).pixels)
    cut = decode_image(data[: int(len(data) * 0.95)]).pixels
    assert distance(cut[:40], decode_image(data).pixels[:40]) == 0


def test_a_jpeg_that_lost_most_of_its_picture_is_refused():
    data = LOSSY["jpeg"]
    start = data.index(b"\xff\xda")
    with pytest.raises(UnreadableImage, match="% of the picture is missing"):
        decode_image(data[: start + (len(data) - start) // 2])


@pytest.mark.parametrize("name", [*LOSSLESS, "avif"])
def test_any_other_file_that_lost_its_end_is_refused(name):
    data = {**LOSSY, **LOSSLESS}[name]
    with pytest.raises(UnreadableImage, match=r"cut short|damaged"):
        decode_image(data[: int(len(data) * 0.7)])


@pytest.mark.parametrize("name", [*LOSSLESS, "jpeg", "avif"])
def test_no_beginning_of_a_file_ends_in_another_error(name):
    data = {**LOSSY, **LOSSLESS}[name]
    for length in range(1, 400):
        with pytest.raises(UnreadableImage):
            decode_image(data[:length])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"<!DOCTYPE html><html><body>404</body>", "HTML"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "MP4"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b'{"error": "not found"}', "JSON"),
        (b"Access denied", "text"),
        (bytes(100), "zero bytes"),
        (b"\x93\x12\xf0\x00" * 9, "unknown"),
    ],
)
def test_another_kind_of_file_is_named(data, kind):
    with pytest.raises(UnreadableImage, match=kind) as caught:
        decode_image(data)
    assert "JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF" in caught.value.remedy


def test_a_file_is_told_by_its_content_and_not_by_its_name(tmp_path: Path):
    path = tmp_path / "shoe.jpg"
    path.write_bytes(LOSSLESS["webp"])
    assert read_image_file(path).format == "webp"
    assert read_image_bytes(path) == LOSSLESS["webp"]


def test_an_unreadable_file_is_named(tmp_path: Path):
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    empty, page, large = tmp_path / "empty", tmp_path / "page", tmp_path / "large"
    folder.mkdir()
    os.mkfifo(pipe)
    empty.touch()
    page.write_text("<html>")
    with large.open("wb") as file:
        file.truncate(25_000_001)
    wrong = {
        folder: "folder",
        pipe: "named pipe",
        empty: "empty",
        page: "HTML",
        large: "25,000,000 bytes",
        tmp_path / "none": "No such file",
        Path("/dev/zero"): "device",
    }
    for path, reason in wrong.items():
        with pytest.raises(DetectorError, match=reason) as caught:
            read_image_file(path)
        assert str(path) in str(caught.value)
        assert isinstance(caught.value, ImageTooLarge) == (path == large)


def test_a_name_with_a_zero_byte_is_refused():
    with pytest.raises(UnreadableImage, match="null"):
        read_image_file("a\0b")
