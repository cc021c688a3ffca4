"""Where weights are on this computer: the bundled folder, the operator's folder, the hub's cache.

And which names are known at all. It loads nothing and asks no network.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import timm
from huggingface_hub import constants, try_to_load_from_cache
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tlcore.backbones.catalog.card import Place
from tlcore.backbones.catalog.curated import BY_NAME, DEFAULT_BACKBONE
from tlcore.errors import UnknownModel, WeightsUnavailable

BUNDLED_FOLDER = Path(__file__).parents[1] / "bundled"
NOTES_NAME = "weights.json"
SUFFIXES = (".safetensors", ".pth")
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
FORBIDDEN = ":/\\"


class WeightsNote(BaseModel):
    """What a file beside the weights says of them; what it leaves out, timm knows."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    timm: str
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    input_size: tuple[int, int, int] | None = None
    interpolation: str | None = None
    crop_pct: float | None = None
    model_args: dict[str, Any] = Field(default_factory=dict)
    title: str | None = None
    words: str | None = None
    licence: str | None = None
    trained_on: str | None = None
    imagenet_top1: float | None = None

    @property
    def overlay(self) -> dict[str, Any]:
        """What replaces timm's own `pretrained_cfg` entries."""
        names = ("mean", "std", "input_size", "interpolation", "crop_pct")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


# DINOv2 looks at 518 × 518 points by itself: five times the work of 224 for little more accuracy.
RESIZED = {
    "vit_small_patch14_dinov2.lvd142m": WeightsNote(
        timm="vit_small_patch14_dinov2.lvd142m",
        input_size=(3, 224, 224),
        model_args={"img_size": 224},
    )
}


@dataclass(frozen=True)
class Known:
    """A name that can be asked for. `timm_name` has the tag where there is one."""

    name: str
    timm_name: str
    note: WeightsNote | None = None
    path: Path | None = None
    place: Place | None = None

    @property
    def architecture(self) -> str:
        return self.timm_name.split(".")[0]


@dataclass(frozen=True)
class WeightsSource:
    """A file of weights that is on this computer now."""

    place: Place
    path: Path


def known(name: str) -> Known:
    """Find out what `name` means; an architecture without a tag means timm's first choice for it.

    Raises:
        UnknownModel: not bundled, not in the operator's folder, not pretrained in timm; or the name
            holds `:`, `/` or a backslash, which timm would follow elsewhere.
    """
    if any(character in name for character in FORBIDDEN):
        raise UnknownModel(
            f"“{name}” is not the name of a model: it holds one of : / \\.",
            "Give a plain name, such as resnet18.a1_in1k.",
        )
    for found in (bundled(), local()):
        if name in found:
            return found[name]
    if name in _pretrained():
        return Known(name, name, RESIZED.get(name))
    default = timm.get_pretrained_cfg(name) if _is_architecture(name) else None
    if default is not None and f"{name}.{default.tag}" in _pretrained():
        return known(f"{name}.{default.tag}")
    raise UnknownModel(f"There is no model called “{name}”.", _suggestion(name))


def bundled() -> dict[str, Known]:
    """Backbones that come with Graft: every safetensors file with its card beside it."""
    found = {}
    for path in sorted(BUNDLED_FOLDER.glob("*.safetensors")):
        note = _read_note(path.with_suffix(".json"))
        found[path.stem] = Known(path.stem, note.timm, note, path, "bundled")
    return dict(sorted(found.items(), key=lambda item: item[0] != DEFAULT_BACKBONE))


def local() -> dict[str, Known]:
    """Backbones in the operator's folder (`GRAFT_WEIGHTS`), by file name; {} without a folder."""
    folder = Path(os.environ.get("GRAFT_WEIGHTS") or os.devnull)
    if not folder.is_dir():
        return {}
    notes = _read_notes(folder / NOTES_NAME)
    found: dict[str, Known] = {}
    for suffix in SUFFIXES:
        for path in sorted(folder.glob(f"*{suffix}")):
            note = notes.get(path.stem)
            timm_name = note.timm if note else path.stem
            if _is_architecture(timm_name) or timm_name in _pretrained():
                found.setdefault(path.stem, Known(path.stem, timm_name, note, path, "local"))
    return found


def locate(name: str) -> WeightsSource | None:
    """The weights of `name` on this computer, or None. Raises UnknownModel."""
    return locate_known(known(name))


def locate_known(one: Known) -> WeightsSource | None:
    """The same for a name that is already resolved."""
    if one.path is not None and one.place is not None:
        return WeightsSource(one.place, one.path)
    repository, revision = hub_repository(one)
    for file in hub_files(one) if repository else ():
        cached = try_to_load_from_cache(repository, file, cache_dir=hub_cache(), revision=revision)
        if isinstance(cached, str):
            return WeightsSource("hub", Path(cached))
    return None


def hub_repository(one: Known) -> tuple[str, str | None]:
    """(repository, revision or None) at the Hugging Face hub; ("", None) where there is none."""
    config = timm.get_pretrained_cfg(one.timm_name)
    repository, _, revision = str(config.hf_hub_id or "" if config else "").partition("@")
    return repository, revision or None


def hub_files(one: Known) -> tuple[str, ...]:
    """Names of files that may hold the weights, best first."""
    config = timm.get_pretrained_cfg(one.timm_name)
    named = config.hf_hub_filename if config else None
    return (str(named),) if named else HUB_FILES


def hub_cache() -> Path:
    """The hub's cache folder, as the environment says now."""
    if folder := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(folder).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(constants.HF_HUB_CACHE)


def cached_names() -> list[str]:
    """timm's names of all models whose weights lie in the hub's cache."""
    folders = {path.name for path in hub_cache().glob("models--*")} if hub_cache().is_dir() else ()
    candidates = [name for name, folder in _hub_folders().items() if folder in folders]
    return [name for name in candidates if locate_known(Known(name, name)) is not None]


def ready_names() -> list[str]:
    """Every backbone that needs no internet now, the bundled ones first."""
    return list(dict.fromkeys([*bundled(), *local(), *cached_names()]))


def search_names(text: str, limit: int) -> list[str]:
    """Known names that hold all words of `text`, ready and recommended ones first."""
    words = text.lower().split()
    names = dict.fromkeys([*bundled(), *local(), *BY_NAME, *_pretrained()])
    return [name for name in names if all(word in name.lower() for word in words)][:limit]


def _is_architecture(name: str) -> bool:
    """True for a name of timm without a tag."""
    return "." not in name and not set(name) & set(FORBIDDEN) and bool(timm.is_model(name))


@lru_cache(maxsize=1)
def _pretrained() -> dict[str, None]:
    """timm's pretrained names in timm's order."""
    return dict.fromkeys(timm.list_pretrained())


@lru_cache(maxsize=1)
def _hub_folders() -> dict[str, str]:
    """timm name → folder in the hub's cache."""
    repositories = {name: hub_repository(Known(name, name))[0] for name in _pretrained()}
    return {
        name: "models--" + repository.replace("/", "--")
        for name, repository in repositories.items()
        if repository
    }


def _suggestion(name: str) -> str:
    names: Iterable[str] = dict.fromkeys([*bundled(), *local(), *BY_NAME, *_pretrained()])
    close = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else "Search for another name."


def _read_note(path: Path) -> WeightsNote:
    try:
        return WeightsNote.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise WeightsUnavailable(
            f"The card of the bundled backbone {path.stem} cannot be read.", "Install Graft again."
        ) from error


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
