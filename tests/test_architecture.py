"""Holds the house: who may import whom, what each room shows, and that the server stays light."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.imports import (
    ROOT,
    circle,
    face,
    imports_of,
    loaded_with,
    module_paths,
    opened,
    own_imports,
)

# From the ground up: a room imports from those before it alone.
ROOMS = (
    "errors",
    "workspace",
    "jobs",
    "images",
    "backbones",
    "classifier",
    "quality",
    "training",
    "adaptation",
    "results",
    "serving",
    "commands",
)
TRAINING = ("recipe", "data", "inputs", "fit", "trial")
# What several pages share, from the ground up; every other folder of parts is one page's.
SHARED_PARTS = ("components", "frame", "pictures", "draft", "run")
HEAVY = {"torch", "torchvision", "timm"}
CORE = [name for name in module_paths() if name.split(".")[0] == "tlcore"]
PAGES = [name for name in module_paths() if name.split(".")[0] == "pages"]
FOLDERS = [name for name, path in module_paths().items() if path.name == "__init__.py"]


def imported(module: str) -> set[str]:
    """All modules that a module imports, of whatever package."""
    return {entry.module for entry in imports_of(module)}


def above(rooms: Sequence[str], own: str) -> set[str]:
    """The rooms that `own` must not know."""
    return set(rooms[rooms.index(own) + 1 :])


def part(module: str, depth: int) -> str:
    """The name at a depth of a dotted name; "" where it ends before."""
    return (module.split(".") + [""] * depth)[depth]


@pytest.mark.parametrize("module", CORE)
def test_the_core_knows_no_screen_and_imports_downward_only(module: str) -> None:
    assert not {part(name, 0) for name in imported(module)} & {"streamlit", "pages", "app"}
    own = part(module, 1)
    if own in ROOMS:
        rooms = {part(name, 1) for name in own_imports(module) if part(name, 0) == "tlcore"}
        assert not rooms & above(ROOMS, own)


def test_every_room_of_the_core_has_its_place_in_the_order() -> None:
    rooms = {part(module, 1) for module in CORE} - {"", "__main__"}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize("module", [name for name in CORE if name.startswith("tlcore.training.")])
def test_training_imports_downward_only(module: str) -> None:
    own = part(module, 2)
    if own in TRAINING:
        inner = {part(name, 2) for name in own_imports(module) if part(name, 1) == "training"}
        assert not inner & above(TRAINING, own)


@pytest.mark.parametrize("module", PAGES)
def test_a_page_and_its_parts_know_no_other_page(module: str) -> None:
    names = own_imports(module)
    pages = {name for name in names if part(name, 0) == "pages" and part(name, 1) != "parts"}
    assert pages <= {"pages", module}, "a page is no part of another"
    assert not {part(name, 0) for name in imported(module)} & HEAVY
    own = part(module, 2) if part(module, 1) == "parts" else part(module, 1)
    rooms = {part(name, 2) for name in names if name.startswith("pages.parts.")}
    if own in SHARED_PARTS:
        assert rooms <= set(SHARED_PARTS) - above(SHARED_PARTS, own)
    elif own != "main":
        assert rooms <= {*SHARED_PARTS, own}


def test_nothing_imports_in_a_circle() -> None:
    """Not even for types, nor inside a function: a circle means that two files are one thing."""
    assert circle({module: own_imports(module) - {module} for module in module_paths()}) == []


def test_the_server_never_imports_torch() -> None:
    """Everything that app.py and the pages load, found from their imports, and really loaded."""
    pages = [module for module in PAGES if module_paths()[module].name != "make.py"]
    server = sorted(module for module in loaded_with(["app", *pages]) if module in CORE)
    assert len(server) > 50, "the closure is not read"
    code = "import sys, importlib\n"
    code += f"for name in {server!r}: importlib.import_module(name)\n"
    code += f"print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["recipe", "data"])
def test_recipe_and_data_need_no_torch(room: str) -> None:
    """What describes a training can be read by the server; blending pictures alone computes."""
    inside = [name for name in CORE if name.startswith(f"tlcore.training.{room}.")]
    light = [name for name in inside if not name.endswith(".mixup")]
    entries = [entry for name in loaded_with(light) for entry in imports_of(name)]
    assert not {part(entry.module, 0) for entry in entries if entry.at_start} & HEAVY


@pytest.mark.parametrize("room", FOLDERS)
def test_a_face_names_what_others_use_of_a_room(room: str) -> None:
    """`__all__` lists the modules that other rooms may open: all that they do open, and no more.

    Inside one room of the core its folders open one another freely.
    """
    shown = face(room)
    assert shown is not None, "no __all__"
    assert list(shown) == sorted(set(shown))
    modules = {f"{room}.{name}" for name in shown} & module_paths().keys()
    assert modules == opened_by_others(room)


def opened_by_others(room: str) -> set[str]:
    """The modules right inside a folder that modules of other rooms import."""
    inside = {name for name in module_paths() if name.rpartition(".")[0] == room}
    inside -= set(FOLDERS)
    others = (name for name in module_paths() if home(name) != home(room))
    return {name for other in others for name in opened(other)} & inside


def home(module: str) -> str:
    """The room of the house that a module belongs to, with all its folders."""
    depth = {"tlcore": 2, "pages": 3}.get(part(module, 0), 1)
    return ".".join(module.split(".")[:depth])
