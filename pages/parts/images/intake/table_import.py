"""Importing a table: what its columns mean, what it fits, and only then anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.parts.frame.errors import show
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.frame.uploader import release_uploads, uploader_key
from pages.parts.images.intake.picture_import import import_pictures
from pages.parts.pictures.splits import SPLIT_WORDS
from tlcore.errors import GraftError
from tlcore.images.intake.archive import TABLES, from_zip, names_in_zip, table_in_zip
from tlcore.images.intake.sources import MAX_FILE_BYTES, Source, from_files
from tlcore.images.intake.tables.column_roles import Roles
from tlcore.images.intake.tables.matching import Matching, match
from tlcore.images.intake.tables.table_intake import apply_table, questions_for, with_table
from tlcore.images.intake.tables.table_reading import TableGuess, doubts, read_guess, understood
from tlcore.images.intake.tables.tables import SUFFIXES
from tlcore.workspace.records import Label, Project, Question

WORDS = (
    "A CSV or Excel table with a column of file names and one or more columns of answers; COCO’s "
    "JSON is understood too. Its pictures can come along, or be in this project already. Nothing "
    "is written before you have seen what fits."
)
NONE = "(none)"
SHOWN = 100  # rows of a preview
ZIPS = (".zip", ".tm")


def draw_table_import(project: Project, question: Question, labels: Sequence[Label]) -> None:
    """Let the visitor upload a table, with or without its pictures, and see what it would do."""
    st.caption(WORDS)
    left, right = st.columns(2)
    table = left.file_uploader("The table", type=list(SUFFIXES), key=uploader_key("table"))
    files = right.file_uploader(
        "Its pictures, or one zip of them",
        accept_multiple_files=True,
        key=uploader_key("table_pictures"),
        max_upload_size=MAX_FILE_BYTES // 1_000_000,
        help="Leave this empty if the pictures are in this project already. A zip may hold the "
        "table too.",
    )
    try:
        _draw(project, table, files)
    except GraftError as error:
        show(error)


def _draw(project: Project, upload: UploadedFile | None, files: Sequence[UploadedFile]) -> None:
    named_table = _read(upload, files)
    if named_table is None:
        return
    name, data = named_table
    names = _names(project, files)
    guess = read_guess(data, name, names)
    roles = _choose_roles(guess)
    matching = match(guess.table, roles, names)
    for words in (understood(guess, roles, matching), *doubts(guess, roles)):
        st.caption(f":material/info: {markdown_text(words)}")
    _draw_preview(matching, roles, names, new=bool(files))
    others = False
    if files and matching.without_row:
        others = st.checkbox(
            f"Also take the {count(len(matching.without_row), 'picture')} that the table does not "
            "name, without a label",
            key="table_others",
        )
    words = "Add these pictures" if files else "Write this to the pictures"
    ready = bool(matching.rows) or others
    if st.button(words, type="primary", disabled=not ready, key="table_write"):
        uploads = [*files, *([upload] if upload else [])]
        if _write(project, name, names, roles, matching, files, others):
            release_uploads(uploads)
            st.rerun()


def _read(upload: UploadedFile | None, files: Sequence[UploadedFile]) -> tuple[str, bytes] | None:
    """The table's name and bytes: the uploaded one, or one that lies in the zip."""
    if upload is not None:
        return upload.name, upload.getvalue()
    if not _is_zip(files):
        return None
    inside = table_in_zip(files[0])
    if inside is None:
        st.info("The zip holds no table. Add one beside it.", icon=":material/info:")
        return None
    st.caption(f":material/table_view: {markdown_text(inside[0])} from the zip is used.")
    return inside


def _is_zip(files: Sequence[UploadedFile]) -> bool:
    return len(files) == 1 and files[0].name.lower().endswith(ZIPS)


def _names(project: Project, files: Sequence[UploadedFile]) -> list[str]:
    if _is_zip(files):
        inside = names_in_zip(files[0])
        return [name for name in inside if not name.lower().endswith(TABLES)]
    if files:
        return [file.name for file in files]
    examples = services().workspace.examples.list(project.id)
    return [example.source_name for example in examples]


def _choose_roles(table: TableGuess) -> Roles:
    """Selectboxes for what each column says, set to the guess."""
    columns, guess = list(table.table.columns), table.roles
    key = f"{table.name}_{hash(table.table.columns)}"
    with st.container(horizontal=True):
        file = st.selectbox(
            "File names", columns, index=columns.index(guess.file), key=f"table_file_{key}"
        )
        answers = st.multiselect(
            "Answers",
            columns,
            default=list(guess.answers),
            key=f"table_answers_{key}",
            help="The first one is the label. Each further one becomes a question of its own.",
        )
    with st.container(horizontal=True):
        chosen = [
            st.selectbox(
                words,
                [NONE, *columns],
                index=columns.index(column) + 1 if column else 0,
                key=f"table_{words}_{key}",
                help=help_,
            )
            for words, column, help_ in (
                ("Use (train, test)", guess.split, "Without it, Graft divides the pictures."),
                ("Group", guess.group, "Pictures of one group stay together: one patient, a day."),
                ("Where from", guess.domain, "A camera, a site: what makes pictures look alike."),
            )
        ]
    split, group, domain = (None if column == NONE else column for column in chosen)
    return Roles(file or guess.file, tuple(answers), split, group, domain)


def _draw_preview(matching: Matching, roles: Roles, names: Sequence[str], *, new: bool) -> None:
    where = "that came along" if new else "in this project"
    if matching.rows:
        st.success(
            f"{count(len(matching.rows), 'picture')} {where} found in the table.",
            icon=":material/check:",
        )
    else:
        st.warning(f"No picture {where} fits a row of the table. Is the right column chosen?")
    for column, labels in matching.labels.items():
        named = ", ".join(markdown_text(shortened(label)) for label in labels[:12])
        more = f" and {len(labels) - 12} more" if len(labels) > 12 else ""
        st.caption(f"**{markdown_text(column)}**: {named}{more}")
    if matching.unknown_splits:
        words = ", ".join(markdown_text(word) for word in matching.unknown_splits[:5])
        st.caption(f":material/info: No known use: {words}. Graft divides those pictures itself.")
    _draw_matched(matching, roles, names)
    _draw_missed(matching.without_picture, "row", "without a picture")
    _draw_missed(matching.unsure, "row", "fitting more than one picture, or disagreeing")
    alone = [names[position] for position in matching.without_row]
    _draw_missed(alone, "picture", "not in the table")


def _draw_matched(matching: Matching, roles: Roles, names: Sequence[str]) -> None:
    if not matching.rows:
        return
    rows = []
    for position, row in list(matching.rows.items())[:SHOWN]:
        cells = {"Picture": names[position], "Row": row.file}
        cells |= {column: row.answers.get(column, "") for column in roles.answers}
        if roles.split:
            cells["Use"] = SPLIT_WORDS[row.split].title if row.split else ""
        if roles.group:
            cells["Group"] = row.group or ""
        if roles.domain:
            cells["Where from"] = row.domain or ""
        rows.append(cells)
    first = f", the first {SHOWN}" if len(matching.rows) > SHOWN else ""
    with st.expander(f"What fits{first}", icon=":material/table_view:"):
        st.dataframe(rows, hide_index=True, width="stretch")


def _draw_missed(names: Sequence[str], noun: str, words: str) -> None:
    if not names:
        return
    title = f"{count(len(names), noun)} {words}"
    with st.expander(title, icon=":material/help:"):
        st.dataframe([{"Name": name} for name in names], hide_index=True, width="stretch")


def _write(
    project: Project,
    name: str,
    names: Sequence[str],
    roles: Roles,
    matching: Matching,
    files: Sequence[UploadedFile],
    others: bool,
) -> bool:
    """Add the uploaded pictures, or change those of the project; False where that failed.

    An error is shown in place.
    """
    workspace = services().workspace
    columns = questions_for(workspace, project.id, roles.answers)
    if files:
        rows = {names[position]: row for position, row in matching.rows.items()}
        with _sources(files) as sources:
            wanted = set(names)  # not the tables that lie in a zip beside its pictures
            pictures = (source for source in sources if source.name in wanted)
            chosen = with_table(pictures, rows, columns, others=others)
            return import_pictures(project, workspace.labels.question(project.id), chosen)
    examples = workspace.examples.list(project.id)
    words = f"{count(len(matching.rows), 'picture')} changed by the table “{name}”."
    entry, refused = apply_table(workspace, project.id, examples, matching, columns, words)
    outcome = words if entry else "The pictures hold all of this already."
    st.toast(markdown_text(" ".join([outcome, *refused])), icon=":material/check:")
    return True


@contextmanager
def _sources(files: Sequence[UploadedFile]) -> Iterator[Iterable[Source]]:
    if _is_zip(files):
        home, zipped = services().workspace.home, files[0]
        with (
            st.spinner("Checking the zip …"),
            from_zip(zipped, name=zipped.name, disk=home) as archive,
        ):
            yield archive
    else:
        yield from_files([(file.name, file.getvalue) for file in files])
