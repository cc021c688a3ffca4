"""Pages of a long list: which items stand on the chosen one."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def script(number: int) -> None:
    import streamlit as st

    from pages.parts.frame.paging import choose_page

    st.text(list(range(number))[choose_page(number, 4, key="page")])


@pytest.mark.parametrize(
    ("number", "chosen", "shown"),
    [(0, None, []), (4, None, [0, 1, 2, 3]), (9, 2, [4, 5, 6, 7]), (9, 3, [8])],
)
def test_the_chosen_page_is_shown(number: int, chosen: int | None, shown: list[int]) -> None:
    app = AppTest.from_function(script, args=(number,))
    if chosen is not None:
        app.session_state["page_3"] = chosen
    app.run()
    assert not app.exception
    assert app.text[0].value == str(shown)


def test_with_another_number_of_pages_the_first_is_shown() -> None:
    app = AppTest.from_function(script, args=(13,))
    app.session_state["page_3"] = 3
    assert app.run().text[0].value == str([0, 1, 2, 3])
