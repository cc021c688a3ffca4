"""All sources of weights in order of preference: what a name means, and where its weights lie.

Whoever wants weights asks here and knows no source. It loads nothing; `fetch` alone may ask the
network.
"""

from __future__ import annotations

import difflib

from tlcore.backbones.sources.base import (
    FetchFailed,
    Progress,
    SourceFault,
    WeightsRecord,
    WeightsSource,
)
from tlcore.backbones.sources.bundled import BundledSource
from tlcore.backbones.sources.folder import FolderSource
from tlcore.backbones.sources.hub import HubSource
from tlcore.backbones.sources.package import PackageSource
from tlcore.backbones.sources.timm_names import FORBIDDEN
from tlcore.errors import UnknownModel, WeightsUnavailable

SOURCES: tuple[WeightsSource, ...] = (
    BundledSource(),
    PackageSource(),
    FolderSource(),
    HubSource(),
)
SHOWN = 5  # names of models that are ready, in a sentence


def find(name: str) -> WeightsRecord:
    """What `name` means, and where its weights lie if they are on this computer.

    Raises:
        UnknownModel: no source knows it; or it holds `:`, `/` or a backslash, which timm would
            follow elsewhere.
    """
    if any(character in name for character in FORBIDDEN):
        raise UnknownModel(
            f"“{name}” is not the name of a model: it holds one of : / \\.",
            "Give a plain name, such as resnet18.a1_in1k.",
        )
    for source in SOURCES:
        record = source.find(name)
        if record is not None and record.name != name:
            return find(record.name)  # an earlier source may have the full name
        if record is not None:
            return source.locate(record)
    raise UnknownModel(f"There is no model called “{name}”.", _suggestion(name))


def fetch(name: str, on_progress: Progress = lambda done, total: None) -> WeightsRecord:
    """Make the weights of `name` ready offline; at once where they already are.

    `on_progress(done, total)` is called with bytes, from the thread that downloads; raising
    FetchStopped in it ends the download.

    Raises:
        UnknownModel: no such name.
        WeightsUnavailable: there is no internet, or the source does not have them.
    """
    record = find(name)
    try:
        return _source_of(record).fetch(record, on_progress)
    except FetchFailed as failure:
        raise WeightsUnavailable(
            f"The weights of {record.name} could not be fetched: {failure}.",
            f"{failure.remedy}, or choose one that is ready: {_ready_words()}.",
        ) from failure


def not_here(record: WeightsRecord) -> WeightsUnavailable:
    """The error for weights that nobody has fetched, naming those that are ready."""
    return WeightsUnavailable(
        f"The weights of {record.name} are not on this computer.",
        f"{_source_of(record).remedy(record)}, or choose one that is ready: {_ready_words()}.",
    )


def ready_names() -> list[str]:
    """Every backbone that needs no internet now, the bundled ones first."""
    return list(dict.fromkeys(name for source in SOURCES for name in source.ready()))


def offline_names() -> list[str]:
    """What the sources that never need the internet offer."""
    offline = (source for source in SOURCES if not source.needs_internet)
    return list(dict.fromkeys(name for source in offline for name in source.names()))


def all_names() -> list[str]:
    """Every name that some source offers."""
    return list(dict.fromkeys(name for source in SOURCES for name in source.names()))


def faults() -> list[SourceFault]:
    """Weights that are there and are not offered."""
    return [fault for source in SOURCES for fault in source.faults()]


def _source_of(record: WeightsRecord) -> WeightsSource:
    return next(source for source in SOURCES if source.name == record.source)


def _ready_words() -> str:
    ready = ready_names()
    return ", ".join(ready[:SHOWN]) + (" and others" if len(ready) > SHOWN else "")


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name, all_names(), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else "Search for another name."
