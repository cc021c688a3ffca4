"""`fetch`: ready models before a lesson, so that nobody needs the internet then."""

from __future__ import annotations

import argparse
import sys

from tlcore.commands.terminal import Progress, plain
from tlcore.errors import GraftError


def run(arguments: argparse.Namespace) -> int:
    """Fetch each model; one that fails does not hinder the next. Exit code 1 if any failed."""
    from tlcore.backbones.sources.registry import fetch

    progress = Progress()

    def fetch_one(name: str) -> None:
        fetch(name, lambda done, total: progress.bar(plain(name), done, total or done))

    failed = 0
    for name in arguments.names:
        try:
            fetch_one(name)
        except GraftError as error:
            progress.clear()
            print(f"{plain(name)}: {error.message}\n{error.remedy}", file=sys.stderr)
            failed += 1
            continue
        progress.clear()
        print(f"{plain(name)}: ready", flush=True)
    return 1 if failed else 0
