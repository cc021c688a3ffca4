"""Examining a scored run further: heat maps, hidden parts, stress, strange pictures. Tasks.

Importing this imports torch. What is found is kept in the run's folder.
"""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.images.decode import decode
from tlcore.jobs.events import Event
from tlcore.results.evaluate import Scored
from tlcore.results.heat import Explainer, outside_share
from tlcore.results.hiding import MIDDLE, Hidden, hide
from tlcore.results.kept import (
    DETECTIVE_NAME,
    STRESS_NAME,
    details_key,
    read_kept,
    write_kept,
)
from tlcore.results.predictions import Predictions, read_predictions
from tlcore.results.stress import KINDS, stress_row, stress_words, worst_kinds
from tlcore.training.classifier import Classifier
from tlcore.training.inputs import ahead
from tlcore.training.manifest import CLASSIFIER_FOLDER, MANIFEST_NAME
from tlcore.training.stopping import Stop, Stopped, check
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures

T = TypeVar("T")
MOST_HEATED = 120  # pictures whose heat the detective measures
MOST_STRESSED = 1000
SHOWN_SIDE = 384  # pixels of a picture under a heat map
FLIPPED = 4  # pictures shown for each of the worst changes
WORST = 3
CHUNK = 128


def heat_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"classifier": folder, "copies": [paths], "labels": [number or null]} → {"method",
    "labels", "maps": [{"picture", "heat", "label", "probabilities"}]}.

    Heat is a grid of rows, 0 to 1, for the label asked for, or for the answer. `picture` is a data
    address of just the part that the network sees. Raises ClassifierInvalid, PictureRefused.
    """
    with _explaining:
        explainer = _explainer(Path(payload["classifier"]))
        classifier = explainer.classifier
        maps = []
        for path, asked in zip(payload["copies"], payload["labels"], strict=True):
            check(stop)
            pixels = classifier.look_at_copy(Path(path))
            [row] = classifier.answer([pixels]).probabilities
            label = int(np.argmax(row)) if asked is None else int(asked)
            [heat] = explainer.maps(pixels[None], [label])
            maps.append({
                "picture": seen_part(Path(path), classifier.preprocessing, pixels),
                "heat": [[round(float(one), 3) for one in line] for line in heat],
                "label": label,
                "probabilities": list(row),
            })  # fmt: skip
        method = explainer.method
    yield Event("result", {"method": method, "labels": list(classifier.labels), "maps": maps})


def detective_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run"} → the data of a `Hidden`: whether the border alone is enough."""
    yield from _kept(payload, DETECTIVE_NAME, _detect, stop)


def stress_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run"} → {"plain", "total", "rows", "words", "worst"}: the score under changes."""
    yield from _kept(payload, STRESS_NAME, _stress, stop)


def _kept(payload: dict[str, Any], name: str, find: Any, stop: Stop) -> Iterator[Event]:
    """What was kept under this name, or what `find` finds now."""
    layout = Layout(Path(payload["home"]))
    folder = layout.run(payload["run"])
    key = details_key(folder)
    data = read_kept(folder, name, key)
    if data is None:
        said = read_predictions(folder)
        pictures = Pictures(layout.pictures)
        try:
            data = yield from find(folder / CLASSIFIER_FOLDER, said, pictures, stop)
        except Stopped:
            return
        write_kept(folder, name, key, data)
    yield Event("result", data)


def _detect(
    folder: Path, said: Predictions, pictures: Pictures, stop: Stop
) -> Generator[Event, None, dict[str, Any]]:
    chosen = spread(said.of(said.judged), MOST_STRESSED)
    classifier = Classifier.load(folder)
    right: dict[str, list[bool]] = {"whole": [], "middle": [], "border": []}
    for batch, pixels in _read(classifier, chosen, pictures, stop):
        plain = classifier.preprocessing.normalise(pixels)
        targets = torch.tensor([one.target for one in batch])
        with torch.inference_mode():
            for name, changed in (
                ("whole", plain),
                ("middle", hide(plain, middle=True)),
                ("border", hide(plain, middle=False)),
            ):
                answers = classifier.network(changed).argmax(1)
                right[name] += (answers == targets).tolist()
        yield _progress("Hiding parts of the pictures", len(right["whole"]), len(chosen))
    heat = yield from _heat_outside(folder, spread(chosen, MOST_HEATED), pictures, stop)
    counts = np.bincount([one.target for one in chosen])
    pairs = list(zip(right["middle"], right["border"], strict=True))
    hidden = Hidden(
        total=len(chosen),
        whole=sum(right["whole"]),
        middle_hidden=sum(right["middle"]),
        border_hidden=sum(right["border"]),
        chance=float(counts.max() / max(1, len(chosen))),
        only_border=sum(border and not middle for border, middle in pairs),
        only_middle=sum(middle and not border for border, middle in pairs),
        heat_outside=heat,
    )
    return hidden.to_data() | {"middle_area": MIDDLE * MIDDLE}


def _heat_outside(
    folder: Path, chosen: Sequence[Scored], pictures: Pictures, stop: Stop
) -> Generator[Event, None, float | None]:
    shares: list[float] = []
    with _explaining:
        explainer = _explainer(folder)
        for batch, pixels in _read(explainer.classifier, chosen, pictures, stop, size=16):
            maps = explainer.maps(pixels, [one.answer for one in batch])
            shares += outside_share(maps, MIDDLE).tolist()
            yield _progress("Looking at what it looks at", len(shares), len(chosen))
    known = [share for share in shares if np.isfinite(share)]
    return float(np.mean(known)) if known else None


def _stress(
    folder: Path, said: Predictions, pictures: Pictures, stop: Stop
) -> Generator[Event, None, dict[str, Any]]:
    chosen = spread(said.of(said.judged), MOST_STRESSED)
    classifier = Classifier.load(folder)
    pixels = torch.cat([part for _, part in _read(classifier, chosen, pictures, stop)])
    targets = np.array([one.target for one in chosen])
    doing, total = "Trying changed pictures", 1 + 3 * len(KINDS)
    plain = _answers(classifier, [pixels])
    yield _progress(doing, 1, total)
    rows, answers = [], {}
    for kind in KINDS:
        for level, strength in enumerate(kind.strengths):
            check(stop)
            changed = (kind.apply(part, strength) for part in pixels.split(CHUNK))
            said_now = answers[kind.name, level] = _answers(classifier, changed)
            rows.append(stress_row(kind, level, said_now, targets, len(said.labels)))
            yield _progress(doing, 1 + len(rows), total)
    score = float((plain == targets).mean())
    worst = worst_kinds(rows, score)[:WORST]
    kinds = {kind.name: kind for kind in KINDS}
    for row in worst:
        kind, level = kinds[row["kind"]], row["level"]
        flipped = np.flatnonzero((plain == targets) & (answers[kind.name, level] != targets))
        places = flipped[:: max(1, len(flipped) // FLIPPED)][:FLIPPED]
        changed = kind.apply(pixels[torch.from_numpy(places)], kind.strengths[level])
        row["shown"] = [
            {"picture": _address(one), "truth": int(targets[place]),
             "said": int(answers[kind.name, level][place])}
            for one, place in zip(changed, places, strict=True)
        ]  # fmt: skip
    by_label = [
        float((plain == targets)[targets == label].mean()) if (targets == label).any() else None
        for label in range(len(said.labels))
    ]
    return {
        "plain": score,
        "total": len(chosen),
        "of": len(said.of(said.judged)),
        "labels": by_label,
        "rows": rows,
        "words": stress_words(rows, score),
        "worst": worst,
    }


def spread(examples: Sequence[T], most: int) -> list[T]:
    """At most so many of these, evenly over all; examples stand sorted by label."""
    if len(examples) <= most:
        return list(examples)
    places = np.linspace(0, len(examples) - 1, most).round().astype(int)
    return [examples[place] for place in places]


def _answers(classifier: Classifier, parts: Iterable[Tensor]) -> np.ndarray[Any, Any]:
    found = []
    with torch.inference_mode():
        for part in parts:
            for batch in part.split(CHUNK):
                logits = classifier.network(classifier.preprocessing.normalise(batch))
                found.append(logits.argmax(1).numpy())
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def _read(
    classifier: Classifier,
    chosen: Sequence[Scored],
    pictures: Pictures,
    stop: Stop,
    size: int = CHUNK,
) -> Iterator[tuple[list[Scored], Tensor]]:
    """Batches of examples with their prepared pixels (N, 3, H, W). Raises Stopped."""
    readers = (lambda one=one: classifier.look_at_copy(pictures.copy(one.picture))  # type: ignore[misc]
               for one in chosen)  # fmt: skip
    waiting: list[tuple[Scored, Tensor]] = []
    for one, pixels in zip(chosen, ahead(readers, threads=2), strict=True):
        check(stop)
        waiting.append((one, pixels))
        if len(waiting) == size or one is chosen[-1]:
            yield [each for each, _ in waiting], torch.stack([part for _, part in waiting])
            waiting = []


def seen_part(path: Path, preprocessing: Preprocessing, pixels: Tensor) -> str:
    """A data address of the part of a working copy that the network sees, at a size to look at.

    Where the crop is not a plain one in the middle, the prepared pixels themselves.
    """
    side = preprocessing.input_size[1]
    square = preprocessing.input_size[1] == preprocessing.input_size[2]
    if preprocessing.crop_mode != "center" or not square:
        return _address(pixels)
    picture = decode(path.read_bytes())
    shorter = min(picture.size)
    crop = min(shorter, round(shorter * preprocessing.crop_pct))
    left, top = (picture.width - crop) // 2, (picture.height - crop) // 2
    part = picture.crop((left, top, left + crop, top + crop))
    shown = max(side, min(SHOWN_SIDE, crop))
    return _jpeg_address(part.resize((shown, shown), Image.Resampling.BICUBIC))


def _address(pixels: Tensor) -> str:
    return _jpeg_address(Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy()))


def _jpeg_address(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _progress(doing: str, done: int, total: int) -> Event:
    return Event("progress", {"doing": doing, "done": done, "total": total})


# Hooks on layers see every picture that passes, so whoever explains has a network of its own.
_explaining = threading.Lock()
_explainers: dict[tuple[Path, int], Explainer] = {}


def _explainer(folder: Path) -> Explainer:
    """The explainer of a classifier folder, the last one kept. Call it with the lock held."""
    manifest = folder / MANIFEST_NAME
    key = (folder, manifest.stat().st_mtime_ns if manifest.is_file() else 0)
    if key not in _explainers:
        made = Explainer(Classifier.load(folder))
        _explainers.clear()
        _explainers[key] = made
    return _explainers[key]
