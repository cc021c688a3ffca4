"""What probes measured, as plain data that pages, files and the recommendation share. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Nearness = Literal["near", "some way off", "far"]


@dataclass(frozen=True)
class Distance:
    """How far a project's labels lie from the kinds of things that a backbone learned from.

    `ratio`: the distance of a typical label to the nearest of those kinds, in typical distances of
    one such kind to its nearest neighbour. `nearest` names that kind for each label.
    """

    word: Nearness
    ratio: float
    source: str
    nearest: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Distance:
        """What `dataclasses.asdict` made."""
        return cls(**{**data, "nearest": tuple(data["nearest"])})


@dataclass(frozen=True)
class StageProbe:
    """One stage: how many pictures a linear probe on it gets right (0–1), ± `error`.

    `seconds` is what the stage takes for one picture on this computer.
    """

    name: str
    title: str
    accuracy: float
    error: float
    seconds: float


@dataclass(frozen=True)
class StagesProbe:
    """Accuracy against depth for one backbone and the pictures that `fingerprint` names.

    `best` is the best stage, `gain` how much better it is than the last on the same pictures, with
    its standard error; `commonest` what always giving the most frequent label would get right.
    `decoding` is the seconds that reading one picture takes; `training` and `checking` count the
    project's pictures to learn from and to validate on, `smallest` those of its smallest label.
    """

    backbone: str
    fingerprint: str
    pictures: int
    labels: int
    training: int
    checking: int
    smallest: int
    commonest: float
    stages: tuple[StageProbe, ...]
    best: int
    gain: float
    gain_error: float
    decoding: float
    distance: Distance | None = None

    @property
    def last(self) -> StageProbe:
        """The last stage: what a head on the whole frozen backbone sees."""
        return self.stages[-1]

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StagesProbe:
        """Raises KeyError or TypeError for data that another version wrote."""
        stages = tuple(StageProbe(**stage) for stage in data["stages"])
        distance = Distance.from_json(data["distance"]) if data.get("distance") else None
        return cls(**{**data, "stages": stages, "distance": distance})


@dataclass(frozen=True)
class Ranked:
    """One backbone on a project's pictures.

    `accuracy` ± `error` of a linear probe and `neighbours` of the nearest pictures (0–1); `logme`
    can be compared between backbones on the same pictures only. `seconds` per picture to look.
    """

    name: str
    title: str
    accuracy: float
    error: float
    neighbours: float
    logme: float
    seconds: float


@dataclass(frozen=True)
class Ranking:
    """Backbones on the same pictures, the best first; `failed` says why others have no figures.

    `level` counts those at the top that cannot be told from the first on so few pictures. `failed`
    holds names and reasons.
    """

    fingerprint: str
    pictures: int
    looks: int
    commonest: float
    ranked: tuple[Ranked, ...]
    level: int
    failed: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ranking:
        """Raises KeyError or TypeError for data that another version wrote."""
        ranked = tuple(Ranked(**row) for row in data["ranked"])
        failed = tuple((str(name), str(why)) for name, why in data["failed"])
        return cls(**{**data, "ranked": ranked, "failed": failed})
