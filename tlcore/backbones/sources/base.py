"""What a source of weights is: a place that has them under names, with the same four verbs.

It knows nothing of torch, timm or the network, so that cards can be read by anybody.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

SourceName = Literal["bundled", "package", "local", "hub"]
Progress = Callable[[int, int], object]


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


@dataclass(frozen=True)
class WeightsRecord:
    """Weights under a name: what they are, which source has them, and where they lie.

    `timm_name` has the tag where there is one. `note` is the card beside the weights. `path` is
    None while they are not on this computer. `sha256` is that of the published file where the
    source pins it: a file with another one is refused.
    """

    name: str
    timm_name: str
    source: SourceName
    note: WeightsNote | None = None
    path: Path | None = None
    sha256: str | None = None

    @property
    def architecture(self) -> str:
        return self.timm_name.split(".")[0]

    @property
    def licence(self) -> str | None:
        """As the card beside the weights states it."""
        return self.note.licence if self.note else None


@dataclass(frozen=True)
class SourceFault:
    """Weights that are there and are not offered: why, and what to do about it."""

    message: str
    remedy: str


class FetchStopped(Exception):
    """Raised by whoever watches the progress, to end a download; it is passed on as it is."""


class FetchFailed(Exception):
    """Why weights could not be fetched. `remedy` is the first half of a sentence."""

    def __init__(
        self, reason: str, remedy: str = "Check the internet connection and try again"
    ) -> None:
        super().__init__(reason)
        self.remedy = remedy


class WeightsSource(ABC):
    """One place that has weights. Only `fetch` of a source that `needs_internet` asks a network."""

    name: ClassVar[SourceName]
    needs_internet: ClassVar[bool] = False

    @abstractmethod
    def names(self) -> Sequence[str]:
        """What this source offers now, the best first."""

    @abstractmethod
    def find(self, name: str) -> WeightsRecord | None:
        """The weights of a name, or None where this source does not know it."""

    @abstractmethod
    def locate(self, record: WeightsRecord) -> WeightsRecord:
        """The record with the path of its file; with None where that is not on this computer."""

    def fetch(
        self, record: WeightsRecord, on_progress: Progress = lambda done, total: None
    ) -> WeightsRecord:
        """Put the weights on this computer; at once where they are there already.

        `on_progress(done, total)` is called with bytes.

        Raises:
            FetchFailed: they cannot be had, and why.
            FetchStopped: `on_progress` raised it.
        """
        located = self.locate(record)
        return located if located.path is not None else self._fetch(located, on_progress)

    def ready(self) -> list[str]:
        """Those of `names` whose weights are on this computer."""
        records = ((name, self.find(name)) for name in self.names())
        return [name for name, record in records if record and self.locate(record).path is not None]

    def faults(self) -> list[SourceFault]:
        """What is there and cannot be offered."""
        return []

    def remedy(self, record: WeightsRecord) -> str:
        """What to do where the weights are not on this computer: the first half of a sentence."""
        return "Download them once while there is internet"

    def _fetch(self, record: WeightsRecord, on_progress: Progress) -> WeightsRecord:
        """Fetch what `locate` did not find."""
        raise FetchFailed(f"{record.path or 'their file'} is gone", "Put it back")
