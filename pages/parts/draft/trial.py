"""A trial of the draft before it is run: the engine measures, and the session keeps the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

import streamlit as st

from pages.parts.draft.start import chosen_start
from pages.parts.frame.services import services
from tlcore.errors import EngineError
from tlcore.jobs.events import Event
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project


class Trial:
    """One kind of trial: its last report, and whether that still fits recipe and start."""

    def __init__(self, kind: str, project: Project, recipe: Recipe) -> None:
        self.kind, self.project, self.recipe = kind, project, recipe
        workspace = services().workspace
        question = workspace.labels.question(project.id)
        self.pictures = workspace.examples.standing(project.id, question.id)
        self.key = f"trial_{kind}_{project.id}"
        start = chosen_start(project)
        self.start = start.id if start else None

    def report(self, regardless_of: Collection[str] = ()) -> tuple[dict[str, Any] | None, bool]:
        """The last report, and whether it was made for this recipe and these pictures.

        Settings named in `regardless_of` may differ.
        """
        stored = st.session_state.get(self.key)
        if stored is None:
            return None, False
        return stored["report"], stored["for"] == self._fingerprint(regardless_of)

    def run(
        self, task: str, on_event: Callable[[Event], None], regardless_of: Collection[str] = ()
    ) -> None:
        """Run the task in the engine and keep its report; other events go to `on_event`.

        Raises GraftError.
        """
        payload = {
            "home": str(services().workspace.home),
            "project": self.project.id,
            "recipe": self.recipe.to_json(),
            "start": self.start,
        }
        report: dict[str, Any] | None = None
        for event in services().engine.stream(task, payload):
            if event.kind == "result":
                report = event.data
            else:
                on_event(event)
        if report is None:
            raise EngineError("There was no answer.", "Try it again.")
        fingerprint = self._fingerprint(regardless_of)
        st.session_state[self.key] = {"report": report, "for": fingerprint}

    def _fingerprint(self, regardless_of: Collection[str]) -> str:
        settings = {
            name: value
            for name, value in self.recipe.to_json().items()
            if name not in regardless_of and name != "preset"
        }
        return json.dumps([settings, self.pictures, self.start], sort_keys=True)
