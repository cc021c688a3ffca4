"""Tasks and modules that are named as text, which no import shows: each is where its name says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports import ROOT, module_paths
from tlcore.jobs.tasks import find_task
from tlcore.workspace.upgrade import MOVED_TASKS

TASK = re.compile(r"tlcore(\.\w+)+:\w+")
MODULE = re.compile(r"tlcore(\.\w+)+")
HERE = Path(__file__).resolve()


def texts() -> Iterator[tuple[Path, str]]:
    """Every text in the source, with its file; parts of f-strings too."""
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != HERE]
    for path in [*module_paths().values(), *tests]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node.value


TEXTS = list(texts())
TASKS = sorted({text for _, text in TEXTS if TASK.fullmatch(text)})


def test_tasks_are_named_in_pages_and_rooms() -> None:
    assert len(TASKS) > 20, "the names are not read"


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_where_its_name_says(name: str) -> None:
    assert callable(find_task(name))


def test_a_module_is_where_its_name_says() -> None:
    """What workers import at once, for instance. Former names stand in one table alone."""
    former = ROOT / "tlcore" / "workspace" / "upgrade.py"
    names = {
        text
        for path, text in TEXTS
        if path in module_paths().values()
        and MODULE.fullmatch(text)
        and not (path == former and text in MOVED_TASKS)
    }
    assert len(names) > 5, "the names are not read"
    assert names <= module_paths().keys()


def test_names_of_tasks_are_written_whole() -> None:
    """A name that is put together from parts would be found by nobody who moves the task."""
    for path in module_paths().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                for before, part in zip(node.values, node.values[1:], strict=False):
                    put_together = (
                        isinstance(before, ast.FormattedValue)
                        and isinstance(part, ast.Constant)
                        and re.fullmatch(r":\w*_task", str(part.value)) is not None
                    )
                    assert not put_together, f"{path}: {ast.unparse(node)}"
