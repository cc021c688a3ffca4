"""What a table says of pictures, carried over to those that come in and those already there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from tlcore.errors import NameRefused
from tlcore.images.intake.sources import Source
from tlcore.images.intake.tables.matching import Matching, TableRow
from tlcore.images.stored_splits import plan_splits
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Answer, Change, Domain, Group, Move
from tlcore.workspace.examples.history import Entry
from tlcore.workspace.records import Example, Split

Questions = Mapping[str, int]  # column → question id


def questions_for(workspace: Workspace, project_id: str, columns: Sequence[str]) -> Questions:
    """The question that each answer column answers: the first column the project's first one.

    A further column has the question of its own name, which is made where there is none.

    Raises:
        NameRefused: a column's name cannot be a question's.
    """
    questions = {}
    for place, column in enumerate(columns):
        if place == 0:
            questions[column] = workspace.labels.question(project_id).id
        else:
            questions[column] = workspace.labels.add_question(project_id, column).id
    return questions


def with_table(
    sources: Iterable[Source], rows: Mapping[str, TableRow], columns: Questions, *, others: bool
) -> Iterator[Source]:
    """The pictures with what the table says of them.

    Args:
        rows: by a source's name.
        columns: as `questions_for` gives them.
        others: whether pictures that the table does not name come in too, without a label.
    """
    first, *further = columns or {"": 0}
    for source in sources:
        row = rows.get(source.name)
        if row is not None:
            yield replace(
                source,
                label=row.answers.get(first),
                split=row.split,
                group=row.group,
                domain=row.domain,
                answers=tuple((columns[c], row.answers[c]) for c in further if c in row.answers),
            )
        elif others:
            yield replace(source, label=None, split=None)


def apply_table(
    workspace: Workspace,
    project_id: str,
    examples: Sequence[Example],
    matching: Matching,
    columns: Questions,
    words: str,
) -> tuple[Entry | None, list[str]]:
    """Write what the table says of pictures that are there already, as one entry of the history.

    What the table leaves empty stays as it is; a picture that gets its first label and no split
    gets one.

    Args:
        examples: the pictures whose names were matched, in the same order.

    Returns:
        The entry (None where nothing had to change), and why some answers could not be written.
    """
    rows = [(examples[position].id, row) for position, row in matching.rows.items()]
    changes, refused = _changes(workspace, rows, columns)
    entry = workspace.history.apply(project_id, words, changes)
    first = workspace.labels.question(project_id).id
    had_none = {example.id for example in examples if example.answers.get(first) is None}
    unplaced = [id for id, row in rows if row.split is None and id in had_none]
    moves, _ = plan_splits(workspace, project_id, unplaced)
    workspace.history.add_to(entry, moves)
    return entry, refused


def _changes(
    workspace: Workspace, rows: Sequence[tuple[int, TableRow]], columns: Questions
) -> tuple[list[Change], list[str]]:
    answers: dict[tuple[int, str], list[int]] = defaultdict(list)
    groups: dict[str, list[int]] = defaultdict(list)
    domains: dict[str, list[int]] = defaultdict(list)
    splits: dict[Split, list[int]] = defaultdict(list)
    for example, row in rows:
        for column, word in row.answers.items():
            answers[columns[column], word].append(example)
        if row.group is not None:
            groups[row.group].append(example)
        if row.domain is not None:
            domains[row.domain].append(example)
        if row.split is not None:
            splits[row.split].append(example)
    changes: list[Change] = []
    refused = []
    for (question, word), ids in answers.items():
        try:
            changes.append(Answer(ids, question, workspace.labels.add(question, word).id))
        except NameRefused as refusal:
            refused.append(f"{refusal.message} {refusal.remedy}")
    changes += [Group(ids, name) for name, ids in groups.items()]
    changes += [Domain(ids, name) for name, ids in domains.items()]
    changes += [Move(ids, split) for split, ids in splits.items()]
    return changes, refused
