"""The pictures that a check-up looks at: one question of one project, as its tables say now."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Label, Split

VERSION = 2  # of what a check-up does: another one, and kept check-ups are done again


@dataclass(frozen=True)
class ProjectPictures:
    """The visible examples of a project, oldest first, and the labels of one of its questions.

    `folder` is where the workspace keeps picture bytes.
    """

    project: str
    question: int
    labels: tuple[Label, ...]
    examples: tuple[Example, ...]
    home: Path

    def label_of(self, example: Example) -> int | None:
        """The id of its answer; None where it is not answered or its label is deleted."""
        answer = example.answers.get(self.question)
        return answer if answer in self._known else None

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(label.id for label in self.labels)

    @cached_property
    def names(self) -> dict[int, str]:
        """Label id → name."""
        return {label.id: label.name for label in self.labels}

    @cached_property
    def labelled(self) -> tuple[Example, ...]:
        """Those with an answer."""
        return tuple(example for example in self.examples if self.label_of(example) is not None)

    @property
    def unlabelled(self) -> tuple[Example, ...]:
        """Those without an answer."""
        return tuple(example for example in self.examples if self.label_of(example) is None)

    @cached_property
    def seen(self) -> tuple[Example, ...]:
        """Labelled examples to learn from or to watch: neither under test nor set aside."""
        return tuple(
            example for example in self.labelled if example.split in (Split.TRAIN, Split.VALIDATION)
        )

    @cached_property
    def key(self) -> str:
        """Names this state: every picture with its answer, split and group, and the labels."""
        digest = hashlib.blake2b(f"{VERSION} {self.question}".encode(), digest_size=16)
        for label in self.labels:
            digest.update(f"\n{label.id} {label.name!a}".encode())
        for example in self.examples:
            answer = example.answers.get(self.question)
            row = (example.id, example.picture, answer, example.split.value, example.group)
            digest.update(f"\n{row!a}".encode())
        return digest.hexdigest()


def read_pictures(
    workspace: Workspace, project_id: str, question_id: int | None = None
) -> ProjectPictures:
    """The pictures of a project's question (default: its first one). Raises NotFound."""
    question = question_id or workspace.labels.question(project_id).id
    return ProjectPictures(
        project=project_id,
        question=question,
        labels=tuple(workspace.labels.list(question)),
        examples=tuple(workspace.examples.list(project_id)),
        home=workspace.home,
    )


def files_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """The names to show for some examples."""
    return tuple(example.source_name for example in examples)
