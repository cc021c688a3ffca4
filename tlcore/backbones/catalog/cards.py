"""Writes the card of a backbone: from our recommendation, its own file, and what timm knows."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import timm

from tlcore.backbones.catalog.card import BackboneCard
from tlcore.backbones.catalog.curated import (
    BUNDLED_TITLE,
    BUNDLED_WORDS,
    BY_NAME,
    DEFAULT_BACKBONE,
    Curated,
)
from tlcore.backbones.cut.stages import width
from tlcore.backbones.outline import outline
from tlcore.backbones.preprocessing import Preprocessing
from tlcore.backbones.sources.base import WeightsNote, WeightsRecord

BYTES_PER_PARAMETER = 4
NOT_STATED = "Not stated"
LOCAL_WORDS = "From the folder of weights on this computer."
OTHER_WORDS = "From the timm library, outside the short list of this page."
# What timm's tags say of the training data, the most telling first.
DATA = (
    ("lvd142m", "LVD-142M, without labels"),
    ("lvd1689m", "LVD-1689M, without labels"),
    ("laion", "LAION, pictures with captions"),
    ("openai", "OpenAI's pictures with captions"),
    ("webli", "WebLI, pictures with captions"),
    ("in22k", "ImageNet-22k"),
    ("in21k", "ImageNet-21k"),
    ("in12k", "ImageNet-12k"),
    ("in1k", "ImageNet-1k"),
)
LICENCES = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "bsd-3-clause": "BSD-3-Clause",
    "cc-by-nc-4.0": "CC BY-NC 4.0 (not for commercial use)",
    "cc-by-4.0": "CC BY 4.0",
    "unknown": NOT_STATED,
}


class Outline(NamedTuple):
    """What an architecture tells without any weights."""

    parameters: int
    features: int
    preprocessing: Preprocessing


def describe(record: WeightsRecord) -> BackboneCard:
    """The card of a backbone. Nothing is downloaded or loaded for it."""
    note = record.note or WeightsNote(timm=record.timm_name)
    # what we say of a published model does not hold for somebody's own file of the same name
    published = record.source == "hub"
    recommended = BY_NAME.get(record.name) if published else None
    title, words = _words(record, note, recommended)
    licence = record.licence or (recommended.licence if recommended else _licence(record))
    data = recommended.trained_on if recommended else _trained_on(record)
    facts = _outline(record.timm_name, note.model_dump_json())
    download = recommended.download if recommended else BYTES_PER_PARAMETER * facts.parameters
    ready = record.path is not None
    return BackboneCard(
        name=record.name,
        architecture=record.architecture,
        title=title,
        words=words,
        parameters=facts.parameters,
        features=facts.features,
        model_args=note.model_args,
        download_bytes=download if published else None,
        imagenet_top1=recommended.imagenet_top1 if recommended else note.imagenet_top1,
        licence=licence,
        trained_on=note.trained_on or data,
        source=record.source if ready else None,
        ready=ready,
        bundled=record.source == "bundled",
        **facts.preprocessing.model_dump(exclude={"crop_mode"}),
    )


@lru_cache(maxsize=2048)
def _outline(timm_name: str, note_json: str) -> Outline:
    module = outline(timm_name, WeightsNote.model_validate_json(note_json))
    parameters = sum(parameter.numel() for parameter in module.parameters())
    return Outline(parameters, width(module), Preprocessing.of(module))


def _words(
    record: WeightsRecord, note: WeightsNote, recommended: Curated | None
) -> tuple[str, str]:
    """Title and plain description."""
    if record.name == DEFAULT_BACKBONE and record.source == "bundled":
        return note.title or BUNDLED_TITLE, note.words or BUNDLED_WORDS
    if recommended:
        return recommended.title, recommended.words
    words = OTHER_WORDS if record.source == "hub" else LOCAL_WORDS
    return note.title or record.name, note.words or words


def _trained_on(record: WeightsRecord) -> str:
    tag = record.timm_name.partition(".")[2]
    data = [words for key, words in DATA if key in tag]
    return ", then ".join(data[:2]) or NOT_STATED


def _licence(record: WeightsRecord) -> str:
    """As timm states it for published weights; nothing is known of somebody's own file."""
    published = record.source == "hub"
    config = timm.get_pretrained_cfg(record.timm_name) if published else None
    stated = str(config.license) if config and config.license else "unknown"
    return LICENCES.get(stated, stated)
