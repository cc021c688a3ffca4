"""Whether an exported file reads picture files as the app does, over all kinds. No torch here.

Pixels are compared, not predictions: a classifier may well say the same of a picture and of its
negative, and the next picture is then answered wrongly without a word.
"""

from __future__ import annotations

import logging

import numpy as np

from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import working_copy
from tlcore.serving.export.kinds_of_pictures import kinds_of_pictures
from tlcore.serving.formats.comparison import PixelReader


def misread_kind(read: PixelReader) -> str | None:
    """The first kind of picture, in words, whose pixels differ from the app's; None if none do."""
    for kind, data in kinds_of_pictures().items():
        try:
            pixels = read(data)
        except Exception:
            logging.getLogger(__name__).exception("an exported file does not read %s", kind)
            return kind
        if not np.array_equal(load_rgb(working_copy(data).jpeg), pixels):
            return kind
    return None
