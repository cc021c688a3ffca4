"""Tests of tlcore/jobs/events.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.jobs.events import Event, to_line

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(-1e300, 1e300)
DATA = st.dictionaries(st.text(max_size=5), LEAVES | st.lists(LEAVES, max_size=3), max_size=4)


@settings(max_examples=50, deadline=None)
@given(data=DATA, at=st.floats(0, 1e12), kind=st.text(min_size=1, max_size=9))
def test_an_event_survives_its_line(data: dict[str, Any], at: float, kind: str) -> None:
    event = Event(kind, data, at)
    line = event.to_json()
    assert "\n" not in line and line.isascii()
    assert Event.from_json(line) == event


def test_numbers_of_numpy_and_paths_become_plain() -> None:
    data = {"a": np.float32(0.5), "b": np.arange(3), "c": float("nan"), "d": Path("x"), "e": (1,)}
    line = Event("step", data, 1.0).to_json()
    assert json.loads(line)["data"] == {"a": 0.5, "b": [0, 1, 2], "c": None, "d": "x", "e": [1]}


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        to_line({"a": object()})


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"kind": 1}', '{"kind": "a", "data": []}'])
def test_what_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        Event.from_json(line)
