"""The weights that come with Graft: every safetensors file with its card beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from tlcore.backbones.sources.base import WeightsNote, WeightsRecord, WeightsSource
from tlcore.errors import WeightsUnavailable

BUNDLED_FOLDER = Path(__file__).parents[1] / "bundled"


class BundledSource(WeightsSource):
    """The folder inside Graft."""

    name = "bundled"

    def __init__(self, folder: Path = BUNDLED_FOLDER) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.safetensors"))

    def find(self, name: str) -> WeightsRecord | None:
        """Raises WeightsUnavailable where the card cannot be read."""
        if name not in self.names():
            return None
        path = self.folder / f"{name}.safetensors"
        note = _read_note(path.with_suffix(".json"))
        return WeightsRecord(name, note.timm, self.name, note, path)

    def locate(self, record: WeightsRecord) -> WeightsRecord:
        return record if record.path and record.path.is_file() else replace(record, path=None)


def _read_note(path: Path) -> WeightsNote:
    try:
        return WeightsNote.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise WeightsUnavailable(
            f"The card of the bundled backbone {path.stem} cannot be read.", "Install Graft again."
        ) from error
