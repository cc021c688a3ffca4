"""What the manifest of a classifier will say of its training: all of it but weights and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tlcore.backbones.weights import Backbone
from tlcore.classifier.network import Head
from tlcore.classifier.writer import versions
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.warm_start import WarmStart
from tlcore.training.recipe.recipe import Recipe


def manifest_draft(assembly: Assembly, origin: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Plain data for a manifest; `origin` is what to note of the classifier it started from."""
    recipe, examples = assembly.recipe, assembly.examples
    return {
        "labels": examples.labels,
        "backbone": _backbone(assembly.backbone, pretrained=recipe.pretrained),
        "head": _head(recipe, assembly.network.head),
        "preprocessing": assembly.preprocessing.model_dump(mode="json"),
        "recipe": recipe.to_json(),
        "examples": examples.counts,
        "frequent": examples.frequent,
        "versions": versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **_start(assembly.warm, origin),
    }


def _backbone(backbone: Backbone, *, pretrained: bool) -> dict[str, Any]:
    card = backbone.card
    return {
        "name": card.name,
        "architecture": card.architecture,
        "model_args": card.model_args,
        "source": card.source if pretrained else "random",
        "licence": card.licence or "",
        "trained_on": (card.trained_on or "") if pretrained else "nothing: random weights",
        "pretrained": pretrained,
    }


def _head(recipe: Recipe, head: Head) -> dict[str, Any]:
    return {
        "features": head.shift.numel(),
        "hidden": recipe.hidden,
        "kind": recipe.head,
        "dropout": recipe.dropout,
    }


def _start(warm: WarmStart | None, origin: Mapping[str, Any] | None) -> dict[str, Any]:
    if warm is None:
        return {}
    common = {"labels": list(warm.labels), "stages": sorted(warm.stages)}
    return {"start": {**(origin or {}), **common}}
