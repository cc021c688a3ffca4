"""A project as other tools read it: a table, COCO's JSON, or a zip of folders with both in it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from tlcore.images.intake.tables.coco import write_coco
from tlcore.images.intake.tables.tables import safe_cell
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Question, Split

UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows
LONGEST = 100  # characters of a name in the zip
ENDINGS = {b"\xff\xd8\xff": ".jpg", b"\x89PNG": ".png", b"GIF8": ".gif", b"BM": ".bmp"}


def table_rows(
    workspace: Workspace, project_id: str, files: Sequence[str] | None = None
) -> list[list[str]]:
    """The table of a project, its header first; what is read back by `tables.read_table`.

    Args:
        files: what to write as each picture's file name; by default the name it came with.
    """
    questions = workspace.labels.questions(project_id)
    names = _label_names(workspace, questions)
    examples = workspace.examples.list(project_id)
    header = ["file", *_headings(questions), "split", "group", "domain", "width", "height"]
    shown = files or [example.source_name for example in examples]
    return [header, *(_row(e, f, questions, names) for e, f in zip(examples, shown, strict=True))]


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """A table as UTF-8 CSV with a byte-order mark, by which Excel knows the encoding."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """A table as an Excel workbook; every cell is text, so none is a formula."""
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("pictures")
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub(" ", text))
            cell.data_type = "s"  # else a name that begins with “=” would be a formula
            cells.append(cell)
        sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def export_size(workspace: Workspace, project_id: str, *, originals: bool) -> int:
    """Bytes of the pictures that `write_zip` would pack."""
    return sum(
        path.stat().st_size
        for example in workspace.examples.list(project_id)
        if (path := _path(workspace, example, originals)).is_file()
    )


def write_zip(
    workspace: Workspace,
    project_id: str,
    file: IO[bytes],
    *,
    originals: bool,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a zip: split/label/name, with labels.csv and labels.json (COCO) beside the folders.

    Args:
        originals: the files as they came, with all that a camera wrote into them; otherwise the
            working copies (at most 640 pixels) without metadata.

    Returns:
        How many pictures were left out because their file is gone.
    """
    examples = workspace.examples.list(project_id)
    question = workspace.labels.question(project_id)
    labels = _label_names(workspace, [question])
    answers = [labels.get(example.answers.get(question.id) or -1) for example in examples]
    paths = [_path(workspace, example, originals) for example in examples]
    names = _names_in_zip(examples, answers, paths, _folders(labels.values()))
    missing = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for done, (path, name) in enumerate(zip(paths, names, strict=True), start=1):
            if path.is_file():
                archive.write(path, name)
            else:
                missing += 1
            if on_progress is not None:
                on_progress(done, len(examples))
        rows = table_rows(workspace, project_id, names)
        archive.writestr("labels.csv", as_csv(rows), zipfile.ZIP_DEFLATED)
        coco = _coco(examples, answers, names)
        archive.writestr("labels.json", coco, zipfile.ZIP_DEFLATED)
    return missing


def _coco(
    examples: Sequence[Example], answers: Sequence[str | None], names: Sequence[str]
) -> bytes:
    return write_coco(
        {"file": name, "label": label, "width": example.width, "height": example.height}
        for example, label, name in zip(examples, answers, names, strict=True)
    )


def _path(workspace: Workspace, example: Example, originals: bool) -> Path:
    pictures = workspace.pictures
    return pictures.original(example.picture) if originals else pictures.copy(example.picture)


def _label_names(workspace: Workspace, questions: Sequence[Question]) -> dict[int, str]:
    return {
        label.id: label.name
        for question in questions
        for label in workspace.labels.list(question.id)
    }


def _headings(questions: Sequence[Question]) -> list[str]:
    """The first question's column is called label, as other tools expect; others by their names."""
    return ["label", *(question.name for question in questions[1:])]


def _row(
    example: Example, file: str, questions: Sequence[Question], names: dict[int, str]
) -> list[str]:
    answers = [names.get(example.answers.get(question.id) or -1, "") for question in questions]
    size = [str(example.width), str(example.height)]
    return [file, *answers, str(example.split), example.group or "", example.domain or "", *size]


def _folders(labels: Iterable[str]) -> dict[str, str]:
    """A folder for each label that every system allows and no other label has."""
    folders: dict[str, str] = {}
    used: set[str] = set()
    for label in labels:
        number, folder = 1, _safe(label)
        while folder.casefold() in used:
            number += 1
            folder = f"{_safe(label)} ({number})"
        used.add(folder.casefold())
        folders[label] = folder
    return folders


def _names_in_zip(
    examples: Sequence[Example],
    answers: Sequence[str | None],
    paths: Sequence[Path],
    folders: Mapping[str, str],
) -> list[str]:
    """For each picture a name that every system allows and no other has: split/label/name."""
    names: list[str] = []
    used: set[str] = set()
    for example, label, path in zip(examples, answers, paths, strict=True):
        parts = [] if label is None else [folders[label]]
        if parts and example.split is not Split.UNLABELLED:
            parts = [str(example.split), *parts]
        names.append(_unused_name(parts, *_stem(example.source_name, path), used))
    return names


def _unused_name(folders: Sequence[str], stem: str, ending: str, used: set[str]) -> str:
    """The name, with a number where another picture has it; `used` is kept up."""
    number, name = 1, ""
    while not name or name.casefold() in used:
        mark = f" ({number})" if number > 1 else ""
        name = "/".join([*folders, f"{stem}{mark}{ending}"])
        number += 1
    used.add(name.casefold())
    return name


def _stem(source_name: str, path: Path) -> tuple[str, str]:
    """The name without its ending, and the ending that fits the bytes."""
    last = _safe(source_name.replace("\\", "/").rsplit("/", 1)[-1])
    stem, _, ending = last.rpartition(".")
    if not stem:
        stem, ending = last, ""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError:
        head = b""
    real = next((end for sign, end in ENDINGS.items() if head.startswith(sign)), None)
    return stem, real or (f".{ending}" if ending else ".jpg")


def _safe(name: str) -> str:
    clean = UNSAFE.sub("_", name).strip(" .")[:LONGEST].strip(" .") or "_"
    return f"_{clean}" if RESERVED.fullmatch(clean) else clean
