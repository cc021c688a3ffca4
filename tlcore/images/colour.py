"""Any of Pillow's modes to 8-bit RGB: grey, palette, transparency, 16 bits, CMYK, profiles."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
PHOTOMETRIC = 262  # TIFF tag; 0 says that white is zero


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB; transparent parts become white, a colour profile is applied (to sRGB).

    The outcome is a plain picture of the same width and height that carries no metadata of its
    file. Floats and 16 or 32-bit
    whole numbers are scaled as `_deep_to_grey` says.
    """
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        rgb = _deep_to_grey(image).convert("RGB")
    elif image.mode == "LAB":
        rgb = _through_profiles(image, LAB) or image.convert("RGB")
    elif image.has_transparency_data:
        rgb = _on_white(image, profile)
    else:
        base = image.convert("RGB") if image.mode in ("P", "1") else image
        rgb = _with_profile(base, profile) or base.convert("RGB")
    if rgb is image:
        rgb = image.copy()
    rgb.info = {}
    return rgb


def _on_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    full = image.convert("RGBA")
    alpha = full.getchannel("A")
    colour = full.convert("RGB")
    colour = _with_profile(colour, profile) or colour
    white = Image.new("RGB", full.size, "white")
    white.paste(colour, mask=alpha)
    return white


def _deep_to_grey(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float pictures, (H, W), to 8-bit grey of the same size.

    Whole numbers are read as 8, 12 or 16 bits deep, whichever is the first to hold the brightest
    pixel: microscopes and X-ray detectors store 12 bits in 16, and taking the upper 8 of the 16
    would leave them black. Floats are read as 0–1 or 0–255. What fits none is stretched from its
    darkest to its brightest pixel. NaN is black.
    """
    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0.0, neginf=0.0)
    darkest, brightest = float(values.min()), float(values.max())
    ceilings = (1.0, 255.0) if image.mode == "F" else (255.0, 4095.0, 65535.0)
    ceiling = next((top for top in ceilings if brightest <= top), None)
    if darkest < 0 or ceiling is None:
        values, ceiling = values - darkest, max(brightest - darkest, 1e-12)
    grey = np.clip(values * (255.0 / ceiling) + 0.5, 0, 255).astype(np.uint8)
    tags = getattr(image, "tag_v2", None)
    if tags is not None and tags.get(PHOTOMETRIC) == 0:
        grey = 255 - grey
    return Image.fromarray(grey)


def _with_profile(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """The picture in sRGB, or None where it has no usable profile (or one that is sRGB)."""
    if not profile or b"sRGB" in profile[:1024]:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, ImageCms.PyCMSError):
        return None
    return _through_profiles(image, source)


def _through_profiles(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image | None:
    try:
        return ImageCms.profileToProfile(image, source, SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, ValueError, OSError):  # a profile of another kind of picture
        return None
