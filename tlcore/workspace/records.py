"""What the workspace hands out: frozen records. They know nothing of tables, files or torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Split(StrEnum):
    """What an example is used for; `UNLABELLED` stays out of training and scoring."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    UNLABELLED = "unlabelled"


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"  # by a person; it goes on from there when it is resumed
    FINISHED = "finished"
    STOPPED = "stopped"  # by a person; the best weights so far are kept
    FAILED = "failed"  # its task raised a GraftError
    LOST = "lost"  # its process died, or the server did

    @property
    def over(self) -> bool:
        """True when nothing more will come from a run in this state by itself."""
        return self not in (RunState.QUEUED, RunState.RUNNING, RunState.PAUSED)

    @property
    def resumable(self) -> bool:
        """True when a run in this state can be put back in the queue, to go on from there."""
        return self is RunState.PAUSED or (self.over and self is not RunState.FINISHED)


@dataclass(frozen=True)
class Project:
    """One problem: its questions, labels, pictures and runs. `choices` is the draft of a run."""

    id: str
    name: str
    owner: str | None
    created: datetime
    deleted: datetime | None = None
    choices: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectSummary:
    """A project as a list of projects shows it; `cover` holds up to four picture hashes."""

    project: Project
    pictures: int
    labels: int
    runs: int
    changed: datetime
    cover: list[str]


@dataclass(frozen=True)
class Question:
    """What a person answers for each picture; it has its own labels. A project starts with one."""

    id: int
    project_id: str
    name: str
    position: int


@dataclass(frozen=True)
class Label:
    """One possible answer to a question."""

    id: int
    question_id: int
    name: str
    position: int
    deleted: datetime | None = None


@dataclass(frozen=True)
class NewExample:
    """An example that is not stored yet. `split=None` is stored as unlabelled until one is chosen.

    `picture` is the SHA-256 (hex) of the original bytes; `answers` maps question id to label id.
    """

    picture: str
    source_name: str
    split: Split | None = None
    group: str | None = None
    domain: str | None = None
    answers: Mapping[int, int | None] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    perceptual_hash: str | None = None
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Example:
    """One picture in a project, with its answers, split and domain.

    An answer that is missing or None is not given; so is one whose label is deleted.
    `width` and `height` are those of the original in pixels, after orientation.
    """

    id: int
    project_id: str
    picture: str
    source_name: str
    split: Split
    group: str | None
    domain: str | None
    answers: dict[int, int | None]
    flags: tuple[str, ...]
    perceptual_hash: str | None
    width: int
    height: int
    created: datetime
    deleted: datetime | None = None


IMPORTED = "import"  # the function of a run that nothing was trained in


@dataclass(frozen=True)
class Run:
    """One training of one recipe; `number` counts 1, 2, 3… in its project.

    `started` is when it last began to go, `finished` when it ended or was paused.
    """

    id: str
    project_id: str
    number: int
    function: str
    recipe: dict[str, Any]
    payload: dict[str, Any]
    state: RunState
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    stop_requested: bool = False
    error: str | None = None
    remedy: str | None = None
    summary: dict[str, Any] = field(default_factory=dict)
    deleted: datetime | None = None

    @property
    def imported(self) -> bool:
        """Whether its classifier came from elsewhere instead of being trained here."""
        return self.function == IMPORTED


@dataclass(frozen=True)
class StoredEvent:
    """One event of a run; `sequence` counts 1, 2, 3… in its run, `at` is a Unix time in seconds."""

    sequence: int
    kind: str
    data: dict[str, Any]
    at: float


class EventLike(Protocol):
    """Anything that can be stored as an event of a run."""

    @property
    def kind(self) -> str: ...

    @property
    def data(self) -> dict[str, Any]: ...

    @property
    def at(self) -> float: ...
