"""The weights that timm publishes on the Hugging Face hub: its cache here, and downloads.

The hub's address (`HF_ENDPOINT`) and cache (`HF_HOME`, `HF_HUB_CACHE`) are read at each call.
Without internet it says so within seconds instead of trying again and again.
"""

from __future__ import annotations

import inspect
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import timm
from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
    try_to_load_from_cache,
)
from huggingface_hub.errors import EntryNotFoundError
from tqdm.auto import tqdm

from tlcore.backbones.sources.base import (
    FetchFailed,
    FetchStopped,
    Progress,
    WeightsNote,
    WeightsRecord,
    WeightsSource,
)
from tlcore.backbones.sources.timm_names import is_architecture, pretrained_names

PATIENCE = 6.0  # seconds for the hub's first answer
HUB = "https://huggingface.co"
HUB_FILES = ("model.safetensors", "pytorch_model.bin")
# DINOv2 looks at 518 × 518 points by itself: five times the work of 224 for little more accuracy.
RESIZED = {
    "vit_small_patch14_dinov2.lvd142m": WeightsNote(
        timm="vit_small_patch14_dinov2.lvd142m",
        input_size=(3, 224, 224),
        model_args={"img_size": 224},
    )
}


class HubSource(WeightsSource):
    """All of timm's pretrained weights. `fetch` alone asks the network."""

    name = "hub"
    needs_internet = True

    def names(self) -> list[str]:
        return list(pretrained_names())

    def find(self, name: str) -> WeightsRecord | None:
        """An architecture without a tag means timm's first choice for it."""
        if name in pretrained_names():
            return WeightsRecord(name, name, self.name, RESIZED.get(name))
        default = timm.get_pretrained_cfg(name) if is_architecture(name) else None
        tagged = f"{name}.{default.tag}" if default is not None else ""
        return self.find(tagged) if tagged in pretrained_names() else None

    def locate(self, record: WeightsRecord) -> WeightsRecord:
        repository, revision = _repository(record.timm_name)
        for file in _files(record.timm_name) if repository else ():
            path = try_to_load_from_cache(
                repository, file, cache_dir=hub_cache(), revision=revision
            )
            if isinstance(path, str):
                return replace(record, path=Path(path))
        return replace(record, path=None)

    def ready(self) -> list[str]:
        """Those in the cache; its folders are listed once, instead of asking for every name."""
        cache = hub_cache()
        folders = {path.name for path in cache.glob("models--*")} if cache.is_dir() else set()
        candidates = [name for name, folder in _cache_folders().items() if folder in folders]
        records = ((name, self.find(name)) for name in candidates)
        return [name for name, record in records if record and self.locate(record).path]

    def _fetch(self, record: WeightsRecord, on_progress: Progress) -> WeightsRecord:
        """Download; where the hub can do that, a later call resumes one that was stopped."""
        repository, revision = _repository(record.timm_name)
        if not repository:
            raise FetchFailed("they are not at the Hugging Face hub")
        endpoint = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
        try:
            file, size = _best_file(record.timm_name, repository, revision, endpoint)
            on_progress(0, size)
            path = _download(repository, revision, endpoint, file, _bar(on_progress, size))
        except (FetchStopped, FetchFailed):
            raise
        except Exception as error:  # the hub's library raises those of its HTTP library
            raise FetchFailed(f"{endpoint} did not give them ({_reason(error)})") from error
        on_progress(path.stat().st_size, path.stat().st_size)
        return replace(record, path=path)


def hub_cache() -> Path:
    """The hub's cache folder, as the environment says now."""
    if folder := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(folder).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    return Path(constants.HF_HUB_CACHE)


def _repository(timm_name: str) -> tuple[str, str | None]:
    """(repository, revision or None) at the Hugging Face hub; ("", None) where there is none."""
    config = timm.get_pretrained_cfg(timm_name)
    repository, _, revision = str(config.hf_hub_id or "" if config else "").partition("@")
    return repository, revision or None


def _files(timm_name: str) -> tuple[str, ...]:
    """Names of files that may hold the weights, best first."""
    config = timm.get_pretrained_cfg(timm_name)
    named = config.hf_hub_filename if config else None
    return (str(named),) if named else HUB_FILES


@lru_cache(maxsize=1)
def _cache_folders() -> dict[str, str]:
    """timm's name → folder in the hub's cache."""
    repositories = {name: _repository(name)[0] for name in pretrained_names()}
    return {
        name: "models--" + repository.replace("/", "--")
        for name, repository in repositories.items()
        if repository
    }


def _best_file(
    timm_name: str, repository: str, revision: str | None, endpoint: str
) -> tuple[str, int]:
    """(file name, bytes) of the best file at the hub. One quick question, never repeated."""
    for file in _files(timm_name):
        url = hf_hub_url(repository, file, revision=revision, endpoint=endpoint)
        try:
            return file, int(get_hf_file_metadata(url, timeout=PATIENCE).size or 0)
        except EntryNotFoundError:
            continue
    raise FetchFailed(f"{endpoint} has no file of weights for them")


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
