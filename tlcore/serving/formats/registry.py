"""All export formats, in the order in which they are offered. No torch here."""

from __future__ import annotations

from tlcore.errors import ExportRefused
from tlcore.serving.formats import onnx, onnx_int8, python, torch, web
from tlcore.serving.formats.format import Format

FORMATS = (web.FORMAT, python.FORMAT, onnx.FORMAT, onnx_int8.FORMAT, torch.FORMAT)
BY_KEY = {record.key: record for record in FORMATS}


def format_of(key: str) -> Format:
    """The format of that name. Raises ExportRefused."""
    if key not in BY_KEY:
        raise ExportRefused(f"There is no format “{key}”.", f"Choose {', '.join(BY_KEY)}.")
    return BY_KEY[key]
