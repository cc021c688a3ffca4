"""Tests of tlcore/workspace/names.py."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.errors import NameRefused
from tlcore.workspace.names import LONGEST, clean_name, free_name


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=100))
def test_a_name_is_refused_or_clean_for_good(name: str) -> None:
    try:
        clean = clean_name(name, "label")
    except NameRefused as refused:
        assert refused.message and refused.remedy
        assert str(refused).encode("utf-8")  # the words themselves can be shown
        return
    assert 1 <= len(clean) <= LONGEST
    assert clean == clean.strip() == unicodedata.normalize("NFC", clean)
    assert not {unicodedata.category(c) for c in clean} & {"Cc", "Cs", "Zl", "Zp"}
    assert clean_name(clean, "label") == clean
    assert clean_name(unicodedata.normalize("NFD", clean), "label") == clean
    assert clean_name(f"  {clean}\n", "label") == clean


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=LONGEST))
def test_letters_and_digits_are_always_welcome(name: str) -> None:
    if len(unicodedata.normalize("NFC", name)) <= LONGEST:
        assert clean_name(name, "label") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "\u200b",
        "\u200d\ufeff",
        "a\nb",
        "a\x00",
        "a\u2028b",
        "\ud800",
        "a\u202eb",
        "x" * 81,
    ],
)
def test_what_nobody_can_see_is_refused(name: str) -> None:
    with pytest.raises(NameRefused):
        clean_name(name, "label")


@pytest.mark.parametrize(
    "name", ["../etc", "C:\\a", "=1+1", "<b>", "**x**", "👩‍🔬", "نمی‌خواهم", "CON"]
)
def test_a_name_is_text_and_not_a_path_or_a_command(name: str) -> None:
    assert clean_name(name, "label") == name


@settings(max_examples=100, deadline=None)
@given(st.integers(1, LONGEST), st.integers(0, 15))
def test_a_free_name_is_free_and_not_too_long(length: int, others: int) -> None:
    names: set[str] = set()
    for _ in range(others):
        name = free_name("x" * length, names)
        assert name not in names and clean_name(name, "label") == name
        names.add(name)
