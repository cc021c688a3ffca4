"""Probes and rankings measured on a project's pictures: stored in its choices, checked for age."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.draft.readiness import Readiness
from pages.parts.frame.services import services
from tlcore.quality.probe.measured import Ranking, StagesProbe
from tlcore.workspace.records import Project

MOST_KEPT = 6  # backbones whose probe is kept


def stored_probe(
    project: Project, backbone: str, readiness: Readiness
) -> tuple[StagesProbe, bool] | None:
    """The probe of a backbone, and whether it was made of the pictures as they are now."""
    stored = (project.choices.get("probes") or {}).get(backbone)
    if not isinstance(stored, dict):
        return None
    try:
        return StagesProbe.from_json(stored["result"]), stored.get("standing") == readiness.standing
    except (KeyError, TypeError):  # written by another version of Graft
        return None


def stored_ranking(project: Project, readiness: Readiness) -> tuple[Ranking, bool] | None:
    """The ranking of backbones, and whether it was made of the pictures as they are now."""
    stored = project.choices.get("ranking")
    if not isinstance(stored, dict):
        return None
    try:
        return Ranking.from_json(stored["result"]), stored.get("standing") == readiness.standing
    except (KeyError, TypeError):
        return None


def measure_probe(project: Project, backbone: str, readiness: Readiness) -> None:
    """Probe the stages of a backbone under a progress bar. Raises GraftError."""
    result = _measure(
        "tlcore.quality.probe.tasks:stages_probe_task",
        {"project": project.id, "backbone": backbone},
    )
    others = {k: v for k, v in (project.choices.get("probes") or {}).items() if k != backbone}
    newest = dict(list(others.items())[-MOST_KEPT + 1 :])
    newest[backbone] = {"standing": readiness.standing, "result": result}
    services().workspace.projects.choose(project.id, probes=newest)


def measure_ranking(project: Project, readiness: Readiness) -> None:
    """Rank the backbones that are ready under a progress bar. Raises GraftError."""
    result = _measure("tlcore.quality.probe.tasks:ranking_task", {"project": project.id})
    ranking = {"standing": readiness.standing, "result": result}
    services().workspace.projects.choose(project.id, ranking=ranking)


def _measure(task: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The report of a task; its progress is drawn in place. Raises GraftError."""
    here = services()
    bar = st.progress(0.0, text="Beginning …")
    result: dict[str, Any] = {}
    request = {"home": str(here.workspace.home), **payload}
    for event in here.engine.stream(task, request):
        if event.kind == "progress":
            share = event.data["done"] / max(1, event.data["total"])
            bar.progress(min(1.0, share), text=f"{event.data['doing']} …")
        elif event.kind == "result":
            result = event.data
    bar.empty()
    return result
