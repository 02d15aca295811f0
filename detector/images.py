"""Bytes to RGB: every picture format that is read, under byte and pixel limits.

No decoder here can be given a time limit, so nothing reaches one whose cost the header
does not bound: see `detector.image_headers`.
"""

import io
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from detector.errors import DetectorError, ImageTooLarge, UnreadableImage
from detector.image_colors import to_eight_bits, to_srgb_on_white
from detector.image_headers import FETCH_AGAIN, SAVE_AGAIN, ImageHeader, read_header
from models.embedder import RGB

PIXEL_CEILING = 89_000_000  # above it Pillow begins to warn, whatever we ask of it
MAX_SIDE_PX = 65_535  # what a JPEG can hold; a strip of a million rows costs gigabytes
MISSING_SHARE = 0.25  # how much of a cut JPEG may be gray

_DECODERS: dict[str, Callable[[io.BytesIO], ImageFile]] = {
    "jpeg": JpegImageFile,
    "png": PngImageFile,
    "webp": WebPImageFile,
    "avif": AvifImageFile,
    "gif": GifImageFile,
    "bmp": BmpImageFile,
    "tiff": TiffImageFile,
}

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """The largest file and the largest picture accepted."""

    max_bytes: int = 25_000_000
    max_pixels: int = 50_000_000

    def __post_init__(self) -> None:
        if self.max_bytes < 1 or not 1 <= self.max_pixels <= PIXEL_CEILING:
            raise ValueError(
                f"max_bytes={self.max_bytes}, max_pixels={self.max_pixels}: expected "
                f"at least 1 byte and 1..{PIXEL_CEILING:,} pixels"
            )


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """A picture as a person sees it.

    Attributes:
        pixels: (h, w, 3) uint8 sRGB, upright; smaller than the original if
            `target_px` asked for that.
        width: of the upright original, in pixels.
        height: likewise.
        format: jpeg, png, webp, avif, gif, bmp or tiff.
    """

    pixels: RGB
    width: int
    height: int
    format: str


DEFAULT_LIMITS = ImageLimits()


def read_image_bytes(
    path: str | os.PathLike[str], *, limits: ImageLimits = DEFAULT_LIMITS
) -> bytes:
    """Read a file whose size fits; only an ordinary file, never a pipe or device.

    Raises:
        UnreadableImage: no such file, not an ordinary one, empty, or not permitted.
        ImageTooLarge: over the byte limit.
    """
    try:
        # Non-blocking, as opening a pipe would otherwise wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableImage(
                    f"{os.fspath(path)} is {_file_kind(status.st_mode)}.",
                    remedy="Give the path of a picture file.",
                )
            _check_bytes(status.st_size, limits, where=f"{os.fspath(path)}: ")
            data = file.read(limits.max_bytes + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableImage(
            f"{os.fspath(path)} cannot be read: {reason}.",
            remedy="Check the path and its permissions.",
        ) from error
    _check_bytes(len(data), limits, where=f"{os.fspath(path)}: ")
    return data


def read_image_file(
    path: str | os.PathLike[str],
    *,
    limits: ImageLimits = DEFAULT_LIMITS,
    target_px: int | None = None,
) -> DecodedImage:
    """Read and decode a file; as `decode_image`, and errors name the file."""
    data = read_image_bytes(path, limits=limits)
    try:
        return decode_image(data, limits=limits, target_px=target_px)
    except DetectorError as error:
        raise type(error)(
            f"{os.fspath(path)}: {error.args[0]}", remedy=error.remedy
        ) from error


def decode_image(
    data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS, target_px: int | None = None
) -> DecodedImage:
    """Decode a picture; the same bytes and `target_px` always give the same pixels.

    The first frame of an animation, turned upright, converted to sRGB, on white where
    it is transparent. A JPEG cut off in its last quarter is read, gray where data is
    missing, as shops and browsers show such pictures; any other cut file is refused.

    Args:
        data: a whole file.
        limits: checked before anything is decoded.
        target_px: length of the longer side to reduce the picture to; a smaller
            picture keeps its size.

    Raises:
        UnreadableImage: not a picture, a damaged one, or of another format.
        ImageTooLarge: over the byte or the pixel limit, or over the memory there is.
    """
    if target_px is not None and target_px < 1:
        raise ValueError(f"target_px={target_px}: expected at least 1")
    header = check_header(data, limits=limits)
    try:
        return _decode(header, limits, target_px)
    except DetectorError:
        raise
    except MemoryError as error:
        raise ImageTooLarge(
            "There is not enough memory to decode the picture.",
            remedy="Send a smaller copy, or give the service more memory.",
        ) from error
    except Exception as error:
        # Damage shows as anything: OSError, SyntaxError, ValueError, KeyError, …
        raise UnreadableImage(
            f"The {header.format.upper()} picture is damaged or cut short.",
            remedy=FETCH_AGAIN,
        ) from error


def check_header(data: bytes, *, limits: ImageLimits = DEFAULT_LIMITS) -> ImageHeader:
    """Read what a file says about its picture; only decoding shows if it holds.

    Raises:
        UnreadableImage: another format, or a header that makes no sense.
        ImageTooLarge: over the byte or the pixel limit.
    """
    _check_bytes(len(data), limits)
    header = read_header(data)
    _check_pixels(header.width, header.height, limits)
    return header


def _check_bytes(num_bytes: int, limits: ImageLimits, *, where: str = "") -> None:
    if num_bytes == 0:
        raise UnreadableImage(f"{where}the file is empty.", remedy=FETCH_AGAIN)
    if num_bytes > limits.max_bytes:
        raise ImageTooLarge(
            f"{where}the file is over the limit of {limits.max_bytes:,} bytes.",
            remedy="Send a smaller copy, or raise DETECTOR_MAX_IMAGE_BYTES.",
        )


def _check_pixels(width: int, height: int, limits: ImageLimits) -> None:
    if width * height > limits.max_pixels:
        raise ImageTooLarge(
            f"The picture has {width:,} x {height:,} pixels, over the limit of "
            f"{limits.max_pixels:,}.",
            remedy="Send a smaller copy, or raise DETECTOR_MAX_IMAGE_PIXELS.",
        )
    if max(width, height) > MAX_SIDE_PX:
        raise ImageTooLarge(
            f"The picture has {width:,} x {height:,} pixels, over the limit of "
            f"{MAX_SIDE_PX:,} on a side.",
            remedy="Cut it into pieces, or send a smaller copy.",
        )


def _file_kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a named pipe" if stat.S_ISFIFO(mode) else "a device, not a file"


def _decode(
    header: ImageHeader, limits: ImageLimits, target_px: int | None
) -> DecodedImage:
    image: Image.Image
    with _DECODERS[header.format](io.BytesIO(header.payload)) as image:
        width, height = image.size
        if header.format == "avif":
            _check_pixels(width, height, limits)
        elif (width, height) != (header.width, header.height):
            raise UnreadableImage(
                "The headers of the picture contradict each other.", remedy=SAVE_AGAIN
            )
        scale = min(1.0, (target_px or max(width, height)) / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if isinstance(image, JpegImageFile):
            image.draft(None, size)
        image.load()
        orientation, profile = header.orientation, header.icc_profile
        if header.format == "avif":
            orientation = image.getexif().get(0x0112, 1)
            profile = image.info.get("icc_profile")
        if header.is_cut:
            _refuse_mostly_gray(image)
        image = to_eight_bits(image)
        if not header.is_inverted and image.mode == "CMYK":
            image = ImageChops.invert(image)
        if image.size != size:
            image = image.resize(size, Image.Resampling.HAMMING)
        image = to_srgb_on_white(image, profile)
        if orientation in _TURNS:
            image = image.transpose(_TURNS[orientation])
        if orientation >= 5:
            width, height = height, width
        return DecodedImage(np.array(image), width, height, header.format)


def _refuse_mostly_gray(image: Image.Image) -> None:
    """Refuse a cut JPEG whose decoder had to make up more than a little of it."""
    last = np.asarray(image.crop((0, image.height - 1, image.width, image.height)))
    if (last != last[0, 0]).any():
        return
    rows = (np.asarray(image) == last[0, 0]).reshape(image.height, -1).all(axis=1)
    num_missing = int(np.argmin(rows[::-1])) if not rows.all() else image.height
    if num_missing > MISSING_SHARE * image.height:
        raise UnreadableImage(
            f"The JPEG is cut short: {num_missing / image.height:.0%} of the picture "
            "is missing.",
            remedy=FETCH_AGAIN,
        )
