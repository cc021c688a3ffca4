"""Looking through the pictures of a project: filters, pages, and changing the selected ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import streamlit as st

from pages.parts.frame.errors import show
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.images.checkup.checkups import checkup_state
from pages.parts.images.collection.labels import ALL, NONE
from pages.parts.images.collection.single_picture import open_single_picture
from pages.parts.pictures.changes import change
from pages.parts.pictures.gallery import FLAG_WORDS, PAGE, WITHOUT_PICTURES, Action, draw_gallery
from pages.parts.pictures.splits import SPLIT_WORDS
from pages.parts.pictures.undo import step
from tlcore.errors import GraftError
from tlcore.quality.checkup.topics import topics
from tlcore.workspace.records import Example, Label, Project, Question, Split

OUTCOME, LOOK_AT = "gallery_outcome", "gallery_look_at"


class Filters(TypedDict):
    """Which pictures to show, as arguments for `examples.list` and `examples.count`."""

    label_id: int | None
    unanswered: bool
    split: Split | None
    flag: str | None


def _label_key(project: Project) -> str:
    return f"look_at_label_{project.id}"


def chosen_label(project: Project) -> int | str:
    """The label whose pictures are shown: its id, `NONE` (without a label) or `ALL`."""
    chosen: int | str = st.session_state.get(_label_key(project), ALL)
    return chosen


def choose_label(project: Project, label: int | str) -> None:
    """Show the pictures of a label from now on; call it before the filters are drawn."""
    st.session_state[_label_key(project)] = label


def draw_browser(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Draw filters and one page of pictures, and carry out what the visitor does with them."""
    workspace = services().workspace
    if not workspace.examples.count(project.id):
        draw_outcome([], labels, question)
        st.caption("There are no pictures yet. Add some first.")
        return
    wanted, ids = _filters(project, labels)
    suspicious = None if ids is None else _suspicious(ids, wanted, question)
    number = (
        workspace.examples.count(project.id, **wanted) if suspicious is None else len(suspicious)
    )
    if not number:
        draw_outcome([], labels, question)
        st.caption("No picture is like that. Choose something else above.")
        return
    page = _page(number, [*wanted.values(), suspicious is None])
    if suspicious is None:
        examples = workspace.examples.list(project.id, offset=page.start, limit=PAGE, **wanted)
    else:
        examples = suspicious[page]
    draw_gallery(
        examples,
        labels,
        question.id,
        words="Pictures",
        stays=wanted["label_id"] is None and not wanted["unanswered"],
        on_action=lambda action: carry_out(action, labels, question),
        key=f"gallery_{project.id}",
    )
    draw_outcome(examples, labels, question)


def _filters(project: Project, labels: Sequence[Label]) -> tuple[Filters, Sequence[int] | None]:
    """Draw the filters; what the visitor wants to see.

    The second value is None, or the ids of the suspicious pictures where only those are wanted,
    the surest first.
    """
    workspace = services().workspace
    names: dict[int | str, str] = {ALL: "All labels", **{label.id: label.name for label in labels}}
    if workspace.examples.count(project.id, unanswered=True):
        names[NONE] = "Without a label"
    key = _label_key(project)
    if st.session_state.get(key) not in names:
        st.session_state[key] = ALL
    splits = {ALL: "All uses", **{str(s): words.title for s, words in SPLIT_WORDS.items()}}
    flags = {ALL: "Everything"}
    for flag, words in FLAG_WORDS.items():
        if flagged := workspace.examples.count(project.id, flag=flag):
            flags[flag] = f"Flagged ({flagged}): {words}"
    suspects = _suspects(project)
    flags |= {name: f"Check-up: {words}" for name, (words, _) in suspects.items()}
    with st.container(horizontal=True):
        label = st.selectbox(
            "Label", list(names), format_func=names.__getitem__, key=key, persist_state="session"
        )
        split = st.selectbox(
            "Used for", list(splits), format_func=splits.__getitem__, key="look_at_split"
        )
        flag = ALL
        if len(flags) > 1:
            flag = st.selectbox(
                "Show", list(flags), format_func=flags.__getitem__, key="look_at_flag"
            )
    wanted: Filters = {
        "label_id": label if isinstance(label, int) else None,
        "unanswered": label == NONE,
        "split": None if split == ALL else Split(split),
        "flag": flag if flag in FLAG_WORDS else None,
    }
    return wanted, suspects[flag][1] if flag in suspects else None


def _suspects(project: Project) -> dict[str, tuple[str, list[int]]]:
    """The topics of the last check-up that have pictures: key → its words, ids of its examples."""
    checkup = checkup_state(project).checkup
    suspects = {}
    for topic in topics(checkup.findings) if checkup else []:
        ids = dict.fromkeys(example for finding in topic.findings for example in finding.examples)
        if ids:
            suspects[f"checkup_{topic.kind}_{topic.reason}"] = (topic.words, list(ids))
    return suspects


def _suspicious(ids: Sequence[int], wanted: Filters, question: Question) -> list[Example]:
    """Those of these pictures that pass the other filters too."""
    return [
        example
        for example in services().workspace.examples.get_many(ids)
        if example.deleted is None
        and wanted["split"] in (None, example.split)
        and wanted["label_id"] in (None, example.answers.get(question.id))
        and not (wanted["unanswered"] and example.answers.get(question.id) is not None)
    ]


def _page(number: int, wanted: Sequence[object]) -> slice:
    """Draw how many pictures there are and the choice of a page, the first with other filters."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(count(number, "picture"), width="stretch")
        return choose_page(number, PAGE, key=f"page_{'_'.join(map(str, wanted))}")


def carry_out(action: Action, labels: Sequence[Label], question: Question) -> None:
    """Carry out an action on the selected pictures, and keep its outcome for the next run."""
    if action.kind == "open":
        st.session_state[LOOK_AT] = action.ids[0]
        return
    if action.kind in WITHOUT_PICTURES:
        step(question.project_id, action.kind.capitalize())
        return
    try:
        st.session_state[OUTCOME] = change(action, labels, question)
    except GraftError as error:
        st.session_state[OUTCOME] = error


def draw_outcome(examples: Sequence[Example], labels: Sequence[Label], question: Question) -> None:
    """Say what was done with the selected pictures, or open the one to look at closely."""
    outcome = st.session_state.pop(OUTCOME, None)
    if isinstance(outcome, GraftError):
        show(outcome)
    elif outcome:
        st.toast(markdown_text(outcome), icon=":material/check:")
    wanted = st.session_state.pop(LOOK_AT, None)
    ids = [example.id for example in examples]
    if wanted in ids:
        open_single_picture(question, labels, ids, wanted)
