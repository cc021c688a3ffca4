"""A real Graft on loopback: started, looked at from outside, ended or killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
# What would change how a server behaves, set by whoever runs the tests.
FOREIGN = ("GRAFT_WEIGHTS", "GRAFT_PASSPHRASE", "GRAFT_DATABASE_URL", "GRAFT_ENGINE")
MOST_MEMORY = 500 * 2**20  # bytes that the server process may ever hold
START_SECONDS = 90


@dataclass
class Server:
    """A running Graft: its address, its home, its process and what it prints."""

    port: int
    home: Path
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def printed(self) -> str:
        """Everything that the server and its workers have written so far."""
        files = [self.log, *sorted((self.home / "logs").glob("*.log"))]
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)

    def stop(self) -> None:
        """End it politely, or kill it when it does not listen."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would, and only it."""
        self.process.kill()
        self.process.wait(20)

    def worker(self, kind: str) -> psutil.Process:
        """The process for "runs" or for "requests"."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        workers = [child for child in children if kind in _arguments(child)]
        assert workers, f"the server has no process for {kind}"
        return workers[-1]  # where Python starts itself through a launcher, the innermost

    def check_lightness(self) -> None:
        """The server itself has no torch and never held much memory (checked on Linux only)."""
        process = Path("/proc") / str(self.process.pid)
        if not process.is_dir():
            return
        assert "libtorch" not in (process / "maps").read_text(encoding="utf-8", errors="replace")
        status = (process / "status").read_text(encoding="utf-8").splitlines()
        peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
        assert peak < MOST_MEMORY, f"the server held {peak / 2**20:.0f} MiB"


def _arguments(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
        return words
    except psutil.Error:
        return []


def start_server(
    home: Path, *arguments: str, port: int | None = None, **environment: str
) -> Server:
    """Start `streamlit run app.py` and wait until it answers."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless", "true", "--server.port", str(port), *arguments]
    log = home.parent / f"server-{port}.log"
    home.parent.mkdir(parents=True, exist_ok=True)
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**own, "GRAFT_HOME": str(home), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, home, process, log)
    if not _answers(server):
        server.kill()
        raise AssertionError(f"the server did not answer:\n{server.printed}")
    return server


def _answers(server: Server) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/api/health", timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
