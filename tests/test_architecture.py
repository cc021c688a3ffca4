"""Holds the import rule: downward only, no streamlit in the core, no torch in the server."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    "errors",
    "workspace",
    "jobs",
    "images",
    "backbones",
    "classifier",
    "quality",
    "training",
    "results",
    "serving",
)
CORE = sorted((ROOT / "tlcore").rglob("*.py"))
PAGES = sorted((ROOT / "pages").rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    """Every module that a file imports, at any depth, with `from a import b` given as a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "tlcore" and parts[1] in ROOMS else None


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_core_imports_downward_only(path: Path) -> None:
    modules = imported_modules(path)
    assert not {m for m in modules if m.split(".")[0] in {"streamlit", "pages", "app"}}
    own = path.relative_to(ROOT / "tlcore").parts[0].removesuffix(".py")
    if own not in ROOMS:
        return
    above = set(ROOMS[ROOMS.index(own) + 1 :])
    assert not {m for m in modules if room_of(m) in above}


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_never_imports_another_page(path: Path) -> None:
    pages = {p.stem for p in (ROOT / "pages").glob("*.py")} - {"__init__"}
    modules = imported_modules(path)
    assert not {
        m
        for m in modules
        if m.split(".")[0] == "pages"
        and m.split(".")[1:2] != ["parts"]
        and m.split(".")[1:2]
        and m.split(".")[1] in pages
    }
    assert not {m for m in modules if m.split(".")[0] in {"torch", "torchvision", "timm"}}


def test_the_server_never_imports_torch() -> None:
    """What the server imports of the core pulls in no torch."""
    torch_free = [
        "tlcore.workspace",
        "tlcore.jobs.local",
        "tlcore.images.intake.ingest",
        "tlcore.images.samples.samples",
        "tlcore.quality.checkup.findings",
        "tlcore.quality.groups",
        "tlcore.quality.checkup.measures",
        "tlcore.quality.checkup.kept_reports",
        "tlcore.results.figures.figures",
        "tlcore.results.score.result_cache",
        "tlcore.results.compare.classifiers",
        "tlcore.results.figures.score_figures",
        "tlcore.training.fit.curve_advice",
        "tlcore.training.recipe.recipe",
        "tlcore.training.recipe.advice",
        "tlcore.quality.probe.sample",
        "tlcore.results.figures.transfer_figures",
        "tlcore.training.data.augmentation_questions",
        "tlcore.training.recipe.race",
        "tlcore.results.compare.runs",
        "tlcore.results.compare.verdict",
        "tlcore.serving.formats.folder",
        "tlcore.serving.api",
        "tlcore.serving.link",
        "tlcore.serving.importing",
        "tlcore.serving.export.exported",
    ]
    code = "import sys, importlib\n" + "".join(
        f"importlib.import_module({m!r})\n" for m in torch_free
    )
    code += "print(sorted({'torch', 'timm', 'torchvision'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
