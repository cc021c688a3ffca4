"""What the camera noted in a picture's file (EXIF), without what XMP adds to it.

Pillow takes a turn from XMP where EXIF has none. Browsers and other programs do not, so a picture
that was turned so here would be seen otherwise everywhere else.
"""

from __future__ import annotations

from PIL import Image, PngImagePlugin, TiffImagePlugin

ORIENTATION = 0x0112
_XMP = ("xmp", "XML:com.adobe.xmp")


def forget_xmp(file: Image.Image) -> None:
    """Drop XMP from an opened picture; before it loads, since a TIFF is turned while it does."""
    for name in _XMP:
        file.info.pop(name, None)


def exif_of(file: Image.Image) -> Image.Exif:
    """The EXIF of an opened picture alone. Damaged EXIF raises anything."""
    if isinstance(file, PngImagePlugin.PngImageFile):
        file.load()  # its EXIF may follow its pixels
    forget_xmp(file)
    if isinstance(file, TiffImagePlugin.TiffImageFile):
        return file.getexif()
    bare = Image.Image()  # the file's own may hold XMP's turn since it was opened
    bare.info = dict(file.info)
    return bare.getexif()


def orientation(file: Image.Image) -> int:
    """EXIF orientation 1–8; a picture whose EXIF cannot be read is taken as it is."""
    try:
        turn = exif_of(file).get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the pixels are good
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1
