"""What tests of commands share: a scored run, made once."""

from __future__ import annotations

from tests.results.conftest import scored_run

__all__ = ["scored_run"]
