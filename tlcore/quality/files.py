"""Small JSON files in the workspace's cache: whole or not there, and read without complaint."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from tlcore.errors import WorkspaceError


def read_json(path: Path) -> dict[str, Any]:
    """What `write_json` wrote; empty where there is nothing, or something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there yet, or damaged: then it is made again
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write all of it or nothing. Raises WorkspaceError on a full disk."""
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise WorkspaceError(
            f"What was found out cannot be kept ({error.strerror or error}).",
            "Make room on the disk, then try again.",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
