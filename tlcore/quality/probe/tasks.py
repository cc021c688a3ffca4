"""What the request worker measures for the pages: where it transfers, and which backbone suits."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from tlcore.backbones.catalog.catalog import card, catalog
from tlcore.backbones.features.extract import Picture
from tlcore.errors import GraftError
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, check, never
from tlcore.quality.features import open_backbone, pooled_features
from tlcore.quality.probe.distance import distance, statistics_of
from tlcore.quality.probe.measured import Ranked, Ranking, StageProbe, StagesProbe
from tlcore.quality.probe.neighbours import nearest_neighbours
from tlcore.quality.probe.probe import Features, Score, best_stage, linear_probe
from tlcore.quality.probe.sample import Sample, sample
from tlcore.quality.probe.stage_features import (
    StageMeasurements,
    measure_stages,
    seconds_per_picture,
)
from tlcore.quality.probe.transferability import log_maximum_evidence
from tlcore.workspace import Workspace

PROBING = "Measuring what each stage is good for"


def stages_probe_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "backbone", "question"?} → the plain data of a StagesProbe.

    Raises ProbeImpossible, UnknownModel, WeightsUnavailable, PictureRefused, WorkspaceError.
    """
    home, pictures = Path(payload["home"]), _sample(payload)
    try:
        probe = yield from probe_stages(str(payload["backbone"]), pictures, home, stop)
    except Stopped:
        return
    yield Event("result", probe.to_json())


def probe_stages(
    backbone: str, pictures: Sample, home: Path, stop: Stop = never
) -> Generator[Event, None, StagesProbe]:
    """Look at the pictures once, and probe every stage; `progress` events on the way.

    Raises what `stages_probe_task` raises, and Stopped.
    """
    measurements = yield from measure_stages(backbone, pictures, home, stop)
    scores = yield from _probed(measurements, pictures, stop)
    return report(measurements, scores, pictures)


def ranking_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "names"?, "question"?} → the plain data of a Ranking.

    `names` are by default all backbones that are ready offline. One that fails is named with the
    reason. Raises ProbeImpossible.
    """
    home, pictures = Path(payload["home"]), _sample(payload)
    names = [str(name) for name in payload.get("names") or ()]
    names = names or [entry.name for entry in catalog(offline=True)]
    measured: list[tuple[Ranked, Score]] = []
    failed: list[tuple[str, str]] = []
    for place, name in enumerate(names):
        title = card(name).title
        yield _comparing(title, place, len(names))
        try:
            features = yield from _looked(name, title, place, len(names), pictures, home, stop)
            measured.append(ranked(name, title, features, pictures, home))
        except Stopped:
            return
        except GraftError as error:
            failed.append((name, error.message))
        if stop():
            return
    yield Event("result", ranking(measured, failed, pictures).to_json())


def ranked(
    name: str, title: str, features: Features, pictures: Sample, home: Path
) -> tuple[Ranked, Score]:
    """The figures of one backbone, from its pooled features (N, F) of these pictures."""
    score = linear_probe(features, pictures.targets, pictures.groups)
    near = nearest_neighbours(features, pictures.targets, pictures.groups)
    backbone, precision = open_backbone(home, name)
    figures = Ranked(
        name=name,
        title=title,
        accuracy=score.accuracy,
        error=score.error,
        neighbours=near.accuracy,
        logme=log_maximum_evidence(features, pictures.targets),
        seconds=seconds_per_picture(backbone, pictures, precision),
    )
    return figures, score


def ranking(
    measured: Sequence[tuple[Ranked, Score]], failed: Sequence[tuple[str, str]], pictures: Sample
) -> Ranking:
    """The best probe first; LogME decides between equals."""
    ordered = sorted(measured, key=lambda pair: (-pair[0].accuracy, -pair[0].logme))
    level = 0
    for figures, score in ordered:
        gain, error = ordered[0][1].gain(score)
        if gain > max(error, 1e-9) and figures is not ordered[0][0]:
            break
        level += 1
    return Ranking(
        fingerprint=pictures.fingerprint,
        pictures=len(pictures.hashes),
        looks=pictures.training + pictures.checking,
        commonest=pictures.commonest,
        ranked=tuple(figures for figures, _ in ordered),
        level=level,
        failed=tuple(failed),
    )


def report(
    measurements: StageMeasurements, scores: Sequence[Score], pictures: Sample
) -> StagesProbe:
    """What was measured, put together."""
    best = best_stage(scores)
    gain, gain_error = scores[best].gain(scores[-1])
    backbone = measurements.backbone
    statistics = statistics_of(backbone.card.name)
    source_distance = (
        distance(statistics, measurements.features[-1], pictures.targets) if statistics else None
    )
    stages = zip(measurements.stages, scores, measurements.seconds, strict=True)
    return StagesProbe(
        backbone=backbone.card.name,
        fingerprint=pictures.fingerprint,
        pictures=len(pictures.hashes),
        labels=len(pictures.labels),
        training=pictures.training,
        checking=pictures.checking,
        smallest=pictures.smallest,
        commonest=pictures.commonest,
        stages=tuple(
            StageProbe(stage.name, stage.title, score.accuracy, score.error, seconds)
            for stage, score, seconds in stages
        ),
        best=best,
        gain=gain,
        gain_error=gain_error,
        decoding=measurements.decoding,
        distance=source_distance,
    )


def _probed(
    measurements: StageMeasurements, pictures: Sample, stop: Stop
) -> Generator[Event, None, list[Score]]:
    scores = []
    for done, features in enumerate(measurements.features):
        yield Event(
            "progress", {"doing": PROBING, "done": done, "total": len(measurements.features)}
        )
        check(stop)
        scores.append(linear_probe(features, pictures.targets, pictures.groups))
    return scores


def _looked(
    name: str,
    title: str,
    place: int,
    models: int,
    pictures: Sample,
    home: Path,
    stop: Stop,
) -> Generator[Event, None, Features]:
    """Pooled features of the pictures; `progress` counts models, in hundredths."""
    wanted = [Picture(*pair) for pair in zip(pictures.hashes, pictures.paths, strict=True)]
    looking = pooled_features(home, wanted, name, stop)
    while True:
        try:
            progress = next(looking).data
        except StopIteration as done:
            features: Features = done.value
            return features
        yield _comparing(title, place + progress["done"] / max(1, progress["total"]), models)


def _comparing(title: str, done: float, models: int) -> Event:
    progress = {"doing": title, "done": round(100 * done), "total": 100 * models}
    return Event("progress", progress)


def _sample(payload: dict[str, Any]) -> Sample:
    workspace = Workspace.open(Path(payload["home"]))
    try:
        return sample(workspace, str(payload["project"]), payload.get("question"))
    finally:
        workspace.close()
