"""The weights in the operator's own folder (`GRAFT_WEIGHTS`), by file name."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from tlcore.backbones.sources.base import WeightsNote, WeightsRecord, WeightsSource
from tlcore.backbones.sources.timm_names import is_architecture, pretrained_names
from tlcore.errors import WeightsUnavailable

NOTES_NAME = "weights.json"
SUFFIXES = (".safetensors", ".pth")


class FolderSource(WeightsSource):
    """Files named like a model of timm, or named in `weights.json` beside them.

    The environment is read at each call. Every verb raises WeightsUnavailable where the notes
    cannot be read.
    """

    name = "local"

    def names(self) -> list[str]:
        return list(self._records())

    def find(self, name: str) -> WeightsRecord | None:
        return self._records().get(name)

    def locate(self, record: WeightsRecord) -> WeightsRecord:
        return record if record.path and record.path.is_file() else replace(record, path=None)

    def _records(self) -> dict[str, WeightsRecord]:
        folder = Path(os.environ.get("GRAFT_WEIGHTS") or os.devnull)
        if not folder.is_dir():
            return {}
        notes = _read_notes(folder / NOTES_NAME)
        records: dict[str, WeightsRecord] = {}
        for suffix in SUFFIXES:
            for path in sorted(folder.glob(f"*{suffix}")):
                note = notes.get(path.stem)
                timm_name = note.timm if note else path.stem
                if is_architecture(timm_name) or timm_name in pretrained_names():
                    record = WeightsRecord(path.stem, timm_name, self.name, note, path)
                    records.setdefault(path.stem, record)
        return records


def _read_notes(path: Path) -> dict[str, WeightsNote]:
    """Notes by file name. `input` is the side of a square picture."""
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        notes = {}
        for name, entry in entries.items():
            side = entry.get("input")
            size = (3, side, side) if side is not None else entry.get("input_size")
            notes[name] = WeightsNote(**{"timm": name, **entry, "input_size": size})
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise WeightsUnavailable(
            f"{NOTES_NAME} in the folder of GRAFT_WEIGHTS cannot be read.",
            "Mend that file, or take it away: timm's own values are then used.",
        ) from error
    return notes
