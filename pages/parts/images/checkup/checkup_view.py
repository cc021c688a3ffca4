"""The check-up: a short list of what may be wrong with the pictures, each with a mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.frame.errors import show, shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.images.checkup.checkups import checkup_state, checkups
from pages.parts.images.checkup.mending import apply_mends, still_there, wave_off, waved_off
from tlcore.quality.checkup.detectors import detector_of
from tlcore.quality.checkup.findings import CheckUp, Finding
from tlcore.quality.checkup.topics import Topic, topics
from tlcore.workspace.records import Example, Project, Question

EVERY = 2  # seconds between two looks while the check-up runs
SHOWN = 8  # findings of a topic at a time
THUMBNAILS = 6  # pictures of one finding
WIDTH = 128  # pixels of a thumbnail


def draw_checkup_line(project: Project, on_open: Callable[[], None]) -> None:
    """One line: how far the check-up is, or how many things it found; it looks again meanwhile."""
    running = checkup_state(project).running
    st.fragment(_line, run_every=EVERY if running else None)(project, running, on_open)


def _line(project: Project, was_running: bool, on_open: Callable[[], None]) -> None:
    state = checkup_state(project)
    if was_running and not state.running:
        st.rerun()
    number = len(topics(_open_findings(project, state.checkup))) if state.checkup else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        if number and st.button(
            f"The check-up found {count(number, 'thing')} to look at",
            icon=":material/troubleshoot:",
            type="tertiary",
            on_click=on_open,
            key="open_checkup",
        ):
            st.rerun()  # a click in a fragment draws nothing else anew
        if state.running:
            share = f" ({state.done:,} of {state.total:,})" if state.total else ""
            doing = state.doing or "getting ready"
            st.caption(f":material/hourglass_top: Checking your pictures: {doing}{share} …")


def draw_checkup(project: Project, question: Question) -> None:
    """Draw what the last check-up found, each with its pictures and its mends."""
    state = checkup_state(project)
    if state.error is not None:
        show(state.error)
        if st.button("Check again", icon=":material/refresh:", key="checkup_again"):
            checkups().again(project)
            st.rerun()
    if state.checkup is None:
        words = "Your pictures are being checked in the background. What is found appears here."
        st.caption(words if state.running else "Add a few pictures first, then they are checked.")
        return
    if state.running:
        st.caption("Pictures have changed since; they are being checked once more.")
    _draw_findings(project, question, state.checkup, fresh=state.fresh)
    for note in state.checkup.notes:
        st.caption(f":material/info: {markdown_text(note)}")


def _here(project: Project, checkup: CheckUp) -> tuple[list[Finding], dict[int, Example]]:
    """The findings that nobody has mended since, and the pictures of all of them."""
    wanted = sorted({example for finding in checkup.findings for example in finding.examples})
    examples = services().workspace.examples.get_many(wanted)
    live = {example.id: example for example in examples if example.deleted is None}
    question = services().workspace.labels.question(project.id)
    return [
        finding for finding in checkup.findings if still_there(finding, live, question.id)
    ], live


def _open_findings(project: Project, checkup: CheckUp) -> list[Finding]:
    waved = waved_off(services().workspace.projects.get(project.id))
    return [finding for finding in _here(project, checkup)[0] if finding.key not in waved]


def _draw_findings(project: Project, question: Question, checkup: CheckUp, *, fresh: bool) -> None:
    workspace = services().workspace
    here, live = _here(project, checkup)
    waved = waved_off(workspace.projects.get(project.id))
    open_ = [finding for finding in here if finding.key not in waved]
    if not open_:
        words = "Nothing was found that needs a look."
        st.success(words if fresh else "Nothing else was found so far.", icon=":material/check:")
    for topic in topics(open_):
        _draw_topic(project, question, topic, live)
    hidden = len(here) - len(open_)
    if hidden and st.button(
        f"Show {count(hidden, 'finding')} again that you left as they are",
        type="tertiary",
        key="checkup_unwave",
    ):
        wave_off(project, [finding.key for finding in here], on=False)
        st.rerun()


def _draw_topic(
    project: Project, question: Question, topic: Topic, live: dict[int, Example]
) -> None:
    key = f"topic_{topic.kind}_{topic.reason}"
    icon = f":material/{detector_of(topic.kind).icon}:"
    with st.expander(f"{icon} {markdown_text(topic.words)}", key=key):
        if len(topic.findings) > 1:
            _draw_all_at_once(project, question, topic)
        page = choose_page(len(topic.findings), SHOWN, key=f"{key}_page")
        for finding in topic.findings[page]:
            _draw_finding(project, question, finding, live)


def _draw_all_at_once(project: Project, question: Question, topic: Topic) -> None:
    firsts = [finding.mends[0] for finding in topic.findings if finding.mends]
    with st.container(horizontal=True):
        if detector_of(topic.kind).mend_all and firsts:
            words = f"{count(len(firsts), 'finding')} mended: {topic.words}"
            if st.button(
                f"Mend all {len(firsts)}",
                icon=":material/done_all:",
                help=f"For each of them: {markdown_text(firsts[0].words)}. One click undoes it.",
                key=f"all_{topic.kind}_{topic.reason}",
            ):
                with shown_errors():
                    apply_mends(project, question.id, firsts, words)
                    st.rerun()
        if st.button("Leave all as they are", key=f"wave_{topic.kind}_{topic.reason}"):
            wave_off(project, [finding.key for finding in topic.findings])
            st.rerun()


def _draw_finding(
    project: Project, question: Question, finding: Finding, live: dict[int, Example]
) -> None:
    with st.container(border=True, key=f"finding_{finding.key}"):
        pictures = [live[example] for example in finding.examples if example in live]
        if pictures:
            _draw_pictures(pictures)
        st.markdown(markdown_text(finding.words))
        if len(finding.files) > 1 or not pictures:
            more = f" and {len(finding.files) - 3} more" if len(finding.files) > 3 else ""
            st.caption(", ".join(map(markdown_text, finding.files[:3])) + more)
        st.caption(markdown_text(finding.remedy))
        with st.container(horizontal=True):
            for place, mend in enumerate(finding.mends):
                if st.button(markdown_text(mend.words), key=f"mend_{finding.key}_{place}"):
                    pictures_word = count(len(mend.examples), "picture")
                    words = f"{mend.words} ({pictures_word}, from the check-up)."
                    with shown_errors():
                        apply_mends(project, question.id, [mend], words)
                        st.rerun()
            if st.button("Leave it", type="tertiary", key=f"leave_{finding.key}"):
                wave_off(project, [finding.key])
                st.rerun()


def _draw_pictures(pictures: Sequence[Example]) -> None:
    store = services().workspace.pictures
    with st.container(horizontal=True):
        for example in pictures[:THUMBNAILS]:
            try:
                thumbnail = store.thumbnail(example.picture).read_bytes()
            except OSError:
                continue
            st.image(thumbnail, width=WIDTH, alt=example.source_name)
