"""Pixels of every mode that a decoder returns, to sRGB on white."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import TiffImageFile


def to_eight_bits(image: Image.Image) -> Image.Image:
    """Convert to L, LA, RGB, RGBA or CMYK; deeper samples are scaled, never clipped."""
    has_key = "transparency" in image.info
    match image.mode:
        case "P":
            return image.convert("RGBA" if has_key else "RGB")
        case "1" | "L":
            return image.convert("LA" if has_key else "L")
        case "RGB":
            return image.convert("RGBA") if has_key else image
        case "La":
            return image.convert("LA")
        case "PA" | "RGBa":
            return image.convert("RGBA")
        case "YCbCr" | "LAB":
            return image.convert("RGB")
        case "LA" | "RGBA" | "CMYK":
            return image
    return _from_deep(image)


def _from_deep(image: Image.Image) -> Image.Image:
    """Convert a gray picture of 16 bits, or of numbers without a known white."""
    samples = np.asarray(image)
    bits, is_negative = 16, False
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(258, (16,))[0]
        is_negative = image.tag_v2.get(262) == 0
    if image.mode.startswith("I;16"):
        gray = (samples >> (bits - 8)).astype(np.uint8)
    else:
        gray = _stretch(samples.astype(np.float32))
    if is_negative:
        gray = 255 - gray
    result = Image.fromarray(gray)
    if "transparency" in image.info:
        opaque = samples != image.info["transparency"]
        result.putalpha(Image.fromarray(opaque.astype(np.uint8) * 255))
    return result


def _stretch(samples: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Scale numbers without a known white from their range to 0..255."""
    is_known = np.isfinite(samples)
    low = np.min(samples, where=is_known, initial=np.inf)
    high = np.max(samples, where=is_known, initial=-np.inf)
    if not low < high:
        return np.zeros(samples.shape, np.uint8)
    with np.errstate(all="ignore"):  # the range itself may overflow
        shares = np.nan_to_num(np.clip((samples - low) / (high - low), 0, 1))
        gray: NDArray[np.uint8] = (shares * 255).astype(np.uint8)
    return gray


def to_srgb_on_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert to sRGB and put what is transparent on white."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert(image.mode[:-1])
    colors = (_through_profile(image, profile) if profile else None) or image.convert(
        "RGB"
    )
    if alpha is None:
        return colors
    canvas = Image.new("RGB", colors.size, "white")
    canvas.paste(colors, mask=alpha)
    return canvas


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """Convert by an embedded profile; None if it is broken or for other colors."""
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError):
        return None
