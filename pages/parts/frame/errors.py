"""How a page shows an error: what happened and what to do now, never a traceback."""

from __future__ import annotations

import logging
from types import TracebackType

import streamlit as st

from pages.parts.frame.text import markdown_text
from tlcore.errors import GraftError


def show(error: GraftError) -> None:
    """Draw a GraftError with its remedy."""
    st.error(f"{markdown_text(error.message)}\n\n**{markdown_text(error.remedy)}**")


class ShownErrors:
    """A block whose GraftError is shown in place; what comes after it is done all the same."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        if isinstance(error, GraftError):
            show(error)
            return True
        return False


def shown_errors() -> ShownErrors:
    """For `with shown_errors():`, around what may raise a GraftError."""
    return ShownErrors()


def show_unexpected(error: Exception) -> bool:
    """Show a sentence for an unexpected error, and log the error itself.

    Returns True, which tells Streamlit to show nothing of its own.
    """
    logging.getLogger("graft").error("a page failed", exc_info=error)
    st.error(
        "Something went wrong on this page, and that is Graft's fault, not yours. "
        "Your pictures and trainings are safe.\n\n"
        "**Reload the page. If it happens again, the window in which Graft was started says more.**"
    )
    return True
