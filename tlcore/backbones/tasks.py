"""What a worker computes about backbones on request: cards, stages, speed, and downloads."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from tlcore.backbones.catalog.cards import describe
from tlcore.backbones.catalog.catalog import card, catalog, search
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.engines.device import device
from tlcore.backbones.engines.precision import autocast, choose_precision
from tlcore.backbones.outline import outline
from tlcore.backbones.sources.base import FetchStopped
from tlcore.backbones.sources.registry import fetch, find
from tlcore.backbones.weights import load_backbone
from tlcore.errors import GraftError
from tlcore.jobs.events import Event
from tlcore.workspace.paths import Layout

Stop = Callable[[], bool]
SPEED_BATCH = 16
SPEED_SECONDS = 2.0
PROGRESS_SECONDS = 0.2  # seconds between two progress events of a download


def catalog_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"offline": bool}? → {"cards": [card, …]}, the bundled one first."""
    cards = catalog(offline=bool(payload.get("offline", False)))
    yield Event("result", {"cards": [card.model_dump(mode="json") for card in cards]})


def search_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"text": str, "limit": int}? → {"cards": [card, …]} of all timm models that fit."""
    cards = search(str(payload["text"]), limit=int(payload.get("limit", 20)))
    yield Event("result", {"cards": [card.model_dump(mode="json") for card in cards]})


def card_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"name": str} → {"card": card}. Raises UnknownModel."""
    yield Event("result", {"card": card(str(payload["name"])).model_dump(mode="json")})


def stages_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"backbone": str} → {"features", "input_size", "stages": [{name, title, words, …}, …]}.

    Needs no weights: a model that is not downloaded yet has the same stages.
    """
    record = find(str(payload["backbone"]))
    described = describe(record)
    entries = [
        {
            "name": stage.name,
            "title": stage.title,
            "words": stage.words,
            "parameters": stage.parameters,
        }
        for stage in stages(outline(record.timm_name, record.note))
    ]
    reply = {
        "features": described.features,
        "input_size": list(described.input_size),
        "stages": entries,
    }
    yield Event("result", reply)


def speed_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"name": str, "home": folder} → {"seconds_per_picture", "precision"}, measured now.

    One forward pass of the whole backbone in the precision that a run would choose; without
    decoding. Raises WeightsUnavailable for a model that is not here.
    """
    backbone = load_backbone(str(payload["name"]))
    module = backbone.module.to(device()).to(memory_format=torch.channels_last).eval()
    size = backbone.preprocessing.input_size
    cache = Layout(Path(payload["home"])).cache if payload.get("home") else None
    precision = choose_precision(module, size, "forward", cache)
    seconds = _seconds_per_picture(module, size, precision, stop)
    yield Event("result", {"seconds_per_picture": seconds, "precision": precision})


def fetch_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"name": str} → `progress` events in bytes, then {"name"}. Raises WeightsUnavailable."""
    name = str(payload["name"])
    counts: queue.Queue[tuple[int, int] | None] = queue.Queue()
    failed: list[BaseException] = []

    def watch(done: int, total: int) -> None:
        if stop():
            raise FetchStopped
        counts.put((done, total))

    def work() -> None:
        try:
            fetch(name, watch)
        except (GraftError, FetchStopped, OSError) as error:
            failed.append(error)
        finally:
            counts.put(None)

    threading.Thread(target=work, daemon=True).start()
    yield from _progress(counts)
    if failed and not isinstance(failed[0], FetchStopped):
        raise failed[0]
    yield Event("result", {"name": name, "stopped": bool(failed)})


def _progress(counts: queue.Queue[tuple[int, int] | None]) -> Iterator[Event]:
    """A progress event a few times a second, from (done, total) in bytes."""
    last = 0.0
    while (count := counts.get()) is not None:
        done, total = count
        if time.monotonic() - last >= PROGRESS_SECONDS or done == total:
            last = time.monotonic()
            yield Event("progress", {"doing": "Downloading", "done": done, "total": total})


def _seconds_per_picture(
    module: torch.nn.Module, size: tuple[int, int, int], precision: str, stop: Stop
) -> float:
    """The quickest of a few batches: what disturbs a machine only ever adds time."""
    where = next(module.parameters()).device
    pictures = torch.rand(SPEED_BATCH, *size, device=where)
    pictures = pictures.to(memory_format=torch.channels_last)
    best, began = float("inf"), time.perf_counter()
    with torch.inference_mode(), autocast(where, precision):
        module(pictures[:2])
        while best == float("inf") or (time.perf_counter() - began < SPEED_SECONDS and not stop()):
            start = time.perf_counter()
            module(pictures).sum().item()
            best = min(best, time.perf_counter() - start)
    return best / SPEED_BATCH
