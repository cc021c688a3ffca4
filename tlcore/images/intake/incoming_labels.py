"""The labels that pictures come in with: looked up by name, made where they are missing."""

from __future__ import annotations

from tlcore.errors import NameRefused
from tlcore.workspace import Workspace
from tlcore.workspace.names import clean_name, joining_key
from tlcore.workspace.records import Label


class IncomingLabels:
    """Finds labels for one intake, and adds to `notes` what was taken as another spelling."""

    def __init__(self, workspace: Workspace, notes: list[str]) -> None:
        self._workspace = workspace
        self._notes = notes
        self._labels: dict[tuple[int, str], Label | NameRefused] = {}
        self._spellings: dict[int, list[str]] = {}  # the labels of each question

    def find(self, question: int, name: str | None) -> Label | NameRefused | None:
        """The label of this name, made where it is not there yet; or why it cannot be."""
        if name is None:
            return None
        if (question, name) not in self._labels:
            try:
                self._labels[question, name] = self._joined(question, clean_name(name, "label"))
            except NameRefused as refusal:
                self._labels[question, name] = refusal
        return self._labels[question, name]

    def _joined(self, question: int, name: str) -> Label:
        """The label of this name, or one that differs from it in writing alone; else a new one."""
        spellings = self._spellings.get(question)
        if spellings is None:
            spellings = [label.name for label in self._workspace.labels.list(question)]
            self._spellings[question] = spellings
        key = joining_key(name)
        alike = [other for other in spellings if joining_key(other) == key]
        if alike and name not in alike:
            self._notes.append(f"“{name}” is taken as “{alike[0]}”.")
        spelling = name if name in alike or not alike else alike[0]
        if spelling not in spellings:
            spellings.append(spelling)
        return self._workspace.labels.add(question, spelling)
