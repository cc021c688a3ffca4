"""The pictures that the benchmarks time: a folder of yours, the shared ones, or drawn leaves."""

from __future__ import annotations

from pathlib import Path

from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source, from_folder
from tlcore.images.samples.samples import sample_sources
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def load_project(workspace: Workspace, folder: Path | None, count: int) -> Project:
    """A project of at most `count` pictures, spread evenly over the labels."""
    if folder is None and (SHARED / "flowers5" / "train").is_dir():
        folder = SHARED / "flowers5" / "train"
    sources = list(from_folder(folder) if folder else sample_sources("leaves"))
    by_label: dict[str | None, list[Source]] = {}
    for source in sources:
        by_label.setdefault(source.label, []).append(source)
    share = -(-count // len(by_label))
    chosen = [source for group in by_label.values() for source in group[:share]][:count]
    project = workspace.projects.create("benchmark")
    ingest(workspace, project.id, chosen)
    return project
