"""Pictures of every format, mode and orientation, and files that are refused."""

import os
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from detector.errors import DetectorError, ImageTooLarge, UnreadableImage
from detector.images import (
    ImageLimits,
    decode_image,
    read_image_bytes,
    read_image_file,
)
from tests.drawing import (
    draw_scene,
    exif_of,
    png,
    png_chunk,
    png_rows,
    save,
    swapped_profile,
    tiff,
)

SCENE = draw_scene()
PIXELS = np.asarray(SCENE)
LOSSLESS = {
    "png": save(SCENE, "PNG"),
    "webp": save(SCENE, "WEBP", lossless=True),
    "gif": save(SCENE.quantize(64), "GIF"),
    "bmp": save(SCENE, "BMP"),
    "tiff": save(SCENE, "TIFF"),
}
LOSSY = {
    "jpeg": save(SCENE, "JPEG", quality=95, subsampling=0),
    "avif": save(SCENE, "AVIF", quality=95, subsampling="4:4:4"),
    "webp": save(SCENE, "WEBP", quality=95),
}
ONE_PIXEL_LESS = ImageLimits(max_pixels=96 * 64 - 1)


def distance(pixels0, pixels1) -> float:
    """Mean difference of two pictures, in levels."""
    assert pixels0.shape == pixels1.shape
    return float(np.abs(pixels0.astype(float) - pixels1).mean())


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_lossless_format_gives_back_its_pixels(name):
    image = decode_image(LOSSLESS[name])
    drawn = SCENE.quantize(64).convert("RGB") if name == "gif" else SCENE
    assert np.array_equal(image.pixels, np.asarray(drawn))
    assert (image.format, image.width, image.height) == (name, 96, 64)


@pytest.mark.parametrize("name", LOSSY)
def test_a_lossy_format_comes_close_to_its_pixels(name):
    image = decode_image(LOSSY[name])
    assert distance(image.pixels, PIXELS) < 4
    assert image.format == name


def test_pixels_are_writable_and_contiguous():
    pixels = decode_image(LOSSLESS["png"]).pixels
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_every_mode_becomes_rgb(mode, format):
    image = SCENE.convert(mode)
    decoded = decode_image(save(image, format)).pixels
    assert np.array_equal(decoded, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize(
    "compression",
    ["tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits", "zstd", "lzma"],
)
def test_compressed_tiffs_are_read(compression):
    data = save(SCENE, "TIFF", compression=compression)
    assert np.array_equal(decode_image(data).pixels, PIXELS)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_fax_tiffs_are_read(compression):
    bilevel = SCENE.convert("1")
    data = save(bilevel, "TIFF", compression=compression)
    assert np.array_equal(decode_image(data).pixels, np.asarray(bilevel.convert("RGB")))


def test_a_big_tiff_and_one_of_jpeg_strips_are_read():
    assert np.array_equal(
        decode_image(save(SCENE, "TIFF", big_tiff=True)).pixels, PIXELS
    )
    jpeg = decode_image(save(SCENE, "TIFF", compression="jpeg", quality=95))
    assert distance(jpeg.pixels, PIXELS) < 6


def test_only_the_first_frame_of_an_animation_is_read():
    other = draw_scene(seed=1)
    for format in ("GIF", "WEBP", "PNG", "AVIF", "TIFF"):
        frames = save(SCENE, format, save_all=True, append_images=[other])
        pixels = decode_image(frames).pixels
        assert distance(pixels, PIXELS) < 12 < distance(pixels, np.asarray(other))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_every_orientation_is_turned_upright(format, orientation):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = SCENE.transpose(undo[orientation]) if orientation > 1 else SCENE
    image = decode_image(save(stored, format, exif=exif_of(orientation)))
    assert (image.width, image.height) == (96, 64)
    assert distance(image.pixels, PIXELS) < 12


def test_broken_exif_counts_as_upright():
    for exif in (
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"MM\0*" + b"\0" * 9,
    ):
        data = save(SCENE, "JPEG", exif=exif) if exif else save(SCENE, "JPEG")
        assert decode_image(data).width == 96
    assert decode_image(save(SCENE, "JPEG", exif=exif_of(77))).width == 96


def test_cmyk_is_read_as_ink_on_paper():
    ink = SCENE.convert("CMYK")
    exact = decode_image(save(ink, "TIFF")).pixels
    adobe = decode_image(save(ink, "JPEG", quality=95, subsampling=0)).pixels
    assert distance(exact, PIXELS) < 1
    assert distance(adobe, PIXELS) < 3


def test_cmyk_without_the_adobe_marker_is_not_inverted():
    negative = Image.eval(SCENE.convert("CMYK"), lambda value: 255 - value)
    data = save(negative, "JPEG", quality=95, subsampling=0)
    at = data.index(b"\xff\xee\x00\x0eAdobe")
    plain = data[:at] + data[at + 16 :]
    assert distance(decode_image(plain).pixels, PIXELS) < 3


def test_sixteen_bits_are_scaled_and_never_clipped():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(2, 0)
    expected = np.arange(256, dtype=np.uint8)[None, :, None].repeat(2, 0).repeat(3, 2)
    colors = np.dstack([ramp] * 3)
    strip = {262: ("H", (1,)), 258: ("H", (16,)), 259: ("H", (1,))}
    rgb = {262: ("H", (2,)), 258: ("H", (16, 16, 16)), 277: ("H", (3,))}
    negative = {**strip, 262: ("H", (0,))}
    files = {
        "gray png": png(256, 2, depth=16, color=0, rows=png_rows(ramp, 16)),
        "rgb png": png(256, 2, depth=16, color=2, rows=png_rows(colors, 16)),
        "gray tiff": tiff(256, 2, strip, ramp.astype("<u2").tobytes()),
        "big-endian tiff": tiff(256, 2, strip, ramp.astype(">u2").tobytes(), order=">"),
        "rgb tiff": tiff(256, 2, rgb, colors.astype("<u2").tobytes()),
        "white-is-zero tiff": tiff(256, 2, negative, (~ramp).astype("<u2").tobytes()),
    }
    for name, data in files.items():
        assert distance(decode_image(data).pixels, expected) < 0.01, name


def test_numbers_without_a_known_white_are_stretched():
    values = np.linspace(-3, 7, 256, dtype=np.float32)[None].repeat(2, 0)
    values[0, 0] = np.nan
    pixels = decode_image(save(Image.fromarray(values), "TIFF")).pixels
    assert (pixels[1, 0, 0], pixels[1, -1, 0]) == (0, 255)
    assert (np.diff(pixels[1, :, 0].astype(int)) >= 0).all()
    flat = decode_image(save(Image.new("F", (4, 4), 9.0), "TIFF")).pixels
    assert not flat.any()


def test_lab_and_ycbcr_are_converted():
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    image = ImageCms.profileToProfile(SCENE, srgb, lab, outputMode="LAB")
    assert image is not None
    assert distance(decode_image(save(image, "TIFF")).pixels, PIXELS) < 2
    ycbcr = save(SCENE.convert("YCbCr"), "TIFF")
    assert distance(decode_image(ycbcr).pixels, PIXELS) < 3


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_colors_go_through_the_embedded_profile(format):
    red = Image.new("RGB", (32, 32), (250, 10, 10))
    pixels = decode_image(save(red, format, icc_profile=swapped_profile())).pixels
    assert distance(pixels, np.full_like(pixels, (10, 10, 250))) < 6


def test_a_profile_in_parts_is_put_together_in_order():
    profile = swapped_profile() + bytes(100_000)
    red = Image.new("RGB", (32, 32), (250, 10, 10))
    pixels = decode_image(save(red, "JPEG", icc_profile=profile)).pixels
    assert distance(pixels, np.full_like(pixels, (10, 10, 250))) < 6


@pytest.mark.parametrize("profile", [b"x", bytes(500), swapped_profile()[:300]])
def test_a_broken_profile_is_ignored(profile):
    data = save(SCENE, "PNG", icc_profile=profile)
    assert np.array_equal(decode_image(data).pixels, PIXELS)


def test_a_profile_for_other_colors_is_ignored():
    gray = SCENE.convert("L")
    data = save(gray, "PNG", icc_profile=swapped_profile())
    assert np.array_equal(decode_image(data).pixels, np.asarray(gray.convert("RGB")))


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_what_is_transparent_is_white(format):
    clear = Image.new("RGBA", (32, 32), (200, 0, 0, 255))
    clear.paste((0, 0, 200, 0), (0, 0, 16, 32))
    clear.paste((0, 0, 0, 128), (16, 16, 32, 32))
    pixels = decode_image(save(clear, format, quality=100)).pixels
    assert np.abs(pixels[16, 4].astype(int) - 255).max() <= 4
    assert np.abs(pixels[4, 24].astype(int) - (200, 0, 0)).max() <= 8
    assert np.abs(pixels[24, 24].astype(int) - 127).max() <= 4


def test_a_transparent_color_is_white_at_every_depth():
    key = struct.pack(">H", 0x1234)
    deep = np.full((2, 4), 0x1234, np.uint16)
    deep[0, 0] = 0x1235
    gray = png(
        4, 2, depth=16, color=0, rows=png_rows(deep, 16), extra=png_chunk(b"tRNS", key)
    )
    rgb = png(
        4,
        2,
        depth=16,
        color=2,
        rows=png_rows(np.dstack([deep] * 3), 16),
        extra=png_chunk(b"tRNS", key * 3),
    )
    four = png(
        4,
        2,
        depth=4,
        color=0,
        rows=b"\0\x55\x56\0\x55\x55",
        extra=png_chunk(b"tRNS", b"\0\5"),
    )
    assert decode_image(gray).pixels[:, :, 0].tolist() == [
        [18, 255, 255, 255],
        [255] * 4,
    ]
    assert (decode_image(rgb).pixels[1] == 255).all()
    assert decode_image(four).pixels[:, :, 0].tolist() == [
        [255, 255, 255, 102],
        [255] * 4,
    ]
    palette = SCENE.quantize(4)
    for format in ("PNG", "GIF"):
        pixels = decode_image(save(palette, format, transparency=2)).pixels
        assert (pixels[np.asarray(palette) == 2] == 255).all()


@pytest.mark.parametrize("name", [*LOSSLESS, "jpeg", "avif"])
@pytest.mark.parametrize("target_px", [1, 33, 64, 95, 96, 500])
def test_the_long_side_becomes_the_target_and_never_grows(name, target_px):
    image = decode_image({**LOSSY, **LOSSLESS}[name], target_px=target_px)
    long_side = min(96, target_px)
    assert image.pixels.shape == (max(1, round(64 * long_side / 96)), long_side, 3)
    assert (image.width, image.height) == (96, 64)


def test_a_jpeg_at_reduced_scale_looks_like_the_reduced_picture():
    large = draw_scene(1200, 800)
    data = save(large, "JPEG", quality=95)
    reduced = decode_image(data, target_px=200).pixels
    expected = large.resize((200, 133), Image.Resampling.HAMMING)
    assert distance(reduced, np.asarray(expected)) < 2


def test_a_turned_picture_is_reduced_by_its_long_side():
    data = save(SCENE, "JPEG", exif=exif_of(6))
    image = decode_image(data, target_px=48)
    assert image.pixels.shape == (48, 32, 3)
    assert (image.width, image.height) == (64, 96)


def test_a_target_below_one_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="target_px=0"):
        decode_image(LOSSLESS["png"], target_px=0)


def test_threads_get_the_same_pixels():
    files = [*LOSSLESS.values(), *LOSSY.values()] * 5
    expected = [decode_image(data, target_px=50).pixels for data in files]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda data: decode_image(data, target_px=50), files))
    assert all(
        np.array_equal(image.pixels, pixels)
        for image, pixels in zip(found, expected, strict=True)
    )


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


def test_extreme_shapes_keep_one_pixel():
    strip = save(Image.new("RGB", (5000, 1), "red"), "PNG")
    assert decode_image(strip, target_px=100).pixels.shape == (1, 100, 3)
    assert decode_image(strip).pixels.shape == (1, 5000, 3)
