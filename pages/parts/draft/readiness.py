"""Whether a project has what a training needs, in numbers and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.parts.frame.services import services
from pages.parts.frame.text import count
from pages.parts.pictures.splits import in_words
from tlcore.workspace.records import Project, Split

LEAST_LABELS = 2


@dataclass(frozen=True)
class Readiness:
    """Pictures per split, over the labels that have training pictures.

    `standing` is a fingerprint of which picture has which label and split.
    """

    labels: int
    counts: dict[Split, int]
    smallest: int
    standing: str = ""

    @property
    def training(self) -> int:
        """Pictures to learn from."""
        return self.counts.get(Split.TRAIN, 0)

    @property
    def ready(self) -> bool:
        """Whether training can begin."""
        return self.labels >= LEAST_LABELS

    @property
    def words(self) -> str:
        """For example “5 labels; 350 to learn, 75 to check, 75 to score”."""
        return f"{count(self.labels, 'label')}; {in_words(self.counts)}"

    @property
    def missing(self) -> str:
        """What is missing, when something is."""
        if self.labels == 1:
            return "Only one label has pictures. Add pictures to a second one to tell apart."
        return "There are no labelled pictures yet. Add at least two labels with a few each."


def readiness_of(project: Project) -> Readiness:
    """Count the pictures that the project's first question has for a training."""
    workspace = services().workspace
    question = workspace.labels.question(project.id)
    table = workspace.examples.table(project.id, question.id)
    used = [
        splits
        for label, splits in table.items()
        if label is not None and splits.get(Split.TRAIN, 0) > 0
    ]
    counts = {
        split: sum(splits.get(split, 0) for splits in used)
        for split in (Split.TRAIN, Split.VALIDATION, Split.TEST)
    }
    smallest = min((splits[Split.TRAIN] for splits in used), default=0)
    standing = workspace.examples.standing(project.id, question.id)
    return Readiness(len(used), counts, smallest, standing)


def draw_missing(readiness: Readiness) -> None:
    """Say what is missing, with the way to mend it."""
    st.info(readiness.missing, icon=":material/photo_library:")
    st.page_link("images.py", label="Go to your pictures", icon=":material/arrow_back:")
