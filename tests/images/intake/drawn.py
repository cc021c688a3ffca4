"""Small pictures that are no copies of one another, as sources, and what became of them."""

from __future__ import annotations

import io
from collections import Counter

from tlcore.images.intake.sources import Source, from_files
from tlcore.images.samples.leaves import draw_leaf
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Project, Split


def png(number: int, side: int = 48) -> bytes:
    """One of many small pictures that are no copies of one another."""
    label = ("healthy", "spotted", "eaten")[number % 3]
    buffer = io.BytesIO()
    draw_leaf(label, number).resize((side, side)).save(buffer, "PNG")
    return buffer.getvalue()


PICTURES = [png(number) for number in range(24)]


def under(label: str | None, numbers: range, **more: object) -> list[Source]:
    files = [(f"{label} {n}.png", PICTURES[n]) for n in numbers]
    return from_files(files, label=label, **more)  # type: ignore[arg-type]


def splits_of(workspace: Workspace, project: Project) -> Counter[Split]:
    return Counter(example.split for example in workspace.examples.list(project.id))


def example_named(workspace: Workspace, project: Project, name: str) -> Example:
    (example,) = [x for x in workspace.examples.list(project.id) if x.source_name == name]
    return example
