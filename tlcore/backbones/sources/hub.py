"""Fetches weights from the Hugging Face hub into its own cache, with progress.

The hub's address (`HF_ENDPOINT`) and cache (`HF_HOME`, `HF_HUB_CACHE`) are read at each call.
Without internet it says so within seconds instead of trying again and again.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
from huggingface_hub.errors import EntryNotFoundError
from tqdm.auto import tqdm

from tlcore.backbones.sources.registry import (
    Known,
    WeightsSource,
    hub_cache,
    hub_files,
    hub_repository,
    known,
    locate_known,
    ready_names,
)
from tlcore.errors import WeightsUnavailable

PATIENCE = 6.0  # seconds for the hub's first answer
HUB = "https://huggingface.co"

Progress = Callable[[int, int], object]


class FetchStopped(Exception):
    """Raised by whoever watches the progress, to end a download; it is passed on as it is."""


def fetch(name: str, on_progress: Progress = lambda done, total: None) -> WeightsSource:
    """Make the weights of `name` ready offline; at once where they already are.

    `on_progress(done, total)` is called with bytes, from the thread that downloads; raising
    FetchStopped in it ends the download, and a later one goes on from there where the hub can.

    Raises:
        UnknownModel: no such name.
        WeightsUnavailable: there is no internet, or the hub does not have them.
    """
    one = known(name)
    source = locate_known(one)
    if source is not None:
        return source
    repository, revision = hub_repository(one)
    if not repository:
        raise _unavailable(one, "they are not at the Hugging Face hub")
    endpoint = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
    try:
        file, size = _find(one, repository, revision, endpoint)
        on_progress(0, size)
        path = _download(repository, revision, endpoint, file, _bar(on_progress, size))
    except (FetchStopped, WeightsUnavailable):
        raise
    except Exception as error:  # the hub's library raises those of its HTTP library
        raise _unavailable(one, f"{endpoint} did not give them ({_reason(error)})") from error
    on_progress(path.stat().st_size, path.stat().st_size)
    return WeightsSource("hub", path)


def _find(one: Known, repository: str, revision: str | None, endpoint: str) -> tuple[str, int]:
    """(file name, bytes) of the best file at the hub. One quick question, never repeated."""
    for file in hub_files(one):
        url = hf_hub_url(repository, file, revision=revision, endpoint=endpoint)
        try:
            return file, int(get_hf_file_metadata(url, timeout=PATIENCE).size or 0)
        except EntryNotFoundError:
            continue
    raise _unavailable(one, f"{endpoint} has no file of weights for them")


def _download(
    repository: str, revision: str | None, endpoint: str, file: str, bar: type[Any]
) -> Path:
    options: dict[str, Any] = {}
    if "tqdm_class" in inspect.signature(hf_hub_download).parameters:  # newer versions of the hub
        options["tqdm_class"] = bar
    path = hf_hub_download(
        repository,
        file,
        revision=revision,
        endpoint=endpoint,
        cache_dir=hub_cache(),
        etag_timeout=PATIENCE,
        **options,
    )
    return Path(str(path))


def _bar(on_progress: Progress, size: int) -> type[Any]:
    """A progress bar of the kind that the hub's library wants, which draws nothing."""

    class Bar(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **(options | {"disable": True}))
            self.done = int(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self.done += int(n or 0)
            on_progress(min(self.done, size) if size else self.done, size)
            return True

    return Bar


def _reason(error: BaseException) -> str:
    """The innermost cause in one line, without addresses of our own machine."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split())[:160] or type(error).__name__


def _unavailable(one: Known, why: str) -> WeightsUnavailable:
    ready = ready_names()
    shown = ", ".join(ready[:5]) + (" and others" if len(ready) > 5 else "")
    return WeightsUnavailable(
        f"The weights of {one.name} could not be fetched: {why}.",
        f"Check the internet connection and try again, or choose one that is ready: {shown}.",
    )
