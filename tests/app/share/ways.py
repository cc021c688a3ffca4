"""Opens one of the ways of the share page."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.app.conftest import OpenPage
from tlcore.workspace.records import Project


def other_way(open_page: OpenPage, project: Project, way: str) -> AppTest:
    app = open_page("share.py", project)
    return app.segmented_control(key="share_way").set_value(way).run()
