"""Trying the draft before it is run: one question to the engine, whose answer the session keeps."""

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


class Tried:
    """The last answer of one kind for a project, and whether it still fits recipe and start."""

    def __init__(self, kind: str, project: Project, recipe: Recipe) -> None:
        self.kind, self.project, self.recipe = kind, project, recipe
        workspace = services().workspace
        question = workspace.labels.question(project.id)
        self.pictures = workspace.examples.standing(project.id, question.id)
        self.key = f"tried_{kind}_{project.id}"
        start = chosen_start(project)
        self.start = start.id if start else None

    def answer(self, regardless_of: Collection[str] = ()) -> tuple[dict[str, Any] | None, bool]:
        """(the last answer, whether it was given for this recipe and these pictures)."""
        stored = st.session_state.get(self.key)
        if stored is None:
            return None, False
        return stored["answer"], stored["for"] == self._fingerprint(regardless_of)

    def ask(
        self, task: str, on_event: Callable[[Event], None], regardless_of: Collection[str] = ()
    ) -> None:
        """Ask the engine and keep the answer; `on_event` is told all but the answer.

        Raises GraftError.
        """
        home = str(services().workspace.home)
        payload = {
            "home": home,
            "project": self.project.id,
            "recipe": self.recipe.to_json(),
            "start": self.start,
        }
        answer: dict[str, Any] | None = None
        for event in services().engine.stream(task, payload):
            if event.kind == "result":
                answer = event.data
            else:
                on_event(event)
        if answer is None:
            raise EngineError("There was no answer.", "Try it again.")
        fingerprint = self._fingerprint(regardless_of)
        st.session_state[self.key] = {"answer": answer, "for": fingerprint}

    def _fingerprint(self, regardless_of: Collection[str]) -> str:
        settings = {
            name: value
            for name, value in self.recipe.to_json().items()
            if name not in regardless_of and name != "preset"
        }
        return json.dumps([settings, self.pictures, self.start], sort_keys=True)
