"""The manifest of a classifier folder, and how it is read. No torch here.

A classifier folder holds two weight files. `frozen-*.safetensors` is what the run took over and
never changed, `learned-*.safetensors` is what it learned. `manifest.json` is written last and
names both with their hashes, so a folder with a manifest is complete, also after a kill.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from tlcore.errors import ClassifierInvalid

SCHEMA = 2  # 2: up to two hidden layers, a cosine head, where a warm start came from
MANIFEST_NAME = "manifest.json"
CLASSIFIER_FOLDER = "classifier"  # in the folder of a run
MOST_MANIFEST_BYTES = 4_000_000
# What a manifest may ask of timm's create_model: nothing here reads a file or the network.
SAFE_MODEL_ARGS = frozenset(
    {"pad_type", "img_size", "aux_logits", "patch_size", "init_values", "global_pool"}
)
MOST_MODEL_ARG = 2048  # pixels, mostly: what is built for more takes all memory there is

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,120}$")]
_FileName = Annotated[str, Field(pattern=r"^[a-z]{1,20}(-[0-9a-f]{1,64})?\.safetensors$")]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_SafeValue = bool | int | float | str | tuple[int, ...] | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class BackbonePart(_Part):
    """Which network the classifier stands on and where its weights came from."""

    name: _Name
    architecture: _Name
    model_args: dict[str, _SafeValue] = {}
    source: str | None = None
    licence: str = ""
    trained_on: str = ""
    pretrained: bool = True

    @model_validator(mode="after")
    def _model_args_are_harmless(self) -> BackbonePart:
        unsafe = set(self.model_args) - SAFE_MODEL_ARGS
        if unsafe:
            raise ValueError(f"model arguments {', '.join(sorted(unsafe))} are not allowed")
        for value in self.model_args.values():
            parts = value if isinstance(value, tuple) else (value,)
            if any(isinstance(part, int | float) and part > MOST_MODEL_ARG for part in parts):
                raise ValueError("a model argument is far too large")
        return self


class HeadPart(_Part):
    """The shape of the new head: features → hidden layers (none to two) → labels."""

    features: Annotated[int, Field(ge=1, le=100_000)]
    hidden: Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(max_length=2)] = ()
    kind: Literal["linear", "cosine"] = "linear"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0

    @field_validator("hidden", mode="before")
    @classmethod
    def _hidden_was_one_number(cls, value: object) -> object:
        """In version 1: the width of the only hidden layer, 0 for none."""
        if isinstance(value, int) and not isinstance(value, bool):
            return (value,) if value else ()
        return value


class WeightsFile(_Part):
    """One safetensors file beside the manifest."""

    name: _FileName
    bytes: Annotated[int, Field(ge=0)]
    sha256: _Hash


class Manifest(_Part):
    """Everything about a classifier but its weights."""

    kind: Literal["graft-classifier"] = "graft-classifier"
    schema_version: Literal[1, 2] = 2
    labels: Annotated[tuple[str, ...], Field(min_length=2, max_length=10_000)]
    backbone: BackbonePart
    head: HeadPart
    preprocessing: dict[str, JsonValue]
    weights: Annotated[tuple[WeightsFile, ...], Field(min_length=1, max_length=4)]
    recipe: dict[str, JsonValue] = {}
    start: dict[str, JsonValue] = {}  # of a warm start: the run, and what was taken over
    metrics: dict[str, JsonValue] = {}
    examples: dict[str, int] = {}
    frequent: Annotated[int, Field(ge=0)] = 0
    versions: dict[str, str] = {}
    created: str = ""
    # Logits are divided by `temperature` before the softmax (Guo et al. 2017, arXiv 1706.04599);
    # a prediction whose probability is below `threshold` counts as "I don't know".
    temperature: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 1.0
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="after")
    def _labels_are_distinct(self) -> Manifest:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("two labels have the same name")
        if self.frequent >= len(self.labels):
            raise ValueError("the most frequent label is none of the labels")
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain data that `model_validate` turns into an equal manifest."""
        return self.model_dump(mode="json")

    def to_text(self) -> str:
        """The manifest as it stands in the file: indented JSON."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read and check a classifier folder's manifest, not yet its weights.

    Raises ClassifierInvalid: no manifest, one of a newer Graft, or one that is not sound.
    """
    path = folder / MANIFEST_NAME
    try:
        if path.stat().st_size > MOST_MANIFEST_BYTES:
            raise unusable(folder, "its manifest is far too long")
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ClassifierInvalid(
            f"There is no classifier in “{folder}”: it has no {MANIFEST_NAME}.",
            "Give the folder that training wrote, or train first.",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(folder, "its manifest cannot be read") from error
    schema = data.get("schema_version") if isinstance(data, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise ClassifierInvalid(
            f"The classifier in “{folder}” was made by a newer Graft.", "Update Graft."
        )
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "manifest"
        raise unusable(folder, f"{where}: {first['msg']}") from error


def has_classifier(folder: Path) -> bool:
    """Whether a folder holds a complete classifier (its manifest is written last)."""
    return (folder / MANIFEST_NAME).is_file()


def is_plain_name(name: str) -> bool:
    """Whether a backbone name can only be a name: no “:”, no slash, nothing timm would follow."""
    return re.fullmatch(r"[A-Za-z0-9_.\-]{1,120}", name) is not None


def unusable(folder: Path, why: str) -> ClassifierInvalid:
    """The error of a classifier folder that cannot be used, and why."""
    return ClassifierInvalid(
        f"The classifier in “{folder}” cannot be used: {why}.",
        "Copy or unpack it again, or train it again.",
    )
