"""Who imports whom in this project, read from its source: the graph that rules are held against."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tlcore", "pages", "benchmarks", "pretraining")


@dataclass(frozen=True)
class Import:
    """One imported module; `at_start` when it is imported as soon as the importing module is."""

    module: str
    at_start: bool


@cache
def module_paths() -> dict[str, Path]:
    """Every module of the project by its dotted name; a folder's is that of its `__init__`."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return {"app": ROOT / "app.py"} | {module_name(path): path for path in files}


def module_name(path: Path) -> str:
    """The dotted name of a file in the project."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    """What a module imports, at any depth; `from a import b` is `a.b` where that is a module."""
    tree = ast.parse(module_paths()[module].read_text(encoding="utf-8"))
    return tuple(Import(name, at_start) for name, at_start in _imports(tree, at_start=True))


def _imports(node: ast.AST, *, at_start: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, at_start) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "relative import"
            for alias in child.names:
                name = f"{child.module}.{alias.name}"
                yield (name if name in module_paths() else str(child.module)), at_start
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            later = later or _only_for_types(child)
            yield from _imports(child, at_start=at_start and not later)


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@cache
def own_imports(module: str) -> set[str]:
    """The project's own modules that a module imports, at any depth."""
    return {entry.module for entry in imports_of(module)} & module_paths().keys()


@cache
def opened(module: str) -> set[str]:
    """The project's own modules that a module imports, or names as text, as tasks are named."""
    tree = ast.parse(module_paths()[module].read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    named = {text.partition(":")[0] for text in texts if isinstance(text, str)}
    return own_imports(module) | named & module_paths().keys()


def loaded_with(start: Iterable[str]) -> set[str]:
    """The project's own modules that are loaded when these are.

    That is the closure of what is imported at their start, with the folders on the way, whose
    `__init__` Python runs too.
    """
    loaded: set[str] = set()
    waiting = list(start)
    while waiting:
        module = waiting.pop()
        if module in loaded or module not in module_paths():
            continue
        loaded.add(module)
        waiting += [entry.module for entry in imports_of(module) if entry.at_start]
        waiting += [module.rpartition(".")[0]]
    return loaded


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """The nodes of a circle in `graph`, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def face(room: str) -> tuple[str, ...] | None:
    """The `__all__` that a folder's `__init__` writes down; None where it has none."""
    tree = ast.parse(module_paths()[room].read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return tuple(ast.literal_eval(node.value))
    return None
