"""`doctor`: what is in place and what must be mended."""

from __future__ import annotations

import argparse
import sys

from tlcore.commands.diagnosis import Finding, examine, healthy
from tlcore.commands.terminal import print_json

SIGNS = {"good": "ok  ", "note": "note", "mend": "MEND"}


def run(asked: argparse.Namespace) -> int:
    """Show every finding; exit code 1 if something must be mended."""
    findings: list[Finding] = []
    for finding in examine():
        findings.append(finding)
        if not asked.json:
            print(f"{SIGNS[finding.state]}  {finding.words}", flush=True)
            if finding.remedy:
                print(f"      → {finding.remedy}", flush=True)
    well = healthy(findings)
    if asked.json:
        print_json({"healthy": well, "findings": [one.to_json() for one in findings]})
    else:
        print("All is well." if well else "Mend what is marked MEND.", file=sys.stdout)
    return 0 if well else 1
