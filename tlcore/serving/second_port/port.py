"""A second port beside Graft's own, on which one small app is served, and nothing else.

It knows nothing of what the app does. The phone page and the share link stand on it.
"""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from starlette.applications import Starlette

from tlcore.serving.second_port.connections import Patience, bounded_protocol

START_SECONDS = 10.0
MOST_CONNECTIONS = 60


class SecondPort:
    """Closed until `open`. Not safe for many threads by itself: whoever has it holds a lock."""

    def __init__(self, name: str, host: str) -> None:
        self._name, self._host = name, host
        self._server: uvicorn.Server | None = None
        self.number = 0

    def open(self, app: Starlette) -> None:
        """Serve `app` on a free port, whose `number` is then known.

        Raises:
            OSError: no port can be listened on, or the app does not start on it.
        """
        listener = socket.socket()
        try:
            listener.bind((self._host, 0))
        except OSError:
            listener.close()
            raise
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off", server_header=False,
            limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=5,
            http=bounded_protocol(Patience()),
        )  # fmt: skip
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name=self._name, daemon=True
        )
        thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        if not server.started:
            server.should_exit = True  # one that is only slow closes the listener by itself
            if not thread.is_alive():
                listener.close()
            raise OSError(f"nothing answers on it after {START_SECONDS:g} seconds")
        self._server, self.number = server, listener.getsockname()[1]

    def close(self) -> None:
        """Serve nothing any more; a port that is closed stays closed."""
        if self._server is not None:
            self._server.should_exit = True
        self._server = None
