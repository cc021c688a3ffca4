"""`doctor`: what is in place and what must be mended."""

from __future__ import annotations

import argparse
import sys

from tlcore.commands.diagnosis import Condition, examine, healthy
from tlcore.commands.terminal import print_json

SIGNS = {"good": "ok  ", "note": "note", "mend": "MEND"}


def run(arguments: argparse.Namespace) -> int:
    """Show every condition; exit code 1 if something must be mended."""
    conditions: list[Condition] = []
    for condition in examine():
        conditions.append(condition)
        if not arguments.json:
            print(f"{SIGNS[condition.state]}  {condition.words}", flush=True)
            if condition.remedy:
                print(f"      → {condition.remedy}", flush=True)
    well = healthy(conditions)
    if arguments.json:
        print_json({"healthy": well, "findings": [condition.to_json() for condition in conditions]})
    else:
        print("All is well." if well else "Mend what is marked MEND.", file=sys.stdout)
    return 0 if well else 1
