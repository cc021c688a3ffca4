"""The frame: page config, navigation. Every visit that the door lets in passes through it."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.parts.frame.damage import offer_backups  # noqa: E402 - the path above comes first
from pages.parts.frame.errors import show  # noqa: E402
from pages.parts.frame.project import current_project  # noqa: E402
from pages.parts.frame.services import services  # noqa: E402
from pages.parts.frame.steps import STEPS, draw_project_in_sidebar  # noqa: E402
from tlcore.errors import DatabaseDamaged, GraftError  # noqa: E402

ICON = ROOT / "pages" / "parts" / "frame" / "icon.png"

st.set_page_config(page_title="Graft", page_icon=str(ICON), layout="wide")

pages = {
    "": [st.Page("home.py", title="Projects", icon=":material/home:", default=True)],
    "Your project": [st.Page(s.file, title=s.title, icon=s.icon) for s in STEPS],
    "Help": [st.Page("learn.py", title="Learn", icon=":material/school:")],
}
page = st.navigation(pages, expanded=True)

try:
    services()
    draw_project_in_sidebar(current_project())
    page.run()
except DatabaseDamaged as damaged:
    offer_backups(damaged)
except GraftError as error:
    show(error)
