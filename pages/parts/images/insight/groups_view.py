"""Groups: which pictures belong together, previewed before they are written; and their effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.images.quality_requests import ask_quality
from pages.parts.pictures.changes import names_of
from tlcore.images.group_splits import divided_groups, group_changes, lost_splits, swallowed
from tlcore.images.split import LEAST_FOR_TEST
from tlcore.quality.groups import HOW, by_copies, by_day, by_pattern, suggest_pattern
from tlcore.workspace.examples.changes import Group, Move
from tlcore.workspace.records import Example, Label, Project, Question, Split

NAME, DAY, COPIES, NOW = "The file name", "The day", "Near copies", "As they are"
WORDS = (
    "Pictures of one patient, one plant or one afternoon look alike for reasons that have nothing "
    "to do with their label. If some of them are learned from and others tested on, the score "
    "flatters. Pictures of one group always stay together: all to learn from, or all to test."
)
FIRST = "{group}_*"
SHOWN = 200
NONE_FITS = (
    "No usual pattern finds groups in these names. If a part of them says which pictures belong "
    "together (the patient, the plant, the day), write {group} in its place."
)
HELD_BACK = {Split.VALIDATION: "check", Split.TEST: "test"}


def draw_groups(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Propose groups by a rule, preview them, write them, and measure their effect."""
    st.caption(WORDS)
    examples = services().workspace.examples.list(project.id)
    if not examples:
        st.caption("There are no pictures yet.")
        return
    _draw_now(project, examples)
    how = st.segmented_control(
        "What do pictures of one group share?",
        [NAME, DAY, COPIES, *([NOW] if any(example.group for example in examples) else [])],
        default=NAME,
        required=True,
        key="group_by",
    )
    with shown_errors():
        names = _find(how or NAME, examples, question)
        groups = {
            example.id: name
            for example, name in zip(examples, names, strict=True)
            if name is not None
        }
        changes = group_changes(examples, groups, question.id)
        _draw_preview(examples, groups)
        _warn(examples, groups, question, names_of(labels))
        lost = lost_splits(examples, changes, question.id)
        _draw_loss(lost, names_of(labels))
        _draw_buttons(project, changes, groups, how or NAME, good=not any(lost.values()))
        _draw_honesty(project, groups)
    st.caption(
        "Groups from a column of a table (patient, site, day) come in under “Add pictures”, “A "
        "table”."
    )


def _draw_now(project: Project, examples: Sequence[Example]) -> None:
    grouped = [example for example in examples if example.group is not None]
    if not grouped:
        return
    names = {example.group for example in grouped}
    divided = divided_groups(examples)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{count(len(grouped), 'picture')}** in **{count(len(names), 'group')}** now.",
            width="stretch",
        )
        if st.button("Take all groups away", key="groups_away"):
            services().workspace.history.apply(
                project.id,
                f"{count(len(grouped), 'picture')} without a group now.",
                [Group([example.id for example in grouped], None)],
            )
            st.rerun()
    if divided:
        st.warning(
            f"{count(len(divided), 'group')} in more than one split: what is learned from is also "
            "tested. “Use these groups” mends it."
        )


def _find(how: str, examples: Sequence[Example], question: Question) -> list[str | None]:
    """A group or None for each example. Raises GraftError: the pattern cannot be read."""
    if how == NOW:
        return [example.group for example in examples]
    if how == DAY:
        with st.spinner("Reading when the pictures were taken …"):
            return _days(tuple(example.picture for example in examples))
    if how == COPIES:
        with st.spinner("Comparing the pictures …"):
            return by_copies(examples)
    names = [example.source_name for example in examples]
    answers = [example.answers.get(question.id) for example in examples]
    pattern = st.text_input(
        "Pattern of the file names",
        value=suggest_pattern(names, answers) or "",
        placeholder=FIRST,
        help=HOW,
        key="group_pattern",
    )
    if not pattern:
        st.caption(markdown_text(f"{NONE_FITS} {HOW}"))
        return [None] * len(names)
    st.caption(markdown_text(HOW))
    return by_pattern(names, pattern)


@st.cache_data(show_spinner=False, max_entries=2)
def _days(pictures: tuple[str, ...]) -> list[str | None]:
    store = services().workspace.pictures
    return by_day([store.original(sha) for sha in pictures])


def _draw_preview(examples: Sequence[Example], groups: Mapping[int, str]) -> None:
    sizes = Counter(groups.values())
    without = len(examples) - len(groups)
    words = f"**{count(len(sizes), 'group')}** of {count(len(groups), 'picture')}"
    st.markdown(words + (f"; {count(without, 'picture')} in none." if without else "."))
    if not groups:
        return
    divided = divided_groups(examples, dict(groups))
    if divided:
        st.caption(
            f":material/info: {count(len(divided), 'group')} would stand in more than one split. "
            "Each is put whole into one of them."
        )
    rows = [
        {
            "Picture": example.source_name,
            "Group": groups[example.id],
            "In this group": sizes[groups[example.id]],
        }
        for example in examples
        if example.id in groups
    ]
    st.dataframe(rows[:SHOWN], hide_index=True, height=240, width="stretch", alt="Groups found")


def _warn(
    examples: Sequence[Example],
    groups: Mapping[int, str],
    question: Question,
    names: Mapping[int, str],
) -> None:
    answers = {example.id: example.answers.get(question.id) for example in examples}
    whole = [names[label] for label in swallowed(answers, dict(groups)) if label in names]
    if whole:
        shown = ", ".join(markdown_text(name) for name in whole[:5])
        st.warning(
            f"One group holds most of the pictures of: {shown}. With such groups there is little "
            "to check or test that label with. Is this the group, or the label itself?"
        )


def _draw_loss(lost: Mapping[Split, Sequence[int]], names: Mapping[int, str]) -> None:
    """Warn of labels that these groups would leave without validation or test pictures."""
    gone = [
        f"nothing is left to {HELD_BACK[split]} {_listed(labels, names)} with"
        for split, labels in lost.items()
        if labels
    ]
    if gone:
        least = f" A test takes {LEAST_FOR_TEST} groups of a label or more."
        st.warning(
            f"With these groups {', and '.join(gone)}: they are too few or too large to be divided "
            f"between learning, checking and testing.{least if lost[Split.TEST] else ''}"
        )


def _listed(labels: Sequence[int], names: Mapping[int, str]) -> str:
    known = [f"**{markdown_text(names[label])}**" for label in labels if label in names]
    return ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")


def _draw_buttons(
    project: Project,
    changes: Sequence[Group | Move],
    groups: Mapping[int, str],
    how: str,
    *,
    good: bool,
) -> None:
    with st.container(horizontal=True):
        if st.button(
            "Use these groups",
            type="primary" if good else "secondary",
            icon=":material/check:",
            disabled=not groups,
            key="groups_use",
        ):
            services().workspace.history.apply(
                project.id,
                f"{count(len(groups), 'picture')} grouped by: {how.lower()}.",
                list(changes),
            )
            st.rerun()
        if st.button(
            "Would a random split flatter?",
            icon=":material/balance:",
            disabled=not groups,
            help="Measured now, with a quick classifier on what the network sees: once divided at "
            "random, once by groups. Test pictures are left out.",
            key="groups_measure",
        ):
            named = {str(example): name for example, name in groups.items()}
            report = ask_quality(
                project, "tlcore.quality.tasks:grouping_task", "Measuring both ways", groups=named
            )
            st.session_state[_key(project)] = (dict(groups), report)


def _key(project: Project) -> str:
    return f"groups_honesty_{project.id}"


def _draw_honesty(project: Project, groups: Mapping[int, str]) -> None:
    measured, report = st.session_state.get(_key(project), (None, None))
    if report is None or measured != groups:  # it was measured with other groups
        return
    with st.container(border=True):
        with st.container(horizontal=True):
            for words, score in (
                ("Random split", report["random"]),
                ("Groups kept together", report["grouped"]),
            ):
                st.metric(
                    words,
                    f"{100 * score['mean']:.0f} %",
                    help=f"{100 * score['low']:.0f} to {100 * score['high']:.0f} % over repeats",
                )
        st.markdown(markdown_text(report["words"]))
