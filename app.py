"""The ASGI app: start-up, shut-down and HTTP routes. No widgets; those are in pages/.

`streamlit run app.py` starts it. The frame, pages/main.py, runs on every visit.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.parts.frame.addresses import greeting  # noqa: E402 - the path above comes first
from pages.parts.frame.binding import refusal_to_start  # noqa: E402
from pages.parts.frame.door import door  # noqa: E402
from pages.parts.frame.errors import show_unexpected  # noqa: E402
from pages.parts.frame.services import close_services, services  # noqa: E402
from tlcore.errors import GraftError  # noqa: E402
from tlcore.serving.api import routes  # noqa: E402
from tlcore.workspace.paths import write_privately  # noqa: E402


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Open the workspace and warm the two worker processes; end them with the server."""
    try:
        services()
    except GraftError as error:
        # The pages say the same to whoever opens them: a server that is silently gone helps nobody.
        print(f"{error.message} {error.remedy}", file=sys.stderr)
    print(greeting(), flush=True)
    try:
        yield None
    finally:
        close_services()


if refusal := refusal_to_start():
    print(refusal, file=sys.stderr)
    raise SystemExit(2)

write_privately()  # the workers inherit it

app = st.App(
    ROOT / "pages" / "main.py",
    lifespan=lifespan,
    routes=routes(services),
    middleware=[door()],
    on_script_error=show_unexpected,
)
