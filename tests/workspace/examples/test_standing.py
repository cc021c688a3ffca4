"""Tests of tlcore/workspace/examples/standing.py; see test_examples.py for what changes it."""

from __future__ import annotations

import re

from sqlalchemy.dialects import postgresql

from tlcore.workspace.examples.standing import sums


def test_squares_of_ids_are_taken_in_eight_bytes_on_postgresql() -> None:
    """In four they overflow from 46,341 on; SQLite has eight always."""
    query = str(sums("p", 1).compile(dialect=postgresql.dialect()))
    factors = re.findall(r"(CAST\(examples\.id AS BIGINT\)|examples\.id) \* (\S+)", query)
    assert len(factors) == 1, query
    assert factors[0][0].startswith("CAST") and factors[0][1].startswith("CAST")
