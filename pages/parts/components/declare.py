"""Declares our own Streamlit components from the files beside this one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent


def declare_component(name: str, *, before: Sequence[str] = ()) -> ComponentRenderer:
    """Declare the component of `<name>.html`, `<name>.css` and `<name>.js`.

    A component is one script without imports, so shared scripts named in `before` are put before
    its own.
    """
    scripts = [*before, f"{name}.js"]
    return st.components.v2.component(
        f"graft_{name}",
        html=_read(f"{name}.html"),
        css=_read(f"{name}.css"),
        js="".join(_read(script) for script in scripts),
    )


def _read(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")
