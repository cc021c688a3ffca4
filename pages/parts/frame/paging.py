"""The choice of a page where there is more than fits on one."""

from __future__ import annotations

import streamlit as st


def choose_page(number: int, size: int, *, key: str) -> slice:
    """Draw the choice of a page, if there is more than one; which items stand on the chosen one.

    Args:
        number: of items in all.
        size: the most items of a page.
        key: with another number of pages the choice starts at the first page again.
    """
    pages = -(-number // size)
    page = int(st.pagination(pages, key=f"{key}_{pages}")) if pages > 1 else 1
    return slice((page - 1) * size, page * size)
