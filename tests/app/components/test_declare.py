"""Our own components: each is declared once, from files of its name, and no file is left over."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

PAGES = Path(__file__).resolve().parents[3] / "pages"
FOLDER = PAGES / "parts" / "components"
KINDS = (".html", ".css", ".js")
FILES = sorted(file.name for file in FOLDER.iterdir() if file.suffix in KINDS)


def declarations() -> list[tuple[str, tuple[str, ...]]]:
    """The name of each component that pages declare, with the shared scripts put before it."""
    calls = [
        node
        for path in sorted(PAGES.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "declare_component"
    ]
    return [
        (
            ast.literal_eval(call.args[0]),
            tuple(ast.literal_eval(call.keywords[0].value)) if call.keywords else (),
        )
        for call in calls
    ]


def test_each_component_is_declared_once() -> None:
    counts = Counter(name for name, _ in declarations())
    assert counts
    assert not [name for name, count in counts.items() if count > 1]


def test_each_file_belongs_to_the_component_that_names_it() -> None:
    own = {f"{name}{kind}" for name, _ in declarations() for kind in KINDS}
    shared = {script for _, before in declarations() for script in before}
    assert not own & shared
    assert sorted(own | shared) == FILES


def test_components_are_declared_in_one_way() -> None:
    paths = set(PAGES.rglob("*.py")) - {FOLDER / "declare.py"}
    assert not [path for path in paths if "components.v2" in path.read_text(encoding="utf-8")]
