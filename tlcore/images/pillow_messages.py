"""Keep off the terminal what Pillow and its libtiff say about a stranger's file: a refusal says it.

Set once for the whole process: catching warnings around each picture is not safe with threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import warnings

from PIL import _imaging


def silence_pillow() -> None:
    """Silence Python's warnings of Pillow, its log, and what libtiff writes to stderr itself.

    Pillow leaves libtiff's handler of errors as it is, which prints each one. Where libtiff cannot
    be reached from here (it is part of Pillow's own library on Windows) its messages stay.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            set_handler = getattr(library, name)
            set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            set_handler(None)
