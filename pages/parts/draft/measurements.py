"""What was measured on a project's pictures, kept in its choices, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.draft.readiness import Readiness
from pages.parts.frame.services import services
from tlcore.quality.probe.measured import Ranking, StagesProbe
from tlcore.workspace.records import Project

MOST_KEPT = 6  # backbones whose probe is kept


def kept_probe(
    project: Project, backbone: str, found: Readiness
) -> tuple[StagesProbe, bool] | None:
    """The probe of a backbone, and whether it was made of the pictures as they are now."""
    kept = (project.choices.get("probes") or {}).get(backbone)
    if not isinstance(kept, dict):
        return None
    try:
        return StagesProbe.from_json(kept["result"]), kept.get("standing") == found.standing
    except (KeyError, TypeError):  # written by another version of Graft
        return None


def kept_ranking(project: Project, found: Readiness) -> tuple[Ranking, bool] | None:
    """The ranking of backbones, and whether it was made of the pictures as they are now."""
    kept = project.choices.get("ranking")
    if not isinstance(kept, dict):
        return None
    try:
        return Ranking.from_json(kept["result"]), kept.get("standing") == found.standing
    except (KeyError, TypeError):
        return None


def measure_probe(project: Project, backbone: str, found: Readiness) -> None:
    """Probe the stages of a backbone, with a bar that tells how far it is. Raises GraftError."""
    result = _measure(
        "tlcore.quality.probe.tasks:stages_probe_task",
        {"project": project.id, "backbone": backbone},
    )
    others = {k: v for k, v in (project.choices.get("probes") or {}).items() if k != backbone}
    newest = dict(list(others.items())[-MOST_KEPT + 1 :])
    newest[backbone] = {"standing": found.standing, "result": result}
    services().workspace.projects.choose(project.id, probes=newest)


def measure_ranking(project: Project, found: Readiness) -> None:
    """Rank the backbones that are ready, with a bar. Raises GraftError."""
    result = _measure("tlcore.quality.probe.tasks:ranking_task", {"project": project.id})
    kept = {"standing": found.standing, "result": result}
    services().workspace.projects.choose(project.id, ranking=kept)


def _measure(task: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a task; its progress is drawn in place. Raises GraftError."""
    here = services()
    bar = st.progress(0.0, text="Beginning …")
    result: dict[str, Any] = {}
    asked = {"home": str(here.workspace.home), **payload}
    for event in here.engine.stream(task, asked):
        if event.kind == "progress":
            share = event.data["done"] / max(1, event.data["total"])
            bar.progress(min(1.0, share), text=f"{event.data['doing']} …")
        elif event.kind == "result":
            result = event.data
    bar.empty()
    return result
