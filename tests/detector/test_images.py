"""Pictures of every format, mode and orientation, and files that are refused."""

import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageCms

from detector.images import (
    decode_image,
)
from tests.drawing import (
    LOSSLESS,
    LOSSY,
    PIXELS,
    SCENE,
    distance,
    draw_scene,
    exif_of,
    png,
    png_chunk,
    png_rows,
    save,
    swapped_profile,
    tiff,
)


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


def test_extreme_shapes_keep_one_pixel():
    strip = save(Image.new("RGB", (5000, 1), "red"), "PNG")
    assert decode_image(strip, target_px=100).pixels.shape == (1, 100, 3)
    assert decode_image(strip).pixels.shape == (1, 5000, 3)
